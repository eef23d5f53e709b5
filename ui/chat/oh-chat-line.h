/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One message as it stands in a chat: its text, when, and how far it has come. Its button, action
 * "chat.retry" with the message's number, belongs to the window around it. */
#define OH_TYPE_CHAT_LINE (oh_chat_line_get_type ())
G_DECLARE_FINAL_TYPE (OhChatLine, oh_chat_line, OH, CHAT_LINE, GtkBox)

GtkWidget *oh_chat_line_new (void);

/* Both may be NULL. @chat says who the other is. */
void oh_chat_line_set_message (OhChatLine *line, OhChat *chat, OhChatMessage *message);

OhChatMessage *oh_chat_line_get_message (OhChatLine *line); /* or NULL; borrowed */

G_END_DECLS
