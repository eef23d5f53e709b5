/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/settings/oh-settings.h"

#define GROUP "offhook"
#define WRITE_DELAY_MS 500

enum
{
  PROP_0,
  PROP_MICROPHONE,
  PROP_SPEAKER,
  PROP_RINGER,
  PROP_ECHO_CANCELLATION,
  PROP_HALF_DUPLEX,
  PROP_NOISE_SUPPRESSION,
  PROP_GAIN_CONTROL,
  PROP_TONE_VOLUME,
  PROP_SOUND_QUALITY,
  PROP_AUTOSTART,
  PROP_RUN_IN_BACKGROUND,
  PROP_SHOW_CALLER_WHEN_LOCKED,
  PROP_PLAIN_SECRETS,
  PROP_SEND_TYPING,
  PROP_SEND_RECEIPTS,
  PROP_TELL_IDLE,
  PROP_STATUS,
  PROP_STATUS_MESSAGE,
  PROP_CONTACTS_GROUPED,
  PROP_CONTACTS_ONLINE_FIRST,
  PROP_CONTACTS_SHOW_OFFLINE,
  PROP_HISTORY_SEEN,
  PROP_WINDOW_WIDTH,
  PROP_WINDOW_HEIGHT,
  PROP_WINDOW_MAXIMIZED,
  N_PROPS
};

/* One GValue a property; the property's name is the key in the file. */
struct _OhSettings
{
  GObject parent;
  char *path;
  GValue values[N_PROPS];
  gboolean dirty;
  guint timer;
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (OhSettings, oh_settings, G_TYPE_OBJECT)

static gboolean
on_write_due (gpointer user_data)
{
  OhSettings *settings = user_data;
  g_autoptr (GError) error = NULL;

  settings->timer = 0;
  if (!oh_settings_flush (settings, &error))
    g_warning ("settings can't be written: %s", error->message);
  return G_SOURCE_REMOVE;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_copy (&OH_SETTINGS (object)->values[id], value);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  OhSettings *settings = OH_SETTINGS (object);

  if (g_param_values_cmp (pspec, value, &settings->values[id]) == 0)
    return;
  g_value_copy (value, &settings->values[id]);
  settings->dirty = TRUE;
  if (!settings->timer)
    settings->timer = g_timeout_add (WRITE_DELAY_MS, on_write_due, settings);
  g_object_notify_by_pspec (object, pspec);
}

static void
dispose (GObject *object)
{
  g_clear_handle_id (&OH_SETTINGS (object)->timer, g_source_remove);
  G_OBJECT_CLASS (oh_settings_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhSettings *settings = OH_SETTINGS (object);

  for (guint i = 1; i < N_PROPS; i++)
    g_value_unset (&settings->values[i]);
  g_free (settings->path);
  G_OBJECT_CLASS (oh_settings_parent_class)->finalize (object);
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)

static void
add_flag (guint id, const char *name, gboolean initial)
{
  properties[id] = g_param_spec_boolean (name, NULL, NULL, initial, FLAGS);
}

static void
oh_settings_class_init (OhSettingsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  properties[PROP_MICROPHONE] = g_param_spec_string ("microphone", NULL, NULL, NULL, FLAGS);
  properties[PROP_SPEAKER] = g_param_spec_string ("speaker", NULL, NULL, NULL, FLAGS);
  properties[PROP_RINGER] = g_param_spec_string ("ringer", NULL, NULL, NULL, FLAGS);
  add_flag (PROP_ECHO_CANCELLATION, "echo-cancellation", TRUE);
  add_flag (PROP_HALF_DUPLEX, "half-duplex", FALSE);
  add_flag (PROP_NOISE_SUPPRESSION, "noise-suppression", TRUE);
  add_flag (PROP_GAIN_CONTROL, "gain-control", TRUE);
  properties[PROP_TONE_VOLUME] = g_param_spec_double ("tone-volume", NULL, NULL, 0, 1, 0.5, FLAGS);
  properties[PROP_SOUND_QUALITY] = g_param_spec_string ("sound-quality", NULL, NULL, "automatic",
                                                        FLAGS);
  add_flag (PROP_AUTOSTART, "autostart", FALSE);
  add_flag (PROP_RUN_IN_BACKGROUND, "run-in-background", TRUE);
  add_flag (PROP_SHOW_CALLER_WHEN_LOCKED, "show-caller-when-locked", TRUE);
  add_flag (PROP_PLAIN_SECRETS, "plain-secrets", FALSE);
  add_flag (PROP_SEND_TYPING, "send-typing", TRUE);
  add_flag (PROP_SEND_RECEIPTS, "send-receipts", TRUE);
  add_flag (PROP_TELL_IDLE, "tell-idle", TRUE);
  properties[PROP_STATUS] = g_param_spec_string ("status", NULL, NULL, "available", FLAGS);
  properties[PROP_STATUS_MESSAGE] = g_param_spec_string ("status-message", NULL, NULL, NULL, FLAGS);
  add_flag (PROP_CONTACTS_GROUPED, "contacts-grouped", TRUE);
  add_flag (PROP_CONTACTS_ONLINE_FIRST, "contacts-online-first", TRUE);
  add_flag (PROP_CONTACTS_SHOW_OFFLINE, "contacts-show-offline", TRUE);
  properties[PROP_HISTORY_SEEN] = g_param_spec_int64 ("history-seen", NULL, NULL, 0, G_MAXINT64, 0,
                                                      FLAGS);
  properties[PROP_WINDOW_WIDTH] = g_param_spec_int ("window-width", NULL, NULL, 200, 20000, 420,
                                                    FLAGS);
  properties[PROP_WINDOW_HEIGHT] = g_param_spec_int ("window-height", NULL, NULL, 200, 20000, 680,
                                                     FLAGS);
  add_flag (PROP_WINDOW_MAXIMIZED, "window-maximized", FALSE);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
oh_settings_init (OhSettings *settings)
{
  for (guint i = 1; i < N_PROPS; i++)
    {
      g_value_init (&settings->values[i], properties[i]->value_type);
      g_param_value_set_default (properties[i], &settings->values[i]);
    }
}

/* Takes what the file says of one property; FALSE: not there or not of its kind. */
static gboolean
read_value (GKeyFile *file, const char *key, GValue *value)
{
  g_autoptr (GError) error = NULL;

  if (!g_key_file_has_key (file, GROUP, key, NULL))
    return FALSE;
  switch (G_VALUE_TYPE (value))
    {
    case G_TYPE_STRING:
      g_value_take_string (value, g_key_file_get_string (file, GROUP, key, &error));
      break;
    case G_TYPE_BOOLEAN:
      g_value_set_boolean (value, g_key_file_get_boolean (file, GROUP, key, &error));
      break;
    case G_TYPE_DOUBLE:
      g_value_set_double (value, g_key_file_get_double (file, GROUP, key, &error));
      break;
    case G_TYPE_INT:
      g_value_set_int (value, g_key_file_get_integer (file, GROUP, key, &error));
      break;
    default:
      g_value_set_int64 (value, g_key_file_get_int64 (file, GROUP, key, &error));
      break;
    }
  if (error)
    g_warning ("setting '%s' keeps its default: %s", key, error->message);
  return !error;
}

static void
write_value (GKeyFile *file, const char *key, const GValue *value)
{
  switch (G_VALUE_TYPE (value))
    {
    case G_TYPE_STRING:
      g_key_file_set_string (file, GROUP, key, g_value_get_string (value));
      break;
    case G_TYPE_BOOLEAN:
      g_key_file_set_boolean (file, GROUP, key, g_value_get_boolean (value));
      break;
    case G_TYPE_DOUBLE:
      g_key_file_set_double (file, GROUP, key, g_value_get_double (value));
      break;
    case G_TYPE_INT:
      g_key_file_set_integer (file, GROUP, key, g_value_get_int (value));
      break;
    default:
      g_key_file_set_int64 (file, GROUP, key, g_value_get_int64 (value));
      break;
    }
}

OhSettings *
oh_settings_new (const char *path)
{
  OhSettings *settings = g_object_new (OH_TYPE_SETTINGS, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  settings->path = g_strdup (path);
  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error))
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_warning ("settings can't be read, defaults hold: %s", error->message);
      return settings;
    }
  for (guint i = 1; i < N_PROPS; i++)
    {
      GValue value = G_VALUE_INIT;

      g_value_init (&value, properties[i]->value_type);
      if (read_value (file, properties[i]->name, &value))
        {
          g_param_value_validate (properties[i], &value);
          g_value_copy (&value, &settings->values[i]);
        }
      g_value_unset (&value);
    }
  return settings;
}

gboolean
oh_settings_flush (OhSettings *settings, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *data = NULL;
  gsize length;

  g_return_val_if_fail (OH_IS_SETTINGS (settings), FALSE);
  g_clear_handle_id (&settings->timer, g_source_remove);
  if (!settings->dirty)
    return TRUE;
  for (guint i = 1; i < N_PROPS; i++)
    if (!g_param_value_defaults (properties[i], &settings->values[i]))
      write_value (file, properties[i]->name, &settings->values[i]);
  data = g_key_file_to_data (file, &length, NULL);
  if (!g_file_set_contents_full (settings->path, data, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                 error))
    return FALSE;
  settings->dirty = FALSE;
  return TRUE;
}

#define GETTER(type, kind, name, id)                                                               \
  type oh_settings_get_##name (OhSettings *settings)                                               \
  {                                                                                                \
    g_return_val_if_fail (OH_IS_SETTINGS (settings), 0);                                           \
    return g_value_get_##kind (&settings->values[id]);                                             \
  }

GETTER (const char *, string, microphone, PROP_MICROPHONE)
GETTER (const char *, string, speaker, PROP_SPEAKER)
GETTER (const char *, string, ringer, PROP_RINGER)
GETTER (gboolean, boolean, echo_cancellation, PROP_ECHO_CANCELLATION)
GETTER (gboolean, boolean, half_duplex, PROP_HALF_DUPLEX)
GETTER (gboolean, boolean, noise_suppression, PROP_NOISE_SUPPRESSION)
GETTER (gboolean, boolean, gain_control, PROP_GAIN_CONTROL)
GETTER (double, double, tone_volume, PROP_TONE_VOLUME)
GETTER (const char *, string, sound_quality, PROP_SOUND_QUALITY)
GETTER (gboolean, boolean, plain_secrets, PROP_PLAIN_SECRETS)
GETTER (gint64, int64, history_seen, PROP_HISTORY_SEEN)
GETTER (gboolean, boolean, send_typing, PROP_SEND_TYPING)
GETTER (gboolean, boolean, send_receipts, PROP_SEND_RECEIPTS)
GETTER (gboolean, boolean, tell_idle, PROP_TELL_IDLE)
GETTER (const char *, string, status, PROP_STATUS)
GETTER (const char *, string, status_message, PROP_STATUS_MESSAGE)
