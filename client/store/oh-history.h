/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/store/oh-history-entry.h"

G_BEGIN_DECLS

/* The list of past calls, newest first: a GListModel of OhHistoryEntry over the database. It knows
 * its length at once and reads pages when someone asks for their items, so ten thousand calls cost no
 * more than one window full. Main thread; made by OhClient. Property "missed" (uint): missed calls
 * since they were last seen. */
#define OH_TYPE_HISTORY (oh_history_get_type ())
G_DECLARE_FINAL_TYPE (OhHistory, oh_history, OH, HISTORY, GObject)

/* Only calls whose name, number or called number contains @text (NULL or "": all), without regard to
 * case; only missed ones if @missed. The list changes as soon as the database has answered. */
void oh_history_set_filter (OhHistory *history, const char *text, gboolean missed);

guint oh_history_get_missed (OhHistory *history);

/* The person has looked at the list: none counts as missed any more. */
void oh_history_mark_seen (OhHistory *history);

G_END_DECLS
