/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/rtp/oh-jitter.h"

#include "media/rtp/oh-delay-meter.h"
#include "media/rtp/oh-packet-queue.h"
#include "media/rtp/oh-slack.h"
#include "media/rtp/oh-stretch.h"

#include <string.h>

#define MAX_RATE 48000
#define POOL_SAMPLES (MAX_RATE / 1000 * OH_CODEC_MAX_MS * 3)
#define STEP_MS 10      /* of concealment or silence while nothing is there */
#define MARGIN_MS 10    /* for the reader's own grid */
#define GIVE_UP_MS 200  /* of concealment, then it is silence and the wait starts anew */
#define JUMP_MS 2000    /* in time stamps: another stream, not jitter */
#define STRETCH_EVERY 3 /* packets, so that speech keeps its rhythm */
#define GAIN_MS 4       /* less delay than this is not worth a stretch */
#define PIECE_MS 20     /* that a low voice's period needs to be taken out of */
#define TURN_US 2000    /* readings that are closer together are one turn of the reader */
#define LOW_MS 20       /* below what should be there; a lost packet alone is none of it */
#define AGAIN_MS 20     /* a frame that comes again so much later than it should is waited for */
#define TROUBLE_US G_USEC_PER_SEC     /* what runs dry so soon again is the same trouble */
#define ONCE_US (10 * G_USEC_PER_SEC) /* two of them in it are more than chance */

struct _OhJitter
{
  const OhCodec *codec;
  guint rate;
  gpointer decoder;

  OhPacketQueue queue;

  gboolean playing;    /* else: waits until there is enough to start with */
  guint32 next_ts;     /* what is due */
  guint16 last_seq;    /* of the packet that was decoded last */
  guint frame_ticks;   /* length of the newest packet */
  guint made_up_ticks; /* concealed while nothing at all was there */
  gboolean odd;        /* a packet far from all others came last: the next one tells whether... */
  guint16 odd_seq;     /* ...it was a stray */
  OhDelayMeter meter;
  OhSlack slack, lead;       /* of the sound, of the reader's turns */
  gint64 dry_at, dry_before; /* when nothing was there in time, and the trouble before; 0: never */
  /* The reader's turn: its time, what it has taken so far, and what the one before took. */
  gint64 turn_at;
  gsize turn_taken, turn_before;
  float level_ms; /* smoothed fill at the moment of decoding */
  guint since_stretch;
  gboolean silent;
  OhJitterStats stats;

  gint16 pool[POOL_SAMPLES]; /* decoded, from `start` */
  gsize start, fill;
};

OhJitter *
oh_jitter_new (void)
{
  OhJitter *jitter = g_new0 (OhJitter, 1);

  oh_packet_queue_init (&jitter->queue);
  jitter->silent = TRUE;
  return jitter;
}

void
oh_jitter_free (OhJitter *jitter)
{
  if (!jitter)
    return;
  if (jitter->decoder)
    jitter->codec->decoder_free (jitter->decoder);
  oh_packet_queue_clear (&jitter->queue);
  g_free (jitter);
}

void
oh_jitter_reset (OhJitter *jitter)
{
  oh_packet_queue_drop_first (&jitter->queue, jitter->queue.n);
  jitter->playing = FALSE;
  jitter->made_up_ticks = 0;
  jitter->odd = FALSE;
  jitter->level_ms = 0;
  jitter->dry_at = jitter->dry_before = 0;
  oh_delay_meter_reset (&jitter->meter);
  oh_slack_reset (&jitter->slack);
  oh_slack_reset (&jitter->lead);
}

gboolean
oh_jitter_set_codec (OhJitter *jitter, const OhCodec *codec, guint rate)
{
  gpointer decoder;

  if (jitter->codec == codec && jitter->rate == rate)
    return TRUE;
  decoder = codec->decoder_new (rate);
  if (!decoder)
    return FALSE;
  if (jitter->decoder)
    jitter->codec->decoder_free (jitter->decoder);
  if (jitter->codec != codec)
    oh_jitter_reset (jitter);
  jitter->codec = codec;
  jitter->rate = rate;
  jitter->decoder = decoder;
  jitter->start = jitter->fill = 0;
  jitter->turn_taken = jitter->turn_before = 0;
  return TRUE;
}

guint
oh_jitter_get_rate (OhJitter *jitter)
{
  return jitter->rate;
}

const OhCodec *
oh_jitter_get_codec (OhJitter *jitter)
{
  return jitter->codec;
}

/* --- Putting --- */

static guint
get_ticks (OhJitter *jitter, const guint8 *payload, gsize length)
{
  guint clock = jitter->codec->clock_rate;

  return jitter->codec->samples_in_packet (payload, length, jitter->rate) * clock / jitter->rate;
}

/* A time stamp far from what is due: a stray packet is dropped, two in a row are a new stream. */
static gboolean
is_stray (OhJitter *jitter, const OhRtpHeader *header)
{
  gint32 limit = jitter->codec->clock_rate / 1000 * JUMP_MS;
  guint32 reference = jitter->playing       ? jitter->next_ts
                      : jitter->queue.n > 0 ? jitter->queue.packets[0].header.timestamp
                                            : header->timestamp;
  gint32 distance = (gint32)(header->timestamp - reference);

  if (distance < limit && distance > -limit)
    {
      jitter->odd = FALSE;
      return FALSE;
    }
  if (jitter->odd && header->sequence == (guint16)(jitter->odd_seq + 1))
    {
      oh_jitter_reset (jitter);
      return FALSE;
    }
  /* A pause of the sender goes on counting: nothing waits, so nothing is lost by believing it. */
  if (jitter->playing && jitter->queue.n == 0 && distance > 0
      && header->sequence == (guint16)(jitter->last_seq + 1))
    {
      oh_jitter_reset (jitter);
      return FALSE;
    }
  jitter->odd = TRUE;
  jitter->odd_seq = header->sequence;
  return TRUE;
}

/* The packet before is missing so far, and the codec can rebuild it from this one: that it comes in
 * time for that is worth as much waiting as if it were the missing one (Opus, RFC 6716 2.1.7). */
static gboolean
stands_in (OhJitter *jitter, const OhRtpHeader *header)
{
  guint16 before = header->sequence - 1;

  return jitter->codec->recover && jitter->playing && (gint16)(before - jitter->last_seq) > 0
         && !oh_packet_queue_knows (&jitter->queue, before);
}

/* One stall on a path that else is even (a machine that was busy) is no reason to be careful for long;
 * stalls that come again and again are. */
static gboolean
is_even (OhJitter *jitter, gint64 now)
{
  return oh_delay_meter_is_even (&jitter->meter)
         && (jitter->dry_before == 0 || now - jitter->dry_before > ONCE_US);
}

/* A packet, taken at @now, might have been played @slack us earlier; it was there @lead us before the
 * turn in which it was. */
static void
note_early (OhJitter *jitter, gint64 slack, gint64 lead, gint64 now)
{
  oh_slack_add (&jitter->slack, slack, now, is_even (jitter, now));
  oh_slack_add (&jitter->lead, lead, now, FALSE);
}

/* A frame of @timestamp might have been here at @now and no earlier. */
static void
measure_again (OhJitter *jitter, guint32 timestamp, gint64 now)
{
  oh_delay_meter_add (&jitter->meter, timestamp, jitter->codec->clock_rate, now);
  if (jitter->playing && (gint32)(timestamp - jitter->next_ts) < (gint32)jitter->made_up_ticks)
    note_early (jitter, 0, 0, now);
}

void
oh_jitter_put (OhJitter *jitter, const OhRtpHeader *header, const guint8 *payload, gint64 now)
{
  guint ticks;
  gboolean fresh;

  if (!jitter->codec || header->payload_length == 0
      || header->payload_length > OH_PACKET_QUEUE_BYTES)
    return;
  ticks = get_ticks (jitter, payload, header->payload_length);
  if (ticks == 0 || is_stray (jitter, header))
    return;
  if (stands_in (jitter, header))
    measure_again (jitter, header->timestamp - ticks, now);
  oh_delay_meter_add (&jitter->meter, header->timestamp, jitter->codec->clock_rate, now);
  if (jitter->playing && (gint32)(header->timestamp - jitter->next_ts) < 0)
    {
      jitter->stats.late++;
      note_early (jitter, 0, 0, now);
      return;
    }
  jitter->frame_ticks = ticks;
  oh_packet_queue_insert (&jitter->queue, header, payload, now, &fresh);
}

void
oh_jitter_put_again (
    OhJitter *jitter, const OhRtpHeader *header, const guint8 *payload, guint age, gint64 now)
{
  guint clock, ticks, due;
  gboolean awaited, fresh;
  OhQueuedPacket *packet;

  if (!jitter->codec || header->payload_length == 0
      || header->payload_length > OH_PACKET_QUEUE_BYTES)
    return;
  clock = jitter->codec->clock_rate;
  ticks = get_ticks (jitter, payload, header->payload_length);
  if (ticks == 0 || is_stray (jitter, header))
    return;
  awaited = age * ticks <= clock / 1000 * AGAIN_MS;
  if (awaited)
    measure_again (jitter, header->timestamp, now);
  /* One that nobody waited for must not bring delay: its time has been made up already. */
  due = awaited ? 0 : jitter->made_up_ticks;
  if (jitter->playing && (gint32)(header->timestamp - jitter->next_ts) < (gint32)due)
    return;
  packet = oh_packet_queue_insert (&jitter->queue, header, payload, now, &fresh);
  if (!packet)
    return;
  if (fresh)
    {
      packet->copy = TRUE;
      packet->awaited = awaited;
    }
  else if (awaited)
    packet->again = now;
}

void
oh_jitter_note_other (OhJitter *jitter, guint16 sequence)
{
  oh_packet_queue_note_other (&jitter->queue, sequence);
}

/* --- Levels --- */

static float
get_ms (OhJitter *jitter, guint32 ticks)
{
  return ticks * 1000.0f / jitter->codec->clock_rate;
}

static float
get_fill_ms (OhJitter *jitter)
{
  float ms = jitter->rate ? jitter->fill * 1000.0f / jitter->rate : 0;

  /* Packets, not time stamps: a gap in between is not sound. */
  return ms + (jitter->queue.n ? jitter->queue.n * get_ms (jitter, jitter->frame_ticks) : 0);
}

/* What should be there at the moment when a packet is decoded, that packet included. */
static float
get_target_ms (OhJitter *jitter)
{
  float ms = oh_delay_meter_get_ms (&jitter->meter) + MARGIN_MS;

  return MIN (ms, OH_JITTER_MAX_MS) + get_ms (jitter, jitter->frame_ticks);
}

/* --- Decoding --- */

static gint16 *
get_room (OhJitter *jitter, gsize n)
{
  if (jitter->start + jitter->fill + n > POOL_SAMPLES)
    {
      memmove (jitter->pool, jitter->pool + jitter->start, jitter->fill * sizeof *jitter->pool);
      jitter->start = 0;
    }
  return jitter->pool + jitter->start + jitter->fill;
}

static void
add_silence (OhJitter *jitter)
{
  gsize n = jitter->rate * STEP_MS / 1000;

  memset (get_room (jitter, n), 0, n * sizeof *jitter->pool);
  jitter->fill += n;
  jitter->silent = TRUE;
}

static void
add_concealment (OhJitter *jitter, guint ticks)
{
  gsize n = (gsize)ticks * jitter->rate / jitter->codec->clock_rate;

  n = MIN (n, jitter->rate * OH_CODEC_MAX_MS / 1000);
  jitter->codec->conceal (jitter->decoder, get_room (jitter, n), n);
  jitter->fill += n;
  jitter->stats.concealed += n;
}

/* More waits than is needed, and it is time to do something against it. */
static gboolean
is_long (OhJitter *jitter)
{
  return jitter->since_stretch + 1 >= STRETCH_EVERY
         && (oh_slack_get_ms (&jitter->slack) > GAIN_MS
             || jitter->level_ms > get_target_ms (jitter) + 20);
}

/* Nudges the fill towards what the jitter asks for, and the delay towards what no packet needs: by what was
 * just added to the pool, which held nothing before. */
static void
stretch (OhJitter *jitter)
{
  float target = get_target_ms (jitter), slack = oh_slack_get_ms (&jitter->slack);
  float level = get_fill_ms (jitter);
  gboolean force = level > target + 100;
  gint16 *samples = jitter->pool + jitter->start;
  gsize n = jitter->fill, changed = n;

  jitter->level_ms += (level - jitter->level_ms) / 16;
  if (++jitter->since_stretch < STRETCH_EVERY && !force)
    return;
  if (force || jitter->level_ms > target + 20)
    changed = oh_stretch_shorten (samples, n, n, jitter->rate, force);
  else if (slack > GAIN_MS)
    changed = oh_stretch_shorten (samples, n, slack * jitter->rate / 1000, jitter->rate, FALSE);
  else if (jitter->level_ms < target - LOW_MS && slack < 1 && jitter->queue.n == 0)
    changed = oh_stretch_lengthen (samples, n, jitter->rate, FALSE);
  if (changed != n)
    {
      float more = ((gssize)changed - (gssize)n) * 1000.0f / jitter->rate;

      jitter->since_stretch = 0;
      jitter->level_ms += more;
      jitter->fill = changed;
      oh_slack_shift (&jitter->slack, more * 1000);
    }
}

/* How long the reader's turn is. */
static gint64
get_turn_us (OhJitter *jitter)
{
  return (gint64)MAX (jitter->turn_before, 1) * G_USEC_PER_SEC / jitter->rate;
}

/* How much earlier this packet could be played: at the begin of this turn, or in an earlier turn that
 * it would have been here for. */
static void
note_wait (OhJitter *jitter, const OhQueuedPacket *packet)
{
  gint64 offset = (gint64)(jitter->turn_taken + jitter->fill) * G_USEC_PER_SEC / jitter->rate;
  gint64 turn = get_turn_us (jitter);
  gint64 spare = oh_delay_meter_get_spare_ms (&jitter->meter) * 1000;
  gint64 waited = MAX (jitter->turn_at - packet->again - spare, 0);

  note_early (jitter, offset + waited / turn * turn, waited, jitter->turn_at);
}

static void
decode_first (OhJitter *jitter)
{
  OhQueuedPacket *packet = &jitter->queue.packets[0];
  gsize room = jitter->rate * OH_CODEC_MAX_MS / 1000;
  gint16 *samples = get_room (jitter, room + room / 2);
  gssize n = jitter->codec->decode (jitter->decoder, packet->data, packet->header.payload_length,
                                    samples, room);
  guint ticks = get_ticks (jitter, packet->data, packet->header.payload_length);

  if (packet->awaited)
    note_wait (jitter, packet);
  jitter->next_ts = packet->header.timestamp + ticks;
  jitter->last_seq = packet->header.sequence;
  jitter->made_up_ticks = 0;
  oh_packet_queue_drop_first (&jitter->queue, 1);
  if (n <= 0)
    add_concealment (jitter, ticks);
  else
    jitter->fill += n;
  jitter->silent = FALSE;
}

/* The first packet, and the one after it where both together are to be shortened. */
static void
play_first (OhJitter *jitter)
{
  decode_first (jitter);
  if (jitter->fill * 1000 < (gsize)jitter->rate * PIECE_MS && is_long (jitter)
      && jitter->queue.n > 0 && jitter->queue.packets[0].header.timestamp == jitter->next_ts)
    decode_first (jitter);
  stretch (jitter);
}

/* What waits already, or the time of the first packet's waiting, makes up for the jitter. */
static gboolean
is_time (OhJitter *jitter)
{
  float ms;

  if (jitter->queue.n == 0)
    return FALSE;
  ms = (jitter->turn_at - jitter->queue.packets[0].arrival) / 1000.0f;
  return MAX (ms, get_fill_ms (jitter) - get_ms (jitter, jitter->frame_ticks))
         >= oh_delay_meter_get_ms (&jitter->meter) + oh_delay_meter_get_spare_ms (&jitter->meter);
}

/* Adds the frame before @packet's from what that carries of it, without its first @made_up ticks. */
static gboolean
rebuild (OhJitter *jitter, const OhQueuedPacket *packet, guint ticks, guint made_up)
{
  gsize n = (gsize)ticks * jitter->rate / jitter->codec->clock_rate;
  gsize skipped = (gsize)made_up * jitter->rate / jitter->codec->clock_rate;
  gint16 *samples = get_room (jitter, n);

  if (!jitter->codec->recover
      || jitter->codec->recover (jitter->decoder, packet->data, packet->header.payload_length,
                                 samples, n)
             != (gssize)n)
    return FALSE;
  if (!packet->copy) /* else both are lost, which is no reason to wait longer */
    note_wait (jitter, packet);
  memmove (samples, samples + skipped, (n - skipped) * sizeof *samples);
  jitter->fill += n - skipped;
  return TRUE;
}

/* The packet due is missing and a later one is here. */
static void
fill_gap (OhJitter *jitter)
{
  OhQueuedPacket *packet = &jitter->queue.packets[0];
  guint gap = packet->header.timestamp - jitter->next_ts;
  guint16 missing = oh_packet_queue_count_missing (&jitter->queue, jitter->last_seq,
                                                   packet->header.sequence);
  guint frame = MIN (gap, MAX (jitter->frame_ticks, jitter->codec->clock_rate / 100));
  gboolean paused = missing == 0 || missing > OH_PACKET_QUEUE_MAX;
  guint made_up;

  if (gap <= jitter->made_up_ticks || (paused && is_time (jitter)))
    {
      /* Made up already while nothing was there, or the sender paused: go on with what is here. */
      jitter->stats.lost += paused ? 0 : missing;
      play_first (jitter);
      return;
    }
  if (paused)
    {
      jitter->made_up_ticks += jitter->codec->clock_rate * STEP_MS / 1000;
      add_silence (jitter);
      return;
    }
  jitter->stats.lost++;
  jitter->last_seq++;
  jitter->next_ts += frame;
  jitter->silent = FALSE;
  made_up = MIN (jitter->made_up_ticks, frame); /* while nothing was there: once is enough */
  jitter->made_up_ticks -= made_up;
  if (made_up == frame)
    return;
  if (missing > 1 || gap > frame || !rebuild (jitter, packet, frame, made_up))
    add_concealment (jitter, frame - made_up);
}

static void
note_dry (OhJitter *jitter)
{
  if (jitter->turn_at - jitter->dry_at <= TROUBLE_US)
    return;
  jitter->dry_before = jitter->dry_at;
  jitter->dry_at = jitter->turn_at;
}

/* Nothing is here at all: late or lost, that shows later. */
static void
bridge_underrun (OhJitter *jitter)
{
  guint step = jitter->codec->clock_rate * STEP_MS / 1000;

  if (get_ms (jitter, jitter->made_up_ticks) >= GIVE_UP_MS)
    {
      jitter->playing = FALSE;
      add_silence (jitter);
      return;
    }
  if (jitter->made_up_ticks == 0)
    note_dry (jitter);
  jitter->made_up_ticks += step;
  add_concealment (jitter, step);
  jitter->silent = FALSE;
}

/* So much that stretching would take seconds: jumps to where it should be. */
static void
skip_backlog (OhJitter *jitter)
{
  float target = get_target_ms (jitter);

  while (jitter->queue.n > 1 && get_fill_ms (jitter) > target)
    {
      jitter->last_seq = jitter->queue.packets[0].header.sequence;
      oh_packet_queue_drop_first (&jitter->queue, 1);
    }
  jitter->next_ts = jitter->queue.packets[0].header.timestamp;
  jitter->level_ms = target;
}

/* Adds something to the pool. */
static void
produce (OhJitter *jitter)
{
  if (!jitter->playing)
    {
      if (!is_time (jitter))
        {
          add_silence (jitter);
          return;
        }
      jitter->playing = TRUE;
      jitter->next_ts = jitter->queue.packets[0].header.timestamp;
      jitter->level_ms = get_fill_ms (jitter);
      jitter->made_up_ticks = 0;
    }
  if (get_fill_ms (jitter) > OH_JITTER_MAX_MS + 200)
    skip_backlog (jitter);
  if (jitter->queue.n == 0)
    bridge_underrun (jitter);
  else if ((gint32)(jitter->queue.packets[0].header.timestamp - jitter->next_ts) <= 0)
    play_first (jitter);
  else
    fill_gap (jitter);
}

static void
begin_turn (OhJitter *jitter, gsize n, gint64 now)
{
  if (now - jitter->turn_at > TURN_US)
    {
      jitter->turn_before = jitter->turn_taken;
      jitter->turn_taken = 0;
      jitter->turn_at = now;
    }
  jitter->turn_before = MAX (jitter->turn_before, n);
}

gboolean
oh_jitter_get (OhJitter *jitter, gint16 *samples, gsize n, gint64 now)
{
  gboolean heard = FALSE;

  begin_turn (jitter, n, now);
  if (!jitter->codec)
    {
      memset (samples, 0, n * sizeof *samples);
      return FALSE;
    }
  while (n > 0)
    {
      gsize taken;

      if (jitter->fill == 0)
        produce (jitter);
      taken = MIN (n, jitter->fill);
      heard |= !jitter->silent;
      memcpy (samples, jitter->pool + jitter->start, taken * sizeof *samples);
      jitter->turn_taken += taken;
      jitter->start += taken;
      jitter->fill -= taken;
      samples += taken;
      n -= taken;
    }
  return heard;
}

gint64
oh_jitter_get_lead (OhJitter *jitter)
{
  gint64 us = oh_slack_get_ms (&jitter->lead) * 1000;

  return us > 0 && jitter->rate ? us % get_turn_us (jitter) : 0;
}

void
oh_jitter_come_earlier (OhJitter *jitter, gint64 us)
{
  oh_slack_shift (&jitter->lead, -us);
}

void
oh_jitter_drain (OhJitter *jitter,
                 void (*each) (const OhRtpHeader *header,
                               const guint8 *payload,
                               gpointer user_data),
                 gpointer user_data)
{
  for (guint i = 0; i < jitter->queue.n; i++)
    each (&jitter->queue.packets[i].header, jitter->queue.packets[i].data, user_data);
  oh_jitter_reset (jitter);
  jitter->start = jitter->fill = 0;
}

void
oh_jitter_get_stats (OhJitter *jitter, OhJitterStats *stats)
{
  *stats = jitter->stats;
  stats->buffered_ms = jitter->codec ? get_fill_ms (jitter) : 0;
  stats->target_ms = jitter->codec ? get_target_ms (jitter) : 0;
}
