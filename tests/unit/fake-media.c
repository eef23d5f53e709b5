/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-sip.h"

#include "media/bridge/oh-bridge.h"
#include "media/net/oh-stun-probe.h"

#include <string.h>

/* Peers that make SDP out of nothing, a little later; a worker that does at once what it is asked. */

struct _OhWorker
{
  guint refs;
};

struct _OhPeer
{
  guint refs;
  gboolean closed;
};

struct _OhBridge
{
  OhPeer *a, *b;
};

static guint bridges;

guint
fake_media_count_bridges (void)
{
  return bridges;
}

OhWorker *
oh_worker_new (const char *name, OhWorkerKind kind)
{
  OhWorker *worker = g_new0 (OhWorker, 1);

  worker->refs = 1;
  return worker;
}

OhWorker *
oh_worker_ref (OhWorker *worker)
{
  worker->refs++;
  return worker;
}

void
oh_worker_unref (OhWorker *worker)
{
  if (--worker->refs == 0)
    g_free (worker);
}

void
oh_stun_probe (OhWorker *worker,
               const char *address,
               const char *const *servers,
               const guint16 *ports,
               guint n,
               OhStunProbeFunc func,
               gpointer user_data)
{
  func (&(OhStunView){ 0 }, user_data);
}

void
oh_worker_post (OhWorker *worker, OhTask task, gpointer data)
{
  task (data);
}

void
oh_worker_fence (OhWorker *worker, const OhExecutor *executor, OhTask task, gpointer data)
{
  oh_executor_post (executor, task, data);
}

gint64
oh_worker_take_lateness (OhWorker *worker)
{
  return 0;
}

guint
oh_worker_get_load (OhWorker *worker)
{
  return worker->refs;
}

OhPeer *
oh_peer_new (OhWorker *worker, const OhPeerConfig *config)
{
  OhPeer *peer = g_new0 (OhPeer, 1);

  peer->refs = 1;
  return peer;
}

OhPeer *
oh_peer_ref (OhPeer *peer)
{
  peer->refs++;
  return peer;
}

void
oh_peer_unref (OhPeer *peer)
{
  if (--peer->refs == 0)
    g_free (peer);
}

void
oh_peer_close (OhPeer *peer)
{
  peer->closed = TRUE;
}

typedef struct
{
  OhPeer *peer;
  OhPeerSdpFunc func;
  gpointer user_data;
} SdpJob;

static void
give_sdp (gpointer data)
{
  g_autofree SdpJob *job = data;

  if (!job->peer->closed && job->func)
    job->func (job->peer, "v=0", NULL, job->user_data);
  oh_peer_unref (job->peer);
}

static void
give_later (OhPeer *peer, OhPeerSdpFunc func, gpointer user_data)
{
  OhExecutor executor = oh_executor_for_context (NULL);
  SdpJob *job = g_new (SdpJob, 1);

  *job = (SdpJob){ oh_peer_ref (peer), func, user_data };
  oh_executor_post (&executor, give_sdp, job);
}

void
oh_peer_create_offer (OhPeer *peer, OhPeerSdpFunc func, gpointer user_data)
{
  give_later (peer, func, user_data);
}

void
oh_peer_create_answer (OhPeer *peer, const char *offer, OhPeerSdpFunc func, gpointer user_data)
{
  give_later (peer, func, user_data);
}

void
oh_peer_set_answer (OhPeer *peer, const char *answer, OhPeerSdpFunc func, gpointer user_data)
{
  give_later (peer, func, user_data);
}

void
oh_peer_set_source (OhPeer *peer, OhSource *source)
{
}

void
oh_peer_set_sink (OhPeer *peer, OhSink *sink)
{
}

void
oh_peer_send_digit (OhPeer *peer, char digit, guint ms)
{
}

void
oh_peer_get_stats (OhPeer *peer, OhPeerStats *stats)
{
  memset (stats, 0, sizeof *stats);
}

OhBridge *
oh_bridge_new (OhPeer *a, OhPeer *b)
{
  OhBridge *bridge = g_new0 (OhBridge, 1);

  g_assert_false (a->closed || b->closed);
  bridge->a = oh_peer_ref (a);
  bridge->b = oh_peer_ref (b);
  bridges++;
  return bridge;
}

void
oh_bridge_close (OhBridge *bridge)
{
  oh_peer_unref (bridge->a);
  oh_peer_unref (bridge->b);
  g_free (bridge);
  bridges--;
}
