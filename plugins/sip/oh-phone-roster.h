/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-base-messenger.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* The contacts of an account, which SIP keeps nowhere: a key file on this computer; their presence
 * is subscribed to (RFC 3856) while the account is signed in. Main thread; its account owns it. */
typedef struct _OhPhoneRoster OhPhoneRoster;

#define OH_PHONE_ROSTER_MAX 200 /* contacts */

/* @account: borrowed; gets what @path has, once it has its settings. */
OhPhoneRoster *oh_phone_roster_new (OhBaseMessenger *account, const char *path);
void oh_phone_roster_free (OhPhoneRoster *roster);

/* Both lent until oh_phone_roster_stop(). Twice is fine. */
void oh_phone_roster_start (OhPhoneRoster *roster, OhSip *sip, const OhSipAccount *identity);
void oh_phone_roster_stop (OhPhoneRoster *roster);

/* @name, @group: "" takes them away, NULL leaves them. */
void oh_phone_roster_add (OhPhoneRoster *roster,
                          const char *address,
                          const char *name,
                          const char *group);
void oh_phone_roster_remove (OhPhoneRoster *roster, const char *address);

G_END_DECLS
