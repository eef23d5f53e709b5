/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-call-sound.h"
#include "plugins/sip/oh-phone-call.h"

G_BEGIN_DECLS

struct _OhPhoneCall
{
  OhBaseCall parent;
  OhPhoneAccount *account;
  gboolean kept; /* holds a reference to itself, until the leg's end */
  OhSipCall *leg;
  OhCallSound *sound;
  char *uri;            /* outgoing: where it goes */
  char *sdp;            /* ours */
  gboolean answer;      /* Answer was chosen */
  gboolean answered;    /* 200 was sent or received */
  gboolean far_sdp;     /* outgoing: an SDP of the far end was taken */
  gboolean info_digits; /* the far end knows no telephone-events */
  gboolean server_lost; /* the account is trying to reach its server again */
  gboolean ice;         /* the path can be another one in mid-call */
  gboolean renewing;    /* our offer of another one is under way */
  gboolean renew_again; /* and the network changed once more */
};

/* --- oh-phone-sound.c --- */

/* The peer for our offer (@offer NULL) or for an offer of the far end. */
void oh_phone_call_make_peer (OhPhoneCall *call, const char *offer);
void oh_phone_call_drop_peer (OhPhoneCall *call);
void oh_phone_call_note_far_sdp (OhPhoneCall *call, const char *sdp);

/* --- oh-phone-path.c --- */

/* Of a call that is answered; others the server offers anew, or they end. */
void oh_phone_call_renew_path (OhPhoneCall *call);
/* The answer to an offer of ours came, or a refusal. */
void oh_phone_call_path_agreed (OhPhoneCall *call, guint status);

/* --- oh-phone-call.c, told by the sound --- */

/* The path is gone or never came: ends the call with @reason. */
void oh_phone_call_fail (OhPhoneCall *call, guint status, OhCallReason reason);

G_END_DECLS
