/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-stretch.h"

#include <math.h>
#include <string.h>

#define QUIET 100.0f /* RMS below which any seam is unheard */
#define GOOD 0.8f
#define FORCED 0.4f

/* Similarity of the first @lag samples with the next ones; -1 to 1. */
static float
correlate (const gint16 *samples, gsize lag, gsize step)
{
  float ab = 0, aa = 1, bb = 1;

  for (gsize i = 0; i < lag; i += step)
    {
      float a = samples[i], b = samples[i + lag];

      ab += a * b;
      aa += a * a;
      bb += b * b;
    }
  return ab / sqrtf (aa * bb);
}

static gboolean
is_quiet (const gint16 *samples, gsize n)
{
  float sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (float)samples[i] * samples[i];
  return sum < QUIET * QUIET * n;
}

/* The best lag from 2.5 ms to half of the block, or @most; 0: none. Looked for at about 8 kHz. */
static gsize
find_period (const gint16 *samples, gsize n, gsize most, guint rate, gboolean force)
{
  gsize step = MAX (1, rate / 8000), from = rate / 400, to = MIN (n / 2, most), best_lag = 0;
  float best = force ? FORCED : GOOD;

  if (from > to)
    return 0;
  if (is_quiet (samples, n))
    return to;
  for (gsize lag = from; lag <= to; lag += step)
    {
      float likeness = correlate (samples, lag, step);

      if (likeness > best)
        {
          best = likeness;
          best_lag = lag;
        }
    }
  return best_lag;
}

gsize
oh_stretch_shorten (gint16 *samples, gsize n, gsize most, guint rate, gboolean force)
{
  gsize lag = find_period (samples, n, most, rate, force);

  if (lag == 0)
    return n;
  for (gsize i = 0; i < lag; i++)
    samples[i] = (samples[i] * (gint)(lag - i) + samples[i + lag] * (gint)i) / (gint)lag;
  memmove (samples + lag, samples + 2 * lag, (n - 2 * lag) * sizeof *samples);
  return n - lag;
}

/* x[0..lag), then x[lag..2 lag) blending into x[0..lag), then x[lag..n). */
gsize
oh_stretch_lengthen (gint16 *samples, gsize n, guint rate, gboolean force)
{
  gsize lag = find_period (samples, n, n, rate, force);

  if (lag == 0)
    return n;
  memmove (samples + 2 * lag, samples + lag, (n - lag) * sizeof *samples);
  for (gsize i = 0; i < lag; i++)
    samples[lag + i] = (samples[lag + i] * (gint)(lag - i) + samples[i] * (gint)i) / (gint)lag;
  return n + lag;
}
