/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-relay-info.h"
#include "client/offer/oh-offer-link.h"

G_BEGIN_DECLS

/* The WebSocket of one call offer, and its return when the network broke it (docs/protocol.md, "Web
 * signalling"). Main thread; made and freed by the call, also from within a handler. */
typedef struct _OhOfferSocket OhOfferSocket;

/* All mandatory. */
typedef struct
{
  /* It is open, anew or again. @in_call: the call is ours, and has gone on meanwhile. */
  void (*welcome) (guint seconds, gboolean in_call, gpointer user_data);
  void (*answer) (const char *sdp, gpointer user_data);
  void (*refused) (gpointer user_data);  /* our offer cannot be taken */
  void (*answered) (gpointer user_data); /* the call is ours */
  /* The server's last word; nothing follows. @reason: as in docs/protocol.md. */
  void (*ended) (const char *reason, gpointer user_data);
  /* There is no connection; it is tried again. */
  void (*lost) (gpointer user_data);
  /* Nor was one to be had for as long as the server would wait; nothing follows. */
  void (*gone) (gpointer user_data);
} OhOfferSocketHandlers;

OhOfferSocket *
oh_offer_socket_new (OhOfferLink *link, const OhOfferSocketHandlers *handlers, gpointer user_data);

/* What the last welcome told of servers for the sound; borrowed. */
const OhRelayInfo *oh_offer_socket_get_relay (OhOfferSocket *socket);

/* Closes in order, which hangs up if the call was ours. */
void oh_offer_socket_free (OhOfferSocket *socket);

/* Each without effect while there is no connection. */
void oh_offer_socket_offer (OhOfferSocket *socket, const char *sdp);
void oh_offer_socket_digit (OhOfferSocket *socket, char digit);
void oh_offer_socket_hang_up (OhOfferSocket *socket);

/* The person wants the call. From now on a connection that breaks comes back into the call. */
void oh_offer_socket_answer (OhOfferSocket *socket);

G_END_DECLS
