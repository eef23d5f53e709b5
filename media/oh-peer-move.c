/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "media/oh-peer-private.h"

/* The computer has other addresses: a restart of ours (RFC 8445 9) opens another transport, of which the
 * next offer tells, and under the same keys (a restart needs no new DTLS association: RFC 8842) it takes
 * the place of the one in use as soon as it is connected:
 *
 *   transport ------ carries on ------+- freed
 *   next     gathers - offer, answer - checks - connected: is `transport` now */

void
oh_peer_stop_moving (OhPeer *peer)
{
  if (peer->next)
    peer->next->klass->free (peer->next);
  peer->next = NULL;
  peer->next_failed = FALSE;
}

gboolean
oh_peer_has_hope (OhPeer *peer)
{
  return peer->events.quiet && peer->ready && !peer->over && peer->transport->klass->stays;
}

/* Out of the hands of `next`, which may go. */
static void
settle (gpointer data)
{
  OhPeer *peer = data;

  if (peer->next_failed)
    {
      g_autoptr (GError) error = g_error_new (OH_ERROR, OH_ERROR_NETWORK,
                                              "no path to the far end from the new addresses");

      oh_peer_stop_moving (peer);
      if (peer->path_lost && !oh_peer_has_hope (peer))
        oh_peer_fail (peer, OH_PEER_END_NETWORK, error);
    }
  oh_peer_run_requests (peer);
  oh_peer_release (peer);
}

static void
settle_soon (OhPeer *peer)
{
  oh_worker_post (peer->worker, settle, oh_peer_hold (peer));
}

static void
on_received (OhTransportChannel channel, guint8 *data, gsize length, gpointer user_data)
{
  oh_peer_transport_events.received (channel, data, length, user_data);
}

static void
on_gathered (const GError *error, gpointer user_data)
{
  OhPeer *peer = user_data;

  if (error)
    g_message ("media: %s", error->message);
  peer->next_failed = error != NULL;
  peer->gathered = TRUE;
  settle_soon (peer);
}

static void
on_connected (gpointer user_data)
{
  OhPeer *peer = user_data;
  OhTransport *former = peer->transport;

  peer->transport = g_steal_pointer (&peer->next);
  peer->transport->events = &oh_peer_transport_events;
  former->klass->free (former);
  oh_peer_transport_events.connected (peer);
}

static void
on_failed (const GError *error, gpointer user_data)
{
  OhPeer *peer = user_data;

  g_message ("media: %s", error->message);
  peer->next_failed = TRUE;
  settle_soon (peer);
}

static const OhTransportEvents next_events = {
  .received = on_received,
  .gathered = on_gathered,
  .connected = on_connected,
  .failed = on_failed,
};

void
oh_peer_begin_move (OhPeer *peer)
{
  oh_peer_stop_moving (peer);
  peer->restart = FALSE;
  peer->gathered = FALSE;
  peer->quiet_due = oh_clock_now () + OH_PEER_QUIET_AGAIN_US; /* its time */
  peer->next = peer->transport_new (peer->worker, &peer->net_config, &next_events, peer);
  peer->next->klass->gather (peer->next);
}
