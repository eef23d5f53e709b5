/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "media/oh-peer-private.h"

#include <string.h>

#define HOUSE_US (100 * 1000)
#define REPORT_US (5 * G_USEC_PER_SEC) /* RFC 3550 6.2: minimum interval, halved to doubled */
#define FIRST_REPORTS 4
#define SOON_REPORT_US G_USEC_PER_SEC /* while what is sent goes by them; RFC 4585's 5 % (3.4) */
#define CURIOUS_REPORT_US (400 * 1000)
#define TICK_MS 20             /* or less, where packets are shorter */
#define TAIL_MS 40             /* or one packet: what Opus conceals losses by holds no sound then */
#define DEVICE_US (200 * 1000) /* a device that has read this long ago still does */
#define MAX_BEHIND_US (100 * 1000)
#define QUIET_US (4 * G_USEC_PER_SEC)       /* comfort packets come much more often */
#define HELD_QUIET_US (16 * G_USEC_PER_SEC) /* where no sound is due: two reports */

/* --- What is paced by the worker: sources, sinks, transcoding --- */

static gboolean
is_fed (OhPeer *peer)
{
  return peer->ready && (peer->source || peer->send.tone || peer->send.tail_ms > 0);
}

static gboolean
needs_tick (OhPeer *peer)
{
  return !peer->over && (is_fed (peer) || peer->sink || (peer->other && !peer->fast));
}

static guint
get_tick_ms (OhPeer *peer)
{
  return peer->send.ptime ? MIN (peer->send.ptime, TICK_MS) : TICK_MS;
}

void
oh_peer_update_clock (OhPeer *peer)
{
  gboolean needed = needs_tick (peer);

  if (needed && peer->tick.place == 0)
    oh_worker_set_timer (peer->worker, &peer->tick,
                         oh_worker_on_grid (oh_clock_now () + get_tick_ms (peer) * 1000));
  else if (!needed)
    oh_worker_clear_timer (peer->worker, &peer->tick);
  if (peer->house.place == 0 && peer->ready && !peer->over)
    oh_worker_set_timer (peer->worker, &peer->house,
                         oh_worker_on_grid (oh_clock_now () + HOUSE_US));
}

static gboolean
is_read_by_device (OhPeer *peer, gint64 now)
{
  return peer->receive.read_at && now - peer->receive.read_at < DEVICE_US;
}

/* What is decoded for the other end alone waits for our tick, which may lie anywhere: by so much it comes
 * earlier, once. It stays on the grid, where the ticks of many calls come together. */
static gint64
come_earlier (OhPeer *peer, gint64 now)
{
  OhJitter *jitter = peer->receive.jitter;
  gint64 lead;

  if (!jitter || !peer->other || peer->fast || is_read_by_device (peer, now))
    return 0;
  lead = oh_jitter_get_lead (jitter);
  lead -= lead % oh_worker_on_grid (1);
  if (lead > 0)
    oh_jitter_come_earlier (jitter, lead);
  return lead;
}

static void
send_source (OhPeer *peer, guint ms)
{
  gint16 samples[OH_PEER_FRAME_SAMPLES];
  OhSource *source = peer->send.tone ? peer->send.tone : peer->source;
  gsize n = source ? MIN (source->rate * ms / 1000, G_N_ELEMENTS (samples)) : 0;
  gsize got = source ? source->klass->read (source, samples, n) : 0;

  if (got == 0)
    {
      if (source == peer->send.tone)
        g_clear_pointer (&peer->send.tone, oh_source_unref);
      if (peer->send.tail_ms > 0)
        oh_peer_send_tail (peer, ms);
      return; /* then comfort packets do */
    }
  memset (samples + got, 0, (n - got) * sizeof *samples);
  oh_peer_send_sound (peer, samples, n, source->rate);
  peer->send.tail_ms = MAX (peer->send.ptime, TAIL_MS);
}

/* What was received goes to the sink and, where packets can't pass as they are, to the other end. */
static void
move_received (OhPeer *peer, guint ms)
{
  gint16 samples[OH_PEER_FRAME_SAMPLES];
  OhPeer *other = peer->other && !peer->fast ? peer->other : NULL;
  guint rate = 8000;
  gboolean heard;
  gsize n;

  if (is_read_by_device (peer, oh_clock_now ()))
    return; /* a device reads, and feeds the sink as it does */
  if (peer->sink)
    rate = MAX (rate, peer->sink->rate);
  if (other)
    rate = MAX (rate, oh_peer_get_send_rate (other));
  if (peer->receive.codec)
    rate = MIN (rate, peer->receive.codec->rate);
  rate = rate > 16000 ? 48000 : rate > 8000 ? 16000 : 8000;
  n = rate * ms / 1000;
  heard = oh_peer_pull (peer, samples, n, rate);
  oh_peer_feed_sink (peer, samples, n, rate);
  if (other && heard && !other->source && !other->send.tone)
    oh_peer_send_sound (other, samples, n, rate);
}

void
oh_peer_on_tick (OhTimer *timer)
{
  OhPeer *peer = OH_PEER_OF (tick, timer);
  guint ms;
  gint64 next, now = oh_clock_now ();

  if (is_fed (peer))
    oh_peer_settle (peer); /* a tick never cuts a frame */
  ms = get_tick_ms (peer);
  next = timer->due + ms * 1000;

  if (next < now - MAX_BEHIND_US)
    next = oh_worker_on_grid (now + ms * 1000); /* the machine slept: no burst to catch up */
  if (peer->sink || (peer->other && !peer->fast))
    move_received (peer, ms);
  if (is_fed (peer))
    send_source (peer, ms);
  if (needs_tick (peer))
    oh_worker_set_timer (peer->worker, timer, next - come_earlier (peer, now));
}

/* --- Housekeeping --- */

/* Where it only asks for the round trip it says nothing of what was received: of so short a time, what comes
 * out of order would be much loss. */
static void
send_report (OhPeer *peer, OhReception *reception, gint64 now)
{
  guint8 packet[OH_RTCP_MAX_BYTES + OH_TRANSPORT_SPARE];
  OhPeerSend *send = &peer->send;
  guint clock = send->codec.codec ? send->codec.codec->clock_rate : 8000;
  OhRtcpSender sender = { .ssrc = send->ssrc,
                          .timestamp = send->timestamp
                                       + (guint32)((now - send->due) * clock / G_USEC_PER_SEC),
                          .packets = send->packets,
                          .bytes = send->bytes };

  oh_peer_send_rtcp (peer, packet, oh_rtcp_write (&peer->rtcp, &sender, reception, now, packet));
  peer->rtcp.asked_at = now;
}

static void
report (OhPeer *peer, gint64 now)
{
  gint32 interval = oh_peer_is_paced (peer) ? SOON_REPORT_US : REPORT_US;

  send_report (peer, &peer->receive.reception, now);
  peer->rtcp.sent_at = now;
  if (peer->rtcp.reports++ < FIRST_REPORTS) /* the round trip is wanted soon */
    peer->rtcp.due = now + G_USEC_PER_SEC / 2;
  else
    peer->rtcp.due = now + interval / 2 + g_random_int_range (0, interval);
}

/* What gets lost, or comes later and later, is told soon, since the far end can do something against it. */
static gboolean
is_report_due (OhPeer *peer, gint64 now)
{
  return now >= peer->rtcp.due
         || (now - peer->rtcp.sent_at >= CURIOUS_REPORT_US && oh_peer_is_paced (peer)
             && oh_pace_hears_growth (&peer->send.pace))
         || (now - peer->rtcp.sent_at >= SOON_REPORT_US
             && oh_reception_get_missing (&peer->receive.reception) > 1);
}

/* Many telephones send nothing at all, not even RTCP, while they hold a call. With ICE its checks and
 * WebRTC's RTCP go on. */
static gboolean
is_held (OhPeer *peer)
{
  return !peer->abilities.ice && !(peer->agreed.may_send && peer->agreed.may_receive);
}

static void
check_idle (OhPeer *peer, gint64 now)
{
  g_autoptr (GError) error = NULL;

  if (now - peer->receive.received_at <= (gint64)peer->idle_timeout_ms * 1000 || is_held (peer))
    return;
  g_set_error (&error, OH_ERROR, OH_ERROR_TIMEOUT, "no packet for %u ms", peer->idle_timeout_ms);
  oh_peer_fail (peer, OH_PEER_END_NETWORK, error);
}

static void
check_quiet (OhPeer *peer, gint64 now)
{
  gint64 patience = peer->agreed.may_receive ? QUIET_US : HELD_QUIET_US;

  if (!oh_peer_has_hope (peer))
    return;
  if (now - peer->receive.received_at < patience && !peer->path_lost)
    peer->quiet_due = 0;
  else if (now >= peer->quiet_due)
    {
      peer->quiet_due = now + OH_PEER_QUIET_AGAIN_US;
      oh_peer_tell_quiet (peer);
    }
}

void
oh_peer_on_house (OhTimer *timer)
{
  OhPeer *peer = OH_PEER_OF (house, timer);
  OhReception nothing = { 0 };
  gint64 now = oh_clock_now ();

  if (peer->over || !peer->ready)
    return;
  if (now - peer->send.sent_at >= OH_PEER_COMFORT_US - HOUSE_US / 2)
    oh_peer_send_comfort (peer);
  if (is_report_due (peer, now))
    report (peer, now);
  else if (now - peer->rtcp.asked_at >= CURIOUS_REPORT_US && oh_peer_is_paced (peer)
           && oh_pace_is_curious (&peer->send.pace, now))
    send_report (peer, &nothing, now);
  if (now >= peer->next_stats)
    {
      peer->next_stats = now + G_USEC_PER_SEC;
      oh_reception_turn (&peer->receive.reception);
    }
  oh_peer_publish_stats (peer);
  check_idle (peer, now);
  check_quiet (peer, now);
  if (!peer->over)
    oh_worker_set_timer (peer->worker, timer, oh_worker_on_grid (now + HOUSE_US));
}

static void
describe_path (OhPeer *peer, OhPeerStats *stats)
{
  const char *local = "", *remote = "";

  if (peer->transport && peer->transport->klass->get_candidates)
    peer->transport->klass->get_candidates (peer->transport, &local, &remote);
  g_strlcpy (stats->local_candidate, local, sizeof stats->local_candidate);
  g_strlcpy (stats->remote_candidate, remote, sizeof stats->remote_candidate);
  if (!peer->srtp)
    return;
  g_strlcpy (stats->cipher, oh_srtp_get_suite (peer->srtp), sizeof stats->cipher);
  g_strlcpy (stats->key_exchange, peer->agreed.dtls ? "DTLS" : "SDES", sizeof stats->key_exchange);
}

void
oh_peer_publish_stats (OhPeer *peer)
{
  const OhCodec *codec = peer->send.codec.codec;
  OhReception *reception = &peer->receive.reception;
  OhPeerStats stats = { .rtt_ms = peer->rtcp.rtt_ms,
                        .remote_loss = peer->rtcp.remote_loss,
                        .sent_packets = peer->send.packets,
                        .sent_bytes = peer->send.bytes,
                        .received_packets = reception->received,
                        .received_bytes = reception->bytes,
                        .recovered_packets = peer->receive.recovered,
                        .copies = peer->send.copies,
                        .loss = oh_reception_get_loss (reception),
                        .jitter_ms = oh_reception_get_jitter_ms (reception) };
  OhJitterStats jitter = { 0 };

  if (codec && peer->send.encoder && !peer->send.forwarding)
    {
      stats.ptime = peer->send.ptime;
      stats.bit_rate = peer->send.bit_rate;
    }
  if (peer->receive.jitter)
    oh_jitter_get_stats (peer->receive.jitter, &jitter);
  stats.buffer_ms = jitter.buffered_ms;
  stats.lost_packets = jitter.lost;
  if (codec)
    {
      g_strlcpy (stats.codec, codec->name, sizeof stats.codec);
      stats.rate = codec->rate;
    }
  stats.mos = oh_rtp_estimate_mos (stats.codec, MAX (stats.rtt_ms, 0) / 2 + stats.buffer_ms + 20,
                                   stats.loss);
  describe_path (peer, &stats);
  pthread_mutex_lock (&peer->lock);
  peer->published = stats;
  pthread_mutex_unlock (&peer->lock);
}
