/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-store-rows.h"

#include "server/store/oh-json.h"

static JsonNode *
read_list (const char *text)
{
  JsonNode *node = *text ? json_from_string (text, NULL) : NULL;

  if (node && JSON_NODE_HOLDS_ARRAY (node))
    return node;
  g_clear_pointer (&node, json_node_unref);
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, json_array_new ());
  return node;
}

static void
add_member (JsonBuilder *builder, sqlite3_stmt *row, int i, const OhColumn *column)
{
  json_builder_set_member_name (builder, column->name);
  if (column->type == OH_COLUMN_TEXT)
    json_builder_add_string_value (builder, oh_database_text (row, i));
  else if (column->type == OH_COLUMN_INT)
    json_builder_add_int_value (builder, sqlite3_column_int64 (row, i));
  else if (column->type == OH_COLUMN_LIST)
    json_builder_add_value (builder, read_list (oh_database_text (row, i)));
  else
    json_builder_add_boolean_value (builder, sqlite3_column_int (row, i) != 0);
}

gboolean
oh_job_answer_rows (OhStore *store,
                    OhJob *job,
                    sqlite3_stmt *row,
                    const char *list,
                    const OhColumn *columns,
                    gsize n_columns,
                    GError **error)
{
  g_autoptr (JsonBuilder) builder = NULL;
  GError *local = NULL;

  if (!row)
    return FALSE;
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, list);
  json_builder_begin_array (builder);
  while (oh_database_step (store->database, row, &local))
    {
      json_builder_begin_object (builder);
      for (gsize i = 0; i < n_columns; i++)
        add_member (builder, row, (int)i, &columns[i]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  if (local)
    {
      g_propagate_error (error, local);
      return FALSE;
    }
  job->json = oh_json_builder_to_string (builder);
  return TRUE;
}
