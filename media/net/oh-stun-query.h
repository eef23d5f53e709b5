/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/net/oh-udp.h"

#include <stun/stunagent.h>

G_BEGIN_DECLS

/* Asks a STUN server (RFC 8489) as what address a socket of ours is seen outside: a few tries within
 * half a second. Embedded in its owner, who hands it the socket's datagrams; worker's thread. Needs
 * oh_stun_clash_settle(). */
typedef struct _OhStunQuery OhStunQuery;

struct _OhStunQuery
{
  /* @mapped NULL: no answer that makes sense came in time. Never within oh_stun_query_start(). */
  void (*done) (OhStunQuery *query, const OhAddress *mapped);
  gpointer owner;

  /* Private. */
  OhUdp *udp;
  OhAddress server;
  StunAgent agent;
  OhTimer timer;
  guint8 request[128];
  gsize length;
  guint tries;
  gboolean running;
};

/* Starts, or starts again. @udp must be open as long as it runs. */
void oh_stun_query_start (OhStunQuery *query, OhUdp *udp, const OhAddress *server);
void oh_stun_query_stop (OhStunQuery *query, OhWorker *worker);

/* TRUE: the datagram was the answer, or something else of the server asked. */
gboolean
oh_stun_query_take (OhStunQuery *query, const guint8 *data, gsize length, const OhAddress *from);

G_END_DECLS
