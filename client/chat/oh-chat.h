/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/chat/oh-chat-message.h"
#include "client/contact/oh-contact.h"

G_BEGIN_DECLS

/* What the user and one other wrote each other: a GListModel of OhChatMessage, oldest first. It knows
 * its length at once and reads pages when someone asks for their items, so fifty thousand messages
 * cost no more than one window full. Main thread; made by OhChats. Properties, read-only and
 * notifying if not said otherwise:
 *   "account" OhAccount (NULL while it is not set up any more: nothing can be sent),
 *   "account-id", "address" string (constant), "name" string (the contact's, or the address),
 *   "contact" OhContact or NULL (a stranger), "typing" int (OhTyping: what the other does),
 *   "unread" uint, "draft" string (writable), "last" OhChatMessage or NULL (the newest),
 *   "loaded" boolean: what the database has of it is known,
 *   "blocked" boolean: nothing of the other comes in */
#define OH_TYPE_CHAT (oh_chat_get_type ())
G_DECLARE_FINAL_TYPE (OhChat, oh_chat, OH, CHAT, GObject)

#define OH_CHAT_MAX_TEXT 65536 /* bytes of a message */

OhAccount *oh_chat_get_account (OhChat *chat); /* borrowed, or NULL */
const char *oh_chat_get_account_id (OhChat *chat);
const char *oh_chat_get_address (OhChat *chat);
const char *oh_chat_get_name (OhChat *chat);
OhContact *oh_chat_get_contact (OhChat *chat); /* borrowed, or NULL */
OhTyping oh_chat_get_typing (OhChat *chat);
guint oh_chat_get_unread (OhChat *chat);
OhChatMessage *oh_chat_get_last (OhChat *chat); /* borrowed, or NULL */
gboolean oh_chat_is_loaded (OhChat *chat);
gboolean oh_chat_is_blocked (OhChat *chat);

/* Sends @text, plain: it stands in the chat at once, as WAITING until the service took it, and is
 * sent later where the account is offline, over restarts of the program too. FALSE and OH_ERROR
 * INVALID (empty, no text) or LIMIT (longer than OH_CHAT_MAX_TEXT). Empties the draft. */
gboolean oh_chat_send (OhChat *chat, const char *text, GError **error);

/* Sends a FAILED message of this chat once more, in its place. */
void oh_chat_retry (OhChat *chat, OhChatMessage *message);

/* What is typed and not sent: kept over restarts. A window says each change; from that the chat tells
 * the other, where the service has it and the settings allow it, that the user is typing. */
void oh_chat_set_draft (OhChat *chat, const char *draft);
const char *oh_chat_get_draft (OhChat *chat);

/* The person has seen all of it. */
void oh_chat_mark_read (OhChat *chat);

G_END_DECLS
