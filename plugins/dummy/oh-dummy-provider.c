/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-dummy"

#include "client/provider/oh-core.h"
#include "plugins/dummy/oh-dummy-account.h"

/* Has an account only where the environment's OFFHOOK_DUMMY_SCRIPT is set: a script's path, or empty
 * for an account where nothing happens by itself. */
#define OH_TYPE_DUMMY_PROVIDER (oh_dummy_provider_get_type ())
G_DECLARE_FINAL_TYPE (OhDummyProvider, oh_dummy_provider, OH, DUMMY_PROVIDER, GObject)

struct _OhDummyProvider
{
  GObject parent;
  OhCore *core;
};

static void provider_init (OhProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhDummyProvider,
                               oh_dummy_provider,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PROVIDER, provider_init))

G_MODULE_EXPORT const guint oh_provider_abi = OH_PROVIDER_ABI;
G_MODULE_EXPORT OhProvider *oh_provider_create (OhCore *core, GError **error);

static const char *
get_id (OhProvider *provider)
{
  return "dummy";
}

static OhAccount *
create_account (OhProvider *provider, const OhAccountSettings *settings, GError **error)
{
  OhDummyProvider *self = OH_DUMMY_PROVIDER (provider);

  return OH_ACCOUNT (oh_dummy_account_new (self->core, settings, NULL));
}

static OhAccount *
create_own_account (OhProvider *provider)
{
  OhDummyProvider *self = OH_DUMMY_PROVIDER (provider);
  const char *script = g_getenv ("OFFHOOK_DUMMY_SCRIPT");
  OhAccountSettings settings = {
    .id = (char *)"dummy",
    .provider = (char *)"dummy",
    .address = (char *)"demo@dummy",
    .name = (char *)"Demo User",
  };

  return script ? OH_ACCOUNT (oh_dummy_account_new (self->core, &settings, script)) : NULL;
}

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
  iface->get_id = get_id;
  iface->create_account = create_account;
  iface->create_own_account = create_own_account;
  iface->shut_down_async = shut_down_async;
  iface->shut_down_finish = shut_down_finish;
}

static void
oh_dummy_provider_class_init (OhDummyProviderClass *klass)
{
}

static void
oh_dummy_provider_init (OhDummyProvider *provider)
{
}

OhProvider *
oh_provider_create (OhCore *core, GError **error)
{
  OhDummyProvider *provider = g_object_new (OH_TYPE_DUMMY_PROVIDER, NULL);

  provider->core = core;
  return OH_PROVIDER (provider);
}
