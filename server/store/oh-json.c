/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-json.h"

#include "base/oh-error.h"
#include "base/oh-json-shape.h"

#include <string.h>

JsonObject *
oh_json_parse_object (const char *text, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) local = NULL;
  gsize start = 0;
  JsonNode *root;

  while (start < length && strchr (" \t\r\n", text[start]))
    start++;
  if (start == length || text[start] != '{' || !g_utf8_validate (text, (gssize)length, NULL))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "a JSON object in UTF-8 is expected");
      return NULL;
    }
  if (!oh_json_shape_check (text, length, error))
    return NULL;
  if (!json_parser_load_from_data (parser, text, (gssize)length, &local))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not JSON: %s", local->message);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "a JSON object is expected");
      return NULL;
    }
  return json_object_ref (json_node_get_object (root));
}

/* *@node is NULL when the member is absent. */
static gboolean
find_member (JsonObject *object, const char *key, gboolean needed, JsonNode **node, GError **error)
{
  *node = json_object_get_member (object, key);
  if (*node && JSON_NODE_HOLDS_NULL (*node))
    *node = NULL;
  if (*node || !needed)
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "\"%s\" is missing", key);
  return FALSE;
}

static gboolean
refuse (const char *key, const char *expected, GError **error)
{
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "\"%s\" must be %s", key, expected);
  return FALSE;
}

static gboolean
is_clean (const char *text, gsize max_bytes)
{
  if (strlen (text) > max_bytes)
    return FALSE;
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

gboolean
oh_json_read_string (JsonObject *object,
                     const char *key,
                     gboolean needed,
                     gsize max_bytes,
                     const char **value,
                     GError **error)
{
  JsonNode *node;

  if (!find_member (object, key, needed, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return refuse (key, "text", error);
  if (!is_clean (json_node_get_string (node), max_bytes))
    return refuse (key, "shorter, without control characters", error);
  *value = json_node_get_string (node);
  return TRUE;
}

gboolean
oh_json_read_int (JsonObject *object,
                  const char *key,
                  gboolean needed,
                  gint64 min,
                  gint64 max,
                  gint64 *value,
                  GError **error)
{
  JsonNode *node;
  gint64 number;

  if (!find_member (object, key, needed, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return refuse (key, "a whole number", error);
  number = json_node_get_int (node);
  if (number < min || number > max)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "\"%s\" must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, key, min, max);
      return FALSE;
    }
  *value = number;
  return TRUE;
}

gboolean
oh_json_read_bool (
    JsonObject *object, const char *key, gboolean needed, gboolean *value, GError **error)
{
  JsonNode *node;

  if (!find_member (object, key, needed, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return refuse (key, "true or false", error);
  *value = json_node_get_boolean (node);
  return TRUE;
}

gboolean
oh_json_read_strv (JsonObject *object,
                   const char *key,
                   gsize max_items,
                   gsize max_bytes,
                   char ***value,
                   GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonNode *node;
  JsonArray *array;

  if (!find_member (object, key, FALSE, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node)
      || json_array_get_length (json_node_get_array (node)) > max_items)
    return refuse (key, "a short list of texts", error);

  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *item = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (item) || json_node_get_value_type (item) != G_TYPE_STRING
          || !is_clean (json_node_get_string (item), max_bytes))
        return refuse (key, "a list of short texts", error);
      g_strv_builder_add (builder, json_node_get_string (item));
    }
  *value = g_strv_builder_end (builder);
  return TRUE;
}

char *
oh_json_node_to_string (JsonNode *node)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();

  json_generator_set_root (generator, node);
  return json_generator_to_data (generator, NULL);
}

char *
oh_json_object_to_string (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_alloc ();

  json_node_init_object (node, object);
  return oh_json_node_to_string (node);
}

char *
oh_json_builder_to_string (JsonBuilder *builder)
{
  g_autoptr (JsonNode) node = json_builder_get_root (builder);

  return oh_json_node_to_string (node);
}
