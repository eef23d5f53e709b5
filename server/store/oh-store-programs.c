/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-store-private.h"

/* Which program was seen at an identity: read once, when the store opens, for the desk that sees them keeps
 * them in memory, and written by it as they change. */

/* A GCopyFunc. */
static gpointer
copy_program (gconstpointer data, gpointer user_data)
{
  const OhSeenProgram *from = data;
  OhSeenProgram *program = g_memdup2 (from, sizeof *from);

  program->client = g_strdup (from->client);
  program->program = g_strdup (from->program);
  program->version = g_strdup (from->version);
  return program;
}

void
oh_seen_program_free (OhSeenProgram *program)
{
  if (!program)
    return;
  g_free (program->client);
  g_free (program->program);
  g_free (program->version);
  g_free (program);
}

/* The identity may be gone meanwhile. */
static gboolean
run_keep (OhStore *store, OhJob *job, GError **error)
{
  const OhSeenProgram *program = job->data;

  return oh_database_run (
      store->database, error,
      "INSERT OR REPLACE INTO programs (identity_id, client, program, version, asked)"
      " SELECT id, ?2, ?3, ?4, ?5 FROM im_identities WHERE id = ?1",
      "isssi", program->identity_id, program->client, program->program, program->version,
      program->asked);
}

void
oh_store_keep_program (OhStore *store, const OhSeenProgram *program)
{
  OhJob *job = oh_job_new_query (run_keep, NULL);

  job->data = copy_program (program, NULL);
  job->free_data = (GDestroyNotify)oh_seen_program_free;
  oh_store_push (store, job);
}

gboolean
oh_store_load_programs (OhStore *store, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      store->database, error, "SELECT identity_id, client, program, version, asked FROM programs",
      "");

  while (row && oh_database_step (store->database, row, &local))
    {
      const OhSeenProgram program = { .identity_id = sqlite3_column_int64 (row, 0),
                                      .client = (char *)oh_database_text (row, 1),
                                      .program = (char *)oh_database_text (row, 2),
                                      .version = (char *)oh_database_text (row, 3),
                                      .asked = sqlite3_column_int64 (row, 4) };

      g_ptr_array_add (store->programs, copy_program (&program, NULL));
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

GPtrArray *
oh_store_dup_programs (OhStore *store)
{
  return g_ptr_array_copy (store->programs, copy_program, NULL);
}
