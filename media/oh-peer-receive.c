/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "media/oh-peer-private.h"
#include "media/record/oh-loudness.h"

#include <string.h>

#define CHUNK_MS 10
#define READER_GONE_US (500 * 1000)
#define MAX_CHUNK 480 /* 10 ms at 48 kHz */

/* --- Packets --- */

static const OhCodec *
find_codec (OhPeer *peer, guint8 payload_type)
{
  for (guint i = 0; i < peer->agreed.n_receive; i++)
    if (peer->agreed.receive[i].payload_type == payload_type)
      return peer->agreed.receive[i].codec;
  return NULL;
}

static gboolean
is_red (OhPeer *peer, guint8 payload_type)
{
  return payload_type < 128 && payload_type == peer->agreed.receive_red;
}

static gboolean
is_event (OhPeer *peer, guint8 payload_type)
{
  return payload_type < 128
         && (payload_type == peer->agreed.receive_event[0]
             || payload_type == peer->agreed.receive_event[1]);
}

/* Payload types of an offer stand for 8000 and 48000 Hz, that of an answer for what it takes. */
static guint
get_event_clock (OhPeer *peer, guint8 payload_type)
{
  const OhSdpAgreed *agreed = &peer->agreed;

  if (agreed->receive_event[0] == agreed->receive_event[1] || agreed->receive_event[1] >= 128)
    return payload_type == agreed->send_event ? agreed->send_event_clock : 8000;
  return payload_type == agreed->receive_event[1] ? 48000 : 8000;
}

static void
take_event (OhPeer *peer, const OhRtpHeader *header, const guint8 *data)
{
  OhDigitReceiver *receiver = &peer->receive.digit;
  char digit = oh_digit_receive (receiver, header->timestamp, data + header->payload_at,
                                 header->payload_length);
  guint ms = receiver->duration * G_GUINT64_CONSTANT (1000)
             / get_event_clock (peer, header->payload_type);

  if (digit)
    oh_peer_tell_digit (peer, digit);
  if (!peer->other || header->timestamp != receiver->timestamp)
    return;
  /* Sent anew towards the bridged end, for as long as it is held: numbers and clock are its own. */
  if (digit)
    oh_peer_begin_held_digit (peer->other, digit, ms);
  oh_digit_hold (&peer->other->send.digit, ms, receiver->ended);
}

/* Packets that nobody takes out would only grow old. */
static gboolean
wants_sound (OhPeer *peer)
{
  const OhPeerReceive *receive = &peer->receive;

  return peer->sink || (peer->other && !peer->fast)
         || (receive->read_at != 0 && receive->packet_at - receive->read_at < READER_GONE_US);
}

static void
take_sound (OhPeer *peer, const OhCodec *codec, const OhRtpHeader *header, guint8 *data)
{
  OhPeerReceive *receive = &peer->receive;

  if (receive->codec != codec)
    {
      receive->codec = codec;
      if (peer->other)
        oh_bridge_update (peer);
    }
  if (!receive->packet_told && header->payload_length > 0)
    {
      receive->packet_told = TRUE;
      oh_peer_tell_first_packet (peer);
    }
  if (peer->other && peer->fast)
    {
      if (oh_peer_can_forward (peer->other, codec))
        oh_peer_forward (peer->other, codec, header, data);
      return;
    }
  if (!wants_sound (peer))
    {
      if (receive->jitter)
        oh_jitter_reset (receive->jitter);
      return;
    }
  if (!receive->jitter)
    receive->jitter = oh_jitter_new ();
  if (oh_jitter_get_codec (receive->jitter) != codec
      && !oh_jitter_set_codec (receive->jitter, codec, codec->rate))
    return;
  oh_jitter_put (receive->jitter, header, data + header->payload_at, receive->packet_at);
}

/* --- Redundancy (RFC 2198) --- */

/* What a redundant packet holds: @header becomes that of its own frame. Returns how many older ones
 * there are; a packet that is malformed gets a type that nobody knows. */
static guint
open_red (OhRtpHeader *header, const guint8 *data, OhRedBlock blocks[OH_RED_MAX_BLOCKS])
{
  guint n = oh_red_unpack (data + header->payload_at, header->payload_length, blocks);

  if (n == 0)
    {
      header->payload_type = OH_PEER_NO_RED;
      return 0;
    }
  for (guint i = 0; i < n; i++)
    blocks[i].at += header->payload_at;
  header->payload_type = blocks[n - 1].payload_type;
  header->payload_at = blocks[n - 1].at;
  header->payload_length = blocks[n - 1].length;
  return n - 1;
}

/* An older frame of a packet with @header. To the other end it goes by itself: whether that can take
 * redundancy, and needs any, is the business of its own leg. */
static void
take_older (OhPeer *peer,
            const OhCodec *codec,
            const OhRtpHeader *header,
            const OhRedBlock *block,
            const guint8 *data)
{
  OhPeerReceive *receive = &peer->receive;
  guint age = oh_red_get_age (block->offset,
                              oh_codec_get_ticks (codec, data + block->at, block->length));
  guint8 copy[OH_RTP_HEADER_BYTES + OH_CODEC_MAX_BYTES + OH_TRANSPORT_SPARE];
  OhRtpHeader older = { .payload_type = block->payload_type,
                        .sequence = header->sequence - age,
                        .timestamp = header->timestamp - block->offset,
                        .ssrc = header->ssrc,
                        .payload_at = OH_RTP_HEADER_BYTES,
                        .payload_length = block->length };
  gboolean missing;

  if (age == 0 || block->payload_type != header->payload_type || block->length > OH_CODEC_MAX_BYTES)
    return;
  missing = oh_red_note (&receive->red, older.sequence);
  receive->recovered += missing;
  if (!peer->other || !peer->fast)
    {
      if (receive->jitter && oh_jitter_get_codec (receive->jitter) == codec && wants_sound (peer))
        oh_jitter_put_again (receive->jitter, &older, data + block->at, age, receive->packet_at);
      return;
    }
  if (!missing || !oh_peer_can_forward (peer->other, codec))
    return;
  memcpy (copy + OH_RTP_HEADER_BYTES, data + block->at, block->length);
  oh_peer_forward (peer->other, codec, &older, copy);
}

/* How long packets are, and how late: for the pace of what is sent. */
static void
hear (OhPeer *peer, const OhCodec *codec, const OhRtpHeader *header, const guint8 *data)
{
  guint ticks = oh_codec_get_ticks (codec, data + header->payload_at, header->payload_length);

  peer->receive.ptime = ticks * 1000 / codec->clock_rate;
  oh_pace_hear (&peer->send.pace, header->timestamp + ticks, codec->clock_rate,
                peer->receive.packet_at);
}

void
oh_peer_take_rtp (OhPeer *peer, guint8 *data, gsize length)
{
  OhPeerReceive *receive = &peer->receive;
  OhRedBlock older[OH_RED_MAX_BLOCKS];
  guint n_older = 0;
  OhRtpHeader whole, header;
  const OhCodec *codec;
  gboolean event, fresh, new_sender;

  if (!oh_rtp_parse (data, length, &whole))
    return;
  header = whole;
  if (is_red (peer, header.payload_type))
    n_older = open_red (&header, data, older);
  codec = find_codec (peer, header.payload_type);
  event = !codec && is_event (peer, header.payload_type);
  if (!codec && !event)
    return;
  if (peer->transport->klass->confirm)
    peer->transport->klass->confirm (peer->transport);
  receive->received_at = receive->packet_at;
  if (!oh_reception_add (&receive->reception, &whole, codec ? codec->clock_rate : 0,
                         receive->packet_at, &new_sender))
    return;
  if (new_sender)
    oh_red_reset (&receive->red);
  if (new_sender && receive->jitter)
    oh_jitter_reset (receive->jitter);
  if (!peer->agreed.may_receive)
    return; /* sent before the far end knew of the hold */
  for (guint i = 0; codec && i < n_older; i++)
    take_older (peer, codec, &header, &older[i], data);
  fresh = peer->agreed.receive_red == OH_PEER_NO_RED
          || oh_red_note (&receive->red, header.sequence);
  if (codec && codec->encoder_set_bit_rate)
    hear (peer, codec, &header, data);
  if (event && receive->jitter)
    oh_jitter_note_other (receive->jitter, header.sequence);
  if (event)
    take_event (peer, &header, data);
  else if (fresh) /* else its sound came within another packet */
    take_sound (peer, codec, &header, data);
}

void
oh_peer_take_rtcp (OhPeer *peer, const guint8 *data, gsize length)
{
  guint heard = peer->rtcp.heard;

  if (!oh_rtcp_read (&peer->rtcp, data, length, peer->send.ssrc, peer->receive.packet_at))
    return;
  if (peer->transport->klass->confirm)
    peer->transport->klass->confirm (peer->transport);
  peer->receive.received_at = peer->receive.packet_at;
  if (peer->rtcp.heard != heard)
    oh_peer_take_report (peer);
}

/* --- Sound --- */

/* Opus is decoded at the reader's own rate where it can be. */
static void
fit_rate (OhPeer *peer, guint rate)
{
  OhJitter *jitter = peer->receive.jitter;
  const OhCodec *codec = oh_jitter_get_codec (jitter);

  if (codec && codec->rate == 48000 && oh_jitter_get_rate (jitter) != rate
      && (rate == 8000 || rate == 16000 || rate == 24000 || rate == 48000))
    oh_jitter_set_codec (jitter, codec, rate);
}

/* From the jitter buffer. */
static gboolean
take_out (OhPeer *peer, gint16 *samples, gsize n)
{
  OhPeerReceive *receive = &peer->receive;
  gboolean heard = oh_jitter_get (receive->jitter, samples, n, oh_clock_now ());

  if (heard && !receive->sound_told && oh_loudness_of (samples, n) > OH_LOUDNESS_SILENCE)
    {
      receive->sound_told = TRUE;
      oh_peer_tell_first_sound (peer);
    }
  return heard;
}

gboolean
oh_peer_pull (OhPeer *peer, gint16 *samples, gsize n, guint rate)
{
  OhPeerReceive *receive = &peer->receive;
  gboolean heard = FALSE;
  guint own;

  if (!receive->jitter)
    receive->jitter = oh_jitter_new ();
  fit_rate (peer, rate);
  own = oh_jitter_get_rate (receive->jitter);
  if (own == rate || own == 0)
    return take_out (peer, samples, n);

  if (!receive->resampler || receive->resampler_in != own || receive->resampler_out != rate)
    {
      g_clear_pointer (&receive->resampler, oh_resampler_free);
      receive->resampler = oh_resampler_new (own, rate);
      receive->resampler_in = own;
      receive->resampler_out = rate;
      receive->left_fill = 0;
    }
  while (n > 0)
    {
      gsize taken = MIN (n, receive->left_fill);

      if (taken == 0)
        {
          gint16 chunk[MAX_CHUNK];
          gsize want = MIN (own * CHUNK_MS / 1000, MAX_CHUNK);

          heard |= take_out (peer, chunk, want);
          receive->left_fill = oh_resampler_process (receive->resampler, chunk, want, receive->left,
                                                     G_N_ELEMENTS (receive->left));
          receive->left_at = 0;
          continue;
        }
      memcpy (samples, receive->left + receive->left_at, taken * sizeof *samples);
      receive->left_at += taken;
      receive->left_fill -= taken;
      samples += taken;
      n -= taken;
    }
  return heard;
}

void
oh_peer_feed_sink (OhPeer *peer, const gint16 *samples, gsize n, guint rate)
{
  OhSink *sink = peer->sink;

  if (!sink)
    return;
  if (sink->rate == rate)
    {
      sink->klass->write (sink, samples, n);
      return;
    }
  if (!peer->sink_resampler || peer->sink_resampler_rate != rate)
    {
      g_clear_pointer (&peer->sink_resampler, oh_resampler_free);
      peer->sink_resampler = oh_resampler_new (rate, sink->rate);
      peer->sink_resampler_rate = rate;
    }
  while (n > 0)
    {
      gint16 out[MAX_CHUNK * 8];
      gsize taken = MIN (n, rate * CHUNK_MS / 1000);
      gsize made = oh_resampler_process (peer->sink_resampler, samples, taken, out,
                                         G_N_ELEMENTS (out));

      sink->klass->write (sink, out, made);
      samples += taken;
      n -= taken;
    }
}

gboolean
oh_peer_read (OhPeer *peer, gint16 *samples, gsize n, guint rate)
{
  gboolean heard;

  peer->receive.read_at = oh_clock_now ();
  heard = oh_peer_pull (peer, samples, n, rate);
  oh_peer_feed_sink (peer, samples, n, rate);
  return heard;
}

void
oh_peer_clear_receiving (OhPeer *peer)
{
  g_clear_pointer (&peer->receive.jitter, oh_jitter_free);
  g_clear_pointer (&peer->receive.resampler, oh_resampler_free);
  g_clear_pointer (&peer->sink_resampler, oh_resampler_free);
}
