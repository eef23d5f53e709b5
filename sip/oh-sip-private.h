/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* sofia's clash of names (msg_t etc.) stays inside this room: nobody else includes this file. */
#define NUA_MAGIC_T struct _OhSipAgent
#define NUA_HMAGIC_T struct _OhSipOwner

#include "sip/oh-sip.h"
#include "sip/oh-sip-info.h"

#include <sofia-sip/nua.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_wait.h>

G_BEGIN_DECLS

typedef struct _OhSipAgent OhSipAgent;
typedef struct _OhSipOwner OhSipOwner;
typedef struct _OhSipTlsObjects OhSipTlsObjects;
typedef struct _OhSipDoor OhSipDoor;
typedef struct _OhSipKeepAlive OhSipKeepAlive;

/* One event of nua, valid during its callback. */
typedef struct
{
  OhSip *sip;
  OhSipAgent *agent;
  nua_event_t event;
  int status;
  const char *phrase;
  nua_handle_t *nh;
  const sip_t *message; /* may be NULL */
  tagi_t *tags;
} OhSipEvent;

/* What a nua handle belongs to: a call, a registration, ... First member of those structs. */
struct _OhSipOwner
{
  void (*handle) (OhSipOwner *owner, const OhSipEvent *event);
  OhSipAgent *agent; /* whose handle it has or had last */
};

/* One nua with its transports. There is one a listening address (UDP and TCP with the same address
 * share one; 0.0.0.0 stands for as many as the computer has, because sofia finds a connection only
 * among those of the first), and one for each local address that requests go out from where no listener fits. */
struct _OhSipAgent
{
  OhSip *sip;
  nua_t *nua;
  char *host; /* bound to; "0.0.0.0" and "::" are any */
  guint16 port;
  gboolean udp, tcp, tls;
  gboolean listening; /* from the configuration */
  gboolean retired;   /* keeps its connections, listens no longer */
  gboolean closing;   /* retired long ago: shuts down, and goes then */
  gboolean down;
  guint insistent;  /* calls of its whose re-INVITE is repeated when it gets lost */
  GHashTable *seen; /* host or address of a far end -> ours as it sees us, "192.0.2.1:40000" */
  int inbox_fd;     /* sofia's UDP socket, to be asked and not read; -1: it has none */
  guint32 inbox_lost;
};

struct _OhSip
{
  gatomicrefcount refs;
  GThread *thread; /* whoever shuts down joins it */
  GThread *self;   /* atomic: the same while it runs its loop, else NULL */
  su_root_t *root;
  const OhSipHandlers *handlers;
  gpointer user_data;
  OhExecutor executor;
  gboolean has_executor;
  gint freed;    /* atomic: no handler runs any more */
  gint refusing; /* atomic: none of the stack's own handlers runs any more */

  char **listen;
  guint16 *ports;
  char *certificate_dir, *ca_file, *user_agent, *public_address;
  guint session_s, min_session_s;
  guint t1_ms, max_calls, max_connections, max_connections_per_source, silent_ms;

  GError *start_error;
  GMutex lock; /* guards the next five */
  GCond started;
  gboolean ready;
  gboolean stopped;  /* nothing is posted to the loop any more */
  gboolean gone;     /* the stack's thread touches nothing any more */
  gboolean draining; /* somebody runs the late ones */
  GQueue late; /* posted after the loop: run one after the other, by nobody beside the stack */

  /* Stack's thread only. */
  GPtrArray *agents;
  GHashTable *calls, *registrations, *publications, *subscriptions, *watchers, *requests, *sendings;
  GHashTable *timers;
  GHashTable *flows;  /* "tls:1.2.3.4:5" -> agent that holds the connection */
  GHashTable *routes; /* host -> own address towards it, where we listen; true for a moment */
  gint64 routes_until;
  GHashTable *nonces;
  char *learned_address; /* ours outside, or NULL */
  guint next_timer;
  guint beginning; /* calls that came in and have got no word of ours */
  guint8 nonce_key[32];
  gboolean shutting_down;
  guint nuas_left;
  OhSipTlsObjects *tls_objects;
  OhSipDoor *door; /* or NULL */
  char *tls_trouble;
  gint64 tls_trouble_time;
};

OhSip *oh_sip_ref (OhSip *sip);
void oh_sip_unref (OhSip *sip);
gboolean oh_sip_is_stack_thread (OhSip *sip);

/* Runs @task where handlers run: at once without an executor, else posted there. Not when the stack
 * was freed meanwhile: then @destroy frees @data. */
void oh_sip_deliver (OhSip *sip, OhTask task, gpointer data);
gboolean oh_sip_is_heard (OhSip *sip); /* by its handlers */
void oh_sip_tell_trouble (OhSip *sip, const GError *error);

/* oh-sip-loop.c */
void oh_sip_loop_init (void);
void oh_sip_loop_clear_timers (OhSip *sip);
/* The stack's thread's last word. */
void oh_sip_loop_end (OhSip *sip);

/* oh-sip-agent.c */
OhSipAgent *oh_sip_agent_new (OhSip *sip,
                              const char *host,
                              guint16 port,
                              gboolean udp,
                              gboolean tcp,
                              gboolean tls,
                              gboolean listening,
                              GError **error);
void oh_sip_agent_free (OhSipAgent *agent);
/* The agent for requests that go to @target ("sip:host:port;transport=tls"). NULL with @error. */
OhSipAgent *oh_sip_agent_for (OhSip *sip, const char *target, GError **error);
const char *oh_sip_agent_transport (OhSipAgent *agent, const sip_t *message);
/* Whether a socket at @address is one of its own. */
gboolean oh_sip_agent_is_at (const OhSipAgent *agent, struct sockaddr *address, socklen_t length);
void oh_sip_agent_note_flow (OhSipAgent *agent, const OhSipParsed *parsed);
/* The way back by the connection that the request @message came by, if a device has registered by that; else
 * NULL. Transfer full. */
char *oh_sip_agent_dup_flow (OhSipAgent *agent, const sip_t *message);
/* The Contact towards the address @host by @transport ("udp"...) or towards @target (as above), in
 * < >, where sofia's own would not do; else NULL. @user, or NULL, stands in it where a router changes
 * our address. */
char *oh_sip_agent_make_contact (OhSipAgent *agent, const char *host, const char *transport);
char *oh_sip_agent_make_contact_for (OhSipAgent *agent, const char *target, const char *user);
/* The host, or address, that requests to @target are sent to. Transfer full. */
char *oh_sip_agent_dup_host (const char *target);
/* The address that the kernel would send from to @host; 0.0.0.0 for a name, which only sofia
 * resolves, and where there is no way. Transfer full. */
char *oh_sip_agent_dup_local (const char *host);
nua_handle_t *oh_sip_agent_handle (OhSipAgent *agent, OhSipOwner *owner);
/* FALSE: sofia made it up, for a time-out or a lost connection. */
gboolean oh_sip_event_is_from_peer (const OhSipEvent *event);
/* What sofia leaves to us to answer. */
#define OH_SIP_APPL_METHODS "MESSAGE, OPTIONS, UPDATE"

void oh_sip_handle_free (nua_handle_t **nh);
void oh_sip_agent_callback (nua_event_t event,
                            int status,
                            char const *phrase,
                            nua_t *nua,
                            OhSipAgent *agent,
                            nua_handle_t *nh,
                            OhSipOwner *owner,
                            sip_t const *message,
                            tagi_t tags[]);

/* oh-sip-addresses.c: those that @host stands for (all of this computer's for 0.0.0.0 and ::, the one
 * of the default route first). Strings, transfer full. */
GPtrArray *oh_sip_list_addresses (const char *host);

/* oh-sip-nat.c: takes from a response of @host how it sees us. TRUE: otherwise than before. */
gboolean oh_sip_nat_note (OhSipAgent *agent, const char *host, const sip_t *response);
/* The Contact for the far end @host where ours would not reach us; else NULL. @user may be NULL. */
char *oh_sip_nat_make_contact (OhSipAgent *agent,
                               const char *host,
                               const char *transport,
                               const char *user);

/* oh-sip-tls.c: a folder of one's own with agent.pem and cafile.pem as sofia wants them. */
char *oh_sip_tls_make_folder (OhSip *sip, GError **error);
void oh_sip_tls_remove_folder (char *folder);
void oh_sip_tls_watch_log (OhSip *sip);
/* What went wrong in the last seconds, or NULL. */
const char *oh_sip_tls_get_trouble (OhSip *sip);
/* Those that wait for a connection which TLS just refused; sofia would let them wait for 32 s. */
void oh_sip_registrations_fail_tls (OhSip *sip, const char *trouble);
void oh_sip_calls_fail_tls (OhSip *sip, const char *trouble);
void oh_sip_messages_fail_tls (OhSip *sip, const char *trouble);
void oh_sip_publications_fail_tls (OhSip *sip);
void oh_sip_subscriptions_fail_tls (OhSip *sip);

/* oh-sip-tls-free.c: frees what sofia forgets of each TLS connection on this thread. */
OhSipTlsObjects *oh_sip_tls_objects_new (OhSip *sip);
guint oh_sip_tls_objects_count (OhSipTlsObjects *objects);
void oh_sip_tls_objects_free (OhSipTlsObjects *objects);

/* oh-sip-inbox.c: what waits to be read. Once the agent's sockets are there. */
void oh_sip_inbox_open (OhSipAgent *agent);
/* How long the datagram that was read last had waited, us; -1: it is not known. */
gint64 oh_sip_inbox_get_wait (OhSipAgent *agent);

/* oh-sip-door.c: limits the connections that our listeners take. */
OhSipDoor *oh_sip_door_new (OhSip *sip);
void oh_sip_door_free (OhSipDoor *door);
/* This request came; @door may be NULL. */
void oh_sip_door_note (OhSipDoor *door, msg_t *msg);

/* oh-sip-account.c: a deep copy of an account and what is worked out from it. */
typedef struct
{
  char *aor, *name, *registrar, *proxy, *auth_user, *secret, *instance, *tls_name, *domain;
  char *user;   /* of the aor */
  char *target; /* where requests go, tls name put in as host: NUTAG_PROXY */
  guint expires;
  char **contact_params;
} OhSipIdentity;
OhSipIdentity *oh_sip_identity_new (const OhSipAccount *account);
void oh_sip_identity_free (OhSipIdentity *identity);
char *oh_sip_format_address (const char *name, const char *uri);
/* Answers a 401/407 of @event; FALSE when the credential was refused or there is none. */
gboolean
oh_sip_identity_authenticate (OhSipIdentity *identity, const OhSipEvent *event, guint *tries);
/* @route or the identity's target or @uri: where it goes in the end. Transfer full. */
char *oh_sip_target (const OhSipIdentity *identity, const char *route, const char *uri);

/* oh-sip-keep-alive.c: keeps the way to a registrar open, and closes a connection to it that died. @answered
 * gets each answer, @forgotten: one that refuses us after one that did not; it may free what called it. The
 * identity must outlive it. */
typedef void (*OhSipAliveFunc) (const sip_t *response, gboolean forgotten, gpointer user_data);
OhSipKeepAlive *oh_sip_keep_alive_new (OhSipAgent *agent,
                                       const OhSipIdentity *identity,
                                       OhSipAliveFunc answered,
                                       gpointer user_data);
void oh_sip_keep_alive_free (OhSipKeepAlive *alive);
/* The registrar's answer to a REGISTER: where it is, and by what it is reached. */
void oh_sip_keep_alive_note (OhSipKeepAlive *alive, const sip_t *response);
/* A request to it was not answered in its time. */
void oh_sip_keep_alive_cut (OhSipKeepAlive *alive);
/* The network is another one, or was away. TRUE: the connection has lost our address and is closed now;
 * else it has 4 s to show that it lives. */
gboolean oh_sip_keep_alive_doubt (OhSipKeepAlive *alive);

/* oh-sip-digest-client.c */
void oh_sip_digest_client_register (void);

/* oh-sip-digest.c */
gboolean oh_sip_digest_check (OhSip *sip,
                              const sip_t *message,
                              const char *realm,
                              OhSipDigest default_algorithm,
                              OhSipCredentialFunc func,
                              gpointer user_data,
                              gboolean proxy,
                              char **auth_user,
                              char **challenge);

/* oh-sip-body.c: the session description in a message's body, which it points into. */
typedef enum
{
  OH_SIP_BODY_NONE,    /* no body, or only such as may be left aside */
  OH_SIP_BODY_SDP,     /* @sdp and @length are set, unless NULL */
  OH_SIP_BODY_FOREIGN, /* something that must be understood and is not: 415 */
  OH_SIP_BODY_BROKEN   /* a multipart body without parts, or with too many of them: 400 */
} OhSipBody;
#define OH_SIP_BODY_TYPES "application/sdp, multipart/mixed" /* Accept of a 415 */
OhSipBody oh_sip_body_find_sdp (const sip_t *message, const char **sdp, gsize *length);

/* oh-sip-check.c: the status that a request, or the body of an INVITE or UPDATE, must be refused
 * with; 0: none. */
int oh_sip_check_request (const sip_t *message);
int oh_sip_check_offer (const sip_t *message);

/* Incoming, from oh_sip_agent_callback(). */
void oh_sip_call_arrive (const OhSipEvent *event);
void oh_sip_request_arrive (const OhSipEvent *event);

/* Closing down. */
void oh_sip_calls_end_all (OhSip *sip);
void oh_sip_registrations_end_all (OhSip *sip);
void oh_sip_publications_end_all (OhSip *sip);
void oh_sip_subscriptions_end_all (OhSip *sip);
void oh_sip_watchers_end_all (OhSip *sip);
/* After the loop: what was not told an end is told now, and lets go of sofia. */
void oh_sip_calls_abandon_all (OhSip *sip);
void oh_sip_requests_abandon_all (OhSip *sip);
void oh_sip_messages_abandon_all (OhSip *sip);
void oh_sip_registrations_abandon_all (OhSip *sip);
void oh_sip_publications_abandon_all (OhSip *sip);
void oh_sip_subscriptions_abandon_all (OhSip *sip);
void oh_sip_watchers_abandon_all (OhSip *sip);
/* For tests: live calls, on any thread only after the stack is quiet. */
guint oh_sip_count_calls (OhSip *sip);

G_END_DECLS
