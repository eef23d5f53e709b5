/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "base/oh-error.h"
#include "client/account/oh-account-device-private.h"

/* The session at @account's server; NULL after @task was told that there is none. */
static OhApi *
find_api (OhClient *client, OhAccount *account, GTask *task)
{
  OhApi *api = oh_mailbox_get_api (client->mailbox, oh_account_get_id (account));

  if (!api)
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "the account is not signed in");
  return api;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);
  GListModel *devices = NULL;

  if (node)
    devices = oh_account_devices_from_json (node, g_task_get_task_data (task), &error);
  if (devices)
    g_task_return_pointer (task, devices, g_object_unref);
  else
    g_task_return_error (task, error);
}

void
oh_client_get_account_devices_async (OhClient *client,
                                     OhAccount *account,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (client, cancellable, callback, user_data);
  const OhAccountSettings *settings = oh_client_find_settings (client, oh_account_get_id (account));
  OhApi *api = find_api (client, account, task);

  if (!api)
    return;
  g_task_set_task_data (task, g_strdup (settings ? settings->device_id : NULL), g_free);
  oh_api_call_async (api, "GET", "/devices", NULL, cancellable, on_listed, g_steal_pointer (&task));
}

GListModel *
oh_client_get_account_devices_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_revoked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);

  if (node)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
oh_client_revoke_account_device_async (OhClient *client,
                                       OhAccount *account,
                                       OhAccountDevice *device,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (client, cancellable, callback, user_data);
  g_autofree char *path = g_strconcat ("/devices/", oh_account_device_get_id (device), NULL);
  OhApi *api = find_api (client, account, task);

  if (api)
    oh_api_call_async (api, "DELETE", path, NULL, cancellable, on_revoked, g_steal_pointer (&task));
}

gboolean
oh_client_revoke_account_device_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, client), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
