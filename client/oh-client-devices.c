/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "client/account/oh-account-device-private.h"

void
oh_client_get_account_devices_async (OhClient *client,
                                     OhAccount *account,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  oh_client_ask (client, account, "GET", "/devices", NULL, cancellable, callback, user_data);
}

GListModel *
oh_client_get_account_devices_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_autoptr (JsonNode) node = oh_client_ask_finish (client, result, error);
  const OhAccountSettings *settings = node ? oh_client_find_settings (client,
                                                                      oh_client_get_asked (result))
                                           : NULL;

  return node ? oh_account_devices_from_json (node, settings ? settings->device_id : NULL, error)
              : NULL;
}

void
oh_client_revoke_account_device_async (OhClient *client,
                                       OhAccount *account,
                                       OhAccountDevice *device,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_autofree char *path = g_strconcat ("/devices/", oh_account_device_get_id (device), NULL);

  oh_client_ask (client, account, "DELETE", path, NULL, cancellable, callback, user_data);
}

gboolean
oh_client_revoke_account_device_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  return oh_client_tell_finish (client, result, error);
}
