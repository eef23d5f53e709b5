/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/store/oh-contact-store.h"

OhContactRow *
oh_contact_row_new (const char *account, const char *address, const char *name, const char *group)
{
  OhContactRow *row = g_new0 (OhContactRow, 1);

  row->account = g_strdup (account);
  row->address = g_strdup (address);
  row->name = g_strdup (name);
  row->group = g_strdup (group);
  return row;
}

void
oh_contact_row_free (OhContactRow *row)
{
  if (!row)
    return;
  g_free (row->account);
  g_free (row->address);
  g_free (row->name);
  g_free (row->group);
  g_free (row);
}

static const char *
get_column (sqlite3_stmt *statement, int column)
{
  return (const char *)sqlite3_column_text (statement, column);
}

GPtrArray *
oh_contact_store_load (sqlite3 *db)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_contact_row_free);
  sqlite3_stmt *statement = oh_database_prepare (
      db, "SELECT account, address, name, in_group FROM contact ORDER BY account, address");

  while (statement && sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (rows,
                     oh_contact_row_new (get_column (statement, 0), get_column (statement, 1),
                                         get_column (statement, 2), get_column (statement, 3)));
  sqlite3_finalize (statement);
  return rows;
}

static void
put (sqlite3_stmt *statement, const OhContactRow *row)
{
  sqlite3_bind_text (statement, 1, row->account, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 2, row->address, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 3, row->name, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 4, row->group, -1, SQLITE_STATIC);
  if (sqlite3_step (statement) != SQLITE_DONE)
    g_warning ("a contact can't be kept: %s", sqlite3_errmsg (sqlite3_db_handle (statement)));
  sqlite3_reset (statement);
}

void
oh_contact_store_save (sqlite3 *db, const char *account, GPtrArray *rows)
{
  sqlite3_stmt *clear = oh_database_prepare (db, "DELETE FROM contact WHERE account = ?1");
  sqlite3_stmt *add = oh_database_prepare (
      db, "INSERT OR REPLACE INTO contact (account, address, name, in_group)"
          " VALUES (?1, ?2, ?3, ?4)");

  if (clear && add)
    {
      sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
      sqlite3_bind_text (clear, 1, account, -1, SQLITE_STATIC);
      sqlite3_step (clear);
      for (guint i = 0; i < rows->len; i++)
        put (add, rows->pdata[i]);
      sqlite3_reset (clear);
      if (sqlite3_exec (db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        {
          g_warning ("contacts can't be kept: %s", sqlite3_errmsg (db));
          sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
        }
    }
  sqlite3_finalize (clear);
  sqlite3_finalize (add);
}
