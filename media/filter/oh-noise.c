/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-noise.h"

#include <math.h>
#include <string.h>

#define ROOM OH_SPECTRUM_ROOM
#define SMOOTH 0.8f
#define WINDOW 100    /* blocks: the least of the last 1 to 2 s counts */
#define SPEECH 3.0f   /* times the least */
#define LIKELY 0.2f   /* kept of how likely speech is, from block to block */
#define KEPT 0.95f    /* of the noise, where nobody speaks */
#define MOST 3.0f     /* times the least: more is no noise */
#define FAINT 5000.0f /* power of noise that nobody hears: below -75 dBFS */
#define CLEAR 100.0f  /* ratio of speech to noise from which on more makes no difference */
#define LOCAL 0.7f    /* kept of the ratio around a bin, from block to block */
#define FIRST 6       /* bins from 300 Hz... */
#define LAST 80       /* ...to 4 kHz tell whether anybody speaks at all */

/* The least of the smoothed power, over two windows that overlap by one's length. */
static void
follow_least (OhNoise *noise, const float *power)
{
  gboolean turn = noise->age % WINDOW == 0;

  for (guint k = 0; k < ROOM; k++)
    {
      float below = power[k > 0 ? k - 1 : 1], above = power[k + 1 < ROOM ? k + 1 : k];
      float around = (below + 2 * power[k] + above) / 4;

      noise->smooth[k] = noise->age == 0 ? around
                                         : SMOOTH * noise->smooth[k] + (1 - SMOOTH) * around;
      if (turn)
        {
          noise->least[k] = noise->age == 0 ? noise->smooth[k] : noise->coming[k];
          noise->coming[k] = noise->smooth[k];
        }
      noise->least[k] = MIN (noise->least[k], noise->smooth[k]);
      noise->coming[k] = MIN (noise->coming[k], noise->smooth[k]);
    }
}

/* Who speaks from the first moment on is not taken for noise: until the first window is over that is
 * no more than the least. */
static void
follow_noise (OhNoise *noise, const float *power)
{
  float most = noise->age < WINDOW ? 1 : MOST;

  for (guint k = 0; k < ROOM; k++)
    {
      float least = MAX (noise->least[k], FAINT);
      float speaks = noise->smooth[k] > SPEECH * least;
      float kept;

      noise->present[k] = LIKELY * noise->present[k] + (1 - LIKELY) * speaks;
      kept = KEPT + (1 - KEPT) * noise->present[k];
      noise->noise[k] = kept * noise->noise[k] + (1 - kept) * power[k];
      noise->noise[k] = CLAMP (noise->noise[k], FAINT, most * least);
    }
}

/* How likely somebody speaks where the ratio of speech to noise is about @ratio. */
static float
get_likelihood (float ratio)
{
  return ratio / (ratio + 0.15f);
}

/* exp (E1 (@x) / 2), to some percent. */
static float
get_more (float x)
{
  if (x < 0.1f)
    return expf (-0.5f * (1.0032f * logf (MAX (x, 1e-3f)) + 0.6f));
  if (x < 1)
    return expf (-0.5f * (0.6706f * logf (x) - 0.166f));
  return expf (0.5f * expf (-1.1973f * x - 0.5987f));
}

/* The ratio of speech to noise: by what passed in the block before, the less the more speech that was. */
static void
follow_ratio (OhNoise *noise, const float *power, float *ratio)
{
  for (guint k = 0; k < ROOM; k++)
    {
      float now = CLAMP (power[k] / noise->noise[k] - 1, 0, CLEAR);
      float before = noise->speech[k] / noise->noise[k];
      float part = before / (before + 1), weight = 0.1f + 0.89f * part * part;

      ratio[k] = MIN (weight * now + (1 - weight) * before, CLEAR);
    }
  for (guint k = 1; k + 1 < ROOM; k++)
    noise->local[k] = LOCAL * noise->local[k]
                      + (1 - LOCAL) * (ratio[k - 1] + 2 * ratio[k] + ratio[k + 1]) / 4;
}

void
oh_noise_process (OhNoise *noise, const float *power, float *gain)
{
  const float least = sqrtf (OH_NOISE_LEAST);
  float ratio[ROOM], sum = 0, all;

  follow_least (noise, power);
  follow_noise (noise, power);
  follow_ratio (noise, power, ratio);
  for (guint k = FIRST; k < LAST; k++)
    sum += noise->local[k];
  all = 0.1f + 0.899f * get_likelihood (sum / (LAST - FIRST));
  for (guint k = 0; k < ROOM; k++)
    {
      float now = MIN (power[k] / noise->noise[k], CLEAR + 1);
      float x = ratio[k] * now / (1 + ratio[k]);
      float heard = MIN (ratio[k] / (1 + ratio[k]) * get_more (x), 1);
      float q = 1 - all * (0.199f + 0.8f * get_likelihood (noise->local[k]));
      float speaks = 1 / (1 + q / (1 - q) * (1 + ratio[k]) * expf (-x));
      float root = speaks * sqrtf (heard) + (1 - speaks) * least;

      gain[k] = MAX (root * root, OH_NOISE_LEAST);
      noise->speech[k] = 0.2f * noise->speech[k] + 0.8f * heard * heard * power[k];
    }
  noise->age++;
}
