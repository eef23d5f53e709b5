/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-executor.h"

G_BEGIN_DECLS

/* sofia-sip behind typed events: one stack, one thread with sofia's own loop. At the call server
 * handlers run on that thread itself (it is the signalling thread); the client names an executor
 * and gets them on its main thread. Functions may be called from any thread unless they say
 * otherwise. SDP and other bodies pass through as text. */
typedef struct _OhSip OhSip;
typedef struct _OhSipCall OhSipCall;
typedef struct _OhSipRequest OhSipRequest;

/* What a request from outside says, parsed and checked. Strings are never NULL unless marked "or
 * NULL"; owned by the OhSipRequest or OhSipCall. */
typedef struct
{
  const char *method; /* "INVITE" */
  const char *call_id;
  const char *request_uri;  /* "sip:100@example.org" */
  const char *request_user; /* "100", unescaped, or "" */
  const char *request_host;
  const char *from_uri, *from_user, *from_host, *from_name; /* name unquoted, or "" */
  const char *to_uri, *to_user, *to_host;
  const char *identity_uri, *identity_user, *identity_name; /* P-Asserted-Identity, else
                                                             * Remote-Party-ID (RFC 3325); or NULL */
  gboolean withheld;             /* Privacy: id/user/full, or an anonymous From (RFC 3323) */
  const char *const *diversions; /* users first dialled, the original one first (RFC 5806, 7044,
                                  * P-Called-Party-ID); NULL-terminated, may be empty */
  const char *transport;         /* "udp", "tcp", "tls": the way it came */
  const char *source_address;    /* IP address it came from */
  guint16 source_port;
  const char *user_agent;       /* or NULL */
  const char *contact_uri;      /* or NULL */
  const char *offer_id;         /* Offhook-Offer, or NULL */
  const char *auth_user;        /* user of the checked digest credential, or NULL */
  const char *body_type, *body; /* or NULL */
  gsize body_length;
} OhSipInfo;

/* Any header by @name of the request, first value; NULL if absent. Valid as long as the info. */
const char *oh_sip_request_get_header (OhSipRequest *request, const char *name);

/* --- The stack --- */

/* An INVITE that begins a call, while it is at the door. */
typedef struct
{
  const char *transport, *source_address; /* as in OhSipInfo */
  guint16 source_port;
  const char *request_user; /* as it stands in the request, or NULL */
  gint64 waited_us;         /* in the socket, until it was read; -1: not known (TCP, TLS) */
  guint beginning;          /* calls that came in and have got no word of ours yet */
} OhSipArrival;

typedef struct
{
  /* A new call. The handler takes @call (transfer full) and sets its handlers before it returns;
   * or rejects it. Optional: without it calls are refused with 501. */
  void (*call) (OhSip *sip, OhSipCall *call, gpointer user_data);
  /* REGISTER, MESSAGE, PUBLISH, SUBSCRIBE, OPTIONS outside a call. Transfer full: the handler or
   * whoever it hands it to replies exactly once; an unreplied one that is freed sends 500. */
  void (*request) (OhSip *sip, OhSipRequest *request, gpointer user_data);
  /* A listening transport could not be opened again, TLS failed, ... for log and doctor. Optional. */
  void (*trouble) (OhSip *sip, const GError *error, gpointer user_data);
  /* May this call come in? Asked before anything is copied of it; *@retry_s (s) goes with the 503 of
   * one that may not. Always on the stack's thread. Optional. */
  gboolean (*admit) (OhSip *sip, const OhSipArrival *arrival, guint *retry_s, gpointer user_data);
} OhSipHandlers;

typedef struct
{
  const char *const *listen; /* "udp:127.0.0.1:5060", "tcp:[::1]:0", "tls:0.0.0.0:5061"; port 0 =
                              * any free one */
  const char
      *certificate_dir;       /* agent.pem (key and certificate), cafile.pem; NULL: no TLS server */
  const char *ca_file;        /* PEM trusted for outgoing TLS, besides the system's; or NULL */
  const char *user_agent;     /* "Offhook/0.1" */
  const char *public_address; /* told in Contact and Via behind a home router; or NULL */
  guint t1_ms;                /* RFC 3261 timer T1; 0: 500 */
  /* RFC 4028: what we ask for, and the shortest interval that we take; s. Tests alone go below 90. */
  guint session_s;     /* 0: 1,800 */
  guint min_session_s; /* 0: 90 */
  guint max_calls;     /* beyond: 503 with Retry-After; 0: 10,000 */
  /* Connections that the TCP and TLS listeners take; beyond, the newest are closed. */
  guint max_connections;            /* 0: 4,096 */
  guint max_connections_per_source; /* 0: 256 */
  guint silent_ms;                  /* and those that sent no request by then; 0: 30,000 */
  const OhSipHandlers *handlers;
  gpointer user_data;
  const OhExecutor *executor; /* copied; NULL: handlers run on the stack's thread */
} OhSipConfig;

/* Opens the transports and starts the thread. @error names the address that failed and why. */
OhSip *oh_sip_new (const OhSipConfig *config, GError **error);

/* No new call, request or trouble is told any more: they are refused. For the owner of what the
 * handlers use, who may be gone before the stack is; on the thread that the handlers run on. */
void oh_sip_refuse_new (OhSip *sip);

/* Ends calls and registrations in order (BYE, un-REGISTER), at most @timeout_ms, then the thread.
 * Blocks; not from the stack's thread. */
void oh_sip_shut_down (OhSip *sip, guint timeout_ms);
void oh_sip_free (OhSip *sip);

/* Runs @task on the stack's thread (at once if already there). */
void oh_sip_post (OhSip *sip, OhTask task, gpointer data);
OhExecutor oh_sip_get_executor (OhSip *sip);

/* Stack's thread only: @task after @ms, once. Returns an id for oh_sip_cancel_timer(). */
guint oh_sip_add_timer (OhSip *sip, guint ms, OhTask task, gpointer data);
/* The same; @free_data frees @data after @task, or when it never comes to that. */
guint
oh_sip_add_timer_full (OhSip *sip, guint ms, OhTask task, gpointer data, GDestroyNotify free_data);
void oh_sip_cancel_timer (OhSip *sip, guint id);

/* The port that the n-th entry of `listen` got. */
guint16 oh_sip_get_port (OhSip *sip, guint n);

/* How full the fullest UDP socket of the listeners is, in percent; 100 too when something was lost in
 * one since the last question. Stack's thread only. */
guint oh_sip_get_inbox (OhSip *sip);

/* The IP address outside as was learned elsewhere (STUN), or NULL: told to far ends that are not
 * near and have not said themselves how they see us. A public_address of the configuration stands. */
void oh_sip_set_learned_address (OhSip *sip, const char *address);

/* SIGHUP: loads certificates anew for connections from now on. */
void oh_sip_reload_certificates (OhSip *sip);

/* --- Requests --- */
const OhSipInfo *oh_sip_request_get_info (OhSipRequest *request);

/* Replies and frees. @phrase NULL: the standard one; else one of few, for it is kept for good.
 * @headers: "Name: value" lines or NULL. */
void oh_sip_request_reply (OhSipRequest *request,
                           guint status,
                           const char *phrase,
                           const char *const *headers,
                           const char *body_type,
                           const char *body);
void oh_sip_request_free (OhSipRequest *request);

/* --- Digest, called side (RFC 7616) --- */

typedef enum
{
  OH_SIP_DIGEST_MD5,
  OH_SIP_DIGEST_SHA256
} OhSipDigest;

/* What the store knows of a credential: H(user:realm:secret) in hex, by its algorithm. The
 * algorithm belongs to the credential: a challenge never names two. */
typedef struct
{
  OhSipDigest algorithm;
  char ha1[65];
} OhSipCredential;

/* Finds the credential of @auth_user. Runs on the stack's thread; must not block. FALSE: none. */
typedef gboolean (*OhSipCredentialFunc) (const char *auth_user,
                                         OhSipCredential *credential,
                                         gpointer user_data);

typedef enum
{
  OH_SIP_AUTH_OK,        /* info->auth_user is set now */
  OH_SIP_AUTH_CHALLENGED /* 401/407 was sent: the request or call is done with and freed */
} OhSipAuth;

/* Checks the digest of a request or an arriving call; challenges when there is none, when it is
 * stale or wrong. Nonces are ours, expire, and count (nc) against replay. Stack's thread. An unknown
 * user is challenged exactly like a known one. @default_algorithm for unknown users. */
OhSipAuth oh_sip_request_authenticate (OhSipRequest *request,
                                       const char *realm,
                                       OhSipDigest default_algorithm,
                                       OhSipCredentialFunc func,
                                       gpointer user_data);
OhSipAuth oh_sip_call_authenticate (OhSipCall *call,
                                    const char *realm,
                                    OhSipDigest default_algorithm,
                                    OhSipCredentialFunc func,
                                    gpointer user_data);

/* H(user:realm:secret), lower-case hex. Transfer full. */
char *oh_sip_ha1 (OhSipDigest algorithm, const char *user, const char *realm, const char *secret);

/* --- An identity of ours at a registrar or trunk --- */

typedef struct
{
  const char *aor;       /* "sip:alice@example.org" */
  const char *name;      /* display name or NULL */
  const char *registrar; /* "sip:example.org" or NULL = host of aor */
  const char *proxy;     /* "sip:127.0.0.1:5061;transport=tls" all requests go there; or NULL */
  const char *auth_user; /* NULL: user of aor */
  const char *secret;    /* or NULL */
  const char *instance;  /* "urn:uuid:..." (RFC 5626) or NULL */
  const char *tls_name;  /* name the peer's certificate must have; NULL: proxy's/registrar's host */
  guint expires;         /* s; 0: 300 */
  const char *const *contact_params; /* ";+offhook.audio=\"mic,speaker\"" on REGISTER, or NULL */
} OhSipAccount;

typedef struct _OhSipRegistration OhSipRegistration;

typedef struct
{
  /* @expires s granted; @service_contact: our address as the registrar sees it, or NULL. */
  void (*registered) (OhSipRegistration *registration,
                      guint expires,
                      const char *seen_address,
                      gpointer user_data);
  /* @status 401/403: wrong secret, not tried again by itself; others are tried with back-off after
   * @retry_ms (0: not). */
  void (*failed) (OhSipRegistration *registration,
                  guint status,
                  const char *phrase,
                  guint retry_ms,
                  gpointer user_data);
  /* A header of the registrar's consent that begins with "Offhook-"; before `registered`, each time
   * anew. Optional. */
  void (*header) (OhSipRegistration *registration,
                  const char *name,
                  const char *value,
                  gpointer user_data);
  void (*ended) (OhSipRegistration *registration, gpointer user_data); /* un-registered; optional */
} OhSipRegistrationHandlers;

/* Registers and keeps registered: refresh, back-off 2 s to 120 s; OPTIONS keep the way open, and show
 * that a connection died without a word (within 35 s, where the registrar answers OPTIONS). */
OhSipRegistration *oh_sip_register (OhSip *sip,
                                    const OhSipAccount *account,
                                    const OhSipRegistrationHandlers *handlers,
                                    gpointer user_data);
/* At once: the network changed, or was away. A connection that has lost our address is closed, another one
 * that shows no life within 4 s too. */
void oh_sip_registration_refresh (OhSipRegistration *registration);
/* Other contact_params than the account's, told at once. */
void oh_sip_registration_set_params (OhSipRegistration *registration, const char *const *params);

/* Un-registers if @tell, and frees; no handler runs after it on the executor's thread. */
void oh_sip_registration_end (OhSipRegistration *registration, gboolean tell);

/* --- Calls --- */

typedef enum
{
  OH_SIP_CALL_NEW,
  OH_SIP_CALL_ARRIVED,  /* incoming, not answered */
  OH_SIP_CALL_CALLING,  /* outgoing, nothing heard */
  OH_SIP_CALL_RINGING,  /* outgoing, 18x */
  OH_SIP_CALL_ANSWERED, /* 200 */
  OH_SIP_CALL_ENDED
} OhSipCallState;

typedef struct
{
  guint status;       /* final status: 486, 487, 603...; 200 for BYE; 408 for no response */
  const char *phrase; /* or NULL */
  gboolean by_peer;
  guint reason_cause; /* Reason: SIP ;cause=200 -> 200 ("answered elsewhere", RFC 3326); or 0 */
  const char *reason_text; /* or NULL */
  guint choice; /* Offhook-Choice of the refusal of our INVITE: an option's number; 0: none */
} OhSipEnd;

typedef struct
{
  /* 1xx of an outgoing call; @sdp or NULL. PRACK is done by the stack. */
  void (*progress) (
      OhSipCall *call, guint status, const char *phrase, const char *sdp, gpointer user_data);
  /* Outgoing: 200 arrived (ACK is sent), @sdp NULL when it was in a reliable 183 already.
   * Incoming: our 200 was acknowledged; @sdp NULL, or the answer when we offered. */
  void (*answered) (OhSipCall *call, const char *sdp, gpointer user_data);
  /* re-INVITE or UPDATE with an offer: reply with oh_sip_call_accept_offer() or _refuse_offer().
   * @sdp NULL: the peer asks for an offer of ours (RFC 3261, 14.2), accept it with that; its answer
   * comes by offer_done. Optional: without it 488. */
  void (*offer) (OhSipCall *call, const char *sdp, gpointer user_data);
  /* The outcome of our re-INVITE, or of the offer that was asked for: @sdp is the answer, NULL =
   * refused with @status. Optional. */
  void (*offer_done) (OhSipCall *call, const char *sdp, guint status, gpointer user_data);
  void (*digit) (OhSipCall *call, char digit, gpointer user_data); /* SIP INFO. Optional. */
  /* Incoming, not answered yet, after oh_sip_call_allow_talk(): the far end asks that it be answered
   * here. Optional. */
  void (*talk) (OhSipCall *call, gpointer user_data);
  /* What became of oh_sip_call_ask_to_talk(): 200 means that it will be answered, not that it is.
   * Optional. */
  void (*asked) (OhSipCall *call, guint status, gpointer user_data);
  /* The last one, always told once, also after our own hang up. Drop your reference then. */
  void (*ended) (OhSipCall *call, const OhSipEnd *end, gpointer user_data);
} OhSipCallHandlers;

typedef struct
{
  const OhSipAccount *account; /* whose call it is; not kept */
  const char *to_uri;
  const char *route; /* send there instead: a registered flow, "sip:1.2.3.4:3232;transport=tls" */
  const char *from_uri, *from_name; /* instead of the account's (call server: the caller) */
  gboolean withhold;                /* Privacy: id */
  const char *offer_id;             /* Offhook-Offer, or NULL */
  const char *const *headers;       /* "Name: value", or NULL */
  const char *sdp;                  /* or NULL */
  guint timeout_ms;                 /* gives up with 408 when nothing final came; 0: 180,000 */
} OhSipInvite;

/* Transfer full; @handlers must stay. */
OhSipCall *oh_sip_call_invite (OhSip *sip,
                               const OhSipInvite *invite,
                               const OhSipCallHandlers *handlers,
                               gpointer user_data);
void
oh_sip_call_set_handlers (OhSipCall *call, const OhSipCallHandlers *handlers, gpointer user_data);
OhSipCall *oh_sip_call_ref (OhSipCall *call);
void oh_sip_call_unref (OhSipCall *call);

const OhSipInfo *oh_sip_call_get_info (OhSipCall *call);                /* incoming */
const char *oh_sip_call_get_header (OhSipCall *call, const char *name); /* of the INVITE */
OhSipCallState oh_sip_call_get_state (OhSipCall *call);

/* Incoming: 180; 183 with SDP (reliable where the peer can: RFC 3262); 200; 3xx-6xx, whose @phrase is for
 * our own `ended` (the peer reads the standard one). The SDP of an
 * answered call may be NULL when a reliable 183 carried it. */
void oh_sip_call_ring (OhSipCall *call);
void oh_sip_call_progress (OhSipCall *call, const char *sdp);
void oh_sip_call_answer (OhSipCall *call, const char *sdp);
void
oh_sip_call_reject (OhSipCall *call, guint status, const char *phrase, const char *const *headers);

/* Answering from afar: NOTIFY of the event package "talk" while it rings, as many desk phones know
 * it. Outgoing: asks, as soon as a reliable 18x has come (which may be never). Incoming: lets the far end ask; without it such a request is refused. */
void oh_sip_call_ask_to_talk (OhSipCall *call);
void oh_sip_call_allow_talk (OhSipCall *call);

/* Ends it whichever state it is in: CANCEL, BYE or 480. @cause/@text: Reason header ("SIP;cause=200;
 * text=\"Call completed elsewhere\""); 0: none. Twice is fine. */
void oh_sip_call_hang_up (OhSipCall *call, guint cause, const char *text);

/* re-INVITE. Where it meets one of the far end's it is sent again after the time of RFC 3261 14.1; where that one's
 * offer was accepted meanwhile `offer_done` tells 491 after it, and the offer has to be made anew. */
void oh_sip_call_send_offer (OhSipCall *call, const char *sdp);
/* The same after our address changed: from now on the call's requests go by @account's connection, which may be
 * another one, and the far end gets the Contact of now (RFC 3261 12.2.1.1). An offer that is lost with its
 * connection is sent again, each second for half a minute. By UDP and TCP a call stays at its address: `offer_done`
 * tells 503 then. @account is not kept. */
void oh_sip_call_relocate (OhSipCall *call, const OhSipAccount *account, const char *sdp);
void oh_sip_call_accept_offer (OhSipCall *call, const char *sdp);
void oh_sip_call_refuse_offer (OhSipCall *call, guint status);
void
oh_sip_call_send_digit (OhSipCall *call, char digit, guint ms); /* INFO application/dtmf-relay */

/* --- Messages, presence, message-waiting --- */

typedef void (*OhSipDoneFunc) (OhSip *sip, guint status, const char *phrase, gpointer user_data);

/* RFC 3428. */
typedef struct
{
  const OhSipAccount *account; /* whose message it is: From, and the credential; not kept */
  const char *to_uri;
  const char *route;          /* as in OhSipInvite; or NULL */
  const char *const *headers; /* "Name: value", or NULL */
  const char *body_type, *body;
} OhSipMessage;

/* @done runs once, with the final status; 408: none came. */
void oh_sip_send_message (OhSip *sip,
                          const OhSipMessage *message,
                          OhSipDoneFunc done,
                          gpointer user_data);

/* A kept-up PUBLISH (RFC 3903) or SUBSCRIBE (RFC 6665) of ours. @event "presence",
 * "message-summary". */
typedef struct _OhSipPublication OhSipPublication;
OhSipPublication *oh_sip_publish (OhSip *sip,
                                  const OhSipAccount *account,
                                  const char *event,
                                  const char *body_type,
                                  const char *body);
void oh_sip_publication_update (OhSipPublication *publication, const char *body);
void oh_sip_publication_end (OhSipPublication *publication); /* removes and frees */

typedef struct _OhSipSubscription OhSipSubscription;
typedef void (*OhSipNotifyFunc) (OhSipSubscription *subscription,
                                 const char *body_type,
                                 const char *body,
                                 gpointer user_data);
OhSipSubscription *oh_sip_subscribe (OhSip *sip,
                                     const OhSipAccount *account,
                                     const char *to_uri,
                                     const char *event,
                                     OhSipNotifyFunc notify,
                                     gpointer user_data);
void oh_sip_subscription_end (OhSipSubscription *subscription);

/* The notifier's side: an accepted SUBSCRIBE. */
typedef struct _OhSipWatcher OhSipWatcher;
/* Takes the request, answers 202/200 with @expires. Returns NULL if it was an un-SUBSCRIBE. */
OhSipWatcher *oh_sip_request_accept_subscription (OhSipRequest *request, guint expires);
void oh_sip_watcher_notify (OhSipWatcher *watcher, const char *body_type, const char *body);
gboolean oh_sip_watcher_is_alive (OhSipWatcher *watcher);
void oh_sip_watcher_end (OhSipWatcher *watcher, const char *reason); /* terminated; frees */

G_END_DECLS
