/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One line of the history: a past call (OhHistoryEntry) or a message (OhVoicemail). Its button, action
 * "history.call" with the number or "history.play" with the row's item position, belongs to the page
 * around it. */
#define OH_TYPE_HISTORY_ROW (oh_history_row_get_type ())
G_DECLARE_FINAL_TYPE (OhHistoryRow, oh_history_row, OH, HISTORY_ROW, GtkBox)

GtkWidget *oh_history_row_new (void);

/* @item: OhHistoryEntry, OhVoicemail or NULL; at @position of the list. */
void oh_history_row_set_item (OhHistoryRow *row, GObject *item, guint position);

G_END_DECLS
