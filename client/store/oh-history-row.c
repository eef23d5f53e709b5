/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/store/oh-history-row.h"

#include "base/oh-error.h"
#include "client/account/oh-json.h"
#include "client/store/oh-call-route-private.h"

OhHistoryRow *
oh_history_row_new (void)
{
  return g_new0 (OhHistoryRow, 1);
}

void
oh_history_row_free (OhHistoryRow *row)
{
  if (!row)
    return;
  g_free (row->account);
  g_free (row->id);
  g_free (row->name);
  g_free (row->number);
  g_free (row->called);
  g_free (row->peer);
  g_free (row->route);
  g_free (row);
}

static OhHistoryRow *
row_from_json (JsonObject *object, const char *account)
{
  g_autoptr (OhHistoryRow) row = oh_history_row_new ();
  const char *direction = oh_json_get_text (object, "direction");

  row->id = oh_json_dup_id (object, "id");
  if (!row->id || !direction)
    return NULL;
  row->account = g_strdup (account);
  row->incoming = g_str_equal (direction, "in");
  row->called = oh_json_dup_text (object, "called");
  if (row->incoming)
    {
      row->name = oh_json_dup_text (object, "name");
      row->number = oh_json_dup_text (object, "number");
      row->withheld = oh_json_get_flag (object, "withheld");
      row->route = oh_call_route_dup_text (object);
    }
  else /* the server names the caller, who is the user; a person looks for the other side */
    row->number = g_strdup (row->called);
  row->peer = oh_json_dup_text (object, "peer");
  row->start = oh_json_get_number (object, "start", 0, G_MAXINT64);
  row->duration = oh_json_get_number (object, "duration", 0, G_MAXINT);
  row->outcome = oh_outcome_from_string (oh_json_get_text (object, "outcome"));
  row->row = oh_json_get_number (object, "row", 0, G_MAXINT64);
  return g_steal_pointer (&row);
}

GPtrArray *
oh_history_rows_from_json (JsonNode *node, const char *account, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_history_row_free);
  JsonArray *calls = oh_json_get_array (node, "calls");

  if (!calls)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the answer holds no calls");
      return NULL;
    }
  for (guint i = 0; i < json_array_get_length (calls); i++)
    {
      JsonNode *element = json_array_get_element (calls, i);
      OhHistoryRow *row = NULL;

      if (JSON_NODE_HOLDS_OBJECT (element))
        row = row_from_json (json_node_get_object (element), account);
      if (row)
        g_ptr_array_add (rows, row);
      else
        g_debug ("a row of the history makes no sense and is left out");
    }
  return g_steal_pointer (&rows);
}
