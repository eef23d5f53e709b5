/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sip/oh-sip-private.h"

G_BEGIN_DECLS

/* What an outgoing call was asked to be; given up once the INVITE has been sent. */
typedef struct
{
  char *to_uri, *route, *from_uri, *from_name, *offer_id, *sdp;
  char **headers;
  gboolean withhold;
  guint timeout_ms;
} OhSipOrder;

/* One INVITE dialog. The stack holds a reference as long as there is a nua handle, the user has
 * one, and each event on its way to the executor one. Everything but handlers, user_data and
 * told_ended (executor's thread) and state (atomic) is the stack thread's. */
struct _OhSipCall
{
  OhSipOwner owner;
  gatomicrefcount refs;
  OhSip *sip;
  gint state; /* OhSipCallState */

  const OhSipCallHandlers *handlers;
  gpointer user_data;
  gboolean told_ended;

  nua_handle_t *nh;
  gboolean incoming;
  OhSipParsed *parsed;
  const sip_t *message; /* the INVITE, while it arrives */

  OhSipIdentity *identity;
  OhSipOrder *order;
  guint tries;
  guint timer;

  gboolean hung_up;      /* by us */
  gboolean heard;        /* outgoing: any response came */
  gboolean reliable;     /* outgoing: a reliable response came, and with it the early dialog */
  gboolean ask_later;    /* outgoing: to talk, when that has come */
  gboolean sdp_given;    /* a reliable 183 carried the answer */
  gboolean beginning;    /* incoming: no word of ours has gone out yet */
  gboolean talk;         /* incoming: may be answered from afar */
  gboolean acknowledged; /* incoming: ACK came */
  gboolean offer_sent;   /* our re-INVITE is under way */
  gboolean insists;      /* and is repeated when it gets lost */
  char *offer_sdp;       /* what is in it, and its Contact or NULL */
  char *offer_contact;
  gboolean offer_stale; /* theirs was taken since */
  guint crossings;      /* times that it met one of theirs */
  guint crossed_timer;  /* until it is sent again */
  gboolean offer_held;  /* theirs waits in offer_saved */
  gboolean answer_due;  /* they asked for our offer, and answer it with ACK */
  nua_saved_event_t offer_saved[1];
};

OhSipCall *oh_sip_call_new (OhSip *sip, gboolean incoming);

typedef enum
{
  OH_SIP_TELL_PROGRESS,
  OH_SIP_TELL_ANSWERED,
  OH_SIP_TELL_OFFER,
  OH_SIP_TELL_OFFER_DONE,
  OH_SIP_TELL_DIGIT,
  OH_SIP_TELL_TALK,
  OH_SIP_TELL_ASKED
} OhSipTell;

void oh_sip_call_tell (
    OhSipCall *call, OhSipTell what, guint status, const char *phrase, const char *sdp, char digit);
gboolean oh_sip_call_move (OhSipCall *call, OhSipCallState state);
/* It has had its first word, or will have none. */
void oh_sip_call_has_begun (OhSipCall *call);
/* Tells the end once; the handle stays until sofia has said its goodbyes. @message for Reason and
 * Offhook-Choice, or NULL. */
void oh_sip_call_end (
    OhSipCall *call, guint status, const char *phrase, gboolean by_peer, const sip_t *message);
/* Lets the handle go, and with it the stack's reference. */
void oh_sip_call_let_go (OhSipCall *call);
void oh_sip_call_hang_up_now (OhSipCall *call, guint cause, const char *text);
void oh_sip_call_start_timer (OhSipCall *call, guint ms);
/* How long the session lasts, by an INVITE, UPDATE or the answer to ours: refreshes ask for as much (RFC 4028 7.4),
 * not for what we would have proposed. */
void oh_sip_call_note_session (OhSipCall *call, const sip_t *message);
#define OH_SIP_MAX_SESSION_S 86400
/* No re-INVITE of ours waits to be sent again. */
void oh_sip_call_stop_crossing (OhSipCall *call);
/* Whether our re-INVITE is repeated when its connection dies before the answer. Twice is fine. */
void oh_sip_call_insist (OhSipCall *call, gboolean insists);

/* Events that only one kind of call has. */
void oh_sip_call_on_invite_response (OhSipCall *call, const OhSipEvent *event);

/* oh-sip-talk.c */
void oh_sip_call_on_notify (OhSipCall *call, const OhSipEvent *event);
void oh_sip_call_note_reliable (OhSipCall *call);
void oh_sip_call_on_method_response (OhSipCall *call, const OhSipEvent *event);

/* SDP of a message, copied; NULL if it has none. */
char *oh_sip_dup_sdp (const sip_t *message);
void oh_sip_order_free (OhSipOrder *order);

G_END_DECLS
