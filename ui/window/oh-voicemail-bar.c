/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/window/oh-voicemail-bar.h"

#include "ui/oh-words.h"
#include "ui/widgets/oh-reveal.h"

#include <glib/gi18n.h>

struct _OhVoicemailBar
{
  GtkWidget parent;
  GtkWidget *revealer, *play, *person, *call_back, *position, *scale, *duration;
  GtkAdjustment *adjustment;
  OhVoicemailPlayer *player;
};

G_DEFINE_FINAL_TYPE (OhVoicemailBar, oh_voicemail_bar, GTK_TYPE_WIDGET)

static void
show_position (OhVoicemailBar *self)
{
  guint64 position = oh_voicemail_player_get_position_ms (self->player);
  guint64 duration = oh_voicemail_player_get_duration_ms (self->player);
  g_autofree char *position_words = oh_words_duration ((gint64)position / 1000);
  g_autofree char *duration_words = oh_words_duration ((gint64)duration / 1000);

  gtk_adjustment_set_upper (self->adjustment, (double)duration);
  gtk_adjustment_set_value (self->adjustment, (double)position);
  gtk_label_set_text (GTK_LABEL (self->position), position_words);
  gtk_label_set_text (GTK_LABEL (self->duration), duration_words);
}

static void
show_playing (OhVoicemailBar *self)
{
  gboolean playing = oh_voicemail_player_is_playing (self->player);
  const char *words = playing ? C_ ("voicemail", "Pause") : C_ ("voicemail", "Play");
  gtk_button_set_icon_name (GTK_BUTTON (self->play), playing ? "media-playback-pause-symbolic"
                                                             : "media-playback-start-symbolic");
  gtk_widget_set_tooltip_text (self->play, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->play), GTK_ACCESSIBLE_PROPERTY_LABEL, words,
                                  -1);
}

static void
show_voicemail (OhVoicemailBar *self)
{
  OhVoicemail *voicemail = oh_voicemail_player_get_voicemail (self->player);
  oh_reveal (self->revealer, voicemail != NULL);
  if (!voicemail)
    return;
  const char *number = oh_voicemail_get_number (voicemail);
  g_autofree char *person = oh_words_person (oh_voicemail_get_name (voicemail), number,
                                             oh_voicemail_is_withheld (voicemail));
  gtk_label_set_text (GTK_LABEL (self->person), person);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->call_back), "s", number ? number : "");
  gtk_widget_set_visible (self->call_back, number && *number);
  show_position (self);
}

static void
on_play_clicked (OhVoicemailBar *self)
{
  if (oh_voicemail_player_is_playing (self->player))
    oh_voicemail_player_pause (self->player);
  else
    oh_voicemail_player_play (self->player);
}

static void
on_close_clicked (OhVoicemailBar *self)
{
  oh_voicemail_player_stop (self->player);
}

static gboolean
on_seek (GtkRange *range, GtkScrollType scroll, double value, OhVoicemailBar *self)
{
  guint64 duration = oh_voicemail_player_get_duration_ms (self->player);
  oh_voicemail_player_seek (self->player, (guint64)CLAMP (value, 0, (double)duration));
  return FALSE;
}

static void
oh_voicemail_bar_dispose (GObject *object)
{
  OhVoicemailBar *self = OH_VOICEMAIL_BAR (object);
  g_clear_pointer (&self->revealer, gtk_widget_unparent);
  g_clear_object (&self->player);
  G_OBJECT_CLASS (oh_voicemail_bar_parent_class)->dispose (object);
}

static void
oh_voicemail_bar_class_init (OhVoicemailBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_voicemail_bar_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/window/oh-voicemail-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, OhVoicemailBar, revealer);
  gtk_widget_class_bind_template_child (widget_class, OhVoicemailBar, play);
  gtk_widget_class_bind_template_child (widget_class, OhVoicemailBar, person);
  gtk_widget_class_bind_template_child (widget_class, OhVoicemailBar, call_back);
  gtk_widget_class_bind_template_child (widget_class, OhVoicemailBar, position);
  gtk_widget_class_bind_template_child (widget_class, OhVoicemailBar, scale);
  gtk_widget_class_bind_template_child (widget_class, OhVoicemailBar, duration);
  gtk_widget_class_bind_template_child (widget_class, OhVoicemailBar, adjustment);
  gtk_widget_class_bind_template_callback (widget_class, on_play_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_close_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_seek);
}

static void
oh_voicemail_bar_init (OhVoicemailBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_voicemail_bar_set_client (OhVoicemailBar *self, OhClient *client)
{
  g_return_if_fail (OH_IS_VOICEMAIL_BAR (self) && !self->player);

  self->player = g_object_ref (oh_client_get_voicemail_player (client));
  g_signal_connect_object (self->player, "notify::voicemail", G_CALLBACK (show_voicemail), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->player, "notify::playing", G_CALLBACK (show_playing), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->player, "notify::position-ms", G_CALLBACK (show_position), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->player, "notify::duration-ms", G_CALLBACK (show_position), self,
                           G_CONNECT_SWAPPED);
  show_voicemail (self);
  show_playing (self);
}
