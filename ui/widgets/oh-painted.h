/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Marks in the time line, once, when the next frame of @window is on its way to the screen; replaces what
 * was to be marked before. @window is realized; @id: the call that it shows, or NULL. */
void oh_painted_mark (GtkWidget *window, const char *mark, const char *id);

/* Nothing will be marked. */
void oh_painted_forget (GtkWidget *window);

G_END_DECLS
