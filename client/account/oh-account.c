/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-account.h"

#include "base/oh-error.h"
#include "client/account/oh-getter-private.h"

G_DEFINE_INTERFACE (OhAccount, oh_account, G_TYPE_OBJECT)

#define FLAGS (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void
oh_account_default_init (OhAccountInterface *iface)
{
  static const char *const strings[] = { "id",       "name",     "address", "server",
                                         "provider", "protocol", "detail" };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    g_object_interface_install_property (iface,
                                         g_param_spec_string (strings[i], NULL, NULL, NULL, FLAGS));
  g_object_interface_install_property (iface,
                                       g_param_spec_boolean ("embedded", NULL, NULL, FALSE, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_int ("state", NULL, NULL, 0, OH_ACCOUNT_FAILED, 0, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_int ("reason", NULL, NULL, 0, OH_ACCOUNT_REASON_WEB, 0, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_int64 ("retry-at", NULL, NULL, 0, G_MAXINT64, 0, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_uint ("features", NULL, NULL, 0, G_MAXUINT, 0, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_uint ("messages-waiting", NULL, NULL, 0, G_MAXUINT, 0, FLAGS));
}

#define GETTER(type, name, property, none)                                                         \
  OH_GETTER (type, oh_account_##name, OhAccount, OH_IS_ACCOUNT, property, none)
#define TEXT(name, property)                                                                       \
  OH_TEXT_GETTER (oh_account_##name, OhAccount, OH_IS_ACCOUNT, OH_ACCOUNT_GET_IFACE, property)

GETTER (OhAccountState, get_state, "state", OH_ACCOUNT_OFFLINE)
GETTER (OhAccountReason, get_reason, "reason", OH_ACCOUNT_REASON_NONE)
TEXT (get_id, "id")
TEXT (get_name, "name")
TEXT (get_address, "address")
TEXT (get_server, "server")
TEXT (get_provider, "provider")
TEXT (get_protocol, "protocol")
TEXT (get_detail, "detail")
GETTER (gboolean, is_embedded, "embedded", FALSE)
GETTER (gint64, get_retry_at, "retry-at", 0)
GETTER (OhAccountFeatures, get_features, "features", 0)
GETTER (guint, get_messages_waiting, "messages-waiting", 0)

void
oh_account_sign_in (OhAccount *account)
{
  g_return_if_fail (OH_IS_ACCOUNT (account));
  OH_ACCOUNT_GET_IFACE (account)->sign_in (account);
}

void
oh_account_sign_out (OhAccount *account)
{
  g_return_if_fail (OH_IS_ACCOUNT (account));
  OH_ACCOUNT_GET_IFACE (account)->sign_out (account);
}

gboolean
oh_account_dial (OhAccount *account, const char *target, GError **error)
{
  g_return_val_if_fail (OH_IS_ACCOUNT (account), FALSE);
  if (!target || !*target)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "nothing to call");
      return FALSE;
    }
  if (!(oh_account_get_features (account) & OH_ACCOUNT_CALLS))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "this account has no calls");
      return FALSE;
    }
  return OH_ACCOUNT_GET_IFACE (account)->dial (account, target, error);
}

void
oh_account_set_talk (OhAccount *account, gboolean allowed)
{
  g_return_if_fail (OH_IS_ACCOUNT (account));
  if (OH_ACCOUNT_GET_IFACE (account)->set_talk)
    OH_ACCOUNT_GET_IFACE (account)->set_talk (account, allowed);
}
