/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/call/oh-server-call-private.h"

/* Who rings when, who does not, and why: for the client, which has words of its own. */

JsonNode *
oh_call_describe_place (const OhRingPlace *place)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "name", place->label);
  if (place->protocol)
    json_object_set_string_member (object, "protocol", place->protocol);
  json_object_set_int_member (object, "step", place->step);
  json_object_set_string_member (object, "why", oh_ring_why_get_code (place->why));
  if (place->number > 0)
    json_object_set_int_member (object, "number", place->number);
  if (place->of > 0)
    json_object_set_int_member (object, "of", place->of);
  json_node_take_object (node, object);
  return node;
}

JsonNode *
oh_call_list_places (const OhRingPlan *plan)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < plan->places->len; i++)
    json_array_add_element (list, oh_call_describe_place (plan->places->pdata[i]));
  json_node_take_array (node, list);
  return node;
}
