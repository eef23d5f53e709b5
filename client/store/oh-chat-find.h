/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/store/oh-chat-store.h"

G_BEGIN_DECLS

/* Looking for words in what was written. Plain data that crosses threads; the function belongs to the
 * database's thread. */

typedef struct
{
  gint64 chat; /* key */
  OhChatRow *row;
} OhChatHit;

void oh_chat_hit_free (OhChatHit *hit);

/* Messages that contain @text, without regard to case: the newest @limit of them, newest first, of the
 * chat with @key (0: of all). It stops, with what it has, once *@given_up (atomic) is set. Transfer
 * full, of OhChatHit. */
GPtrArray *
oh_chat_store_find (sqlite3 *db, gint64 key, const char *text, guint limit, const int *given_up);

G_END_DECLS
