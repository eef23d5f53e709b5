/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-executor.h"

#include <gio/gio.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* The client's SQLite file on a thread of its own: opened and brought to the newest schema there, and
 * used there only. Functions are for the main thread. A file that can't be used (disk full, damaged)
 * is said in the log and replaced by one in memory: calls go on, their history ends with the
 * session. */
typedef struct _OhDatabase OhDatabase;

/* Runs on the database's thread. Never NULL, @db is open. */
typedef void (*OhDatabaseJob) (sqlite3 *db, gpointer data);

OhDatabase *oh_database_new (const char *path);

/* Queues @job; then @done (may be NULL: g_free) runs on the main thread with the same @data, which it
 * owns. Jobs keep their order. */
void oh_database_post (OhDatabase *database, OhDatabaseJob job, gpointer data, OhTask done);

/* Does what is queued, closes the file and ends the thread. Blocks for as long as that takes. */
void oh_database_free (OhDatabase *database);

/* For the jobs: prepares one statement, NULL (and a line in the log) if that fails. */
sqlite3_stmt *oh_database_prepare (sqlite3 *db, const char *sql);

/* For the jobs and tests: brings @db to the newest schema, or to that of @version (0: newest), each
 * step in a transaction. FALSE and @error; a file of a newer program is refused. */
gboolean oh_database_migrate (sqlite3 *db, guint version, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDatabase, oh_database_free)

G_END_DECLS
