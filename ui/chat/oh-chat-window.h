/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* One chat: what was written, and where one writes. What is typed and not sent stays with the chat
 * when the window closes; what is seen counts as read. */
#define OH_TYPE_CHAT_WINDOW (oh_chat_window_get_type ())
G_DECLARE_FINAL_TYPE (OhChatWindow, oh_chat_window, OH, CHAT_WINDOW, AdwWindow)

OhChatWindow *oh_chat_window_new (GtkApplication *application, OhClient *client, OhChat *chat);
/* Scrolls to that message of the chat, which stands out from then on. */
void oh_chat_window_show_message (OhChatWindow *window, guint number);
OhChat *oh_chat_window_get_chat (OhChatWindow *window); /* borrowed */

G_END_DECLS
