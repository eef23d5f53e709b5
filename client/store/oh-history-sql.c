/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/store/oh-history-private.h"

#define MISSED "(incoming = 1 AND outcome IN ('missed', 'voicemail'))"
#define WHERE " WHERE (?1 IS NULL OR instr (folded, ?1) > 0) AND (?2 = 0 OR " MISSED ")"

static void
bind_filter (sqlite3_stmt *statement, const OhHistoryFilter *filter)
{
  sqlite3_bind_text (statement, 1, filter->folded, -1, SQLITE_STATIC);
  sqlite3_bind_int (statement, 2, filter->missed);
}

static gint64
step_number (sqlite3_stmt *statement)
{
  gint64 number = 0;

  if (statement && sqlite3_step (statement) == SQLITE_ROW)
    number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return number;
}

guint
oh_history_sql_count (sqlite3 *db, const OhHistoryFilter *filter)
{
  sqlite3_stmt *statement = oh_database_prepare (db, "SELECT count (*) FROM call" WHERE);

  if (statement)
    bind_filter (statement, filter);
  return step_number (statement);
}

static char *
dup_column (sqlite3_stmt *statement, int column)
{
  return g_strdup ((const char *)sqlite3_column_text (statement, column));
}

GPtrArray *
oh_history_sql_page (sqlite3 *db, const OhHistoryFilter *filter, guint offset, guint limit)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_history_row_free);
  sqlite3_stmt *statement = oh_database_prepare (
      db, "SELECT account, id, incoming, name, number, called, withheld, start, duration, outcome,"
          " route, peer FROM call" WHERE " ORDER BY start DESC, key DESC LIMIT ?3 OFFSET ?4");

  if (!statement)
    return rows;
  bind_filter (statement, filter);
  sqlite3_bind_int64 (statement, 3, limit);
  sqlite3_bind_int64 (statement, 4, offset);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      OhHistoryRow *row = oh_history_row_new ();

      row->account = dup_column (statement, 0);
      row->id = dup_column (statement, 1);
      row->incoming = sqlite3_column_int (statement, 2) != 0;
      row->name = dup_column (statement, 3);
      row->number = dup_column (statement, 4);
      row->called = dup_column (statement, 5);
      row->withheld = sqlite3_column_int (statement, 6) != 0;
      row->start = sqlite3_column_int64 (statement, 7);
      row->duration = sqlite3_column_int (statement, 8);
      row->outcome = oh_outcome_from_string ((const char *)sqlite3_column_text (statement, 9));
      row->route = dup_column (statement, 10);
      row->peer = dup_column (statement, 11);
      g_ptr_array_add (rows, row);
    }
  sqlite3_finalize (statement);
  return rows;
}

guint
oh_history_sql_count_missed (sqlite3 *db, gint64 since)
{
  sqlite3_stmt *statement = oh_database_prepare (
      db, "SELECT count (*) FROM call WHERE start > ?1 AND " MISSED);

  if (statement)
    sqlite3_bind_int64 (statement, 1, since);
  return step_number (statement);
}

static char *
fold (const OhHistoryRow *row)
{
  g_autofree char *text = g_strdup_printf ("%s\n%s\n%s", row->name ? row->name : "",
                                           row->number ? row->number : "",
                                           row->called ? row->called : "");

  return g_utf8_casefold (text, -1);
}

static void
put_one (sqlite3_stmt *statement, const OhHistoryRow *row)
{
  g_autofree char *folded = fold (row);

  sqlite3_bind_text (statement, 1, row->account, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 2, row->id, -1, SQLITE_STATIC);
  sqlite3_bind_int (statement, 3, row->incoming);
  sqlite3_bind_text (statement, 4, row->name, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 5, row->number, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 6, row->called, -1, SQLITE_STATIC);
  sqlite3_bind_int (statement, 7, row->withheld);
  sqlite3_bind_int64 (statement, 8, row->start);
  sqlite3_bind_int64 (statement, 9, row->duration);
  sqlite3_bind_text (statement, 10, oh_outcome_to_string (row->outcome), -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 11, folded, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 12, row->route, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 13, row->peer, -1, SQLITE_STATIC);
  if (sqlite3_step (statement) != SQLITE_DONE)
    g_warning ("a call can't be kept: %s", sqlite3_errmsg (sqlite3_db_handle (statement)));
  sqlite3_reset (statement);
}

static void
put_mark (sqlite3_stmt *statement, const OhHistoryRow *row)
{
  if (!row->row)
    return;
  sqlite3_bind_text (statement, 1, row->account, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, row->row);
  sqlite3_step (statement);
  sqlite3_reset (statement);
}

void
oh_history_sql_put (sqlite3 *db, GPtrArray *rows)
{
  sqlite3_stmt *call = oh_database_prepare (
      db, "INSERT INTO call (account, id, incoming, name, number, called, withheld, start,"
          " duration, outcome, folded, route, peer)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
          " ON CONFLICT (account, id) DO UPDATE SET incoming = ?3, name = ?4, number = ?5,"
          " called = ?6, withheld = ?7, start = ?8, duration = ?9, outcome = ?10, folded = ?11,"
          " route = ?12, peer = ?13");
  sqlite3_stmt *mark = oh_database_prepare (
      db, "INSERT INTO sync (account, row) VALUES (?1, ?2)"
          " ON CONFLICT (account) DO UPDATE SET row = max (row, ?2)");

  sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  for (guint i = 0; call && mark && i < rows->len; i++)
    {
      put_one (call, rows->pdata[i]);
      put_mark (mark, rows->pdata[i]);
    }
  if (sqlite3_exec (db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
    {
      g_warning ("calls can't be kept: %s", sqlite3_errmsg (db));
      sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
    }
  sqlite3_finalize (call);
  sqlite3_finalize (mark);
}

gint64
oh_history_sql_get_mark (sqlite3 *db, const char *account)
{
  sqlite3_stmt *statement = oh_database_prepare (db, "SELECT row FROM sync WHERE account = ?1");

  if (statement)
    sqlite3_bind_text (statement, 1, account, -1, SQLITE_STATIC);
  return step_number (statement);
}

void
oh_history_sql_forget (sqlite3 *db, const char *account)
{
  static const char *const sql[] = { "DELETE FROM call WHERE account = ?1",
                                     "DELETE FROM sync WHERE account = ?1",
                                     "DELETE FROM voicemail WHERE account = ?1" };

  for (guint i = 0; i < G_N_ELEMENTS (sql); i++)
    {
      sqlite3_stmt *statement = oh_database_prepare (db, sql[i]);

      if (!statement)
        continue;
      sqlite3_bind_text (statement, 1, account, -1, SQLITE_STATIC);
      sqlite3_step (statement);
      sqlite3_finalize (statement);
    }
}
