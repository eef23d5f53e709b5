/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-error.h"
#include "media/record/oh-player.h"
#include "media/record/oh-recorder.h"
#include "media/speech/oh-speech.h"
#include "media/tone/oh-tone.h"

#include <glib/gstdio.h>

#include <sys/resource.h>

#include <math.h>
#include <signal.h>

typedef struct
{
  char *folder, *path;
  gboolean ended;
  OhRecorderEnd reason;
  OhRecording recording;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("offhook-record-XXXXXX", NULL);
  f->path = g_build_filename (f->folder, "message.opus", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_unlink (f->path);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->path);
  g_free (f->folder);
}

static void
on_ended (OhRecorder *recorder,
          OhRecorderEnd reason,
          const OhRecording *recording,
          const GError *error,
          gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_false (f->ended);
  f->ended = TRUE;
  f->reason = reason;
  f->recording = *recording;
  g_assert_true ((error != NULL) == (reason == OH_RECORDER_ERROR));
}

static gboolean
on_deadline (gpointer data)
{
  g_error ("Nothing happened in time");
  return G_SOURCE_REMOVE;
}

static void
wait_for (gboolean *flag)
{
  guint deadline = g_timeout_add_seconds (20, on_deadline, NULL);

  while (!*flag)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline);
}

static OhRecorder *
start (Fixture *f, guint max_ms, guint silence_ms)
{
  OhRecorderConfig config = {
    .max_ms = max_ms,
    .silence_ms = silence_ms,
    .executor = oh_executor_for_context (NULL),
    .ended = on_ended,
    .user_data = f,
  };
  g_autoptr (GError) error = NULL;
  OhRecorder *recorder = oh_recorder_new (f->path, &config, &error);

  g_assert_no_error (error);
  return recorder;
}

/* Feeds @ms of a 440 Hz tone, or silence, at once (the ring holds 8 s). */
static void
feed (OhRecorder *recorder, guint ms, gint16 level)
{
  OhSink *sink = oh_recorder_get_sink (recorder);
  gsize n = (gsize)sink->rate * ms / 1000;
  g_autofree gint16 *samples = g_new (gint16, n);

  for (gsize i = 0; i < n; i++)
    samples[i] = level * sin (2 * G_PI * 440 * i / sink->rate);
  sink->klass->write (sink, samples, n);
}

/* All that a player gives, whatever the read-ahead needs. */
static GArray *
play_all (OhSource *source, gsize most)
{
  GArray *heard = g_array_new (FALSE, FALSE, sizeof (gint16));
  gboolean ended = FALSE;
  OhExecutor executor = oh_executor_for_context (NULL);
  gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  gint16 block[480];

  oh_source_set_ended (source, &executor, (OhTask)g_atomic_int_inc, &ended);
  while (!ended && heard->len < most)
    {
      gsize n = source->klass->read (source, block, G_N_ELEMENTS (block));

      g_array_append_vals (heard, block, n);
      if (n == 0)
        g_usleep (1000); /* the file thread reads on */
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
  return heard;
}

static double
tone_share (const gint16 *samples, gsize n, guint rate, double hz)
{
  double re = 0, im = 0, all = 1e-9;

  for (gsize i = 0; i < n; i++)
    {
      re += samples[i] * cos (2 * G_PI * hz * i / rate);
      im += samples[i] * sin (2 * G_PI * hz * i / rate);
      all += (double)samples[i] * samples[i];
    }
  return 2 * (re * re + im * im) / n / all;
}

static void
test_record_and_play (Fixture *f, gconstpointer data)
{
  g_autoptr (OhRecorder) recorder = start (f, 0, 0);
  g_autoptr (OhSource) player = NULL;
  g_autoptr (GArray) heard = NULL;

  feed (recorder, 1000, 8000);
  feed (recorder, 1010, 0);
  oh_recorder_stop (recorder);
  wait_for (&f->ended);
  g_assert_cmpint (f->reason, ==, OH_RECORDER_STOPPED);
  g_assert_cmpuint (f->recording.duration_ms, ==, 2010);
  g_assert_cmpuint (f->recording.speech_ms, ==, 1000);

  player = oh_player_new (f->path, 8000, FALSE, NULL);
  g_assert_nonnull (player);
  g_assert_cmpuint (oh_player_get_duration (player), ==, 2010);
  heard = play_all (player, 100000);
  g_assert_cmpint (ABS ((gint)heard->len - 16080), <, 40);
  g_assert_cmpfloat (tone_share ((gint16 *)heard->data + 800, 6400, 8000, 440), >, 0.95);
  g_assert_cmpuint (oh_player_get_position (player), >=, 2000);
}

static void
test_limits (Fixture *f, gconstpointer data)
{
  OhRecorder *recorder = start (f, 1230, 0);

  feed (recorder, 3000, 8000);
  wait_for (&f->ended);
  g_assert_cmpint (f->reason, ==, OH_RECORDER_LIMIT);
  g_assert_cmpuint (f->recording.duration_ms, ==, 1230);
  oh_recorder_unref (recorder);

  g_unlink (f->path);
  f->ended = FALSE;
  recorder = start (f, 0, 1000);
  feed (recorder, 500, 8000);
  feed (recorder, 3000, 20);
  wait_for (&f->ended);
  g_assert_cmpint (f->reason, ==, OH_RECORDER_SILENCE);
  g_assert_cmpuint (f->recording.speech_ms, ==, 500);
  g_assert_cmpuint (f->recording.duration_ms, ==, 1500);
  oh_recorder_unref (recorder);
}

static void
test_exists (Fixture *f, gconstpointer data)
{
  OhRecorderConfig config = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (f->path, "x", 1, NULL));
  g_assert_null (oh_recorder_new (f->path, &config, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_FAILED);
}

/* The disk takes 3,000 bytes and no more: what stands in the file must be whole and playable. */
static void
test_disk_full (Fixture *f, gconstpointer data)
{
  g_autoptr (OhRecorder) recorder = start (f, 0, 0);
  struct rlimit limit, small;
  OhRecording found;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  small = (struct rlimit){ 3000, limit.rlim_max };
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  feed (recorder, 5000, 8000);
  wait_for (&f->ended);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_assert_cmpint (f->reason, ==, OH_RECORDER_ERROR);
  g_assert_true (oh_recording_repair (f->path, &found, NULL));
  g_assert_cmpint (ABS ((gint64)found.duration_ms - (gint64)f->recording.duration_ms), <, 5);
}

/* A crash leaves what had been written at any moment: here cut at random places. */
static void
test_repair (Fixture *f, gconstpointer data)
{
  g_autoptr (OhRecorder) recorder = start (f, 0, 0);
  g_autofree char *whole = NULL;
  gsize length;

  feed (recorder, 4000, 8000);
  oh_recorder_stop (recorder);
  wait_for (&f->ended);
  g_assert_true (g_file_get_contents (f->path, &whole, &length, NULL));

  for (guint round = 0; round < 30; round++)
    {
      gsize cut = g_test_rand_int_range (100, length);
      g_autoptr (GError) error = NULL;
      OhRecording found;

      g_assert_true (g_file_set_contents (f->path, whole, cut, NULL));
      g_assert_true (oh_recording_repair (f->path, &found, &error));
      g_assert_no_error (error);
      /* half a second a page: never more than that is lost to the cut */
      g_assert_cmpint ((gint64)found.duration_ms, >=, (gint64)(cut * 4000 / length) - 700);
      g_assert_cmpuint (found.duration_ms, <=, 4000);
      if (found.duration_ms > 0)
        {
          g_autoptr (OhSource) player = oh_player_new (f->path, 16000, FALSE, &error);
          g_autoptr (GArray) heard = NULL;

          g_assert_no_error (error);
          heard = play_all (player, 1000000);
          g_assert_cmpint (ABS ((gint64)heard->len / 16 - (gint64)found.duration_ms), <, 5);
        }
    }
  g_assert_true (g_file_set_contents (f->path, whole, 20, NULL));
  g_assert_false (oh_recording_repair (f->path, NULL, NULL));
}

/* The file of a recording that goes on is never more than a second behind. */
static void
test_keeps_up (Fixture *f, gconstpointer data)
{
  g_autoptr (OhRecorder) recorder = start (f, 0, 0);
  g_autofree char *copy = g_build_filename (f->folder, "copy.opus", NULL);
  OhRecording found = { 0 };
  gint64 deadline = g_get_monotonic_time () + 15 * G_USEC_PER_SEC;

  feed (recorder, 5000, 8000);
  while (found.duration_ms < 4400) /* nothing more comes that would push out what is kept back */
    {
      g_autofree char *now = NULL;
      gsize length;

      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (50 * 1000);
      g_assert_true (g_file_get_contents (f->path, &now, &length, NULL));
      g_assert_true (g_file_set_contents (copy, now, length, NULL));
      if (!oh_recording_repair (copy, &found, NULL))
        found.duration_ms = 0; /* it has hardly begun */
    }
  g_unlink (copy);
  oh_recorder_stop (recorder);
  wait_for (&f->ended);
}

static void
test_seek_and_loop (Fixture *f, gconstpointer data)
{
  g_autoptr (OhRecorder) recorder = start (f, 0, 0);
  g_autoptr (OhSource) player = NULL, looped = NULL;
  g_autoptr (GArray) heard = NULL, turns = NULL;

  feed (recorder, 1000, 8000);
  feed (recorder, 2000, 0);
  oh_recorder_stop (recorder);
  wait_for (&f->ended);

  player = oh_player_new (f->path, 16000, FALSE, NULL);
  oh_player_seek (player, 2500);
  g_assert_cmpuint (oh_player_get_position (player), ==, 2500);
  while (TRUE) /* the seek is through when the position moves on */
    {
      gint16 block[160];

      if (player->klass->read (player, block, 160) > 0 && oh_player_get_position (player) > 2500)
        break;
      g_usleep (1000);
    }
  heard = play_all (player, 100000);
  g_assert_cmpint (ABS ((gint)heard->len - 8000), <, 400);

  looped = oh_player_new (f->path, 16000, TRUE, NULL);
  turns = play_all (looped, 7 * 16000);
  g_assert_cmpuint (turns->len, >=, 7 * 16000);
  g_assert_cmpfloat (tone_share ((gint16 *)turns->data + 50000, 8000, 16000, 440), >, 0.9);
}

static void
on_spoken (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  oh_speech_synthesize_finish (result, &error);
  g_assert_no_error (error);
  *(gboolean *)user_data = TRUE;
}

static void
test_speech (Fixture *f, gconstpointer data)
{
  g_autofree char *espeak = g_find_program_in_path ("espeak-ng");
  g_autoptr (OhSource) player = NULL;
  gboolean spoken = FALSE;

  if (!espeak)
    {
      g_test_skip ("espeak-ng is not installed");
      return;
    }
  oh_speech_synthesize_async ("--help is what I say", "en", f->path, NULL, on_spoken, &spoken);
  wait_for (&spoken);
  player = oh_player_new (f->path, 16000, FALSE, NULL);
  g_assert_nonnull (player);
  g_assert_cmpuint (oh_player_get_duration (player), >, 700);
}

static void
on_refused (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_assert_false (oh_speech_synthesize_finish (result, NULL));
  *(gboolean *)user_data = TRUE;
}

static void
test_speech_refused (Fixture *f, gconstpointer data)
{
  gboolean answered = FALSE;

  oh_speech_synthesize_async ("hello", "--path=/", f->path, NULL, on_refused, &answered);
  wait_for (&answered);
  answered = FALSE;
  oh_speech_synthesize_async ("\xff", "en", f->path, NULL, on_refused, &answered);
  wait_for (&answered);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture *f, gconstpointer data);
  } tests[] = {
    { "/recorder/record-and-play", test_record_and_play },
    { "/recorder/limits", test_limits },
    { "/recorder/exists", test_exists },
    { "/recorder/disk-full", test_disk_full },
    { "/recorder/repair", test_repair },
    { "/recorder/keeps-up", test_keeps_up },
    { "/player/seek-and-loop", test_seek_and_loop },
    { "/speech/to-file", test_speech },
    { "/speech/refused", test_speech_refused },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
