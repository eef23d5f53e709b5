/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/store/oh-database.h"

#include "base/oh-error.h"

#include <glib/gstdio.h>

typedef struct
{
  OhDatabaseJob job;
  gpointer data;
  OhTask done;
} Job;

struct _OhDatabase
{
  char *path;
  GThread *thread;
  GAsyncQueue *jobs; /* of Job; one without a function ends the thread */
  OhExecutor main_thread;
};

/* Numbered from 1; never changed once published, only added to. */
static const char *const migrations[] = {
  "CREATE TABLE call ("
  "  key INTEGER PRIMARY KEY,"
  "  account TEXT NOT NULL, id TEXT NOT NULL,"
  "  incoming INTEGER NOT NULL, name TEXT, number TEXT, called TEXT,"
  "  withheld INTEGER NOT NULL, start INTEGER NOT NULL, duration INTEGER NOT NULL,"
  "  outcome TEXT NOT NULL, folded TEXT NOT NULL,"
  "  UNIQUE (account, id));"
  "CREATE INDEX call_start ON call (start DESC, key DESC);"
  "CREATE TABLE sync (account TEXT PRIMARY KEY, row INTEGER NOT NULL);",

  "CREATE TABLE voicemail ("
  "  account TEXT NOT NULL, id TEXT NOT NULL, name TEXT, number TEXT,"
  "  withheld INTEGER NOT NULL, start INTEGER NOT NULL, duration_ms INTEGER NOT NULL,"
  "  heard INTEGER NOT NULL,"
  "  PRIMARY KEY (account, id));",

  "CREATE TABLE chat ("
  "  key INTEGER PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL,"
  "  draft TEXT NOT NULL, unread INTEGER NOT NULL,"
  "  UNIQUE (account, address));"
  "CREATE TABLE message ("
  "  chat INTEGER NOT NULL, number INTEGER NOT NULL,"
  "  incoming INTEGER NOT NULL, time INTEGER NOT NULL, text TEXT NOT NULL,"
  "  state TEXT NOT NULL, reason TEXT, warning TEXT, detail TEXT, receipt TEXT,"
  "  automatic INTEGER NOT NULL,"
  "  PRIMARY KEY (chat, number)) WITHOUT ROWID;"
  "CREATE INDEX message_waiting ON message (chat, number) WHERE state = 'waiting';"
  "CREATE INDEX message_receipt ON message (chat, receipt) WHERE receipt IS NOT NULL;",

  "ALTER TABLE call ADD COLUMN route TEXT;",

  "CREATE TABLE contact ("
  "  account TEXT NOT NULL, address TEXT NOT NULL, name TEXT NOT NULL, in_group TEXT NOT NULL,"
  "  PRIMARY KEY (account, address)) WITHOUT ROWID;",

  "ALTER TABLE call ADD COLUMN peer TEXT;",
};

static gboolean
execute (sqlite3 *db, const char *sql, GError **error)
{
  char *message = NULL;

  if (sqlite3_exec (db, sql, NULL, NULL, &message) == SQLITE_OK)
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "%s", message ? message : sqlite3_errmsg (db));
  sqlite3_free (message);
  return FALSE;
}

static gboolean
migrate_one (sqlite3 *db, guint version, GError **error)
{
  g_autofree char *mark = g_strdup_printf ("PRAGMA user_version = %u;", version);
  g_autofree char *sql = g_strconcat ("BEGIN IMMEDIATE;", migrations[version - 1], mark, "COMMIT;",
                                      NULL);

  if (execute (db, sql, error))
    return TRUE;
  sqlite3_exec (db, "ROLLBACK;", NULL, NULL, NULL);
  return FALSE;
}

static int
get_version (sqlite3 *db)
{
  sqlite3_stmt *statement = oh_database_prepare (db, "PRAGMA user_version");
  int version = -1;

  if (statement && sqlite3_step (statement) == SQLITE_ROW)
    version = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  return version;
}

gboolean
oh_database_migrate (sqlite3 *db, guint version, GError **error)
{
  int now = get_version (db);

  if (!version)
    version = G_N_ELEMENTS (migrations);
  if (now < 0 || now > (int)G_N_ELEMENTS (migrations))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED,
                   now < 0 ? "the file is no database" : "a newer program wrote it (schema %d)",
                   now);
      return FALSE;
    }
  for (guint next = now + 1; next <= version; next++)
    if (!migrate_one (db, next, error))
      return FALSE;
  return TRUE;
}

static sqlite3 *
open_file (const char *path, GError **error)
{
  sqlite3 *db = NULL;

  if (sqlite3_open (path, &db) != SQLITE_OK)
    g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "%s",
                 db ? sqlite3_errmsg (db) : "out of memory");
  else if (execute (db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", error)
           && oh_database_migrate (db, 0, error))
    {
      sqlite3_busy_timeout (db, 2000);
      return db;
    }
  sqlite3_close (db);
  return NULL;
}

static gpointer
run (gpointer data)
{
  OhDatabase *database = data;
  g_autoptr (GError) error = NULL;
  sqlite3 *db = open_file (database->path, &error);

  if (!db)
    {
      g_warning ("history is kept for this session only, %s: %s", database->path, error->message);
      db = open_file (":memory:", NULL);
    }
  g_chmod (database->path, 0600);
  for (;;)
    {
      g_autofree Job *job = g_async_queue_pop (database->jobs);

      if (!job->job)
        break;
      if (db)
        job->job (db, job->data);
      oh_executor_post (&database->main_thread, job->done ? job->done : g_free, job->data);
    }
  sqlite3_close (db);
  return NULL;
}

OhDatabase *
oh_database_new (const char *path)
{
  OhDatabase *database = g_new0 (OhDatabase, 1);

  database->path = g_strdup (path);
  database->jobs = g_async_queue_new ();
  database->main_thread = oh_executor_for_context (NULL);
  database->thread = g_thread_new ("store", run, database);
  return database;
}

void
oh_database_post (OhDatabase *database, OhDatabaseJob job, gpointer data, OhTask done)
{
  Job *queued = g_new (Job, 1);

  queued->job = job;
  queued->data = data;
  queued->done = done;
  g_async_queue_push (database->jobs, queued);
}

void
oh_database_free (OhDatabase *database)
{
  if (!database)
    return;
  oh_database_post (database, NULL, NULL, NULL);
  g_thread_join (database->thread);
  g_async_queue_unref (database->jobs);
  g_free (database->path);
  g_free (database);
}

sqlite3_stmt *
oh_database_prepare (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
    g_warning ("store: %s", sqlite3_errmsg (db));
  return statement;
}
