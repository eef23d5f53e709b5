/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "base/oh-error.h"
#include "client/account/oh-base-account.h"
#include "client/account/oh-dial.h"
#include "client/chat/oh-chat-private.h"
#include "client/provider/oh-core-private.h"
#include "client/store/oh-history-private.h"

#include <glib/gstdio.h>

static char *
accounts_path (OhClient *client)
{
  return g_build_filename (client->config_dir, "accounts.ini", NULL);
}

OhAccount *
oh_client_find_account (OhClient *client, const char *id)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (client->accounts));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (G_LIST_MODEL (client->accounts), i);

      if (g_strcmp0 (oh_account_get_id (account), id) == 0)
        return account; /* the list holds it */
    }
  return NULL;
}

const OhAccountSettings *
oh_client_find_settings (OhClient *client, const char *id)
{
  for (guint i = 0; i < client->all->len; i++)
    {
      const OhAccountSettings *settings = client->all->pdata[i];

      if (g_strcmp0 (settings->id, id) == 0)
        return settings;
    }
  return NULL;
}

void
oh_client_save_accounts (OhClient *client)
{
  g_autofree char *path = accounts_path (client);
  g_autoptr (GError) error = NULL;

  if (!oh_account_settings_save_all (client->all, path, &error))
    g_warning ("accounts can't be written: %s", error->message);
}

static void
ask_server (OhClient *client, const OhAccountSettings *settings)
{
  if (!settings || !settings->server)
    return;
  oh_mailbox_refresh (client->mailbox, settings);
  oh_client_learn_services (client, settings->id);
}

/* Where there are messages there is HTTPS, and calls may come by them alone. */
static void
on_account_state (OhAccount *account, GParamSpec *pspec, OhClient *client)
{
  if (oh_account_get_state (account) != OH_ACCOUNT_ONLINE)
    return;
  if (!OH_IS_MESSENGER (account))
    ask_server (client, oh_client_find_settings (client, oh_account_get_id (account)));
  for (guint i = 0; OH_IS_MESSENGER (account) && i < client->all->len; i++)
    ask_server (client, client->all->pdata[i]);
}

static void
show_account (OhClient *client, OhAccount *account)
{
  g_signal_connect_object (account, "notify::state", G_CALLBACK (on_account_state), client, 0);
  g_list_store_append (client->accounts, account);
  oh_client_apply_status (client, account);
  oh_account_sign_in (account);
}

OhAccount *
oh_client_add_account (OhClient *client,
                       const OhAccountSettings *settings,
                       gboolean keep,
                       GError **error)
{
  OhProvider *provider = oh_plugins_find (client->plugins, settings->provider);
  g_autoptr (OhAccount) account = NULL;

  if (!provider)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "the plugin '%s' is not there",
                   settings->provider);
      return NULL;
    }
  account = oh_provider_create_account (provider, settings, error);
  if (!account)
    return NULL;
  if (keep)
    {
      g_ptr_array_add (client->all, oh_account_settings_copy (settings));
      oh_client_save_accounts (client);
    }
  oh_client_recall_services (client, settings);
  show_account (client, account);
  if (keep)
    ask_server (client, oh_client_find_settings (client, settings->id));
  return account; /* the list holds it */
}

static gboolean
has_embedded (OhClient *client)
{
  for (guint i = 0; i < client->all->len; i++)
    if (((OhAccountSettings *)client->all->pdata[i])->embedded)
      return TRUE;
  return FALSE;
}

/* What its provider kept of it: files that begin with its name. */
static void
remove_state (OhClient *client, const char *id)
{
  g_autofree char *begin = g_strconcat (id, ".", NULL);
  GDir *dir = g_dir_open (client->state_dir, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (client->state_dir, name, NULL);

      if (g_str_has_prefix (name, begin))
        g_unlink (path);
    }
  if (dir)
    g_dir_close (dir);
}

void
oh_client_drop_account (OhClient *client, OhAccount *account)
{
  g_autofree char *id = g_strdup (oh_account_get_id (account));
  OhProvider *provider = oh_plugins_find (client->plugins, oh_account_get_provider (account));
  gboolean embedded = oh_account_is_embedded (account);
  guint position;

  oh_account_sign_out (account);
  oh_core_drop_questions (client->core, account);
  if (g_list_store_find (client->accounts, account, &position))
    g_list_store_remove (client->accounts, position);
  for (guint i = 0; i < client->all->len; i++)
    if (g_strcmp0 (((OhAccountSettings *)client->all->pdata[i])->id, id) == 0)
      {
        g_ptr_array_remove_index (client->all, i);
        break;
      }
  oh_client_save_accounts (client);
  if (provider)
    oh_provider_forget_account (provider, id);
  oh_secrets_clear (client->secrets, id);
  oh_client_clear_proxy_password (client, id);
  oh_mailbox_forget (client->mailbox, id);
  oh_history_forget (client->history, id);
  oh_chats_forget (client->chats, id);
  oh_contact_keep_forget (client->kept, id);
  remove_state (client, id);
  oh_client_forget_rules (client, id);
  oh_offer_desk_set_server (client->offers, id, NULL);
  if (embedded && !has_embedded (client))
    oh_embedded_remove (client->embedded);
}

static void
on_twin_signed_out (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!oh_client_forget_account_finish (OH_CLIENT (source), result, &error))
    g_message ("an older account is still there: %s", error->message);
}

static gboolean
is_same_server (const OhAccountSettings *a, const OhAccountSettings *b)
{
  return a->server && b->server
         && ((a->embedded && b->embedded) || g_str_equal (a->server, b->server));
}

static gboolean
is_twin (const OhAccountSettings *a, const OhAccountSettings *b)
{
  return a && b && a != b && g_strcmp0 (a->sip_aor, b->sip_aor) == 0 && is_same_server (a, b);
}

void
oh_client_drop_twins (OhClient *client, OhAccount *account)
{
  GListModel *accounts = G_LIST_MODEL (client->accounts);
  const OhAccountSettings *own = oh_client_find_settings (client, oh_account_get_id (account));

  for (guint i = g_list_model_get_n_items (accounts); i > 0; i--)
    {
      g_autoptr (OhAccount) other = g_list_model_get_item (accounts, i - 1);
      const OhAccountSettings *settings = oh_client_find_settings (client,
                                                                   oh_account_get_id (other));

      if (!is_twin (own, settings))
        continue;
      g_message ("account %s replaces %s", own->id, settings->id);
      oh_account_sign_out (other);
      oh_client_forget_account_async (client, other, on_twin_signed_out, NULL);
    }
}

typedef struct
{
  OhClient *client;
  OhAccount *other;
} Ending;

/* The stack asks the server then, and hears that the device is no more. Where the server could not be
 * told, the device stays in its user's list; here nothing is left by which it could come back. */
static void
on_other_signed_out (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Ending *ending = user_data;
  g_autoptr (GError) error = NULL;

  if (oh_mailbox_sign_out_finish (OH_MAILBOX (source), result, &error)
      || g_error_matches (error, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_PASSWORD))
    oh_account_sign_in (ending->other);
  else
    {
      g_message ("the server keeps a former user's device in its list: %s", error->message);
      oh_account_sign_out (ending->other);
      oh_secrets_clear (ending->client->secrets, oh_account_get_id (ending->other));
    }
  g_object_unref (ending->client);
  g_object_unref (ending->other);
  g_free (ending);
}

static gboolean
is_other (const OhAccountSettings *a, const OhAccountSettings *b)
{
  return a && b && g_strcmp0 (a->sip_aor, b->sip_aor) != 0 && is_same_server (a, b);
}

void
oh_client_end_others (OhClient *client, OhAccount *account)
{
  GListModel *accounts = G_LIST_MODEL (client->accounts);
  const OhAccountSettings *own = oh_client_find_settings (client, oh_account_get_id (account));

  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) other = g_list_model_get_item (accounts, i);
      const OhAccountSettings *settings = oh_client_find_settings (client,
                                                                   oh_account_get_id (other));
      Ending *ending;

      if (!is_other (own, settings))
        continue;
      g_message ("account %s ends the sign-in of %s", own->id, settings->id);
      ending = g_new (Ending, 1);
      *ending = (Ending){ g_object_ref (client), g_steal_pointer (&other) };
      oh_mailbox_sign_out_async (client->mailbox, settings, on_other_signed_out, ending);
    }
}

/* --- The keyring --- */

/* The keyring's own prompt is open; nobody can be called until it is answered. */
static void
on_keyring_locked (OhSecrets *secrets, const char *id, OhClient *client)
{
  OhAccount *account = oh_client_find_account (client, id);

  if (OH_IS_BASE_ACCOUNT (account) && oh_account_get_state (account) == OH_ACCOUNT_CONNECTING)
    oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_CONNECTING,
                               OH_ACCOUNT_REASON_KEYRING, 0);
}

static void
on_keyring_unlocked (OhSecrets *secrets, OhClient *client)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (client->accounts)); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (G_LIST_MODEL (client->accounts), i);

      if (oh_account_get_state (account) == OH_ACCOUNT_FAILED
          && oh_account_get_reason (account) == OH_ACCOUNT_REASON_KEYRING)
        oh_account_sign_in (account);
    }
}

void
oh_client_follow_keyring (OhClient *client)
{
  g_signal_connect_object (client->secrets, "locked", G_CALLBACK (on_keyring_locked), client, 0);
  g_signal_connect_object (client->secrets, "unlocked", G_CALLBACK (on_keyring_unlocked), client,
                           0);
}

/* --- Start --- */

/* The embedded server chooses its ports anew at each start. */
static void
follow_embedded (OhClient *client, OhAccountSettings *settings)
{
  g_autofree char *fingerprint = oh_embedded_dup_fingerprint (client->embedded, NULL);

  g_free (settings->server);
  settings->server = g_strdup (oh_embedded_get_url (client->embedded));
  g_free (settings->sip_proxy);
  settings->sip_proxy = g_strdup_printf ("sip:127.0.0.1:%u;transport=tls",
                                         oh_embedded_get_tls_port (client->embedded));
  if (fingerprint)
    {
      g_free (settings->fingerprint);
      settings->fingerprint = g_steal_pointer (&fingerprint);
    }
}

void
oh_client_follow_restart (OhClient *client)
{
  for (guint i = 0; i < client->all->len && !client->closing; i++)
    {
      OhAccountSettings *settings = client->all->pdata[i];
      OhAccount *account = oh_client_find_account (client, settings->id);

      if (!settings->embedded || !OH_IS_BASE_ACCOUNT (account))
        continue;
      follow_embedded (client, settings);
      oh_account_sign_out (account);
      oh_base_account_set_settings (OH_BASE_ACCOUNT (account), settings);
      oh_account_sign_in (account);
    }
  oh_client_save_accounts (client);
}

static void
load_one (OhClient *client, const OhAccountSettings *settings)
{
  g_autoptr (GError) error = NULL;

  if (!oh_client_add_account (client, settings, FALSE, &error))
    g_warning ("account %s can't be used: %s", settings->id, error->message);
}

static void
on_embedded_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhClient) client = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = oh_embedded_start_finish (OH_EMBEDDED (source), result, &error);

  if (!ok)
    g_warning ("the call server on this computer can't start: %s", error->message);
  if (client->closing)
    return;
  for (guint i = 0; i < client->all->len; i++)
    {
      OhAccountSettings *settings = client->all->pdata[i];

      if (!settings->embedded || oh_client_find_account (client, settings->id))
        continue;
      if (ok)
        follow_embedded (client, settings);
      load_one (client, settings);
    }
  if (ok)
    oh_client_save_accounts (client);
}

void
oh_client_load_accounts (OhClient *client)
{
  g_autofree char *path = accounts_path (client);
  g_autoptr (GError) error = NULL;
  GPtrArray *all = oh_account_settings_load_all (path, &error);

  if (!all)
    {
      g_warning ("accounts can't be read: %s", error->message);
      return;
    }
  g_ptr_array_unref (client->all);
  client->all = all;
  for (guint i = 0; i < all->len; i++)
    {
      const OhAccountSettings *settings = all->pdata[i];

      if (!settings->embedded)
        load_one (client, settings);
    }
  if (has_embedded (client))
    oh_embedded_start_async (client->embedded, NULL, on_embedded_started, g_object_ref (client));
  for (guint i = 0; i < client->plugins->providers->len; i++)
    {
      g_autoptr (OhAccount) own = oh_provider_create_own_account (
          client->plugins->providers->pdata[i]);

      if (own)
        show_account (client, own);
    }
}

gboolean
oh_client_has_accounts (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), FALSE);
  if (g_list_model_get_n_items (G_LIST_MODEL (client->accounts)) > 0 || client->all->len > 0)
    return TRUE;
  if (client->started)
    return FALSE;
  g_autofree char *path = accounts_path (client);
  g_autoptr (GPtrArray) saved = oh_account_settings_load_all (path, NULL);
  return saved && saved->len > 0;
}

/* --- Dialling --- */

static OhAccount *
find_online (OhClient *client)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (client->accounts));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (G_LIST_MODEL (client->accounts), i);

      if (oh_account_get_state (account) == OH_ACCOUNT_ONLINE
          && oh_account_get_features (account) & OH_ACCOUNT_CALLS)
        return account; /* the list holds it */
    }
  return NULL;
}

gboolean
oh_client_dial (OhClient *client, OhAccount *account, const char *target, GError **error)
{
  g_autofree char *clean = NULL;

  g_return_val_if_fail (OH_IS_CLIENT (client), FALSE);
  clean = oh_dial_normalize (target, error);
  if (!clean)
    return FALSE;
  if (!account)
    account = find_online (client);
  if (!account)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "no account with calls is online");
      return FALSE;
    }
  return oh_account_dial (account, clean, error);
}

gboolean
oh_client_dial_echo (OhClient *client, OhAccount *account, GError **error)
{
  const OhAccountSettings *settings;

  g_return_val_if_fail (OH_IS_CLIENT (client), FALSE);
  if (!account)
    account = find_online (client);
  settings = account ? oh_client_find_settings (client, oh_account_get_id (account)) : NULL;
  return oh_client_dial (client, account,
                         settings && settings->echo_number ? settings->echo_number : "*43", error);
}

/* --- History of accounts without a server --- */

static OhOutcome
outcome_of (OhCall *call)
{
  if (oh_call_get_started (call))
    return OH_OUTCOME_ANSWERED;
  switch (oh_call_get_reason (call))
    {
    case OH_CALL_REASON_ELSEWHERE:
      return OH_OUTCOME_ELSEWHERE;
    case OH_CALL_REASON_DECLINED:
      return OH_OUTCOME_DECLINED;
    case OH_CALL_REASON_VOICEMAIL:
      return OH_OUTCOME_VOICEMAIL;
    case OH_CALL_REASON_BUSY:
      return OH_OUTCOME_BUSY;
    case OH_CALL_REASON_CANCELLED:
    case OH_CALL_REASON_NO_ANSWER:
    case OH_CALL_REASON_HUNG_UP:
      return OH_OUTCOME_MISSED;
    default:
      return OH_OUTCOME_FAILED;
    }
}

typedef struct
{
  OhHistory *history;
  char *account;
  gint64 start;
} Watch;

static void
watch_free (gpointer data, GClosure *closure)
{
  Watch *watch = data;

  g_object_unref (watch->history);
  g_free (watch->account);
  g_free (watch);
}

static void
on_call_state (OhCall *call, GParamSpec *pspec, Watch *watch)
{
  GPtrArray *rows;
  OhHistoryRow *row;
  gint64 started = oh_call_get_started (call);

  if (oh_call_get_state (call) != OH_CALL_ENDED)
    return;
  row = oh_history_row_new ();
  row->account = g_strdup (watch->account);
  row->id = g_strdup (oh_call_get_id (call));
  row->incoming = oh_call_is_incoming (call);
  row->name = g_strdup (oh_call_get_name (call));
  row->number = g_strdup (oh_call_get_number (call));
  row->called = g_strdup (oh_call_get_called (call));
  row->peer = g_strdup (oh_call_get_peer (call));
  row->withheld = oh_call_is_withheld (call);
  row->start = watch->start;
  row->duration = started ? (guint)((oh_call_get_ended (call) - started) / G_USEC_PER_SEC) : 0;
  row->outcome = outcome_of (call);
  rows = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_history_row_free);
  g_ptr_array_add (rows, row);
  oh_history_take_rows (watch->history, rows);
}

void
oh_client_watch_call (OhClient *client, OhAccount *account, OhCall *call)
{
  Watch *watch;

  if (oh_account_get_server (account))
    return;
  watch = g_new (Watch, 1);
  watch->history = g_object_ref (client->history);
  watch->account = g_strdup (oh_account_get_id (account));
  watch->start = g_get_real_time () / G_USEC_PER_SEC;
  g_signal_connect_data (call, "notify::state", G_CALLBACK (on_call_state), watch, watch_free, 0);
}
