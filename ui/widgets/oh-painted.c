/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/widgets/oh-painted.h"

#include "base/oh-timeline.h"

#define KEY "oh-painted"

typedef struct
{
  GdkFrameClock *clock;
  gulong handler;
  char *mark;
  char *id;
} Wait;

static void
free_wait (gpointer data)
{
  Wait *wait = data;

  /* A window that goes before it was drawn takes its clock's handlers along. */
  if (g_signal_handler_is_connected (wait->clock, wait->handler))
    g_signal_handler_disconnect (wait->clock, wait->handler);
  g_object_unref (wait->clock);
  g_free (wait->mark);
  g_free (wait->id);
  g_free (wait);
}

static void
on_painted (GdkFrameClock *clock, GtkWidget *window)
{
  const Wait *wait = g_object_get_data (G_OBJECT (window), KEY);

  oh_timeline_mark (wait->mark, wait->id);
  oh_painted_forget (window);
}

void
oh_painted_mark (GtkWidget *window, const char *mark, const char *id)
{
  GdkSurface *surface = gtk_native_get_surface (GTK_NATIVE (window));
  Wait *wait = g_new0 (Wait, 1);

  wait->clock = g_object_ref (gdk_surface_get_frame_clock (surface));
  wait->handler = g_signal_connect (wait->clock, "after-paint", G_CALLBACK (on_painted), window);
  wait->mark = g_strdup (mark);
  wait->id = g_strdup (id);
  g_object_set_data_full (G_OBJECT (window), KEY, wait, free_wait);
}

void
oh_painted_forget (GtkWidget *window)
{
  g_object_set_data (G_OBJECT (window), KEY, NULL);
}
