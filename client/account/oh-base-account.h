/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-settings.h"
#include "client/account/oh-account.h"

G_BEGIN_DECLS

/* What every provider's account shares: its settings, the properties of OhAccount and their
 * notification. A subclass implements the verbs. Main thread. */
#define OH_TYPE_BASE_ACCOUNT (oh_base_account_get_type ())
G_DECLARE_DERIVABLE_TYPE (OhBaseAccount, oh_base_account, OH, BASE_ACCOUNT, GObject)

struct _OhBaseAccountClass
{
  GObjectClass parent;
  /* Mandatory, but `dial`: without it the account has no feature CALLS. */
  void (*sign_in) (OhBaseAccount *account);
  void (*sign_out) (OhBaseAccount *account);
  gboolean (*dial) (OhBaseAccount *account, const char *target, GError **error);
  /* Optional: with it the account has the feature TALK. It starts as its settings say. */
  void (*set_talk) (OhBaseAccount *account, gboolean allowed);
};

/* Copies @settings: right after creation, later only while signed out. */
void oh_base_account_set_settings (OhBaseAccount *account, const OhAccountSettings *settings);
const OhAccountSettings *oh_base_account_get_settings (OhBaseAccount *account);

/* @retry_at: monotonic us, with RETRYING; else 0. */
void oh_base_account_set_state (OhBaseAccount *account,
                                OhAccountState state,
                                OhAccountReason reason,
                                gint64 retry_at);
/* What the service said of the reason; NULL or "": nothing. */
void oh_base_account_set_detail (OhBaseAccount *account, const char *detail);
/* What it can beside calls and TALK. */
void oh_base_account_set_features (OhBaseAccount *account, OhAccountFeatures features);
void oh_base_account_set_messages_waiting (OhBaseAccount *account, guint waiting);

G_END_DECLS
