/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "base/oh-error.h"
#include "base/oh-proxy.h"
#include "client/account/oh-base-account.h"

#include <string.h>

/* Accounts of IM services: made, and sent through a proxy. Passwords lie in the keyring before anything
 * else is kept. */

#define SYSTEM "system"

static void
wipe (char *secret)
{
  if (secret)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

/* Both as base/oh-proxy.h writes it. */
static char *
check_proxy (const char *text, GError **error)
{
  g_autoptr (OhProxy) proxy = oh_proxy_parse (text ? text : SYSTEM, error);

  return proxy ? oh_proxy_to_text (proxy) : NULL;
}

static void
store_proxy_password (OhClient *client,
                      const OhAccountSettings *settings,
                      const char *password,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autofree char *id = oh_account_settings_dup_proxy_id (settings);
  g_autofree char *label = g_strdup_printf ("Offhook: %s (proxy)", settings->address);

  oh_secrets_store_async (client->secrets, id, label, password, NULL, callback, user_data);
}

/* --- A new account --- */

typedef struct
{
  OhAccountSettings *settings;
  char *password;
} Adding;

static void
adding_free (gpointer data)
{
  Adding *adding = data;

  oh_account_settings_free (adding->settings);
  wipe (adding->password);
  g_free (adding);
}

static gboolean
is_known (OhClient *client, const OhAccountSettings *wanted)
{
  for (guint i = 0; i < client->all->len; i++)
    {
      const OhAccountSettings *settings = client->all->pdata[i];

      if (g_strcmp0 (settings->provider, wanted->provider) == 0
          && g_strcmp0 (settings->protocol, wanted->protocol) == 0
          && g_strcmp0 (settings->address, wanted->address) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
add_now (GTask *task)
{
  OhClient *client = g_task_get_source_object (task);
  Adding *adding = g_task_get_task_data (task);
  GError *error = NULL;
  OhAccount *account = oh_client_add_account (client, adding->settings, TRUE, &error);

  if (account)
    g_task_return_pointer (task, g_object_ref (account), g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
on_password_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (oh_secrets_store_finish (OH_SECRETS (source), result, &error))
    add_now (task);
  else
    g_task_return_error (task, oh_client_keyring_error (error));
}

/* Takes @task. */
static void
store_password (GTask *task)
{
  OhClient *client = g_task_get_source_object (task);
  Adding *adding = g_task_get_task_data (task);
  g_autofree char *label = g_strdup_printf ("Offhook: %s", adding->settings->address);

  if (adding->password && *adding->password)
    oh_secrets_store_async (client->secrets, adding->settings->id, label, adding->password, NULL,
                            on_password_stored, task);
  else
    {
      add_now (task);
      g_object_unref (task);
    }
}

static void
on_proxy_password_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (oh_secrets_store_finish (OH_SECRETS (source), result, &error))
    store_password (g_steal_pointer (&task));
  else
    g_task_return_error (task, oh_client_keyring_error (error));
}

static OhAccountSettings *
build_settings (const OhNewMessenger *wanted, GVariant *options)
{
  OhAccountSettings *settings = oh_account_settings_new ();
  const char *provider = oh_protocol_get_provider (wanted->protocol);
  g_autofree char *uuid = g_uuid_string_random ();

  settings->id = g_strdup_printf ("%s-%.8s", provider, uuid);
  settings->provider = g_strdup (provider);
  settings->protocol = g_strdup (oh_protocol_get_id (wanted->protocol));
  settings->address = g_strdup (wanted->username);
  if (options && g_variant_n_children (options) > 0)
    settings->options = g_variant_print (options, TRUE);
  return settings;
}

void
oh_client_add_messenger_async (OhClient *client,
                               const OhNewMessenger *wanted,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (client, NULL, callback, user_data);
  g_autoptr (GVariant) options = wanted->options ? g_variant_ref_sink (wanted->options) : NULL;
  Adding *adding = g_new0 (Adding, 1);
  GError *error = NULL;

  g_return_if_fail (OH_IS_CLIENT (client) && OH_IS_PROTOCOL (wanted->protocol));
  g_task_set_task_data (task, adding, adding_free);
  adding->settings = build_settings (wanted, options);
  adding->settings->proxy = check_proxy (wanted->proxy, &error);
  adding->password = g_strdup (wanted->password);
  if (!adding->settings->proxy)
    g_task_return_error (task, error);
  else if (!wanted->username || !*wanted->username)
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_INVALID, "the account has no name");
  else if (is_known (client, adding->settings))
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_EXISTS, "this account is there already");
  else if (wanted->proxy_password && *wanted->proxy_password)
    store_proxy_password (client, adding->settings, wanted->proxy_password,
                          on_proxy_password_stored, g_steal_pointer (&task));
  else
    store_password (g_steal_pointer (&task));
}

OhAccount *
oh_client_add_messenger_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- The proxy of one that is there --- */

typedef struct
{
  OhAccount *account;
  char *proxy;
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_object_unref (change->account);
  g_free (change->proxy);
  g_free (change);
}

static void
change_now (GTask *task)
{
  OhClient *client = g_task_get_source_object (task);
  Change *change = g_task_get_task_data (task);
  OhAccountSettings *settings = (OhAccountSettings *)oh_client_find_settings (
      client, oh_account_get_id (change->account));
  OhAccountState state = oh_account_get_state (change->account);

  if (!settings)
    {
      g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "the account is gone");
      return;
    }
  g_free (settings->proxy);
  settings->proxy = g_strdup (change->proxy);
  oh_client_save_accounts (client);
  oh_base_account_set_settings (OH_BASE_ACCOUNT (change->account), settings);
  if (state != OH_ACCOUNT_OFFLINE)
    {
      oh_account_sign_out (change->account);
      oh_account_sign_in (change->account);
    }
  g_task_return_boolean (task, TRUE);
}

static void
on_new_password_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (oh_secrets_store_finish (OH_SECRETS (source), result, &error))
    change_now (task);
  else
    g_task_return_error (task, oh_client_keyring_error (error));
}

void
oh_client_set_proxy_async (OhClient *client,
                           OhAccount *account,
                           const char *proxy,
                           const char *password,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (client, NULL, callback, user_data);
  const OhAccountSettings *settings = oh_client_find_settings (client, oh_account_get_id (account));
  Change *change = g_new0 (Change, 1);
  GError *error = NULL;

  g_return_if_fail (OH_IS_CLIENT (client) && OH_IS_BASE_ACCOUNT (account));
  change->account = g_object_ref (account);
  change->proxy = check_proxy (proxy, &error);
  g_task_set_task_data (task, change, change_free);
  if (!change->proxy)
    g_task_return_error (task, error);
  else if (settings && password && *password)
    store_proxy_password (client, settings, password, on_new_password_stored,
                          g_steal_pointer (&task));
  else
    {
      if (settings && password)
        oh_client_clear_proxy_password (client, settings->id);
      change_now (task);
    }
}

gboolean
oh_client_set_proxy_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

const char *
oh_client_get_proxy (OhClient *client, OhAccount *account)
{
  const OhAccountSettings *settings;

  g_return_val_if_fail (OH_IS_CLIENT (client) && OH_IS_ACCOUNT (account), SYSTEM);
  settings = oh_client_find_settings (client, oh_account_get_id (account));
  return settings && settings->proxy ? settings->proxy : SYSTEM;
}

void
oh_client_clear_proxy_password (OhClient *client, const char *id)
{
  const OhAccountSettings settings = { .id = (char *)id };
  g_autofree char *secret = oh_account_settings_dup_proxy_id (&settings);

  oh_secrets_clear (client->secrets, secret);
}
