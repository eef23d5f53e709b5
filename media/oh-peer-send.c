/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "base/oh-timeline.h"
#include "media/oh-peer-private.h"
#include "media/tone/oh-tone.h"

#include <string.h>

#define NO_EVENT 255
#define DIGIT_STEP_MS 20
#define DIGIT_PAUSE_MS 60 /* of sound between two keys */
#define LATE_US 60000     /* behind by more: the sender paused, time stamps skip it */
#define CHUNK 480         /* samples through the resampler at once: 10 ms at 48 kHz */
#define RED_BYTES 1200    /* of a packet with older frames: fits through every tunnel */

/* --- The stream --- */

static guint
get_clock (OhPeerSend *send)
{
  return send->codec.codec->clock_rate;
}

/* Brings time stamp and clock together; TRUE after a pause: the packet begins a talkspurt. Comfort
 * packets are a pause too: what follows them must not seem late by the time since the last one. */
static gboolean
catch_up (OhPeer *peer, guint step_ms)
{
  OhPeerSend *send = &peer->send;
  gint64 now = oh_clock_now (), behind = now - send->due;
  gint64 late = send->comforted ? 0 : LATE_US + step_ms * 1000;

  send->comforted = FALSE;
  if (!send->started)
    {
      send->started = TRUE;
      send->due = now;
      return TRUE;
    }
  if (behind <= late)
    {
      send->due += behind / 64; /* follows the clock of a sound card */
      return FALSE;
    }
  send->timestamp += behind * get_clock (send) / G_USEC_PER_SEC;
  send->due = now;
  return TRUE;
}

static void
advance (OhPeerSend *send, guint step_ms)
{
  send->timestamp += step_ms * get_clock (send) / 1000;
  send->due += step_ms * 1000;
}

/* --- Redundancy (RFC 2198) --- */

/* Frames are @ticks long. */
static guint
get_copies (OhPeer *peer, const OhCodec *codec, guint32 ticks)
{
  guint khz = codec->clock_rate / 1000;

  if (!codec->redundant || peer->agreed.send_red == OH_PEER_NO_RED
      || !oh_pace_allows_copies (&peer->send.pace))
    return 0;
  return oh_protection_get_copies (&peer->send.protection, ticks / khz,
                                   peer->rtcp.remote_jitter / (float)khz);
}

/* Sends one frame of sound of @codec, @length bytes that lie in @packet behind room for the header; with
 * it go older ones where the path loses some. */
static gboolean
send_sound (
    OhPeer *peer, const OhCodec *codec, const OhRtpHeader *header, guint8 *packet, gsize length)
{
  OhPeerSend *send = &peer->send;
  const guint8 *frame = packet + OH_RTP_HEADER_BYTES;
  guint32 ticks = oh_codec_get_ticks (codec, frame, length);
  guint8 redundant[RED_BYTES + OH_TRANSPORT_SPARE];
  OhRtpHeader outer = *header;
  gsize packed = 0;

  send->copies = get_copies (peer, codec, ticks);
  if (send->copies > 0)
    packed = oh_red_pack (&send->past, header, header->payload_type, send->copies, ticks, frame,
                          length, redundant + OH_RTP_HEADER_BYTES, RED_BYTES - OH_RTP_HEADER_BYTES);
  if (codec->redundant && peer->agreed.send_red != OH_PEER_NO_RED)
    oh_red_remember (&send->past, header->sequence, header->timestamp, frame, length);
  if (packed == 0)
    {
      oh_rtp_write (packet, header);
      return oh_peer_send_rtp (peer, packet, OH_RTP_HEADER_BYTES + length);
    }
  outer.payload_type = peer->agreed.send_red;
  oh_rtp_write (redundant, &outer);
  return oh_peer_send_rtp (peer, redundant, OH_RTP_HEADER_BYTES + packed);
}

static void
set_expected_loss (OhPeer *peer)
{
  OhPeerSend *send = &peer->send;
  gboolean copied = peer->agreed.send_red != OH_PEER_NO_RED && oh_pace_allows_copies (&send->pace);

  if (send->encoder && send->codec.codec->encoder_set_loss)
    send->codec.codec->encoder_set_loss (send->encoder,
                                         oh_protection_get_percent (&send->protection, copied));
}

/* Congestion first: what is lost to it must not be sent twice. */
void
oh_peer_take_report (OhPeer *peer)
{
  const OhRtcp *rtcp = &peer->rtcp;
  OhPeerSend *send = &peer->send;
  guint clock = send->codec.codec ? send->codec.codec->clock_rate : 8000;
  OhPaceReport report = { .loss = rtcp->remote_loss,
                          .packets = rtcp->remote_packets,
                          .jitter_ms = rtcp->remote_jitter * 1000.0f / clock,
                          .rtt_ms = rtcp->round_trips != send->round_trips ? rtcp->rtt_ms : -1,
                          .heard_ptime = peer->receive.ptime,
                          .copies = send->copies };
  gboolean limited = oh_pace_is_limited (&send->pace);

  send->round_trips = rtcp->round_trips;
  oh_pace_report (&send->pace, &report, peer->receive.packet_at);
  if (oh_pace_is_limited (&send->pace) != limited)
    oh_bridge_update (peer);
  oh_protection_report (&peer->send.protection, rtcp->lasting_loss, rtcp->remote_packets,
                        peer->receive.packet_at);
  set_expected_loss (peer);
}

/* --- Frames --- */

/* Takes the stream's next number; FALSE: nothing may be sent. */
static gboolean
begin_packet (OhPeer *peer)
{
  if (!peer->agreed.may_send)
    return FALSE;
  peer->send.forwarding = FALSE;
  peer->send.sequence++;
  return TRUE;
}

static gboolean
send_payload (OhPeer *peer, guint8 *packet, gsize length, const OhRtpHeader *header)
{
  if (!begin_packet (peer))
    return FALSE;
  oh_rtp_write (packet, header);
  return oh_peer_send_rtp (peer, packet, OH_RTP_HEADER_BYTES + length);
}

static void
mark_first (OhPeer *peer, const gint16 *samples, gsize n)
{
  for (gsize i = 0; i < n && !peer->send.marked; i++)
    if (samples[i] > 50 || samples[i] < -50)
      {
        peer->send.marked = TRUE;
        oh_timeline_mark ("first-sound-sent", NULL);
      }
}

static gboolean
can_change (const OhCodec *codec)
{
  return codec && codec->encoder_set_bit_rate;
}

/* As much as the worker has time for. */
static void
set_complexity (OhPeer *peer)
{
  OhPeerSend *send = &peer->send;
  guint complexity = oh_worker_get_complexity (peer->worker);

  if (send->complexity == complexity || !send->codec.codec->encoder_set_complexity)
    return;
  send->complexity = complexity;
  send->codec.codec->encoder_set_complexity (send->encoder, complexity);
}

static void
send_frame (OhPeer *peer, const gint16 *samples, gsize n)
{
  OhPeerSend *send = &peer->send;
  guint8 packet[OH_TRANSPORT_MTU + OH_TRANSPORT_SPARE];
  gssize length;
  OhRtpHeader header;
  gboolean first = catch_up (peer, send->ptime);

  set_complexity (peer);
  length = send->codec.codec->encode (send->encoder, samples, n, packet + OH_RTP_HEADER_BYTES,
                                      OH_TRANSPORT_MTU - OH_RTP_HEADER_BYTES);
  if (!can_change (send->codec.codec))
    send->bit_rate = MAX (length, 0) * 8000 / send->ptime;
  header = (OhRtpHeader){ .payload_type = send->codec.payload_type,
                          .marker = first,
                          .sequence = send->sequence,
                          .timestamp = send->timestamp,
                          .ssrc = send->ssrc };
  if (length > 0 && begin_packet (peer)
      && send_sound (peer, send->codec.codec, &header, packet, length) && !send->marked)
    mark_first (peer, samples, n);
  advance (send, send->ptime);
}

/* --- Encoder --- */

static gboolean
ensure_encoder (OhPeer *peer, guint rate)
{
  OhPeerSend *send = &peer->send;
  const OhCodec *codec = send->codec.codec;

  if (!codec)
    return FALSE;
  /* A fixed-rate codec has its own rate; Opus takes what comes, and is made anew only upwards. */
  if (send->encoder && (send->encoder_rate >= rate || send->encoder_rate == codec->rate))
    return TRUE;
  if (codec->rate != 48000 || (rate != 8000 && rate != 16000))
    rate = codec->rate;
  if (send->encoder)
    codec->encoder_free (send->encoder);
  send->encoder = codec->encoder_new (rate, peer->agreed.ptime);
  send->encoder_rate = rate;
  send->wanted_rate = send->bit_rate = 0;
  send->complexity = OH_CODEC_COMPLEXITY;
  send->fill = 0;
  set_expected_loss (peer);
  return send->encoder != NULL;
}

void
oh_peer_clear_sending (OhPeer *peer)
{
  OhPeerSend *send = &peer->send;

  if (send->encoder)
    send->codec.codec->encoder_free (send->encoder);
  send->encoder = NULL;
  send->wanted_rate = send->bit_rate = 0;
  send->fill = 0;
  send->tail_ms = 0;
  send->forwarding = FALSE;
  g_clear_pointer (&send->resampler, oh_resampler_free);
  send->resampler_rate = 0;
}

/* What is sent may be: of all that @remote, the far end, says. Who names a length is not sent less. */
static OhPaceLimits
get_limits (OhPeer *peer, const OhSdp *remote)
{
  OhSdpLimits said = oh_sdp_get_limits (remote, &peer->agreed.send[0]);
  guint ptime = peer->agreed.ptime;
  guint ours = remote->ptime ? ptime : MIN (peer->min_ptime, ptime);

  return (OhPaceLimits){ .ptime = ptime,
                         .min_ptime = MAX (said.min_ptime, ours),
                         .max_ptime = said.max_ptime,
                         .bit_rate = said.bit_rate,
                         .total = said.total };
}

/* Something was agreed (again). The stream's numbers go on. */
void
oh_peer_start_sending (OhPeer *peer, const OhSdp *remote)
{
  const OhSdpCodec *codec = &peer->agreed.send[0];
  OhPaceLimits limits = get_limits (peer, remote);

  if (peer->send.codec.codec != codec->codec)
    oh_peer_clear_sending (peer);
  peer->send.codec = *codec;
  peer->send.fill = 0;
  oh_pace_set_limits (&peer->send.pace, &limits);
  oh_peer_settle (peer);
}

guint
oh_peer_get_send_rate (OhPeer *peer)
{
  return peer->send.codec.codec ? peer->send.codec.codec->rate : 0;
}

gboolean
oh_peer_is_paced (OhPeer *peer)
{
  return peer->send.pace.quality == OH_QUALITY_AUTOMATIC
         && (can_change (peer->send.codec.codec) || can_change (peer->receive.codec));
}

/* Between two frames; else it waits. */
void
oh_peer_settle (OhPeer *peer)
{
  OhPeerSend *send = &peer->send;
  OhPaceStep step = oh_pace_get (&send->pace);

  if (send->fill > 0)
    return;
  send->ptime = can_change (send->codec.codec) ? step.ptime : peer->agreed.ptime;
  if (!can_change (send->codec.codec) || !send->encoder || send->wanted_rate == step.bit_rate)
    return;
  send->wanted_rate = step.bit_rate;
  send->bit_rate = send->codec.codec->encoder_set_bit_rate (send->encoder, step.bit_rate);
}

static void
append (OhPeer *peer, const gint16 *samples, gsize n)
{
  OhPeerSend *send = &peer->send;

  while (n > 0)
    {
      gsize frame, taken;

      oh_peer_settle (peer);
      frame = send->encoder_rate * send->ptime / 1000;
      taken = MIN (n, frame - send->fill);
      memcpy (send->frame + send->fill, samples, taken * sizeof *samples);
      send->fill += taken;
      samples += taken;
      n -= taken;
      if (send->fill == frame)
        {
          send->fill = 0;
          if (!send->digit.active)
            send_frame (peer, send->frame, frame);
        }
    }
}

void
oh_peer_send_sound (OhPeer *peer, const gint16 *samples, gsize n, guint rate)
{
  OhPeerSend *send = &peer->send;

  send->tail_ms = 0;
  if (!peer->ready || peer->over || !peer->agreed.may_send || !ensure_encoder (peer, rate))
    return;
  if (rate == send->encoder_rate)
    {
      append (peer, samples, n);
      return;
    }
  if (!send->resampler || send->resampler_rate != rate)
    {
      g_clear_pointer (&send->resampler, oh_resampler_free);
      send->resampler = oh_resampler_new (rate, send->encoder_rate);
      send->resampler_rate = rate;
    }
  while (n > 0)
    {
      gint16 out[CHUNK * 8];
      gsize taken = MIN (n, rate / 100);
      gsize made = oh_resampler_process (send->resampler, samples, taken, out, G_N_ELEMENTS (out));

      append (peer, out, made);
      samples += taken;
      n -= taken;
    }
}

static const gint16 silence[OH_PEER_FRAME_SAMPLES];

void
oh_peer_send_tail (OhPeer *peer, guint ms)
{
  guint left = peer->send.tail_ms;

  oh_peer_send_sound (peer, silence, peer->send.encoder_rate * ms / 1000, peer->send.encoder_rate);
  peer->send.tail_ms = left - MIN (left, ms);
}

void
oh_peer_send_comfort (OhPeer *peer)
{
  if (!peer->ready || peer->over || !peer->agreed.may_send || peer->send.digit.active
      || !ensure_encoder (peer, 8000))
    return;
  peer->send.fill = 0;
  oh_peer_settle (peer);
  send_frame (peer, silence, peer->send.encoder_rate * peer->send.ptime / 1000);
  peer->send.comforted = TRUE;
}

/* --- Fast path --- */

static const OhSdpCodec *
find_codec (OhPeer *peer, const OhCodec *codec)
{
  for (guint i = 0; i < peer->agreed.n_send; i++)
    if (peer->agreed.send[i].codec == codec)
      return &peer->agreed.send[i];
  return NULL;
}

gboolean
oh_peer_can_forward (OhPeer *peer, const OhCodec *codec)
{
  return peer->ready && !peer->over && !peer->source && !peer->sink && !peer->send.tone
         && !peer->send.digit.active && peer->agreed.may_send && find_codec (peer, codec) != NULL
         && !(codec->encoder_set_bit_rate && oh_pace_is_limited (&peer->send.pace));
}

/* The sender's numbers are shifted so that they go on where ours were; gaps and order stay. */
static void
anchor (OhPeer *peer, const OhRtpHeader *header)
{
  OhPeerSend *send = &peer->send;

  catch_up (peer, peer->agreed.ptime);
  send->tail_ms = 0;
  send->forwarding = TRUE;
  send->forward_ssrc = header->ssrc;
  send->forward_span = 0;
  send->sequence_shift = send->sequence - header->sequence;
  send->timestamp_shift = send->timestamp - header->timestamp;
}

void
oh_peer_forward (OhPeer *peer, const OhCodec *codec, const OhRtpHeader *header, guint8 *data)
{
  OhPeerSend *send = &peer->send;
  const OhSdpCodec *out = find_codec (peer, codec);
  guint8 *start = data + header->payload_at - OH_RTP_HEADER_BYTES;
  gboolean first = !send->forwarding || send->forward_ssrc != header->ssrc;
  OhRtpHeader rewritten = *header;
  gint ahead;
  guint ticks;

  if (!out || header->payload_length == 0)
    return;
  if (send->codec.codec != codec)
    {
      oh_peer_clear_sending (peer);
      send->codec = *out;
    }
  if (first)
    anchor (peer, header);
  rewritten.sequence = header->sequence + send->sequence_shift;
  ahead = (gint16)(rewritten.sequence - send->sequence);
  if (ahead < 0 && (guint64)-ahead > send->forward_span)
    return; /* older than the first one: its number was used by us */

  ticks = oh_codec_get_ticks (codec, data + header->payload_at, header->payload_length);
  rewritten.payload_type = out->payload_type;
  rewritten.ssrc = send->ssrc;
  rewritten.timestamp = header->timestamp + send->timestamp_shift;
  rewritten.marker = header->marker || first;
  if (ahead >= 0)
    {
      send->forward_span += ahead + 1;
      send->sequence = rewritten.sequence + 1;
      send->timestamp = rewritten.timestamp + ticks;
      send->due = oh_clock_now () + (gint64)ticks * G_USEC_PER_SEC / codec->clock_rate;
    }
  send_sound (peer, codec, &rewritten, start, header->payload_length);
  if (!send->marked)
    {
      send->marked = TRUE;
      oh_timeline_mark ("first-sound-sent", NULL);
    }
}

/* --- Keys --- */

static void
send_digit_step (OhPeer *peer)
{
  OhPeerSend *send = &peer->send;
  guint8 packet[OH_RTP_HEADER_BYTES + OH_DIGIT_BYTES + OH_TRANSPORT_SPARE];
  gboolean first;
  OhRtpHeader header = { .payload_type = peer->agreed.send_event,
                         .sequence = send->sequence,
                         .timestamp = send->digit.timestamp,
                         .ssrc = send->ssrc };

  if (!oh_digit_step (&send->digit, DIGIT_STEP_MS, peer->agreed.send_event_clock,
                      packet + OH_RTP_HEADER_BYTES, &first))
    return;
  header.marker = first;
  send_payload (peer, packet, OH_DIGIT_BYTES, &header);
  if (!send->digit.active)
    send->digit.next = oh_clock_now () + DIGIT_PAUSE_MS * 1000;
}

static void
start_tone (OhPeer *peer)
{
  OhDigitSender *digit = &peer->send.digit;

  digit->active = FALSE; /* the tone goes the way of sound */
  oh_source_unref (peer->send.tone);
  peer->send.tone = oh_tone_new_digit ("0123456789*#ABCD"[digit->event], digit -> length_ms,
                                       oh_peer_get_send_rate (peer), 1);
  digit->next = oh_clock_now () + (digit->length_ms + DIGIT_PAUSE_MS) * 1000;
  oh_peer_update_clock (peer);
}

void
oh_peer_on_digit_timer (OhTimer *timer)
{
  OhPeer *peer = OH_PEER_OF (digit_timer, timer);
  OhDigitSender *digit = &peer->send.digit;
  gint64 now = oh_clock_now (), next = now + DIGIT_STEP_MS * 1000;

  if (peer->over)
    return;
  if (!digit->active && now < digit->next)
    next = digit->next;
  else if (!digit->active && peer->ready)
    {
      catch_up (peer, DIGIT_STEP_MS);
      if (!oh_digit_start (digit, peer->send.timestamp))
        return;
      if (peer->agreed.send_event == NO_EVENT)
        start_tone (peer);
      else
        send_digit_step (peer);
    }
  else if (digit->active)
    send_digit_step (peer);
  if (digit->active || digit->n > 0)
    oh_worker_set_timer (peer->worker, timer, next);
}

static void
start_digits (OhPeer *peer)
{
  if (peer->digit_timer.place == 0)
    oh_worker_set_timer (peer->worker, &peer->digit_timer, oh_clock_now ());
}

void
oh_peer_begin_digit (OhPeer *peer, char digit, guint ms)
{
  if (!peer->over && oh_digit_push (&peer->send.digit, digit, ms))
    start_digits (peer);
}

void
oh_peer_begin_held_digit (OhPeer *peer, char digit, guint ms)
{
  if (!peer->over && oh_digit_push_held (&peer->send.digit, digit, ms))
    start_digits (peer);
}
