/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Sets the tooltip of @widget to @words, or NULL for none, unless it is that already: GTK 4.8 asks the
 * display server each time where the pointer is, which a list of many rows feels. */
void oh_tooltip_set (GtkWidget *widget, const char *words);

G_END_DECLS
