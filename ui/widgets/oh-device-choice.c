/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/widgets/oh-device-choice.h"

#include <glib/gi18n.h>

struct _OhDeviceChoice
{
  GtkWidget parent;
  GtkWidget *list;
  OhSettings *settings;
  GListModel *devices;
  char *property;
  char *name;        /* accessible */
  gboolean missing;  /* the setting names a device that is not plugged in now */
  gboolean updating; /* our own change of the selection, not the person's */
};

G_DEFINE_FINAL_TYPE (OhDeviceChoice, oh_device_choice, GTK_TYPE_WIDGET)

static guint settled_signal;

static char *
name_of_device (OhSoundDevice *device)
{
  const char *name = device ? oh_sound_device_get_name (device) : NULL;
  return g_strdup (name ? name : _ ("System default"));
}

/* The list itself has the name, but the focus is on the button in it. */
static void
name_button (OhDeviceChoice *self)
{
  g_autofree char *device = name_of_device (
      gtk_drop_down_get_selected_item (GTK_DROP_DOWN (self->list)));
  g_autofree char *words = g_strdup_printf ("%s: %s", self->name, device);

  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_first_child (self->list)),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

/* Selects what the setting says; a device that is not plugged in now leaves the setting as it is and
 * shows the default, which is what is used meanwhile. */
static void
show_setting (OhDeviceChoice *self)
{
  g_autofree char *id = NULL;
  guint position = 0;

  if (!self->devices)
    return;
  g_object_get (self->settings, self->property, &id, NULL);
  for (guint i = 0; id && i < g_list_model_get_n_items (self->devices); i++)
    {
      g_autoptr (OhSoundDevice) device = g_list_model_get_item (self->devices, i);
      if (g_strcmp0 (oh_sound_device_get_id (device), id) == 0)
        position = i;
    }
  self->missing = id && !position;
  self->updating = TRUE;
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->list), position);
  self->updating = FALSE;
  name_button (self);
  g_signal_emit (self, settled_signal, 0);
}

/* The list selects by itself while devices come and go; the person's choice is put back after it. */
static gboolean
on_devices_settled (gpointer data)
{
  OhDeviceChoice *self = data;
  show_setting (self);
  return G_SOURCE_REMOVE;
}

static void
on_devices_changed (OhDeviceChoice *self)
{
  self->updating = TRUE;
  g_idle_add_full (G_PRIORITY_HIGH_IDLE, on_devices_settled, g_object_ref (self), g_object_unref);
}

static void
on_selected (OhDeviceChoice *self)
{
  OhSoundDevice *device = gtk_drop_down_get_selected_item (GTK_DROP_DOWN (self->list));
  if (!self->updating && device)
    g_object_set (self->settings, self->property, oh_sound_device_get_id (device), NULL);
}

static void
oh_device_choice_dispose (GObject *object)
{
  OhDeviceChoice *self = OH_DEVICE_CHOICE (object);
  g_clear_pointer (&self->list, gtk_widget_unparent);
  g_clear_object (&self->devices);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (oh_device_choice_parent_class)->dispose (object);
}

static void
oh_device_choice_finalize (GObject *object)
{
  g_free (OH_DEVICE_CHOICE (object)->property);
  g_free (OH_DEVICE_CHOICE (object)->name);
  G_OBJECT_CLASS (oh_device_choice_parent_class)->finalize (object);
}

static void
oh_device_choice_class_init (OhDeviceChoiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_device_choice_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_device_choice_finalize;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  settled_signal = g_signal_new ("settled", OH_TYPE_DEVICE_CHOICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}

static void
on_setup_item (GtkListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *label = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 24);
  gtk_list_item_set_child (item, label);
}

static void
on_bind_item (GtkListItemFactory *factory, GtkListItem *item)
{
  g_autofree char *name = name_of_device (gtk_list_item_get_item (item));
  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), name);
  gtk_widget_set_tooltip_text (gtk_list_item_get_child (item), name);
}

static void
oh_device_choice_init (OhDeviceChoice *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (on_setup_item), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind_item), NULL);
  self->list = gtk_drop_down_new (NULL, NULL);
  gtk_drop_down_set_factory (GTK_DROP_DOWN (self->list), factory);
  g_object_unref (factory);
  gtk_widget_set_valign (self->list, GTK_ALIGN_CENTER);
  gtk_widget_set_parent (self->list, GTK_WIDGET (self));
  g_signal_connect_object (self->list, "notify::selected", G_CALLBACK (on_selected), self,
                           G_CONNECT_SWAPPED);
}

void
oh_device_choice_set_source (OhDeviceChoice *self,
                             OhClient *client,
                             const char *property,
                             const char *name)
{
  g_autofree char *signal = g_strconcat ("notify::", property, NULL);

  g_return_if_fail (OH_IS_DEVICE_CHOICE (self) && !self->settings);

  self->settings = g_object_ref (oh_client_get_settings (client));
  self->property = g_strdup (property);
  self->name = g_strdup (name);
  self->devices = g_object_ref (
      oh_client_get_devices (client, g_strcmp0 (property, "microphone") == 0));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                  -1);
  self->updating = TRUE;
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->list), self->devices);
  show_setting (self);
  g_signal_connect_object (self->devices, "items-changed", G_CALLBACK (on_devices_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, signal, G_CALLBACK (show_setting), self,
                           G_CONNECT_SWAPPED);
}

gboolean
oh_device_choice_is_missing (OhDeviceChoice *self)
{
  g_return_val_if_fail (OH_IS_DEVICE_CHOICE (self), FALSE);
  return self->missing;
}
