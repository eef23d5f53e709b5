/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "media/net/oh-transport-news.h"

#include <string.h>

#define ADDRESS "127.0.0.1" /* for the SDP: nothing is opened there */
#define FIRST_PORT 10000
#define MAX_ENDS 64
#define HEADER_BYTES 28 /* IPv4 and UDP */

/* One end. Its port number stands for it in SDP; all ends of a thread see each other. */
typedef struct
{
  OhTransport parent;
  guint16 port, remote;
  gint64 free_at; /* when all that waits for the narrow wire is through; 0: it never was narrow */
  gint64 newest;  /* then: as Ether's, which is no business of the other direction */
  OhTransportNews news;
} OhTransportMemory;

/* A datagram on its way. */
typedef struct
{
  OhTimer arrival;
  OhWorker *worker;
  guint16 to;
  OhTransportChannel channel;
  gsize length;
  GList link;
  guint8 data[OH_TRANSPORT_MTU + OH_TRANSPORT_SPARE];
} Datagram;

typedef struct
{
  OhWire wire;
  guint32 random;
  OhTransportMemory *ends[MAX_ENDS];
  guint n_ends;
  GQueue flying; /* Datagram */
  gint64 newest; /* arrival of what was sent last: the same delay keeps the order */
} Ether;

static _Thread_local Ether ether;

void
oh_transport_memory_set_wire (const OhWire *wire)
{
  ether.wire = wire ? *wire : (OhWire){ 0 };
  ether.random = ether.wire.seed;
}

/* 0 to 1; enough for tests, and the same everywhere (numbers of Numerical Recipes' quick one). */
static double
throw_dice (void)
{
  ether.random = ether.random * 1664525u + 1013904223u;
  return ether.random / 4294967296.0;
}

static void
free_datagram (Datagram *datagram)
{
  oh_worker_clear_timer (datagram->worker, &datagram->arrival);
  g_queue_unlink (&ether.flying, &datagram->link);
  g_free (datagram);
}

static void
on_arrival (OhTimer *timer)
{
  Datagram *datagram = (Datagram *)timer;
  OhTransportMemory *to = ether.ends[datagram->to - FIRST_PORT];

  if (to)
    to->parent.events->received (datagram->channel, datagram->data, datagram->length,
                                 to->parent.user_data);
  free_datagram (datagram);
}

static gboolean
is_narrow (OhTransportMemory *self)
{
  return ether.wire.kbit_s > 0 && (!ether.wire.one_way || self->port == FIRST_PORT);
}

/* FALSE: the queue is full. */
static gboolean
wait_in_queue (OhTransportMemory *self, gsize length)
{
  gint64 now = oh_clock_now ();

  self->free_at = MAX (self->free_at, now);
  if (self->free_at - now > ether.wire.queue_ms * 1000)
    return FALSE;
  self->free_at += (gint64)(length + HEADER_BYTES) * 8000 / ether.wire.kbit_s;
  return TRUE;
}

static void
put_on_wire (OhTransportMemory *self, OhTransportChannel which, const guint8 *data, gsize length)
{
  gint64 *newest = self->free_at ? &self->newest : &ether.newest;
  Datagram *datagram;
  gint64 due;

  if (is_narrow (self) && !wait_in_queue (self, length))
    return;
  datagram = g_new (Datagram, 1);
  due = MAX (oh_clock_now (), self->free_at) + ether.wire.delay_ms * 1000
        + (gint64)(throw_dice () * ether.wire.jitter_ms * 1000);
  if (ether.wire.jitter_ms == 0)
    due = *newest = MAX (due, *newest + 1);
  *datagram = (Datagram){ .arrival.expired = on_arrival,
                          .worker = self->parent.worker,
                          .to = self->remote,
                          .channel = which,
                          .length = length };
  datagram->link.data = datagram;
  memcpy (datagram->data, data, length);
  g_queue_push_tail_link (&ether.flying, &datagram->link);
  oh_worker_set_timer (self->parent.worker, &datagram->arrival, due);
}

/* --- The seam --- */

static void
gather (OhTransport *transport)
{
  OhTransportMemory *self = (OhTransportMemory *)transport;

  oh_transport_news_gather (&self->news, 1);
}

static void
describe (OhTransport *transport, OhSdp *local)
{
  g_strlcpy (local->address, ADDRESS, sizeof local->address);
  local->port = local->rtcp_port = ((OhTransportMemory *)transport)->port;
}

static gboolean
set_remote (OhTransport *transport,
            const OhSdp *remote,
            gboolean controlling,
            gboolean rtcp_mux,
            GError **error)
{
  OhTransportMemory *self = (OhTransportMemory *)transport;

  if (remote->port < FIRST_PORT || remote->port >= FIRST_PORT + MAX_ENDS)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the far end is not on this wire");
      return FALSE;
    }
  self->remote = remote->port;
  oh_transport_news_connected (&self->news);
  return TRUE;
}

static gboolean
send_datagram (OhTransport *transport, OhTransportChannel which, const guint8 *data, gsize length)
{
  OhTransportMemory *self = (OhTransportMemory *)transport;

  if (self->remote == 0 || length > OH_TRANSPORT_MTU)
    return FALSE;
  if (throw_dice () < ether.wire.loss)
    return TRUE;
  put_on_wire (self, which, data, length);
  if (throw_dice () < ether.wire.duplicate)
    put_on_wire (self, which, data, length);
  return TRUE;
}

static void
get_candidates (OhTransport *transport, const char **local, const char **remote)
{
  *local = *remote = "host";
}

static void
free_memory (OhTransport *transport)
{
  OhTransportMemory *self = (OhTransportMemory *)transport;

  oh_transport_news_clear (&self->news);
  ether.ends[self->port - FIRST_PORT] = NULL;
  if (--ether.n_ends == 0)
    while (ether.flying.head)
      free_datagram (ether.flying.head->data);
  g_free (self);
}

static const OhTransportClass memory_class = {
  .name = "memory",
  .gather = gather,
  .describe = describe,
  .set_remote = set_remote,
  .stays = TRUE,
  .send = send_datagram,
  .get_candidates = get_candidates,
  .free = free_memory,
};

OhTransport *
oh_transport_memory_new (OhWorker *worker,
                         const OhTransportConfig *config,
                         const OhTransportEvents *events,
                         gpointer user_data)
{
  OhTransportMemory *self = g_new0 (OhTransportMemory, 1);
  guint place = 0;

  while (place < MAX_ENDS - 1 && ether.ends[place])
    place++;
  g_assert (!ether.ends[place]); /* a test's own fault */
  if (ether.n_ends++ == 0)
    ether.newest = 0; /* another clock, perhaps */
  ether.ends[place] = self;
  self->parent = (OhTransport){ &memory_class, worker, events, user_data };
  self->port = FIRST_PORT + place;
  oh_transport_news_init (&self->news, &self->parent);
  return &self->parent;
}
