/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-json.h"
#include "server/store/oh-store-private.h"

#define MAX_EVENTS 1000
#define EVENT_COLUMNS                                                                              \
  "seq, time_us, mono_us, call_id, kind, reason, user_id, device_id, details FROM events"

gboolean
oh_store_write_event (OhStore *store, const OhEvent *event, GError **error)
{
  g_autofree char *details = oh_json_object_to_string (event->details);
  GError *local = NULL;

  if (!oh_database_run (store->database, error,
                        "INSERT INTO events (seq, time_us, mono_us, call_id, kind, reason, user_id,"
                        " device_id, details) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                        "iiisssiss", (gint64)event->seq, event->time_us, event->mono_us,
                        event->call_id, event->kind, event->reason, event->user_id,
                        event->device_id, details))
    return FALSE;
  oh_history_fold (store, event, &local);
  if (!local)
    return oh_answers_fold (store, event, error);
  g_propagate_prefixed_error (error, local, "history: ");
  return FALSE;
}

/* The server stopped without telling how these calls ended: nobody else will. They are taken to have
 * ended with the last thing that it told; it may have been away for days. */
gboolean
oh_store_end_open_calls (OhStore *store, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *row = oh_database_query (
      store->database, error, "SELECT DISTINCT call_id FROM history WHERE ended_us = 0", "");
  gint64 last_us = oh_database_get_int (store->database,
                                        "SELECT time_us FROM events ORDER BY seq DESC LIMIT 1", 0);
  GError *local = NULL;

  while (row && oh_database_step (store->database, row, &local))
    g_ptr_array_add (ids, g_strdup (oh_database_text (row, 0)));
  if (local)
    g_propagate_error (error, local);
  if (!row || local)
    return FALSE;

  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (OhEvent) event = oh_event_new (ids->pdata[i], OH_EVENT_ENDED,
                                                "The call server stopped during the call");

      event->seq = ++store->last_seq;
      if (last_us > 0)
        event->time_us = last_us;
      if (!oh_store_write_event (store, event, error))
        return FALSE;
    }
  return TRUE;
}

static OhEvent *
read_event (sqlite3_stmt *row)
{
  OhEvent *event = oh_event_new (oh_database_text (row, 3), oh_database_text (row, 4),
                                 oh_database_text (row, 5));
  const char *details = oh_database_text (row, 8);
  JsonObject *object = oh_json_parse_object (details, (gsize)sqlite3_column_bytes (row, 8), NULL);

  event->seq = (guint64)sqlite3_column_int64 (row, 0);
  event->time_us = sqlite3_column_int64 (row, 1);
  event->mono_us = sqlite3_column_int64 (row, 2);
  event->user_id = sqlite3_column_int64 (row, 6);
  if (sqlite3_column_type (row, 7) != SQLITE_NULL)
    event->device_id = g_strdup (oh_database_text (row, 7));
  if (object)
    {
      json_object_unref (event->details);
      event->details = object;
    }
  return event;
}

/* [newest][of one call]; ?1 the call, ?2 how many, ?3 after which. One for each case, because only a
 * plain condition is looked up in an index. */
static const char *const queries[2][2] = {
  { "SELECT " EVENT_COLUMNS " WHERE seq > ?3 ORDER BY seq LIMIT ?2",
    "SELECT " EVENT_COLUMNS " WHERE call_id = ?1 AND seq > ?3 ORDER BY seq LIMIT ?2" },
  { "SELECT * FROM (SELECT " EVENT_COLUMNS " ORDER BY seq DESC LIMIT ?2) ORDER BY seq",
    "SELECT * FROM (SELECT " EVENT_COLUMNS " WHERE call_id = ?1 ORDER BY seq DESC LIMIT ?2)"
    " ORDER BY seq" },
};

static gboolean
run_list_events (OhStore *store, OhJob *job, GError **error)
{
  g_autoptr (GString) json = g_string_new ("{\"events\":[");
  GError *local = NULL;
  sqlite3_stmt *row;

  row = oh_database_query (store->database, error, queries[job->id < 0][job->text != NULL], "sii",
                           job->text, job->value, job->id);
  while (row && oh_database_step (store->database, row, &local))
    {
      g_autoptr (OhEvent) event = read_event (row);
      g_autofree char *line = oh_event_to_json (event);

      if (json->str[json->len - 1] != '[')
        g_string_append_c (json, ',');
      g_string_append (json, line);
    }
  if (local)
    g_propagate_error (error, local);
  if (!row || local)
    return FALSE;
  g_string_append (json, "]}");
  job->json = g_strdup (json->str);
  return TRUE;
}

void
oh_store_list_events (
    OhStore *store, guint64 after_seq, const char *call_id, guint limit, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run_list_events, reply);

  job->id = after_seq == OH_EVENTS_NEWEST ? -1 : (gint64)after_seq;
  job->text = g_strdup (call_id);
  job->value = CLAMP (limit, 1, MAX_EVENTS);
  oh_store_push (store, job);
}
