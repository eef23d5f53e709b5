/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/chat/oh-chat-message.h"
#include "client/store/oh-database.h"

G_BEGIN_DECLS

/* Messages in the database. The structs are plain data that crosses threads; the functions belong to
 * the database's thread. */

typedef struct
{
  guint number; /* position in its chat, from 0, without gaps */
  gboolean incoming;
  gboolean automatic;
  gboolean quiet; /* the person is not told of it; not kept */
  gint64 time;
  char *text;
  OhChatState state;
  OhChatReason reason;
  OhChatWarning warning;
  char *detail;  /* or NULL */
  char *receipt; /* or NULL */
} OhChatRow;

typedef struct
{
  gint64 key;
  char *account; /* id */
  char *address;
  char *draft;
  guint unread;
  guint count;
  OhChatRow *last;    /* or NULL */
  GPtrArray *waiting; /* of OhChatRow: what is to be sent, oldest first */
} OhChatRecord;

OhChatRow *oh_chat_row_new (void);
OhChatRow *oh_chat_row_copy (const OhChatRow *row);
void oh_chat_row_free (OhChatRow *row);
void oh_chat_record_free (OhChatRecord *record);

/* Every chat, in no order. Transfer full. */
GPtrArray *oh_chat_store_load (sqlite3 *db);

/* Messages @first to @first + @count - 1 of a chat, as far as there are. Transfer full. */
GPtrArray *oh_chat_store_page (sqlite3 *db, gint64 key, guint first, guint count);

void oh_chat_store_put_chat (sqlite3 *db, gint64 key, const char *account, const char *address);
void oh_chat_store_set_chat (sqlite3 *db, gint64 key, const char *draft, guint unread);
void oh_chat_store_delete_chat (sqlite3 *db, gint64 key);

/* A new message, or the newest truth of one. FALSE: it could not be written. */
gboolean oh_chat_store_put (sqlite3 *db, gint64 key, const OhChatRow *row);

/* Which message of the chat got @receipt and is not further than @state yet: it becomes @state.
 * FALSE: there is none. */
gboolean oh_chat_store_receipt (
    sqlite3 *db, gint64 key, const char *receipt, OhChatState state, guint *number);

/* Drops all chats of @account. */
void oh_chat_store_forget (sqlite3 *db, const char *account);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhChatRow, oh_chat_row_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhChatRecord, oh_chat_record_free)

G_END_DECLS
