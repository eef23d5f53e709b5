/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/store/oh-chat-store.h"

/* The column `state`: these words are for ever. */
static const char *const states[] = {
  [OH_CHAT_RECEIVED] = "received",   [OH_CHAT_WAITING] = "waiting", [OH_CHAT_SENT] = "sent",
  [OH_CHAT_DELIVERED] = "delivered", [OH_CHAT_READ] = "read",       [OH_CHAT_FAILED] = "failed",
};

/* The columns `reason` and `warning`, NULL for none. */
static const char *const reasons[] = {
  [OH_CHAT_REASON_NONE] = NULL,           [OH_CHAT_REASON_REFUSED] = "refused",
  [OH_CHAT_REASON_TOO_LONG] = "too-long", [OH_CHAT_REASON_TOO_MANY] = "too-many",
  [OH_CHAT_REASON_ACCOUNT] = "account",
};
static const char *const warnings[] = {
  [OH_CHAT_WARNING_NONE] = NULL,
  [OH_CHAT_WARNING_FORGED_OFFER] = "forged-offer",
  [OH_CHAT_WARNING_ROOM] = "room",
  [OH_CHAT_WARNING_FILE] = "file",
};

static guint
index_of (const char *const *words, guint n, const unsigned char *word)
{
  for (guint i = 0; i < n; i++)
    if (g_strcmp0 (words[i], (const char *)word) == 0)
      return i;
  return 0;
}

/* --- Plain data --- */

OhChatRow *
oh_chat_row_new (void)
{
  return g_new0 (OhChatRow, 1);
}

OhChatRow *
oh_chat_row_copy (const OhChatRow *row)
{
  OhChatRow *copy = g_memdup2 (row, sizeof *row);

  copy->text = g_strdup (row->text);
  copy->detail = g_strdup (row->detail);
  copy->receipt = g_strdup (row->receipt);
  return copy;
}

void
oh_chat_row_free (OhChatRow *row)
{
  if (!row)
    return;
  g_free (row->text);
  g_free (row->detail);
  g_free (row->receipt);
  g_free (row);
}

void
oh_chat_record_free (OhChatRecord *record)
{
  if (!record)
    return;
  g_free (record->account);
  g_free (record->address);
  g_free (record->draft);
  oh_chat_row_free (record->last);
  g_clear_pointer (&record->waiting, g_ptr_array_unref);
  g_free (record);
}

/* --- Reading --- */

#define COLUMNS "number, incoming, time, text, state, reason, warning, detail, receipt, automatic"

static char *
dup_column (sqlite3_stmt *statement, int column)
{
  return g_strdup ((const char *)sqlite3_column_text (statement, column));
}

static OhChatRow *
read_row (sqlite3_stmt *statement)
{
  OhChatRow *row = oh_chat_row_new ();

  row->number = (guint)sqlite3_column_int64 (statement, 0);
  row->incoming = sqlite3_column_int (statement, 1) != 0;
  row->time = sqlite3_column_int64 (statement, 2);
  row->text = dup_column (statement, 3);
  row->state = index_of (states, G_N_ELEMENTS (states), sqlite3_column_text (statement, 4));
  row->reason = index_of (reasons, G_N_ELEMENTS (reasons), sqlite3_column_text (statement, 5));
  row->warning = index_of (warnings, G_N_ELEMENTS (warnings), sqlite3_column_text (statement, 6));
  row->detail = dup_column (statement, 7);
  row->receipt = dup_column (statement, 8);
  row->automatic = sqlite3_column_int (statement, 9) != 0;
  return row;
}

/* All rows of a statement whose parameters are bound; finalizes it. */
static GPtrArray *
read_rows (sqlite3_stmt *statement)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_chat_row_free);

  while (statement && sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (rows, read_row (statement));
  sqlite3_finalize (statement);
  return rows;
}

GPtrArray *
oh_chat_store_page (sqlite3 *db, gint64 key, guint first, guint count)
{
  sqlite3_stmt *statement = oh_database_prepare (
      db, "SELECT " COLUMNS " FROM message WHERE chat = ?1 AND number >= ?2 AND number < ?3"
          " ORDER BY number");

  if (statement)
    {
      sqlite3_bind_int64 (statement, 1, key);
      sqlite3_bind_int64 (statement, 2, first);
      sqlite3_bind_int64 (statement, 3, (gint64)first + count);
    }
  return read_rows (statement);
}

static void
read_ends (sqlite3 *db, OhChatRecord *record)
{
  sqlite3_stmt *last = oh_database_prepare (
      db, "SELECT " COLUMNS " FROM message WHERE chat = ?1 ORDER BY number DESC LIMIT 1");
  sqlite3_stmt *waiting = oh_database_prepare (
      db, "SELECT " COLUMNS " FROM message WHERE chat = ?1 AND state = 'waiting' ORDER BY number");
  g_autoptr (GPtrArray) newest = NULL;

  if (last)
    sqlite3_bind_int64 (last, 1, record->key);
  if (waiting)
    sqlite3_bind_int64 (waiting, 1, record->key);
  newest = read_rows (last);
  record->waiting = read_rows (waiting);
  if (newest->len)
    record->last = oh_chat_row_copy (newest->pdata[0]);
  record->count = record->last ? record->last->number + 1 : 0;
}

GPtrArray *
oh_chat_store_load (sqlite3 *db)
{
  GPtrArray *records = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_chat_record_free);
  sqlite3_stmt *statement = oh_database_prepare (
      db, "SELECT key, account, address, draft, unread FROM chat");

  while (statement && sqlite3_step (statement) == SQLITE_ROW)
    {
      OhChatRecord *record = g_new0 (OhChatRecord, 1);

      record->key = sqlite3_column_int64 (statement, 0);
      record->account = dup_column (statement, 1);
      record->address = dup_column (statement, 2);
      record->draft = dup_column (statement, 3);
      record->unread = (guint)sqlite3_column_int64 (statement, 4);
      read_ends (db, record);
      g_ptr_array_add (records, record);
    }
  sqlite3_finalize (statement);
  return records;
}

/* --- Writing --- */

static gboolean
finish (sqlite3 *db, sqlite3_stmt *statement)
{
  gboolean ok = statement && sqlite3_step (statement) == SQLITE_DONE;

  if (!ok)
    g_warning ("a chat can't be kept: %s", sqlite3_errmsg (db));
  sqlite3_finalize (statement);
  return ok;
}

void
oh_chat_store_put_chat (sqlite3 *db, gint64 key, const char *account, const char *address)
{
  sqlite3_stmt *statement = oh_database_prepare (
      db, "INSERT OR IGNORE INTO chat (key, account, address, draft, unread)"
          " VALUES (?1, ?2, ?3, '', 0)");

  if (statement)
    {
      sqlite3_bind_int64 (statement, 1, key);
      sqlite3_bind_text (statement, 2, account, -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 3, address, -1, SQLITE_STATIC);
    }
  finish (db, statement);
}

void
oh_chat_store_set_chat (sqlite3 *db, gint64 key, const char *draft, guint unread)
{
  sqlite3_stmt *statement = oh_database_prepare (
      db, "UPDATE chat SET draft = ?2, unread = ?3 WHERE key = ?1");

  if (statement)
    {
      sqlite3_bind_int64 (statement, 1, key);
      sqlite3_bind_text (statement, 2, draft, -1, SQLITE_STATIC);
      sqlite3_bind_int64 (statement, 3, unread);
    }
  finish (db, statement);
}

gboolean
oh_chat_store_put (sqlite3 *db, gint64 key, const OhChatRow *row)
{
  sqlite3_stmt *statement = oh_database_prepare (
      db, "INSERT OR REPLACE INTO message (chat, " COLUMNS
          ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

  if (statement)
    {
      sqlite3_bind_int64 (statement, 1, key);
      sqlite3_bind_int64 (statement, 2, row->number);
      sqlite3_bind_int (statement, 3, row->incoming);
      sqlite3_bind_int64 (statement, 4, row->time);
      sqlite3_bind_text (statement, 5, row->text, -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 6, states[row->state], -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 7, reasons[row->reason], -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 8, warnings[row->warning], -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 9, row->detail, -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 10, row->receipt, -1, SQLITE_STATIC);
      sqlite3_bind_int (statement, 11, row->automatic);
    }
  return finish (db, statement);
}

static gboolean
find_receipt (sqlite3 *db, gint64 key, const char *receipt, OhChatState state, guint *number)
{
  sqlite3_stmt *statement = oh_database_prepare (
      db, "SELECT number FROM message WHERE chat = ?1 AND receipt = ?2"
          " AND (state = 'sent' OR (state = 'delivered' AND ?3 = 'read'))");
  gboolean found;

  if (!statement)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, key);
  sqlite3_bind_text (statement, 2, receipt, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 3, states[state], -1, SQLITE_STATIC);
  found = sqlite3_step (statement) == SQLITE_ROW;
  if (found)
    *number = (guint)sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return found;
}

gboolean
oh_chat_store_receipt (
    sqlite3 *db, gint64 key, const char *receipt, OhChatState state, guint *number)
{
  sqlite3_stmt *statement;

  if (!find_receipt (db, key, receipt, state, number))
    return FALSE;
  statement = oh_database_prepare (db,
                                   "UPDATE message SET state = ?3 WHERE chat = ?1 AND number = ?2");
  if (statement)
    {
      sqlite3_bind_int64 (statement, 1, key);
      sqlite3_bind_int64 (statement, 2, *number);
      sqlite3_bind_text (statement, 3, states[state], -1, SQLITE_STATIC);
    }
  return finish (db, statement);
}

static void
execute_with_key (sqlite3 *db, const char *sql, gint64 key)
{
  sqlite3_stmt *statement = oh_database_prepare (db, sql);

  if (statement)
    sqlite3_bind_int64 (statement, 1, key);
  finish (db, statement);
}

void
oh_chat_store_delete_chat (sqlite3 *db, gint64 key)
{
  execute_with_key (db, "DELETE FROM message WHERE chat = ?1", key);
  execute_with_key (db, "DELETE FROM chat WHERE key = ?1", key);
}

void
oh_chat_store_forget (sqlite3 *db, const char *account)
{
  static const char *const sql[] = {
    "DELETE FROM message WHERE chat IN (SELECT key FROM chat WHERE account = ?1)",
    "DELETE FROM chat WHERE account = ?1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (sql); i++)
    {
      sqlite3_stmt *statement = oh_database_prepare (db, sql[i]);

      if (statement)
        sqlite3_bind_text (statement, 1, account, -1, SQLITE_STATIC);
      finish (db, statement);
    }
}
