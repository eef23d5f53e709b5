/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-chat"

#include "server/chat/oh-delivery-private.h"

#include "base/oh-error.h"
#include "server/store/oh-json.h"

#include <string.h>

#define PATIENCE_MS 4000 /* that a sender waits for the devices; then it is kept */
#define LOT 20           /* messages that are read from the store at once */

static void pump (OhBox *box);

/* --- Boxes --- */

static void
box_free (gpointer data)
{
  OhBox *box = data;

  while (box->parcels.head)
    oh_parcel_leave (box->parcels.head->data);
  g_free (box->noted);
  g_free (box);
}

static OhBox *
get_box (OhDelivery *delivery, gint64 user_id)
{
  OhBox *box = g_hash_table_lookup (delivery->boxes, &user_id);

  if (box)
    return box;
  box = g_new0 (OhBox, 1);
  box->delivery = delivery;
  box->user_id = user_id;
  g_queue_init (&box->parcels);
  g_hash_table_insert (delivery->boxes, &box->user_id, box);
  return box;
}

/* The device of that user, where it alone is signed in; or NULL. */
static const char *
get_only_device (const OhBox *box)
{
  GPtrArray *bindings = oh_registrar_find_by_user (box->delivery->registrar, box->user_id);
  const char *only = NULL;

  for (guint i = 0; bindings && i < bindings->len; i++)
    {
      const OhBinding *binding = bindings->pdata[i];

      if (binding->web)
        continue;
      if (only && strcmp (binding->device_id, only) != 0)
        return NULL;
      only = binding->device_id;
    }
  return only;
}

void
oh_delivery_note_answer (OhDelivery *delivery)
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
  OhParcel *parcel = user_data;
  OhDelivery *delivery = parcel->delivery;

  parcel->storing = FALSE;
  parcel->id = read_id (json);
  if (parcel->id && parcel->delivered)
    oh_store_drop_message (delivery->store, parcel->id);
  else if (parcel->id)
    oh_parcel_reply (parcel, 202, NULL);
  else if (!parcel->box) /* while it is in its box a device may still take it */
    {
      gboolean full = g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT);

      if (!full)
        g_warning ("a message could not be kept: %s", error->message);
      oh_parcel_reply (parcel, full ? 480 : 500, full ? "Too Many Messages Wait" : NULL);
    }
  oh_parcel_unref (parcel);
  oh_delivery_note_answer (delivery);
}

static void
keep (OhParcel *parcel)
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
  OhParcel *parcel = data;

  parcel->timer = 0;
  keep (parcel);
  oh_parcel_unref (parcel);
}

/* Nobody takes them now: all that is in the box waits in the store. */
static void
put_away (OhBox *box)
{
  box->tired = TRUE;
  box->backlog = TRUE;
  while (box->parcels.head)
    {
      OhParcel *parcel = box->parcels.head->data;

      parcel->references++;
      oh_parcel_leave (parcel);
      keep (parcel);
      oh_parcel_unref (parcel);
    }
}

/* --- What becomes of it --- */

/* Who was told that it waits hears of it now. */
static void
drop_from_store (OhParcel *parcel)
{
  const OhWaitingMessage *message = parcel->message;

  oh_store_deliver_message (parcel->delivery->store, parcel->id);
  if (message->receipt && message->device)
    oh_delivery_owe_receipt (parcel->delivery, message->device);
}

void
oh_delivery_taken (OhParcel *parcel)
{
  OhBox *box = parcel->box;

  parcel->delivered = TRUE;
  oh_parcel_reply (parcel, 200, NULL);
  if (parcel->id)
    drop_from_store (parcel);
  if (!box)
    return;
  oh_parcel_leave (parcel);
  pump (box);
}

void
oh_delivery_refused (OhParcel *parcel)
{
  if (--parcel->asked == 0 && !parcel->delivered && parcel->box)
    put_away (parcel->box);
}

/* --- From the store --- */

static gboolean
has_parcel (const OhBox *box, gint64 id)
{
  for (GList *l = box->parcels.head; l; l = l->next)
    if (((const OhParcel *)l->data)->id == id)
      return TRUE;
  return FALSE;
}

static const char *
get_text (JsonObject *row, const char *name)
{
  return json_object_get_string_member_with_default (row, name, "");
}

/* NULL where there is none. */
static const char *
get_name (JsonObject *row, const char *name)
{
  const char *text = get_text (row, name);

  return *text ? text : NULL;
}

/* A lot, on its way. */
typedef struct
{
  OhDelivery *delivery;
  gint64 user_id;
  char
      *only; /* the device whose notes to its own user come last, for nobody else could take them */
  gboolean has_notes;
} Reading;

static void
reading_free (Reading *reading)
{
  g_free (reading->only);
  g_free (reading);
}

/* Before all that came meanwhile. Returns how many were not in the box yet: the oldest that wait, for
 * what is both there and in the store is younger. */
static guint
take_rows (OhBox *box, JsonArray *rows, Reading *reading)
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
        .to_uri = (char *)get_name (row, "to"),
        .device = (char *)get_name (row, "device"),
        .receipt = (char *)get_name (row, "receipt"),
        .time = json_object_get_int_member_with_default (row, "time", 0),
      };
      gint64 id = json_object_get_int_member_with_default (row, "id", 0);
      OhParcel *parcel;

      if (reading->only && g_strcmp0 (message.device, reading->only) == 0)
        {
          reading->has_notes = TRUE;
          continue;
        }
      if (has_parcel (box, id))
        continue;
      parcel = oh_parcel_new (box, &message, NULL);
      parcel->id = id;
      parcel->read = TRUE;
      box->read++;
      g_queue_push_head (&box->parcels, parcel);
      taken++;
    }
  return taken;
}

static void
on_read (const char *json, const GError *error, gpointer user_data)
{
  Reading *reading = user_data;
  OhDelivery *delivery = reading->delivery;
  OhBox *box = g_hash_table_lookup (delivery->boxes, &reading->user_id);
  g_autoptr (JsonNode) node = json ? json_from_string (json, NULL) : NULL;
  JsonArray *rows = node ? json_object_get_array_member (json_node_get_object (node), "messages")
                         : NULL;

  if (error)
    g_warning ("messages that wait could not be read: %s", error->message);
  if (box && !delivery->stopping)
    {
      box->loading = FALSE;
      box->backlog = !rows || take_rows (box, rows, reading) == LOT;
      if (rows && (reading->has_notes || json_array_get_length (rows) < LOT))
        {
          g_free (box->noted);
          box->noted = reading->has_notes ? g_strdup (reading->only) : NULL;
        }
      if (!rows)
        put_away (box);
      pump (box);
    }
  reading_free (reading);
  oh_delivery_note_answer (delivery);
}

static void
load (OhBox *box)
{
  Reading *reading = g_new (Reading, 1);
  OhStoreReply answer = { &box->delivery->executor, on_read, reading };

  *reading = (Reading){ .delivery = box->delivery,
                        .user_id = box->user_id,
                        .only = g_strdup (get_only_device (box)) };
  box->loading = TRUE;
  box->delivery->awaited++;
  oh_store_list_messages (box->delivery->store, box->user_id, reading->only, LOT, &answer);
}

static gboolean
is_signed_in (const OhBox *box)
{
  GPtrArray *bindings = oh_registrar_find_by_user (box->delivery->registrar, box->user_id);

  for (guint i = 0; bindings && i < bindings->len; i++)
    if (!((const OhBinding *)bindings->pdata[i])->web)
      return TRUE;
  return FALSE;
}

/* The oldest that anybody who is signed in may take, or NULL. */
static OhParcel *
find_next (const OhBox *box)
{
  const char *only = get_only_device (box);

  for (GList *l = box->parcels.head; l; l = l->next)
    if (!only || oh_parcel_is_for (l->data, only))
      return l->data;
  return NULL;
}

static void
pump (OhBox *box)
{
  if (box->delivery->stopping || box->current || box->loading || box->tired)
    return;
  if (!is_signed_in (box))
    {
      if (box->parcels.head)
        put_away (box);
    }
  else if (box->backlog && box->read == 0)
    load (box);
  else if ((box->current = find_next (box)))
    oh_parcel_send (box->current);
  else if (box->parcels.head)
    put_away (box);
  else if (!box->backlog && !box->noted)
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
  oh_delivery_open_receipts (delivery);
}

static void
send_away (gpointer key, gpointer value, gpointer user_data)
{
  OhBox *box = value;

  for (GList *l = box->parcels.head; l; l = l->next)
    {
      OhParcel *parcel = l->data;

      oh_parcel_stop_timer (parcel);
      if (!parcel->storing)
        oh_parcel_reply (parcel, 503, NULL);
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
  oh_delivery_note_answer (delivery);
}

void
oh_delivery_free (OhDelivery *delivery)
{
  if (!delivery)
    return;
  g_hash_table_unref (delivery->boxes);
  g_clear_pointer (&delivery->debts, g_hash_table_unref);
  g_free (delivery);
}

void
oh_delivery_add (OhDelivery *delivery,
                 const OhWaitingMessage *message,
                 const char *copy_to,
                 OhSipRequest *request)
{
  OhBox *box = get_box (delivery, message->user_id);
  OhParcel *parcel;

  if (delivery->stopping || box->parcels.length >= OH_STORE_MAX_MESSAGES)
    {
      oh_sip_request_reply (request, delivery->stopping ? 503 : 480, NULL, NULL, NULL, NULL);
      return;
    }
  parcel = oh_parcel_new (box, message, copy_to);
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
  OhBox *box = g_hash_table_lookup (delivery->boxes, &user_id);

  oh_delivery_look_at_receipts (delivery, user_id);
  if (!box)
    return;
  box->tired = FALSE;
  box->backlog |= box->noted && g_strcmp0 (box->noted, get_only_device (box)) != 0;
  if (box->current && !delivery->stopping)
    oh_parcel_send (box->current);
  else
    pump (box);
}
