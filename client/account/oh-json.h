/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Reading JSON of outside without a g_critical where something has another type than it should. */

/* What came over the network, @length bytes; NULL where it is no JSON, or nested too deeply (base/
 * oh-json-shape.h). Transfer full. */
JsonNode *oh_json_parse (const char *bytes, gsize length);

/* NULL where it is absent, empty or no string. Borrowed. */
const char *oh_json_get_text (JsonObject *object, const char *member);

/* The same as a copy fit to be shown: control characters made visible, at most 256 bytes. */
char *oh_json_dup_text (JsonObject *object, const char *member);

/* The same, "" where there is none. */
char *oh_json_dup_text_or_empty (JsonObject *object, const char *member);

/* A string or a whole number above 0 as text, else NULL. Transfer full. */
char *oh_json_dup_id (JsonObject *object, const char *member);

gboolean oh_json_get_flag (JsonObject *object, const char *member);

/* Whole numbers, forced into @minimum to @maximum; @minimum where it is none. */
gint64 oh_json_get_number (JsonObject *object, const char *member, gint64 minimum, gint64 maximum);

/* The array @member of the object that @node is, else NULL. Borrowed. */
JsonArray *oh_json_get_array (JsonNode *node, const char *member);

/* What @read makes of each object in that array, the first @most of it; empty where there is none. @free
 * is the result's. Transfer full. */
GPtrArray *oh_json_read_objects (JsonNode *node,
                                 const char *member,
                                 guint most,
                                 gpointer (*read) (JsonObject *object),
                                 GDestroyNotify free);

G_END_DECLS
