/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-directory.h"

G_BEGIN_DECLS

/* A call offer: an id, a user, a call, a deadline, options, and a winner. The first valid choice
 * wins, whichever way it came; everything after it changes nothing. Only bookkeeping: who rings and
 * tells the others is server/call. Belongs to the signalling thread. */
typedef struct _OhCallOffer OhCallOffer;

/* @options: bit set of (1 << OhOption). @deadline_us: oh_clock_now() time. */
OhCallOffer *oh_call_offer_new (
    const char *id, const char *call_id, gint64 user_id, guint32 options, gint64 deadline_us);
void oh_call_offer_free (OhCallOffer *offer);

const char *oh_call_offer_get_id (OhCallOffer *offer);

/* "1,3,9". Transfer full. */
char *oh_call_offer_dup_options (OhCallOffer *offer);

guint32 oh_call_offer_get_options (OhCallOffer *offer); /* bit set of (1 << OhOption) */
gint64 oh_call_offer_get_deadline (OhCallOffer *offer); /* oh_clock_now() time */

/* Whole seconds left at @now_us, at least 0. */
guint oh_call_offer_get_seconds_left (OhCallOffer *offer, gint64 now_us);

/* One more way (a device, a trunk, IM) that rings. */
void oh_call_offer_add_way (OhCallOffer *offer);

/* A way ended without a choice, with SIP @status. TRUE: it was the last one and nothing is chosen. */
gboolean oh_call_offer_lose_way (OhCallOffer *offer, guint status);

/* The status that says most of all ways that were lost: busy before refused before no answer before
 * unreachable; 480 when none. */
guint oh_call_offer_get_best_status (OhCallOffer *offer);

/* @by: device id, the IM identity that replied, or NULL for the deadline. TRUE exactly once in an offer's life. An option that it
 * does not have is no choice. */
gboolean oh_call_offer_choose (OhCallOffer *offer, OhOption option, const char *by);
gboolean oh_call_offer_is_chosen (OhCallOffer *offer);
OhOption oh_call_offer_get_choice (OhCallOffer *offer); /* 0: none yet */
const char *oh_call_offer_get_winner (OhCallOffer *offer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhCallOffer, oh_call_offer_free)

G_END_DECLS
