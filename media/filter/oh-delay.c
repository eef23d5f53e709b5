/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-delay.h"

#include <math.h>
#include <string.h>

#define BLOCK OH_SPECTRUM_BLOCK
#define SIZE OH_SPECTRUM_SIZE
#define BINS OH_SPECTRUM_BINS
#define ROOM OH_SPECTRUM_ROOM
#define PARTS 51 /* of 10 ms, each looked at from 5 ms before to 5 ms after */
#define LAGS (PARTS * BLOCK)
#define PARTS_PER_BLOCK 17 /* of a search, so that no block costs much more than another */
#define LONG 300           /* blocks compared in vain, after which... */
#define PARTS_LATER 6      /* ...so many do: there hardly is an echo */
#define EMPHASIS 0.95f
#define KEPT 0.97f      /* of the correlation, from block to block: 0.33 s */
#define LONG_KEPT 0.99f /* of the power that a bin's is compared to */
#define SOFT 0.1f       /* of a bin's usual magnitude: less counts for less */
#define LOUD 1.0e4f     /* mean square of a far block with sound (-50 dBFS) */
#define HEARD 30        /* blocks that such a block is heard for */
#define ENOUGH 10       /* blocks that are compared before anything is believed */
#define CLEAR 8.0f      /* times the noise of the correlation */
#define SURE 14.0f      /* the same, where once is enough */
#define ALIKE 32        /* samples by which two finds may differ */
#define EARLIER 0.6f    /* of the highest peak; one so high before it is the direct sound */
#define BEFORE 320      /* samples before the highest that it is looked for in */
#define WIDTH 4         /* bins on each side that a gain is the mean of */
#define GAIN_SPREAD 8.0f
#define PAUSED 0.25f /* of what was compared before a pause: what comes after it counts for more */

/* One signal's frames of 20 ms. */
typedef struct
{
  float samples[SIZE]; /* pre-emphasized */
  float last;
  float usual[ROOM];  /* power, for long */
  float recent[ROOM]; /* power, as long as the correlation lasts */
} Side;

/*   near, far -> pre-emphasis -> windowed spectra -> whitened --+
 *   sum of near * conj (far, p blocks ago) for each p <---------+
 *   search: back to time -> peak far above the rest? */
struct _OhDelay
{
  OhTransform *transform;
  float window[SIZE];
  Side near, far;
  OhSpectrum fars[PARTS]; /* whitened; ring, newest first */
  guint newest;
  OhSpectrum cross[PARTS];
  guint heard;    /* blocks for which the far signal is still heard */
  guint compared; /* blocks */
  guint vain;     /* the same since something was found, up to LONG */
  gboolean paused;

  guint next; /* part that the search looks at next */
  float likeness[LAGS];
  guint found, last_found;
};

OhDelay *
oh_delay_new (void)
{
  OhDelay *delay = g_new0 (OhDelay, 1);

  delay->transform = oh_transform_new ();
  for (guint i = 0; i < SIZE; i++)
    delay->window[i] = 0.5 - 0.5 * cos (2 * G_PI * (i + 0.5) / SIZE);
  oh_delay_reset (delay);
  return delay;
}

void
oh_delay_free (OhDelay *delay)
{
  if (!delay)
    return;
  oh_transform_free (delay->transform);
  g_free (delay);
}

void
oh_delay_reset (OhDelay *delay)
{
  memset (&delay->near, 0, sizeof delay->near);
  memset (&delay->far, 0, sizeof delay->far);
  memset (delay->fars, 0, sizeof delay->fars);
  memset (delay->cross, 0, sizeof delay->cross);
  delay->heard = delay->compared = delay->next = 0;
  delay->paused = FALSE;
  delay->vain = 0;
  delay->found = delay->last_found = 2 * LAGS; /* nothing is alike */
}

/* The spectrum of the last 20 ms, each bin brought to a magnitude of about 1. */
static void
take_block (OhDelay *delay, Side *side, const gint16 *block, gboolean counts, OhSpectrum *spectrum)
{
  float windowed[SIZE], power[ROOM];

  memmove (side->samples, side->samples + BLOCK, BLOCK * sizeof *side->samples);
  for (guint i = 0; i < BLOCK; i++)
    {
      side->samples[BLOCK + i] = block[i] - EMPHASIS * side->last;
      side->last = block[i];
    }
  for (guint i = 0; i < SIZE; i++)
    windowed[i] = side->samples[i] * delay->window[i];
  oh_transform_forward (delay->transform, windowed, spectrum);
  oh_spectrum_get_power (spectrum, power);
  for (guint k = 0; k < ROOM; k++)
    {
      float scale;

      side->usual[k] += (1 - LONG_KEPT) * (power[k] - side->usual[k]);
      scale = 1 / (sqrtf (power[k]) + SOFT * sqrtf (side->usual[k]) + 1);
      spectrum->re[k] *= scale;
      spectrum->im[k] *= scale;
      if (counts)
        side->recent[k] = KEPT * side->recent[k] + power[k];
    }
}

static void
correlate (OhSpectrum *restrict cross,
           const OhSpectrum *restrict near,
           const OhSpectrum *restrict far)
{
  for (guint k = 0; k < ROOM; k++)
    {
      cross->re[k] = KEPT * cross->re[k] + near->re[k] * far->re[k] + near->im[k] * far->im[k];
      cross->im[k] = KEPT * cross->im[k] + near->im[k] * far->re[k] - near->re[k] * far->im[k];
    }
}

static gboolean
is_heard (OhDelay *delay, const gint16 *far)
{
  float sum = 0;

  for (guint i = 0; i < BLOCK; i++)
    sum += (float)far[i] * far[i];
  if (sum > LOUD * BLOCK)
    delay->heard = HEARD;
  else if (delay->heard > 0)
    delay->heard--;
  return delay->heard > 0;
}

/* Likeness by lag, from 5 ms before a part's own to 5 ms after. */
static void
look_at (OhDelay *delay, guint part)
{
  float samples[SIZE], *likeness = delay->likeness + part * BLOCK;

  oh_transform_backward (delay->transform, &delay->cross[part], samples);
  for (guint i = 0; i < BLOCK; i++)
    likeness[i] = fabsf (samples[(i + SIZE - BLOCK / 2) % SIZE]);
  if (part == 0)
    memset (likeness, 0, BLOCK / 2 * sizeof *likeness);
}

static gboolean
end_search (OhDelay *delay)
{
  const float *likeness = delay->likeness;
  float sum = 0, clarity;
  guint best = 0, first;

  for (guint i = 0; i < LAGS; i++)
    {
      sum += likeness[i] * likeness[i];
      if (likeness[i] > likeness[best])
        best = i;
    }
  clarity = likeness[best] / (sqrtf (sum / LAGS) + 1e-9f);
  if (clarity < CLEAR || delay->compared < ENOUGH)
    return FALSE;
  first = best > BEFORE ? best - BEFORE : 0;
  while (likeness[first] < EARLIER * likeness[best])
    first++;
  delay->vain = 0;
  delay->last_found = delay->found;
  delay->found = MAX (first, BLOCK / 2) - BLOCK / 2;
  return clarity > SURE || ABS ((gint)delay->found - (gint)delay->last_found) <= ALIKE;
}

/* FALSE: nothing is heard that could be compared. @spectrum: the microphone's. */
static gboolean
take_blocks (OhDelay *delay, const gint16 *near, const gint16 *far, OhSpectrum *spectrum)
{
  gboolean heard = is_heard (delay, far);

  delay->newest = (delay->newest + PARTS - 1) % PARTS;
  take_block (delay, &delay->far, far, heard, &delay->fars[delay->newest]);
  take_block (delay, &delay->near, near, heard, spectrum);
  return heard;
}

void
oh_delay_pause (OhDelay *delay, const gint16 *near, const gint16 *far)
{
  OhSpectrum spectrum;

  take_blocks (delay, near, far, &spectrum);
  delay->paused = TRUE;
}

static void
go_on (OhDelay *delay)
{
  for (guint p = 0; p < PARTS; p++)
    for (guint k = 0; k < ROOM; k++)
      {
        delay->cross[p].re[k] *= PAUSED;
        delay->cross[p].im[k] *= PAUSED;
      }
  delay->next = 0;
  delay->paused = FALSE;
}

gboolean
oh_delay_process (OhDelay *delay, const gint16 *near, const gint16 *far)
{
  guint until;
  OhSpectrum spectrum;

  if (!take_blocks (delay, near, far, &spectrum))
    return FALSE;
  if (delay->paused)
    go_on (delay);
  for (guint p = 0; p < PARTS; p++)
    correlate (&delay->cross[p], &spectrum, &delay->fars[(delay->newest + p) % PARTS]);
  delay->compared++;
  delay->vain = MIN (delay->vain + 1, LONG);
  until = MIN (delay->next + (delay->vain < LONG ? PARTS_PER_BLOCK : PARTS_LATER), PARTS);
  for (; delay->next < until; delay->next++)
    look_at (delay, delay->next);
  if (delay->next < PARTS)
    return FALSE;
  delay->next = 0;
  return end_search (delay);
}

guint
oh_delay_get (OhDelay *delay)
{
  return delay->found;
}

void
oh_delay_get_gain (OhDelay *delay, float *gain)
{
  const float *near = delay->near.recent, *far = delay->far.recent;
  float near_sum = 0, far_sum = 1, most;

  for (guint k = 0; k < BINS; k++)
    {
      near_sum += near[k];
      far_sum += far[k];
    }
  most = GAIN_SPREAD * near_sum / far_sum;
  memset (gain, 0, ROOM * sizeof *gain);
  for (gint k = 0; k < BINS; k++)
    {
      float near_wide = 0, far_wide = 1;

      for (gint i = MAX (k - WIDTH, 0); i <= MIN (k + WIDTH, BINS - 1); i++)
        {
          near_wide += near[i];
          far_wide += far[i];
        }
      gain[k] = MIN (near_wide / far_wide, most);
    }
}
