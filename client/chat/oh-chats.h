/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/chat/oh-chat.h"

G_BEGIN_DECLS

/* All chats: a GListModel of OhChat, the one with the newest message first. Main thread; made by
 * OhClient. Property "unread" uint, notifying: unread messages of all. Signal "incoming" (OhChat,
 * OhChatMessage): a message came that the person has not seen; for notifications. */
#define OH_TYPE_CHATS (oh_chats_get_type ())
G_DECLARE_FINAL_TYPE (OhChats, oh_chats, OH, CHATS, GObject)

guint oh_chats_get_unread (OhChats *chats);

/* The chat with @address at @account, an OhMessenger; begun if there is none yet. Borrowed. */
OhChat *oh_chats_open (OhChats *chats, OhAccount *account, const char *address);

/* The same with a contact. */
OhChat *oh_chats_open_with (OhChats *chats, OhContact *contact);

/* The chat with @address, as the service writes it, at the account of that id; NULL: not begun. */
OhChat *oh_chats_find (OhChats *chats, const char *account_id, const char *address); /* borrowed */

/* Removes @chat and all of its messages for good. */
void oh_chats_delete (OhChats *chats, OhChat *chat);

G_END_DECLS
