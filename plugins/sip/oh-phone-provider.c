/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "base/oh-error.h"
#include "client/provider/oh-base-provider.h"
#include "plugins/sip/oh-farewell.h"
#include "plugins/sip/oh-phone-account.h"

/* Calls over SIP: Offhook's call server. Keeps weak references to its accounts, to end them in
 * order. */
#define OH_TYPE_PHONE_PROVIDER (oh_phone_provider_get_type ())
G_DECLARE_FINAL_TYPE (OhPhoneProvider, oh_phone_provider, OH, PHONE_PROVIDER, OhBaseProvider)

struct _OhPhoneProvider
{
  OhBaseProvider parent;
  GPtrArray *accounts; /* of GWeakRef */
  OhUse use;           /* of this computer, for accounts that come later */
  gint64 since;
};

static void provider_init (OhProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhPhoneProvider,
                               oh_phone_provider,
                               OH_TYPE_BASE_PROVIDER,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PROVIDER, provider_init))

OH_PROVIDER_DEFINE (OH_TYPE_PHONE_PROVIDER)

static const char *
get_id (OhProvider *provider)
{
  return "sip";
}

static void
weak_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static OhAccount *
create_account (OhProvider *provider, const OhAccountSettings *settings, GError **error)
{
  OhPhoneProvider *self = OH_PHONE_PROVIDER (provider);
  OhPhoneAccount *account;
  GWeakRef *weak;

  if (!settings->sip_aor || !settings->sip_proxy || !settings->sip_user)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the account lacks its SIP address");
      return NULL;
    }
  account = oh_phone_account_new (oh_base_provider_get_core (OH_BASE_PROVIDER (self)), settings);
  oh_phone_account_set_use (account, self->use, self->since);
  weak = g_new0 (GWeakRef, 1);
  g_weak_ref_init (weak, account);
  g_ptr_array_add (self->accounts, weak);
  return OH_ACCOUNT (account);
}

static void
network_changed (OhProvider *provider)
{
  OhPhoneProvider *self = OH_PHONE_PROVIDER (provider);

  for (guint i = 0; i < self->accounts->len; i++)
    {
      g_autoptr (OhPhoneAccount) account = g_weak_ref_get (self->accounts->pdata[i]);

      if (account)
        oh_phone_account_network_changed (account);
    }
}

static void
set_use (OhProvider *provider, OhUse use, gint64 since)
{
  OhPhoneProvider *self = OH_PHONE_PROVIDER (provider);

  self->use = use;
  self->since = since;
  for (guint i = 0; i < self->accounts->len; i++)
    {
      g_autoptr (OhPhoneAccount) account = g_weak_ref_get (self->accounts->pdata[i]);

      if (account)
        oh_phone_account_set_use (account, use, since);
    }
}

/* The stack's end blocks for as long as the server takes to answer. */
static void
wait_for_farewells (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  oh_farewell_wait ();
  g_task_return_boolean (task, TRUE);
}

static void
shut_down_async (OhProvider *provider, GAsyncReadyCallback callback, gpointer user_data)
{
  OhPhoneProvider *self = OH_PHONE_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (provider, NULL, callback, user_data);

  for (guint i = 0; i < self->accounts->len; i++)
    {
      g_autoptr (OhPhoneAccount) account = g_weak_ref_get (self->accounts->pdata[i]);
      OhSip *sip = account ? oh_phone_account_steal_sip (account) : NULL;

      if (sip)
        oh_farewell_begin (sip);
    }
  g_task_run_in_thread (task, wait_for_farewells);
}

static void
provider_init (OhProviderInterface *iface)
{
  iface->get_id = get_id;
  iface->create_account = create_account;
  iface->network_changed = network_changed;
  iface->set_use = set_use;
  iface->shut_down_async = shut_down_async;
}

static void
finalize (GObject *object)
{
  g_ptr_array_unref (OH_PHONE_PROVIDER (object)->accounts);
  G_OBJECT_CLASS (oh_phone_provider_parent_class)->finalize (object);
}

static void
oh_phone_provider_class_init (OhPhoneProviderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_phone_provider_init (OhPhoneProvider *provider)
{
  provider->accounts = g_ptr_array_new_with_free_func (weak_free);
}
