/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-database.h"

#include "base/oh-error.h"
#include "server/store/oh-migrations.h"

#include <glib/gstdio.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000

struct _OhDatabase
{
  sqlite3 *db;
  GHashTable *statements; /* literal -> sqlite3_stmt */
  gboolean durable;
};

static void
set_error (OhDatabase *database, GError **error)
{
  int code = sqlite3_errcode (database->db);

  g_set_error (error, OH_ERROR,
               code == SQLITE_CONSTRAINT ? OH_ERROR_EXISTS
               : code == SQLITE_FULL     ? OH_ERROR_LIMIT
                                         : OH_ERROR_FAILED,
               "database: %s", sqlite3_errmsg (database->db));
}

gboolean
oh_database_exec (OhDatabase *database, const char *sql, GError **error)
{
  if (sqlite3_exec (database->db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  set_error (database, error);
  return FALSE;
}

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

static sqlite3_stmt *
prepare (OhDatabase *database, const char *sql, GError **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (database->statements, sql);

  if (statement)
    {
      sqlite3_reset (statement);
      sqlite3_clear_bindings (statement);
      return statement;
    }
  if (sqlite3_prepare_v3 (database->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)
      != SQLITE_OK)
    {
      set_error (database, error);
      return NULL;
    }
  g_hash_table_insert (database->statements, (gpointer)sql, statement);
  return statement;
}

/* @keep: SQLITE_STATIC where the statement ends before the texts can go, else SQLITE_TRANSIENT. */
static void
bind_values (sqlite3_stmt *statement,
             const char *types,
             va_list values,
             sqlite3_destructor_type keep)
{
  for (int i = 0; types[i]; i++)
    {
      if (types[i] == 'i')
        sqlite3_bind_int64 (statement, i + 1, va_arg (values, gint64));
      else
        sqlite3_bind_text (statement, i + 1, va_arg (values, const char *), -1, keep);
    }
}

sqlite3_stmt *
oh_database_query (OhDatabase *database, GError **error, const char *sql, const char *types, ...)
{
  sqlite3_stmt *statement = prepare (database, sql, error);
  va_list values;

  if (!statement)
    return NULL;
  va_start (values, types);
  bind_values (statement, types, values, SQLITE_TRANSIENT);
  va_end (values);
  return statement;
}

gboolean
oh_database_step (OhDatabase *database, sqlite3_stmt *statement, GError **error)
{
  int result = sqlite3_step (statement);

  if (result == SQLITE_ROW)
    return TRUE;
  if (result != SQLITE_DONE)
    set_error (database, error);
  sqlite3_reset (statement);
  return FALSE;
}

void
oh_database_done (sqlite3_stmt *statement)
{
  sqlite3_reset (statement);
}

gboolean
oh_database_run (OhDatabase *database, GError **error, const char *sql, const char *types, ...)
{
  sqlite3_stmt *statement = prepare (database, sql, error);
  va_list values;
  int result;

  if (!statement)
    return FALSE;
  va_start (values, types);
  bind_values (statement, types, values, SQLITE_STATIC);
  va_end (values);

  result = sqlite3_step (statement);
  if (result != SQLITE_DONE && result != SQLITE_ROW)
    set_error (database, error);
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return result == SQLITE_DONE || result == SQLITE_ROW;
}

gint64
oh_database_get_last_id (OhDatabase *database)
{
  return sqlite3_last_insert_rowid (database->db);
}

int
oh_database_get_changes (OhDatabase *database)
{
  return sqlite3_changes (database->db);
}

gint64
oh_database_get_int (OhDatabase *database, const char *sql, gint64 fallback)
{
  sqlite3_stmt *statement = prepare (database, sql, NULL);
  gint64 value = fallback;

  if (!statement)
    return fallback;
  if (oh_database_step (database, statement, NULL))
    {
      value = sqlite3_column_int64 (statement, 0);
      oh_database_done (statement);
    }
  return value;
}

const char *
oh_database_text (sqlite3_stmt *statement, int column)
{
  const char *text = (const char *)sqlite3_column_text (statement, column);

  return text ? text : "";
}

gboolean
oh_database_is_in_transaction (OhDatabase *database)
{
  return !sqlite3_get_autocommit (database->db);
}

void
oh_database_set_durable (OhDatabase *database, gboolean durable)
{
  if (database->durable == durable)
    return;
  database->durable = durable;
  oh_database_exec (database, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
                    NULL);
}

/* Made by us, so that it is never readable by others, not even for a moment. */
static gboolean
make_file (const char *path, GError **error)
{
  int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    {
      int saved = errno;

      g_set_error (error, OH_ERROR, OH_ERROR_DENIED,
                   "cannot open the database %s: %s; check its owner and the folder's rights", path,
                   g_strerror (saved));
      return FALSE;
    }
  fchmod (fd, 0600);
  close (fd);
  return TRUE;
}

/* What a person can do about it depends on what it is. */
static const char *
get_remedy (int code)
{
  switch (code)
    {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program has it open; end that program";
    case SQLITE_FULL:
      return "free some space on the disk";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "check its owner, the folder's rights and that the disk can be written to";
    default:
      return "restore it from a backup, or move it away to start with an empty one";
    }
}

static gboolean
refuse_to_open (OhDatabase *database, const char *path, GError **error)
{
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "cannot read the database %s: %s; %s", path,
               sqlite3_errmsg (database->db), get_remedy (sqlite3_errcode (database->db)));
  return FALSE;
}

static gboolean
migrate (OhDatabase *database, const char *path, GError **error)
{
  gint64 version = oh_database_get_int (database, "PRAGMA user_version", -1);

  if (version > (gint64)oh_migrations_count)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED,
                   "the database %s has schema %" G_GINT64_FORMAT
                   ", made by a later Offhook; this one knows up to %u. Install the later version",
                   path, version, oh_migrations_count);
      return FALSE;
    }
  for (guint next = (guint)version + 1; next <= oh_migrations_count; next++)
    {
      g_autofree char *stamp = g_strdup_printf ("PRAGMA user_version=%u", next);

      if (!oh_database_exec (database, "BEGIN IMMEDIATE", NULL))
        return refuse_to_open (database, path, error);
      if (!oh_database_exec (database, oh_migrations[next - 1], error)
          || !oh_database_exec (database, stamp, error)
          || !oh_database_exec (database, "COMMIT", error))
        {
          g_prefix_error (error, "migration %u of %s failed: ", next, path);
          oh_database_exec (database, "ROLLBACK", NULL);
          return FALSE;
        }
    }
  return TRUE;
}

OhDatabase *
oh_database_open (const char *path, GError **error)
{
  OhDatabase *database;

  if (!make_file (path, error))
    return NULL;

  database = g_new0 (OhDatabase, 1);
  database->statements = g_hash_table_new_full (NULL, NULL, NULL, finalize);
  database->durable = TRUE;
  if (sqlite3_open_v2 (path, &database->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
          != SQLITE_OK
      || sqlite3_busy_timeout (database->db, BUSY_MS) != SQLITE_OK
      || !oh_database_exec (database, "PRAGMA journal_mode=WAL", NULL)
      || !oh_database_exec (database, "PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL", NULL)
      || oh_database_get_int (database, "PRAGMA user_version", -1) < 0)
    {
      refuse_to_open (database, path, error);
      oh_database_close (database);
      return NULL;
    }
  if (!migrate (database, path, error))
    {
      oh_database_close (database);
      return NULL;
    }
  return database;
}

void
oh_database_close (OhDatabase *database)
{
  if (!database)
    return;
  g_hash_table_unref (database->statements);
  sqlite3_close (database->db);
  g_free (database);
}
