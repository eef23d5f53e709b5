/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Opens or closes a GtkRevealer. While it is closed its child is hidden, not only folded away: a screen
 * reader would still find there what no longer holds. */
void oh_reveal (GtkWidget *revealer, gboolean shown);

G_END_DECLS
