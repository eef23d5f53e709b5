/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/chat/oh-chat.h"

G_BEGIN_DECLS

/* A message that a search found. Main thread; never changes. */
#define OH_TYPE_CHAT_FOUND (oh_chat_found_get_type ())
G_DECLARE_FINAL_TYPE (OhChatFound, oh_chat_found, OH, CHAT_FOUND, GObject)

OhChat *oh_chat_found_get_chat (OhChatFound *found); /* borrowed */
guint oh_chat_found_get_number (OhChatFound *found); /* its position in the chat */
gboolean oh_chat_found_is_incoming (OhChatFound *found);
gint64 oh_chat_found_get_time (OhChatFound *found); /* Unix seconds */

/* The piece of the text around what was looked for, in one line, from outside if incoming. Borrowed. */
const char *oh_chat_found_get_excerpt (OhChatFound *found);

G_END_DECLS
