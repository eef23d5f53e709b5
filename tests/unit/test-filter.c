/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-delay.h"
#include "media/filter/oh-filter.h"
#include "media/filter/oh-fourier.h"
#include "media/filter/oh-spectrum.h"

#include <math.h>
#include <string.h>

#define FILTER (&oh_filter_voice)
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

/* Somebody speaks while a fan runs: the fan is heard less, the voice 4 ms later and as before. */
static void
test_voice_in_noise (void)
{
  const OhFilterOptions options = { .noise = TRUE };
  gsize n = RATE * 8, from = RATE * 4, late = RATE / 250;
  g_autofree gint16 *far = g_new0 (gint16, n), *near = g_new (gint16, n),
                    *voice = g_new (gint16, n);
  g_autofree gint16 *pauses = g_new0 (gint16, n), *before = g_new0 (gint16, n);
  double same = 0, all = 0;

  make_voice (voice, n, 2, 4000);
  for (gsize i = 0; i < n; i++)
    near[i] = voice[i] + g_test_rand_int_range (-200, 200);
  for (gsize i = from + late; i < n; i++)
    before[i] = voice[i] == 0 && voice[i - late] == 0 ? near[i] : 0;
  run (near, far, n, &options, NULL);
  for (gsize i = from + late; i < n; i++)
    {
      pauses[i] = voice[i] == 0 && voice[i - late] == 0 ? near[i] : 0;
      same += (double)near[i] * voice[i - late];
      all += (double)voice[i - late] * voice[i - late];
    }
  g_test_message ("voice %.3f of what it was, noise %.1f dB softer", same / all,
                  energy_db (before, n) - energy_db (pauses, n));
  g_assert_cmpfloat (same / all, >, 0.95);
  g_assert_cmpfloat (same / all, <, 1.02);
  g_assert_cmpfloat (energy_db (before, n) - energy_db (pauses, n), >, 6);
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

/* Who speaks loud is not clipped, from the first block on; a fan alone is not made louder. */
static void
test_gain_bounds (void)
{
  const OhFilterOptions options = { .gain = TRUE };
  gsize n = RATE * 8;
  g_autofree gint16 *far = g_new0 (gint16, n), *loud = g_new (gint16, n), *fan = g_new (gint16, n);
  double before;
  int most = 0;

  make_voice (loud, n, 3, 1000);
  make_voice (loud + n / 2, n / 2, 3, 14000); /* after four seconds in which it was made louder */
  for (gsize i = 0; i < n; i++)
    fan[i] = g_test_rand_int_range (-150, 150);
  before = energy_db (fan, n);
  run (loud, far, n, &options, NULL);
  run (fan, far, n, &options, NULL);
  for (gsize i = 0; i < n; i++)
    most = MAX (most, ABS (loud[i]));
  g_test_message ("peak %d", most);
  g_assert_cmpint (most, <, 32700);
  g_assert_cmpfloat (fabs (energy_db (fan, n) - before), <, 0.5);
}

/* dB of echo removed between two times, in ms. */
static double
get_reduction (const gint16 *echo, const gint16 *out, guint from, guint to)
{
  gsize at = from * (RATE / 1000), n = (to - from) * (RATE / 1000);
  double reduction = energy_db (echo + at, n) - energy_db (out + at, n);

  g_test_message ("%u to %u ms: %.1f dB of echo removed", from, to, reduction);
  return reduction;
}

/* The first words come back hardly, and soon not at all. */
static void
test_start (void)
{
  const OhFilterOptions options = { .echo = TRUE };
  gsize n = RATE * 4;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n), *echo = NULL;

  make_voice (far, n, 1, 8000);
  add_echo (near, far, n);
  echo = g_memdup2 (near, n * sizeof *near);
  run (near, far, n, &options, NULL);
  g_assert_cmpfloat (get_reduction (echo, near, 750, 1500), >, 20);
  g_assert_cmpfloat (get_reduction (echo, near, 2000, 4000), >, 35);
}

/* Somebody moves the loudspeaker: another delay, other reflections. */
static void
test_path_change (void)
{
  const OhFilterOptions options = { .echo = TRUE };
  gsize n = RATE * 8, half = n / 2, later = RATE / 25;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n), *echo = NULL;

  make_voice (far, n, 1, 8000);
  add_echo (near, far, half);
  add_echo (near + half + later, far + half, n - half - later);
  for (gsize i = half + later; i < n; i++)
    near[i] = -near[i];
  echo = g_memdup2 (near, n * sizeof *near);
  run (near, far, n, &options, NULL);
  g_assert_cmpfloat (get_reduction (echo, near, 3000, 4000), >, 35);
  g_assert_cmpfloat (get_reduction (echo, near, 5000, 6000), >, 20);
  g_assert_cmpfloat (get_reduction (echo, near, 6000, 8000), >, 35);
}

/* A headset: no echo, and both speak from the first moment on. Nothing is taken for an echo. */
static void
test_no_echo (void)
{
  const OhFilterOptions options = { .echo = TRUE };
  gsize n = RATE * 8;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new (gint16, n), *voice = NULL;

  make_voice (far, n, 1, 8000);
  make_voice (near, n, 2, 8000);
  voice = g_memdup2 (near, n * sizeof *near);
  run (near, far, n, &options, NULL);
  g_assert_cmpfloat (get_reduction (voice, near, 0, 2000), <, 3);
  g_assert_cmpfloat (get_reduction (voice, near, 2000, 8000), <, 0.5);
}

/* The headset is put on in mid-call: nothing is taken out of, or put into, the near voice then. */
static void
test_echo_ends (void)
{
  const OhFilterOptions options = { .echo = TRUE };
  gsize n = RATE * 8, half = n / 2;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n), *echo = NULL;

  make_voice (far, n, 1, 8000);
  add_echo (near, far, half);
  make_voice (near + half, n - half, 2, 3000);
  echo = g_memdup2 (near, n * sizeof *near);
  run (near, far, n, &options, NULL);
  g_assert_cmpfloat (get_reduction (echo, near, 3000, 4000), >, 35);
  g_assert_cmpfloat (fabs (get_reduction (echo, near, 5000, 8000)), <, 0.5);
}

/* A fan is heard all the time: it goes on, as loud, while the other side speaks. */
static void
test_comfort_noise (void)
{
  const OhFilterOptions options = { .echo = TRUE };
  gsize n = RATE * 8;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n), *fan = NULL;

  make_voice (far, n, 1, 8000);
  for (gsize i = 0; i < n; i++)
    near[i] = g_test_rand_int_range (-150, 150);
  fan = g_memdup2 (near, n * sizeof *near);
  add_echo (near, far, n);
  run (near, far, n, &options, NULL);
  for (guint from = 4000; from < 8000; from += 250)
    g_assert_cmpfloat (fabs (get_reduction (fan, near, from, from + 250)), <, 4);
}

/* A loudspeaker driven so hard that no linear filter takes its echo out: with turns nothing of it is
 * returned, and the far end is heard as loud as it is all the time. */
static void
test_half_duplex (void)
{
  const OhFilterOptions options = { .echo = TRUE, .half_duplex = TRUE };
  gsize n = RATE * 8;
  g_autofree gint16 *far = g_new (gint16, n), *played = g_new (gint16, n);
  g_autofree gint16 *near = g_new0 (gint16, n), *echo = NULL;
  gpointer filter = FILTER->create ();

  make_voice (far, n, 1, 8000);
  for (gsize i = 0; i < n; i++)
    played[i] = 2000 * tanh (far[i] / 2000.0);
  add_echo (near, played, n);
  echo = g_memdup2 (near, n * sizeof *near);
  FILTER->configure (filter, &options);
  for (gsize i = 0; i + BLOCK <= n; i += BLOCK)
    {
      g_assert_cmpfloat (FILTER->play (filter, far + i), ==, 1);
      FILTER->process (filter, near + i, 0);
    }
  FILTER->destroy (filter);
  g_assert_cmpfloat (get_reduction (echo, near, 0, 1000), >, 30);
  g_assert_cmpfloat (get_reduction (echo, near, 1000, 8000), >, 45);
}

/* Who breaks in for long enough is heard, though the far end, which is turned down, goes on. */
static void
test_break_in (void)
{
  const OhFilterOptions options = { .echo = TRUE, .half_duplex = TRUE };
  gsize n = RATE * 5, from = RATE * 3;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new (gint16, n), *voice = NULL;
  gpointer filter = FILTER->create ();
  float gain = 1;

  make_voice (far, n, 1, 8000);
  make_voice (near, n, 2, 8000);
  memset (near, 0, from * sizeof *near);
  voice = g_memdup2 (near, n * sizeof *near);
  FILTER->configure (filter, &options);
  for (gsize i = 0; i + BLOCK <= n; i += BLOCK)
    {
      gain = FILTER->play (filter, far + i);
      FILTER->process (filter, near + i, 0);
    }
  FILTER->destroy (filter);
  g_assert_cmpfloat (get_reduction (voice, near, 3900, 5000), <, 1);
  g_assert_cmpfloat (gain, <, 0.2);
}

/* Nothing is played: what the microphone hears passes as it is, but for a delay of 4 ms. */
static void
test_silent_loudspeaker (gconstpointer half_duplex)
{
  const OhFilterOptions options = { .echo = TRUE, .half_duplex = half_duplex != NULL };
  gsize n = RATE * 4, late = RATE / 250;
  g_autofree gint16 *far = g_new0 (gint16, n), *near = g_new (gint16, n), *voice = NULL;

  make_voice (near, n, 2, 8000);
  voice = g_memdup2 (near, n * sizeof *near);
  run (near, far, n, &options, NULL);
  for (gsize i = late; i < n; i++)
    g_assert_cmpint (ABS (near[i] - voice[i - late]), <=, 3);
}

/* A delay that no filter would hold is found in the first words, and stays found. */
static void
test_delay (void)
{
  g_autoptr (OhDelay) delay = oh_delay_new ();
  gsize n = RATE * 5, late = RATE * 320 / 1000, first = 0;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n);

  make_voice (far, n, 5, 8000);
  for (gsize i = late; i < n; i++)
    near[i] = far[i - late] / 3;
  for (gsize i = 0; i + OH_DELAY_BLOCK <= n; i += OH_DELAY_BLOCK)
    {
      if (!oh_delay_process (delay, near + i, far + i))
        continue;
      first = first ? first : i;
      g_assert_cmpuint (oh_delay_get (delay), >=, late - 2);
      g_assert_cmpuint (oh_delay_get (delay), <=, late + 2);
    }
  g_test_message ("found after %.2f s", first / (double)RATE);
  g_assert_cmpuint (first, >, 0);
  g_assert_cmpuint (first, <, RATE * 3 / 2);
}

/* Nobody looks for a second, in which the echo moves: it is found at its new place within 0.4 s of the
 * next look, and not at the old one any more. */
static void
test_delay_pause (void)
{
  g_autoptr (OhDelay) delay = oh_delay_new ();
  gsize n = RATE * 6, early = RATE * 40 / 1000, late = RATE * 90 / 1000, first = 0;
  gsize pause = RATE * 3, again = RATE * 4;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new0 (gint16, n);

  make_voice (far, n, 5, 8000);
  for (gsize i = late; i < n; i++)
    near[i] = far[i - (i < pause + RATE / 2 ? early : late)] / 3;
  for (gsize i = 0; i + OH_DELAY_BLOCK <= n; i += OH_DELAY_BLOCK)
    if (i >= pause && i < again)
      oh_delay_pause (delay, near + i, far + i);
    else if (oh_delay_process (delay, near + i, far + i) && i >= again && first == 0
             && ABS ((gint)oh_delay_get (delay) - (gint)late) <= 2)
      first = i;
  g_test_message ("found after %.2f s", (first - (double)again) / RATE);
  g_assert_cmpuint (first, >, 0);
  g_assert_cmpuint (first - again, <, RATE * 2 / 5);
  g_assert_cmpint (ABS ((gint)oh_delay_get (delay) - (gint)late), <=, 2);
}

/* There is none for ten seconds, and then one: it is found in the first words all the same. */
static void
test_delay_late (void)
{
  g_autoptr (OhDelay) delay = oh_delay_new ();
  gsize n = RATE * 12, begun = RATE * 10, late = RATE * 40 / 1000, first = 0;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new (gint16, n);

  make_voice (far, n, 5, 8000);
  for (gsize i = 0; i < n; i++)
    near[i] = g_test_rand_int_range (-20, 20) + (i < begun ? 0 : far[i - late] / 3);
  for (gsize i = 0; i + OH_DELAY_BLOCK <= n && first == 0; i += OH_DELAY_BLOCK)
    if (oh_delay_process (delay, near + i, far + i) && i >= begun)
      first = i;
  g_test_message ("found after %.2f s", (first - (double)begun) / RATE);
  g_assert_cmpuint (first, >, 0);
  g_assert_cmpuint (first - begun, <, RATE / 2);
  g_assert_cmpint (ABS ((gint)oh_delay_get (delay) - (gint)late), <=, 2);
}

/* Two who speak at once are no echo of each other, but for a moment by chance; that is tried, and costs
 * nobody a word (see test_no_echo). 600 searches. */
static void
test_delay_none (void)
{
  g_autoptr (OhDelay) delay = oh_delay_new ();
  gsize n = RATE * 20;
  g_autofree gint16 *far = g_new (gint16, n), *near = g_new (gint16, n);
  guint finds = 0;

  make_voice (far, n, 1, 8000);
  make_voice (near, n, 2, 8000);
  for (gsize i = 0; i + OH_DELAY_BLOCK <= n; i += OH_DELAY_BLOCK)
    finds += oh_delay_process (delay, near + i, far + i);
  g_assert_cmpuint (finds, <, 12);
}

/* The transform against its definition, and back. */
static void
test_transform (void)
{
  g_autoptr (OhTransform) transform = oh_transform_new ();
  float samples[OH_SPECTRUM_SIZE], again[OH_SPECTRUM_SIZE];
  OhSpectrum spectrum;

  for (guint i = 0; i < OH_SPECTRUM_SIZE; i++)
    samples[i] = g_test_rand_double_range (-1, 1);
  oh_transform_forward (transform, samples, &spectrum);
  for (guint k = 0; k < OH_SPECTRUM_BINS; k++)
    {
      double re = 0, im = 0;

      for (guint i = 0; i < OH_SPECTRUM_SIZE; i++)
        {
          re += samples[i] * cos (2 * G_PI * k * i / OH_SPECTRUM_SIZE);
          im -= samples[i] * sin (2 * G_PI * k * i / OH_SPECTRUM_SIZE);
        }
      g_assert_cmpfloat_with_epsilon (spectrum.re[k], re, 1e-4);
      g_assert_cmpfloat_with_epsilon (spectrum.im[k], im, 1e-4);
    }
  oh_transform_backward (transform, &spectrum, again);
  for (guint i = 0; i < OH_SPECTRUM_SIZE; i++)
    g_assert_cmpfloat_with_epsilon (again[i], samples[i], 1e-5);
}

static void
test_fourier (void)
{
  g_autoptr (OhFourier) fourier = oh_fourier_new ();
  float complex values[OH_FOURIER_SIZE], before[OH_FOURIER_SIZE];

  for (guint i = 0; i < OH_FOURIER_SIZE; i++)
    values[i] = before[i] = CMPLXF (g_test_rand_double_range (-1, 1),
                                    g_test_rand_double_range (-1, 1));
  oh_fourier_transform (fourier, values);
  for (guint k = 0; k < OH_FOURIER_SIZE; k += 7)
    {
      double complex sum = 0;

      for (guint i = 0; i < OH_FOURIER_SIZE; i++)
        sum += before[i] * cexp (-2 * G_PI * I * k * i / OH_FOURIER_SIZE);
      g_assert_cmpfloat (cabs (sum - values[k]), <, 1e-3);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter/echo", test_echo);
  g_test_add_func ("/filter/double-talk", test_double_talk);
  g_test_add_func ("/filter/off", test_off);
  g_test_add_func ("/filter/noise", test_noise);
  g_test_add_func ("/filter/voice-in-noise", test_voice_in_noise);
  g_test_add_func ("/filter/gain", test_gain);
  g_test_add_func ("/filter/gain/bounds", test_gain_bounds);
  g_test_add_func ("/filter/start", test_start);
  g_test_add_func ("/filter/path-change", test_path_change);
  g_test_add_func ("/filter/no-echo", test_no_echo);
  g_test_add_func ("/filter/echo-ends", test_echo_ends);
  g_test_add_func ("/filter/comfort-noise", test_comfort_noise);
  g_test_add_func ("/filter/half-duplex", test_half_duplex);
  g_test_add_func ("/filter/half-duplex/break-in", test_break_in);
  g_test_add_data_func ("/filter/half-duplex/silent-loudspeaker", "", test_silent_loudspeaker);
  g_test_add_data_func ("/filter/silent-loudspeaker", NULL, test_silent_loudspeaker);
  g_test_add_func ("/filter/delay", test_delay);
  g_test_add_func ("/filter/delay/pause", test_delay_pause);
  g_test_add_func ("/filter/delay/late", test_delay_late);
  g_test_add_func ("/filter/delay/none", test_delay_none);
  g_test_add_func ("/filter/transform", test_transform);
  g_test_add_func ("/filter/fourier", test_fourier);
  return g_test_run ();
}
