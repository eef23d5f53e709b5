/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "base/oh-error.h"

/* What the call servers of the accounts are asked and told over HTTPS. */

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  JsonNode *node = oh_api_call_finish (OH_API (source), result, &error);

  if (node)
    g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
  else
    g_task_return_error (task, error);
}

void
oh_client_ask (OhClient *client,
               OhAccount *account,
               const char *method,
               const char *path,
               JsonNode *body,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (client, cancellable, callback, user_data);
  OhApi *api = oh_mailbox_get_api (client->mailbox, oh_account_get_id (account));

  g_task_set_task_data (task, g_strdup (oh_account_get_id (account)), g_free);
  if (api)
    oh_api_call_async (api, method, path, body, cancellable, on_answered, g_steal_pointer (&task));
  else
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "the account is not signed in");
}

JsonNode *
oh_client_ask_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
oh_client_tell_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_autoptr (JsonNode) node = oh_client_ask_finish (client, result, error);

  return node != NULL;
}

const char *
oh_client_get_asked (GAsyncResult *result)
{
  return g_task_get_task_data (G_TASK (result));
}
