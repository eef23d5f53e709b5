/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/widgets/oh-meter.h"

#include <glib/gi18n.h>

#define STEP_MS 60

struct _OhMeter
{
  GtkWidget parent;
  GtkWidget *bar;
  OhClient *client;
  gboolean capture;
  guint timer;
};

G_DEFINE_FINAL_TYPE (OhMeter, oh_meter, GTK_TYPE_WIDGET)

static gboolean
on_step (gpointer data)
{
  OhMeter *self = data;
  double level = self->client ? oh_client_get_level (self->client, self->capture) : 0;
  double shown = gtk_level_bar_get_value (GTK_LEVEL_BAR (self->bar));
  /* Up at once, down slowly, so that short sounds can be seen. */
  gtk_level_bar_set_value (GTK_LEVEL_BAR (self->bar), CLAMP (MAX (level, shown * 0.85), 0, 1));
  return G_SOURCE_CONTINUE;
}

static void
oh_meter_map (GtkWidget *widget)
{
  OhMeter *self = OH_METER (widget);
  GTK_WIDGET_CLASS (oh_meter_parent_class)->map (widget);
  if (!self->timer)
    self->timer = g_timeout_add (STEP_MS, on_step, self);
}

static void
oh_meter_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&OH_METER (widget)->timer, g_source_remove);
  GTK_WIDGET_CLASS (oh_meter_parent_class)->unmap (widget);
}

static void
oh_meter_dispose (GObject *object)
{
  OhMeter *self = OH_METER (object);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->bar, gtk_widget_unparent);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_meter_parent_class)->dispose (object);
}

static void
oh_meter_class_init (OhMeterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_meter_dispose;
  GTK_WIDGET_CLASS (klass)->map = oh_meter_map;
  GTK_WIDGET_CLASS (klass)->unmap = oh_meter_unmap;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
oh_meter_init (OhMeter *self)
{
  self->bar = gtk_level_bar_new ();
  /* Loud is not a warning here: one colour for all levels. */
  gtk_level_bar_remove_offset_value (GTK_LEVEL_BAR (self->bar), GTK_LEVEL_BAR_OFFSET_LOW);
  gtk_level_bar_remove_offset_value (GTK_LEVEL_BAR (self->bar), GTK_LEVEL_BAR_OFFSET_HIGH);
  gtk_level_bar_remove_offset_value (GTK_LEVEL_BAR (self->bar), GTK_LEVEL_BAR_OFFSET_FULL);
  gtk_widget_set_hexpand (self->bar, TRUE);
  gtk_widget_set_valign (self->bar, GTK_ALIGN_CENTER);
  gtk_widget_set_parent (self->bar, GTK_WIDGET (self));
}

void
oh_meter_set_source (OhMeter *self, OhClient *client, gboolean capture)
{
  g_set_object (&self->client, client);
  self->capture = capture;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  capture ? _ ("Microphone level") : _ ("Loudspeaker level"), -1);
}
