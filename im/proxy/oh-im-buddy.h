/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/engine/oh-im-wire.h"

G_BEGIN_DECLS

/* Somebody on an account's list. Belongs to the account's context. */
#define OH_TYPE_IM_BUDDY (oh_im_buddy_get_type ())
G_DECLARE_FINAL_TYPE (OhImBuddy, oh_im_buddy, OH, IM_BUDDY, GObject)

/* Properties, all read-only and notifying: "name" (constant), "alias", "group", "presence"
 * (OhImPresence as int), "message" (of the presence), "idle-since" int64 Unix seconds or 0,
 * "client" (what is known of the program, or ""), "program" and "version" (what it answered to
 * oh_im_account_ask_program(), or ""). */
const char *oh_im_buddy_get_name (OhImBuddy *buddy);
const char *oh_im_buddy_get_alias (OhImBuddy *buddy);
const char *oh_im_buddy_get_group (OhImBuddy *buddy);
OhImPresence oh_im_buddy_get_presence (OhImBuddy *buddy);
const char *oh_im_buddy_get_message (OhImBuddy *buddy);
gint64 oh_im_buddy_get_idle_since (OhImBuddy *buddy);
const char *oh_im_buddy_get_client (OhImBuddy *buddy);
const char *oh_im_buddy_get_program (OhImBuddy *buddy);
const char *oh_im_buddy_get_version (OhImBuddy *buddy);

/* When the buddy was last seen to do something: a message, typing, back from away, busy.
 * Monotonic microseconds, 0 for never. */
gint64 oh_im_buddy_get_last_activity (OhImBuddy *buddy);

G_END_DECLS
