/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/device/oh-audio-engine.h"

#include "base/oh-ring.h"
#include "media/device/oh-meter.h"
#include "media/filter/oh-resampler.h"

#include <glib-unix.h>

#include <math.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RATE OH_DEVICE_RATE
#define BLOCK OH_DEVICE_BLOCK
#define LATE_BLOCKS 45 /* microphone sound that waits longer than this is old: dropped */
#define LOOPBACK_MAX_MS 5000
#define LOOPBACK_SLACK (10 * BLOCK) /* more that waits than this beside the delay is dropped */
#define MARGIN_MAX 4                /* blocks that wait beside the device's period */
#define MARGIN_DECAY 6000           /* blocks without a gap before it is lowered: a minute */
#define START_BLOCKS 20             /* a device fills its own buffer first: gaps mean nothing */

/* A tone or player on its way to 48 kHz. */
typedef struct
{
  OhSource *source;
  OhResampler *resampler;
  gboolean soft; /* follows the tones' volume */
} Tone;

/* How much waits for a device. One that takes blocks in pairs, or late, leaves gaps; each gap makes
 * one block more wait, a minute without any lets it go again. */
typedef struct
{
  guint underruns; /* of the stream, seen */
  guint blocks;    /* made since the start or the last gap */
  guint margin;
} Reserve;

/* All fields belong to the engine's thread but for those that are atomic. */
struct _OhAudioEngine
{
  gint refs;
  OhWorker *worker; /* borrowed: its last reference must not go on its own thread */
  int wake;         /* eventfd */
  GSource *watch;

  OhDeviceStream *streams[OH_AUDIO_N_PURPOSES];
  Tone tones[OH_AUDIO_N_PURPOSES];
  Reserve reserves[OH_AUDIO_N_PURPOSES];
  OhPeer *peer;
  OhRing *loopback;     /* NULL: none */
  gsize loopback_delay; /* samples */

  const OhFilterClass *filter_class;
  gpointer filter;
  OhFilterOptions options;          /* wanted */
  OhFilterOptions applied;          /* the same, as far as it makes sense now */
  OhResampler *near_down, *near_up; /* device's rate to the filter's; back, for the loopback */
  OhResampler *far_down;

  float far_gain; /* that the loudspeaker's last block ended with */

  OhMeter meters[2];              /* [capture] */
  _Atomic gint echo_reduction_cb; /* hundredths of a dB; < 0: unknown */
  _Atomic guint volume;           /* of tones, in 1/65536 */
  atomic_bool muted;
};

/* One posted change. */
typedef struct
{
  OhAudioEngine *engine;
  OhAudioPurpose purpose;
  OhDeviceStream *stream;
  OhSource *source;
  gboolean soft;
  OhPeer *peer;
  guint delay_ms;
  OhFilterOptions options;
} Change;

static gsize
filter_block (OhAudioEngine *engine)
{
  return engine->filter_class->rate / 100;
}

/* --- microphone --- */

/* Samples between the far block that was written last and what the microphone block just taken
 * heard, at the filter's rate; 0 when the devices do not tell. */
static gsize
get_far_delay (OhAudioEngine *engine)
{
  OhDeviceStream *microphone = engine->streams[OH_AUDIO_MICROPHONE];
  OhDeviceStream *speaker = engine->streams[OH_AUDIO_SPEAKER];
  guint64 samples;

  if (!speaker || microphone->latency == 0 || speaker->latency == 0)
    return 0;
  samples = BLOCK + oh_ring_get_fill (microphone->ring) + microphone->latency
            + oh_ring_get_fill (speaker->ring) + speaker->latency;
  return samples * engine->filter_class->rate / RATE;
}

static gboolean
is_filtering (OhAudioEngine *engine)
{
  return engine->applied.echo || engine->applied.noise || engine->applied.gain;
}

/* A headset has no echo, and who is muted has no turn. Both may change at any time. */
static void
apply_options (OhAudioEngine *engine)
{
  OhDeviceStream *speaker = engine->streams[OH_AUDIO_SPEAKER];
  OhFilterOptions options = engine->options;

  if (speaker && atomic_load_explicit (&speaker->worn, memory_order_relaxed))
    options.echo = FALSE;
  if (atomic_load_explicit (&engine->muted, memory_order_relaxed))
    options.half_duplex = FALSE;
  if (memcmp (&options, &engine->applied, sizeof options) == 0)
    return;
  engine->applied = options;
  engine->filter_class->configure (engine->filter, &options);
  if (!options.echo)
    atomic_store (&engine->echo_reduction_cb, -100);
}

/* Cleans @block, BLOCK samples. What is cleaned stays at the filter's rate, where there is nothing more
 * to send: going back to the device's would cost delay. Returns how many samples it is. */
static gsize
clean_block (OhAudioEngine *engine, gint16 *block)
{
  gint16 near[BLOCK];
  float reduction;

  apply_options (engine);
  if (!is_filtering (engine))
    return BLOCK;
  oh_resampler_process (engine->near_down, block, BLOCK, near, BLOCK);
  engine->filter_class->process (engine->filter, near, get_far_delay (engine));
  reduction = engine->filter_class->get_echo_reduction (engine->filter);
  atomic_store_explicit (&engine->echo_reduction_cb, reduction * 100, memory_order_relaxed);
  memcpy (block, near, filter_block (engine) * sizeof *block);
  return filter_block (engine);
}

/* @n samples: 10 ms at the device's rate or the filter's. */
static void
loop_back (OhAudioEngine *engine, const gint16 *block, gsize n)
{
  gint16 wide[BLOCK];

  if (!engine->loopback)
    return;
  if (n == BLOCK)
    oh_ring_write (engine->loopback, block, BLOCK);
  else
    oh_ring_write (engine->loopback, wide,
                   oh_resampler_process (engine->near_up, block, n, wide, BLOCK));
}

static void
hear_block (OhAudioEngine *engine)
{
  gint16 block[BLOCK];
  gsize n;

  oh_ring_read (engine->streams[OH_AUDIO_MICROPHONE]->ring, block, BLOCK);
  n = clean_block (engine, block);
  oh_meter_put (&engine->meters[TRUE], block, n);
  loop_back (engine, block, n);
  if (!engine->peer)
    return;
  if (atomic_load_explicit (&engine->muted, memory_order_relaxed))
    memset (block, 0, n * sizeof *block);
  oh_peer_write (engine->peer, block, n, n * 100);
}

static void
hear (OhAudioEngine *engine)
{
  OhDeviceStream *stream = engine->streams[OH_AUDIO_MICROPHONE];
  gsize waiting;

  if (!stream)
    return;
  waiting = oh_ring_get_fill (stream->ring) / BLOCK;
  if (waiting > LATE_BLOCKS)
    oh_ring_skip (stream->ring, (waiting - 1) * BLOCK);
  while (oh_ring_get_fill (stream->ring) >= BLOCK)
    hear_block (engine);
}

/* --- loudspeaker and ringer --- */

static gint16
add (gint16 a, gint32 b)
{
  return CLAMP (a + b, G_MININT16, G_MAXINT16);
}

static void
add_tone (OhAudioEngine *engine, Tone *tone, gint16 *block)
{
  guint volume = tone->soft ? atomic_load_explicit (&engine->volume, memory_order_relaxed) : 65536;
  gint16 in[BLOCK * 4] = { 0 }, out[BLOCK];
  gsize want, n;

  if (!tone->source)
    return;
  want = MIN (tone->source->rate / 100, G_N_ELEMENTS (in));
  n = tone->source->klass->read (tone->source, in, want);
  if (n < want)
    memset (in + n, 0, (want - n) * sizeof *in);
  n = oh_resampler_process (tone->resampler, in, want, out, BLOCK);
  for (gsize i = 0; i < n; i++)
    block[i] = add (block[i], out[i] * (gint64)volume / 65536);
}

static void
add_loopback (OhAudioEngine *engine, gint16 *block)
{
  gint16 heard[BLOCK];
  gsize n;

  if (!engine->loopback)
    return;
  n = oh_ring_get_fill (engine->loopback);
  if (n > engine->loopback_delay + LOOPBACK_SLACK) /* the loudspeaker began late */
    oh_ring_skip (engine->loopback, n - engine->loopback_delay);
  n = oh_ring_read (engine->loopback, heard, BLOCK);
  for (gsize i = 0; i < n; i++)
    block[i] = add (block[i], heard[i]);
}

/* To @gain, from what the block before ended with. */
static void
turn_down (OhAudioEngine *engine, float gain, gint16 *block)
{
  float from = engine->far_gain;

  engine->far_gain = gain;
  if (from == 1 && gain == 1)
    return;
  for (guint i = 0; i < BLOCK; i++)
    block[i] = lrintf (block[i] * (from + (gain - from) * (i + 1) / BLOCK));
}

static void
make_block (OhAudioEngine *engine, OhAudioPurpose purpose, gint16 *block)
{
  gboolean speaker = purpose == OH_AUDIO_SPEAKER;
  gint16 far[BLOCK];

  if (!speaker || !engine->peer || !oh_peer_read (engine->peer, block, BLOCK, RATE))
    memset (block, 0, BLOCK * sizeof *block);
  add_tone (engine, &engine->tones[purpose], block);
  if (!speaker)
    return;
  add_loopback (engine, block);
  oh_meter_put (&engine->meters[FALSE], block, BLOCK);
  oh_resampler_process (engine->far_down, block, BLOCK, far, BLOCK);
  turn_down (engine, engine->filter_class->play (engine->filter, far), block);
}

static void
adapt_reserve (Reserve *reserve, OhDeviceStream *stream)
{
  guint underruns = atomic_load_explicit (&stream->underruns, memory_order_relaxed);

  if (underruns != reserve->underruns && reserve->blocks > START_BLOCKS)
    {
      reserve->margin = MIN (reserve->margin + 1, MARGIN_MAX);
      reserve->blocks = START_BLOCKS;
      g_debug ("A loudspeaker ran dry (%u times); %u blocks wait now", underruns, reserve->margin);
    }
  else if (reserve->blocks > MARGIN_DECAY && reserve->margin > 0)
    {
      reserve->margin--;
      reserve->blocks = START_BLOCKS;
    }
  reserve->underruns = underruns;
}

/* Fills the ring with what the device takes at its next turn and no more: it all is delay. */
static void
play (OhAudioEngine *engine, OhAudioPurpose purpose)
{
  OhDeviceStream *stream = engine->streams[purpose];
  gint16 block[BLOCK];
  gsize aim;

  if (!stream)
    return;
  adapt_reserve (&engine->reserves[purpose], stream);
  aim = MIN (stream->period, OH_DEVICE_RING / 2);
  aim += engine->reserves[purpose].margin * BLOCK;
  while (oh_ring_get_fill (stream->ring) < aim)
    {
      make_block (engine, purpose, block);
      oh_ring_write (stream->ring, block, BLOCK);
      engine->reserves[purpose].blocks++;
    }
}

static gboolean
on_wake (gint fd, GIOCondition condition, gpointer data)
{
  OhAudioEngine *engine = data;
  guint64 count;

  if (read (fd, &count, sizeof count) < 0)
    return G_SOURCE_CONTINUE;
  play (engine, OH_AUDIO_SPEAKER); /* first: the loudspeaker is the one that can't wait */
  play (engine, OH_AUDIO_RINGER);
  hear (engine);
  return G_SOURCE_CONTINUE;
}

/* --- life --- */

static void
engine_unref (OhAudioEngine *engine)
{
  if (!g_atomic_int_dec_and_test (&engine->refs))
    return;
  close (engine->wake);
  engine->filter_class->destroy (engine->filter);
  oh_resampler_free (engine->near_down);
  oh_resampler_free (engine->near_up);
  oh_resampler_free (engine->far_down);
  g_free (engine);
}

static void
post (OhAudioEngine *engine, OhTask task, const Change *change)
{
  Change *copy = g_new (Change, 1);

  *copy = *change;
  copy->engine = engine;
  g_atomic_int_inc (&engine->refs);
  oh_worker_post (engine->worker, task, copy);
}

static void
change_done (Change *change)
{
  engine_unref (change->engine);
  g_free (change);
}

static void
begin (gpointer data)
{
  Change *change = data;
  OhAudioEngine *engine = change->engine;

  engine->watch = g_unix_fd_source_new (engine->wake, G_IO_IN);
  g_source_set_priority (engine->watch, G_PRIORITY_HIGH);
  g_source_set_can_recurse (engine->watch, TRUE); /* as the worker's own */
  g_source_set_callback (engine->watch, G_SOURCE_FUNC (on_wake), engine, NULL);
  g_source_attach (engine->watch, oh_worker_get_context (engine->worker));
  change_done (change);
}

OhAudioEngine *
oh_audio_engine_new (OhWorker *worker, const OhFilterClass *filter)
{
  OhAudioEngine *engine = g_new0 (OhAudioEngine, 1);

  g_atomic_int_set (&engine->refs, 1);
  engine->worker = worker;
  engine->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  engine->filter_class = filter;
  engine->filter = filter->create ();
  engine->near_down = oh_resampler_new (RATE, filter->rate);
  engine->near_up = oh_resampler_new (filter->rate, RATE);
  engine->far_down = oh_resampler_new (RATE, filter->rate);
  engine->echo_reduction_cb = -100;
  engine->volume = 65536;
  engine->far_gain = 1;
  post (engine, begin, &(Change){ 0 });
  return engine;
}

static void
set_tone (OhAudioEngine *engine, OhAudioPurpose purpose, OhSource *source, gboolean soft)
{
  Tone *tone = &engine->tones[purpose];

  g_clear_pointer (&tone->source, oh_source_unref);
  g_clear_pointer (&tone->resampler, oh_resampler_free);
  tone->source = source;
  tone->soft = soft;
  if (source)
    tone->resampler = oh_resampler_new (source->rate, RATE);
}

static void
end (gpointer data)
{
  Change *change = data;
  OhAudioEngine *engine = change->engine;

  g_source_destroy (engine->watch);
  g_clear_pointer (&engine->watch, g_source_unref);
  for (guint i = 0; i < OH_AUDIO_N_PURPOSES; i++)
    {
      g_clear_pointer (&engine->streams[i], oh_device_stream_unref);
      set_tone (engine, i, NULL, FALSE);
    }
  g_clear_pointer (&engine->peer, oh_peer_unref);
  g_clear_pointer (&engine->loopback, oh_ring_free);
  change_done (change);
}

void
oh_audio_engine_close (OhAudioEngine *engine)
{
  post (engine, end, &(Change){ 0 });
  engine_unref (engine);
}

int
oh_audio_engine_get_wake (OhAudioEngine *engine)
{
  return engine->wake;
}

/* --- changes --- */

static void
change_stream (gpointer data)
{
  Change *change = data;
  OhAudioEngine *engine = change->engine;

  g_clear_pointer (&engine->streams[change->purpose], oh_device_stream_unref);
  engine->streams[change->purpose] = change->stream;
  engine->reserves[change->purpose] = (Reserve){ 0 };
  if (change->purpose != OH_AUDIO_RINGER)
    {
      engine->filter_class->restart (engine->filter);
      oh_meter_clear (&engine->meters[change->purpose == OH_AUDIO_MICROPHONE]);
    }
  play (engine, change->purpose == OH_AUDIO_MICROPHONE ? OH_AUDIO_SPEAKER : change->purpose);
  change_done (change);
}

void
oh_audio_engine_set_stream (OhAudioEngine *engine, OhAudioPurpose purpose, OhDeviceStream *stream)
{
  post (engine, change_stream,
        &(Change){ .purpose = purpose, .stream = stream ? oh_device_stream_ref (stream) : NULL });
}

static void
change_tone (gpointer data)
{
  Change *change = data;

  set_tone (change->engine, change->purpose, change->source, change->soft);
  change_done (change);
}

void
oh_audio_engine_set_tone (OhAudioEngine *engine,
                          OhAudioPurpose purpose,
                          OhSource *source,
                          gboolean soft)
{
  post (engine, change_tone,
        &(Change){
            .purpose = purpose, .source = source ? oh_source_ref (source) : NULL, .soft = soft });
}

static void
change_peer (gpointer data)
{
  Change *change = data;
  OhAudioEngine *engine = change->engine;

  g_clear_pointer (&engine->peer, oh_peer_unref);
  engine->peer = change->peer;
  change_done (change);
}

void
oh_audio_engine_set_peer (OhAudioEngine *engine, OhPeer *peer)
{
  post (engine, change_peer, &(Change){ .peer = peer ? oh_peer_ref (peer) : NULL });
}

/* The ring begins with as much silence as the delay is long. */
static void
change_loopback (gpointer data)
{
  static const gint16 silence[BLOCK];
  Change *change = data;
  OhAudioEngine *engine = change->engine;

  g_clear_pointer (&engine->loopback, oh_ring_free);
  if (change->delay_ms > 0)
    {
      engine->loopback_delay = change->delay_ms * (RATE / 1000);
      engine->loopback = oh_ring_new ((change->delay_ms + 1000) * (RATE / 1000));
      for (guint ms = 0; ms + 10 <= change->delay_ms; ms += 10)
        oh_ring_write (engine->loopback, silence, BLOCK);
    }
  change_done (change);
}

void
oh_audio_engine_set_loopback (OhAudioEngine *engine, guint delay_ms)
{
  post (engine, change_loopback, &(Change){ .delay_ms = MIN (delay_ms, LOOPBACK_MAX_MS) });
}

static void
change_filter (gpointer data)
{
  Change *change = data;
  OhAudioEngine *engine = change->engine;

  engine->options = change->options;
  apply_options (engine);
  change_done (change);
}

void
oh_audio_engine_set_filter (OhAudioEngine *engine, const OhFilterOptions *options)
{
  post (engine, change_filter, &(Change){ .options = *options });
}

void
oh_audio_engine_set_tone_volume (OhAudioEngine *engine, float volume)
{
  atomic_store (&engine->volume, CLAMP (volume, 0, 1) * 65536);
}

void
oh_audio_engine_set_muted (OhAudioEngine *engine, gboolean muted)
{
  atomic_store (&engine->muted, muted);
}

float
oh_audio_engine_get_peak (OhAudioEngine *engine, gboolean capture)
{
  return oh_meter_get (&engine->meters[!!capture]);
}

float
oh_audio_engine_get_echo_reduction (OhAudioEngine *engine)
{
  return atomic_load (&engine->echo_reduction_cb) / 100.0f;
}
