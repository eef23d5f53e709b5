/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "client/account/oh-account-rules-private.h"

#include <glib/gstdio.h>

#include <errno.h>

/* Where calls reach the account's user, as its call server keeps it. The last answer lies in a file of
 * the account, so that it can be read without the server. */

#define MAX_FILE (64 * 1024)

static char *
dup_path (OhClient *client, const char *id)
{
  g_autofree char *name = g_strconcat (id, ".json", NULL);

  return g_build_filename (client->state_dir, "rules", name, NULL);
}

static void
keep (OhClient *client, const char *id, JsonNode *node)
{
  g_autofree char *path = dup_path (client, id);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = json_to_string (node, FALSE);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (folder, 0700);
  if (!g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_message ("the rules are not kept for times without a connection: %s", error->message);
}

OhAccountRules *
oh_client_dup_known_rules (OhClient *client, OhAccount *account)
{
  g_autofree char *path = dup_path (client, oh_account_get_id (account));
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, NULL) || length > MAX_FILE)
    return NULL;
  node = json_from_string (text, NULL);
  return node ? oh_account_rules_from_json (node, NULL) : NULL;
}

void
oh_client_forget_rules (OhClient *client, const char *id)
{
  g_autofree char *path = dup_path (client, id);

  if (g_unlink (path) != 0 && errno != ENOENT)
    g_message ("%s is left over: %s", path, g_strerror (errno));
}

void
oh_client_get_account_rules_async (OhClient *client,
                                   OhAccount *account,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  oh_client_ask (client, account, "GET", "/me/rules", NULL, NULL, callback, user_data);
}

OhAccountRules *
oh_client_get_account_rules_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_autoptr (JsonNode) node = oh_client_ask_finish (client, result, error);
  OhAccountRules *rules = node ? oh_account_rules_from_json (node, error) : NULL;

  if (rules && oh_client_find_account (client, oh_client_get_asked (result)))
    keep (client, oh_client_get_asked (result), node);
  return rules;
}

void
oh_client_change_account_rules_async (OhClient *client,
                                      OhAccount *account,
                                      const OhRulesChange *change,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (JsonNode) body = oh_rules_change_to_json (change);

  oh_client_ask (client, account, "PATCH", "/me/rules", body, NULL, callback, user_data);
}

gboolean
oh_client_change_account_rules_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  return oh_client_tell_finish (client, result, error);
}

void
oh_client_forget_hours_async (OhClient *client,
                              OhAccount *account,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  oh_client_ask (client, account, "DELETE", "/me/rules/hours", NULL, NULL, callback, user_data);
}

gboolean
oh_client_forget_hours_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  return oh_client_tell_finish (client, result, error);
}

void
oh_client_set_talk (OhClient *client, OhAccount *account, gboolean allowed)
{
  OhAccountSettings *settings = (OhAccountSettings *)oh_client_find_settings (
      client, oh_account_get_id (account));

  if (!settings || settings->no_talk == !allowed)
    return;
  settings->no_talk = !allowed;
  oh_client_save_accounts (client);
  oh_account_set_talk (account, allowed);
}

gboolean
oh_client_get_talk (OhClient *client, OhAccount *account)
{
  const OhAccountSettings *settings = oh_client_find_settings (client, oh_account_get_id (account));

  return settings && !settings->no_talk;
}
