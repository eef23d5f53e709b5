/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-peer.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* One SIP call, or one that goes over a WebSocket (a browser, a client's web line), and the media peer
 * that belongs to it: moves the SDP between the two, so that the call above it knows neither. Belongs to the signalling thread. A leg that was hung up
 * tells nothing any more and goes when SIP is done with it. */
typedef struct _OhLeg OhLeg;

typedef struct
{
  /* Outgoing: our SDP is ready; start the call with it (oh_sip_call_invite() with @handlers and
   * @data) and return it. May come a second time, with another protection. Mandatory there. */
  OhSipCall *(*invite) (OhLeg *leg,
                        const char *sdp,
                        const OhSipCallHandlers *handlers,
                        gpointer data,
                        gpointer user_data);
  /* Incoming: our SDP is ready, so is the codec. Comes before everything else. */
  void (*ready) (OhLeg *leg, gpointer user_data);
  /* Outgoing: 180, or 183 with sound before the answer. May come more than once. */
  void (*ringing) (OhLeg *leg, gboolean early_media, gpointer user_data);
  /* Outgoing: what the far end plays before the answer, and a bridge decodes, is more than silence.
   * Optional, once. */
  void (*sound) (OhLeg *leg, gpointer user_data);
  /* Outgoing: 200. Incoming: our 200 was acknowledged. */
  void (*answered) (OhLeg *leg, gpointer user_data);
  /* A browser's: our answer to what it offered; NULL: that could not be taken, what was agreed before
   * holds. */
  void (*sdp) (OhLeg *leg, const char *sdp, gpointer user_data);
  /* A caller's that has no SIP: it is to hear that it rings, or that it was answered. Mandatory there. */
  void (*say) (OhLeg *leg, gboolean answered, gpointer user_data);
  /* A key; @by_info: by SIP INFO, which a bridge does not carry on. */
  void (*digit) (OhLeg *leg, char digit, gboolean by_info, gpointer user_data);
  /* Outgoing: what became of oh_leg_ask_to_talk(), as a SIP status. Optional. */
  void (*asked) (OhLeg *leg, guint status, gpointer user_data);
  /* Refused, hung up by the far end, or the sound's path is gone. The last one; not after
   * oh_leg_hang_up(). Drop your reference. */
  void (*ended) (OhLeg *leg, const OhSipEnd *end, gpointer user_data);
} OhLegEvents;

/* How SDES stands at the other end of a leg. DTLS needs no word. */
typedef enum
{
  OH_LEG_SRTP_OFF,
  OH_LEG_SRTP_OPTIONAL,
  OH_LEG_SRTP_REQUIRED
} OhLegSrtp;

/* Copied. */
typedef struct
{
  OhSip *sip;
  OhWorker *worker;
  gboolean webrtc;     /* outgoing: offer ICE-lite and DTLS-SRTP; incoming: read from the offer */
  OhLegSrtp srtp;      /* not webrtc */
  const char *address; /* local address that the other end can reach */
  const char *public_address; /* or NULL */
  const char *stun_server;    /* not webrtc: "192.0.2.1:3478", or NULL */
  guint16 port_min, port_max;
  const char *codecs; /* as OhPeerConfig.codecs */
  const OhLegEvents *events;
  gpointer user_data;
} OhLegConfig;

/* Takes @call. NULL: what is offered may not be taken (488 was sent, @call is gone). */
OhLeg *oh_leg_new_incoming (const OhLegConfig *config, OhSipCall *call);
OhLeg *oh_leg_new_outgoing (const OhLegConfig *config);

/* Without SIP: somebody who is called, whose offer may be NULL and come later by oh_leg_take_offer();
 * somebody who calls. */
OhLeg *oh_leg_new_browser (const OhLegConfig *config, const char *offer);
OhLeg *oh_leg_new_caller (const OhLegConfig *config, const char *offer);
OhLeg *oh_leg_ref (OhLeg *leg);
void oh_leg_unref (OhLeg *leg);

/* Who is told from now on. */
void oh_leg_set_events (OhLeg *leg, const OhLegEvents *events, gpointer user_data);

OhPeer *oh_leg_get_peer (OhLeg *leg); /* borrowed; never NULL */
OhSipCall *
oh_leg_get_call (OhLeg *leg); /* borrowed; NULL before it was invited, and for a browser */
gboolean oh_leg_is_answered (OhLeg *leg);
gboolean oh_leg_has_early_media (OhLeg *leg); /* sound can go out before the answer */

/* Name of the codec that our SDP names first, which an incoming leg's caller sends; NULL: not known
 * yet. Transfer full. */
char *oh_leg_dup_codec (OhLeg *leg);

/* A browser's. A later offer of it (another network); it is gone, which is told as `ended`. Who hangs
 * the leg up tells the browser himself. */
void oh_leg_take_offer (OhLeg *leg, const char *offer);
void oh_leg_take_end (OhLeg *leg, const OhSipEnd *end);

/* Incoming. As soon as our SDP is ready: 183 with it, so that ring-back and announcements are
 * heard, after a 180 when it @rings or the caller offered no SDP; 200. */
void oh_leg_progress (OhLeg *leg, gboolean rings);
void oh_leg_answer (OhLeg *leg);

/* Incoming and not answered: refuses and is as hung up. @headers may be NULL. */
void oh_leg_reject (OhLeg *leg, guint status, const char *phrase, const char *const *headers);

/* Outgoing and not answered: asks the far end to answer now, as if a person had. */
void oh_leg_ask_to_talk (OhLeg *leg);

/* Ends it whatever its state; nothing is told any more. @cause 0: no Reason. Twice is fine. */
void oh_leg_hang_up (OhLeg *leg, guint cause, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhLeg, oh_leg_unref)

G_END_DECLS
