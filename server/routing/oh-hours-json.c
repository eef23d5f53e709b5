/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-routing"

#include "server/routing/oh-hours-json.h"

static JsonObject *
new_object (gboolean weekend)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "days", weekend ? "weekends" : "weekdays");
  return object;
}

static void
add_place (JsonObject *object, const OhHoursPlace *place)
{
  g_autofree char *key = place->device
                             ? g_strconcat ("device:", place->device->id, NULL)
                             : g_strdup_printf ("im:%" G_GINT64_FORMAT, place->identity->id);

  json_object_set_string_member (object, "place", key);
  json_object_set_string_member (object, "name",
                                 place->device ? place->device->name : place->identity->name);
  if (place->identity)
    json_object_set_string_member (object, "protocol", place->identity->login->protocol);
}

JsonArray *
oh_hours_describe (const OhHours *hours)
{
  g_autoptr (GArray) spans = oh_hours_list_spans (hours);
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < spans->len; i++)
    {
      const OhHoursSpan *span = &g_array_index (spans, OhHoursSpan, i);
      JsonObject *object = new_object (span->weekend);

      json_object_set_int_member (object, "from", span->from);
      json_object_set_int_member (object, "to", span->to);
      add_place (object, span->usual.place);
      json_object_set_int_member (object, "answered", span->usual.answered);
      json_object_set_int_member (object, "of", span->usual.of);
      json_array_add_object_element (list, object);
    }
  return list;
}

JsonArray *
oh_hours_describe_table (const OhHours *hours)
{
  JsonArray *list = json_array_new ();

  for (guint slot = 0; slot < OH_HOURS_SLOTS; slot++)
    {
      OhUsual usual;
      gboolean is_usual = oh_hours_find_usual (hours, slot, &usual);

      for (guint i = 0; i < hours->places->len; i++)
        {
          const OhHoursPlace *place = &g_array_index (hours->places, OhHoursPlace, i);
          JsonObject *object;

          if (place->counts[slot] == 0)
            continue;
          object = new_object (slot >= OH_HOURS_SLOTS / 2);
          json_object_set_int_member (object, "hour", slot % (OH_HOURS_SLOTS / 2));
          add_place (object, place);
          json_object_set_int_member (object, "answered", place->counts[slot]);
          json_object_set_boolean_member (object, "usual", is_usual && usual.place == place);
          json_array_add_object_element (list, object);
        }
    }
  return list;
}
