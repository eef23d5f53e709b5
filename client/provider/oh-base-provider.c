/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/provider/oh-base-provider.h"

typedef struct
{
  OhCore *core; /* outlives us */
} OhBaseProviderPrivate;

static void provider_init (OhProviderInterface *iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (OhBaseProvider,
                                  oh_base_provider,
                                  G_TYPE_OBJECT,
                                  G_ADD_PRIVATE (OhBaseProvider)
                                      G_IMPLEMENT_INTERFACE (OH_TYPE_PROVIDER, provider_init))

static void
shut_down_async (OhProvider *provider, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (provider, NULL, callback, user_data);

  g_task_return_boolean (task, TRUE);
}

static gboolean
shut_down_finish (OhProvider *provider, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
provider_init (OhProviderInterface *iface)
{
  iface->shut_down_async = shut_down_async;
  iface->shut_down_finish = shut_down_finish;
}

static void
oh_base_provider_class_init (OhBaseProviderClass *klass)
{
}

static void
oh_base_provider_init (OhBaseProvider *provider)
{
}

OhProvider *
oh_base_provider_new (GType type, OhCore *core)
{
  OhBaseProvider *provider = OH_BASE_PROVIDER (g_object_new (type, NULL));
  OhBaseProviderPrivate *priv = oh_base_provider_get_instance_private (provider);

  priv->core = core;
  return OH_PROVIDER (provider);
}

OhCore *
oh_base_provider_get_core (OhBaseProvider *provider)
{
  g_return_val_if_fail (OH_IS_BASE_PROVIDER (provider), NULL);
  return ((OhBaseProviderPrivate *)oh_base_provider_get_instance_private (provider))->core;
}
