/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/call/oh-browser-calls.h"
#include "server/call/oh-leg.h"
#include "server/chat/oh-courier.h"
#include "server/im/oh-im-desk.h"
#include "server/limits/oh-admission.h"
#include "server/limits/oh-limits.h"
#include "server/registrar/oh-registrar-sip.h"
#include "server/trunk/oh-nat.h"
#include "server/trunk/oh-trunks.h"
#include "server/voicemail/oh-prompts.h"
#include "server/voicemail/oh-voicemail-session.h"

G_BEGIN_DECLS

/* What is known of the load between two measurements, and what the log was told of it. */
typedef struct
{
  guint timer;         /* runs while calls come in */
  gint64 last_arrival; /* this and all below: monotonic us */
  gint64 measured;
  gint64 thread_us;     /* processor time of the signalling thread then */
  gint64 shortest_wait; /* of an INVITE in its socket since then, us; -1: of none */
  double busy;          /* % of a core */
  gint64 memory_read;
  guint memory_mib;
  gboolean refusing; /* as the log knows it */
  gint64 began, told;
  guint64 began_refused, told_refused;
} OhLoadMeter;

/* What the files of server/call share; all of it on the signalling thread, but where it says so. */
struct _OhExchange
{
  const OhServerConfig *config; /* the newest; every one lives until the end */
  OhStore *store;               /* any thread */
  OhSip *sip;                   /* any thread */
  OhExecutor signalling, services;

  OhDirectory *directory; /* the newest snapshot */
  guint directory_watch;
  OhRegistrar *registrar;
  OhRegistrarSip *registrar_sip;
  OhCourier *courier; /* of chats */
  OhTrunks *trunks;
  OhNat *nat;
  OhAdmission *admission; /* of new calls */
  OhLoadMeter meter;
  OhLimits *unknown; /* requests of sources that nobody knows */
  OhImDesk *desk;    /* any thread; NULL: no IM */
  GHashTable *im;    /* user id as gint64* -> GArray of OhSighting, his identities */
  GPtrArray *workers;
  OhPrompts *prompts; /* services thread, but for its paths */

  GHashTable *calls;          /* id -> OhServerCall, which the table owns */
  GHashTable *browsers;       /* id as guint64* -> browser of oh-server-call-browser.c */
  GHashTable *lines;          /* id as guint64* -> web line of oh-exchange-line.c */
  guint64 lines_rung;         /* how often one did */
  OhBrowserFunc browser_func; /* services thread, as its data; set before any browser is there */
  gpointer browser_data;
  GDestroyNotify browser_destroy;
  guint expiry_timer;
  guint trim_timer; /* runs while no call is there, until sofia has forgotten the last one */

  gboolean stopping;
  gboolean courier_stopped;
  guint stop_timer;
  OhTask stopped;
  gpointer stopped_data;
};

/* The one with the fewest peers. Borrowed. */
OhWorker *oh_exchange_pick_worker (OhExchange *exchange);

/* The address that @remote reaches us at. Transfer full. */
char *oh_exchange_dup_local_address (OhExchange *exchange, const char *remote);

/* Whether it is of this computer or a private network: a home router's address is not told there. */
gboolean oh_address_is_private (const char *address);

/* Calls that have @user_id as called user. */
guint oh_exchange_count_calls (gint64 user_id, gpointer exchange);

/* What is known of @user_id's identities (of OhSighting), or NULL. */
GArray *oh_exchange_find_im (OhExchange *exchange, gint64 user_id);

/* A call that ended: drops it. */
void oh_exchange_forget_call (OhExchange *exchange, const char *call_id);

/* oh-server-call-browser.c: frees what is in `browsers`. */
void oh_browser_free (gpointer browser);

/* oh-exchange-line.c: frees what is in `lines`; those of devices that were revoked end, with their calls;
 * an OhLampFunc, @exchange the exchange. */
void oh_line_free (gpointer line);
void oh_exchange_end_revoked_lines (OhExchange *exchange);
void oh_exchange_tell_lines (gint64 user_id, guint new_messages, gpointer exchange);

/* oh-exchange-load.c: whether one more call may come in, as OhSipHandlers.admit; one that a web line
 * dials has no transport. */
gboolean oh_exchange_admit (OhExchange *exchange, const OhSipArrival *arrival, guint *retry_s);
OhAdmissionLimits oh_exchange_read_limits (const OhServerConfig *config);
/* Adds an object of oh-live.h. */
void oh_exchange_describe_load (OhExchange *exchange, JsonBuilder *builder);

/* oh-exchange-arrival.c: a new INVITE, which was admitted. */
void oh_exchange_take_call (OhExchange *exchange, OhSipCall *sip_call);

/* oh-exchange-chat.c: SIP as a service of the desk. The first is OhImDeskEvents.send_sip, on the services
 * thread; the second once the desk is known. */
void oh_exchange_send_sip (
    guint id, const char *username, const char *name, const char *text, gpointer exchange);
void oh_exchange_start_sip_desk (OhExchange *exchange);
/* Which devices of @user that are told by message are there now. */
void oh_exchange_tell_text_devices (OhExchange *exchange, const OhUser *user);

/* A request of a source that nobody knows: FALSE when it asked too often in the last minute. Said in
 * the log in words that stay the same, for tools that ban addresses. */
gboolean oh_exchange_note_unknown (
    OhExchange *exchange, const char *method, const char *address, const char *why, guint *retry_s);

G_END_DECLS
