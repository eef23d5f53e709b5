/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-account.h"

#include "base/oh-error.h"

G_DEFINE_INTERFACE (OhAccount, oh_account, G_TYPE_OBJECT)

#define FLAGS (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void
oh_account_default_init (OhAccountInterface *iface)
{
  static const char *const strings[] = { "id", "name", "address", "server" };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    g_object_interface_install_property (iface,
                                         g_param_spec_string (strings[i], NULL, NULL, NULL, FLAGS));
  g_object_interface_install_property (iface,
                                       g_param_spec_boolean ("embedded", NULL, NULL, FALSE, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_int ("state", NULL, NULL, 0, OH_ACCOUNT_FAILED, 0, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_int ("reason", NULL, NULL, 0, OH_ACCOUNT_REASON_KEYRING, 0, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_int64 ("retry-at", NULL, NULL, 0, G_MAXINT64, 0, FLAGS));
  g_object_interface_install_property (
      iface, g_param_spec_uint ("messages-waiting", NULL, NULL, 0, G_MAXUINT, 0, FLAGS));
}

static const char *
get_string (OhAccount *account, const char *property)
{
  return OH_ACCOUNT_GET_IFACE (account)->get_string (account, property);
}

OhAccountState
oh_account_get_state (OhAccount *account)
{
  int state = 0;

  g_return_val_if_fail (OH_IS_ACCOUNT (account), OH_ACCOUNT_OFFLINE);
  g_object_get (account, "state", &state, NULL);
  return state;
}

OhAccountReason
oh_account_get_reason (OhAccount *account)
{
  int reason = 0;

  g_return_val_if_fail (OH_IS_ACCOUNT (account), OH_ACCOUNT_REASON_NONE);
  g_object_get (account, "reason", &reason, NULL);
  return reason;
}

const char *
oh_account_get_id (OhAccount *account)
{
  g_return_val_if_fail (OH_IS_ACCOUNT (account), NULL);
  return get_string (account, "id");
}

const char *
oh_account_get_name (OhAccount *account)
{
  g_return_val_if_fail (OH_IS_ACCOUNT (account), NULL);
  return get_string (account, "name");
}

const char *
oh_account_get_address (OhAccount *account)
{
  g_return_val_if_fail (OH_IS_ACCOUNT (account), NULL);
  return get_string (account, "address");
}

const char *
oh_account_get_server (OhAccount *account)
{
  g_return_val_if_fail (OH_IS_ACCOUNT (account), NULL);
  return get_string (account, "server");
}

gboolean
oh_account_is_embedded (OhAccount *account)
{
  gboolean embedded = FALSE;

  g_return_val_if_fail (OH_IS_ACCOUNT (account), FALSE);
  g_object_get (account, "embedded", &embedded, NULL);
  return embedded;
}

gint64
oh_account_get_retry_at (OhAccount *account)
{
  gint64 retry_at = 0;

  g_return_val_if_fail (OH_IS_ACCOUNT (account), 0);
  g_object_get (account, "retry-at", &retry_at, NULL);
  return retry_at;
}

guint
oh_account_get_messages_waiting (OhAccount *account)
{
  guint waiting = 0;

  g_return_val_if_fail (OH_IS_ACCOUNT (account), 0);
  g_object_get (account, "messages-waiting", &waiting, NULL);
  return waiting;
}

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
  return OH_ACCOUNT_GET_IFACE (account)->dial (account, target, error);
}
