/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/chat/oh-chat-found.h"
#include "client/chat/oh-chats.h"

G_BEGIN_DECLS

/* What was written, searched as one types: a GListModel of OhChatFound, newest first, of one chat or of
 * all, at most 200. Each change of the text gives up the search before; nothing waits for the database.
 * Property "searching" boolean, notifying: the answer is on its way. */
#define OH_TYPE_CHAT_SEARCH (oh_chat_search_get_type ())
G_DECLARE_FINAL_TYPE (OhChatSearch, oh_chat_search, OH, CHAT_SEARCH, GObject)

#define OH_CHAT_SEARCH_LEAST 2 /* characters; less finds nothing */

/* @chat: only there, or NULL. */
OhChatSearch *oh_chat_search_new (OhChats *chats, OhChat *chat);
void oh_chat_search_set_text (OhChatSearch *search, const char *text);
gboolean oh_chat_search_is_searching (OhChatSearch *search);

G_END_DECLS
