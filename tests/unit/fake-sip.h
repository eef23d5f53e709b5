/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* Stands in for sip/ and for the media peers in tests of server/call: no network, no thread. Whatever
 * would come from another thread comes by the default GMainContext; timers by fake_sip_pass(). */

OhSip *fake_sip_new (const OhSipHandlers *handlers, gpointer user_data);

/* Lets @ms go by: timers that are due run. */
void fake_sip_pass (OhSip *sip, guint ms);

/* A call from a trunk; borrowed. Runs the call handler. */
OhSipCall *fake_sip_arrive (OhSip *sip, const char *from, const char *to);

/* The same with that name in From, and an asserted identity or NULL. All static text. */
OhSipCall *fake_sip_arrive_as (
    OhSip *sip, const char *from, const char *name, const char *identity, const char *to);

/* A REGISTER of @device for @alias, whose credential is right. */
void
fake_sip_register (OhSip *sip, const char *device, const char *alias, guint16 port, guint expires);

/* The call to contact "sip:DEVICE@..." that is not over, or NULL. Borrowed. */
OhSipCall *fake_sip_find_outgoing (OhSip *sip, const char *device);

/* What the far end does. */
void fake_call_ring (OhSipCall *call);
void fake_call_answer (OhSipCall *call);                          /* outgoing: 200; incoming: ACK */
void fake_call_end (OhSipCall *call, guint status, guint choice); /* refusal, CANCEL or BYE */
void fake_call_break (OhSipCall *call); /* the connection that it went out by is gone */

/* What it says to being asked to answer. */
void fake_call_asked (OhSipCall *call, guint status);

/* What our side did to it, in order: "183 200 hang-up:200". */
const char *fake_call_get_log (OhSipCall *call);
const char *fake_call_get_header_sent (OhSipCall *call, const char *start);

/* Bridges that are open now. */
guint fake_media_count_bridges (void);

G_END_DECLS
