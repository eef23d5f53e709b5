/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-error.h"
#include "media/net/oh-stun-clash.h"
#include "media/net/oh-stun-query.h"
#include "media/net/oh-transport-news.h"
#include "media/net/oh-udp.h"

#include <string.h>

/* The source that has been followed must be silent for so long before another one is. */
#define RELATCH_US (3 * G_USEC_PER_SEC)

/* A router forgets a path that is silent for half a minute (some do); sound and reports keep it open
 * from the far end's SDP on. */
#define REFRESH_US (15 * G_USEC_PER_SEC)

/* Longer than all tries to ask a STUN server. */
#define STUN_WAIT_US G_USEC_PER_SEC

/* One far end of a channel: sent to where its SDP says until authentic packets come from elsewhere
 * (a NAT between), then to where they come from. The host that the SDP names always wins; another
 * host is followed only while that one has never spoken, and then for good as long as it speaks.
 * When another SDP moves the far end, what still comes from its old place is heard until the new one
 * speaks, but not followed back: never if the SDP itself had named that place; after RELATCH_US if it
 * was that of a NAT, which may have stayed though the SDP behind it has changed. */
typedef struct
{
  OhUdp udp;
  OhAddress signalled, target;
  OhAddress left;    /* where the far end was before */
  gint64 left_until; /* not followed there until then */
  OhAddress from;    /* of the datagram that is being told */
  gboolean known, latched;
  gint64 heard; /* last authentic packet from target */

  /* Behind a home router. */
  OhStunQuery *query; /* NULL: no STUN server */
  OhAddress mapped;   /* as seen outside; port 0: not known */
} Channel;

/* Plain RTP: one even port for RTP, the next one for RTCP until rtcp-mux is agreed. With a STUN server
 * `gathered` waits until it told how both are seen outside, or did not. */
typedef struct
{
  OhTransport parent;
  Channel channels[2];
  char address[46], public_address[46];
  guint16 port_min, port_max;
  OhTransportNews news;
  OhAddress stun_server;
  OhTimer refresh; /* while nobody else keeps the router's paths open */
  Channel *telling;
} OhTransportUdp;

static gboolean
is_left (OhTransportUdp *self, const Channel *channel, const OhAddress *from)
{
  return oh_worker_get_now (self->parent.worker) < channel->left_until
         && oh_address_equal (from, &channel->left);
}

static gboolean
may_speak (OhTransportUdp *self, Channel *channel, const OhAddress *from)
{
  if (!channel->known)
    return FALSE; /* nobody is expected before the far end's SDP */
  if (is_left (self, channel, from))
    return !channel->latched;
  if (oh_address_equal (from, &channel->target) || oh_address_same_host (from, &channel->signalled))
    return TRUE;
  return !channel->latched || oh_worker_get_now (self->parent.worker) - channel->heard > RELATCH_US;
}

static void
on_received (OhUdp *udp, guint8 *data, gsize length, const OhAddress *from)
{
  OhTransportUdp *self = udp->owner;
  Channel *channel = (Channel *)udp;

  if (channel->query && oh_stun_query_take (channel->query, data, length, from))
    return;
  if (!may_speak (self, channel, from))
    return;
  channel->from = *from;
  self->telling = channel;
  self->parent.events->received (channel == &self->channels[0] ? OH_TRANSPORT_RTP
                                                               : OH_TRANSPORT_RTCP,
                                 data, length, self->parent.user_data);
  self->telling = NULL;
}

static void
confirm (OhTransport *transport)
{
  OhTransportUdp *self = (OhTransportUdp *)transport;
  Channel *channel = self->telling;

  if (!channel || is_left (self, channel, &channel->from))
    return;
  channel->target = channel->from;
  channel->latched = TRUE;
  channel->heard = oh_worker_get_now (transport->worker);
}

/* --- As seen outside --- */

static gboolean
is_asking (OhTransportUdp *self)
{
  return (self->channels[0].query && self->channels[0].query->running)
         || (self->channels[1].query && self->channels[1].query->running);
}

static void
on_mapped (OhStunQuery *query, const OhAddress *mapped)
{
  OhTransportUdp *self = query->owner;
  Channel *channel = query == self->channels[0].query ? &self->channels[0] : &self->channels[1];

  if (mapped)
    channel->mapped = *mapped;
  if (!self->news.gathering || is_asking (self))
    return;
  if (oh_address_get_port (&self->channels[0].mapped) == 0)
    g_message ("the STUN server did not answer: trunks are told the address %s",
               self->public_address);
  oh_transport_news_gathered (&self->news, NULL);
}

static void
ask (OhTransportUdp *self)
{
  for (guint i = 0; i < 2; i++)
    if (self->channels[i].query && self->channels[i].udp.watch.fd >= 0)
      oh_stun_query_start (self->channels[i].query, &self->channels[i].udp, &self->stun_server);
  oh_worker_set_timer (self->parent.worker, &self->refresh,
                       oh_worker_get_now (self->parent.worker) + REFRESH_US);
}

static void
on_refresh (OhTimer *timer)
{
  OhTransportUdp *self = (OhTransportUdp *)((char *)timer
                                            - G_STRUCT_OFFSET (OhTransportUdp, refresh));

  if (!self->channels[0].known)
    ask (self);
}

static void
set_stun_server (OhTransportUdp *self, const char *server)
{
  const char *colon = server ? strrchr (server, ':') : NULL;
  g_autofree char *host = colon ? g_strndup (server, (gsize)(colon - server)) : NULL;
  guint64 port;

  if (!colon || !g_ascii_string_to_unsigned (colon + 1, 10, 1, G_MAXUINT16, &port, NULL)
      || !oh_address_set (&self->stun_server, host, (guint16)port))
    return;
  oh_stun_clash_settle ();
  self->refresh.expired = on_refresh;
  for (guint i = 0; i < 2; i++)
    {
      self->channels[i].query = g_new0 (OhStunQuery, 1);
      self->channels[i].query->done = on_mapped;
      self->channels[i].query->owner = self;
    }
}

static void
drop_query (OhTransportUdp *self, Channel *channel)
{
  if (channel->query)
    oh_stun_query_stop (channel->query, self->parent.worker);
  g_clear_pointer (&channel->query, g_free);
}

/* --- The seam --- */

static void
gather (OhTransport *transport)
{
  OhTransportUdp *self = (OhTransportUdp *)transport;
  OhWorker *worker = transport->worker;
  gboolean asks = self->channels[0].query != NULL;
  GError *error = NULL;

  oh_transport_news_gather (&self->news, asks ? oh_worker_get_now (worker) + STUN_WAIT_US : 1);
  oh_udp_open_pair (&self->channels[0].udp, &self->channels[1].udp, self->address, self->port_min,
                    self->port_max, &error);
  if (asks && !error)
    ask (self);
  else
    oh_transport_news_gathered (&self->news, error);
}

static void
describe (OhTransport *transport, OhSdp *local)
{
  OhTransportUdp *self = (OhTransportUdp *)transport;
  const OhAddress *sound = &self->channels[0].mapped, *reports = &self->channels[1].mapped;
  guint16 rtcp_port = oh_udp_get_port (&self->channels[1].udp);

  g_strlcpy (local->address, self->public_address, sizeof local->address);
  local->port = oh_udp_get_port (&self->channels[0].udp);
  if (oh_address_get_port (sound) != 0)
    {
      oh_address_print (sound, local->address, sizeof local->address);
      local->port = oh_address_get_port (sound);
    }
  if (rtcp_port != 0 && oh_address_get_port (reports) != 0)
    rtcp_port = oh_address_get_port (reports);
  local->rtcp_port = rtcp_port;
}

static void
leave (Channel *channel, gint64 now)
{
  gboolean named = oh_address_equal (&channel->target, &channel->signalled);

  channel->left = channel->target;
  channel->left_until = named ? G_MAXINT64 : now + RELATCH_US;
}

static void
set_target (Channel *channel, const char *address, guint16 port, gint64 now)
{
  OhAddress signalled;

  if (port == 0 || !oh_address_set (&signalled, address, port))
    return;
  if (channel->known && oh_address_equal (&signalled, &channel->signalled))
    return; /* a later SDP that repeats itself keeps what was learned */
  if (channel->known)
    leave (channel, now);
  if (oh_address_equal (&signalled, &channel->left))
    channel->left_until = 0;
  channel->signalled = channel->target = signalled;
  channel->known = TRUE;
  channel->latched = FALSE;
}

static gboolean
set_remote (OhTransport *transport,
            const OhSdp *remote,
            gboolean controlling,
            gboolean rtcp_mux,
            GError **error)
{
  OhTransportUdp *self = (OhTransportUdp *)transport;
  gint64 now = oh_worker_get_now (transport->worker);
  OhAddress address;

  if (!*remote->address || !oh_address_set (&address, remote->address, remote->port))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the far end's SDP has no literal address");
      return FALSE;
    }
  if (rtcp_mux)
    {
      drop_query (self, &self->channels[1]);
      oh_udp_close (&self->channels[1].udp);
    }
  if (!oh_address_is_any (&address)) /* else on hold: what was known stays (RFC 3264 8.4) */
    {
      set_target (&self->channels[0], remote->address, remote->port, now);
      if (!rtcp_mux)
        set_target (&self->channels[1], remote->address, remote->rtcp_port, now);
    }
  if (self->channels[0].known)
    oh_transport_news_connected (&self->news);
  return TRUE;
}

static gboolean
send_datagram (OhTransport *transport, OhTransportChannel which, const guint8 *data, gsize length)
{
  Channel *channel = &((OhTransportUdp *)transport)->channels[which];

  return channel->known && oh_udp_send (&channel->udp, &channel->target, data, length);
}

static void
get_candidates (OhTransport *transport, const char **local, const char **remote)
{
  OhTransportUdp *self = (OhTransportUdp *)transport;
  Channel *channel = &self->channels[0];

  *local = "host";
  *remote = !channel->known                                            ? ""
            : oh_address_equal (&channel->target, &channel->signalled) ? "host"
                                                                       : "prflx";
}

static void
free_udp (OhTransport *transport)
{
  OhTransportUdp *self = (OhTransportUdp *)transport;

  oh_transport_news_clear (&self->news);
  oh_worker_clear_timer (transport->worker, &self->refresh);
  drop_query (self, &self->channels[0]);
  drop_query (self, &self->channels[1]);
  oh_udp_close (&self->channels[0].udp);
  oh_udp_close (&self->channels[1].udp);
  g_free (self);
}

static const OhTransportClass udp_class = {
  .name = "udp",
  .gather = gather,
  .describe = describe,
  .set_remote = set_remote,
  .send = send_datagram,
  .confirm = confirm,
  .get_candidates = get_candidates,
  .free = free_udp,
};

OhTransport *
oh_transport_udp_new (OhWorker *worker,
                      const OhTransportConfig *config,
                      const OhTransportEvents *events,
                      gpointer user_data)
{
  OhTransportUdp *self = g_new0 (OhTransportUdp, 1);
  const char *public_address = config->public_address ? config->public_address : config->address;
  OhAddress any;

  self->parent = (OhTransport){ &udp_class, worker, events, user_data };
  for (guint i = 0; i < 2; i++)
    self->channels[i].udp = (OhUdp){
      .watch.fd = -1, .worker = worker, .received = on_received, .owner = self
    };
  oh_transport_news_init (&self->news, &self->parent);
  self->port_min = config->port_min;
  self->port_max = config->port_max;
  set_stun_server (self, config->stun_server);
  g_strlcpy (self->address, config->address ? config->address : "0.0.0.0", sizeof self->address);
  if (public_address && oh_address_set (&any, public_address, 0) && !oh_address_is_any (&any))
    g_strlcpy (self->public_address, public_address, sizeof self->public_address);
  else
    oh_address_find_own (self->public_address, sizeof self->public_address);
  return &self->parent;
}
