/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* One SQLite connection with prepared statements kept by their text. One thread: the store's. */
typedef struct _OhDatabase OhDatabase;

/* WAL, foreign keys, mode 0600, all missing migrations. @error names file and reason. */
OhDatabase *oh_database_open (const char *path, GError **error);
void oh_database_close (OhDatabase *database);

/* Statements without result that need no values. */
gboolean oh_database_exec (OhDatabase *database, const char *sql, GError **error);

/* Prepares @sql (a literal: the pointer is the key) and binds what @types says: 's' const char* (may
 * be NULL), 'i' gint64. Between queries of the same text the former one must be done. NULL with
 * @error: damaged or full. Reset it by oh_database_done() unless stepped to the end. */
sqlite3_stmt *
oh_database_query (OhDatabase *database, GError **error, const char *sql, const char *types, ...);

/* TRUE: a row is there. FALSE: the end, or @error. */
gboolean oh_database_step (OhDatabase *database, sqlite3_stmt *statement, GError **error);
void oh_database_done (sqlite3_stmt *statement);

/* A statement that gives no rows. */
gboolean
oh_database_run (OhDatabase *database, GError **error, const char *sql, const char *types, ...);

gint64 oh_database_get_last_id (OhDatabase *database);
int oh_database_get_changes (OhDatabase *database);

/* The first column of the first row, or @fallback. */
gint64 oh_database_get_int (OhDatabase *database, const char *sql, gint64 fallback);

/* Column as text, "" for NULL; borrowed until the next step. */
const char *oh_database_text (sqlite3_stmt *statement, int column);

/* FALSE after COMMIT and ROLLBACK, also when SQLite rolled back by itself. */
gboolean oh_database_is_in_transaction (OhDatabase *database);

/* A durable commit is on the disk when COMMIT returns; another may be lost by a power cut, never by
 * a crash of the program. Outside a transaction. */
void oh_database_set_durable (OhDatabase *database, gboolean durable);

G_END_DECLS
