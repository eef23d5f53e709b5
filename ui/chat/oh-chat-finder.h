/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Searches one chat: an entry, and what was found under it. Signals: "chosen" (uint: number of the
 * message), "left" (the person is done). */
#define OH_TYPE_CHAT_FINDER (oh_chat_finder_get_type ())
G_DECLARE_FINAL_TYPE (OhChatFinder, oh_chat_finder, OH, CHAT_FINDER, AdwBin)

void oh_chat_finder_set_chat (OhChatFinder *finder, OhChats *chats, OhChat *chat); /* once */
void oh_chat_finder_start (OhChatFinder *finder);

G_END_DECLS
