/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-dummy"

#include "client/provider/oh-base-provider.h"
#include "plugins/dummy/oh-dummy-account.h"

/* Has an account only where the environment's OFFHOOK_DUMMY_SCRIPT is set: a script's path, or empty
 * for an account where nothing happens by itself. */
#define OH_TYPE_DUMMY_PROVIDER (oh_dummy_provider_get_type ())
G_DECLARE_FINAL_TYPE (OhDummyProvider, oh_dummy_provider, OH, DUMMY_PROVIDER, OhBaseProvider)

struct _OhDummyProvider
{
  OhBaseProvider parent;
};

static void provider_init (OhProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhDummyProvider,
                               oh_dummy_provider,
                               OH_TYPE_BASE_PROVIDER,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PROVIDER, provider_init))

OH_PROVIDER_DEFINE (OH_TYPE_DUMMY_PROVIDER)

static const char *
get_id (OhProvider *provider)
{
  return "dummy";
}

static OhAccount *
create_account (OhProvider *provider, const OhAccountSettings *settings, GError **error)
{
  OhCore *core = oh_base_provider_get_core (OH_BASE_PROVIDER (provider));

  return OH_ACCOUNT (oh_dummy_account_new (core, settings, NULL));
}

static OhAccount *
create_own_account (OhProvider *provider)
{
  OhCore *core = oh_base_provider_get_core (OH_BASE_PROVIDER (provider));
  const char *script = g_getenv ("OFFHOOK_DUMMY_SCRIPT");
  OhAccountSettings settings = {
    .id = (char *)"dummy",
    .provider = (char *)"dummy",
    .address = (char *)"demo@dummy",
    .name = (char *)"Demo User",
  };

  return script ? OH_ACCOUNT (oh_dummy_account_new (core, &settings, script)) : NULL;
}

static void
provider_init (OhProviderInterface *iface)
{
  iface->get_id = get_id;
  iface->create_account = create_account;
  iface->create_own_account = create_own_account;
}

static void
oh_dummy_provider_class_init (OhDummyProviderClass *klass)
{
}

static void
oh_dummy_provider_init (OhDummyProvider *provider)
{
}
