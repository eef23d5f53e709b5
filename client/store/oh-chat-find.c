/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/store/oh-chat-find.h"

#include <string.h>

/* What one search wants of each text; fifty thousand of a hundred characters take a fifth of a second. */
typedef struct
{
  char *folded;
  gboolean ascii; /* all of it: then most texts need not be folded to know that it is not there */
  const int *given_up;
} Wanted;

static void
wanted_free (gpointer data)
{
  Wanted *wanted = data;

  g_free (wanted->folded);
  g_free (wanted);
}

static gboolean
is_ascii (const char *text)
{
  for (; *text; text++)
    if ((guchar)*text >= 0x80)
      return FALSE;
  return TRUE;
}

static gboolean
contains (const Wanted *wanted, const char *text)
{
  g_autofree char *folded = NULL;

  if (wanted->ascii && is_ascii (text))
    {
      gsize length = strlen (wanted->folded);

      for (; *text; text++)
        if (g_ascii_strncasecmp (text, wanted->folded, length) == 0)
          return TRUE;
      return FALSE;
    }
  folded = g_utf8_casefold (text, -1);
  return strstr (folded, wanted->folded) != NULL;
}

static void
on_contains (sqlite3_context *context, int n, sqlite3_value **values)
{
  const Wanted *wanted = sqlite3_user_data (context);
  const char *text = (const char *)sqlite3_value_text (values[0]);

  if (g_atomic_int_get (wanted->given_up))
    sqlite3_result_error_code (context, SQLITE_INTERRUPT);
  else
    sqlite3_result_int (context, text && contains (wanted, text));
}

void
oh_chat_hit_free (OhChatHit *hit)
{
  oh_chat_row_free (hit->row);
  g_free (hit);
}

static OhChatHit *
read_hit (sqlite3_stmt *statement)
{
  OhChatHit *hit = g_new0 (OhChatHit, 1);

  hit->chat = sqlite3_column_int64 (statement, 0);
  hit->row = oh_chat_row_new ();
  hit->row->number = (guint)sqlite3_column_int64 (statement, 1);
  hit->row->incoming = sqlite3_column_int (statement, 2) != 0;
  hit->row->time = sqlite3_column_int64 (statement, 3);
  hit->row->text = g_strdup ((const char *)sqlite3_column_text (statement, 4));
  return hit;
}

static GPtrArray *
read_hits (sqlite3_stmt *statement)
{
  GPtrArray *hits = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_chat_hit_free);

  while (statement && sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (hits, read_hit (statement));
  sqlite3_finalize (statement);
  return hits;
}

GPtrArray *
oh_chat_store_find (sqlite3 *db, gint64 key, const char *text, guint limit, const int *given_up)
{
  Wanted *wanted = g_new0 (Wanted, 1);
  sqlite3_stmt *statement;
  GPtrArray *hits;

  wanted->folded = g_utf8_casefold (text, -1);
  wanted->ascii = is_ascii (wanted->folded);
  wanted->given_up = given_up;
  sqlite3_create_function_v2 (db, "oh_contains", 1, SQLITE_UTF8, wanted, on_contains, NULL, NULL,
                              wanted_free);
  statement = oh_database_prepare (db, "SELECT chat, number, incoming, time, text FROM message"
                                       " WHERE (?1 = 0 OR chat = ?1) AND oh_contains (text)"
                                       " ORDER BY time DESC, number DESC LIMIT ?2");
  if (statement)
    {
      sqlite3_bind_int64 (statement, 1, key);
      sqlite3_bind_int64 (statement, 2, limit);
    }
  hits = read_hits (statement);
  sqlite3_create_function_v2 (db, "oh_contains", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL, NULL);
  return hits;
}
