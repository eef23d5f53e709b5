/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/voicemail/oh-voicemail-mirror.h"

#include "client/voicemail/oh-voicemail-private.h"

/* What goes between the threads. */
typedef struct
{
  char *account;
  GPtrArray *rows; /* of OhVoicemailFacts */
  OhVoicemailMirrorFunc func;
  gpointer user_data;
} Work;

static void
facts_free (gpointer data)
{
  OhVoicemailFacts *facts = data;

  g_free (facts->account);
  g_free (facts->id);
  g_free (facts->name);
  g_free (facts->number);
  g_free (facts);
}

static Work *
work_new (const char *account)
{
  Work *work = g_new0 (Work, 1);

  work->account = g_strdup (account);
  work->rows = g_ptr_array_new_with_free_func (facts_free);
  return work;
}

static void
work_free (gpointer data)
{
  Work *work = data;

  g_ptr_array_unref (work->rows);
  g_free (work->account);
  g_free (work);
}

/* --- Load --- */

static char *
dup_column (sqlite3_stmt *statement, int column)
{
  return g_strdup ((const char *)sqlite3_column_text (statement, column));
}

static void
load (sqlite3 *db, gpointer data)
{
  Work *work = data;
  sqlite3_stmt *statement = oh_database_prepare (
      db, "SELECT account, id, name, number, withheld, start, duration_ms, heard"
          " FROM voicemail ORDER BY start DESC");

  while (statement && sqlite3_step (statement) == SQLITE_ROW)
    {
      OhVoicemailFacts *facts = g_new0 (OhVoicemailFacts, 1);

      facts->account = dup_column (statement, 0);
      facts->id = dup_column (statement, 1);
      facts->name = dup_column (statement, 2);
      facts->number = dup_column (statement, 3);
      facts->withheld = sqlite3_column_int (statement, 4) != 0;
      facts->start = sqlite3_column_int64 (statement, 5);
      facts->duration_ms = (guint64)MAX (sqlite3_column_int64 (statement, 6), 0);
      facts->heard = sqlite3_column_int (statement, 7) != 0;
      g_ptr_array_add (work->rows, facts);
    }
  sqlite3_finalize (statement);
}

static void
on_loaded (gpointer data)
{
  Work *work = data;
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < work->rows->len; i++)
    {
      const OhVoicemailFacts *facts = work->rows->pdata[i];

      if (oh_voicemail_is_safe_id (facts->id))
        g_ptr_array_add (messages, oh_voicemail_new (facts));
    }
  work->func (messages, work->user_data);
  work_free (work);
}

void
oh_voicemail_mirror_load (OhDatabase *database, OhVoicemailMirrorFunc func, gpointer user_data)
{
  Work *work = work_new (NULL);

  work->func = func;
  work->user_data = user_data;
  oh_database_post (database, load, work, on_loaded);
}

/* --- Save --- */

static void
insert (sqlite3_stmt *statement, const OhVoicemailFacts *facts)
{
  sqlite3_bind_text (statement, 1, facts->account, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 2, facts->id, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 3, facts->name, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 4, facts->number, -1, SQLITE_STATIC);
  sqlite3_bind_int (statement, 5, facts->withheld);
  sqlite3_bind_int64 (statement, 6, facts->start);
  sqlite3_bind_int64 (statement, 7, (sqlite3_int64)facts->duration_ms);
  sqlite3_bind_int (statement, 8, facts->heard);
  if (sqlite3_step (statement) != SQLITE_DONE)
    g_warning ("store: a message is not kept: %s", sqlite3_errmsg (sqlite3_db_handle (statement)));
  sqlite3_reset (statement);
}

static void
save (sqlite3 *db, gpointer data)
{
  Work *work = data;
  sqlite3_stmt *clear = oh_database_prepare (db, "DELETE FROM voicemail WHERE account = ?1");
  sqlite3_stmt *add = oh_database_prepare (
      db, "INSERT OR REPLACE INTO voicemail VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

  if (clear && add)
    {
      sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
      sqlite3_bind_text (clear, 1, work->account, -1, SQLITE_STATIC);
      sqlite3_step (clear);
      for (guint i = 0; i < work->rows->len; i++)
        insert (add, work->rows->pdata[i]);
      sqlite3_reset (clear);
      sqlite3_exec (db, "COMMIT", NULL, NULL, NULL);
    }
  sqlite3_finalize (clear);
  sqlite3_finalize (add);
}

static OhVoicemailFacts *
facts_of (OhVoicemail *voicemail)
{
  OhVoicemailFacts *facts = g_new0 (OhVoicemailFacts, 1);

  facts->account = g_strdup (oh_voicemail_get_account (voicemail));
  facts->id = g_strdup (oh_voicemail_get_id (voicemail));
  facts->name = g_strdup (oh_voicemail_get_name (voicemail));
  facts->number = g_strdup (oh_voicemail_get_number (voicemail));
  facts->withheld = oh_voicemail_is_withheld (voicemail);
  facts->start = oh_voicemail_get_start (voicemail);
  facts->duration_ms = oh_voicemail_get_duration_ms (voicemail);
  facts->heard = oh_voicemail_is_heard (voicemail);
  return facts;
}

void
oh_voicemail_mirror_save (OhDatabase *database, const char *account, GListModel *all)
{
  Work *work = work_new (account);

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (OhVoicemail) voicemail = g_list_model_get_item (all, i);

      if (g_strcmp0 (oh_voicemail_get_account (voicemail), account) == 0)
        g_ptr_array_add (work->rows, facts_of (voicemail));
    }
  oh_database_post (database, save, work, work_free);
}
