/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-store-private.h"

/* Who was told of a call by IM and not of its outcome yet. A row lives as long as the call waits, and is
 * left over only where the server stopped before it could say what became of it. */

/* A GCopyFunc. */
static gpointer
copy_told (gconstpointer data, gpointer user_data)
{
  const OhTold *from = data;
  OhTold *told = g_memdup2 (from, sizeof *from);

  told->offer_id = g_strdup (from->offer_id);
  told->caller_name = g_strdup (from->caller_name);
  told->caller_number = g_strdup (from->caller_number);
  told->call_back = g_strdup (from->call_back);
  return told;
}

void
oh_told_free (OhTold *told)
{
  if (!told)
    return;
  g_free (told->offer_id);
  g_free (told->caller_name);
  g_free (told->caller_number);
  g_free (told->call_back);
  g_free (told);
}

/* The identity may be gone meanwhile. */
static gboolean
run_note (OhStore *store, OhJob *job, GError **error)
{
  const OhTold *told = job->data;

  return oh_database_run (store->database, error,
                          "INSERT OR REPLACE INTO told (offer_id, identity_id, name, number,"
                          " call_back) SELECT ?1, id, ?3, ?4, ?5 FROM im_identities WHERE id = ?2",
                          "sisss", told->offer_id, told->identity_id, told->caller_name,
                          told->caller_number, told->call_back);
}

void
oh_store_note_told (OhStore *store, const OhTold *told)
{
  OhJob *job = oh_job_new_query (run_note, NULL);

  job->data = copy_told (told, NULL);
  job->free_data = (GDestroyNotify)oh_told_free;
  oh_store_push (store, job);
}

static gboolean
run_forget (OhStore *store, OhJob *job, GError **error)
{
  return oh_database_run (store->database, error,
                          "DELETE FROM told WHERE offer_id = ?1 AND identity_id = ?2", "si",
                          job->text, job->id);
}

void
oh_store_forget_told (OhStore *store, const char *offer_id, gint64 identity_id)
{
  OhJob *job = oh_job_new_query (run_forget, NULL);

  job->text = g_strdup (offer_id);
  job->id = identity_id;
  oh_store_push (store, job);
}

gboolean
oh_store_load_told (OhStore *store, GError **error)
{
  gint64 last_us = oh_database_get_int (store->database,
                                        "SELECT time_us FROM events ORDER BY seq DESC LIMIT 1", 0);
  GError *local = NULL;
  sqlite3_stmt *row;

  if (!oh_database_run (store->database, error,
                        "DELETE FROM told WHERE identity_id IN"
                        " (SELECT id FROM im_identities WHERE NOT verified)",
                        ""))
    return FALSE;
  row = oh_database_query (store->database, error,
                           "SELECT offer_id, identity_id, name, number, call_back FROM told"
                           " ORDER BY offer_id, identity_id",
                           "");
  while (row && oh_database_step (store->database, row, &local))
    {
      const OhTold told = { .offer_id = (char *)oh_database_text (row, 0),
                            .identity_id = sqlite3_column_int64 (row, 1),
                            .caller_name = (char *)oh_database_text (row, 2),
                            .caller_number = (char *)oh_database_text (row, 3),
                            .call_back = (char *)sqlite3_column_text (row, 4),
                            .lost = last_us / G_USEC_PER_SEC };

      g_ptr_array_add (store->told, copy_told (&told, NULL));
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

GPtrArray *
oh_store_dup_told (OhStore *store)
{
  return g_ptr_array_copy (store->told, copy_told, NULL);
}
