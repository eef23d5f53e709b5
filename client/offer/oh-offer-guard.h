/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-im.h"
#include "client/account/oh-messenger.h"

G_BEGIN_DECLS

/* Tells messages that only look like call offers from those of the user's call servers: knows by which
 * IM accounts each call server writes. Main thread; OhOfferDesk has it. */
typedef struct _OhOfferGuard OhOfferGuard;

OhOfferGuard *oh_offer_guard_new (void);
void oh_offer_guard_free (OhOfferGuard *guard);

/* What the call server of account @id says of itself, taken; NULL: nothing is known of it any more. */
void oh_offer_guard_set (OhOfferGuard *guard, const char *id, OhAccountIm *im);

/* The account whose call server writes to @messenger as @from: its id, or NULL; what is known of that
 * server, where @im is not NULL. Both borrowed. */
const char *oh_offer_guard_find (OhOfferGuard *guard,
                                 OhMessenger *messenger,
                                 const char *from,
                                 const OhAccountIm **im);

/* Whether @text has the looks of an offer: the link of one ("https://HOST/o/" and 22 characters), or
 * its options by number. Alone it proves nothing. */
gboolean oh_offer_guard_looks_like (const char *text);

/* Whether there is such a link in @text. */
gboolean oh_offer_guard_has_link (const char *text);

/* Whether @text, one line, may be the first of an offer that comes line by line. Of a @named account of
 * a call server only its own words are ("Call from A for B."), which also writes outcomes; of others
 * what a person could take for it. */
gboolean oh_offer_guard_may_begin (const char *text, gboolean named);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhOfferGuard, oh_offer_guard_free)

G_END_DECLS
