/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* JSON that comes from outside is hostile: only an object, only valid UTF-8, nesting of at most 16,
 * no comments or other extensions of the parser. OH_ERROR_INVALID. Transfer full. */
JsonObject *oh_json_parse_object (const char *text, gsize length, GError **error);

/* Members with their type checked: *@value is set when the member is there and of the right type;
 * absent or null leaves it and is fine unless @needed. Strings of more than @max_bytes, or with
 * control characters, are refused. Borrowed from @object. */
gboolean oh_json_read_string (JsonObject *object,
                              const char *key,
                              gboolean needed,
                              gsize max_bytes,
                              const char **value,
                              GError **error);
gboolean oh_json_read_int (JsonObject *object,
                           const char *key,
                           gboolean needed,
                           gint64 min,
                           gint64 max,
                           gint64 *value,
                           GError **error);
gboolean oh_json_read_bool (
    JsonObject *object, const char *key, gboolean needed, gboolean *value, GError **error);

/* An array of strings; transfer full. */
gboolean oh_json_read_strv (JsonObject *object,
                            const char *key,
                            gsize max_items,
                            gsize max_bytes,
                            char ***value,
                            GError **error);

/* One line, no new line at the end. Transfer full. */
char *oh_json_object_to_string (JsonObject *object);
char *oh_json_node_to_string (JsonNode *node);

/* Of a builder whose outermost container has ended. Transfer full. */
char *oh_json_builder_to_string (JsonBuilder *builder);

G_END_DECLS
