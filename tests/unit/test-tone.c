/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/tone/oh-tone.h"

#include <math.h>

#define RATE 16000

static double
level_at (const gint16 *samples, gsize n, double hz)
{
  double re = 0, im = 0;

  for (gsize i = 0; i < n; i++)
    {
      re += samples[i] * cos (2 * G_PI * hz * i / RATE);
      im += samples[i] * sin (2 * G_PI * hz * i / RATE);
    }
  return 20 * log10 (2 * sqrt (re * re + im * im) / n / 32768 + 1e-9);
}

static int
peak (const gint16 *samples, gsize n)
{
  int most = 0;

  for (gsize i = 0; i < n; i++)
    most = MAX (most, ABS (samples[i]));
  return most;
}

static gsize
read_ms (OhSource *source, gint16 *samples, guint ms)
{
  return source->klass->read (source, samples, RATE * ms / 1000);
}

static void
test_ringback (void)
{
  g_autoptr (OhSource) tone = oh_tone_new (OH_TONE_RINGBACK, RATE, 1);
  g_autofree gint16 *sound = g_new (gint16, RATE * 10);

  g_assert_cmpuint (read_ms (tone, sound, 10000), ==, RATE * 10);
  g_assert_cmpfloat (fabs (level_at (sound + 1600, 12800, 425) + 24), <, 0.5);
  g_assert_cmpfloat (level_at (sound + 1600, 12800, 1000), <, -60);
  g_assert_cmpint (peak (sound + RATE, RATE * 4), ==, 0);
  g_assert_cmpfloat (fabs (level_at (sound + RATE * 5 + 1600, 12800, 425) + 24), <, 0.5);
}

static void
test_after (void)
{
  g_autoptr (OhSource) tone = oh_tone_new_after (250, OH_TONE_RINGBACK, RATE, 1);
  g_autofree gint16 *sound = g_new (gint16, RATE);

  g_assert_cmpuint (read_ms (tone, sound, 1000), ==, RATE);
  g_assert_cmpint (peak (sound, RATE / 4), ==, 0);
  g_assert_cmpint (peak (sound + RATE / 4, RATE / 100), >, 1000);
  g_assert_cmpuint (read_ms (tone, sound, 1000), ==, RATE);
  g_assert_cmpint (peak (sound + RATE / 4, RATE * 3 / 4), ==, 0);
}

static void
test_volume (void)
{
  for (int kind = OH_TONE_RINGBACK; kind <= OH_TONE_RINGER; kind++)
    {
      g_autoptr (OhSource) full = oh_tone_new (kind, RATE, 1);
      g_autoptr (OhSource) half = oh_tone_new (kind, RATE, 0.5);
      gint16 a[RATE / 4], b[RATE / 4];

      g_assert_cmpuint (read_ms (full, a, 250), ==, RATE / 4);
      g_assert_cmpuint (read_ms (half, b, 250), ==, RATE / 4);
      g_assert_cmpint (peak (a, RATE / 4), <=, 2068);
      g_assert_cmpint (peak (a, RATE / 4), >, 1000);
      g_assert_cmpint (ABS (peak (a, RATE / 4) - 2 * peak (b, RATE / 4)), <=, 2);
    }
}

/* No step between two samples that would be heard as a click. */
static void
test_edges (void)
{
  for (int kind = OH_TONE_RINGBACK; kind <= OH_TONE_RINGER; kind++)
    {
      g_autoptr (OhSource) tone = oh_tone_new (kind, RATE, 1);
      gint16 last = 0;

      for (guint i = 0; i < RATE * 6; i++)
        {
          gint16 sample = 0;

          tone->klass->read (tone, &sample, 1);
          g_assert_cmpint (ABS (sample - last), <, 1200);
          last = sample;
        }
    }
}

static void
count (gpointer data)
{
  ++*(guint *)data;
}

static void
test_beep_ends (void)
{
  g_autoptr (OhSource) tone = oh_tone_new (OH_TONE_BEEP, RATE, 1);
  OhExecutor executor = oh_executor_for_context (NULL);
  gint16 sound[RATE];
  guint ended = 0;

  oh_source_set_ended (tone, &executor, count, &ended);
  g_assert_cmpuint (read_ms (tone, sound, 1000), ==, RATE * 3 / 10);
  g_assert_cmpuint (read_ms (tone, sound, 1000), ==, 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (ended, ==, 1);
}

static void
test_digits (void)
{
  const char *keys = "123A456B789C*0#D";
  const double rows[] = { 697, 770, 852, 941 }, columns[] = { 1209, 1336, 1477, 1633 };

  for (guint i = 0; i < 16; i++)
    {
      g_autoptr (OhSource) tone = oh_tone_new_digit (keys[i], 200, RATE, 1);
      gint16 sound[RATE];

      g_assert_cmpuint (read_ms (tone, sound, 1000), ==, RATE / 5);
      for (guint k = 0; k < 4; k++)
        {
          g_assert_true ((level_at (sound, RATE / 5, rows[k]) > -32) == (k == i / 4));
          g_assert_true ((level_at (sound, RATE / 5, columns[k]) > -32) == (k == i % 4));
        }
    }
  g_assert_null (oh_tone_new_digit ('x', 100, RATE, 1));
  g_assert_null (oh_tone_new_digit ('\0', 100, RATE, 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tone/ringback", test_ringback);
  g_test_add_func ("/tone/after", test_after);
  g_test_add_func ("/tone/volume", test_volume);
  g_test_add_func ("/tone/edges", test_edges);
  g_test_add_func ("/tone/beep-ends", test_beep_ends);
  g_test_add_func ("/tone/digits", test_digits);
  return g_test_run ();
}
