/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-chat-line.h"

#include "ui/chat/oh-chat-words.h"
#include "ui/oh-day.h"
#include "ui/oh-words.h"
#include "ui/widgets/oh-tooltip.h"

#include <glib/gi18n.h>

struct _OhChatLine
{
  GtkBox parent;
  GtkWidget *bubble, *text, *warning, *below, *detail, *retry;
  OhChat *chat;
  OhChatMessage *message;
};

G_DEFINE_FINAL_TYPE (OhChatLine, oh_chat_line, GTK_TYPE_BOX)

static void
set_class (GtkWidget *widget, const char *name, gboolean on)
{
  if (on)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

/* Who, when and what in one: the row's name for those who hear it. */
static void
show_name (OhChatLine *self, const char *detail)
{
  gboolean incoming = oh_chat_message_is_incoming (self->message);
  g_autofree char *text = oh_chat_words_text (self->chat, self->message);
  g_autofree char *name = g_strdup_printf (
      "%s: %s (%s)", incoming ? oh_chat_get_name (self->chat) : C_ ("author of a message", "You"),
      text, detail);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static char *
describe (OhChatMessage *message)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *state = oh_chat_words_state (message);

  if (oh_chat_message_get_state (message) != OH_CHAT_FAILED)
    g_ptr_array_add (parts, oh_words_moment (oh_chat_message_get_time (message)));
  if (oh_chat_message_is_automatic (message))
    g_ptr_array_add (parts, g_strdup (C_ ("message", "Automatic")));
  if (*state)
    g_ptr_array_add (parts, g_steal_pointer (&state));
  g_ptr_array_add (parts, NULL);
  return g_strjoinv (" · ", (char **)parts->pdata);
}

/* A name that somebody gave a room or a file is no address to follow. */
static void
show_text (OhChatLine *self)
{
  gboolean loaded = self->message && oh_chat_message_is_loaded (self->message);
  OhChatWarning warning = loaded ? oh_chat_message_get_warning (self->message)
                                 : OH_CHAT_WARNING_NONE;
  gboolean refused = warning == OH_CHAT_WARNING_ROOM || warning == OH_CHAT_WARNING_FILE;
  g_autofree char *text = loaded ? oh_chat_words_text (self->chat, self->message) : g_strdup ("");
  g_autofree char *markup = refused ? g_markup_escape_text (text, -1) : oh_chat_words_markup (text);

  gtk_label_set_markup (GTK_LABEL (self->text), markup);
  gtk_widget_set_visible (self->warning, warning == OH_CHAT_WARNING_FORGED_OFFER);
  set_class (self->text, "dim-label", refused);
}

static void
show_message (OhChatLine *self)
{
  gboolean loaded = self->message && oh_chat_message_is_loaded (self->message);
  gboolean incoming = loaded && oh_chat_message_is_incoming (self->message);
  gboolean failed = loaded && oh_chat_message_get_state (self->message) == OH_CHAT_FAILED;
  GtkAlign side = incoming ? GTK_ALIGN_START : GTK_ALIGN_END;
  const char *service = failed ? oh_chat_message_get_detail (self->message) : "";
  g_autofree char *detail = loaded ? describe (self->message) : g_strdup ("");

  gtk_widget_set_visible (self->bubble, loaded);
  gtk_widget_set_halign (self->bubble, side);
  gtk_widget_set_halign (self->below, side);
  set_class (self->bubble, "own", loaded && !incoming);
  show_text (self);
  gtk_label_set_text (GTK_LABEL (self->detail), detail);
  oh_tooltip_set (self->detail, *service ? service : NULL);
  set_class (self->detail, "error", failed);
  set_class (self->detail, "dim-label", !failed);
  gtk_widget_set_visible (self->retry, failed);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->retry), NULL);
  if (!loaded)
    return;
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->retry), "u",
                                    oh_chat_message_get_number (self->message));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->retry), "chat.retry");
  show_name (self, detail);
}

static void
oh_chat_line_dispose (GObject *object)
{
  OhChatLine *self = OH_CHAT_LINE (object);

  if (self->message)
    g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  g_clear_object (&self->chat);
  G_OBJECT_CLASS (oh_chat_line_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhChatLine, name)

static void
oh_chat_line_class_init (OhChatLineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_chat_line_dispose;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/chat/oh-chat-line.ui");
  BIND (bubble);
  BIND (text);
  BIND (warning);
  BIND (below);
  BIND (detail);
  BIND (retry);
}

static void
oh_chat_line_init (OhChatLine *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (oh_day_get (), "changed", G_CALLBACK (show_message), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
oh_chat_line_new (void)
{
  return g_object_new (OH_TYPE_CHAT_LINE, NULL);
}

void
oh_chat_line_set_message (OhChatLine *self, OhChat *chat, OhChatMessage *message)
{
  if (message == self->message && chat == self->chat)
    return;
  if (self->message)
    g_signal_handlers_disconnect_by_data (self->message, self);
  g_set_object (&self->chat, chat);
  g_set_object (&self->message, message);
  show_message (self);
  if (message)
    g_signal_connect_object (message, "notify::state", G_CALLBACK (show_message), self,
                             G_CONNECT_SWAPPED);
}

OhChatMessage *
oh_chat_line_get_message (OhChatLine *self)
{
  return self->message;
}
