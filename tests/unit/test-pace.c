/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/bridge/oh-bridge.h"
#include "media/oh-peer-private.h"
#include "media/record/oh-loudness.h"
#include "peer-end.h"

#include <stdlib.h>
#include <string.h>

/* How long packets are and how much is sent: what reports make of it, and calls whose way is good, narrow,
 * and good again. */

#define SILENCE (-35) /* dBFS; the voices have -15 */

/* --- Reports --- */

/* Phases of a call, each told once a second; `less` is what waits on the way back. */
typedef struct
{
  guint seconds;
  float rtt_ms, swing_ms; /* up to so much more, at random */
  float jitter_ms, loss, back_ms;
  guint heard_ptime;
  /* At the end: */
  guint ptime, bit_rate;
} Phase;

typedef struct
{
  const char *name;
  OhQuality quality;
  OhPaceLimits limits;
  Phase phases[6];
} Call;

#define SHORT_TOO                                                                                  \
  {                                                                                                \
    .ptime = 20, .min_ptime = 10                                                                   \
  }
#define USUAL                                                                                      \
  {                                                                                                \
    .ptime = 20, .min_ptime = 20                                                                   \
  }

static const Call calls[] = {
  { "good", .limits = SHORT_TOO,
    .phases = { { 3, 2, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 },
                { 2, 2, .heard_ptime = 20, .ptime = 10, .bit_rate = 40000 },
                { 600, 2, 3, 2, .heard_ptime = 10, .ptime = 10, .bit_rate = 40000 } } },
  { "good-in-vain", .limits = SHORT_TOO,
    .phases = { { 5, 2, .heard_ptime = 20, .ptime = 10, .bit_rate = 40000 },
                { 10, 2, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 },
                { 45, 2, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 },
                { 11, 2, .heard_ptime = 20, .ptime = 10, .bit_rate = 40000 },
                { 10, 2, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 },
                { 6, 2, .heard_ptime = 10, .ptime = 10, .bit_rate = 40000 } } },
  { "good-refused", .limits = USUAL,
    .phases = { { 60, 2, .heard_ptime = 10, .ptime = 20, .bit_rate = 32000 } } },
  { "good-then-lossy", .limits = SHORT_TOO,
    .phases = { { 8, 2, .heard_ptime = 10, .ptime = 10, .bit_rate = 40000 },
                { 1, 2, .loss = 0.05, .heard_ptime = 10, .ptime = 20, .bit_rate = 32000 },
                { 4, 2, .heard_ptime = 10, .ptime = 20, .bit_rate = 32000 },
                { 6, 2, .heard_ptime = 10, .ptime = 10, .bit_rate = 40000 } } },
  { "far", .limits = SHORT_TOO,
    .phases = { { 60, 80, 5, 2, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 } } },
  { "random-loss", .limits = USUAL,
    .phases = { { 120, 40, 5, 3, 0.1, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 },
                { 120, 40, 5, 3, 0.25, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 } } },
  { "jitter", .limits = USUAL,
    .phases = { { 600, 26, 100, 17, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 } } },
  { "one-spike", .limits = USUAL,
    .phases = { { 20, 40, .ptime = 20, .bit_rate = 32000 },
                { 1, 140, .ptime = 20, .bit_rate = 32000 },
                { 5, 40, .ptime = 20, .bit_rate = 32000 } } },
  /* Once a little, then more: down by one and on; it drains; and by and by up again. */
  { "congestion", .limits = USUAL,
    .phases = { { 20, 40, .ptime = 20, .bit_rate = 32000 },
                { 2, 130, .ptime = 20, .bit_rate = 24000 },
                { 2, 150, .ptime = 40, .bit_rate = 20000 },
                { 11, 45, .ptime = 40, .bit_rate = 20000 },
                { 3, 45, .ptime = 20, .bit_rate = 24000 },
                { 13, 45, .ptime = 20, .bit_rate = 32000 } } },
  { "congestion-at-once", .limits = USUAL,
    .phases = { { 20, 40, .ptime = 20, .bit_rate = 32000 },
                { 1, 400, .ptime = 40, .bit_rate = 20000 },
                { 1, 300, .ptime = 40, .bit_rate = 20000 },
                { 1, 200, .ptime = 40, .bit_rate = 20000 },
                { 1, 120, .ptime = 40, .bit_rate = 20000 } } },
  { "congestion-with-loss", .limits = USUAL,
    .phases = { { 20, 40, .ptime = 20, .bit_rate = 32000 },
                { 1, 130, .loss = 0.05, .ptime = 20, .bit_rate = 24000 } } },
  { "congestion-without-end", .limits = USUAL,
    .phases = { { 20, 40, .ptime = 20, .bit_rate = 32000 },
                { 9, 900, .loss = 0.4, .ptime = 60, .bit_rate = 12000 } } },
  { "congestion-back", .limits = USUAL, /* the other direction's */
    .phases = { { 20, 40, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 },
                { 20, 240, .back_ms = 200, .heard_ptime = 20, .ptime = 20, .bit_rate = 32000 },
                { 1, 440, .back_ms = 200, .heard_ptime = 20, .ptime = 40, .bit_rate = 20000 } } },
  { "another-path",
    .limits = USUAL, /* that is longer for good: after a minute it is the usual one */
    .phases = { { 20, 40, .ptime = 20, .bit_rate = 32000 },
                { 2, 130, .ptime = 20, .bit_rate = 24000 },
                { 150, 130, .ptime = 20, .bit_rate = 32000 } } },
  { "best", OH_QUALITY_BEST, USUAL,
    .phases = { { 20, 40, .ptime = 20, .bit_rate = 64000 },
                { 20, 900, .ptime = 20, .bit_rate = 64000 } } },
  { "balanced", OH_QUALITY_BALANCED, SHORT_TOO,
    .phases = { { 20, 2, .heard_ptime = 10, .ptime = 20, .bit_rate = 32000 },
                { 20, 900, .ptime = 20, .bit_rate = 32000 } } },
  { "save-data", OH_QUALITY_SAVE_DATA, USUAL,
    .phases = { { 20, 40, .ptime = 60, .bit_rate = 16000 } } },
  { "save-data-limit",
    OH_QUALITY_SAVE_DATA,
    { .ptime = 20, .max_ptime = 30 },
    .phases = { { 20, 40, .ptime = 20, .bit_rate = 16000 } } },
  { "longest", .limits = { .ptime = 20, .max_ptime = 40 },
    .phases = { { 9, 40, .ptime = 20, .bit_rate = 32000 },
                { 9, 900, .loss = 0.4, .ptime = 40, .bit_rate = 12000 } } },
  { "longer-agreed", .limits = { .ptime = 40, .min_ptime = 40 },
    .phases = { { 9, 2, .heard_ptime = 10, .ptime = 40, .bit_rate = 32000 } } },
  { "bit-rate",
    OH_QUALITY_BEST,
    { .ptime = 20, .bit_rate = 14000 },
    .phases = { { 9, 40, .ptime = 20, .bit_rate = 14000 } } },
  { "bandwidth", .limits = { .ptime = 20, .total = 45000 }, /* of which 20 are headers */
    .phases = { { 9, 40, .ptime = 20, .bit_rate = 25000 } } },
  { "bandwidth-of-nothing", .limits = { .ptime = 20, .total = 1 },
    .phases = { { 9, 40, .ptime = 20, .bit_rate = 6000 } } },
};

/* What the far end sends arrives @back_ms late. */
static void
hear (OhPace *pace, guint second, float back_ms)
{
  for (guint i = 0; i < 50; i++)
    oh_pace_hear (pace, (second * 50 + i) * 960, 48000,
                  (second * 50 + i) * 20000 + (gint64)(back_ms * 1000));
}

static void
test_reports (gconstpointer data)
{
  const Call *call = data;
  OhPace pace;
  guint second = 1;

  oh_pace_init (&pace, call->quality);
  oh_pace_set_limits (&pace, &call->limits);
  srand (1);
  for (guint i = 0; i < G_N_ELEMENTS (call->phases) && call->phases[i].seconds; i++)
    {
      const Phase *phase = &call->phases[i];
      OhPaceStep step;

      for (guint j = 0; j < phase->seconds; j++, second++)
        {
          float more = phase->swing_ms * (rand () / (float)RAND_MAX + rand () / (float)RAND_MAX)
                       / 2;

          hear (&pace, second, phase->back_ms);
          oh_pace_report (&pace,
                          &(OhPaceReport){ .loss = phase->loss,
                                           .packets = 50,
                                           .jitter_ms = phase->jitter_ms,
                                           .rtt_ms = phase->rtt_ms + more,
                                           .heard_ptime = phase->heard_ptime },
                          (second + 1) * G_USEC_PER_SEC);
        }
      step = oh_pace_get (&pace);
      g_test_message ("phase %u: %u ms, %u", i, step.ptime, step.bit_rate);
      g_assert_cmpuint (step.ptime, ==, phase->ptime);
      g_assert_cmpuint (step.bit_rate, ==, phase->bit_rate);
    }
}

static gint64
report (OhPace *pace, gint64 now, guint times, float loss, float rtt_ms, guint copies)
{
  for (guint i = 0; i < times; i++)
    oh_pace_report (
        pace, &(OhPaceReport){ .loss = loss, .packets = 50, .rtt_ms = rtt_ms, .copies = copies },
        now += G_USEC_PER_SEC);
  return now;
}

/* What was tried in vain is tried again later and later. */
static void
test_patience (void)
{
  OhPace pace;
  gint64 now = 0, before = 0;
  guint tries = 0;

  oh_pace_init (&pace, OH_QUALITY_AUTOMATIC);
  now = report (&pace, now, 10, 0, 40, 0);
  now = report (&pace, now, 2, 0, 200, 0);
  g_assert_true (oh_pace_is_congested (&pace));
  for (guint i = 0; i < 400; i++)
    {
      guint level = pace.level;

      now = report (&pace, now, 1, 0, 40, 0);
      if (pace.level >= level)
        continue;
      g_test_message ("tried after %d s", (int)((now - before) / G_USEC_PER_SEC));
      if (++tries > 1)
        g_assert_cmpint (now - before, >, 20 * G_USEC_PER_SEC);
      before = now;
      now = report (&pace, now, 1, 0, 200, 0); /* too much */
      g_assert_cmpuint (pace.level, ==, level);
      if (tries == 5)
        break;
    }
  g_assert_cmpuint (tries, ==, 5);
  g_assert_cmpint (pace.hold_us, ==, 64 * G_USEC_PER_SEC);
}

/* Two owners of what is sent must not fight: no older frames into congestion; and where sending them makes
 * the loss, which a short queue does without much delay, they end and less is sent. */
static void
test_copies (void)
{
  OhPace pace;
  gint64 now;

  oh_pace_init (&pace, OH_QUALITY_AUTOMATIC);
  now = report (&pace, 0, 30, 0.2, 40, 1);
  g_assert_true (oh_pace_allows_copies (&pace));
  now = report (&pace, now, 2, 0.2, 200, 1);
  g_assert_false (oh_pace_allows_copies (&pace));
  now = report (&pace, now, 60, 0.2, 40, 0);
  g_assert_true (oh_pace_allows_copies (&pace));

  oh_pace_init (&pace, OH_QUALITY_AUTOMATIC);
  now = report (&pace, 0, 3, 0.26, 40, 0);
  g_assert_true (oh_pace_allows_copies (&pace));
  now = report (&pace, now, 4, 0.53, 45, 1);
  g_assert_false (oh_pace_allows_copies (&pace));
  g_assert_cmpuint (oh_pace_get (&pace).bit_rate, ==, 20000);
  now = report (&pace, now, 12, 0, 45, 0);
  now = report (&pace, now, 1, 0.13, 45, 0); /* tried again, lost again */
  g_assert_cmpuint (oh_pace_get (&pace).bit_rate, ==, 20000);

  /* Loss before it is known whether delay grew with it: that comes first, if it comes soon. */
  oh_pace_init (&pace, OH_QUALITY_AUTOMATIC);
  now = report (&pace, now, 5, 0, 40, 0);
  g_assert_false (oh_pace_is_curious (&pace, now));
  now = report (&pace, now, 1, 0.1, -1, 0);
  g_assert_false (oh_pace_allows_copies (&pace));
  g_assert_true (oh_pace_is_curious (&pace, now));
  now = report (&pace, now, 1, 0.1, 40, 0);
  g_assert_true (oh_pace_allows_copies (&pace));
  now = report (&pace, now, 1, 0.1, -1, 1);
  g_assert_true (oh_pace_allows_copies (&pace));
  now = report (&pace, now, 1, 0, 40, 0);
  now = report (&pace, now, 4, 0.1, -1, 0);
  g_assert_true (oh_pace_allows_copies (&pace));

  oh_pace_set_quality (&pace, OH_QUALITY_SAVE_DATA);
  oh_pace_forget_path (&pace);
  g_assert_false (oh_pace_allows_copies (&pace));
  g_assert_false (oh_pace_is_congested (&pace));
}

/* Reports without a new round trip, and no report at all, are no news. */
static void
test_no_news (void)
{
  OhPace pace;
  gint64 now;

  oh_pace_init (&pace, OH_QUALITY_AUTOMATIC);
  now = report (&pace, 0, 20, 0, -1, 0);
  g_assert_cmpuint (oh_pace_get (&pace).ptime, ==, 20);
  now = report (&pace, now, 10, 0, 40, 0);
  now = report (&pace, now, 1, 0, 140, 0);
  report (&pace, now, 20, 0, -1, 0);
  g_assert_false (oh_pace_is_congested (&pace));
}

/* --- Calls --- */

/* What is heard, as windows of 10 ms. */
typedef struct
{
  OhSink parent;
  gsize n, silent;  /* windows since the first sound; of these without any */
  guint run, worst; /* silent ones in a row */
} Level;

static void
write_level (OhSink *sink, const gint16 *samples, gsize n)
{
  Level *level = (Level *)sink;

  for (gsize at = 0; at + END_RATE / 100 <= n; at += END_RATE / 100)
    {
      gboolean silent = oh_loudness_of (samples + at, END_RATE / 100) < SILENCE;

      if (level->n == 0 && silent)
        continue;
      level->n++;
      level->silent += silent;
      level->run = silent ? level->run + 1 : 0;
      level->worst = MAX (level->worst, level->run);
    }
}

static Level *
level_new (void)
{
  static const OhSinkClass klass = { .name = "level", .write = write_level };
  Level *level = g_new0 (Level, 1);

  oh_sink_init (&level->parent, &klass, END_RATE);
  return level;
}

typedef struct
{
  OhWorker *worker;
  End *a, *b;
  OhSource *voices[2];
  Level *level; /* of a, at b */
} Wire;

static OhPeerStats
get_stats (End *end)
{
  OhPeerStats stats;

  oh_peer_get_stats (end->peer, &stats);
  return stats;
}

static void
pass (Wire *wire, guint ms)
{
  for (guint i = 0; i < ms; i += 10)
    end_pass (wire->a);
}

static void
wire_start (Wire *wire, const OhPeerConfig *a, const OhPeerConfig *b)
{
  oh_transport_memory_set_wire (&(OhWire){ .delay_ms = 7 });
  wire->worker = end_worker_new ();
  wire->a = end_new (wire->worker, TRUE, a);
  wire->b = end_new (wire->worker, TRUE, b);
  end_connect (wire->a, wire->b);
  wire->voices[0] = chirp_new (300, 1200);
  wire->voices[1] = chirp_new (2400, 1400);
  wire->level = level_new ();
  oh_peer_set_source (wire->a->peer, wire->voices[0]);
  oh_peer_set_source (wire->b->peer, wire->voices[1]);
  oh_peer_set_sink (wire->a->peer, NULL);
  oh_peer_set_sink (wire->b->peer, &wire->level->parent);
}

static void
wire_stop (Wire *wire)
{
  end_free (wire->a);
  end_free (wire->b);
  oh_source_unref (wire->voices[0]);
  oh_source_unref (wire->voices[1]);
  oh_sink_unref (&wire->level->parent);
  oh_worker_unref (wire->worker);
  oh_transport_memory_set_wire (NULL);
}

/* How much of @a's voice is in what @b hears for some seconds. */
static double
listen (Wire *wire)
{
  Heard *heard = heard_new ();
  double found;

  oh_peer_set_sink (wire->b->peer, &heard->parent);
  pass (wire, 5000);
  found = heard_find_chirp (heard, 300, 1200);
  g_test_message ("heard %.3f", found);
  oh_peer_set_sink (wire->b->peer, &wire->level->parent);
  oh_sink_unref (&heard->parent);
  return found;
}

static const OhPeerConfig usual = { .codecs = "opus", .crypto = OH_PEER_CRYPTO_SDES };
static const OhPeerConfig brisk = { .codecs = "opus",
                                    .crypto = OH_PEER_CRYPTO_SDES,
                                    .min_ptime = 10 };

/* Both are near and for it. */
static void
test_short (void)
{
  Wire wire;
  float before;

  wire_start (&wire, &brisk, &brisk);
  pass (&wire, 1000);
  g_assert_cmpuint (get_stats (wire.a).ptime, ==, 20);
  before = get_stats (wire.b).buffer_ms;
  pass (&wire, 9000);
  g_assert_cmpuint (get_stats (wire.a).ptime, ==, 10);
  g_assert_cmpuint (get_stats (wire.b).ptime, ==, 10);
  pass (&wire, 10000);
  g_test_message ("buffer %.1f, then %.1f ms; %d of %d windows silent, %d in a row", before,
                  get_stats (wire.b).buffer_ms, (int)wire.level->silent, (int)wire.level->n,
                  wire.level->worst);
  g_assert_cmpuint (wire.level->worst, ==, 0);
  g_assert_cmpfloat (listen (&wire), >, 0.95);
  g_assert_cmpuint (get_stats (wire.a).ptime, ==, 10);
  wire_stop (&wire);
}

/* One end puts no short packets out, and says nothing against them: they are tried now and then. */
static void
test_short_alone (void)
{
  Wire wire;

  wire_start (&wire, &brisk, &usual);
  g_assert_null (strstr (wire.a->sdp, "a=ptime"));
  pass (&wire, 30000);
  g_assert_cmpuint (get_stats (wire.a).ptime, ==, 20);
  g_assert_cmpuint (get_stats (wire.b).ptime, ==, 20);
  g_assert_cmpuint (wire.level->worst, ==, 0);
  wire_stop (&wire);
}

/* 30 kbit/s for what a sends, which is 38, with a queue that holds 400 ms. */
static void
test_narrow (void)
{
  Wire wire;
  OhPeerStats stats;
  double best = 0;

  wire_start (&wire, &usual, &usual);
  pass (&wire, 10000);
  g_assert_cmpuint (get_stats (wire.a).bit_rate, ==, 16000); /* narrow-band voices */

  oh_transport_memory_set_wire (
      &(OhWire){ .delay_ms = 7, .kbit_s = 30, .queue_ms = 400, .one_way = TRUE });
  pass (&wire, 5000);
  stats = get_stats (wire.a);
  g_test_message ("narrow: %u ms, %u bit/s, rtt %.0f ms, buffer %.0f ms", stats.ptime,
                  stats.bit_rate, stats.rtt_ms, get_stats (wire.b).buffer_ms);
  g_assert_cmpuint (stats.ptime, >=, 40);
  g_assert_cmpuint (stats.copies, ==, 0);
  wire.level->worst = 0;
  pass (&wire, 10000); /* what was late is caught up with */
  for (guint i = 0; i < 4;
       i++) /* that more is tried now and then makes delay, which is caught up with */
    best = MAX (best, listen (&wire));
  g_assert_cmpfloat (best, >, 0.9);
  pass (&wire, 10000);
  stats = get_stats (wire.a);
  g_test_message ("later: %u ms, %u bit/s, rtt %.0f ms, loss %.3f, worst %u", stats.ptime,
                  stats.bit_rate, stats.rtt_ms, stats.remote_loss, wire.level->worst);
  g_assert_cmpuint (wire.level->worst, <=, 10);
  g_assert_cmpuint (get_stats (wire.b).ptime, ==, 20); /* its way is as wide as ever */

  oh_transport_memory_set_wire (&(OhWire){ .delay_ms = 7 });
  pass (&wire, 180000);
  stats = get_stats (wire.a);
  g_assert_cmpuint (stats.bit_rate, ==, 16000);
  g_assert_cmpuint (stats.ptime, ==, 20);
  g_assert_cmpfloat (listen (&wire), >, 0.95);
  wire_stop (&wire);
}

/* As a person may play with the setting: each change is between two frames, and no gap. */
static void
test_changes (void)
{
  static const OhQuality order[] = { OH_QUALITY_SAVE_DATA, OH_QUALITY_BEST, OH_QUALITY_SAVE_DATA,
                                     OH_QUALITY_BALANCED };
  Wire wire;

  wire_start (&wire, &usual, &usual);
  pass (&wire, 3000);
  for (guint i = 0; i < 40; i++)
    {
      oh_peer_set_quality (wire.a->peer, order[i % G_N_ELEMENTS (order)]);
      pass (&wire, 500 + i * 10); /* in each place of a frame */
      g_assert_cmpuint (get_stats (wire.a).ptime, ==, i % 2 ? 20 : 60);
    }
  g_test_message ("%d of %d windows silent, %u in a row; %d lost", (int)wire.level->silent,
                  (int)wire.level->n, wire.level->worst, (int)get_stats (wire.b).lost_packets);
  g_assert_cmpuint (wire.level->n, >, 2900);
  g_assert_cmpuint (wire.level->worst, <=, 1);
  g_assert_cmpuint (get_stats (wire.b).lost_packets, ==, 0);
  oh_peer_set_quality (wire.a->peer, OH_QUALITY_SAVE_DATA);
  g_assert_cmpfloat (listen (&wire), >, 0.9);
  wire_stop (&wire);
}

/* Who saves data says so, and is sent less. */
static void
test_asked (void)
{
  const OhPeerConfig saving = { .codecs = "opus",
                                .crypto = OH_PEER_CRYPTO_SDES,
                                .quality = OH_QUALITY_SAVE_DATA };
  const OhPeerConfig best = { .codecs = "opus",
                              .crypto = OH_PEER_CRYPTO_SDES,
                              .quality = OH_QUALITY_BEST };
  Wire wire;
  OhPeerStats stats;

  wire_start (&wire, &best, &saving); /* the answer says it */
  pass (&wire, 1000);
  stats = get_stats (wire.a);
  g_assert_cmpuint (stats.bit_rate, ==, 16000);
  g_assert_cmpuint (stats.ptime, ==, 60);
  stats = get_stats (wire.b);
  g_assert_cmpuint (stats.bit_rate, ==, 16000);
  g_assert_cmpfloat (listen (&wire), >, 0.9);
  wire_stop (&wire);

  wire_start (&wire, &saving, &usual); /* the offer does */
  pass (&wire, 1000);
  stats = get_stats (wire.b);
  g_assert_cmpuint (stats.bit_rate, ==, 16000);
  g_assert_cmpuint (stats.ptime, ==, 60);
  wire_stop (&wire);
}

static void
talk_over (Wire *legs, End *to, guint ms)
{
  oh_peer_set_sink (to->peer, &legs->level->parent);
  pass (legs, ms);
}

/* a - [b | c] - d: what the relay sends to d goes over a narrow wire. It puts short packets together into
 * longer ones, with less in them, as long as that is so, and passes them as they are before and after. */
static void
test_relay (void)
{
  Wire legs = { .worker = end_worker_new () };
  End *c = end_new (legs.worker, TRUE, &usual), *d = end_new (legs.worker, TRUE, &usual);
  End *a = end_new (legs.worker, TRUE, &usual), *b = end_new (legs.worker, TRUE, &usual);
  OhSource *voice = chirp_new (300, 1200);
  OhBridge *bridge;
  OhPeerStats stats;

  oh_transport_memory_set_wire (&(OhWire){ .delay_ms = 7 });
  legs.a = a;
  legs.level = level_new ();
  end_connect (c, d); /* first: c's wire gets narrow */
  end_connect (a, b);
  bridge = oh_bridge_new (b->peer, c->peer);
  oh_peer_set_source (a->peer, voice);
  talk_over (&legs, d, 5000);
  g_assert_true (oh_bridge_is_fast (bridge));
  g_assert_cmpuint (get_stats (c).ptime, ==, 0);

  oh_transport_memory_set_wire (
      &(OhWire){ .delay_ms = 7, .kbit_s = 30, .queue_ms = 400, .one_way = TRUE });
  pass (&legs, 6000);
  legs.level->worst = 0;
  pass (&legs, 4000);
  stats = get_stats (c);
  g_test_message ("relay sends %u ms, %u bit/s; worst %u", stats.ptime, stats.bit_rate,
                  legs.level->worst);
  g_assert_cmpuint (stats.ptime, >=, 40);
  g_assert_false (oh_bridge_is_fast (bridge));
  g_assert_cmpuint (get_stats (a).ptime, ==, 20); /* its own way is as wide as ever */
  g_assert_cmpuint (legs.level->worst, <=, 10);

  oh_transport_memory_set_wire (&(OhWire){ .delay_ms = 7 });
  pass (&legs, 60000);
  g_assert_true (oh_bridge_is_fast (bridge));
  g_assert_cmpuint (get_stats (c).ptime, ==, 0);
  g_assert_cmpuint (legs.level->worst, <=, 10);
  oh_bridge_close (bridge);
  end_free (a);
  end_free (b);
  end_free (c);
  end_free (d);
  oh_source_unref (voice);
  oh_sink_unref (&legs.level->parent);
  oh_worker_unref (legs.worker);
  oh_transport_memory_set_wire (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *name = g_strdup_printf ("/pace/%s", calls[i].name);

      g_test_add_data_func (name, &calls[i], test_reports);
    }
  g_test_add_func ("/pace/patience", test_patience);
  g_test_add_func ("/pace/copies", test_copies);
  g_test_add_func ("/pace/no-news", test_no_news);
  g_test_add_func ("/pace/call-short", test_short);
  g_test_add_func ("/pace/call-short-alone", test_short_alone);
  g_test_add_func ("/pace/call-narrow", test_narrow);
  g_test_add_func ("/pace/call-changes", test_changes);
  g_test_add_func ("/pace/call-asked", test_asked);
  g_test_add_func ("/pace/relay", test_relay);
  return g_test_run ();
}
