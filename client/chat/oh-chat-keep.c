/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/chat/oh-chat-private.h"

/* Something for the database's thread to do with a chat. */
typedef struct
{
  OhChat *chat;
  gint64 key;
  OhChatRow *row;
  char *text; /* account, draft or receipt */
  char *address;
  guint unread;
  OhChatState state;
  guint number;
  gboolean found;
} Job;

static Job *
job_new (OhChat *chat)
{
  Job *job = g_new0 (Job, 1);

  job->chat = g_object_ref (chat);
  job->key = oh_chat_get_key (chat);
  return job;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_object_unref (job->chat);
  oh_chat_row_free (job->row);
  g_free (job->text);
  g_free (job->address);
  g_free (job);
}

static void
do_put_chat (sqlite3 *db, gpointer data)
{
  Job *job = data;

  oh_chat_store_put_chat (db, job->key, job->text, job->address);
}

void
oh_chat_keep_new (OhDatabase *database, OhChat *chat)
{
  Job *job = job_new (chat);

  job->text = g_strdup (oh_chat_get_account_id (chat));
  job->address = g_strdup (oh_chat_get_address (chat));
  oh_database_post (database, do_put_chat, job, job_free);
}

static void
do_set_chat (sqlite3 *db, gpointer data)
{
  Job *job = data;

  oh_chat_store_set_chat (db, job->key, job->text, job->unread);
}

void
oh_chat_keep_draft (OhDatabase *database, OhChat *chat)
{
  Job *job = job_new (chat);

  job->text = g_strdup (oh_chat_get_draft (chat));
  job->unread = oh_chat_get_unread (chat);
  oh_database_post (database, do_set_chat, job, job_free);
}

static void
do_put (sqlite3 *db, gpointer data)
{
  Job *job = data;

  oh_chat_store_put (db, job->key, job->row);
}

static void
on_put (gpointer data)
{
  Job *job = data;

  oh_chat_row_kept (job->chat, job->row);
  job_free (job);
}

void
oh_chat_keep_row (OhDatabase *database, OhChat *chat, const OhChatRow *row)
{
  Job *job = job_new (chat);

  job->row = oh_chat_row_copy (row);
  oh_database_post (database, do_put, job, on_put);
}

static void
do_receipt (sqlite3 *db, gpointer data)
{
  Job *job = data;

  job->found = oh_chat_store_receipt (db, job->key, job->text, job->state, &job->number);
}

static void
on_receipt (gpointer data)
{
  Job *job = data;

  if (job->found)
    oh_chat_receipt_kept (job->chat, job->number, job->state);
  job_free (job);
}

void
oh_chat_keep_receipt (OhDatabase *database, OhChat *chat, const char *receipt, OhChatState state)
{
  Job *job = job_new (chat);

  job->text = g_strdup (receipt);
  job->state = state;
  oh_database_post (database, do_receipt, job, on_receipt);
}
