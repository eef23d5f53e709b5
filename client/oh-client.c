/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "base/oh-error.h"
#include "client/provider/oh-core-private.h"
#include "client/settings/oh-autostart.h"
#include "client/store/oh-history-private.h"
#include "client/voicemail/oh-voicemail-player-private.h"

#include <glib/gstdio.h>
#include <errno.h>

enum
{
  PROP_0,
  PROP_EMBEDDED_MODE,
  PROP_HAS_MICROPHONE,
  PROP_HAS_SPEAKER,
  PROP_SOUND_ERROR,
  PROP_NEW_VOICEMAILS,
  PROP_ACTIVE_CALL,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];
static guint incoming_signal;

G_DEFINE_FINAL_TYPE (OhClient, oh_client, G_TYPE_OBJECT)
G_DEFINE_QUARK (oh - sign - in - error - quark, oh_sign_in_error)

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhClient *client = OH_CLIENT (object);

  switch (id)
    {
    case PROP_EMBEDDED_MODE:
      g_value_set_int (value, oh_embedded_get_mode (client->embedded));
      break;
    case PROP_HAS_MICROPHONE:
      g_object_get_property (G_OBJECT (client->desk), "has-microphone", value);
      break;
    case PROP_HAS_SPEAKER:
      g_object_get_property (G_OBJECT (client->desk), "has-speaker", value);
      break;
    case PROP_SOUND_ERROR:
      g_object_get_property (G_OBJECT (client->desk), "error", value);
      break;
    case PROP_NEW_VOICEMAILS:
      g_value_set_uint (value, oh_mailbox_get_new (client->mailbox));
      break;
    default:
      g_value_set_object (value, oh_call_list_get_active (client->calls));
      break;
    }
}

/* The order matters: who uses others goes first, the engine last. */
static void
dispose (GObject *object)
{
  OhClient *client = OH_CLIENT (object);

  oh_client_unwatch_network (client);
  oh_client_unwatch_use (client);
  oh_client_drop_chats (client);
  if (client->accounts)
    g_list_store_remove_all (client->accounts);
  if (client->mailbox)
    g_object_run_dispose (G_OBJECT (client->mailbox)); /* answers on their way may hold it */
  g_clear_object (&client->mailbox);
  g_clear_object (&client->player);
  g_clear_pointer (&client->plugins, oh_plugins_free);
  if (client->core)
    g_signal_handlers_disconnect_by_data (client->core, client);
  g_clear_object (&client->core);
  if (client->calls)
    g_signal_handlers_disconnect_by_data (client->calls, client);
  g_clear_object (&client->calls);
  g_clear_object (&client->desk);
  g_clear_object (&client->embedded);
  g_clear_object (&client->accounts);
  g_clear_object (&client->history);
  g_clear_pointer (&client->database, oh_database_free);
  g_clear_object (&client->secrets);
  if (client->settings)
    oh_settings_flush (client->settings, NULL);
  g_clear_object (&client->settings);
  G_OBJECT_CLASS (oh_client_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhClient *client = OH_CLIENT (object);

  g_free (client->config_dir);
  g_free (client->data_dir);
  g_free (client->state_dir);
  g_free (client->runtime_dir);
  g_free (client->plugin_path);
  g_free (client->refused);
  g_ptr_array_unref (client->all);
  G_OBJECT_CLASS (oh_client_parent_class)->finalize (object);
}

static void
oh_client_class_init (OhClientClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  properties[PROP_EMBEDDED_MODE] = g_param_spec_int ("embedded-mode", NULL, NULL, 0,
                                                     OH_EMBEDDED_CHILD, 0, flags);
  properties[PROP_HAS_MICROPHONE] = g_param_spec_boolean ("has-microphone", NULL, NULL, FALSE,
                                                          flags);
  properties[PROP_HAS_SPEAKER] = g_param_spec_boolean ("has-speaker", NULL, NULL, FALSE, flags);
  properties[PROP_SOUND_ERROR] = g_param_spec_string ("sound-error", NULL, NULL, NULL, flags);
  properties[PROP_NEW_VOICEMAILS] = g_param_spec_uint ("new-voicemails", NULL, NULL, 0, G_MAXUINT,
                                                       0, flags);
  properties[PROP_ACTIVE_CALL] = g_param_spec_object ("active-call", NULL, NULL, OH_TYPE_CALL,
                                                      flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  incoming_signal = g_signal_new ("incoming-call", OH_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, OH_TYPE_CALL);
}

static void
oh_client_init (OhClient *client)
{
  client->accounts = g_list_store_new (OH_TYPE_ACCOUNT);
  client->all = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_account_settings_free);
}

/* --- News of the parts --- */

static void
on_desk_changed (OhSoundDesk *desk, GParamSpec *pspec, OhClient *client)
{
  g_object_notify_by_pspec (G_OBJECT (client), properties[PROP_HAS_MICROPHONE]);
  g_object_notify_by_pspec (G_OBJECT (client), properties[PROP_HAS_SPEAKER]);
  g_object_notify_by_pspec (G_OBJECT (client), properties[PROP_SOUND_ERROR]);
}

static void
on_new_changed (OhMailbox *mailbox, GParamSpec *pspec, OhClient *client)
{
  g_object_notify_by_pspec (G_OBJECT (client), properties[PROP_NEW_VOICEMAILS]);
}

/* SIP asks at once instead of at the next refresh, and its answer is the account's state. */
static void
on_ready (OhMailbox *mailbox, const char *id, OhClient *client)
{
  oh_client_learn_services (client, id);
}

static void
on_refused (OhMailbox *mailbox, const char *id, OhClient *client)
{
  OhAccount *account = oh_client_find_account (client, id);

  if (account && oh_account_get_state (account) == OH_ACCOUNT_ONLINE)
    oh_account_sign_in (account);
}

static void
on_mode_changed (OhEmbedded *embedded, GParamSpec *pspec, OhClient *client)
{
  g_object_notify_by_pspec (G_OBJECT (client), properties[PROP_EMBEDDED_MODE]);
}

static void
on_active_changed (OhCallList *calls, GParamSpec *pspec, OhClient *client)
{
  if (oh_call_list_get_active (calls))
    oh_voicemail_player_pause (client->player);
  g_object_notify_by_pspec (G_OBJECT (client), properties[PROP_ACTIVE_CALL]);
}

static void
on_call_added (OhCallList *calls, OhCall *call, OhClient *client)
{
  if (oh_call_get_state (call) == OH_CALL_INCOMING)
    g_signal_emit (client, incoming_signal, 0, call);
}

static void
on_core_call (OhCore *core, OhAccount *account, OhCall *call, OhClient *client)
{
  oh_audio_stop_local (oh_sound_desk_get_audio (client->desk));
  oh_client_watch_call (client, account, call);
}

static void
on_core_refresh (OhCore *core, OhAccount *account, OhClient *client)
{
  const OhAccountSettings *settings = oh_client_find_settings (client, oh_account_get_id (account));

  if (!settings)
    return;
  oh_mailbox_refresh (client->mailbox, settings);
  oh_client_learn_services (client, settings->id); /* it may write by another account by now */
}

static void
on_plain_secrets_changed (OhSettings *settings, GParamSpec *pspec, OhClient *client)
{
  oh_secrets_set_plain (client->secrets, oh_settings_get_plain_secrets (settings));
}

/* --- Birth --- */

static char *
choose_folder (const char *given, const char *xdg)
{
  return given ? g_strdup (given) : g_build_filename (xdg, "offhook", NULL);
}

static const char *
given_or_environment (const char *given, const char *variable)
{
  const char *value = given ? given : g_getenv (variable);

  return value && *value ? value : NULL;
}

static void
make_folders (OhClient *client)
{
  const char *const folders[] = { client->config_dir, client->data_dir, client->state_dir,
                                  client->runtime_dir };
  g_autofree char *voicemail = g_build_filename (client->data_dir, "voicemail", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    if (g_mkdir_with_parents (folders[i], 0700) != 0)
      g_warning ("%s can't be made: %s", folders[i], g_strerror (errno));
  g_mkdir_with_parents (voicemail, 0700);
}

static void
make_store (OhClient *client)
{
  g_autofree char *settings = g_build_filename (client->config_dir, "settings.ini", NULL);
  g_autofree char *secrets = g_build_filename (client->data_dir, "secrets.ini", NULL);
  g_autofree char *history = g_build_filename (client->data_dir, "history.db", NULL);

  client->settings = oh_settings_new (settings);
  client->secrets = oh_secrets_new (secrets);
  oh_secrets_set_plain (client->secrets, oh_settings_get_plain_secrets (client->settings));
  oh_client_follow_keyring (client);
  g_signal_connect_object (client->settings, "notify::plain-secrets",
                           G_CALLBACK (on_plain_secrets_changed), client, 0);
  oh_autostart_follow (client->settings);
  client->database = oh_database_new (history);
  client->history = oh_history_new (client->database, client->settings);
}

static void
make_parts (OhClient *client, const OhClientConfig *config)
{
  g_autofree char *cache = g_build_filename (client->data_dir, "voicemail", NULL);
  OhEmbeddedConfig embedded = {
    .config_dir = client->config_dir,
    .state_dir = client->state_dir,
    .daemon_path = given_or_environment (config->daemon_path, "OFFHOOK_DAEMON_PATH"),
  };
  OhCoreConfig core = { .secrets = client->secrets,
                        .runtime_dir = client->runtime_dir,
                        .state_dir = client->state_dir };
  OhMailboxConfig mailbox = { .database = client->database,
                              .secrets = client->secrets,
                              .history = client->history,
                              .cache_dir = cache };

  client->calls = oh_call_list_new ();
  client->desk = oh_sound_desk_new (given_or_environment (config->audio, "OFFHOOK_AUDIO"),
                                    client->settings, client->calls);
  core.desk = client->desk;
  core.calls = client->calls;
  client->core = oh_core_new (&core);
  client->player = oh_voicemail_player_new (client->desk);
  mailbox.player = client->player;
  client->mailbox = oh_mailbox_new (&mailbox);
  client->embedded = oh_embedded_new (&embedded);
  g_signal_connect (client->calls, "notify::active", G_CALLBACK (on_active_changed), client);
  g_signal_connect (client->calls, "added", G_CALLBACK (on_call_added), client);
  g_signal_connect (client->core, "call", G_CALLBACK (on_core_call), client);
  g_signal_connect (client->core, "refresh", G_CALLBACK (on_core_refresh), client);
  g_signal_connect_object (client->desk, "notify", G_CALLBACK (on_desk_changed), client, 0);
  g_signal_connect_object (client->mailbox, "notify::new", G_CALLBACK (on_new_changed), client, 0);
  g_signal_connect_object (client->mailbox, "ready", G_CALLBACK (on_ready), client, 0);
  g_signal_connect_object (client->mailbox, "refused", G_CALLBACK (on_refused), client, 0);
  g_signal_connect_object (client->embedded, "notify::mode", G_CALLBACK (on_mode_changed), client,
                           0);
  g_signal_connect_object (client->embedded, "restarted", G_CALLBACK (oh_client_follow_restart),
                           client, G_CONNECT_SWAPPED);
}

OhClient *
oh_client_new (const OhClientConfig *config)
{
  static const OhClientConfig nothing;
  OhClient *client = g_object_new (OH_TYPE_CLIENT, NULL);

  if (!config)
    config = &nothing;
  client->config_dir = choose_folder (config->config_dir, g_get_user_config_dir ());
  client->data_dir = choose_folder (config->data_dir, g_get_user_data_dir ());
  client->state_dir = choose_folder (config->state_dir, g_get_user_state_dir ());
  client->runtime_dir = choose_folder (config->runtime_dir, g_get_user_runtime_dir ());
  client->plugin_path = g_strdup (
      given_or_environment (config->plugin_path, "OFFHOOK_PLUGIN_PATH"));
  make_folders (client);
  make_store (client);
  make_parts (client, config);
  oh_client_make_chats (client);
  return client;
}

gboolean
oh_client_start (OhClient *client, GError **error)
{
  g_return_val_if_fail (OH_IS_CLIENT (client) && !client->started, FALSE);
  if (g_access (client->config_dir, W_OK) != 0 || g_access (client->data_dir, W_OK) != 0)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_DENIED, "the folders %s and %s must be writable",
                   client->config_dir, client->data_dir);
      return FALSE;
    }
  client->started = TRUE;
  client->plugins = oh_plugins_load (client->core, client->plugin_path);
  oh_client_watch_network (client);
  oh_client_watch_use (client);
  oh_client_load_accounts (client);
  return TRUE;
}

/* --- Close --- */

static void
on_embedded_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhClient *client = g_task_get_source_object (task);
  GError *error = NULL;

  oh_embedded_stop_finish (OH_EMBEDDED (source), result, NULL);
  if (oh_settings_flush (client->settings, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_provider_shut_down (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhClient *client = g_task_get_source_object (task);
  guint *left = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (source && !oh_provider_shut_down_finish (OH_PROVIDER (source), result, &error))
    g_message ("a plugin did not end in order: %s", error->message);
  if (--*left == 0)
    oh_embedded_stop_async (client->embedded, on_embedded_stopped, g_steal_pointer (&task));
}

void
oh_client_close_async (OhClient *client, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (client, NULL, callback, user_data);
  guint *left = g_new0 (guint, 1);
  guint n = client->plugins ? client->plugins->providers->len : 0;

  client->closing = TRUE;
  oh_client_unwatch_network (client);
  oh_client_unwatch_use (client);
  oh_voicemail_player_stop (client->player);
  oh_call_list_end_all (client->calls);
  g_object_run_dispose (G_OBJECT (client->offers)); /* no message brings a call from now on */
  *left = n + 1;
  g_task_set_task_data (task, left, g_free);
  for (guint i = 0; i < n; i++)
    oh_provider_shut_down_async (client->plugins->providers->pdata[i], on_provider_shut_down,
                                 g_object_ref (task));
  on_provider_shut_down (NULL, NULL, task);
}

gboolean
oh_client_close_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- Lists --- */

GListModel *
oh_client_get_accounts (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return G_LIST_MODEL (client->accounts);
}

GListModel *
oh_client_get_calls (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return G_LIST_MODEL (client->calls);
}

GListModel *
oh_client_get_voicemails (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return oh_mailbox_get_messages (client->mailbox);
}

OhHistory *
oh_client_get_history (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return client->history;
}

OhSettings *
oh_client_get_settings (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return client->settings;
}

GListModel *
oh_client_get_devices (OhClient *client, gboolean capture)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return oh_sound_desk_get_devices (client->desk, capture);
}

const char *const *
oh_client_get_plugin_problems (OhClient *client)
{
  static const char *const none[] = { NULL };

  g_return_val_if_fail (OH_IS_CLIENT (client), none);
  return client->plugins ? (const char *const *)client->plugins->problems : none;
}

OhCall *
oh_client_get_active_call (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return oh_call_list_get_active (client->calls);
}

/* --- Voicemail --- */

OhVoicemailPlayer *
oh_client_get_voicemail_player (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return client->player;
}

guint
oh_client_get_new_voicemails (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), 0);
  return oh_mailbox_get_new (client->mailbox);
}

void
oh_client_mark_voicemail_heard (OhClient *client, OhVoicemail *voicemail, gboolean heard)
{
  g_return_if_fail (OH_IS_CLIENT (client) && OH_IS_VOICEMAIL (voicemail));
  oh_mailbox_mark_heard (client->mailbox, voicemail, heard);
}

/* Hands a mailbox's result on as the client's own. */
static void
on_played (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (oh_mailbox_play_finish (OH_MAILBOX (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
oh_client_play_voicemail_async (OhClient *client,
                                OhVoicemail *voicemail,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  oh_mailbox_play_async (client->mailbox, voicemail, cancellable, on_played,
                         g_task_new (client, NULL, callback, user_data));
}

gboolean
oh_client_play_voicemail_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (oh_mailbox_delete_finish (OH_MAILBOX (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
oh_client_delete_voicemail_async (OhClient *client,
                                  OhVoicemail *voicemail,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  oh_mailbox_delete_async (client->mailbox, voicemail, cancellable, on_deleted,
                           g_task_new (client, NULL, callback, user_data));
}

gboolean
oh_client_delete_voicemail_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
oh_client_refresh (OhClient *client)
{
  g_return_if_fail (OH_IS_CLIENT (client));
  for (guint i = 0; i < client->all->len; i++)
    oh_mailbox_refresh (client->mailbox, client->all->pdata[i]);
}

OhEmbeddedMode
oh_client_get_embedded_mode (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), OH_EMBEDDED_NONE);
  return oh_embedded_get_mode (client->embedded);
}

const char *
oh_client_get_certificate_in_doubt (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return client->refused;
}

void
oh_client_allow_plain_secrets (OhClient *client, gboolean allow)
{
  g_return_if_fail (OH_IS_CLIENT (client));
  g_object_set (client->settings, "plain-secrets", allow, NULL);
}
