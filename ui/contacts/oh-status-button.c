/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/contacts/oh-status-button.h"

#include "ui/chat/oh-chat-words.h"

#include <glib/gi18n.h>

enum
{
  AVAILABLE,
  AWAY,
  BUSY,
  INVISIBLE,
  N_CHOICES
};

static const OhPresence presences[N_CHOICES] = { OH_PRESENCE_AVAILABLE, OH_PRESENCE_AWAY,
                                                 OH_PRESENCE_BUSY, OH_PRESENCE_INVISIBLE };

struct _OhStatusButton
{
  AdwBin parent;
  GtkWidget *button, *popover, *available, *away, *busy, *invisible, *message;
  OhClient *client;
  gboolean showing; /* the choices follow the settings, not the person */
};

G_DEFINE_FINAL_TYPE (OhStatusButton, oh_status_button, ADW_TYPE_BIN)

static GtkCheckButton *
get_choice (OhStatusButton *self, guint i)
{
  GtkWidget *const choices[N_CHOICES] = { self->available, self->away, self->busy,
                                          self->invisible };

  return GTK_CHECK_BUTTON (choices[i]);
}

static void
show_status (OhStatusButton *self)
{
  OhSettings *settings = oh_client_get_settings (self->client);
  OhPresence presence = oh_presence_from_word (oh_settings_get_status (settings));
  const char *message = oh_settings_get_status_message (settings);
  g_autofree char *words = g_strdup_printf (_ ("Your status: %s"),
                                            oh_chat_words_presence (presence));

  self->showing = TRUE;
  for (guint i = 0; i < N_CHOICES; i++)
    if (presences[i] == presence)
      gtk_check_button_set_active (get_choice (self, i), TRUE);
  gtk_editable_set_text (GTK_EDITABLE (self->message), message ? message : "");
  self->showing = FALSE;
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->button),
                                 oh_chat_words_presence_icon (presence));
  gtk_widget_set_tooltip_text (self->button, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  words, -1);
}

static void
apply (OhStatusButton *self)
{
  OhSettings *settings = oh_client_get_settings (self->client);
  const char *old_message = oh_settings_get_status_message (settings);
  OhPresence old = oh_presence_from_word (oh_settings_get_status (settings));
  g_autofree char *message = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->message)));
  OhPresence presence = old;

  for (guint i = 0; i < N_CHOICES; i++)
    if (gtk_check_button_get_active (get_choice (self, i)))
      presence = presences[i];
  g_strstrip (message);
  if (presence != old || g_strcmp0 (message, old_message ? old_message : "") != 0)
    oh_client_set_status (self->client, presence, *message ? message : NULL);
}

static void
on_chosen (OhStatusButton *self, GtkCheckButton *choice)
{
  if (self->client && !self->showing && gtk_check_button_get_active (choice))
    apply (self);
}

static void
on_message_activated (OhStatusButton *self)
{
  gtk_menu_button_popdown (GTK_MENU_BUTTON (self->button));
}

static void
on_closed (OhStatusButton *self)
{
  if (self->client)
    apply (self);
}

static void
oh_status_button_dispose (GObject *object)
{
  g_clear_object (&OH_STATUS_BUTTON (object)->client);
  G_OBJECT_CLASS (oh_status_button_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhStatusButton, name)

static void
oh_status_button_class_init (OhStatusButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_status_button_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/contacts/oh-status-button.ui");
  BIND (button);
  BIND (popover);
  BIND (available);
  BIND (away);
  BIND (busy);
  BIND (invisible);
  BIND (message);
  gtk_widget_class_bind_template_callback (widget_class, on_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_message_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_closed);
}

static void
oh_status_button_init (OhStatusButton *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_status_button_set_client (OhStatusButton *self, OhClient *client)
{
  static const char *const news[] = { "notify::status", "notify::status-message" };

  g_return_if_fail (OH_IS_STATUS_BUTTON (self) && !self->client);
  self->client = g_object_ref (client);
  for (guint i = 0; i < G_N_ELEMENTS (news); i++)
    g_signal_connect_object (oh_client_get_settings (client), news[i], G_CALLBACK (show_status),
                             self, G_CONNECT_SWAPPED);
  show_status (self);
}
