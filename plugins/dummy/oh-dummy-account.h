/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-base-messenger.h"
#include "client/provider/oh-core.h"

G_BEGIN_DECLS

/* An account at no server. It follows a script, one JSON object a line:
 *   {"after": MS, "incoming": {"id","name","number","called","withheld","deadline": s,"default": 3,
 *    "options": [1,3,9]}}
 *   {"after": MS, "call": ID, "do": WORD}    see oh_dummy_call_do()
 *   {"after": MS, "account": "online|connecting|retrying|failed|offline", "reason": "network|..."}
 *   {"after": MS, "contact": {"address","name","group","presence","message","idle": s,"blocked"}}
 *   {"after": MS, "contact-gone": {"address"}}
 *   {"after": MS, "message": {"with","text","time","own","delayed","automatic"}}
 *   {"after": MS, "typing": {"with","state": "active|paused|stopped"}}
 *   {"after": MS, "receipt": {"with","read"}}, {"after": MS, "failed": {"with","text"}}
 *   {"after": MS, "question": {"kind": "certificate|contact|password|form|notice","buttons": [],
 *    "fields": [{"name","label","kind","value","masked","choices": []}], and texts and numbers of
 *    oh-question.h}}
 * Who is on the list and online takes what is sent and reads it; echo@dummy says it back. An account
 * with no script has some people on its list.
 * `after` counts from the line before, the first from the sign-in. A line with "until": NAME waits,
 * and with it all that follow, for a file of that name beside the script: who wrote it says when. */
#define OH_TYPE_DUMMY_ACCOUNT (oh_dummy_account_get_type ())
G_DECLARE_FINAL_TYPE (OhDummyAccount, oh_dummy_account, OH, DUMMY_ACCOUNT, OhBaseMessenger)

/* @script: path or NULL. */
OhDummyAccount *
oh_dummy_account_new (OhCore *core, const OhAccountSettings *settings, const char *script);

G_END_DECLS
