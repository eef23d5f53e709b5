/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/device/oh-audio.h"
#include "media/device/oh-buffer-size.h"
#include "media/device/oh-device-fake.h"
#include "media/record/oh-sound-file.h"
#include "media/tone/oh-tone.h"

#include <glib/gstdio.h>

#include <math.h>
#include <string.h>

#define RATE OH_DEVICE_RATE
#define BLOCK OH_DEVICE_BLOCK

typedef struct
{
  OhWorker *worker;
  OhAudio *audio;
  guint64 heard; /* samples given to the microphone */
} Fixture;

static gboolean
on_deadline (gpointer data)
{
  g_error ("Nothing happened in time");
  return G_SOURCE_REMOVE;
}

/* Wakes the loop, so that a condition is looked at again. */
static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
set_flag (gpointer data)
{
  g_atomic_int_set ((gint *)data, 1);
}

/* Lets the engine do all that it has been told and woken for. */
static void
settle (Fixture *f)
{
  for (guint i = 0; i < 3; i++)
    {
      gint done = 0;

      oh_worker_post (f->worker, set_flag, &done);
      while (!g_atomic_int_get (&done))
        g_usleep (50);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

static void
wait_until (gboolean (*reached) (Fixture *f), Fixture *f)
{
  guint deadline = g_timeout_add_seconds (10, on_deadline, NULL);
  guint tick = g_timeout_add (5, on_tick, NULL);

  while (!reached (f))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
  g_source_remove (deadline);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->worker = oh_worker_new ("test-engine", OH_WORKER_GLIB);
  f->audio = oh_audio_new (f->worker, data ? data : "fake");
  oh_audio_set_echo_cancellation (f->audio, FALSE);
  oh_audio_set_noise_suppression (f->audio, FALSE);
  oh_audio_set_gain_control (f->audio, FALSE);
  settle (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->audio);
  oh_worker_unref (f->worker);
}

/* 10 ms of a 1,000 Hz tone into the microphone. */
static gboolean
hear_tone (Fixture *f, const char *device)
{
  gint16 block[BLOCK];

  for (guint i = 0; i < BLOCK; i++)
    block[i] = 8000 * sin (2 * G_PI * 1000 * (f->heard + i) / RATE);
  f->heard += BLOCK;
  return oh_device_fake_hear (device, block, BLOCK);
}

static int
peak (const gint16 *samples, gsize n)
{
  int most = 0;

  for (gsize i = 0; i < n; i++)
    most = MAX (most, ABS (samples[i]));
  return most;
}

static void
test_devices (Fixture *f, gconstpointer data)
{
  GListModel *microphones = oh_audio_get_devices (f->audio, TRUE);
  g_autoptr (OhAudioDevice) device = NULL;

  g_assert_cmpuint (g_list_model_get_n_items (microphones), ==, 1);
  device = g_list_model_get_item (microphones, 0);
  g_assert_cmpstr (oh_audio_device_get_id (device), ==, "fake:microphone");
  g_assert_true (oh_audio_device_is_capture (device));
  g_assert_true (oh_audio_has (f->audio, OH_AUDIO_MICROPHONE));
  g_assert_true (oh_audio_has (f->audio, OH_AUDIO_RINGER));

  oh_device_fake_plug ("headset", TRUE);
  oh_device_fake_unplug ("microphone", TRUE);
  settle (f);
  g_assert_cmpuint (g_list_model_get_n_items (microphones), ==, 1);
  oh_device_fake_unplug ("headset", TRUE);
  settle (f);
  g_assert_false (oh_audio_has (f->audio, OH_AUDIO_MICROPHONE));
  g_assert_true (oh_audio_has (f->audio, OH_AUDIO_SPEAKER));
}

static void
test_meter (Fixture *f, gconstpointer data)
{
  g_assert_false (oh_device_fake_is_open (NULL, TRUE));
  oh_audio_start_meter (f->audio);
  g_assert_true (oh_device_fake_is_running (NULL, TRUE));
  g_assert_false (oh_device_fake_is_open (NULL, FALSE));
  settle (f);
  for (guint i = 0; i < 10; i++)
    g_assert_true (hear_tone (f, NULL));
  settle (f);
  /* 8,000 of 32,768 is -12.2 dB */
  g_assert_cmpfloat (fabsf (oh_audio_get_level (f->audio, TRUE) - (1 - 12.2f / 60)), <, 0.01);
  oh_audio_stop_local (f->audio);
  g_assert_false (oh_device_fake_is_open (NULL, TRUE));
  settle (f);
  g_assert_cmpfloat (oh_audio_get_level (f->audio, TRUE), ==, 0);
}

static void
test_loopback (Fixture *f, gconstpointer data)
{
  gint16 played[BLOCK];
  guint silent = 0;

  oh_audio_start_loopback (f->audio, 300);
  settle (f);
  for (guint i = 0; i < 100; i++)
    {
      hear_tone (f, NULL);
      settle (f);
      g_assert_true (oh_device_fake_play (NULL, played, BLOCK));
      settle (f);
      if (peak (played, BLOCK) == 0)
        silent++;
    }
  g_assert_cmpint (peak (played, BLOCK), >, 7500);
  g_assert_cmpuint (silent, >=, 29);
  g_assert_cmpuint (silent, <=, 33);
  oh_audio_stop_local (f->audio);
}

/* Says what time it is, in ms. */
typedef struct
{
  OhSource parent;
  gint ms;
} Clock;

static gsize
read_clock (OhSource *source, gint16 *samples, gsize n)
{
  for (gsize i = 0; i < n; i++)
    samples[i] = g_atomic_int_get (&((Clock *)source)->ms);
  return n;
}

/* How old sound is, in ms, when a loudspeaker that takes @ms at a time begins to play it. */
static gint
measure_wait (Fixture *f, gint ms)
{
  static const OhSourceClass klass = { .name = "clock", .read = read_clock };
  Clock *clock = g_new0 (Clock, 1);
  gint16 played[BLOCK];
  gint least = G_MAXINT, n = ms * RATE / 1000;

  oh_source_init (&clock->parent, &klass, RATE);
  oh_device_fake_set_period (n);
  oh_audio_play_recording (f->audio, &clock->parent);
  settle (f);
  for (gint now = 1000; now < 1200; now += ms)
    {
      g_atomic_int_set (&clock->ms, now);
      g_assert_true (oh_device_fake_play (NULL, played, n));
      settle (f);
      least = MIN (least, now - played[0]);
    }
  oh_audio_play_recording (f->audio, NULL);
  settle (f);
  oh_source_unref (&clock->parent);
  return least;
}

/* No more sound waits for a loudspeaker than it takes at a time. */
static void
test_period (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (measure_wait (f, 10), ==, 10);
  g_assert_cmpint (measure_wait (f, 5), ==, 5);
}

static void
test_ringer (Fixture *f, gconstpointer data)
{
  g_autoptr (OhSource) ring = oh_tone_new (OH_TONE_RINGBACK, RATE, 1);
  gint16 played[BLOCK];

  oh_device_fake_plug ("bell", FALSE);
  settle (f);
  oh_audio_set_device (f->audio, OH_AUDIO_RINGER, "fake:bell");
  oh_audio_set_tone_volume (f->audio, 0.5);
  oh_audio_play (f->audio, OH_AUDIO_RINGER, ring);
  settle (f);
  for (guint i = 0; i < 20; i++)
    {
      g_assert_true (oh_device_fake_play ("bell", played, BLOCK));
      settle (f);
    }
  g_assert_cmpint (ABS (peak (played, BLOCK) - 1033), <, 20); /* half of -24 dBFS */
  g_assert_false (oh_device_fake_is_open ("speaker", FALSE));
  oh_audio_play (f->audio, OH_AUDIO_RINGER, NULL);
  g_assert_false (oh_device_fake_is_open ("bell", FALSE));
}

/* Turning tones down leaves messages as loud as they were spoken. */
static void
test_recording (Fixture *f, gconstpointer data)
{
  g_autoptr (OhSource) message = oh_tone_new (OH_TONE_RINGBACK, RATE, 1);
  gint16 played[BLOCK];

  oh_audio_set_tone_volume (f->audio, 0);
  oh_audio_play_recording (f->audio, message);
  settle (f);
  for (guint i = 0; i < 20; i++)
    {
      g_assert_true (oh_device_fake_play ("speaker", played, BLOCK));
      settle (f);
    }
  g_assert_cmpint (ABS (peak (played, BLOCK) - 2067), <, 40);
  oh_audio_play_recording (f->audio, NULL);
  g_assert_false (oh_device_fake_is_open ("speaker", FALSE));
}

/* The microphone that was chosen goes and comes back, in the middle: only that direction moves. */
static void
test_hot_plug (Fixture *f, gconstpointer data)
{
  gint16 played[BLOCK];

  oh_device_fake_plug ("headset", TRUE);
  settle (f);
  oh_audio_set_device (f->audio, OH_AUDIO_MICROPHONE, "fake:headset");
  oh_audio_start_loopback (f->audio, 20);
  settle (f);
  g_assert_true (oh_device_fake_is_running ("headset", TRUE));
  g_assert_true (oh_device_fake_is_running ("speaker", FALSE));

  oh_device_fake_unplug ("headset", TRUE);
  settle (f);
  g_assert_true (oh_device_fake_is_running ("microphone", TRUE));
  for (guint i = 0; i < 10; i++)
    {
      hear_tone (f, "microphone");
      settle (f);
      oh_device_fake_play ("speaker", played, BLOCK);
      settle (f);
    }
  g_assert_cmpint (peak (played, BLOCK), >, 7500);

  oh_device_fake_plug ("headset", TRUE);
  settle (f);
  g_assert_true (oh_device_fake_is_running ("headset", TRUE));
  g_assert_cmpstr (oh_audio_get_device (f->audio, OH_AUDIO_MICROPHONE), ==, "fake:headset");
}

static gboolean
default_runs (Fixture *f)
{
  return oh_device_fake_is_running ("second", TRUE);
}

/* The system has no default for a while; then another one. */
static void
test_default_moves (Fixture *f, gconstpointer data)
{
  oh_audio_start_meter (f->audio);
  oh_device_fake_plug ("second", TRUE);
  oh_device_fake_set_default (NULL, TRUE);
  settle (f);
  g_assert_false (oh_device_fake_is_running (NULL, TRUE));
  oh_device_fake_set_default ("second", TRUE);
  wait_until (default_runs, f);
}

/* Everything gone and back again: no device, no crash, then sound. */
static void
test_all_gone (Fixture *f, gconstpointer data)
{
  oh_audio_start_loopback (f->audio, 20);
  oh_device_fake_unplug ("microphone", TRUE);
  oh_device_fake_unplug ("speaker", FALSE);
  settle (f);
  g_assert_false (oh_device_fake_is_open (NULL, TRUE));
  g_assert_false (oh_device_fake_is_open (NULL, FALSE));
  oh_device_fake_plug ("microphone", TRUE);
  oh_device_fake_plug ("speaker", FALSE);
  settle (f);
  g_assert_true (oh_device_fake_is_running ("microphone", TRUE));
  g_assert_true (oh_device_fake_is_running ("speaker", FALSE));
}

static void
test_unknown_backend (void)
{
  OhWorker *worker = oh_worker_new ("test-engine", OH_WORKER_GLIB);
  g_autoptr (OhAudio) audio = oh_audio_new (worker, "gramophone");
  g_autofree char *error = NULL;

  g_object_get (audio, "error", &error, NULL);
  g_assert_nonnull (strstr (error, "gramophone"));
  oh_audio_start_meter (audio);
  g_assert_false (oh_audio_has (audio, OH_AUDIO_MICROPHONE));
  g_clear_object (&audio);
  oh_worker_unref (worker);
}

/* What the sound server holds grows with each gap, but for those that a change itself makes, and
 * shrinks where none comes; where that was too little, the next try waits longer. */
static void
test_buffer_size (void)
{
  const gint64 second = G_USEC_PER_SEC, minute = 60 * second;
  OhBufferSize size;

  oh_buffer_size_start (&size, 0, 0);
  g_assert_cmpuint (size.ms, ==, 10);
  g_assert_false (oh_buffer_size_note_gap (&size, second / 10));
  g_assert_true (oh_buffer_size_note_gap (&size, second));
  g_assert_cmpuint (size.ms, ==, 15);
  g_assert_false (oh_buffer_size_note_gap (&size, second + 1000));
  g_assert_false (oh_buffer_size_try_less (&size, minute));
  g_assert_true (oh_buffer_size_try_less (&size, minute + second));
  g_assert_cmpuint (size.ms, ==, 10);
  g_assert_false (oh_buffer_size_try_less (&size, 10 * minute));

  g_assert_true (oh_buffer_size_note_gap (&size, 10 * minute)); /* so it was too little */
  g_assert_false (oh_buffer_size_try_less (&size, 11 * minute + second));
  g_assert_true (oh_buffer_size_try_less (&size, 12 * minute));
  for (guint i = 1; i <= 100; i++)
    oh_buffer_size_note_gap (&size, (12 + i) * minute);
  g_assert_cmpuint (size.ms, ==, 60);
  oh_buffer_size_start (&size, size.ms, 0);
  g_assert_cmpuint (size.ms, ==, 60);
}

/* The file back end end to end: IN comes out of OUT by the loopback. */
static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("offhook-audio-XXXXXX", NULL);
  g_autofree char *in = g_build_filename (folder, "in.wav", NULL);
  g_autofree char *out = g_build_filename (folder, "out.wav", NULL);
  g_autofree char *wish = g_strdup_printf ("file:%s:%s", in, out);
  g_autoptr (OhSoundFile) file = NULL;
  g_autofree gint16 *sound = g_new0 (gint16, RATE);
  guint8 header[44] = "RIFF....WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data";
  guint32 riff = GUINT32_TO_LE (36 + 8000), bytes = GUINT32_TO_LE (8000);
  g_autoptr (GByteArray) wav = g_byte_array_new ();
  Fixture f = { 0 };
  guint tick;
  gint64 until;

  memcpy (header + 4, &riff, 4);
  memcpy (header + 40, &bytes, 4);
  g_byte_array_append (wav, header, sizeof header);
  for (guint i = 0; i < 4000; i++) /* half a second at 8,000 Hz */
    {
      gint16 sample = GINT16_TO_LE ((gint16)(8000 * sin (2 * G_PI * 500 * i / 8000.0)));

      g_byte_array_append (wav, (guint8 *)&sample, 2);
    }
  g_assert_true (g_file_set_contents (in, (char *)wav->data, wav->len, NULL));

  set_up (&f, wish);
  oh_audio_start_loopback (f.audio, 100);
  until = g_get_monotonic_time () + 15 * G_USEC_PER_SEC;
  tick = g_timeout_add (20, on_tick, NULL);
  while (!file || oh_sound_file_get_length (file) < RATE * 6 / 10)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, until);
      g_main_context_iteration (NULL, TRUE);
      g_clear_pointer (&file, oh_sound_file_close);
      file = oh_sound_file_open (out, NULL); /* valid while it is still being written */
    }
  g_source_remove (tick);
  g_assert_cmpuint (oh_sound_file_read (file, sound, RATE / 2), ==, RATE / 2);
  g_assert_cmpint (peak (sound, RATE * 8 / 100), ==, 0);
  g_assert_cmpint (peak (sound + RATE / 4, RATE / 10), >, 7000);
  tear_down (&f, NULL);
  g_unlink (in);
  g_unlink (out);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture *f, gconstpointer data);
  } tests[] = {
    { "/audio/devices", test_devices },   { "/audio/meter", test_meter },
    { "/audio/loopback", test_loopback }, { "/audio/ringer", test_ringer },
    { "/audio/hot-plug", test_hot_plug }, { "/audio/default-moves", test_default_moves },
    { "/audio/all-gone", test_all_gone }, { "/audio/recording", test_recording },
    { "/audio/period", test_period },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  g_test_add_func ("/audio/unknown-backend", test_unknown_backend);
  g_test_add_func ("/audio/buffer-size", test_buffer_size);
  g_test_add_func ("/audio/file", test_file);
  return g_test_run ();
}
