/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-delay.h"
#include "media/filter/oh-filter.h"

#include <math.h>
#include <string.h>

#define FILTER (&oh_filter_speex)
#define BLOCK 160
#define RATE 16000

/* Syllables of noise and harmonics, some 4 a second: enough of speech for a filter to learn by. */
static void
make_voice (gint16 *samples, gsize n, guint seed, double level)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  double phase = 0, low = 0;

  for (gsize i = 0; i < n; i++)
    {
      double t = i / (double)RATE;
      double loud = MAX (0, sin (2 * G_PI * 3.7 * t + seed)) * (0.6 + 0.4 * sin (t * 1.1));
      double value = 0;

      phase += 2 * G_PI * (120 + 20 * seed % 60 + 25 * sin (2 * G_PI * 0.7 * t)) / RATE;
      for (guint k = 1; k < 20; k++)
        value += sin (k * phase) / k;
      low = 0.7 * low + g_rand_double_range (rand, -1, 1);
      samples[i] = level * loud * (0.5 * value + 0.4 * low);
    }
}

static double
energy_db (const gint16 *samples, gsize n)
{
  double sum = 1e-3;

  for (gsize i = 0; i < n; i++)
    sum += (double)samples[i] * samples[i];
  return 10 * log10 (sum / n);
}

static void
run (gint16 *near, const gint16 *far, gsize n, const OhFilterOptions *options, float *reduction)
{
  gpointer filter = FILTER->create ();

  g_assert_cmpuint (FILTER->rate, ==, RATE);
  FILTER->configure (filter, options);
  for (gsize i = 0; i + BLOCK <= n; i += BLOCK)
    {
      FILTER->play (filter, far + i);
      FILTER->process (filter, near + i, 0);
    }
  if (reduction)
    *reduction = FILTER->get_echo_reduction (filter);
  FILTER->destroy (filter);
}

/* The loudspeaker comes back 50 ms later with a few reflections, 8 dB softer. */
static void
add_echo (gint16 *near, const gint16 *far, gsize n)
{
  const struct
  {
    guint late;
    double gain;
  } paths[] = { { 800, 0.4 }, { 850, 0.15 }, { 1111, -0.1 }, { 1700, 0.05 }, { 2300, 0.02 } };

  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < G_N_ELEMENTS (paths); k++)
      if (i >= paths[k].late)
        near[i] += far[i - paths[k].late] * paths[k].gain;
}

static void
test_echo (void)
{
  const OhFilterOptions options = { .echo = TRUE };
  gsize n = RATE * 8, from = RATE * 6;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n);
  double before, after;
  float reduction;

  make_voice (far, n, 1, 8000);
  add_echo (near, far, n);
  before = energy_db (near + from, n - from);
  run (near, far, n, &options, &reduction);
  after = energy_db (near + from, n - from);
  g_test_message ("%.1f dB of echo removed, %.1f told", before - after, reduction);
  g_assert_cmpfloat (before - after, >, 20);
  g_assert_cmpfloat (reduction, >, 15);
}

/* Both speak: the near voice stays. */
static void
test_double_talk (void)
{
  const OhFilterOptions options = { .echo = TRUE };
  gsize n = RATE * 8, from = RATE * 5;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n);
  g_autofree gint16 *voice = g_new (gint16, n);
  double loss;

  make_voice (far, n, 1, 8000);
  make_voice (voice, n, 2, 8000);
  memcpy (near + from, voice + from, (n - from) * sizeof *near);
  add_echo (near, far, n);
  run (near, far, n, &options, NULL);
  loss = energy_db (voice + from, n - from) - energy_db (near + from, n - from);
  g_test_message ("near voice %.1f dB softer", loss);
  g_assert_cmpfloat (loss, <, 6);
  g_assert_cmpfloat (loss, >, -3);
}

static void
test_off (void)
{
  const OhFilterOptions options = { 0 };
  gsize n = RATE;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new (gint16, n), *same = g_new (gint16, n);
  float reduction;

  make_voice (far, n, 1, 8000);
  make_voice (near, n, 2, 8000);
  memcpy (same, near, n * sizeof *near);
  run (near, far, n, &options, &reduction);
  g_assert_cmpmem (near, n * sizeof *near, same, n * sizeof *same);
  g_assert_cmpfloat (reduction, <, 0);
}

static void
test_noise (void)
{
  const OhFilterOptions options = { .noise = TRUE };
  gsize n = RATE * 4;
  g_autofree gint16 *far = g_new0 (gint16, n), *near = g_new (gint16, n);
  double before;

  for (gsize i = 0; i < n; i++)
    near[i] = g_test_rand_int_range (-300, 300);
  before = energy_db (near + n / 2, n / 2);
  run (near, far, n, &options, NULL);
  g_test_message ("noise %.1f dB softer", before - energy_db (near + n / 2, n / 2));
  g_assert_cmpfloat (before - energy_db (near + n / 2, n / 2), >, 8);
}

static void
test_gain (void)
{
  const OhFilterOptions options = { .gain = TRUE };
  gsize n = RATE * 8;
  g_autofree gint16 *far = g_new0 (gint16, n), *soft = g_new (gint16, n);
  double before;

  make_voice (soft, n, 3, 1000);
  before = energy_db (soft + n / 2, n / 2);
  run (soft, far, n, &options, NULL);
  g_test_message ("soft voice %.1f dB louder", energy_db (soft + n / 2, n / 2) - before);
  g_assert_cmpfloat (energy_db (soft + n / 2, n / 2) - before, >, 3);
}

/* A delay that no tail would hold is found, and then stays. */
static void
test_delay (void)
{
  g_autoptr (OhDelay) delay = oh_delay_new ();
  gsize n = RATE * 5, late = RATE * 320 / 1000;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n);
  guint held = 0, moves = 0;

  make_voice (far, n, 5, 8000);
  for (gsize i = late; i < n; i++)
    near[i] = far[i - late] / 3;
  for (gsize i = 0; i + BLOCK <= n; i += BLOCK)
    if (oh_delay_process (delay, near + i, far + i, held))
      {
        held = oh_delay_get (delay);
        moves++;
      }
  g_test_message ("held back %u samples after %u moves", held, moves);
  g_assert_cmpuint (moves, ==, 1);
  g_assert_cmpuint (held, >=, RATE * 300 / 1000);
  g_assert_cmpuint (held, <=, RATE * 320 / 1000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter/echo", test_echo);
  g_test_add_func ("/filter/double-talk", test_double_talk);
  g_test_add_func ("/filter/off", test_off);
  g_test_add_func ("/filter/noise", test_noise);
  g_test_add_func ("/filter/gain", test_gain);
  g_test_add_func ("/filter/delay", test_delay);
  return g_test_run ();
}
