/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "media/net/oh-stun-clash.h"
#include "media/net/oh-transport-news.h"
#include "media/net/oh-udp.h"

#include <nice/agent.h>
#include <nice/interfaces.h>

#include <stdlib.h>
#include <string.h>

#define GATHER_US (500 * 1000)
#define RELAY_US (5 * G_USEC_PER_SEC) /* for a relay without which there is no path */
#define COMPONENT 1

/* Full ICE (RFC 8445) by libnice, on the engine's GMainContext: candidates of all kinds, one
 * component, no trickling. Signals come on the engine's thread, as everything here. */
typedef struct
{
  OhTransport parent;
  NiceAgent *agent;
  guint stream;
  OhTransportNews news;
  gboolean relay_only;
  gint64 enough_at; /* from then on, what was found is told */
  char remote_ufrag[257];
} OhTransportNice;

/* --- Addresses --- */

/* "host:port" or "[v6]:port". libnice looks a name up in the background while it gathers; one that has
 * no answer when the cap on gathering is reached costs its candidates, not the call. */
static gboolean
split_server (const char *text, guint16 standard, char **host, guint *port)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnectable) address = g_network_address_parse (text, standard, &error);

  if (!address)
    {
      g_warning ("STUN or TURN server: %s", error->message);
      return FALSE;
    }
  *host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (address)));
  *port = g_network_address_get_port (G_NETWORK_ADDRESS (address));
  return TRUE;
}

/* libnice leaves loopback out; once one address is given it looks for none itself. */
static void
add_loopback (NiceAgent *agent)
{
  GList *addresses = nice_interfaces_get_local_ips (FALSE);
  NiceAddress address;

  addresses = g_list_append (addresses, g_strdup ("127.0.0.1"));
  for (GList *item = addresses; item; item = item->next)
    {
      nice_address_init (&address);
      if (nice_address_set_from_string (&address, item->data))
        nice_agent_add_local_address (agent, &address);
    }
  g_list_free_full (addresses, g_free);
}

static void
add_relay (OhTransportNice *self,
           const OhTransportConfig *config,
           const char *server,
           NiceRelayType type)
{
  g_autofree char *host = NULL;
  guint port;

  if (server && split_server (server, 3478, &host, &port))
    nice_agent_set_relay_info (self->agent, self->stream, COMPONENT, host, port,
                               config->turn_user ? config->turn_user : "",
                               config->turn_password ? config->turn_password : "", type);
}

static void
add_servers (OhTransportNice *self, const OhTransportConfig *config)
{
  g_autofree char *stun = NULL;
  guint port;

  if (config->stun_server && split_server (config->stun_server, 3478, &stun, &port))
    g_object_set (self->agent, "stun-server", stun, "stun-server-port", port, NULL);
  add_relay (self, config, config->turn_server, NICE_RELAY_TYPE_TURN_UDP);
  add_relay (self, config, config->turn_tcp_server, NICE_RELAY_TYPE_TURN_TCP);
}

static const char *
get_type_name (NiceCandidateType type)
{
  switch (type)
    {
    case NICE_CANDIDATE_TYPE_HOST:
      return "host";
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return "srflx";
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return "prflx";
    case NICE_CANDIDATE_TYPE_RELAYED:
      return "relay";
    }
  return "";
}

static void
add_candidate (OhTransportNice *self, OhSdp *local, const NiceCandidate *candidate)
{
  OhSdpCandidate *c = &local->candidates[local->n_candidates];

  if (local->n_candidates == OH_SDP_MAX_CANDIDATES
      || candidate->transport != NICE_CANDIDATE_TRANSPORT_UDP
      || (self->relay_only && candidate->type != NICE_CANDIDATE_TYPE_RELAYED))
    return;
  local->n_candidates++;
  g_strlcpy (c->foundation, candidate->foundation, sizeof c->foundation);
  c->component = COMPONENT;
  c->priority = candidate->priority;
  nice_address_to_string (&candidate->addr, c->address);
  c->port = nice_address_get_port (&candidate->addr);
  g_strlcpy (c->type, get_type_name (candidate->type), sizeof c->type);
  if (candidate->type != NICE_CANDIDATE_TYPE_HOST)
    {
      nice_address_to_string (&candidate->base_addr, c->related_address);
      c->related_port = nice_address_get_port (&candidate->base_addr);
    }
}

static NiceCandidate *
read_candidate (OhTransportNice *self, const OhSdpCandidate *c)
{
  NiceCandidateType type = strcmp (c->type, "host") == 0    ? NICE_CANDIDATE_TYPE_HOST
                           : strcmp (c->type, "srflx") == 0 ? NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE
                           : strcmp (c->type, "relay") == 0 ? NICE_CANDIDATE_TYPE_RELAYED
                                                            : NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
  NiceCandidate *candidate = nice_candidate_new (type);

  candidate->component_id = COMPONENT;
  candidate->stream_id = self->stream;
  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  candidate->priority = c->priority;
  g_strlcpy (candidate->foundation, c->foundation, sizeof candidate->foundation);
  if (!nice_address_set_from_string (&candidate->addr, c->address))
    g_clear_pointer (&candidate, nice_candidate_free);
  else
    nice_address_set_port (&candidate->addr, c->port);
  return candidate;
}

/* --- News: libnice may be in the middle of something --- */

static void
on_gathering_done (NiceAgent *agent, guint stream, gpointer user_data)
{
  OhTransportNice *self = user_data;

  oh_transport_news_gathered (&self->news, g_steal_pointer (&self->news.trouble));
}

/* A relay's first address: until then there was nothing to tell, and the time is up or goes on. */
static void
on_candidate (NiceAgent *agent, NiceCandidate *candidate, gpointer user_data)
{
  OhTransportNice *self = user_data;

  if (candidate->type == NICE_CANDIDATE_TYPE_RELAYED && self->news.trouble && self->news.gathering)
    oh_transport_news_gather (&self->news, self->enough_at);
}

static void
on_state_changed (NiceAgent *agent, guint stream, guint component, guint state, gpointer user_data)
{
  OhTransportNice *self = user_data;

  if (state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY)
    oh_transport_news_connected (&self->news);
  else if (state == NICE_COMPONENT_STATE_FAILED)
    oh_transport_news_failed (&self->news, g_error_new (OH_ERROR, OH_ERROR_NETWORK,
                                                        "no path to the far end (ICE failed)"));
}

static void
on_datagram (
    NiceAgent *agent, guint stream, guint component, guint length, gchar *data, gpointer user_data)
{
  static _Thread_local guint8 buffer[OH_TRANSPORT_MTU + OH_TRANSPORT_SPARE];
  OhTransportNice *self = user_data;

  if (length == 0 || length > OH_TRANSPORT_MTU)
    return;
  memcpy (buffer, data, length);
  oh_worker_refresh_now (self->parent.worker);
  self->parent.events->received (OH_TRANSPORT_RTP, buffer, length, self->parent.user_data);
}

/* --- The seam --- */

static void
gather (OhTransport *transport)
{
  OhTransportNice *self = (OhTransportNice *)transport;
  gint64 now = oh_clock_now ();

  self->enough_at = now + GATHER_US;
  oh_transport_news_gather (&self->news, self->relay_only ? now + RELAY_US : self->enough_at);
  if (self->relay_only)
    self->news.trouble = g_error_new (OH_ERROR, OH_ERROR_NETWORK,
                                      "the relay (TURN server) gives no address");
  if (!nice_agent_gather_candidates (self->agent, self->stream))
    oh_transport_news_gathered (
        &self->news, g_error_new (OH_ERROR, OH_ERROR_NETWORK, "no local address for ICE"));
}

static void
describe (OhTransport *transport, OhSdp *local)
{
  OhTransportNice *self = (OhTransportNice *)transport;
  GSList *candidates = nice_agent_get_local_candidates (self->agent, self->stream, COMPONENT);
  NiceCandidate *chosen = nice_agent_get_default_local_candidate (self->agent, self->stream,
                                                                  COMPONENT);
  g_autofree char *ufrag = NULL, *password = NULL;

  for (GSList *item = candidates; item; item = item->next)
    add_candidate (self, local, item->data);
  g_slist_free_full (candidates, (GDestroyNotify)nice_candidate_free);
  if (nice_agent_get_local_credentials (self->agent, self->stream, &ufrag, &password))
    {
      g_strlcpy (local->ufrag, ufrag, sizeof local->ufrag);
      g_strlcpy (local->password, password, sizeof local->password);
    }
  local->port = 9; /* RFC 8839 4.2.1.3: nothing to send to without checks */
  if (chosen && (!self->relay_only || chosen->type == NICE_CANDIDATE_TYPE_RELAYED))
    {
      nice_address_to_string (&chosen->addr, local->address);
      local->port = nice_address_get_port (&chosen->addr);
    }
  g_clear_pointer (&chosen, nice_candidate_free);
}

static gboolean
set_remote (OhTransport *transport,
            const OhSdp *remote,
            gboolean controlling,
            gboolean rtcp_mux,
            GError **error)
{
  OhTransportNice *self = (OhTransportNice *)transport;
  GSList *candidates = NULL;

  if (strcmp (self->remote_ufrag, remote->ufrag) == 0)
    return TRUE; /* nothing new on the path */
  g_strlcpy (self->remote_ufrag, remote->ufrag, sizeof self->remote_ufrag);
  g_object_set (self->agent, "controlling-mode", controlling || remote->ice_lite, NULL);
  if (!nice_agent_set_remote_credentials (self->agent, self->stream, remote->ufrag,
                                          remote->password))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the far end's ICE credentials");
      return FALSE;
    }
  for (guint i = 0; i < remote->n_candidates; i++)
    {
      NiceCandidate *candidate = remote->candidates[i].component == COMPONENT
                                     ? read_candidate (self, &remote->candidates[i])
                                     : NULL;

      if (candidate)
        candidates = g_slist_prepend (candidates, candidate);
    }
  /* None is fine: names that hide the addresses (mDNS); its checks tell where it is. */
  if (candidates)
    nice_agent_set_remote_candidates (self->agent, self->stream, COMPONENT, candidates);
  g_slist_free_full (candidates, (GDestroyNotify)nice_candidate_free);
  nice_agent_peer_candidate_gathering_done (self->agent, self->stream);
  return TRUE;
}

static void
restart (OhTransport *transport)
{
  OhTransportNice *self = (OhTransportNice *)transport;

  nice_agent_restart_stream (self->agent, self->stream);
}

static gboolean
send_datagram (OhTransport *transport, OhTransportChannel which, const guint8 *data, gsize length)
{
  OhTransportNice *self = (OhTransportNice *)transport;

  return which == OH_TRANSPORT_RTP
         && nice_agent_send (self->agent, self->stream, COMPONENT, length, (const gchar *)data)
                == (gint)length;
}

static void
get_candidates (OhTransport *transport, const char **local, const char **remote)
{
  OhTransportNice *self = (OhTransportNice *)transport;
  NiceCandidate *l, *r;

  if (!nice_agent_get_selected_pair (self->agent, self->stream, COMPONENT, &l, &r))
    return;
  *local = get_type_name (l->type);
  *remote = get_type_name (r->type);
}

static void
on_closed (GObject *agent, GAsyncResult *result, gpointer user_data)
{
  g_object_unref (agent);
}

static void
free_nice (OhTransport *transport)
{
  OhTransportNice *self = (OhTransportNice *)transport;

  oh_transport_news_clear (&self->news);
  g_signal_handlers_disconnect_by_data (self->agent, self);
  nice_agent_attach_recv (self->agent, self->stream, COMPONENT,
                          oh_worker_get_context (transport->worker), NULL, NULL);
  nice_agent_remove_stream (self->agent, self->stream);
  nice_agent_close_async (self->agent, on_closed, NULL); /* gives relayed addresses back */
  g_free (self);
}

static const OhTransportClass nice_class = {
  .name = "ice",
  .gather = gather,
  .describe = describe,
  .set_remote = set_remote,
  .restart = restart,
  .stays = TRUE,
  .send = send_datagram,
  .get_candidates = get_candidates,
  .free = free_nice,
};

OhTransport *
oh_transport_nice_new (OhWorker *worker,
                       const OhTransportConfig *config,
                       const OhTransportEvents *events,
                       gpointer user_data)
{
  OhTransportNice *self = g_new0 (OhTransportNice, 1);
  GMainContext *context = oh_worker_get_context (worker);

  oh_stun_clash_settle ();
  self->parent = (OhTransport){ &nice_class, worker, events, user_data };
  oh_transport_news_init (&self->news, &self->parent);
  self->agent = nice_agent_new_full (context, NICE_COMPATIBILITY_RFC5245,
                                     NICE_AGENT_OPTION_CONSENT_FRESHNESS);
  self->relay_only = config->relay_only;
  g_object_set (self->agent, "upnp", FALSE, "ice-tcp", FALSE, "force-relay", self->relay_only,
                NULL);
  self->stream = nice_agent_add_stream (self->agent, 1);
  if (config->port_min > 0)
    nice_agent_set_port_range (self->agent, self->stream, COMPONENT, config->port_min,
                               config->port_max);
  if (config->loopback)
    add_loopback (self->agent);
  add_servers (self, config);
  g_signal_connect (self->agent, "candidate-gathering-done", G_CALLBACK (on_gathering_done), self);
  g_signal_connect (self->agent, "new-candidate-full", G_CALLBACK (on_candidate), self);
  g_signal_connect (self->agent, "component-state-changed", G_CALLBACK (on_state_changed), self);
  nice_agent_attach_recv (self->agent, self->stream, COMPONENT, context, on_datagram, self);
  return &self->parent;
}
