/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-base-messenger.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* The contacts of an account, which SIP keeps nowhere, and whom it has blocked: a key file on this
 * computer; the presence of contacts is subscribed to (RFC 3856) while the account is signed in.
 * Addresses are as oh_phone_address_normalize() writes them. Main thread; its account owns it. */
typedef struct _OhPhoneRoster OhPhoneRoster;

#define OH_PHONE_ROSTER_MAX 200          /* contacts */
#define OH_PHONE_ROSTER_MAX_BLOCKED 1000 /* addresses */
#define OH_PHONE_ROSTER_MAX_ADDRESS 1000 /* bytes, of somebody who is blocked */

/* @account: borrowed; gets what @path has, once it has its settings. */
OhPhoneRoster *oh_phone_roster_new (OhBaseMessenger *account, const char *path);
void oh_phone_roster_free (OhPhoneRoster *roster);

/* Both lent until oh_phone_roster_stop(). Twice is fine. */
void oh_phone_roster_start (OhPhoneRoster *roster, OhSip *sip, const OhSipAccount *identity);
void oh_phone_roster_stop (OhPhoneRoster *roster);
/* The server reaches us by another connection now: subscribes once more. What is known stays. */
void oh_phone_roster_watch_anew (OhPhoneRoster *roster);

/* @name, @group: "" takes them away, NULL leaves them. */
void oh_phone_roster_add (OhPhoneRoster *roster,
                          const char *address,
                          const char *name,
                          const char *group);
void oh_phone_roster_remove (OhPhoneRoster *roster, const char *address);

/* Contact or not; kept when a contact is removed. FALSE: it was so, or there are too many, or @address is
 * none. */
gboolean oh_phone_roster_set_blocked (OhPhoneRoster *roster, const char *address, gboolean blocked);
gboolean oh_phone_roster_is_blocked (OhPhoneRoster *roster, const char *address);

G_END_DECLS
