/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-store-private.h"

#include <glib/gstdio.h>

/* Rows a commit: few enough that whoever waits for the next commit does not notice. */
#define BATCH 200

/* One walk over the database: each job removes one batch and, after its commit, queues the next one
 * behind whatever came in the mean time. */
typedef struct
{
  OhStore *store;
  gint64 events_before_us, history_before_s, answers_before_s, voicemail_before_s,
      messages_before_s; /* wall clock; 0: keep all */
  guint step;            /* in `steps` */
  guint removed;         /* of this job */
  GPtrArray *paths;      /* files of removed rows */
} Walk;

static void
free_walk (gpointer data)
{
  Walk *walk = data;

  g_ptr_array_unref (walk->paths);
  g_free (walk);
}

static gboolean
remove_rows (OhStore *store, Walk *walk, const char *sql, gint64 before, GError **error)
{
  if (!oh_database_run (store->database, error, sql, "ii", before, (gint64)BATCH))
    return FALSE;
  walk->removed = (guint)oh_database_get_changes (store->database);
  return TRUE;
}

/* The newest row stays: the next number is counted from it. */
static gboolean
prune_events (OhStore *store, OhJob *job, Walk *walk, GError **error)
{
  return remove_rows (store, walk,
                      "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE time_us < ?1"
                      " AND seq < (SELECT max (seq) FROM events) LIMIT ?2)",
                      walk->events_before_us, error);
}

static gboolean
prune_history (OhStore *store, OhJob *job, Walk *walk, GError **error)
{
  return remove_rows (store, walk,
                      "DELETE FROM history WHERE id IN (SELECT id FROM history WHERE start < ?1"
                      " AND ended_us > 0 AND row < (SELECT max (row) FROM history) LIMIT ?2)",
                      walk->history_before_s, error);
}

static gboolean
prune_answers (OhStore *store, OhJob *job, Walk *walk, GError **error)
{
  if (!remove_rows (store, walk,
                    "DELETE FROM answers WHERE id IN"
                    " (SELECT id FROM answers WHERE time < ?1 LIMIT ?2)",
                    walk->answers_before_s, error))
    return FALSE;
  oh_answers_drop_before (store, walk->answers_before_s);
  return TRUE;
}

static gboolean
prune_voicemail (OhStore *store, OhJob *job, Walk *walk, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT id, path FROM voicemail WHERE start < ?1 AND state = 'message' LIMIT ?2", "ii",
      walk->voicemail_before_s, (gint64)BATCH);

  while (row && oh_database_step (store->database, row, &local))
    {
      g_ptr_array_add (ids, g_strdup (oh_database_text (row, 0)));
      g_ptr_array_add (walk->paths, g_strdup (oh_database_text (row, 1)));
    }
  if (local)
    g_propagate_error (error, local);
  if (!row || local)
    return FALSE;
  for (guint i = 0; i < ids->len; i++)
    if (!oh_database_run (store->database, error, "DELETE FROM voicemail WHERE id = ?1", "s",
                          ids->pdata[i]))
      return FALSE;
  walk->removed = ids->len;
  job->changes_directory = ids->len > 0; /* the lamps */
  return TRUE;
}

static gboolean
prune_messages (OhStore *store, OhJob *job, Walk *walk, GError **error)
{
  return remove_rows (store, walk,
                      "DELETE FROM messages WHERE id IN"
                      " (SELECT id FROM messages WHERE time < ?1 LIMIT ?2)",
                      walk->messages_before_s, error);
}

static gboolean
prune_receipts (OhStore *store, OhJob *job, Walk *walk, GError **error)
{
  return remove_rows (store, walk,
                      "DELETE FROM receipts WHERE id IN"
                      " (SELECT id FROM receipts WHERE time < ?1 LIMIT ?2)",
                      walk->messages_before_s, error);
}

static const struct
{
  gsize before; /* offset in Walk */
  gboolean (*prune) (OhStore *store, OhJob *job, Walk *walk, GError **error);
} steps[] = {
  { G_STRUCT_OFFSET (Walk, events_before_us), prune_events },
  { G_STRUCT_OFFSET (Walk, history_before_s), prune_history },
  { G_STRUCT_OFFSET (Walk, answers_before_s), prune_answers },
  { G_STRUCT_OFFSET (Walk, voicemail_before_s), prune_voicemail },
  { G_STRUCT_OFFSET (Walk, messages_before_s), prune_messages },
  { G_STRUCT_OFFSET (Walk, messages_before_s), prune_receipts },
};

static gboolean
run_prune (OhStore *store, OhJob *job, GError **error)
{
  Walk *walk = job->data;

  return steps[walk->step].prune (store, job, walk, error);
}

static void push_walk (const Walk *from, guint step);

static void
go_on (OhJob *job)
{
  Walk *walk = job->data;

  for (guint i = 0; i < walk->paths->len; i++)
    g_unlink (walk->paths->pdata[i]);
  push_walk (walk, walk->removed < BATCH ? walk->step + 1 : walk->step);
}

/* From @step on; steps that keep all are left out. */
static void
push_walk (const Walk *from, guint step)
{
  Walk *walk;
  OhJob *job;

  while (step < G_N_ELEMENTS (steps) && G_STRUCT_MEMBER (gint64, from, steps[step].before) <= 0)
    step++;
  if (step == G_N_ELEMENTS (steps) || oh_store_is_closing (from->store))
    return;

  walk = g_memdup2 (from, sizeof *from);
  walk->step = step;
  walk->removed = 0;
  walk->paths = g_ptr_array_new_with_free_func (g_free);
  /* A row must be gone for good before its file goes. */
  job = steps[step].prune == prune_voicemail ? oh_job_new (run_prune, NULL)
                                             : oh_job_new_query (run_prune, NULL);
  job->data = walk;
  job->free_data = free_walk;
  job->after = go_on;
  oh_store_push (from->store, job);
}

void
oh_store_prune (OhStore *store, const OhRetention *retention)
{
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  const gint64 day_s = 24 * 3600;
  Walk first = { .store = store };

  if (retention->events_days)
    first.events_before_us = (now_s - retention->events_days * day_s) * G_USEC_PER_SEC;
  if (retention->history_days)
    first.history_before_s = now_s - retention->history_days * day_s;
  first.answers_before_s = MAX (first.history_before_s, now_s - OH_ANSWERS_WEEKS * 7 * day_s);
  if (retention->voicemail_days)
    first.voicemail_before_s = now_s - retention->voicemail_days * day_s;
  if (retention->messages_days)
    first.messages_before_s = now_s - retention->messages_days * day_s;
  push_walk (&first, 0);
}
