/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-json.h"
#include "server/store/oh-store-private.h"

#include <glib/gstdio.h>

static gboolean
run_check (OhStore *store, OhJob *job, GError **error)
{
  g_autoptr (JsonObject) answer = json_object_new ();
  GStatBuf status;
  sqlite3_stmt *row = oh_database_query (store->database, error, "PRAGMA quick_check (1)", "");

  if (!row || !oh_database_step (store->database, row, error))
    return FALSE;
  json_object_set_string_member (answer, "check", oh_database_text (row, 0));
  oh_database_done (row);
  json_object_set_string_member (answer, "path", store->path);
  json_object_set_int_member (answer, "bytes",
                              g_stat (store->path, &status) == 0 ? status.st_size : 0);
  json_object_set_int_member (answer, "schema",
                              oh_database_get_int (store->database, "PRAGMA user_version", 0));
  job->json = oh_json_object_to_string (answer);
  return TRUE;
}

void
oh_store_check (OhStore *store, const OhStoreReply *reply)
{
  oh_store_push (store, oh_job_new_query (run_check, reply));
}
