/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One line of the history: a past call (OhHistoryEntry) or a message (OhVoicemail). Its buttons, actions
 * "history.call" with the number or "history.play" with the row's item position, and "history.details"
 * with that, belong to the page around it. */
#define OH_TYPE_HISTORY_LINE (oh_history_line_get_type ())
G_DECLARE_FINAL_TYPE (OhHistoryLine, oh_history_line, OH, HISTORY_LINE, GtkBox)

GtkWidget *oh_history_line_new (OhClient *client);

/* @item: OhHistoryEntry or OhVoicemail; at @position of the list. */
void oh_history_line_set_item (OhHistoryLine *row, GObject *item, guint position);

G_END_DECLS
