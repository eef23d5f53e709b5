/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-event.h"

#include "base/oh-clock.h"
#include "server/store/oh-json.h"

OhEvent *
oh_event_new (const char *call_id, const char *kind, const char *reason)
{
  OhEvent *event = g_new0 (OhEvent, 1);

  event->time_us = g_get_real_time ();
  event->mono_us = oh_clock_now ();
  event->call_id = g_utf8_make_valid (call_id ? call_id : "", -1);
  event->kind = g_strdup (kind);
  event->reason = g_utf8_make_valid (reason ? reason : "", -1);
  event->details = json_object_new ();
  return event;
}

void
oh_event_free (OhEvent *event)
{
  if (!event)
    return;
  g_free (event->call_id);
  g_free (event->kind);
  g_free (event->reason);
  g_free (event->device_id);
  json_object_unref (event->details);
  g_free (event);
}

void
oh_event_set_user (OhEvent *event, gint64 user_id, const char *device_id)
{
  event->user_id = user_id;
  g_free (event->device_id);
  event->device_id = device_id ? g_utf8_make_valid (device_id, -1) : NULL;
}

void
oh_event_set_string (OhEvent *event, const char *key, const char *value)
{
  g_autofree char *valid = NULL;

  if (!value)
    return;
  valid = g_utf8_make_valid (value, -1);
  json_object_set_string_member (event->details, key, valid);
}

void
oh_event_set_int (OhEvent *event, const char *key, gint64 value)
{
  json_object_set_int_member (event->details, key, value);
}

void
oh_event_set_bool (OhEvent *event, const char *key, gboolean value)
{
  json_object_set_boolean_member (event->details, key, value);
}

void
oh_event_set_strv (OhEvent *event, const char *key, const char *const *values)
{
  JsonArray *array = json_array_new ();

  for (gsize i = 0; values && values[i]; i++)
    {
      g_autofree char *valid = g_utf8_make_valid (values[i], -1);

      json_array_add_string_element (array, valid);
    }
  json_object_set_array_member (event->details, key, array);
}

void
oh_event_take_node (OhEvent *event, const char *key, JsonNode *value)
{
  json_object_set_member (event->details, key, value);
}

static gboolean
is_own_key (const char *key)
{
  static const char *const own[] = { "seq",    "time", "mono",   "call", "event",
                                     "reason", "user", "device", NULL };

  return g_strv_contains (own, key);
}

char *
oh_event_to_json (const OhEvent *event)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (GList) keys = json_object_get_members (event->details);

  json_object_set_int_member (object, "seq", (gint64)event->seq);
  json_object_set_double_member (object, "time", (double)event->time_us / 1e6);
  json_object_set_int_member (object, "mono", event->mono_us);
  json_object_set_string_member (object, "call", event->call_id);
  json_object_set_string_member (object, "event", event->kind);
  json_object_set_string_member (object, "reason", event->reason);
  if (event->user_id)
    json_object_set_int_member (object, "user", event->user_id);
  if (event->device_id)
    json_object_set_string_member (object, "device", event->device_id);
  for (GList *l = keys; l; l = l->next)
    if (!is_own_key (l->data))
      json_object_set_member (object, l->data,
                              json_node_copy (json_object_get_member (event->details, l->data)));
  return oh_json_object_to_string (object);
}
