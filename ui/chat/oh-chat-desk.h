/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Opens a window for each chat that is asked for, and tells the desktop of messages that came while
 * the person looked elsewhere. Main thread; the application has one. It adds the action "chat" (ss: an
 * account's id, an address) to the application, which opens that chat. */
#define OH_TYPE_CHAT_DESK (oh_chat_desk_get_type ())
G_DECLARE_FINAL_TYPE (OhChatDesk, oh_chat_desk, OH, CHAT_DESK, GObject)

/* @application: borrowed, outlives it. */
OhChatDesk *oh_chat_desk_new (GtkApplication *application, OhClient *client);

G_END_DECLS
