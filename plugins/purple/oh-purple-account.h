/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-base-messenger.h"
#include "client/provider/oh-core.h"
#include "client/provider/oh-provider.h"
#include "im/proxy/oh-im-engine.h"

G_BEGIN_DECLS

/* One account at an IM service, as the client sees it: an OhImAccount of the one engine. It is back
 * by itself after the service was away and after the engine's process ended. */
#define OH_TYPE_PURPLE_ACCOUNT (oh_purple_account_get_type ())
G_DECLARE_FINAL_TYPE (OhPurpleAccount, oh_purple_account, OH, PURPLE_ACCOUNT, OhBaseMessenger)

/* @core outlives it; @folder: for what is kept of its people. NULL and @error where its settings make no account. */
OhPurpleAccount *oh_purple_account_new (OhCore *core,
                                        OhImEngine *engine,
                                        const char *folder,
                                        const OhAccountSettings *settings,
                                        GError **error);

/* It is forgotten: nothing of it is kept any more. */
void oh_purple_account_forget (OhPurpleAccount *account);

/* What its protocol can do is known now. */
void oh_purple_account_protocols_changed (OhPurpleAccount *account);

/* Tries again at once if it is waiting to. */
void oh_purple_account_network_changed (OhPurpleAccount *account);

/* The person came to this computer or left it; @since: Unix s of the last use, with OH_USE_IDLE. */
void oh_purple_account_set_use (OhPurpleAccount *account, OhUse use, gint64 since);

G_END_DECLS
