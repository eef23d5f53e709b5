/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-chat"

#include "server/chat/oh-delivery-private.h"

#include "base/oh-error.h"
#include "server/store/oh-json.h"

#include <string.h>

#define PATIENCE_MS 4000 /* that a sender waits for the devices; then it is kept */
#define LOT 20           /* messages that are read from the store at once */
#define UDP_PART 700     /* bytes of text: a request over UDP has at most 1,300 (RFC 3428, 8) */

typedef struct
{
  OhDelivery *delivery;
  gint64 user_id;
  GQueue parcels; /* of Parcel, the oldest first */
  guint read;     /* of them, those that were read from the store */
  gboolean busy;  /* the first one is at the devices */
  gboolean loading;
  gboolean backlog; /* the store has more than these */
  gboolean tired;   /* no device took the last one: until something changes */
} Box;

/* One message; the box, each device that has it, the store while it writes and the timer hold a
 * reference each. */
typedef struct
{
  int references;
  Box *box; /* NULL: it left it, delivered or to wait in the store */
  OhDelivery *delivery;
  OhWaitingMessage *message;
  char *device;          /* that sent it */
  char *copy_to;         /* what the sender's other devices are told, or NULL */
  gint64 id;             /* in the store; 0: it is not there */
  gboolean read;         /* from the store */
  gboolean storing;      /* it is being written there */
  gboolean delivered;    /* a device took it */
  OhSipRequest *request; /* NULL: it is answered */
  guint timer;
  guint asked;      /* devices that have not answered */
  GPtrArray *tried; /* ways to all that were asked */
} Parcel;

static void pump (Box *box);

/* --- Parcels --- */

static Parcel *
parcel_new (Box *box, const OhWaitingMessage *message, const char *device, const char *copy_to)
{
  Parcel *parcel = g_new0 (Parcel, 1);

  parcel->references = 1;
  parcel->box = box;
  parcel->delivery = box->delivery;
  parcel->message = oh_waiting_message_copy (message);
  parcel->device = g_strdup (device);
  parcel->copy_to = g_strdup (copy_to);
  parcel->tried = g_ptr_array_new_with_free_func (g_free);
  return parcel;
}

static void
parcel_unref (gpointer data)
{
  Parcel *parcel = data;

  if (--parcel->references > 0)
    return;
  oh_sip_request_free (parcel->request);
  oh_waiting_message_free (parcel->message);
  g_free (parcel->device);
  g_free (parcel->copy_to);
  g_ptr_array_unref (parcel->tried);
  g_free (parcel);
}

static void
reply (Parcel *parcel, guint status, const char *phrase)
{
  static const char *const later[] = { "Retry-After: 10", NULL };

  if (parcel->request && parcel->copy_to && status < 300)
    oh_delivery_copy (parcel->delivery, parcel->message, parcel->device, parcel->copy_to);
  if (parcel->request)
    oh_sip_request_reply (g_steal_pointer (&parcel->request), status, phrase,
                          status == 503 ? later : NULL, NULL, NULL);
}

static void
stop_timer (Parcel *parcel)
{
  if (!parcel->timer)
    return;
  oh_sip_cancel_timer (parcel->delivery->sip, parcel->timer);
  parcel->timer = 0;
  parcel_unref (parcel);
}

/* Takes it out of its box; the caller has a reference. */
static void
leave (Parcel *parcel)
{
  Box *box = g_steal_pointer (&parcel->box);

  if (!box)
    return;
  stop_timer (parcel);
  g_queue_remove (&box->parcels, parcel);
  if (parcel->read)
    box->read--;
  parcel_unref (parcel);
}

/* --- Boxes --- */

static void
box_free (gpointer data)
{
  Box *box = data;

  while (box->parcels.head)
    leave (box->parcels.head->data);
  g_free (box);
}

static Box *
get_box (OhDelivery *delivery, gint64 user_id)
{
  Box *box = g_hash_table_lookup (delivery->boxes, &user_id);

  if (box)
    return box;
  box = g_new0 (Box, 1);
  box->delivery = delivery;
  box->user_id = user_id;
  g_queue_init (&box->parcels);
  g_hash_table_insert (delivery->boxes, &box->user_id, box);
  return box;
}

static void
note_answer (OhDelivery *delivery)
{
  delivery->awaited--;
  if (delivery->awaited == 0 && delivery->stopped)
    {
      OhTask done = g_steal_pointer (&delivery->stopped);

      done (delivery->stopped_data);
    }
}

/* --- Keeping --- */

static gint64
read_id (const char *json)
{
  g_autoptr (JsonObject) object = json ? oh_json_parse_object (json, strlen (json), NULL) : NULL;
  gint64 id = 0;

  if (object)
    oh_json_read_int (object, "id", TRUE, 1, G_MAXINT64, &id, NULL);
  return id;
}

static void
on_kept (const char *json, const GError *error, gpointer user_data)
{
  Parcel *parcel = user_data;
  OhDelivery *delivery = parcel->delivery;

  parcel->storing = FALSE;
  parcel->id = read_id (json);
  if (parcel->id && parcel->delivered)
    oh_store_drop_message (delivery->store, parcel->id);
  else if (parcel->id)
    reply (parcel, 202, NULL);
  else if (!parcel->box) /* while it is in its box a device may still take it */
    {
      gboolean full = g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT);

      if (!full)
        g_warning ("a message could not be kept: %s", error->message);
      reply (parcel, full ? 480 : 500, full ? "Too Many Messages Wait" : NULL);
    }
  parcel_unref (parcel);
  note_answer (delivery);
}

static void
keep (Parcel *parcel)
{
  OhStoreReply answer = { &parcel->delivery->executor, on_kept, parcel };

  if (parcel->id || parcel->storing || parcel->delivered || parcel->delivery->stopping)
    return; /* who sent it while we stop was told to come again */
  parcel->storing = TRUE;
  parcel->references++;
  parcel->delivery->awaited++;
  oh_store_keep_message (parcel->delivery->store, parcel->message, &answer);
}

static void
on_patience_over (gpointer data)
{
  Parcel *parcel = data;

  parcel->timer = 0;
  keep (parcel);
  parcel_unref (parcel);
}

/* Nobody takes them now: all that is in the box waits in the store. */
static void
put_away (Box *box)
{
  box->tired = TRUE;
  box->backlog = TRUE;
  while (box->parcels.head)
    {
      Parcel *parcel = box->parcels.head->data;

      parcel->references++;
      leave (parcel);
      keep (parcel);
      parcel_unref (parcel);
    }
}

/* --- To the devices --- */

/* A message on its way to one device, in parts where that is needed. */
typedef struct
{
  Parcel *parcel;
  char *contact, *route;
  const char *rest; /* of the text */
  gboolean udp;
} Trip;

static void
trip_free (Trip *trip)
{
  parcel_unref (trip->parcel);
  g_free (trip->contact);
  g_free (trip->route);
  g_free (trip);
}

/* RFC 3261, 20.17; names of days and months are no language's. Transfer full. */
static char *
make_date (gint64 time)
{
  static const char days[] = "MonTueWedThuFriSatSun";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (time);

  if (!date)
    return g_strdup ("Date: Thu, 01 Jan 1970 00:00:00 GMT");
  return g_strdup_printf (
      "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
      days + 3 * (g_date_time_get_day_of_week (date) - 1), g_date_time_get_day_of_month (date),
      months + 3 * (g_date_time_get_month (date) - 1), g_date_time_get_year (date),
      g_date_time_get_hour (date), g_date_time_get_minute (date), g_date_time_get_second (date));
}

static void on_device_answered (OhSip *sip, guint status, const char *phrase, gpointer user_data);

/* The next part, whole signs only. */
static void
go_on (Trip *trip)
{
  const OhWaitingMessage *message = trip->parcel->message;
  gsize length = strlen (trip->rest);
  const char *end = trip->rest + (trip->udp ? MIN (length, UDP_PART) : length);
  g_autofree char *date = trip->parcel->read ? make_date (message->time) : NULL;
  g_autofree char *part = NULL;
  const char *headers[] = { date, NULL };
  OhSipAccount from = { .aor = message->from_uri, .name = message->from_name };
  OhSipMessage letter = { .account = &from,
                          .to_uri = trip->contact,
                          .route = trip->route,
                          .headers = headers,
                          .body_type = "text/plain;charset=UTF-8" };

  while (end > trip->rest && (*end & 0xc0) == 0x80)
    end--;
  letter.body = part = g_strndup (trip->rest, (gsize)(end - trip->rest));
  trip->rest = end;
  oh_sip_send_message (trip->parcel->delivery->sip, &letter, on_device_answered, trip);
}

static void
take_delivered (Parcel *parcel)
{
  Box *box = parcel->box;

  parcel->delivered = TRUE;
  reply (parcel, 200, NULL);
  if (parcel->id)
    oh_store_drop_message (parcel->delivery->store, parcel->id);
  if (!box)
    return;
  box->busy = FALSE;
  leave (parcel);
  pump (box);
}

/* One device less that may take it. */
static void
take_refused (Parcel *parcel)
{
  Box *box = parcel->box;

  if (--parcel->asked > 0 || parcel->delivered || !box)
    return;
  box->busy = FALSE;
  put_away (box);
}

static void
on_device_answered (OhSip *sip, guint status, const char *phrase, gpointer user_data)
{
  Trip *trip = user_data;
  Parcel *parcel = trip->parcel;
  gboolean taken = status >= 200 && status < 300;

  if (taken && *trip->rest && !parcel->delivery->stopping)
    {
      go_on (trip);
      return;
    }
  if (!taken)
    g_debug ("a device did not take a message: %u %s", status, phrase ? phrase : "");
  if (taken && !parcel->delivered)
    take_delivered (parcel);
  take_refused (parcel);
  trip_free (trip);
}

/* A device that came back by another connection is another way to it. */
static char *
dup_way (const OhBinding *binding)
{
  return g_strconcat (binding->contact, " ", binding->route, NULL);
}

/* FALSE: it is the sender's own device, or has been asked already. */
static gboolean
may_ask (const Parcel *parcel, const OhBinding *binding)
{
  g_autofree char *way = dup_way (binding);

  return g_strcmp0 (binding->device_id, parcel->device) != 0
         && !g_ptr_array_find_with_equal_func (parcel->tried, way, g_str_equal, NULL);
}

/* At all devices that have not been asked yet: one may sign in while others keep it waiting. */
static void
attempt (Box *box, Parcel *parcel)
{
  GPtrArray *bindings = oh_registrar_find_by_user (box->delivery->registrar, box->user_id);

  box->busy = TRUE;
  parcel->references++;
  parcel->asked++; /* this function */
  for (guint i = 0; bindings && i < bindings->len; i++)
    {
      const OhBinding *binding = bindings->pdata[i];
      Trip *trip;

      if (!may_ask (parcel, binding))
        continue;
      g_ptr_array_add (parcel->tried, dup_way (binding));
      trip = g_new0 (Trip, 1);
      parcel->references++;
      parcel->asked++;
      trip->parcel = parcel;
      trip->contact = g_strdup (binding->contact);
      trip->route = g_strdup (binding->route);
      trip->rest = parcel->message->text;
      trip->udp = strcmp (binding->transport, "udp") == 0;
      go_on (trip);
    }
  take_refused (parcel);
  parcel_unref (parcel);
}

/* --- From the store --- */

static gboolean
has_parcel (const Box *box, gint64 id)
{
  for (GList *l = box->parcels.head; l; l = l->next)
    if (((const Parcel *)l->data)->id == id)
      return TRUE;
  return FALSE;
}

static const char *
get_text (JsonObject *row, const char *name)
{
  return json_object_get_string_member_with_default (row, name, "");
}

/* Before all that came meanwhile. Returns how many were not in the box yet: the oldest that wait, for
 * what is both there and in the store is younger. */
static guint
take_rows (Box *box, JsonArray *rows)
{
  guint taken = 0;

  for (guint i = json_array_get_length (rows); i > 0; i--)
    {
      JsonObject *row = json_array_get_object_element (rows, i - 1);
      OhWaitingMessage message = {
        .user_id = box->user_id,
        .sender = json_object_get_int_member_with_default (row, "sender", 0),
        .from_uri = (char *)get_text (row, "from"),
        .from_name = (char *)get_text (row, "name"),
        .text = (char *)get_text (row, "text"),
        .time = json_object_get_int_member_with_default (row, "time", 0),
      };
      gint64 id = json_object_get_int_member_with_default (row, "id", 0);
      Parcel *parcel;

      if (has_parcel (box, id))
        continue;
      parcel = parcel_new (box, &message, NULL, NULL);
      parcel->id = id;
      parcel->read = TRUE;
      box->read++;
      g_queue_push_head (&box->parcels, parcel);
      taken++;
    }
  return taken;
}

/* A lot, on its way. */
typedef struct
{
  OhDelivery *delivery;
  gint64 user_id;
} Reading;

static void
on_read (const char *json, const GError *error, gpointer user_data)
{
  g_autofree Reading *reading = user_data;
  OhDelivery *delivery = reading->delivery;
  Box *box = g_hash_table_lookup (delivery->boxes, &reading->user_id);
  g_autoptr (JsonNode) node = json ? json_from_string (json, NULL) : NULL;
  JsonArray *rows = node ? json_object_get_array_member (json_node_get_object (node), "messages")
                         : NULL;

  if (error)
    g_warning ("messages that wait could not be read: %s", error->message);
  if (box && !delivery->stopping)
    {
      box->loading = FALSE;
      box->backlog = !rows || take_rows (box, rows) == LOT;
      if (!rows)
        put_away (box);
      pump (box);
    }
  note_answer (delivery);
}

static void
load (Box *box)
{
  Reading *reading = g_new (Reading, 1);
  OhStoreReply answer = { &box->delivery->executor, on_read, reading };

  *reading = (Reading){ box->delivery, box->user_id };
  box->loading = TRUE;
  box->delivery->awaited++;
  oh_store_list_messages (box->delivery->store, box->user_id, LOT, &answer);
}

static gboolean
is_signed_in (const Box *box)
{
  return oh_registrar_find_by_user (box->delivery->registrar, box->user_id) != NULL;
}

static void
pump (Box *box)
{
  if (box->delivery->stopping || box->busy || box->loading || box->tired)
    return;
  if (!is_signed_in (box))
    {
      if (box->parcels.head)
        put_away (box);
    }
  else if (box->backlog && box->read == 0)
    load (box);
  else if (box->parcels.head)
    attempt (box, box->parcels.head->data);
  else if (!box->backlog)
    g_hash_table_remove (box->delivery->boxes, &box->user_id);
}

/* --- The object --- */

OhDelivery *
oh_delivery_new (OhRegistrar *registrar, OhStore *store)
{
  OhDelivery *delivery = g_new0 (OhDelivery, 1);

  delivery->registrar = registrar;
  delivery->store = store;
  delivery->boxes = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, box_free);
  return delivery;
}

void
oh_delivery_start (OhDelivery *delivery, OhSip *sip)
{
  g_autoptr (GArray) receivers = oh_store_dup_receivers (delivery->store);

  delivery->sip = sip;
  delivery->executor = oh_sip_get_executor (sip);
  for (guint i = 0; i < receivers->len; i++)
    get_box (delivery, g_array_index (receivers, gint64, i))->backlog = TRUE;
}

static void
send_away (gpointer key, gpointer value, gpointer user_data)
{
  Box *box = value;

  for (GList *l = box->parcels.head; l; l = l->next)
    {
      Parcel *parcel = l->data;

      stop_timer (parcel);
      if (!parcel->storing)
        reply (parcel, 503, NULL);
    }
}

void
oh_delivery_stop (OhDelivery *delivery, OhTask done, gpointer user_data)
{
  delivery->stopping = TRUE;
  g_hash_table_foreach (delivery->boxes, send_away, NULL);
  delivery->stopped = done;
  delivery->stopped_data = user_data;
  delivery->awaited++;
  note_answer (delivery);
}

void
oh_delivery_free (OhDelivery *delivery)
{
  if (!delivery)
    return;
  g_hash_table_unref (delivery->boxes);
  g_free (delivery);
}

void
oh_delivery_add (OhDelivery *delivery,
                 const OhWaitingMessage *message,
                 const char *device,
                 const char *copy_to,
                 OhSipRequest *request)
{
  Box *box = get_box (delivery, message->user_id);
  Parcel *parcel;

  if (delivery->stopping || box->parcels.length >= OH_STORE_MAX_MESSAGES)
    {
      oh_sip_request_reply (request, delivery->stopping ? 503 : 480, NULL, NULL, NULL, NULL);
      return;
    }
  parcel = parcel_new (box, message, device, copy_to);
  parcel->request = request;
  parcel->references++;
  parcel->timer = oh_sip_add_timer (delivery->sip, PATIENCE_MS, on_patience_over, parcel);
  g_queue_push_tail (&box->parcels, parcel);
  box->tired = FALSE;
  pump (box);
}

void
oh_delivery_look (OhDelivery *delivery, gint64 user_id)
{
  Box *box = g_hash_table_lookup (delivery->boxes, &user_id);

  if (!box)
    return;
  box->tired = FALSE;
  if (box->busy && !delivery->stopping)
    attempt (box, box->parcels.head->data);
  else
    pump (box);
}
