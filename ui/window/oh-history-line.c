/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/window/oh-history-line.h"

#include "ui/oh-day.h"
#include "ui/oh-words.h"
#include "ui/widgets/oh-tooltip.h"

#include <adwaita.h>
#include <glib/gi18n.h>

struct _OhHistoryLine
{
  GtkBox parent;
  GtkWidget *avatar, *person, *kind, *detail, *when, *details, *button;
  OhClient *client;
  GObject *item;
  guint position;
};

G_DEFINE_FINAL_TYPE (OhHistoryLine, oh_history_line, GTK_TYPE_BOX)

static void
show_person (OhHistoryLine *self, const char *name, const char *number, gboolean withheld)
{
  gboolean has_name = name && *name;
  g_autofree char *person = oh_words_person (name, number, withheld);

  gtk_label_set_text (GTK_LABEL (self->person), person);
  oh_tooltip_set (self->person, number);
  adw_avatar_set_text (ADW_AVATAR (self->avatar), has_name ? name : NULL);
  adw_avatar_set_show_initials (ADW_AVATAR (self->avatar), has_name);
}

static void
set_words (GtkWidget *button, const char *words)
{
  oh_tooltip_set (button, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, words,
                                  -1);
}

static void
set_button (OhHistoryLine *self, const char *icon, const char *words)
{
  gtk_button_set_icon_name (GTK_BUTTON (self->button), icon);
  set_words (self->button, words);
}

/* The action's name last, and none between: it must never meet a target of another type. */
static void
set_action (GtkWidget *button, const char *name, GVariant *target)
{
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), NULL);
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), target);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), name);
}

/* There are some where it is known where it rang, or whom a message would reach. */
static void
show_details (OhHistoryLine *self, OhHistoryEntry *entry)
{
  gboolean routed = oh_history_entry_has_route (entry);
  g_autofree char *address = NULL;
  gboolean reachable = oh_client_find_address (self->client, oh_history_entry_get_account (entry),
                                               oh_history_entry_get_peer (entry),
                                               oh_history_entry_get_number (entry), &address)
                       != NULL;

  set_words (self->details, routed ? _ ("Where it rang") : _ ("Details"));
  set_action (self->details, "history.details", g_variant_new_uint32 (self->position));
  gtk_widget_set_visible (self->details, routed || reachable);
}

static void
show_call (OhHistoryLine *self, OhHistoryEntry *entry)
{
  OhOutcome outcome = oh_history_entry_get_outcome (entry);
  gboolean incoming = oh_history_entry_is_incoming (entry);
  gboolean missed = incoming && (outcome == OH_OUTCOME_MISSED || outcome == OH_OUTCOME_VOICEMAIL);
  guint duration = oh_history_entry_get_duration (entry);
  const char *number = oh_history_entry_get_number (entry);
  g_autofree char *when = oh_words_when (oh_history_entry_get_start (entry));
  g_autofree char *length = oh_words_duration (duration);
  g_autofree char *detail = duration ? g_strdup_printf ("%s · %s", oh_words_outcome (entry), length)
                                     : g_strdup (oh_words_outcome (entry));

  show_person (self, oh_history_entry_get_name (entry), number,
               oh_history_entry_is_withheld (entry));
  gtk_image_set_from_icon_name (GTK_IMAGE (self->kind), missed     ? "call-missed-symbolic"
                                                        : incoming ? "call-incoming-symbolic"
                                                                   : "call-outgoing-symbolic");
  if (missed)
    gtk_widget_add_css_class (self->kind, "error");
  gtk_label_set_text (GTK_LABEL (self->detail), detail);
  gtk_label_set_text (GTK_LABEL (self->when), when);
  set_button (self, "call-start-symbolic", _ ("Call back"));
  gtk_widget_set_visible (self->button, number && *number);
  set_action (self->button, "history.call", g_variant_new_string (number ? number : ""));
  show_details (self, entry);
}

static void
show_voicemail (OhHistoryLine *self, OhVoicemail *voicemail)
{
  gboolean heard = oh_voicemail_is_heard (voicemail);
  g_autofree char *when = oh_words_when (oh_voicemail_get_start (voicemail));
  g_autofree char *length = oh_words_duration ((gint64)oh_voicemail_get_duration_ms (voicemail)
                                               / 1000);
  g_autofree char *detail = g_strdup_printf (
      "%s · %s", heard ? C_ ("voicemail", "Message") : C_ ("voicemail", "New message"), length);

  show_person (self, oh_voicemail_get_name (voicemail), oh_voicemail_get_number (voicemail),
               oh_voicemail_is_withheld (voicemail));
  if (!heard)
    gtk_widget_add_css_class (self->person, "heading");
  gtk_image_set_from_icon_name (GTK_IMAGE (self->kind), "offhook-voicemail-symbolic");
  gtk_label_set_text (GTK_LABEL (self->detail), detail);
  gtk_label_set_text (GTK_LABEL (self->when), when);
  set_button (self, "media-playback-start-symbolic", _ ("Play message"));
  gtk_widget_set_visible (self->button, TRUE);
  set_action (self->button, "history.play", g_variant_new_uint32 (self->position));
}

static void
show_item (OhHistoryLine *self)
{
  gtk_widget_remove_css_class (self->person, "heading");
  gtk_widget_remove_css_class (self->kind, "error");
  gtk_widget_set_visible (self->details, FALSE);
  if (OH_IS_VOICEMAIL (self->item))
    show_voicemail (self, OH_VOICEMAIL (self->item));
  else if (OH_IS_HISTORY_ENTRY (self->item)
           && oh_history_entry_is_loaded (OH_HISTORY_ENTRY (self->item)))
    show_call (self, OH_HISTORY_ENTRY (self->item));
  else
    {
      gtk_label_set_text (GTK_LABEL (self->person), "");
      gtk_label_set_text (GTK_LABEL (self->detail), "");
      gtk_label_set_text (GTK_LABEL (self->when), "");
      gtk_widget_set_visible (self->button, FALSE);
    }
}

static void
oh_history_line_dispose (GObject *object)
{
  OhHistoryLine *self = OH_HISTORY_LINE (object);
  if (self->item)
    g_signal_handlers_disconnect_by_data (self->item, self);
  g_clear_object (&self->item);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_history_line_parent_class)->dispose (object);
}

static void
oh_history_line_class_init (OhHistoryLineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_history_line_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/window/oh-history-line.ui");
  gtk_widget_class_bind_template_child (widget_class, OhHistoryLine, avatar);
  gtk_widget_class_bind_template_child (widget_class, OhHistoryLine, person);
  gtk_widget_class_bind_template_child (widget_class, OhHistoryLine, kind);
  gtk_widget_class_bind_template_child (widget_class, OhHistoryLine, detail);
  gtk_widget_class_bind_template_child (widget_class, OhHistoryLine, when);
  gtk_widget_class_bind_template_child (widget_class, OhHistoryLine, details);
  gtk_widget_class_bind_template_child (widget_class, OhHistoryLine, button);
}

static void
oh_history_line_init (OhHistoryLine *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (oh_day_get (), "changed", G_CALLBACK (show_item), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
oh_history_line_new (OhClient *client)
{
  OhHistoryLine *self = g_object_new (OH_TYPE_HISTORY_LINE, NULL);

  self->client = g_object_ref (client);
  return GTK_WIDGET (self);
}

void
oh_history_line_set_item (OhHistoryLine *self, GObject *item, guint position)
{
  if (item == self->item && position == self->position)
    return;
  if (self->item)
    g_signal_handlers_disconnect_by_data (self->item, self);
  g_set_object (&self->item, item);
  self->position = position;
  show_item (self);
  if (OH_IS_VOICEMAIL (item))
    g_signal_connect_object (item, "notify::heard", G_CALLBACK (show_item), self,
                             G_CONNECT_SWAPPED);
  else if (item)
    g_signal_connect_object (item, "notify::loaded", G_CALLBACK (show_item), self,
                             G_CONNECT_SWAPPED);
}
