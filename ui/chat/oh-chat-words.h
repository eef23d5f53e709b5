/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

G_BEGIN_DECLS

/* What people read of contacts and messages. Main thread; `char *` is transfer full. */

/* "Available", "Away", ... */
const char *oh_chat_words_presence (OhPresence presence);

/* Its symbolic icon, which differs by shape and not by colour alone. */
const char *oh_chat_words_presence_icon (OhPresence presence);

/* Presence, and the contact's own words: "Away · in a meeting". */
char *oh_chat_words_contact (OhContact *contact);

/* How far a message of the user has come, with the reason if it failed; "" for one that came in. */
char *oh_chat_words_state (OhChatMessage *message);

/* What stands in the chat: the message's text; of what was refused, a sentence about it. */
char *oh_chat_words_text (OhChat *chat, OhChatMessage *message);

/* @text as Pango markup in which web addresses and telephone numbers' links can be followed. */
char *oh_chat_words_markup (const char *text);

G_END_DECLS
