/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/store/oh-call-route-private.h"

#include "client/account/oh-json.h"

#define MAX_PLACES 50
#define MAX_STEPS 100

static void
free_place (gpointer data)
{
  OhRoutePlace *place = data;

  g_free (place->name);
  g_free (place->protocol);
  g_free (place->why);
  g_free (place);
}

void
oh_call_route_free (OhCallRoute *route)
{
  if (!route)
    return;
  g_ptr_array_unref (route->places);
  g_free (route->device);
  g_free (route);
}

/* Those that rang first, then the others as they came. */
static int
compare_places (gconstpointer a, gconstpointer b)
{
  guint first = (guint)(*(const OhRoutePlace *const *)a)->step;
  guint second = (guint)(*(const OhRoutePlace *const *)b)->step;

  return first < second ? -1 : first > second;
}

static void
add_place (OhCallRoute *route, JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  char *name = object ? oh_json_dup_text (object, "name") : NULL;
  OhRoutePlace *place;

  if (!name)
    return;
  place = g_new0 (OhRoutePlace, 1);
  place->name = name;
  place->protocol = oh_json_dup_text (object, "protocol");
  place->step = (int)oh_json_get_number (object, "step", -1, MAX_STEPS);
  place->why = oh_json_dup_text (object, "why");
  place->number = (guint)oh_json_get_number (object, "number", 0, 1000000);
  place->of = (guint)oh_json_get_number (object, "of", 0, 1000000);
  g_ptr_array_add (route->places, place);
}

static OhCallRoute *
from_json (JsonNode *node)
{
  JsonArray *array = oh_json_get_array (node, "places");
  guint n = array ? MIN (json_array_get_length (array), MAX_PLACES) : 0;
  g_autoptr (OhCallRoute) route = g_new0 (OhCallRoute, 1);

  route->places = g_ptr_array_new_with_free_func (free_place);
  for (guint i = 0; i < n; i++)
    add_place (route, json_array_get_element (array, i));
  if (route->places->len == 0)
    return NULL;
  g_ptr_array_sort (route->places, compare_places);
  route->steps = (guint)oh_json_get_number (json_node_get_object (node), "steps", 0, MAX_STEPS);
  route->device = oh_json_dup_text (json_node_get_object (node), "device");
  return g_steal_pointer (&route);
}

/* --- As text --- */

static void
add_text (JsonObject *object, const char *member, const char *text)
{
  if (text)
    json_object_set_string_member (object, member, text);
}

static JsonNode *
to_json (const OhCallRoute *route)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  JsonArray *places = json_array_new ();

  for (guint i = 0; i < route->places->len; i++)
    {
      const OhRoutePlace *place = route->places->pdata[i];
      JsonObject *one = json_object_new ();

      add_text (one, "name", place->name);
      add_text (one, "protocol", place->protocol);
      add_text (one, "why", place->why);
      json_object_set_int_member (one, "step", place->step);
      json_object_set_int_member (one, "number", place->number);
      json_object_set_int_member (one, "of", place->of);
      json_array_add_object_element (places, one);
    }
  json_object_set_array_member (object, "places", places);
  json_object_set_int_member (object, "steps", route->steps);
  add_text (object, "device", route->device);
  json_node_take_object (node, object);
  return node;
}

char *
oh_call_route_dup_text (JsonObject *row)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (OhCallRoute) route = NULL;
  g_autoptr (JsonNode) clean = NULL;

  json_node_set_object (node, row);
  route = from_json (node);
  if (!route)
    return NULL;
  clean = to_json (route);
  return json_to_string (clean, FALSE);
}

OhCallRoute *
oh_call_route_parse (const char *text)
{
  g_autoptr (JsonNode) node = text ? json_from_string (text, NULL) : NULL;

  return node ? from_json (node) : NULL;
}
