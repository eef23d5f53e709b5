/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/offer/oh-offer-desk.h"

G_BEGIN_DECLS

/* Puts an offer together that a service (IRC) carries line by line: what one sender writes within three
 * seconds (a call server: eight) after a line in which an offer may begin, and after the next, is judged
 * as one text. If it is one, or looks like one, it is given on as one message; else each line is, as it
 * came. Nothing is held back longer, and nothing is lost. Main thread; OhChats has one for each account. */
typedef struct _OhOfferJoin OhOfferJoin;

typedef void (*OhOfferJoinFunc) (const OhIncoming *incoming, gpointer user_data);

/* @desk and @messenger outlive it; @give gets all messages, in the order in which each sender wrote
 * them. */
OhOfferJoin *oh_offer_join_new (OhOfferDesk *desk,
                                OhMessenger *messenger,
                                OhOfferJoinFunc give,
                                gpointer user_data);
void oh_offer_join_free (OhOfferJoin *join); /* gives on what it holds */

void oh_offer_join_take (OhOfferJoin *join, const OhIncoming *incoming);

/* Waits for nothing more. */
void oh_offer_join_flush (OhOfferJoin *join);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhOfferJoin, oh_offer_join_free)

G_END_DECLS
