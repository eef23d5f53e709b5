/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-im.h"
#include "client/account/oh-messenger.h"

G_BEGIN_DECLS

/* Tells messages that only look like call offers from those of the user's call servers: knows by which
 * IM accounts each call server writes. Main thread; OhClient makes it. */
typedef struct _OhOfferGuard OhOfferGuard;

OhOfferGuard *oh_offer_guard_new (void);
void oh_offer_guard_free (OhOfferGuard *guard);

/* What the call server of account @id says of itself, taken; NULL: nothing is known of it any more. */
void oh_offer_guard_set (OhOfferGuard *guard, const char *id, OhAccountIm *im);

/* Whether @text, which @from wrote to @messenger, looks like a call offer and is of no call server's. */
gboolean oh_offer_guard_is_forged (OhOfferGuard *guard,
                                   OhMessenger *messenger,
                                   const char *from,
                                   const char *text);

/* Whether @text has the looks of an offer: the link of one ("https://HOST/o/" and 22 characters), or
 * its options by number. Alone it proves nothing. */
gboolean oh_offer_guard_looks_like (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhOfferGuard, oh_offer_guard_free)

G_END_DECLS
