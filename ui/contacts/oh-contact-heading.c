/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/contacts/oh-contact-heading.h"

#include "ui/widgets/oh-tooltip.h"

#include <glib/gi18n.h>

struct _OhContactHeading
{
  AdwBin parent;
  GtkWidget *name, *counts;
  OhContactGroup *group;
};

G_DEFINE_FINAL_TYPE (OhContactHeading, oh_contact_heading, ADW_TYPE_BIN)

static void
show_group (OhContactHeading *self)
{
  const char *group = oh_contact_group_get_name (self->group);
  guint online = oh_contact_group_get_online (self->group);
  guint count = oh_contact_group_get_count (self->group);
  const char *name = *group ? group : _ ("Without a group");
  g_autofree char *counts = g_strdup_printf ("%u/%u", online, count);
  /* Translators: the first number is of those in a group who are online, the second of all in it. */
  g_autofree char *words = g_strdup_printf (ngettext ("%u of %u online", "%u of %u online", count),
                                            online, count);
  g_autofree char *label = g_strdup_printf ("%s, %s", name, words);

  gtk_label_set_text (GTK_LABEL (self->name), name);
  gtk_label_set_text (GTK_LABEL (self->counts), counts);
  gtk_widget_set_visible (self->counts, TRUE);
  oh_tooltip_set (GTK_WIDGET (self), words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
oh_contact_heading_dispose (GObject *object)
{
  oh_contact_heading_set_group (OH_CONTACT_HEADING (object), NULL);
  G_OBJECT_CLASS (oh_contact_heading_parent_class)->dispose (object);
}

static void
oh_contact_heading_class_init (OhContactHeadingClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_contact_heading_dispose;
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
oh_contact_heading_init (OhContactHeading *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->name = gtk_label_new (NULL);
  self->counts = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->name), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (self->name, "heading");
  gtk_widget_add_css_class (self->counts, "caption");
  gtk_widget_add_css_class (self->counts, "numeric");
  gtk_widget_add_css_class (self->counts, "dim-label");
  gtk_widget_set_valign (self->counts, GTK_ALIGN_BASELINE);
  gtk_widget_set_valign (self->name, GTK_ALIGN_BASELINE);
  gtk_box_append (GTK_BOX (box), self->name);
  gtk_box_append (GTK_BOX (box), self->counts);
  gtk_widget_set_margin_start (box, 6);
  gtk_widget_set_margin_end (box, 6);
  gtk_widget_set_margin_top (box, 12);
  adw_bin_set_child (ADW_BIN (self), box);
}

void
oh_contact_heading_set_group (OhContactHeading *self, OhContactGroup *group)
{
  if (group == self->group)
    return;
  if (self->group)
    g_signal_handlers_disconnect_by_data (self->group, self);
  g_set_object (&self->group, group);
  if (!group)
    return;
  g_signal_connect_object (group, "notify", G_CALLBACK (show_group), self, G_CONNECT_SWAPPED);
  show_group (self);
}

void
oh_contact_heading_set_title (OhContactHeading *self, const char *title)
{
  oh_contact_heading_set_group (self, NULL);
  gtk_label_set_text (GTK_LABEL (self->name), title);
  gtk_widget_set_visible (self->counts, FALSE);
  oh_tooltip_set (GTK_WIDGET (self), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}
