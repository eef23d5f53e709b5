/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

G_BEGIN_DECLS

/* Past calls and messages in one list, newest first: a GListModel of OhHistoryEntry and OhVoicemail.
 * The calls stay lazy: a message stands by the start times of the calls that have been read, right
 * after the last one known to be newer, and moves down as older ones are read. Main thread. */
#define OH_TYPE_HISTORY_MIX (oh_history_mix_get_type ())
G_DECLARE_FINAL_TYPE (OhHistoryMix, oh_history_mix, OH, HISTORY_MIX, GObject)

/* @calls: of OhHistoryEntry, @messages: of OhVoicemail, both newest first; not taken. */
OhHistoryMix *oh_history_mix_new (GListModel *calls, GListModel *messages);

G_END_DECLS
