/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-base-call.h"
#include "plugins/sip/oh-phone-account.h"

G_BEGIN_DECLS

/* One call over SIP: its leg (signalling) and its peer (sound). Main thread. It keeps itself alive
 * until its leg has ended.
 *
 * Warm path: an incoming call gets its peer and answer at once (180, 183 with SDP), so that ICE and
 * DTLS finish while it rings; the microphone is readied, not opened. Answer sends 200 and opens the
 * sound in the same step. */
#define OH_TYPE_PHONE_CALL (oh_phone_call_get_type ())
G_DECLARE_FINAL_TYPE (OhPhoneCall, oh_phone_call, OH, PHONE_CALL, OhBaseCall)

/* Takes @leg (transfer full) and shows the call. */
void oh_phone_call_take_incoming (OhPhoneAccount *account, OhSipCall *leg);

/* @target: as the person knows it; @uri: where it goes; @peer: as OhCallFacts. */
void oh_phone_call_start_outgoing (OhPhoneAccount *account,
                                   const char *target,
                                   const char *uri,
                                   const char *peer);

/* What @uri calls is a name of the own server's: messages go there too. NULL: a number, or elsewhere.
 * Transfer full. */
char *oh_phone_call_dup_peer (OhPhoneAccount *account, const char *uri);

/* @call rang by SIP, which @account has lost since, and rings by its web line now: ended here. FALSE: it
 * is none of these. */
gboolean oh_phone_call_give_way (OhCall *call, OhPhoneAccount *account);

/* Why a call ended, from what signalling says; a pure function. */
typedef struct
{
  gboolean incoming;
  gboolean answered;
  OhSipEnd end;
} OhPhoneEnd;
OhCallReason oh_phone_reason (const OhPhoneEnd *end);

G_END_DECLS
