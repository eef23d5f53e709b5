/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-chat"

#include "server/chat/oh-delivery-private.h"

#include <string.h>

#define UDP_PART 700 /* bytes of text: a request over UDP has at most 1,300 (RFC 3428, 8) */

/* One message on its way to the devices of its receiver. */

OhParcel *
oh_parcel_new (OhBox *box, const OhWaitingMessage *message, const char *copy_to)
{
  OhParcel *parcel = g_new0 (OhParcel, 1);

  parcel->references = 1;
  parcel->box = box;
  parcel->delivery = box->delivery;
  parcel->message = oh_waiting_message_copy (message);
  parcel->copy_to = g_strdup (copy_to);
  parcel->tried = g_ptr_array_new_with_free_func (g_free);
  return parcel;
}

void
oh_parcel_unref (gpointer data)
{
  OhParcel *parcel = data;

  if (--parcel->references > 0)
    return;
  oh_sip_request_free (parcel->request);
  oh_waiting_message_free (parcel->message);
  g_free (parcel->copy_to);
  g_ptr_array_unref (parcel->tried);
  g_free (parcel);
}

void
oh_parcel_reply (OhParcel *parcel, guint status, const char *phrase)
{
  static const char *const later[] = { "Retry-After: 10", NULL };

  if (parcel->request && parcel->copy_to && status < 300)
    oh_delivery_copy (parcel->delivery, parcel->message, parcel->message->device, parcel->copy_to);
  if (parcel->request)
    oh_sip_request_reply (g_steal_pointer (&parcel->request), status, phrase,
                          status == 503 ? later : NULL, NULL, NULL);
}

void
oh_parcel_stop_timer (OhParcel *parcel)
{
  if (!parcel->timer)
    return;
  oh_sip_cancel_timer (parcel->delivery->sip, parcel->timer);
  parcel->timer = 0;
  oh_parcel_unref (parcel);
}

void
oh_parcel_leave (OhParcel *parcel)
{
  OhBox *box = g_steal_pointer (&parcel->box);

  if (!box)
    return;
  oh_parcel_stop_timer (parcel);
  g_queue_remove (&box->parcels, parcel);
  if (parcel->read)
    box->read--;
  if (box->current == parcel)
    box->current = NULL;
  oh_parcel_unref (parcel);
}

/* --- To the devices --- */

/* On its way to one device, in parts where that is needed. */
typedef struct
{
  OhParcel *parcel;
  char *contact, *route;
  const char *rest; /* of the text */
  gboolean udp;
} Trip;

static void
trip_free (Trip *trip)
{
  oh_parcel_unref (trip->parcel);
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
on_device_answered (OhSip *sip, guint status, const char *phrase, gpointer user_data)
{
  Trip *trip = user_data;
  OhParcel *parcel = trip->parcel;
  gboolean taken = status >= 200 && status < 300;

  if (taken && *trip->rest && !parcel->delivery->stopping)
    {
      go_on (trip);
      return;
    }
  if (!taken)
    g_debug ("a device did not take a message: %u %s", status, phrase ? phrase : "");
  if (taken && !parcel->delivered)
    oh_delivery_taken (parcel);
  oh_delivery_refused (parcel);
  trip_free (trip);
}

/* A device that came back by another connection is another way to it. */
static char *
dup_way (const OhBinding *binding)
{
  return g_strconcat (binding->contact, " ", binding->route, NULL);
}

gboolean
oh_parcel_is_for (const OhParcel *parcel, const char *device_id)
{
  return g_strcmp0 (device_id, parcel->message->device) != 0;
}

/* FALSE: it is the sender's own device, or has been asked already. */
static gboolean
may_ask (const OhParcel *parcel, const OhBinding *binding)
{
  g_autofree char *way = dup_way (binding);

  return !binding->web && oh_parcel_is_for (parcel, binding->device_id)
         && !g_ptr_array_find_with_equal_func (parcel->tried, way, g_str_equal, NULL);
}

/* One may sign in while others keep it waiting. */
void
oh_parcel_send (OhParcel *parcel)
{
  GPtrArray *bindings = oh_registrar_find_by_user (parcel->delivery->registrar,
                                                   parcel->message->user_id);

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
  oh_delivery_refused (parcel);
  oh_parcel_unref (parcel);
}
