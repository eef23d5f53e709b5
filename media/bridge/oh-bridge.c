/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/bridge/oh-bridge.h"

#include "media/oh-peer-private.h"

#include <string.h>

struct _OhBridge
{
  OhPeer *a, *b;
};

static void
forward_waiting (const OhRtpHeader *header, const guint8 *payload, gpointer user_data)
{
  OhPeer *peer = user_data;
  guint8 packet[OH_RTP_HEADER_BYTES + OH_TRANSPORT_MTU + OH_TRANSPORT_SPARE];
  OhRtpHeader copy = *header;

  copy.payload_at = OH_RTP_HEADER_BYTES;
  memcpy (packet + copy.payload_at, payload, header->payload_length);
  oh_peer_forward (peer->other, peer->receive.codec, &copy, packet);
}

/* Decides how what @peer receives reaches the other end, without a hole: packets that wait to be
 * decoded go out as they are when the fast path begins. */
static void
choose_path (OhPeer *peer)
{
  const OhCodec *codec = peer->receive.codec ? peer->receive.codec : peer->agreed.receive[0].codec;
  OhPeer *other = peer->other;
  gboolean held = other && other->negotiated && !other->agreed.may_send; /* it takes nothing */
  gboolean fast = other && codec && !peer->sink && (held || oh_peer_can_forward (other, codec));

  if (fast && !held && !peer->fast && peer->receive.jitter)
    oh_jitter_drain (peer->receive.jitter, forward_waiting, peer);
  peer->fast = fast;
  oh_peer_update_clock (peer);
}

void
oh_bridge_update (OhPeer *peer)
{
  if (!peer->other)
    return;
  choose_path (peer);
  choose_path (peer->other);
}

void
oh_bridge_part (OhPeer *peer)
{
  OhPeer *other = peer->other;

  if (!other)
    return;
  peer->other = other->other = NULL;
  peer->fast = other->fast = FALSE;
  oh_peer_update_clock (peer);
  oh_peer_update_clock (other);
  oh_peer_release (other);
  oh_peer_release (peer);
}

static void
join (gpointer data)
{
  OhBridge *bridge = data;

  if (bridge->a->closed || bridge->b->closed)
    return;
  oh_bridge_part (bridge->a);
  oh_bridge_part (bridge->b);
  bridge->a->other = oh_peer_hold (bridge->b);
  bridge->b->other = oh_peer_hold (bridge->a);
  oh_bridge_update (bridge->a);
}

OhBridge *
oh_bridge_new (OhPeer *a, OhPeer *b)
{
  OhBridge *bridge;

  g_return_val_if_fail (a != NULL && b != NULL && a != b && a->worker == b->worker, NULL);

  bridge = g_new (OhBridge, 1);
  bridge->a = oh_peer_hold (a);
  bridge->b = oh_peer_hold (b);
  if (oh_worker_is_current (a->worker))
    join (bridge);
  else
    oh_worker_post (a->worker, join, bridge);
  return bridge;
}

static void
part (gpointer data)
{
  OhBridge *bridge = data;

  if (bridge->a->other == bridge->b)
    oh_bridge_part (bridge->a);
  oh_peer_release (bridge->a);
  oh_peer_release (bridge->b);
  g_free (bridge);
}

void
oh_bridge_close (OhBridge *bridge)
{
  if (bridge)
    oh_worker_post (bridge->a->worker, part, bridge);
}

gboolean
oh_bridge_is_fast (OhBridge *bridge)
{
  return bridge->a->fast && bridge->b->fast;
}
