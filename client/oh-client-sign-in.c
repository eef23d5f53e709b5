/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "base/oh-error.h"
#include "client/account/oh-json.h"
#include "oh-config.h"

#include <string.h>

/* A sign-in under way: first HTTPS, then the keyring, then the account stands in the list. */
typedef struct
{
  OhApi *api;
  OhAccountSettings *settings;
  char *secret;
  char *user, *password; /* embedded: kept until the server is there */
  char *name;
} SignIn;

static void
wipe (char *text)
{
  if (text)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
sign_in_free (gpointer data)
{
  SignIn *sign_in = data;

  g_clear_object (&sign_in->api);
  oh_account_settings_free (sign_in->settings);
  wipe (sign_in->secret);
  wipe (sign_in->password);
  g_free (sign_in->user);
  g_free (sign_in->name);
  g_free (sign_in);
}

static gboolean
take_answer (SignIn *sign_in, JsonNode *node, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  OhAccountSettings *settings = sign_in->settings;
  const struct
  {
    const char *member;
    char **at;
    gboolean mandatory;
  } fields[] = {
    { "device_id", &settings->device_id, TRUE },
    { "alias", &settings->address, TRUE },
    { "name", &settings->name, FALSE },
    { "sip_user", &settings->sip_user, TRUE },
    { "sip_realm", &settings->sip_realm, TRUE },
    { "sip_aor", &settings->sip_aor, TRUE },
    { "sip_proxy", &settings->sip_proxy, TRUE },
    { "sip_tls_name", &settings->sip_tls_name, FALSE },
    { "sip_ca", &settings->sip_ca, FALSE },
    { "echo_number", &settings->echo_number, FALSE },
    { "voicemail_number", &settings->voicemail_number, FALSE },
    { "secret", &sign_in->secret, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      *fields[i].at = g_strdup (oh_json_get_text (object, fields[i].member));
      if (fields[i].mandatory && !*fields[i].at)
        {
          g_set_error (error, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_NOT_OURS,
                       "the server's answer has no '%s'", fields[i].member);
          return FALSE;
        }
    }
  return TRUE;
}

GError *
oh_client_keyring_error (GError *error)
{
  OhSignInError code = g_error_matches (error, OH_SECRETS_ERROR, OH_SECRETS_ERROR_LOCKED)
                           ? OH_SIGN_IN_ERROR_KEYRING_LOCKED
                           : OH_SIGN_IN_ERROR_KEYRING_ABSENT;
  GError *translated;

  if (error->domain != OH_SECRETS_ERROR)
    return error;
  translated = g_error_new_literal (OH_SIGN_IN_ERROR, code, error->message);
  g_error_free (error);
  return translated;
}

static void
on_secret_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhClient *client = g_task_get_source_object (task);
  SignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;
  OhAccount *account;

  if (!oh_secrets_store_finish (OH_SECRETS (source), result, &error))
    {
      /* The device that the server just made would be nobody's. */
      oh_api_set_token (sign_in->api, sign_in->settings->device_id, sign_in->secret);
      oh_api_call_async (sign_in->api, "DELETE", "/session", NULL, NULL, NULL, NULL);
      g_task_return_error (task, oh_client_keyring_error (error));
      return;
    }
  account = oh_client_add_account (client, sign_in->settings, TRUE, &error);
  if (account)
    {
      oh_client_drop_twins (client, account);
      oh_client_end_others (client, account);
      g_task_return_pointer (task, g_object_ref (account), g_object_unref);
    }
  else
    g_task_return_error (task, error);
}

static void
on_signed_in (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhClient *client = g_task_get_source_object (task);
  SignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autofree char *label = NULL;

  g_free (client->refused);
  client->refused = g_strdup (oh_api_get_refused_fingerprint (OH_API (source)));
  if (!node || !take_answer (sign_in, node, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  label = g_strdup_printf ("Offhook: %s", sign_in->settings->address);
  oh_secrets_store_async (client->secrets, sign_in->settings->id, label, sign_in->secret,
                          cancellable, on_secret_stored, g_steal_pointer (&task));
}

static JsonNode *
build_question (const char *user, const char *password, const char *instance)
{
  JsonObject *object = json_object_new ();
  JsonNode *node;

  json_object_set_string_member (object, "user", user);
  json_object_set_string_member (object, "password", password);
  json_object_set_string_member (object, "device", g_get_host_name ());
  json_object_set_string_member (object, "program", "offhook");
  json_object_set_string_member (object, "version", OH_VERSION);
  json_object_set_string_member (object, "instance", instance);
  node = json_node_init_object (json_node_alloc (), object);
  json_object_unref (object);
  return node;
}

/* @task carries a SignIn whose settings name the server. */
static void
ask_server (GTask *task, const char *user, const char *password)
{
  SignIn *sign_in = g_task_get_task_data (task);
  OhAccountSettings *settings = sign_in->settings;
  g_autofree char *uuid = g_uuid_string_random ();
  g_autoptr (JsonNode) question = NULL;

  settings->id = g_strdup_printf ("sip-%.8s", uuid);
  settings->provider = g_strdup ("sip");
  settings->instance = g_strconcat ("urn:uuid:", uuid, NULL);
  question = build_question (user, password, settings->instance);
  sign_in->api = oh_api_new (settings->server, settings->fingerprint, NULL);
  oh_api_call_async (sign_in->api, "POST", "/sign-in", question, g_task_get_cancellable (task),
                     on_signed_in, task);
}

static GTask *
new_task (OhClient *client,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data)
{
  GTask *task = g_task_new (client, cancellable, callback, user_data);
  SignIn *sign_in = g_new0 (SignIn, 1);

  sign_in->settings = oh_account_settings_new ();
  g_task_set_task_data (task, sign_in, sign_in_free);
  return task;
}

void
oh_client_sign_in_async (OhClient *client,
                         const char *server,
                         const char *user,
                         const char *password,
                         const char *fingerprint,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = new_task (client, cancellable, callback, user_data);
  SignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;

  g_clear_pointer (&client->refused, g_free);
  sign_in->settings->server = oh_api_normalize_server (server, &error);
  sign_in->settings->fingerprint = g_strdup (fingerprint);
  if (sign_in->settings->server)
    {
      ask_server (task, user, password);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

OhAccount *
oh_client_sign_in_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- A server on this computer --- */

static void
on_user_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhClient *client = g_task_get_source_object (task);
  SignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;

  if (!oh_embedded_add_user_finish (OH_EMBEDDED (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  sign_in->settings->embedded = TRUE;
  sign_in->settings->server = g_strdup (oh_embedded_get_url (client->embedded));
  sign_in->settings->fingerprint = oh_embedded_dup_fingerprint (client->embedded, &error);
  if (error)
    g_task_return_error (task, error);
  else
    ask_server (g_steal_pointer (&task), sign_in->user, sign_in->password);
}

static void
on_server_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SignIn *sign_in = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  if (oh_embedded_start_finish (OH_EMBEDDED (source), result, &error))
    oh_embedded_add_user_async (OH_EMBEDDED (source), sign_in->user, sign_in->name,
                                sign_in->password, cancellable, on_user_added,
                                g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

/* The login name as far as an alias may hold it. */
static char *
choose_alias (void)
{
  g_autofree char *alias = g_ascii_strdown (g_get_user_name (), -1);

  g_strcanon (alias, G_CSET_a_2_z G_CSET_DIGITS "-_.", '-');
  return g_ascii_isalnum (*alias) ? g_steal_pointer (&alias) : g_strdup ("me");
}

/* The account of the server on this computer, unless it is of no use any more. */
static OhAccount *
find_embedded (OhClient *client)
{
  GListModel *accounts = G_LIST_MODEL (client->accounts);

  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      if (oh_account_is_embedded (account) && oh_account_get_state (account) != OH_ACCOUNT_FAILED)
        return account; /* the list holds it */
    }
  return NULL;
}

/* All who pressed the button meanwhile get the one account. */
static void
on_embedded_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OhClient *client = OH_CLIENT (source);
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&client->embedding);
  g_autoptr (GError) error = NULL;
  g_autoptr (OhAccount) account = oh_client_sign_in_finish (client, result, &error);

  for (guint i = 0; i < waiting->len; i++)
    if (account)
      g_task_return_pointer (waiting->pdata[i], g_object_ref (account), g_object_unref);
    else
      g_task_return_error (waiting->pdata[i], g_error_copy (error));
}

static void
set_up_embedded (OhClient *client, const char *name, GCancellable *cancellable)
{
  GTask *task = new_task (client, cancellable, on_embedded_done, NULL);
  SignIn *sign_in = g_task_get_task_data (task);

  sign_in->user = choose_alias ();
  sign_in->name = g_strdup (name && *name ? name : sign_in->user);
  sign_in->password = g_uuid_string_random ();
  oh_embedded_start_async (client->embedded, cancellable, on_server_started, task);
}

void
oh_client_start_embedded_async (OhClient *client,
                                const char *name,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task = g_task_new (client, cancellable, callback, user_data);
  OhAccount *account = find_embedded (client);
  gboolean first = !client->embedding;

  if (account)
    {
      g_task_return_pointer (task, g_object_ref (account), g_object_unref);
      g_object_unref (task);
      return;
    }
  if (first)
    client->embedding = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (client->embedding, task);
  if (first)
    set_up_embedded (client, name, cancellable);
}

OhAccount *
oh_client_start_embedded_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  return oh_client_sign_in_finish (client, result, error);
}

/* --- Forget --- */

static void
on_signed_out (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhClient *client = g_task_get_source_object (task);
  OhAccount *account = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!oh_mailbox_sign_out_finish (OH_MAILBOX (source), result, &error))
    g_message ("the server keeps this device in its list: %s", error->message);
  oh_client_drop_account (client, account);
  g_task_return_boolean (task, TRUE);
}

void
oh_client_forget_account_async (OhClient *client,
                                OhAccount *account,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task = g_task_new (client, NULL, callback, user_data);
  const OhAccountSettings *settings = oh_client_find_settings (client, oh_account_get_id (account));

  g_task_set_task_data (task, g_object_ref (account), g_object_unref);
  if (settings && !settings->server)
    {
      oh_client_drop_account (client, account);
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  if (settings)
    {
      oh_mailbox_sign_out_async (client->mailbox, settings, on_signed_out, task);
      return;
    }
  g_task_return_new_error (task, OH_ERROR, OH_ERROR_NOT_FOUND, "this account is not kept");
  g_object_unref (task);
}

gboolean
oh_client_forget_account_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
