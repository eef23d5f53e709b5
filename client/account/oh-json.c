/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-json.h"

#include "base/oh-json-shape.h"
#include "base/oh-redact.h"

static JsonNode *
get_value (JsonObject *object, const char *member)
{
  JsonNode *node = object ? json_object_get_member (object, member) : NULL;

  return node && JSON_NODE_HOLDS_VALUE (node) ? node : NULL;
}

JsonNode *
oh_json_parse (const char *bytes, gsize length)
{
  g_autofree char *text = NULL;

  if (!g_utf8_validate (bytes, (gssize)length, NULL) || !oh_json_shape_check (bytes, length, NULL))
    return NULL;
  text = g_strndup (bytes, length);
  return json_from_string (text, NULL);
}

const char *
oh_json_get_text (JsonObject *object, const char *member)
{
  JsonNode *node = get_value (object, member);
  const char *text = node && json_node_get_value_type (node) == G_TYPE_STRING
                         ? json_node_get_string (node)
                         : NULL;

  return text && *text ? text : NULL;
}

char *
oh_json_dup_text (JsonObject *object, const char *member)
{
  const char *text = oh_json_get_text (object, member);

  return text ? oh_printable (text, 256) : NULL;
}

char *
oh_json_dup_text_or_empty (JsonObject *object, const char *member)
{
  char *text = oh_json_dup_text (object, member);

  return text ? text : g_strdup ("");
}

char *
oh_json_dup_id (JsonObject *object, const char *member)
{
  gint64 number = oh_json_get_number (object, member, 0, G_MAXINT64);

  return number > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, number)
                    : oh_json_dup_text (object, member);
}

gboolean
oh_json_get_flag (JsonObject *object, const char *member)
{
  JsonNode *node = get_value (object, member);

  return node && json_node_get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node);
}

gint64
oh_json_get_number (JsonObject *object, const char *member, gint64 minimum, gint64 maximum)
{
  JsonNode *node = get_value (object, member);
  GType type = node ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type == G_TYPE_INT64)
    return CLAMP (json_node_get_int (node), minimum, maximum);
  if (type == G_TYPE_DOUBLE)
    return (gint64)CLAMP (json_node_get_double (node), (double)minimum,
                          (double)MIN (maximum, 1ll << 53));
  return minimum;
}

JsonArray *
oh_json_get_array (JsonNode *node, const char *member)
{
  JsonNode *array;

  if (!node || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  array = json_object_get_member (json_node_get_object (node), member);
  return array && JSON_NODE_HOLDS_ARRAY (array) ? json_node_get_array (array) : NULL;
}

GPtrArray *
oh_json_read_objects (JsonNode *node,
                      const char *member,
                      guint most,
                      gpointer (*read) (JsonObject *object),
                      GDestroyNotify free)
{
  JsonArray *array = oh_json_get_array (node, member);
  GPtrArray *all = g_ptr_array_new_with_free_func (free);
  guint n = array ? MIN (json_array_get_length (array), most) : 0;

  for (guint i = 0; i < n; i++)
    {
      JsonNode *one = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_OBJECT (one))
        g_ptr_array_add (all, read (json_node_get_object (one)));
    }
  return all;
}
