/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/oh-estoi.h"
#include "media/filter/oh-resampler.h"

#include <math.h>
#include <string.h>

/* The benches' measure of what can be understood, against figures of another implementation: pystoi of
 * December 2023 (stoi (..., extended=True)), which its authors checked against the paper's own. */

#define RATE 10000
#define N (8 * RATE)

/* -1 to 1, the same everywhere. */
static void
make_noise (guint32 x, double *noise)
{
  for (guint i = 0; i < N; i++)
    {
      x = x * 1664525u + 1013904223u;
      noise[i] = ((gint)(x >> 16) - 32768) / 32768.0;
    }
}

/* Syllables of a voice whose vowels change. */
static gint16 *
make_voice (guint seed)
{
  gint16 *voice = g_new (gint16, N);
  g_autofree double *hiss = g_new (double, N);
  double phase = 0;

  make_noise (seed, hiss);
  for (guint i = 0; i < N; i++)
    {
      double t = i / (double)RATE, sum = 0.0;
      double loud = MAX (0, sin (2 * G_PI * 3.7 * t + seed)) * (0.6 + 0.4 * sin (1.1 * t));
      gint formant = 1 + (gint)(8 * (1 + sin (2 * G_PI * 1.3 * t + seed)));

      phase += 2 * G_PI * (110 + 20 * seed + 25 * sin (2 * G_PI * 0.7 * t)) / RATE;
      for (gint k = 1; k < 20; k++)
        sum += sin (k * phase) / (1 + ABS (k - formant));
      voice[i] = lrint (6000 * loud * (0.5 * sum + 0.3 * hiss[i]));
    }
  return voice;
}

static void
check (const char *what, const gint16 *clean, const gint16 *heard, double known)
{
  double found = oh_estoi (clean, heard, N, RATE);

  g_test_message ("%s: %.4f, known is %.4f", what, found, known);
  g_assert_cmpfloat_with_epsilon (found, known, 0.001);
}

static void
test_noise (void)
{
  static const struct
  {
    double loud, known;
  } noises[] = { { 0, 1 }, { 500, 0.9272 }, { 2000, 0.6259 }, { 6000, 0.2963 } };
  g_autofree gint16 *clean = make_voice (1), *heard = g_new (gint16, N);
  g_autofree double *noise = g_new (double, N);

  make_noise (7, noise);
  for (guint n = 0; n < G_N_ELEMENTS (noises); n++)
    {
      for (guint i = 0; i < N; i++)
        heard[i] = lrint (clean[i] + noises[n].loud * noise[i]);
      check ("noise", clean, heard, noises[n].known);
    }
}

/* One in five pieces of 20 ms is lost. */
static void
test_holes (void)
{
  g_autofree gint16 *clean = make_voice (1), *heard = make_voice (1);

  for (guint i = 0; i < N; i++)
    if (i / 200 % 5 == 4)
      heard[i] = 0;
  check ("holes", clean, heard, 0.8931);
}

static void
test_others (void)
{
  g_autofree gint16 *clean = make_voice (1), *other = make_voice (2);
  g_autofree gint16 *soft = g_new (gint16, N), *nothing = g_new0 (gint16, N);

  for (guint i = 0; i < N; i++)
    soft[i] = lrint (clean[i] * 0.25);
  check ("softer", clean, soft, 1);
  check ("another voice", clean, other, 0.1345);
  check ("nothing", clean, nothing, 0);
  g_assert_cmpfloat (oh_estoi (clean, clean, RATE / 10, RATE), ==, 0); /* too short to be judged */
}

static gint16 *
convert (const gint16 *samples, guint rate, gsize *n)
{
  g_autoptr (OhResampler) resampler = oh_resampler_new (RATE, rate);
  gsize room = oh_resampler_get_room (resampler, N);
  gint16 *out = g_new (gint16, room);

  *n = oh_resampler_process (resampler, samples, N, out, room);
  return out;
}

/* At other rates the same is found. */
static void
test_rates (void)
{
  static const guint rates[] = { 16000, 48000 };
  g_autofree gint16 *clean = make_voice (1), *heard = g_new (gint16, N);
  g_autofree double *noise = g_new (double, N);

  make_noise (7, noise);
  for (guint i = 0; i < N; i++)
    heard[i] = lrint (clean[i] + 500 * noise[i]);
  for (guint r = 0; r < G_N_ELEMENTS (rates); r++)
    {
      gsize n;
      g_autofree gint16 *c = convert (clean, rates[r], &n), *h = convert (heard, rates[r], &n);

      g_assert_cmpfloat_with_epsilon (oh_estoi (c, h, n, rates[r]), 0.9272, 0.01);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/estoi/noise", test_noise);
  g_test_add_func ("/estoi/holes", test_holes);
  g_test_add_func ("/estoi/others", test_others);
  g_test_add_func ("/estoi/rates", test_rates);
  return g_test_run ();
}
