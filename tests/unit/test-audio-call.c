/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-clock.h"
#include "media/device/oh-audio.h"
#include "media/device/oh-device-fake.h"
#include "media/net/oh-transport.h"
#include "media/oh-peer-private.h"
#include "peer-end.h"

#include <math.h>
#include <string.h>

/* A call from the fake sound card over the in-memory wire to a second peer: what is opened when, and
 * that each side hears the other and nothing else. Card, wire and jitter buffer share a stepped clock,
 * so a busy machine makes no hole; the same with real threads and cards: tests/flow/test-sound-cards.py
 * and test-client.py. */

#define RATE OH_DEVICE_RATE
#define BLOCK OH_DEVICE_BLOCK
#define FAR_RATE 16000
#define MINE 1000.0 /* Hz into the microphone */
#define THEIRS 600.0
#define ENOUGH 0.95 /* of the energy; one hole or slip in half a second costs more than the rest */

typedef struct
{
  OhSource parent;
  guint64 at;
} Whistle;

typedef struct
{
  OhSink parent;
  gint16 samples[FAR_RATE * 10];
  gint n;
  gint64 begun; /* when the first sample came */
} Memory;

typedef struct
{
  OhWorker *worker;
  OhAudio *audio;
  OhPeer *near, *far;
  OhSource *whistle;
  Memory *memory;
  char *sdp;
  guint64 heard;
  gint16 loud; /* of the microphone's whistle */
} Fixture;

static gsize
whistle_read (OhSource *source, gint16 *samples, gsize n)
{
  Whistle *whistle = (Whistle *)source;

  for (gsize i = 0; i < n; i++)
    samples[i] = 8000 * sin (2 * G_PI * THEIRS * whistle->at++ / source->rate);
  return n;
}

static void
memory_write (OhSink *sink, const gint16 *samples, gsize n)
{
  Memory *memory = (Memory *)sink;
  gsize taken = MIN (n, G_N_ELEMENTS (memory->samples) - memory->n);

  if (memory->n == 0)
    memory->begun = oh_clock_now ();

  memcpy (memory->samples + memory->n, samples, taken * sizeof *samples);
  memory->n += taken;
}

static void
on_sdp (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_no_error ((GError *)error);
  g_free (f->sdp);
  f->sdp = g_strdup (sdp);
}

/* 10 ms of the worker's time, and what it told meanwhile. */
static void
step (Fixture *f)
{
  oh_worker_step (f->worker, 10000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static char *
wait_sdp (Fixture *f)
{
  for (guint i = 0; i < 1000 && !f->sdp; i++)
    step (f);
  g_assert_nonnull (f->sdp);
  return g_steal_pointer (&f->sdp);
}

static void
connect_peers (Fixture *f)
{
  g_autofree char *offer = NULL, *answer = NULL, *done = NULL;

  oh_peer_create_offer (f->near, on_sdp, f);
  offer = wait_sdp (f);
  oh_peer_create_answer (f->far, offer, on_sdp, f);
  answer = wait_sdp (f);
  oh_peer_set_answer (f->near, answer, on_sdp, f);
  done = wait_sdp (f);
}

static void
set_up (Fixture *f, gconstpointer codec)
{
  static const OhSourceClass whistle_class = { .name = "whistle", .read = whistle_read };
  static const OhSinkClass memory_class = { .name = "memory", .write = memory_write };
  OhPeerConfig config = { .codecs = codec, .executor = oh_executor_for_context (NULL) };

  f->loud = 8000;
  f->worker = end_worker_new ();
  f->audio = oh_audio_new (f->worker, "fake");
  oh_audio_set_noise_suppression (f->audio, FALSE); /* which takes a tone for noise */
  oh_audio_set_gain_control (f->audio, FALSE);
  f->whistle = (OhSource *)g_new0 (Whistle, 1);
  oh_source_init (f->whistle, &whistle_class, FAR_RATE);
  f->memory = g_new0 (Memory, 1);
  oh_sink_init (&f->memory->parent, &memory_class, FAR_RATE);
  f->near = oh_peer_new_with_transport (f->worker, &config, oh_transport_memory_new);
  f->far = oh_peer_new_with_transport (f->worker, &config, oh_transport_memory_new);
  oh_peer_set_source (f->far, f->whistle);
  oh_peer_set_sink (f->far, &f->memory->parent);
  while (!oh_audio_has (f->audio, OH_AUDIO_MICROPHONE))
    g_main_context_iteration (NULL, TRUE);
  connect_peers (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  oh_peer_close (f->near);
  oh_peer_close (f->far);
  g_assert_finalize_object (f->audio);
  oh_peer_unref (f->near);
  oh_peer_unref (f->far);
  step (f);
  oh_worker_unref (f->worker);
  oh_source_unref (f->whistle);
  oh_sink_unref (&f->memory->parent);
}

/* The card's time passes: @ms of whistling into the microphone; what is played is added to @played
 * (room for it, or NULL). Returns whether the microphone ran. */
static gboolean
pass (Fixture *f, guint ms, gint16 *played)
{
  gint16 block[BLOCK];
  gboolean ran = FALSE;

  for (guint at = 0; at < ms; at += 10)
    {
      for (guint i = 0; i < BLOCK; i++)
        block[i] = f->loud * sin (2 * G_PI * MINE * f->heard++ / RATE);
      ran = oh_device_fake_hear (NULL, block, BLOCK);
      oh_device_fake_play (NULL, block, BLOCK);
      if (played)
        memcpy (played + at / 10 * BLOCK, block, sizeof block);
      step (f);
    }
  return ran;
}

/* The part of the energy that lies at @hz, 0 to 1; 0 for silence. */
static double
share (const gint16 *samples, gsize n, guint rate, double hz)
{
  double re = 0, im = 0, all = 1;

  for (gsize i = 0; i < n; i++)
    {
      re += samples[i] * cos (2 * G_PI * hz * i / rate);
      im += samples[i] * sin (2 * G_PI * hz * i / rate);
      all += (double)samples[i] * samples[i];
    }
  return 2 * (re * re + im * im) / n / all;
}

static double
far_share (Fixture *f, double hz)
{
  gint n = f->memory->n;

  g_assert_cmpint (n, >, FAR_RATE / 2);
  return share (f->memory->samples + n - FAR_RATE / 2, FAR_RATE / 2, FAR_RATE, hz);
}

static int
far_peak (Fixture *f, gint from)
{
  int most = 0;

  for (gint i = from; i < f->memory->n; i++)
    most = MAX (most, ABS (f->memory->samples[i]));
  return most;
}

static void
test_call (Fixture *f, gconstpointer data)
{
  g_autofree gint16 *played = g_new0 (gint16, RATE);

  oh_audio_prepare (f->audio, f->near);
  g_assert_true (oh_device_fake_is_open (NULL, TRUE));
  g_assert_false (oh_device_fake_is_running (NULL, TRUE));
  g_assert_true (oh_device_fake_is_running (NULL, FALSE));
  pass (f, 300, NULL);
  g_assert_cmpint (far_peak (f, 0), <, 20); /* comfort packets */

  oh_audio_start (f->audio, f->near);
  g_assert_true (oh_device_fake_is_running (NULL, TRUE));
  pass (f, 600, NULL);
  pass (f, 1000, played);
  g_assert_cmpfloat (share (played + RATE / 2, RATE / 2, RATE, THEIRS), >, ENOUGH);
  g_assert_cmpfloat (far_share (f, MINE), >, ENOUGH);
  g_assert_cmpfloat (oh_audio_get_level (f->audio, TRUE), >, 0.6);

  oh_audio_stop (f->audio, f->near);
  g_assert_false (oh_device_fake_is_open (NULL, TRUE));
  g_assert_false (oh_device_fake_is_open (NULL, FALSE));
}

static void
test_mute (Fixture *f, gconstpointer data)
{
  gint from;

  oh_audio_start (f->audio, f->near);
  pass (f, 800, NULL);
  oh_audio_set_muted (f->audio, TRUE);
  pass (f, 400, NULL); /* what was under way arrives */
  from = f->memory->n;
  pass (f, 400, NULL);
  g_assert_cmpint (far_peak (f, from), <, 50);
  g_assert_cmpfloat (oh_audio_get_level (f->audio, TRUE), >, 0.6);
  oh_audio_set_muted (f->audio, FALSE);
  pass (f, 1000, NULL);
  g_assert_cmpfloat (far_share (f, MINE), >, ENOUGH);
}

/* The headset is pulled out in mid-call; both directions go on, the loudspeaker without a move. */
static void
test_device_gone (Fixture *f, gconstpointer data)
{
  g_autofree gint16 *played = g_new0 (gint16, RATE);

  oh_device_fake_plug ("headset", TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  oh_audio_set_device (f->audio, OH_AUDIO_MICROPHONE, "fake:headset");
  oh_audio_start (f->audio, f->near);
  pass (f, 300, NULL);
  g_assert_true (oh_device_fake_is_running ("headset", TRUE));
  oh_device_fake_unplug ("headset", TRUE);
  pass (f, 300, NULL);
  g_assert_true (oh_device_fake_is_running ("microphone", TRUE));
  pass (f, 1000, played);
  g_assert_cmpfloat (share (played + RATE / 2, RATE / 2, RATE, THEIRS), >, ENOUGH);
  g_assert_cmpfloat (far_share (f, MINE), >, ENOUGH);
}

static gsize
hiss_read (OhSource *source, gint16 *samples, gsize n)
{
  for (gsize i = 0; i < n; i++)
    samples[i] = g_test_rand_int_range (-6000, 6000);
  return n;
}

/* The microphone hears what is played. Returns how loud the far end hears itself in the last half
 * second. */
static int
pass_with_echo (Fixture *f, guint ms)
{
  gint16 block[BLOCK] = { 0 };

  for (guint at = 0; at < ms; at += 10)
    {
      oh_device_fake_hear (NULL, block, BLOCK);
      oh_device_fake_play (NULL, block, BLOCK);
      for (guint i = 0; i < BLOCK; i++)
        block[i] /= 2;
      step (f);
    }
  return far_peak (f, f->memory->n - FAR_RATE / 2);
}

static OhSource *
make_hiss (void)
{
  static const OhSourceClass hiss_class = { .name = "hiss", .read = hiss_read };
  OhSource *hiss = g_new0 (OhSource, 1);

  oh_source_init (hiss, &hiss_class, FAR_RATE);
  return hiss;
}

/* The echo is taken out, and is let be while the loudspeaker is a headset, without a word from anybody:
 * it has none. */
static void
test_headset (Fixture *f, gconstpointer data)
{
  OhSource *hiss = make_hiss ();

  oh_peer_set_source (f->far, hiss);
  oh_audio_start (f->audio, f->near);
  g_assert_cmpint (pass_with_echo (f, 3000), <, 300);
  g_assert_cmpfloat (oh_audio_get_echo_reduction (f->audio), >, 20);
  g_assert_false (oh_audio_has_headset (f->audio));
  oh_device_fake_set_worn ("speaker", TRUE);
  g_assert_true (oh_audio_has_headset (f->audio));
  g_assert_cmpint (pass_with_echo (f, 1000), >, 1000);
  g_assert_cmpfloat (oh_audio_get_echo_reduction (f->audio), <, 0);
  oh_device_fake_set_worn ("speaker", FALSE);
  g_assert_cmpint (pass_with_echo (f, 3000), <, 300);
  oh_peer_set_source (f->far, NULL);
  oh_source_unref (hiss);
}

/* How loud the far end hears the near one when @ms have passed. */
static int
pass_near (Fixture *f, guint ms)
{
  pass (f, ms, NULL);
  return far_peak (f, f->memory->n - FAR_RATE / 4);
}

/* How loud the near end hears the far one in the next quarter of a second. */
static int
pass_far (Fixture *f)
{
  g_autofree gint16 *played = g_new0 (gint16, RATE / 4);
  int most = 0;

  pass (f, 250, played);
  for (guint i = 0; i < RATE / 4; i++)
    most = MAX (most, ABS (played[i]));
  return most;
}

/* The far end was first: the near one is not heard, unless a headset is worn. */
static void
test_far_turn (Fixture *f, gconstpointer data)
{
  OhSource *hiss = make_hiss ();

  oh_peer_set_source (f->far, hiss);
  f->loud = 0;
  oh_audio_start (f->audio, f->near);
  pass (f, 1000, NULL);
  f->loud = 600;
  g_assert_cmpint (pass_near (f, 1000), >, 400);
  g_assert_false (oh_audio_is_half_duplex (f->audio));
  oh_audio_set_half_duplex (f->audio, TRUE);
  g_assert_true (oh_audio_is_half_duplex (f->audio));
  g_assert_cmpint (pass_near (f, 1000), <, 60);
  g_assert_cmpint (pass_far (f), >, 4000);
  oh_device_fake_set_worn ("speaker", TRUE);
  g_assert_false (oh_audio_is_half_duplex (f->audio));
  g_assert_cmpint (pass_near (f, 1000), >, 400);
  oh_device_fake_set_worn ("speaker", FALSE);
  g_assert_cmpint (pass_near (f, 1000), <, 60);
  oh_audio_set_echo_cancellation (f->audio, FALSE);
  g_assert_false (oh_audio_is_half_duplex (f->audio));
  g_assert_cmpint (pass_near (f, 1000), >, 400);
  oh_peer_set_source (f->far, NULL);
  oh_source_unref (hiss);
}

/* The near end was first: the far one is softer, unless nobody hears the near one (mute). */
static void
test_near_turn (Fixture *f, gconstpointer data)
{
  OhSource *hiss = make_hiss ();

  oh_peer_set_source (f->far, NULL);
  oh_audio_set_half_duplex (f->audio, TRUE);
  oh_audio_start (f->audio, f->near);
  pass (f, 1000, NULL);
  oh_peer_set_source (f->far, hiss);
  g_assert_cmpint (pass_near (f, 1000), >, 6000);
  g_assert_cmpint (pass_far (f), <, 1200);
  oh_audio_set_muted (f->audio, TRUE);
  pass (f, 200, NULL);
  g_assert_cmpint (pass_far (f), >, 4000);
  oh_peer_set_source (f->far, NULL);
  oh_source_unref (hiss);
}

/* --- Delay --- */

#define CLICK_US 3000
#define NEAR_SAYS (4 * G_USEC_PER_SEC) /* after the begin of the call: all has become even */
#define FAR_SAYS (NEAR_SAYS + G_USEC_PER_SEC / 2)
#define WIRES 20 /* delays of 1 ms to so many: each phase of packets against whoever reads them */

typedef struct
{
  OhSource parent;
  gint64 at; /* when it clicks */
} Clicker;

/* The loudness of a click @us after its begin. */
static gint16
click (gint64 us)
{
  if (us < 0 || us >= CLICK_US)
    return 0;
  return 12000 * sin (2 * G_PI * 1500 * us / 1e6) * sin (G_PI * us / CLICK_US);
}

static gsize
clicker_read (OhSource *source, gint16 *samples, gsize n)
{
  gint64 late = oh_clock_now () - ((Clicker *)source)->at;

  for (gsize i = 0; i < n; i++)
    samples[i] = click (late + (gint64)i * G_USEC_PER_SEC / source->rate);
  return n;
}

/* The place of the loudest sample from @from on. */
static gint
find_click (const gint16 *samples, gint from, gint n)
{
  gint at = from;

  for (gint i = from; i < n; i++)
    if (ABS (samples[i]) > ABS (samples[at]))
      at = i;
  g_assert_cmpint (ABS (samples[at]), >, 4000);
  return at;
}

/* A call with all filters in which first the near end clicks, then the far end: ms from each mouth to the
 * other ear, without the wire's. A card hands over what it heard in 10 ms at their end, and plays in the
 * next 10 ms what it is given. */
static void
measure_delay (const char *codec, guint wire_ms, double *to_far, double *to_near)
{
  static const OhSourceClass klass = { .name = "clicker", .read = clicker_read };
  g_autofree gint16 *played = g_new0 (gint16, RATE * 6);
  Clicker *clicker = g_new0 (Clicker, 1);
  Fixture fixture = { 0 }, *f = &fixture;
  gint16 block[BLOCK];
  gint64 begun;
  gint at;

  oh_transport_memory_set_wire (&(OhWire){ .delay_ms = wire_ms });
  set_up (f, codec);
  oh_audio_set_noise_suppression (f->audio, TRUE);
  oh_audio_set_gain_control (f->audio, TRUE);
  oh_source_init (&clicker->parent, &klass, FAR_RATE);
  begun = oh_clock_now ();
  clicker->at = begun + FAR_SAYS;
  oh_peer_set_source (f->far, &clicker->parent);
  oh_audio_start (f->audio, f->near);
  for (guint k = 0; k < 500; k++)
    {
      gint64 now = oh_clock_now () - begun;

      for (guint i = 0; i < BLOCK; i++)
        block[i] = click (now - 10000 + (gint64)i * G_USEC_PER_SEC / RATE - NEAR_SAYS);
      oh_device_fake_hear (NULL, block, BLOCK);
      oh_device_fake_play (NULL, played + k * BLOCK, BLOCK);
      step (f);
    }
  at = find_click (played, RATE * (FAR_SAYS / 1000) / 1000, RATE * 5);
  *to_near = at * 1000.0 / RATE - (FAR_SAYS + CLICK_US / 2) / 1000.0 - wire_ms;
  at = (begun + NEAR_SAYS - f->memory->begun) / 1000 * FAR_RATE / 1000;
  at = find_click (f->memory->samples, at, f->memory->n);
  *to_far = (f->memory->begun - begun - NEAR_SAYS - CLICK_US / 2) / 1000.0 + at * 1000.0 / FAR_RATE
            - wire_ms;
  oh_peer_set_source (f->far, NULL);
  tear_down (f, NULL);
  oh_source_unref (&clicker->parent);
}

/* What each stage takes stands in docs/performance.md. */
static void
test_delay (void)
{
  double to_far = 0, to_near = 0;

  for (guint wire_ms = 1; wire_ms <= WIRES; wire_ms++)
    {
      double far, near;

      measure_delay ("opus", wire_ms, &far, &near);
      g_assert_cmpfloat (far, >, 30);
      g_assert_cmpfloat (far, <, 57);
      g_assert_cmpfloat (near, >, 17);
      g_assert_cmpfloat (near, <, 31);
      to_far += far / WIRES;
      to_near += near / WIRES;
    }
  g_test_message ("%.1f ms to the far end, %.1f back", to_far, to_near);
  g_assert_cmpfloat (to_far, <, 48);
  g_assert_cmpfloat (to_near, <, 27);
  oh_transport_memory_set_wire (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/audio/call/opus", Fixture, "opus", set_up, test_call, tear_down);
  g_test_add ("/audio/call/pcmu", Fixture, "PCMU", set_up, test_call, tear_down);
  g_test_add ("/audio/mute", Fixture, "G722", set_up, test_mute, tear_down);
  g_test_add ("/audio/device-gone", Fixture, "PCMA", set_up, test_device_gone, tear_down);
  g_test_add ("/audio/headset", Fixture, "PCMU", set_up, test_headset, tear_down);
  g_test_add ("/audio/far-turn", Fixture, "PCMU", set_up, test_far_turn, tear_down);
  g_test_add ("/audio/near-turn", Fixture, "PCMU", set_up, test_near_turn, tear_down);
  g_test_add_func ("/audio/delay", test_delay);
  return g_test_run ();
}
