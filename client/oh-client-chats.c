/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "base/oh-error.h"
#include "client/account/oh-account-im-private.h"
#include "client/account/oh-base-account.h"
#include "client/account/oh-messenger.h"
#include "client/chat/oh-chat-private.h"
#include "client/provider/oh-core-private.h"

/* --- Parts --- */

void
oh_client_make_chats (OhClient *client)
{
  static const char *const flags[][2] = { { "contacts-grouped", "grouped" },
                                          { "contacts-online-first", "online-first" },
                                          { "contacts-show-offline", "show-offline" } };
  GListModel *accounts = G_LIST_MODEL (client->accounts);

  client->offers = oh_offer_desk_new (client->core, accounts);
  client->chats = oh_chats_new (client->database, client->settings, client->offers, accounts);
  client->contacts = oh_contact_list_new (accounts);
  client->kept = oh_contact_keep_new (client->database, accounts);
  client->protocols = g_list_store_new (OH_TYPE_PROTOCOL);
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    g_object_bind_property (client->settings, flags[i][0], client->contacts, flags[i][1],
                            G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
}

void
oh_client_drop_chats (OhClient *client)
{
  if (client->chats)
    g_object_run_dispose (G_OBJECT (client->chats)); /* answers on their way may hold it */
  g_clear_object (&client->chats);
  if (client->offers)
    g_object_run_dispose (G_OBJECT (client->offers));
  g_clear_object (&client->offers);
  if (client->kept)
    g_object_run_dispose (G_OBJECT (client->kept));
  g_clear_object (&client->kept);
  g_clear_object (&client->contacts);
  g_clear_object (&client->protocols);
}

/* So that an offer which comes right after the next start is believed. */
static void
keep_services (OhClient *client, OhAccountSettings *settings, const OhAccountIm *im)
{
  g_autofree char *text = oh_account_im_to_text (im);

  if (g_strcmp0 (text, settings->im_services) == 0)
    return;
  g_free (settings->im_services);
  settings->im_services = g_steal_pointer (&text);
  oh_client_save_accounts (client);
}

void
oh_client_recall_services (OhClient *client, const OhAccountSettings *settings)
{
  OhAccountIm *im = oh_account_im_from_text (settings->im_services);

  if (im)
    oh_offer_desk_set_server (client->offers, settings->id, im);
}

static void
on_services (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OhClient *client = OH_CLIENT (source);
  g_autofree char *id = user_data;
  g_autoptr (GError) error = NULL;
  OhAccountIm *im = oh_client_get_account_im_finish (client, result, &error);
  OhAccountSettings *settings = (OhAccountSettings *)oh_client_find_settings (client, id);

  if (!im)
    g_debug ("the call server's IM accounts are not known: %s", error->message);
  else if (client->offers && settings)
    {
      keep_services (client, settings, im);
      oh_offer_desk_set_server (client->offers, id, im);
    }
  else
    oh_account_im_free (im);
}

void
oh_client_learn_services (OhClient *client, const char *id)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (client->accounts)); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (G_LIST_MODEL (client->accounts), i);

      if (g_str_equal (oh_account_get_id (account), id))
        oh_client_get_account_im_async (client, account, on_services, g_strdup (id));
    }
}

OhContactList *
oh_client_get_contacts (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return client->contacts;
}

OhChats *
oh_client_get_chats (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return client->chats;
}

static OhAccount *
find_contact_with (OhClient *client, const char *number, char **address)
{
  GListModel *accounts = G_LIST_MODEL (client->accounts);

  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);
      g_autofree char *clean = OH_IS_MESSENGER (account)
                                   ? oh_messenger_normalize (OH_MESSENGER (account), number)
                                   : NULL;

      if (!clean || !oh_messenger_find_contact (OH_MESSENGER (account), clean))
        continue;
      *address = g_steal_pointer (&clean);
      return account; /* the list holds it */
    }
  return NULL;
}

OhAccount *
oh_client_find_address (
    OhClient *client, const char *account, const char *peer, const char *number, char **address)
{
  OhAccount *own;

  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  own = account && peer && *peer ? oh_client_find_account (client, account) : NULL;
  if (!OH_IS_MESSENGER (own))
    return number && *number ? find_contact_with (client, number, address) : NULL;
  *address = oh_messenger_normalize (OH_MESSENGER (own), peer);
  return own;
}

GListModel *
oh_client_get_questions (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  return oh_core_get_questions (client->core);
}

/* --- Protocols --- */

static void
on_protocols_changed (GListModel *model, guint at, guint gone, guint added, OhClient *client)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < client->plugins->providers->len; i++)
    {
      GListModel *part = oh_provider_get_protocols (client->plugins->providers->pdata[i]);

      for (guint p = 0; part && p < g_list_model_get_n_items (part); p++)
        g_ptr_array_add (all, g_list_model_get_item (part, p));
    }
  g_list_store_splice (client->protocols, 0,
                       g_list_model_get_n_items (G_LIST_MODEL (client->protocols)), all->pdata,
                       all->len);
}

GListModel *
oh_client_get_protocols (OhClient *client)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), NULL);
  if (client->protocols_asked || !client->plugins)
    return G_LIST_MODEL (client->protocols);
  client->protocols_asked = TRUE;
  for (guint i = 0; i < client->plugins->providers->len; i++)
    {
      GListModel *part = oh_provider_get_protocols (client->plugins->providers->pdata[i]);

      if (part)
        g_signal_connect_object (part, "items-changed", G_CALLBACK (on_protocols_changed), client,
                                 0);
    }
  on_protocols_changed (NULL, 0, 0, 0, client);
  return G_LIST_MODEL (client->protocols);
}

void
oh_client_ask_password (OhClient *client, OhAccount *account)
{
  g_return_if_fail (OH_IS_CLIENT (client) && OH_IS_BASE_ACCOUNT (account));
  oh_core_ask_password (client->core, account);
}

/* --- The user's own status --- */

void
oh_client_apply_status (OhClient *client, OhAccount *account)
{
  const OhAccountSettings *settings = oh_client_find_settings (client, oh_account_get_id (account));
  const char *word = oh_settings_get_status (client->settings);
  const char *message = oh_settings_get_status_message (client->settings);

  if (!OH_IS_MESSENGER (account))
    return;
  if (settings && settings->status)
    {
      word = settings->status;
      message = settings->status_text;
    }
  oh_messenger_set_status (OH_MESSENGER (account), oh_presence_from_word (word), message);
}

void
oh_client_set_status (OhClient *client, OhPresence presence, const char *message)
{
  GListModel *accounts;

  g_return_if_fail (OH_IS_CLIENT (client));
  g_return_if_fail (presence >= OH_PRESENCE_AVAILABLE && presence <= OH_PRESENCE_INVISIBLE);
  accounts = G_LIST_MODEL (client->accounts);
  g_object_set (client->settings, "status", oh_presence_to_word (presence), "status-message",
                message && *message ? message : NULL, NULL);
  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      oh_client_apply_status (client, account);
    }
}

gboolean
oh_client_set_account_status (OhClient *client,
                              OhAccount *account,
                              OhPresence presence,
                              const char *message)
{
  OhAccountSettings *settings;

  g_return_val_if_fail (OH_IS_CLIENT (client) && OH_IS_ACCOUNT (account), FALSE);
  settings = (OhAccountSettings *)oh_client_find_settings (client, oh_account_get_id (account));
  if (!settings)
    return FALSE;
  g_free (settings->status);
  g_free (settings->status_text);
  settings->status = presence == OH_PRESENCE_UNKNOWN ? NULL
                                                     : g_strdup (oh_presence_to_word (presence));
  settings->status_text = settings->status && message && *message ? g_strdup (message) : NULL;
  oh_client_save_accounts (client);
  oh_client_apply_status (client, account);
  return TRUE;
}

OhPresence
oh_client_get_account_status (OhClient *client, OhAccount *account, const char **message)
{
  const OhAccountSettings *settings;

  g_return_val_if_fail (OH_IS_CLIENT (client) && OH_IS_ACCOUNT (account), OH_PRESENCE_UNKNOWN);
  settings = oh_client_find_settings (client, oh_account_get_id (account));
  if (message)
    *message = settings ? settings->status_text : NULL;
  return settings ? oh_presence_from_word (settings->status) : OH_PRESENCE_UNKNOWN;
}
