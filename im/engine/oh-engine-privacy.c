/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

/* libpurple keeps the list of each account. Where the service keeps one itself (XMPP, XEP-0191), that
 * one replaces it at each sign-in; the parent is told of every name that comes or goes. */

/* The parent is setting it: it knows. */
static gboolean setting;

static void
tell (PurpleAccount *account, const char *name, gboolean blocked)
{
  g_autofree char *normal = oh_engine_normalize (account, name);

  if (!setting && *oh_engine_account_id (account) && *normal)
    oh_engine_emit ("Blocked",
                    g_variant_new ("(ssb)", oh_engine_account_id (account), normal, blocked));
}

static void
on_deny_added (PurpleAccount *account, const char *name)
{
  tell (account, name, TRUE);
}

static void
on_deny_removed (PurpleAccount *account, const char *name)
{
  tell (account, name, FALSE);
}

static gboolean
is_xmpp (PurpleAccount *account)
{
  return g_str_equal (purple_account_get_protocol_id (account), "prpl-jabber");
}

/* Whether the list here is all that there is: libpurple would complain that the service has none. */
static gboolean
is_local (PurpleAccount *account)
{
  return !purple_account_is_connected (account)
         || (is_xmpp (account) && !oh_engine_xmpp_has_blocking (account));
}

/* libpurple takes what its own list says for done, also while the service's list, which will replace it,
 * is on its way. */
static void
disagree (PurpleAccount *account, const char *name, gboolean blocked)
{
  if (is_local (account))
    return;
  if (blocked)
    purple_privacy_deny_remove (account, name, TRUE);
  else
    purple_privacy_deny_add (account, name, TRUE);
}

gboolean
oh_engine_set_blocked (const char *id, const char *name, gboolean blocked, GError **error)
{
  PurpleAccount *account = oh_engine_find_account (id, error);
  g_autofree char *normal = NULL;

  if (!account)
    return FALSE;
  if (!oh_im_name_is_good (name))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a name");
      return FALSE;
    }
  normal = oh_engine_normalize (account, name);
  if (blocked && g_slist_length (account->deny) >= OH_IM_MAX_BLOCKED)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many are blocked");
      return FALSE;
    }
  purple_account_set_privacy_type (account, PURPLE_PRIVACY_DENY_USERS);
  setting = TRUE;
  disagree (account, normal, blocked);
  if (blocked)
    purple_privacy_deny_add (account, normal, is_local (account));
  else
    purple_privacy_deny_remove (account, normal, is_local (account));
  setting = FALSE;
  return TRUE;
}

gboolean
oh_engine_is_blocked (PurpleAccount *account, const char *name)
{
  return purple_account_get_privacy_type (account) == PURPLE_PRIVACY_DENY_USERS
         && !purple_privacy_check (account, name);
}

/* They are not told that they are blocked. */
static int
on_authorization_requested (
    PurpleAccount *account, const char *who, const char *message, char **response, gpointer data)
{
  return oh_engine_is_blocked (account, who) ? PURPLE_ACCOUNT_RESPONSE_IGNORE
                                             : PURPLE_ACCOUNT_RESPONSE_PASS;
}

void
oh_engine_privacy_install (void)
{
  static PurplePrivacyUiOps ops = { .deny_added = on_deny_added, .deny_removed = on_deny_removed };
  static int handle;

  purple_privacy_set_ui_ops (&ops);
  purple_signal_connect (purple_accounts_get_handle (),
                         "account-authorization-requested-with-message", &handle,
                         PURPLE_CALLBACK (on_authorization_requested), NULL);
}
