/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-json.h"
#include "server/store/oh-secret.h"
#include "server/store/oh-store-rows.h"

#include "base/oh-error.h"

#include <glib/gstdio.h>

char *
oh_voicemail_new_id (void)
{
  return oh_secret_new_id ('v');
}

OhVoicemail *
oh_voicemail_copy (const OhVoicemail *from)
{
  OhVoicemail *voicemail = g_memdup2 (from, sizeof *from);

  voicemail->id = g_strdup (from->id);
  voicemail->call_id = g_strdup (from->call_id);
  voicemail->path = g_strdup (from->path);
  voicemail->name = g_strdup (from->name);
  voicemail->number = g_strdup (from->number);
  voicemail->called = g_strdup (from->called);
  return voicemail;
}

void
oh_voicemail_free (OhVoicemail *voicemail)
{
  if (!voicemail)
    return;
  g_free (voicemail->id);
  g_free (voicemail->call_id);
  g_free (voicemail->path);
  g_free (voicemail->name);
  g_free (voicemail->number);
  g_free (voicemail->called);
  g_free (voicemail);
}

static gboolean
not_found (GError **error)
{
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no such message");
  return FALSE;
}

/* --- Writing --- */

static const char *
or_empty (const char *text)
{
  return text ? text : "";
}

static gboolean
run_begin (OhStore *store, OhJob *job, GError **error)
{
  const OhVoicemail *voicemail = job->data;

  return oh_database_run (
             store->database, error,
             "INSERT INTO voicemail (id, user_id, call_id, state, path, name, number, called,"
             " withheld, start) VALUES (?1, ?2, ?3, 'recording', ?4, ?5, ?6, ?7, ?8, ?9)",
             "sisssssii", voicemail->id, voicemail->user_id, or_empty (voicemail->call_id),
             or_empty (voicemail->path), voicemail->withheld ? "" : or_empty (voicemail->name),
             voicemail->withheld ? "" : or_empty (voicemail->number), or_empty (voicemail->called),
             (gint64)voicemail->withheld, voicemail->start)
         && oh_job_succeed (job);
}

void
oh_store_begin_voicemail (OhStore *store, const OhVoicemail *voicemail, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_begin, reply);

  job->data = oh_voicemail_copy (voicemail);
  job->free_data = (GDestroyNotify)oh_voicemail_free;
  oh_store_push (store, job);
}

static gboolean
run_finish (OhStore *store, OhJob *job, GError **error)
{
  gboolean done = job->value > 0
                      ? oh_database_run (store->database, error,
                                         "UPDATE voicemail SET state = 'message', duration_ms = ?2"
                                         " WHERE id = ?1 AND state = 'recording'",
                                         "si", job->text, job->value)
                      : oh_database_run (
                          store->database, error,
                          "DELETE FROM voicemail WHERE id = ?1 AND state = 'recording'", "s",
                          job->text);

  if (!done)
    return FALSE;
  return oh_database_get_changes (store->database) > 0 ? oh_job_succeed (job) : not_found (error);
}

void
oh_store_finish_voicemail (OhStore *store,
                           const char *id,
                           guint64 duration_ms,
                           const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_finish, reply);

  job->text = g_strdup (id);
  job->value = (gint64)duration_ms;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
run_set_heard (OhStore *store, OhJob *job, GError **error)
{
  if (!oh_database_run (store->database, error,
                        "UPDATE voicemail SET heard = ?3 WHERE id = ?1 AND user_id = ?2"
                        " AND state = 'message'",
                        "sii", job->text, job->id, job->value))
    return FALSE;
  return oh_database_get_changes (store->database) > 0 ? oh_job_succeed (job) : not_found (error);
}

void
oh_store_set_heard (
    OhStore *store, gint64 user_id, const char *id, gboolean heard, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_set_heard, reply);

  job->id = user_id;
  job->text = g_strdup (id);
  job->value = heard ? 1 : 0;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static void
unlink_file (OhJob *job)
{
  g_unlink (job->extra);
}

static gboolean
run_delete (OhStore *store, OhJob *job, GError **error)
{
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT path FROM voicemail WHERE id = ?1 AND user_id = ?2 AND state = 'message'", "si",
      job->text, job->id);

  if (!row)
    return FALSE;
  if (!oh_database_step (store->database, row, NULL))
    return not_found (error);
  job->extra = g_strdup (oh_database_text (row, 0));
  oh_database_done (row);
  return oh_database_run (store->database, error, "DELETE FROM voicemail WHERE id = ?1", "s",
                          job->text)
         && oh_job_succeed (job);
}

void
oh_store_delete_voicemail (OhStore *store,
                           gint64 user_id,
                           const char *id,
                           const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_delete, reply);

  job->id = user_id;
  job->text = g_strdup (id);
  job->after = unlink_file;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

/* --- Reading --- */

gboolean
oh_store_load_unfinished (OhStore *store, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT id, user_id, call_id, path, name, number, called, withheld, start FROM voicemail"
      " WHERE state = 'recording'",
      "");

  while (row && oh_database_step (store->database, row, &local))
    {
      OhVoicemail voicemail = { .id = (char *)oh_database_text (row, 0),
                                .user_id = sqlite3_column_int64 (row, 1),
                                .call_id = (char *)oh_database_text (row, 2),
                                .path = (char *)oh_database_text (row, 3),
                                .name = (char *)oh_database_text (row, 4),
                                .number = (char *)oh_database_text (row, 5),
                                .called = (char *)oh_database_text (row, 6),
                                .withheld = sqlite3_column_int (row, 7) != 0,
                                .start = sqlite3_column_int64 (row, 8) };

      g_ptr_array_add (store->unfinished, oh_voicemail_copy (&voicemail));
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

GPtrArray *
oh_store_dup_unfinished_voicemail (OhStore *store)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_voicemail_free);

  for (guint i = 0; i < store->unfinished->len; i++)
    g_ptr_array_add (copy, oh_voicemail_copy (store->unfinished->pdata[i]));
  return copy;
}

static gboolean
run_list (OhStore *store, OhJob *job, GError **error)
{
  static const OhColumn columns[] = {
    { "id", OH_COLUMN_TEXT },       { "name", OH_COLUMN_TEXT }, { "number", OH_COLUMN_TEXT },
    { "called", OH_COLUMN_TEXT },   { "start", OH_COLUMN_INT }, { "duration_ms", OH_COLUMN_INT },
    { "withheld", OH_COLUMN_BOOL }, { "heard", OH_COLUMN_BOOL }
  };
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT id, name, number, called, start, duration_ms, withheld, heard FROM voicemail"
      " WHERE user_id = ?1 AND state = 'message' ORDER BY start DESC, id LIMIT 500",
      "i", job->id);

  return oh_job_answer_rows (store, job, row, "messages", columns, G_N_ELEMENTS (columns), error);
}

void
oh_store_list_voicemail (OhStore *store, gint64 user_id, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run_list, reply);

  job->id = user_id;
  oh_store_push (store, job);
}

static gboolean
run_find (OhStore *store, OhJob *job, GError **error)
{
  g_autoptr (JsonObject) answer = json_object_new ();
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT path, duration_ms FROM voicemail WHERE id = ?1 AND user_id = ?2"
      " AND state = 'message'",
      "si", job->text, job->id);

  if (!row)
    return FALSE;
  if (!oh_database_step (store->database, row, NULL))
    return not_found (error);
  json_object_set_string_member (answer, "path", oh_database_text (row, 0));
  json_object_set_int_member (answer, "duration_ms", sqlite3_column_int64 (row, 1));
  oh_database_done (row);
  job->json = oh_json_object_to_string (answer);
  return TRUE;
}

void
oh_store_find_voicemail (OhStore *store, gint64 user_id, const char *id, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run_find, reply);

  job->id = user_id;
  job->text = g_strdup (id);
  oh_store_push (store, job);
}
