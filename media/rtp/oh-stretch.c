/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-stretch.h"

#include <math.h>
#include <string.h>

#define QUIET 100.0f /* RMS below which any seam is unheard */
#define GOOD 0.8f
#define FORCED 0.4f
#define SEAMS 200 /* a second: a seam of 5 ms is the shortest that is a good one */

/* Similarity of the first @n samples with those @lag later; -1 to 1. */
static float
correlate (const gint16 *samples, gsize lag, gsize n, gsize step)
{
  float ab = 0, aa = 1, bb = 1;

  for (gsize i = 0; i < n; i += step)
    {
      float a = samples[i], b = samples[i + lag];

      ab += a * b;
      aa += a * a;
      bb += b * b;
    }
  return ab / sqrtf (aa * bb);
}

/* So many samples blend where the first of two periods of @lag goes over into the second. */
static gsize
get_seam (gsize n, gsize lag)
{
  return MIN (lag, n - lag);
}

static gboolean
is_quiet (const gint16 *samples, gsize n)
{
  float sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (float)samples[i] * samples[i];
  return sum < QUIET * QUIET * n;
}

/* The best lag from 2.5 ms to @most; 0: none. Looked for at about 8 kHz. */
static gsize
find_period (const gint16 *samples, gsize n, gsize most, guint rate, gboolean force)
{
  gsize step = MAX (1, rate / 8000), from = rate / 400, best_lag = 0;
  float best = force ? FORCED : GOOD;

  if (from > most)
    return 0;
  if (is_quiet (samples, n))
    return most;
  for (gsize lag = from; lag <= most; lag += step)
    {
      float likeness = correlate (samples, lag, get_seam (n, lag), step);

      if (likeness > best)
        {
          best = likeness;
          best_lag = lag;
        }
    }
  return best_lag;
}

/* The longest period that may be taken out: half of @n, or 15 ms with a shorter seam, since the voices of
 * men have such. */
static gsize
get_longest (gsize n, guint rate)
{
  gsize shortest_seam = rate / SEAMS;

  return n <= shortest_seam ? 0 : MIN (n - shortest_seam, MAX (n / 2, 3 * shortest_seam));
}

/* x[0..seam) blending into x[lag..lag + seam), then the rest. */
gsize
oh_stretch_shorten (gint16 *samples, gsize n, gsize most, guint rate, gboolean force)
{
  gsize lag = find_period (samples, n, MIN (get_longest (n, rate), most), rate, force), seam;

  if (lag == 0)
    return n;
  seam = get_seam (n, lag);
  for (gsize i = 0; i < seam; i++)
    samples[i] = (samples[i] * (gint)(seam - i) + samples[i + lag] * (gint)i) / (gint)seam;
  memmove (samples + seam, samples + lag + seam, (n - lag - seam) * sizeof *samples);
  return n - lag;
}

/* x[0..lag), then x[lag..2 lag) blending into x[0..lag), then x[lag..n). */
gsize
oh_stretch_lengthen (gint16 *samples, gsize n, guint rate, gboolean force)
{
  gsize lag = find_period (samples, n, n / 2, rate, force);

  if (lag == 0)
    return n;
  memmove (samples + 2 * lag, samples + lag, (n - lag) * sizeof *samples);
  for (gsize i = 0; i < lag; i++)
    samples[lag + i] = (samples[lag + i] * (gint)(lag - i) + samples[i] * (gint)i) / (gint)lag;
  return n + lag;
}
