/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/settings/oh-settings-window.h"

#include "ui/oh-words.h"
#include "ui/settings/oh-account-row.h"
#include "ui/settings/oh-messenger-page.h"
#include "ui/widgets/oh-device-choice.h"
#include "ui/widgets/oh-meter.h"

#include <glib/gi18n.h>

struct _OhSettingsWindow
{
  AdwPreferencesWindow parent;
  GtkWidget *accounts, *embedded, *embedded_row, *autostart, *run_in_background, *problems;
  GtkWidget *tell_idle, *send_receipts, *send_typing;
  GtkWidget *sound_page, *microphone, *microphone_meter, *speaker, *speaker_meter, *ringer;
  GtkWidget *test, *test_sound, *sound_error, *echo, *half_duplex, *noise, *gain, *quality;
  GtkAdjustment *volume_adjustment;

  OhClient *client;
  gboolean in_call;
  GPtrArray *account_rows; /* of the group; borrowed */
};

G_DEFINE_FINAL_TYPE (OhSettingsWindow, oh_settings_window, ADW_TYPE_PREFERENCES_WINDOW)

static void
fill_accounts (OhSettingsWindow *self)
{
  GListModel *accounts = oh_client_get_accounts (self->client);
  guint n = g_list_model_get_n_items (accounts);

  for (guint i = 0; i < self->account_rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self->accounts),
                                  g_ptr_array_index (self->account_rows, i));
  g_ptr_array_set_size (self->account_rows, 0);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);
      GtkWidget *row = oh_account_row_new (self->client, account);
      g_ptr_array_add (self->account_rows, row);
      adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->accounts), row);
    }
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (self->accounts),
                                         n ? NULL : _ ("You are not signed in anywhere."));
}

static void
on_add_messenger (OhSettingsWindow *self)
{
  adw_preferences_window_present_subpage (ADW_PREFERENCES_WINDOW (self),
                                          oh_messenger_page_new (self->client));
}

static void
show_embedded (OhSettingsWindow *self)
{
  OhEmbeddedMode mode = oh_client_get_embedded_mode (self->client);
  gtk_widget_set_visible (self->embedded, mode != OH_EMBEDDED_NONE);
  if (mode == OH_EMBEDDED_SERVICE)
    {
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->embedded_row),
                                     _ ("Runs in the background"));
      adw_action_row_set_subtitle (ADW_ACTION_ROW (self->embedded_row),
                                   _ ("Callers reach voicemail also while Offhook is closed."));
    }
  else
    {
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->embedded_row),
                                     _ ("Runs together with Offhook"));
      adw_action_row_set_subtitle (ADW_ACTION_ROW (self->embedded_row),
                                   _ ("While Offhook is closed, callers reach nobody."));
    }
}

static void
show_sound_error (OhSettingsWindow *self)
{
  g_autofree char *error = NULL;
  g_object_get (self->client, "sound-error", &error, NULL);
  gtk_widget_set_visible (self->sound_error, error != NULL);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->sound_error), error ? error : "");
}

static void
fill_problems (OhSettingsWindow *self)
{
  const char *const *problems = oh_client_get_plugin_problems (self->client);
  gtk_widget_set_visible (self->problems, problems && problems[0]);
  for (guint i = 0; problems && problems[i]; i++)
    {
      GtkWidget *row = adw_action_row_new ();
      adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), problems[i]);
      adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->problems), row);
    }
}

/* The microphone is open only while its meter can be seen. */
static void
on_page_mapped (OhSettingsWindow *self)
{
  if (!self->in_call)
    oh_client_start_meter (self->client);
}

static void
on_page_unmapped (OhSettingsWindow *self)
{
  if (!self->client)
    return;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->test), FALSE);
  oh_client_stop_test (self->client);
}

static void
on_test_toggled (OhSettingsWindow *self)
{
  gboolean on = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->test));
  gtk_button_set_label (GTK_BUTTON (self->test), on ? _ ("Stop") : _ ("Start"));
  if (on)
    oh_client_start_test_call (self->client);
  else if (!self->in_call)
    {
      oh_client_stop_test (self->client);
      oh_client_start_meter (self->client);
    }
}

/* A call takes the microphone and ends the test; afterwards the meter goes on. */
static void
on_active_call_changed (OhSettingsWindow *self)
{
  OhCall *call = oh_client_get_active_call (self->client);
  gboolean in_call = call && oh_call_get_state (call) != OH_CALL_ENDED;

  self->in_call = in_call;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->test), FALSE);
  gtk_widget_set_sensitive (self->test, !in_call);
  gtk_widget_set_sensitive (self->test_sound, !in_call);
  if (!in_call && gtk_widget_get_mapped (self->sound_page))
    oh_client_start_meter (self->client);
}

static void
on_ring_clicked (OhSettingsWindow *self)
{
  oh_client_play_ringer_sample (self->client);
}

static void
on_test_sound_clicked (OhSettingsWindow *self)
{
  oh_client_play_speaker_sample (self->client);
}

static void
oh_settings_window_dispose (GObject *object)
{
  OhSettingsWindow *self = OH_SETTINGS_WINDOW (object);
  if (self->client)
    oh_client_stop_test (self->client);
  g_clear_object (&self->client);
  g_clear_pointer (&self->account_rows, g_ptr_array_unref);
  G_OBJECT_CLASS (oh_settings_window_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhSettingsWindow, name)

static void
oh_settings_window_class_init (OhSettingsWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_settings_window_dispose;
  g_type_ensure (OH_TYPE_DEVICE_CHOICE);
  g_type_ensure (OH_TYPE_METER);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/org/offhook/Offhook/settings/oh-settings-window.ui");
  BIND (accounts);
  BIND (embedded);
  BIND (embedded_row);
  BIND (autostart);
  BIND (run_in_background);
  BIND (tell_idle);
  BIND (send_receipts);
  BIND (send_typing);
  BIND (problems);
  BIND (sound_page);
  BIND (microphone);
  BIND (microphone_meter);
  BIND (speaker);
  BIND (speaker_meter);
  BIND (ringer);
  BIND (test);
  BIND (test_sound);
  BIND (sound_error);
  BIND (echo);
  BIND (half_duplex);
  BIND (noise);
  BIND (gain);
  BIND (quality);
  BIND (volume_adjustment);
  gtk_widget_class_bind_template_callback (widget_class, on_add_messenger);
  gtk_widget_class_bind_template_callback (widget_class, on_test_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_ring_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_test_sound_clicked);
}

static void
oh_settings_window_init (OhSettingsWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->account_rows = g_ptr_array_new ();
}

/* In the order of the list in oh-settings-window.ui. */
static const char *const qualities[] = { "automatic", "best", "balanced", "save-data" };

static gboolean
select_quality (GBinding *binding, const GValue *from, GValue *to, gpointer data)
{
  guint selected = 0;

  for (guint i = 0; i < G_N_ELEMENTS (qualities); i++)
    if (g_strcmp0 (g_value_get_string (from), qualities[i]) == 0)
      selected = i;
  g_value_set_uint (to, selected);
  return TRUE;
}

static gboolean
choose_quality (GBinding *binding, const GValue *from, GValue *to, gpointer data)
{
  guint selected = g_value_get_uint (from);

  if (selected >= G_N_ELEMENTS (qualities)) /* none: the list goes */
    return FALSE;
  g_value_set_string (to, qualities[selected]);
  return TRUE;
}

static void
bind_settings (OhSettingsWindow *self)
{
  OhSettings *settings = oh_client_get_settings (self->client);
  const struct
  {
    const char *property;
    gpointer target;
    const char *target_property;
  } bindings[] = {
    { "autostart", self->autostart, "active" },
    { "run-in-background", self->run_in_background, "active" },
    { "tell-idle", self->tell_idle, "active" },
    { "send-receipts", self->send_receipts, "active" },
    { "send-typing", self->send_typing, "active" },
    { "echo-cancellation", self->echo, "active" },
    { "half-duplex", self->half_duplex, "active" },
    { "noise-suppression", self->noise, "active" },
    { "gain-control", self->gain, "active" },
    { "tone-volume", self->volume_adjustment, "value" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bindings); i++)
    g_object_bind_property (settings, bindings[i].property, bindings[i].target,
                            bindings[i].target_property,
                            G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_object_bind_property_full (settings, "sound-quality", self->quality, "selected",
                               G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL, select_quality,
                               choose_quality, NULL, NULL);
  oh_device_choice_set_source (OH_DEVICE_CHOICE (self->microphone), self->client, "microphone",
                               _ ("Microphone"));
  oh_device_choice_set_source (OH_DEVICE_CHOICE (self->speaker), self->client, "speaker",
                               _ ("Loudspeaker"));
  oh_device_choice_set_source (OH_DEVICE_CHOICE (self->ringer), self->client, "ringer",
                               _ ("Device that rings"));
  oh_meter_set_source (OH_METER (self->microphone_meter), self->client, TRUE);
  oh_meter_set_source (OH_METER (self->speaker_meter), self->client, FALSE);
}

OhSettingsWindow *
oh_settings_window_new (OhClient *client)
{
  OhSettingsWindow *self = g_object_new (OH_TYPE_SETTINGS_WINDOW, NULL);

  self->client = g_object_ref (client);
  bind_settings (self);
  fill_accounts (self);
  fill_problems (self);
  show_embedded (self);
  show_sound_error (self);
  g_signal_connect_object (oh_client_get_accounts (client), "items-changed",
                           G_CALLBACK (fill_accounts), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::embedded-mode", G_CALLBACK (show_embedded), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::sound-error", G_CALLBACK (show_sound_error), self,
                           G_CONNECT_SWAPPED);
  on_active_call_changed (self);
  g_signal_connect_object (client, "notify::active-call", G_CALLBACK (on_active_call_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->sound_page, "map", G_CALLBACK (on_page_mapped), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->sound_page, "unmap", G_CALLBACK (on_page_unmapped), self,
                           G_CONNECT_SWAPPED);
  return self;
}
