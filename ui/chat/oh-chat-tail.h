/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/chat/oh-chat.h"

G_BEGIN_DECLS

/* The end of a chat as a list of its own, which grows upwards: a view makes rows for what it shows
 * only, and those that stand keep their place. Main thread. */
#define OH_TYPE_CHAT_TAIL (oh_chat_tail_get_type ())
G_DECLARE_FINAL_TYPE (OhChatTail, oh_chat_tail, OH, CHAT_TAIL, GObject)

OhChatTail *oh_chat_tail_new (OhChat *chat); /* referenced */

/* Shows more of what is older, as soon as it is read, if there is more and it is not under way. */
void oh_chat_tail_grow (OhChatTail *tail);

/* Grows until it has message @number of the chat, with some before it; gives its position here. */
guint oh_chat_tail_reach (OhChatTail *tail, guint number);

G_END_DECLS
