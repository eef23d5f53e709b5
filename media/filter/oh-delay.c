/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-delay.h"

#include <math.h>
#include <string.h>

#define DECIMATE 8
#define RATE (OH_DELAY_RATE / DECIMATE) /* 2 kHz: where a voice is strongest */
#define STEP (OH_DELAY_BLOCK / DECIMATE)
#define LAGS (RATE / 2) /* 500 ms */
#define WINDOW RATE     /* one second is compared */
#define HISTORY (WINDOW + LAGS)
#define LAGS_PER_BLOCK 40  /* a search takes 25 blocks: no block costs much more than another */
#define CLEAR 0.3f         /* correlation of a find */
#define FINDS 2            /* in a row, alike within ALIKE, before it is believed */
#define ALIKE (RATE / 250) /* 4 ms */
#define LEAD_MS 8          /* the reference comes so much before the echo */
#define PATIENCE 100       /* searches, 25 s, between two tries of a better place */
#define PATIENCE_LOST 8    /* the same when the echo is not within the tail */
#define LATEST_MS 60       /* an echo so much behind the reference still fits the tail well */

struct _OhDelay
{
  float near4[WINDOW], far4[HISTORY]; /* decimated, differentiated; newest last */
  float last_near, last_far;
  guint filled; /* samples of near4 since the start */

  /* the search that is under way, over copies */
  float near_seen[WINDOW], far_seen[HISTORY];
  float near_energy, far_energy;
  guint next_lag; /* LAGS: none */
  float best;
  guint best_lag;
  guint found_lag, finds;

  gboolean placed; /* a better place has been told once */
  guint patience;  /* searches until one may be told again */
  guint better;
};

OhDelay *
oh_delay_new (void)
{
  OhDelay *delay = g_new0 (OhDelay, 1);

  delay->next_lag = LAGS;
  return delay;
}

void
oh_delay_free (OhDelay *delay)
{
  g_free (delay);
}

void
oh_delay_reset (OhDelay *delay)
{
  memset (delay, 0, sizeof *delay);
  delay->next_lag = LAGS;
}

void
oh_delay_restart (OhDelay *delay)
{
  delay->filled = 0;
  delay->next_lag = LAGS;
  delay->finds = 0;
  delay->patience = 0;
}

/* Mean of DECIMATE samples; the difference to the one before evens out the spectrum of speech. */
static void
push (float *history, gsize length, const gint16 *block, float *last)
{
  memmove (history, history + STEP, (length - STEP) * sizeof *history);
  for (guint i = 0; i < STEP; i++)
    {
      float mean = 0;

      for (guint k = 0; k < DECIMATE; k++)
        mean += block[i * DECIMATE + k] / (float)DECIMATE;
      history[length - STEP + i] = mean - 0.9f * *last;
      *last = mean;
    }
}

static float
energy (const float *samples)
{
  float sum = 0;

  for (guint i = 0; i < WINDOW; i++)
    sum += samples[i] * samples[i];
  return sum;
}

/* Likeness of what the microphone gave to what the loudspeaker gave @lag samples before. */
static float
correlate (OhDelay *delay, guint lag)
{
  const float *far = delay->far_seen + LAGS - lag;
  float cross = 0;

  if (lag > 0) /* the window moves by one sample into the past */
    delay->far_energy += far[0] * far[0] - far[WINDOW] * far[WINDOW];
  if (delay->far_energy < WINDOW * 10.0f || delay->near_energy < WINDOW)
    return 0; /* nothing is played, or nothing comes back */
  for (guint i = 0; i < WINDOW; i++)
    cross += delay->near_seen[i] * far[i];
  return fabsf (cross) / sqrtf (delay->near_energy * delay->far_energy);
}

static void
begin_search (OhDelay *delay)
{
  memcpy (delay->near_seen, delay->near4, sizeof delay->near4);
  memcpy (delay->far_seen, delay->far4, sizeof delay->far4);
  delay->near_energy = energy (delay->near_seen);
  delay->far_energy = energy (delay->far_seen + LAGS);
  delay->next_lag = 0;
  delay->best = 0;
}

/* Returns TRUE when `found_lag` is believed. */
static gboolean
end_search (OhDelay *delay)
{
  if (delay->best < CLEAR)
    return FALSE;
  if (ABS ((gint)delay->best_lag - (gint)delay->found_lag) <= ALIKE)
    delay->finds++;
  else
    delay->finds = 1;
  delay->found_lag = delay->best_lag;
  return delay->finds >= FINDS;
}

static gboolean
go_on_searching (OhDelay *delay)
{
  guint until = MIN (delay->next_lag + LAGS_PER_BLOCK, LAGS);

  if (delay->next_lag == LAGS)
    {
      if (delay->filled >= WINDOW)
        begin_search (delay);
      return FALSE;
    }
  for (; delay->next_lag < until; delay->next_lag++)
    {
      float likeness = correlate (delay, delay->next_lag);

      if (likeness > delay->best)
        {
          delay->best = likeness;
          delay->best_lag = delay->next_lag;
        }
    }
  return delay->next_lag == LAGS && end_search (delay);
}

/* Worth a try: the first find, an echo that leaves the tail, and one that leaves the reference no
 * room to be held back less. What was found is wrong by 20 ms at times, so that all others are not. */
static gboolean
follow (OhDelay *delay, double held)
{
  gint echo = delay->found_lag * DECIMATE;
  gint lead = LEAD_MS * OH_DELAY_RATE / 1000, latest = LATEST_MS * OH_DELAY_RATE / 1000;
  gboolean lost = echo - held < lead / 2 || echo - held > latest;

  delay->better = MAX (echo - lead, 0);
  if (delay->patience > 0)
    delay->patience--;
  if (delay->patience > (lost ? PATIENCE - PATIENCE_LOST : 0))
    return FALSE;
  if (!lost && delay->placed && held > lead / 4)
    return FALSE;
  if (fabs (delay->better - held) < lead / 2)
    return FALSE;
  delay->placed = TRUE;
  delay->patience = PATIENCE;
  return TRUE;
}

gboolean
oh_delay_process (OhDelay *delay, const gint16 *near, const gint16 *far, double held)
{
  push (delay->near4, WINDOW, near, &delay->last_near);
  push (delay->far4, HISTORY, far, &delay->last_far);
  delay->filled = MIN (delay->filled + STEP, WINDOW);
  return go_on_searching (delay) && follow (delay, held);
}

guint
oh_delay_get (OhDelay *delay)
{
  return delay->better;
}
