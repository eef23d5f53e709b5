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
  OhAccount *own; /* weak */
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
  OhDummyProvider *self = OH_DUMMY_PROVIDER (provider);
  OhCore *core = oh_base_provider_get_core (OH_BASE_PROVIDER (provider));
  const char *script = g_getenv ("OFFHOOK_DUMMY_SCRIPT");
  OhAccountSettings settings = {
    .id = (char *)"dummy",
    .provider = (char *)"dummy",
    .address = (char *)"demo@dummy",
    .name = (char *)"Demo User",
  };

  if (!script)
    return NULL;
  g_clear_weak_pointer (&self->own);
  g_set_weak_pointer (&self->own, OH_ACCOUNT (oh_dummy_account_new (core, &settings, script)));
  return self->own;
}

/* As a server that can be reached again. */
static void
network_changed (OhProvider *provider)
{
  OhDummyProvider *self = OH_DUMMY_PROVIDER (provider);

  if (self->own && oh_account_get_state (self->own) == OH_ACCOUNT_RETRYING)
    oh_account_sign_in (self->own);
}

static void
dispose (GObject *object)
{
  g_clear_weak_pointer (&OH_DUMMY_PROVIDER (object)->own);
  G_OBJECT_CLASS (oh_dummy_provider_parent_class)->dispose (object);
}

static void
provider_init (OhProviderInterface *iface)
{
  iface->get_id = get_id;
  iface->create_account = create_account;
  iface->create_own_account = create_own_account;
  iface->network_changed = network_changed;
}

static void
oh_dummy_provider_class_init (OhDummyProviderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
}

static void
oh_dummy_provider_init (OhDummyProvider *provider)
{
}
