/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-base-account.h"
#include "client/provider/oh-core.h"

G_BEGIN_DECLS

/* An account at no server. It follows a script, one JSON object a line:
 *   {"after": MS, "incoming": {"id","name","number","called","withheld","deadline": s,"default": 3,
 *    "options": [1,3,9]}}
 *   {"after": MS, "call": ID, "do": WORD}    see oh_dummy_call_do()
 *   {"after": MS, "account": "online|connecting|retrying|failed|offline", "reason": "network|..."}
 * `after` counts from the line before, the first from the sign-in. */
#define OH_TYPE_DUMMY_ACCOUNT (oh_dummy_account_get_type ())
G_DECLARE_FINAL_TYPE (OhDummyAccount, oh_dummy_account, OH, DUMMY_ACCOUNT, OhBaseAccount)

/* @script: path or NULL. */
OhDummyAccount *
oh_dummy_account_new (OhCore *core, const OhAccountSettings *settings, const char *script);

G_END_DECLS
