/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/widgets/oh-reveal.h"

static void
on_child_revealed (GtkRevealer *revealer)
{
  if (!gtk_revealer_get_reveal_child (revealer) && !gtk_revealer_get_child_revealed (revealer))
    gtk_widget_set_visible (gtk_revealer_get_child (revealer), FALSE);
}

void
oh_reveal (GtkWidget *widget, gboolean shown)
{
  GtkRevealer *revealer = GTK_REVEALER (widget);

  if (!g_signal_handler_find (revealer, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, on_child_revealed, NULL))
    g_signal_connect (revealer, "notify::child-revealed", G_CALLBACK (on_child_revealed), NULL);
  if (shown)
    gtk_widget_set_visible (gtk_revealer_get_child (revealer), TRUE);
  gtk_revealer_set_reveal_child (revealer, shown);
  on_child_revealed (revealer);
}
