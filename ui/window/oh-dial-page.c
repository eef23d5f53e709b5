/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/window/oh-dial-page.h"

#include "ui/oh-words.h"
#include "ui/widgets/oh-keypad.h"

#include <glib/gi18n.h>

struct _OhDialPage
{
  AdwBin parent;
  GtkWidget *entry, *call;
  OhClient *client;
};

G_DEFINE_FINAL_TYPE (OhDialPage, oh_dial_page, ADW_TYPE_BIN)

static guint message_signal;

static void
on_call (OhDialPage *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry)));

  g_strstrip (target);
  if (!*target)
    return;
  if (oh_client_dial (self->client, NULL, target, &error))
    {
      gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
      return;
    }
  g_autofree char *words = oh_words_error (error);
  g_autoptr (AdwToast) toast = adw_toast_new (words);
  g_signal_emit (self, message_signal, 0, toast);
}

static void
on_call_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  on_call (OH_DIAL_PAGE (widget));
}

static void
on_changed (OhDialPage *self)
{
  gboolean filled = *gtk_editable_get_text (GTK_EDITABLE (self->entry)) != '\0';
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "dial.call", filled);
  gtk_entry_set_icon_from_icon_name (GTK_ENTRY (self->entry), GTK_ENTRY_ICON_SECONDARY,
                                     filled ? "edit-clear-symbolic" : NULL);
}

static void
on_clear (OhDialPage *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  gtk_widget_grab_focus (self->entry);
}

static void
on_digit (OhKeypad *keypad, guint digit, OhDialPage *self)
{
  const char text[] = { (char)digit, '\0' };
  int position = gtk_editable_get_position (GTK_EDITABLE (self->entry));
  gtk_editable_delete_selection (GTK_EDITABLE (self->entry));
  gtk_editable_insert_text (GTK_EDITABLE (self->entry), text, 1, &position);
  gtk_editable_set_position (GTK_EDITABLE (self->entry), position);
}

static void
oh_dial_page_dispose (GObject *object)
{
  g_clear_object (&OH_DIAL_PAGE (object)->client);
  G_OBJECT_CLASS (oh_dial_page_parent_class)->dispose (object);
}

static void
oh_dial_page_class_init (OhDialPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_dial_page_dispose;
  message_signal = g_signal_new ("message", OH_TYPE_DIAL_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, ADW_TYPE_TOAST);
  g_type_ensure (OH_TYPE_KEYPAD);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/window/oh-dial-page.ui");
  gtk_widget_class_bind_template_child (widget_class, OhDialPage, entry);
  gtk_widget_class_bind_template_child (widget_class, OhDialPage, call);
  gtk_widget_class_bind_template_callback (widget_class, on_call);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_clear);
  gtk_widget_class_bind_template_callback (widget_class, on_digit);
  gtk_widget_class_install_action (widget_class, "dial.call", NULL, on_call_activated);
}

static void
oh_dial_page_init (OhDialPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_entry_set_alignment (GTK_ENTRY (self->entry), 0.5f);
  on_changed (self);
}

void
oh_dial_page_set_client (OhDialPage *self, OhClient *client)
{
  g_set_object (&self->client, client);
}

void
oh_dial_page_start (OhDialPage *self, const char *text)
{
  if (text)
    gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
  gtk_widget_grab_focus (self->entry);
  gtk_editable_set_position (GTK_EDITABLE (self->entry), -1);
}
