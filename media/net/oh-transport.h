/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-worker-private.h"
#include "media/sdp/oh-sdp.h"

G_BEGIN_DECLS

/* Room that every received buffer has behind its data, so that a packet may be encrypted in place
 * on its way out (SRTP tag, GCM tag, RTCP index). */
#define OH_TRANSPORT_SPARE 160
#define OH_TRANSPORT_MTU 1500

/* The seam under a peer: moves datagrams over one path and knows its addresses. Plain UDP, ICE-lite,
 * libnice, and the in-memory wire of tests are its kinds. Everything runs on the worker's thread. */
typedef struct _OhTransport OhTransport;

typedef enum
{
  OH_TRANSPORT_RTP, /* and RTCP and DTLS where they share the port */
  OH_TRANSPORT_RTCP
} OhTransportChannel;

typedef struct
{
  /* A datagram; writable, OH_TRANSPORT_SPARE bytes behind it are free to use. Mandatory. */
  void (*received) (OhTransportChannel channel, guint8 *data, gsize length, gpointer user_data);
  /* oh_transport_describe() has the final addresses now. Mandatory. */
  void (*gathered) (const GError *error, gpointer user_data);
  /* The path can carry data both ways. May come again after a restart. Mandatory. */
  void (*connected) (gpointer user_data);
  /* The path is gone for good. Mandatory. */
  void (*failed) (const GError *error, gpointer user_data);
} OhTransportEvents;

typedef struct
{
  const char *name;
  /* Opens sockets and finds addresses; `gathered` follows, never within the call. Mandatory. */
  void (*gather) (OhTransport *transport);
  /* Writes address, port, candidates and credentials into @local. Mandatory. */
  void (*describe) (OhTransport *transport, OhSdp *local);
  /* The far end's addresses; @controlling: ours was the offer (RFC 8445 6.1.1). May come again.
   * Mandatory. */
  gboolean (*set_remote) (OhTransport *transport,
                          const OhSdp *remote,
                          gboolean controlling,
                          gboolean rtcp_mux,
                          GError **error);
  /* ICE restarts (RFC 8445 9): describe() tells new credentials from now on, and the path in use
   * carries on until another one is chosen. Optional. */
  void (*restart) (OhTransport *transport);
  /* It stays at the addresses that it gathered, a restart finds no others: when we restart, another
   * transport takes its place. */
  gboolean stays;
  /* Sends at once, or drops. Mandatory. */
  gboolean (*send) (OhTransport *transport,
                    OhTransportChannel channel,
                    const guint8 *data,
                    gsize length);
  /* The datagram that is being told just now was authentic: its source may become the address that
   * is sent to (symmetric RTP). Optional. */
  void (*confirm) (OhTransport *transport);
  /* Kinds of the chosen pair: "host", "srflx", "prflx", "relay" or "". Optional. */
  void (*get_candidates) (OhTransport *transport, const char **local, const char **remote);
  /* Closes and frees; no event follows. Mandatory. */
  void (*free) (OhTransport *transport);
} OhTransportClass;

/* First member of each kind. */
struct _OhTransport
{
  const OhTransportClass *klass;
  OhWorker *worker; /* borrowed: the peer holds it */
  const OhTransportEvents *events;
  gpointer user_data;
};

/* What all kinds are made of; strings are borrowed for the call. */
typedef struct
{
  const char *address, *public_address;
  guint16 port_min, port_max;
  const char *stun_server, *turn_server, *turn_tcp_server, *turn_user, *turn_password;
  gboolean relay_only, loopback;
} OhTransportConfig;

typedef OhTransport *(*OhTransportNew) (OhWorker *worker,
                                        const OhTransportConfig *config,
                                        const OhTransportEvents *events,
                                        gpointer user_data);

OhTransport *oh_transport_udp_new (OhWorker *worker,
                                   const OhTransportConfig *config,
                                   const OhTransportEvents *events,
                                   gpointer user_data);
OhTransport *oh_transport_lite_new (OhWorker *worker,
                                    const OhTransportConfig *config,
                                    const OhTransportEvents *events,
                                    gpointer user_data);
OhTransport *oh_transport_nice_new (OhWorker *worker,
                                    const OhTransportConfig *config,
                                    const OhTransportEvents *events,
                                    gpointer user_data);

/* The seam's fake: a wire in memory between the transports of one worker's thread. What it does to
 * packets, in all directions alike but where it says so; never by chance, but by numbers that follow from
 * @seed. */
typedef struct
{
  double loss;      /* part of the packets that get lost, 0 to 1 */
  guint delay_ms;   /* of each packet */
  guint jitter_ms;  /* at most so much more; more than a packet's length puts them out of order */
  double duplicate; /* part that arrives twice */
  guint kbit_s;     /* most that each transport gets through, IP and UDP included; 0: all */
  guint queue_ms;   /* that may wait for it; what more comes is lost */
  gboolean one_way; /* these two are only for what the transport sends that was made first */
  guint32 seed;
} OhWire;

OhTransport *oh_transport_memory_new (OhWorker *worker,
                                      const OhTransportConfig *config,
                                      const OhTransportEvents *events,
                                      gpointer user_data);

/* From now on, for all transports of this thread; NULL: a wire without faults or delay. */
void oh_transport_memory_set_wire (const OhWire *wire);

G_END_DECLS
