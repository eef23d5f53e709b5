/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-found-line.h"

#include "ui/oh-day.h"
#include "ui/oh-words.h"

#include <glib/gi18n.h>

struct _OhFoundLine
{
  AdwBin parent;
  GtkWidget *who, *when, *excerpt;
  OhChatFound *found; /* or NULL */
};

G_DEFINE_FINAL_TYPE (OhFoundLine, oh_found_line, ADW_TYPE_BIN)

static void
show_found (OhFoundLine *self)
{
  OhChatFound *found = self->found;
  const char *name = found ? oh_chat_get_name (oh_chat_found_get_chat (found)) : "";
  gboolean own = found && !oh_chat_found_is_incoming (found);
  const char *excerpt = found ? oh_chat_found_get_excerpt (found) : "";
  /* Translators: before a person's name: who wrote is the user. */
  g_autofree char *who = own ? g_strdup_printf (_ ("You to %s"), name) : g_strdup (name);
  g_autofree char *when = found ? oh_words_when (oh_chat_found_get_time (found)) : g_strdup ("");
  g_autofree char *label = g_strdup_printf ("%s, %s: %s", who, when, excerpt);

  gtk_label_set_text (GTK_LABEL (self->who), who);
  gtk_label_set_text (GTK_LABEL (self->when), when);
  gtk_label_set_text (GTK_LABEL (self->excerpt), excerpt);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
oh_found_line_dispose (GObject *object)
{
  g_clear_object (&OH_FOUND_LINE (object)->found);
  G_OBJECT_CLASS (oh_found_line_parent_class)->dispose (object);
}

static void
oh_found_line_class_init (OhFoundLineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_found_line_dispose;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/chat/oh-found-line.ui");
  gtk_widget_class_bind_template_child (widget_class, OhFoundLine, who);
  gtk_widget_class_bind_template_child (widget_class, OhFoundLine, when);
  gtk_widget_class_bind_template_child (widget_class, OhFoundLine, excerpt);
}

static void
oh_found_line_init (OhFoundLine *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (oh_day_get (), "changed", G_CALLBACK (show_found), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
oh_found_line_new (void)
{
  return g_object_new (OH_TYPE_FOUND_LINE, NULL);
}

void
oh_found_line_set_found (OhFoundLine *self, OhChatFound *found)
{
  g_set_object (&self->found, found);
  show_found (self);
}
