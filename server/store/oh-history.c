/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-store-rows.h"

#include <string.h>

#define MAX_HISTORY 500

/* What `arrived` said, for the rows of the users who are identified later. */
typedef struct
{
  char *name, *number, *called;
  gboolean withheld;
  gint64 caller_id; /* a user of ours who does not withhold it; 0: somebody else */
  gint64 start;     /* unix s */
  gint64 arrived_us, arrived_mono_us; /* both clocks */
} Call;

/* One open row of a call, before and after an event. Texts borrowed or literal. */
typedef struct
{
  gint64 id, user_id;
  gboolean is_out;
  gint64 answered_us, ended_us;
  char *outcome, *reason, *device_id; /* owned */
} Row;

static void
free_call (gpointer data)
{
  Call *call = data;

  g_free (call->name);
  g_free (call->number);
  g_free (call->called);
  g_free (call);
}

static void
clear_row (gpointer data)
{
  Row *row = data;

  g_free (row->outcome);
  g_free (row->reason);
  g_free (row->device_id);
}

GHashTable *
oh_history_new_calls (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_call);
}

static gboolean
insert_row (OhStore *store, const OhEvent *event, const char *direction, GError **error)
{
  const Call *call = g_hash_table_lookup (store->calls, event->call_id);

  if (!call)
    return TRUE;
  return oh_database_run (
      store->database, error,
      "INSERT OR IGNORE INTO history (row, user_id, call_id, direction, name, number, called,"
      " withheld, start, outcome, reason, device_id, peer_id)"
      " SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'missed', '', ?10, ?11 FROM users WHERE id = ?2",
      "iisssssiisi", ++store->last_row, event->user_id, event->call_id, direction, call->name,
      call->number, call->called, (gint64)call->withheld, call->start,
      strcmp (direction, "out") == 0 ? event->device_id : NULL,
      call->caller_id != event->user_id ? call->caller_id : 0);
}

/* The caller's row learns who is called, the first of several. */
static gboolean
name_called (OhStore *store, const OhEvent *event, GError **error)
{
  return oh_database_run (store->database, error,
                          "UPDATE history SET peer_id = ?2 WHERE call_id = ?1 AND ended_us = 0"
                          " AND direction = 'out' AND peer_id = 0 AND user_id <> ?2",
                          "si", event->call_id, event->user_id);
}

static char *
dup_detail (const OhEvent *event, const char *key)
{
  return g_strdup (json_object_get_string_member_with_default (event->details, key, ""));
}

static void
remember_call (OhStore *store, const OhEvent *event)
{
  Call *call = g_new0 (Call, 1);

  call->name = dup_detail (event, "name");
  call->number = dup_detail (event, "number");
  call->called = dup_detail (event, "called");
  call->withheld = json_object_get_boolean_member_with_default (event->details, "withheld", FALSE);
  call->caller_id = call->withheld ? 0 : event->user_id;
  call->start = event->time_us / G_USEC_PER_SEC;
  call->arrived_us = event->time_us;
  call->arrived_mono_us = event->mono_us;
  if (call->withheld)
    {
      g_free (call->name);
      call->name = g_strdup ("");
      g_free (call->number);
      call->number = g_strdup ("");
    }
  g_hash_table_replace (store->calls, g_strdup (event->call_id), call);
}

/* Which of the user's numbers was dialled, where the request named another. */
static void
correct_called (OhStore *store, const OhEvent *event)
{
  Call *call = g_hash_table_lookup (store->calls, event->call_id);
  g_autofree char *called = dup_detail (event, "called");

  if (!call || !*called)
    return;
  g_free (call->called);
  call->called = g_steal_pointer (&called);
}

static void
set_outcome (Row *row, const char *outcome)
{
  g_free (row->outcome);
  row->outcome = g_strdup (outcome);
}

static void
set_reason (Row *row, const OhEvent *event)
{
  g_free (row->reason);
  row->reason = g_strdup (event->reason);
}

static gboolean
has_outcome (const Row *row, const char *outcome)
{
  return strcmp (row->outcome, outcome) == 0;
}

static void
apply_answered (Row *row, const OhEvent *event)
{
  if (row->is_out || row->user_id == event->user_id)
    {
      set_outcome (row, "answered");
      row->answered_us = event->time_us;
      set_reason (row, event);
      if (!row->is_out && event->device_id)
        {
          g_free (row->device_id);
          row->device_id = g_strdup (event->device_id);
        }
    }
  else if (has_outcome (row, "missed"))
    set_outcome (row, "elsewhere");
}

static void
apply_declined (Row *row, const OhEvent *event)
{
  if (row->is_out || row->user_id != event->user_id)
    return;
  set_outcome (row, "declined");
  set_reason (row, event);
  g_free (row->device_id);
  row->device_id = g_strdup (event->device_id);
}

static void
apply_reason (Row *row, const OhEvent *event)
{
  if (!row->is_out && row->user_id == event->user_id)
    set_reason (row, event);
}

static void
apply_recording (Row *row, const OhEvent *event)
{
  if (row->is_out || row->user_id == event->user_id)
    set_outcome (row, "voicemail");
}

static void
apply_message_dropped (Row *row, const OhEvent *event)
{
  if (has_outcome (row, "voicemail") && (row->is_out || row->user_id == event->user_id))
    set_outcome (row, "missed");
}

/* Nobody answered the user's own call: the final SIP status says why. */
static const char *
outcome_of_status (gint64 status)
{
  switch (status)
    {
    case 486:
    case 600:
      return "busy";
    case 603:
      return "declined";
    case 0:
    case 200:
    case 408:
    case 480:
    case 487:
      return "missed";
    default:
      return "failed";
    }
}

static void
apply_ended (Row *row, const OhEvent *event)
{
  gint64 status = json_object_get_int_member_with_default (event->details, "status", 0);

  row->ended_us = MAX (event->time_us, 1);
  if (row->is_out && has_outcome (row, "missed"))
    set_outcome (row, outcome_of_status (status));
  if (event->reason[0] && (row->is_out || !has_outcome (row, "declined")))
    set_reason (row, event);
}

static const struct
{
  const char *kind;
  void (*apply) (Row *row, const OhEvent *event);
} steps[] = {
  { OH_EVENT_ANSWERED, apply_answered },   { OH_EVENT_DECLINED, apply_declined },
  { OH_EVENT_TIMED_OUT, apply_reason },    { OH_EVENT_VOICEMAIL, apply_reason },
  { OH_EVENT_RECORDING, apply_recording }, { OH_EVENT_MESSAGE_DROPPED, apply_message_dropped },
  { OH_EVENT_ENDED, apply_ended },
};

static GArray *
load_rows (OhStore *store, const char *call_id, GError **error)
{
  GArray *rows = g_array_new (FALSE, TRUE, sizeof (Row));
  sqlite3_stmt *found = oh_database_query (
      store->database, error,
      "SELECT id, user_id, direction, answered_us, outcome, reason, device_id"
      " FROM history WHERE call_id = ?1 AND ended_us = 0 ORDER BY id",
      "s", call_id);

  g_array_set_clear_func (rows, clear_row);
  while (found && oh_database_step (store->database, found, error))
    {
      Row row = { .id = sqlite3_column_int64 (found, 0),
                  .user_id = sqlite3_column_int64 (found, 1),
                  .is_out = strcmp (oh_database_text (found, 2), "out") == 0,
                  .answered_us = sqlite3_column_int64 (found, 3),
                  .outcome = g_strdup (oh_database_text (found, 4)),
                  .reason = g_strdup (oh_database_text (found, 5)),
                  .device_id = g_strdup ((const char *)sqlite3_column_text (found, 6)) };

      g_array_append_val (rows, row);
    }
  return rows;
}

static void
update_rows (OhStore *store,
             const OhEvent *event,
             void (*apply) (Row *row, const OhEvent *event),
             GError **error)
{
  g_autoptr (GArray) rows = load_rows (store, event->call_id, error);
  const Call *call = g_hash_table_lookup (store->calls, event->call_id);
  OhEvent timed = *event;

  /* Somebody may set the clock in mid-call: durations are those of the other one. */
  if (call)
    timed.time_us = call->arrived_us + (event->mono_us - call->arrived_mono_us);
  for (guint i = 0; i < rows->len; i++)
    {
      Row *row = &g_array_index (rows, Row, i);

      apply (row, &timed);
      if (!oh_database_run (store->database, error,
                            "UPDATE history SET row = ?2, answered_us = ?3, ended_us = ?4,"
                            " outcome = ?5, reason = ?6, device_id = ?7 WHERE id = ?1",
                            "iiiisss", row->id, ++store->last_row, row->answered_us, row->ended_us,
                            row->outcome, row->reason, row->device_id))
        return;
    }
}

void
oh_history_fold (OhStore *store, const OhEvent *event, GError **error)
{
  if (strcmp (event->kind, OH_EVENT_ARRIVED) == 0)
    {
      remember_call (store, event);
      if (event->user_id)
        insert_row (store, event, "out", error);
      return;
    }
  if (strcmp (event->kind, OH_EVENT_IDENTIFIED) == 0)
    {
      correct_called (store, event);
      if (event->user_id && insert_row (store, event, "in", error))
        name_called (store, event, error);
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    if (strcmp (event->kind, steps[i].kind) == 0)
      update_rows (store, event, steps[i].apply, error);
  if (strcmp (event->kind, OH_EVENT_ENDED) == 0)
    g_hash_table_remove (store->calls, event->call_id);
}

/* --- Reading --- */

static gboolean
run_list_history (OhStore *store, OhJob *job, GError **error)
{
  static const OhColumn columns[] = {
    { "id", OH_COLUMN_INT },       { "row", OH_COLUMN_INT },      { "withheld", OH_COLUMN_BOOL },
    { "start", OH_COLUMN_INT },    { "answered", OH_COLUMN_INT }, { "duration", OH_COLUMN_INT },
    { "user", OH_COLUMN_INT },     { "call_id", OH_COLUMN_TEXT }, { "direction", OH_COLUMN_TEXT },
    { "name", OH_COLUMN_TEXT },    { "number", OH_COLUMN_TEXT },  { "called", OH_COLUMN_TEXT },
    { "outcome", OH_COLUMN_TEXT }, { "reason", OH_COLUMN_TEXT },  { "device", OH_COLUMN_TEXT },
    { "rings", OH_COLUMN_LIST },   { "silent", OH_COLUMN_LIST },  { "places", OH_COLUMN_LIST },
    { "steps", OH_COLUMN_INT },    { "peer", OH_COLUMN_TEXT }
  };
  gint64 *since = job->data;
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT h.id, h.row, withheld, start, answered_us / 1000000,"
      " iif (answered_us > 0, max (0, ended_us - answered_us + 500000) / 1000000, 0),"
      " h.user_id, h.call_id, direction, h.name, number, called, outcome, h.reason,"
      " coalesce (d.name, h.device_id, ''),"
      " json_extract (l.details, '$.rings'), json_extract (l.details, '$.silent'),"
      " (SELECT json_group_array (json (p.place)) FROM"
      "  (SELECT value AS place FROM json_each (l.details, '$.places') UNION ALL"
      "   SELECT json_extract (j.details, '$.place') FROM events j WHERE j.call_id = h.call_id"
      "   AND j.kind = 'joined' AND j.user_id = h.user_id AND h.direction = 'in') p),"
      " iif (coalesce (json_array_length (l.details, '$.rings'), 0) = 0, 0, 1 + coalesce ((SELECT "
      "max (json_extract (s.details, '$.step'))"
      "  FROM events s WHERE s.call_id = h.call_id AND s.kind = 'step'"
      "  AND s.user_id = h.user_id), 0)),"
      " coalesce (p.alias, '')"
      " FROM (SELECT * FROM history WHERE (?1 = 0 OR user_id = ?1) AND row > ?2 AND ended_us > 0"
      "  ORDER BY row DESC LIMIT ?3) h"
      " LEFT JOIN events l ON l.seq = (SELECT min (seq) FROM events e"
      "  WHERE e.call_id = h.call_id AND e.kind = 'located' AND e.user_id = h.user_id"
      "  AND h.direction = 'in')"
      " LEFT JOIN devices d ON d.id = h.device_id"
      " LEFT JOIN users p ON p.id = h.peer_id ORDER BY h.row",
      "iii", job->id, *since, job->value);

  return oh_job_answer_rows (store, job, row, "calls", columns, G_N_ELEMENTS (columns), error);
}

void
oh_store_list_history (
    OhStore *store, gint64 user_id, gint64 since_row, guint limit, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run_list_history, reply);

  job->id = user_id;
  job->value = CLAMP (limit, 1, MAX_HISTORY);
  job->data = g_memdup2 (&since_row, sizeof since_row);
  job->free_data = g_free;
  oh_store_push (store, job);
}
