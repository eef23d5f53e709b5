/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/settings/oh-settings.h"
#include "client/store/oh-database.h"
#include "client/store/oh-history-row.h"
#include "client/store/oh-history.h"

G_BEGIN_DECLS

/* @database outlives it; @settings keeps what was seen. */
OhHistory *oh_history_new (OhDatabase *database, OhSettings *settings);

/* Writes @rows (OhHistoryRow; transfer full), the newest truth of their ids, and shows the list anew.
 * The highest `row` is kept as the account's mark. */
void oh_history_take_rows (OhHistory *history, GPtrArray *rows);

/* Tells @func, on the main thread, up to which row of the server @account has been fetched. */
typedef void (*OhHistoryMarkFunc) (gint64 row, gpointer user_data);
void oh_history_get_mark (OhHistory *history,
                          const char *account,
                          OhHistoryMarkFunc func,
                          gpointer user_data);

/* Drops all of @account. */
void oh_history_forget (OhHistory *history, const char *account);

/* --- SQL, on the database's thread (oh-history-sql.c) --- */

typedef struct
{
  char *folded;    /* search text, case folded, or NULL */
  gboolean missed; /* only these */
} OhHistoryFilter;

guint oh_history_sql_count (sqlite3 *db, const OhHistoryFilter *filter);
GPtrArray *
oh_history_sql_page (sqlite3 *db, const OhHistoryFilter *filter, guint offset, guint limit);
guint oh_history_sql_count_missed (sqlite3 *db, gint64 since);
void oh_history_sql_put (sqlite3 *db, GPtrArray *rows);
gint64 oh_history_sql_get_mark (sqlite3 *db, const char *account);
void oh_history_sql_forget (sqlite3 *db, const char *account);

G_END_DECLS
