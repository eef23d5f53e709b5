/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-base-call.h"
#include "client/offer/oh-offer-link.h"
#include "client/provider/oh-core.h"

G_BEGIN_DECLS

/* One call that an instant message offered: its link (choices), its WebSocket (signalling) and its
 * peer (sound). Main thread; made by OhOfferDesk, which shows it.
 *
 * Warm path: socket, ICE and DTLS are done while it rings, with no sound of the microphone; that is
 * opened when the server says that the call is ours. A socket that breaks comes back, into the call
 * too. Where none can be had the call rings on: the link's other choices work, and the link is asked
 * what became of it. */
#define OH_TYPE_OFFER_CALL (oh_offer_call_get_type ())
G_DECLARE_FINAL_TYPE (OhOfferCall, oh_offer_call, OH, OFFER_CALL, OhBaseCall)

OhOfferCall *oh_offer_call_new (OhCore *core, OhOfferLink *link, const OhOfferInfo *info);

/* Its account is no more. */
void oh_offer_call_sign_out (OhOfferCall *call);

G_END_DECLS
