/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/bridge/oh-bridge.h"
#include "server/call/oh-server-call-state.h"
#include "server/call/oh-server-call.h"
#include "server/offer/oh-call-offer.h"
#include "server/routing/oh-routing.h"
#include "server/voicemail/oh-mailbox.h"

G_BEGIN_DECLS

/* One way that an offer goes: a device's contact, a trunk or a browser. */
typedef struct
{
  OhServerCall *call;
  OhLeg *leg;            /* NULL: lost */
  char *device_id;       /* NULL: a trunk or a browser */
  guint64 browser;       /* its id, or that of a call on a device's web line; 0: none */
  gboolean is_program;   /* that is our client, which takes calls as a browser does */
  gint64 identity_id;    /* whose link a browser came by; 0: none's */
  char *key;             /* of the binding */
  char *contact, *route; /* where the device is */
  gboolean ringing;      /* told */
  gboolean desk_phone;   /* not our own program */
  gboolean no_talk;      /* is never asked to answer */
  gboolean asked;        /* to answer, by the reply that `reply_by` wrote */
  gboolean lost;         /* its connection broke; the device may come back */
} OhFork;

struct _OhServerCall
{
  OhExchange *exchange;
  char *id;
  guint32 state; /* OhServerCallState */

  OhOrigin origin; /* keeps the directory that it, and the plan, points into */
  OhPlan *plan;
  char *caller_name, *caller_number; /* "" when a trunk withholds them; see `withheld` */
  char *called;                      /* as dialled; once identified, of the user */
  char *source;                      /* address of the caller's side */
  gboolean withheld;
  gint64 start; /* unix s */
  gint64 answered_at;

  OhWorker *worker; /* all its peers are on it */
  OhLeg *leg;       /* the caller's */

  OhCallOffer *offer;
  GPtrArray *forks;    /* of OhFork */
  guint deadline;      /* timer */
  guint next_step;     /* of the plan's; those from here on do not ring yet */
  guint step_timer;    /* until that one */
  guint im_ways;       /* of the offer: steps told by IM, none of which has failed */
  GArray *told;        /* of gint64: identities that the desk was to tell */
  gboolean told_by_im; /* the desk knows of it, and must hear the outcome */
  char *reply_by;      /* who chose 'answer' by a reply; NULL: nobody */
  gint64 reply_id;     /* the identity that did; 0: none is known */
  OhFork *asked;       /* that is waited for now */
  guint ask_timer;
  guint return_timer; /* lost devices that never rang may come back until then */

  OhLeg *far;             /* who answered */
  gint64 answer_identity; /* by which he did, beside a device or a browser; 0: by none */
  char *far_device;
  guint64 browser;        /* the one that answered; 0: none did */
  guint64 caller_browser; /* the caller's call on his web line; 0: he has none */
  gboolean is_program;    /* that one is our client */
  gboolean browser_told;  /* that one had the call's page open */
  OhBridge *bridge;
  gboolean ring_back; /* the tone is on */

  OhVoicemailSession *voicemail;
  gboolean recording_told;
  OhMailbox *mailbox;
};

/* --- oh-server-call.c --- */

/* Steps to @state if it may follow, telling the event of that name about @user_id. */
gboolean oh_server_call_move (OhServerCall *call,
                              OhServerCallState state,
                              const char *reason,
                              gint64 user_id,
                              const char *device_id);
OhEvent *oh_server_call_new_event (OhServerCall *call,
                                   const char *kind,
                                   const char *reason,
                                   gint64 user_id,
                                   const char *device_id);
void oh_server_call_tell (OhServerCall *call, OhEvent *event);

/* The caller pressed a key, and said so beside the sound. */
void oh_server_call_press (OhServerCall *call, char digit);

/* The end: both sides are told, everything goes, @call is freed. @status: final SIP status, which an
 * unanswered caller gets. */
void oh_server_call_end (OhServerCall *call, guint status, const char *reason);

/* What the legs of this call have in common, and how the far end at the address @remote, of @trunk
 * (or NULL), sees us: as configured, else as STUN servers do. */
void oh_server_call_fill_leg (OhServerCall *call,
                              OhLegConfig *config,
                              const OhTrunk *trunk,
                              const char *remote);
OhPlaybackThreads oh_server_call_get_threads (OhServerCall *call);

/* --- oh-call-places.c --- */
/* For events and history (docs/protocol.md); transfer full. */
JsonNode *oh_call_describe_place (const OhRingPlace *place);
JsonNode *oh_call_list_places (const OhRingPlan *plan);

/* --- oh-fork.c --- */
/* Members of OhLegEvents; @fork is the OhFork. */
OhSipCall *oh_fork_invite (
    OhLeg *leg, const char *sdp, const OhSipCallHandlers *handlers, gpointer data, gpointer fork);
void oh_fork_free (gpointer fork);
#define OH_TRUNK_RING_MS 180000

/* --- oh-ringing.c --- */
void oh_server_call_ring_devices (OhServerCall *call);
void oh_server_call_ring_trunk (OhServerCall *call);
void oh_server_call_ring_device (OhServerCall *call, const OhBinding *binding);
void oh_server_call_lose_last_way (OhServerCall *call);

/* --- oh-steps.c --- */
/* Begins the next step of the plan that reaches anybody, and waits for the one after it. FALSE: there
 * is none left. @why: for the event; NULL: it is the first, and told by the offer's. */
gboolean oh_server_call_take_step (OhServerCall *call, const char *why);
/* What is known of the user's identities has changed. */
void oh_server_call_check_identities (OhServerCall *call);
/* Whether the turn of @device_id comes later. */
gboolean oh_server_call_is_planned (OhServerCall *call, const char *device_id);
/* Ids of the devices whose turn comes later, in their order (of char *). Transfer container. */
GPtrArray *oh_server_call_list_planned (OhServerCall *call);
/* Rings @device_id before its turn; nobody else's comes sooner for that. FALSE: it cannot, or does. */
gboolean oh_server_call_ring_early (OhServerCall *call, const char *device_id);
/* Names of the devices that ring or will, "laptop, desktop". Transfer full. */
char *oh_server_call_dup_devices (OhServerCall *call);

/* One way more; who adds it fills it in. */
OhFork *oh_server_call_add_fork (OhServerCall *call);

/* All codecs, the caller's first; NULL: it is not known. Transfer full. */
char *oh_server_call_dup_codecs (OhServerCall *call);

/* The person at @fork answered; without effect when somebody was faster. */
void oh_server_call_answer_by (OhServerCall *call, OhFork *fork);

/* News of the desk about a call that it was told of: a message left, none could, a reply came. */
void oh_server_call_rings_by_im (OhServerCall *call, const char *where);
void oh_server_call_lose_im (OhServerCall *call, gboolean all); /* one step of it, or all so far */
void oh_server_call_choose_by_im (OhServerCall *call,
                                  OhOption option,
                                  gint64 identity_id,
                                  const char *who);
/* Voicemail or decline, chosen at a device by which the call need not ring now. */
void oh_server_call_choose_at (OhServerCall *call, OhOption option, const OhDevice *device);

void oh_server_call_cancel_timers (OhServerCall *call);

/* Stops the deadline and everyone who still rings; @cause, @text: why. */
void oh_server_call_stop_ringing (OhServerCall *call, guint cause, const char *text);

/* --- oh-server-call-reply.c --- */
/* @who, the identity @identity_id, replied 'answer': a device that rings is asked to. */
void oh_server_call_answer_by_reply (OhServerCall *call, gint64 identity_id, const char *who);

/* The device of @fork will not: the next one is asked. Without effect for another than is asked now. */
void oh_server_call_skip_asked (OhServerCall *call, const OhFork *fork);

/* Name of the device that would be asked, and is sure to know how; NULL: there is none. */
const char *oh_server_call_get_answering_device (OhServerCall *call);

/* The reason why it is answered at @fork. Transfer full. */
char *oh_server_call_dup_answer_reason (OhServerCall *call, const OhFork *fork);
/* The identity by which its user answered at @fork: by a reply, or by a link; 0: none. */
gint64 oh_server_call_get_answering_identity (OhServerCall *call, const OhFork *fork);

/* --- oh-server-call-im.c --- */
/* Nothing that rings could answer for the reply: its writer is told what he can do. */
void oh_server_call_refuse_answer (OhServerCall *call);

/* Tells @identities (of gint64, OhImIdentity.id). FALSE: there are none. */
gboolean oh_server_call_offer_by_im (OhServerCall *call, GArray *identities);
/* Tells them what became of it; without effect the second time. @device_id: who answered, or NULL. */
void oh_server_call_end_im (OhServerCall *call, OhImOutcome outcome, const char *device_id);

/* --- oh-server-call-browser.c --- */
/* Our SDP for one of the call's browsers. */
void oh_server_call_give_sdp (OhServerCall *call, guint64 browser, const char *sdp);
/* The caller's web line hears that it rings, or is answered. */
void oh_server_call_tell_caller (OhServerCall *call, gboolean answered);
/* @fork is of a web line: its device is asked to answer; that way is gone. FALSE: so is the line. */
void oh_server_call_ask_line (OhServerCall *call, const OhFork *fork);
gboolean oh_server_call_drop_line (OhServerCall *call, const OhFork *fork);
/* Browsers that have the call's page open are told that there is nothing to answer any more. */
void oh_server_call_part_browsers (OhServerCall *call);
/* Also the one that answered. @status: why the call ends. */
void oh_server_call_end_browsers (OhServerCall *call, guint status);

/* --- oh-exchange-line.c --- */
/* The web line of @binding rings; the id under which it will speak. */
guint64 oh_server_call_ring_line (OhServerCall *call, const OhBinding *binding);

/* --- oh-server-call-service.c --- */
void oh_server_call_start_voicemail (OhServerCall *call, const char *reason);
void oh_server_call_start_echo (OhServerCall *call);
void oh_server_call_start_mailbox (OhServerCall *call);

/* The caller's ACK came. */
void oh_server_call_on_acknowledged (OhServerCall *call);

/* Whether a call that nobody chose for can be answered by voicemail: its user wants that, and a message
 * can be left now. */
gboolean oh_server_call_defaults_to_voicemail (OhServerCall *call);

/* The called user's rule when nobody chose, or when a device declined. */
void oh_server_call_take_default (OhServerCall *call, const char *reason);
void oh_server_call_take_decline (OhServerCall *call, const char *reason);

G_END_DECLS
