/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/provider/oh-provider.h"

G_DEFINE_INTERFACE (OhProvider, oh_provider, G_TYPE_OBJECT)

static void
oh_provider_default_init (OhProviderInterface *iface)
{
}

const char *
oh_provider_get_id (OhProvider *provider)
{
  g_return_val_if_fail (OH_IS_PROVIDER (provider), NULL);
  return OH_PROVIDER_GET_IFACE (provider)->get_id (provider);
}

OhAccount *
oh_provider_create_account (OhProvider *provider, const OhAccountSettings *settings, GError **error)
{
  g_return_val_if_fail (OH_IS_PROVIDER (provider), NULL);
  return OH_PROVIDER_GET_IFACE (provider)->create_account (provider, settings, error);
}

OhAccount *
oh_provider_create_own_account (OhProvider *provider)
{
  OhProviderInterface *iface = OH_PROVIDER_GET_IFACE (provider);

  return iface->create_own_account ? iface->create_own_account (provider) : NULL;
}

GListModel *
oh_provider_get_protocols (OhProvider *provider)
{
  OhProviderInterface *iface = OH_PROVIDER_GET_IFACE (provider);

  return iface->get_protocols ? iface->get_protocols (provider) : NULL;
}

void
oh_provider_forget_account (OhProvider *provider, const char *id)
{
  OhProviderInterface *iface = OH_PROVIDER_GET_IFACE (provider);

  if (iface->forget_account)
    iface->forget_account (provider, id);
}

void
oh_provider_network_changed (OhProvider *provider)
{
  OhProviderInterface *iface = OH_PROVIDER_GET_IFACE (provider);

  if (iface->network_changed)
    iface->network_changed (provider);
}

void
oh_provider_set_use (OhProvider *provider, OhUse use, gint64 since)
{
  OhProviderInterface *iface = OH_PROVIDER_GET_IFACE (provider);

  if (iface->set_use)
    iface->set_use (provider, use, since);
}

void
oh_provider_set_receipts (OhProvider *provider, gboolean given)
{
  OhProviderInterface *iface = OH_PROVIDER_GET_IFACE (provider);

  if (iface->set_receipts)
    iface->set_receipts (provider, given);
}

void
oh_provider_shut_down_async (OhProvider *provider, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (OH_IS_PROVIDER (provider));
  OH_PROVIDER_GET_IFACE (provider)->shut_down_async (provider, callback, user_data);
}

gboolean
oh_provider_shut_down_finish (OhProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (OH_IS_PROVIDER (provider), FALSE);
  return OH_PROVIDER_GET_IFACE (provider)->shut_down_finish (provider, result, error);
}
