/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-drift.h"

#include "media/filter/oh-fourier.h"

#include <math.h>
#include <string.h>

#define SIZE OH_FOURIER_SIZE /* 128 ms: longer than most of a room's answer */
#define HOP (SIZE / 2)
#define BINS (SIZE / 2)
#define MIDDLE 7    /* blocks that a frame's middle lies back */
#define FRAMES 8    /* a window: 0.5 s */
#define WINDOWS 9   /* the newest and those it is compared to */
#define LOUD 1.0e5f /* mean square of a frame of the reference that is heard (-40 dBFS) */
#define SURE 0.2f   /* likeness of two windows that is believed */
#define BLUR 0.04   /* samples by which a peak is wrong without any drift */
#define SIGMAS 4    /* two measures that are further apart than this do not agree */
#define UNKNOWN 1e5 /* ppm^2 */
#define WANDER 0.1  /* ppm by which clocks change in half a second */
#define ODDS 4      /* measures in a row that contradict what was known */
#define LEAST 0.5   /* ppm: nothing is corrected below */

/* Coherence of microphone and reference, a complex number a frequency: its phase holds the delay,
 * and the room. */
typedef struct
{
  float complex values[BINS];
  double at;        /* hops since the start, where it was loudest */
  double corrected; /* samples in all, there */
  gboolean valid;
} Window;

typedef struct
{
  double ppm, variance;
} Measure;

struct _OhDrift
{
  OhFourier *fourier;
  float shape[SIZE];
  gint16 near[SIZE], reference[SIZE]; /* newest last */
  guint fresh;                        /* samples that no frame has had yet, and nor had the start */
  double corrected;                   /* samples in all */
  double past[MIDDLE];                /* the same before the last blocks, newest first */
  gint64 hop;

  /* the window that is being filled */
  float complex cross[BINS];
  float near_power[BINS], reference_power[BINS];
  guint frames, loud_frames;
  double loud, hop_sum, corrected_sum; /* weighted by loudness */

  Window windows[WINDOWS]; /* ring; `newest` */
  guint newest;
  float complex values[SIZE]; /* of the transform under way */

  Measure estimate;
  Measure odd; /* the last that did not fit */
  guint odds;  /* such in a row that are alike */
};

void
oh_drift_free (OhDrift *drift)
{
  if (!drift)
    return;
  oh_fourier_free (drift->fourier);
  g_free (drift);
}

static double
square (double value)
{
  return value * value;
}

static void
begin_window (OhDrift *drift)
{
  memset (drift->cross, 0, sizeof drift->cross);
  memset (drift->near_power, 0, sizeof drift->near_power);
  memset (drift->reference_power, 0, sizeof drift->reference_power);
  drift->frames = drift->loud_frames = 0;
  drift->loud = drift->hop_sum = drift->corrected_sum = 0;
}

void
oh_drift_restart (OhDrift *drift)
{
  begin_window (drift);
  drift->fresh = 0;
  for (guint i = 0; i < WINDOWS; i++)
    drift->windows[i].valid = FALSE;
}

void
oh_drift_reset (OhDrift *drift)
{
  oh_drift_restart (drift);
  drift->estimate = (Measure){ 0, UNKNOWN };
  drift->odds = 0;
}

OhDrift *
oh_drift_new (void)
{
  OhDrift *drift = g_new0 (OhDrift, 1);

  drift->fourier = oh_fourier_new ();
  for (guint i = 0; i < SIZE; i++)
    drift->shape[i] = 0.5 - 0.5 * cos (2 * G_PI * (i + 0.5) / SIZE);
  oh_drift_reset (drift);
  return drift;
}

/* --- windows --- */

static float
power (const gint16 *samples)
{
  float sum = 0;

  for (guint i = 0; i < SIZE; i++)
    sum += (float)samples[i] * samples[i];
  return sum / SIZE;
}

/* Both real signals in one complex transform: microphone in the real part. */
static void
add_frame (OhDrift *drift, double weight)
{
  float complex *values = drift->values;

  for (guint i = 0; i < SIZE; i++)
    values[i] = CMPLXF (drift->near[i] * drift->shape[i], drift->reference[i] * drift->shape[i]);
  oh_fourier_transform (drift->fourier, values);
  for (guint k = 1; k < BINS; k++)
    {
      float complex mirror = conjf (values[SIZE - k]);
      float complex near = (values[k] + mirror) / 2, reference = (values[k] - mirror) / 2;

      /* reference is i times the reference's spectrum */
      drift->cross[k] += CMPLXF (
          crealf (near) * cimagf (reference) - cimagf (near) * crealf (reference),
          crealf (near) * crealf (reference) + cimagf (near) * cimagf (reference));
      drift->near_power[k] += crealf (near) * crealf (near) + cimagf (near) * cimagf (near);
      drift->reference_power[k] += crealf (reference) * crealf (reference)
                                   + cimagf (reference) * cimagf (reference);
    }
  drift->loud += weight;
  drift->hop_sum += weight * drift->hop;
  drift->corrected_sum += weight * drift->past[MIDDLE - 1];
  drift->loud_frames++;
}

static gboolean
end_window (OhDrift *drift)
{
  Window *window = &drift->windows[drift->newest = (drift->newest + 1) % WINDOWS];

  window->valid = drift->loud_frames >= FRAMES / 2;
  if (window->valid)
    {
      window->at = drift->hop_sum / drift->loud;
      window->corrected = drift->corrected_sum / drift->loud;
    }
  for (guint k = 1; window->valid && k < BINS; k++)
    window->values[k] = drift->cross[k]
                        / sqrtf (drift->near_power[k] * drift->reference_power[k] + 1);
  begin_window (drift);
  return window->valid;
}

/* --- comparing two --- */

/* Climbs from a peak between samples: Newton's steps on the real part of the sum of @values, each
 * turned by its frequency. */
static double
refine (const float complex *values, double delay)
{
  for (guint step = 0; step < 3; step++)
    {
      double complex turn = 1, turns = cexp (2 * G_PI * I * delay / SIZE);
      double slope = 0, bend = 0;

      for (guint k = 1; k < BINS; k++)
        {
          double w = 2 * G_PI * k / SIZE;
          double complex value;

          turn *= turns;
          value = values[k] * turn;
          slope -= w * cimag (value);
          bend -= w * w * creal (value);
        }
      if (bend >= 0)
        break;
      delay -= CLAMP (slope / bend, -0.5, 0.5);
    }
  return delay;
}

/* How many samples later the echo comes in @now than in @then: between the two limits. Returns the
 * likeness, 0 to 1. */
static float
compare (
    OhDrift *drift, const Window *now, const Window *then, gint least, gint most, double *later)
{
  float complex product[BINS] = { 0 }, *values = drift->values;
  float sum = 0, best = 0;

  memset (values, 0, sizeof drift->values);
  for (guint k = 1; k < BINS; k++)
    {
      product[k] = values[k] = now->values[k] * conjf (then->values[k]);
      sum += cabsf (product[k]);
    }
  oh_fourier_transform (drift->fourier, values);
  for (gint i = least; i <= most; i++)
    {
      float height = crealf (values[(SIZE - i) % SIZE]);

      if (height <= best)
        continue;
      best = height;
      *later = i;
    }
  if (best == 0)
    return 0;
  *later = refine (product, *later);
  return best / sum;
}

/* --- the estimate --- */

/* A measure between two windows, looked for where @guess lets expect it. The rest that is left beside
 * what is corrected is uncertain by a part of itself (windows are smeared by it), the less the longer
 * the span. */
static gboolean
measure_back (OhDrift *drift, guint back, const Measure *guess, Measure *measure)
{
  static const double part[] = { [1] = 0.4, [2] = 0.2, [4] = 0.12, [8] = 0.07 };
  const Window *now = &drift->windows[drift->newest];
  const Window *then = &drift->windows[(drift->newest + WINDOWS - back) % WINDOWS];
  double later, span, expected, range, corrected, rest;
  float likeness;

  if (!then->valid)
    return FALSE;
  span = (now->at - then->at) * HOP;
  corrected = now->corrected - then->corrected;
  expected = guess->ppm * 1e-6 * span - corrected;
  range = MIN (SIGMAS * sqrt (guess->variance), OH_DRIFT_MAX_PPM) * 1e-6 * span + 1;
  likeness = compare (drift, now, then, floor (expected - range), ceil (expected + range), &later);
  if (likeness < SURE)
    return FALSE;
  rest = 1e6 * later / span;
  measure->ppm = rest + 1e6 * corrected / span;
  measure->variance = square (part[back] * rest) + square (1e6 * BLUR / likeness / span);
  return fabs (measure->ppm) < OH_DRIFT_MAX_PPM;
}

static gboolean
agree (double difference, double variance)
{
  return square (difference) < square (SIGMAS) * variance;
}

/* From the last window back as far as the same drift explains all: what is older was before the
 * echo's path, or the drift, changed at once. */
static gboolean
measure (OhDrift *drift, Measure *best)
{
  gboolean found = FALSE;

  *best = (Measure){ 0, UNKNOWN };
  for (guint back = 1; back < WINDOWS; back *= 2)
    {
      Measure longer;

      if (!measure_back (drift, back, best, &longer))
        continue;
      if (!agree (longer.ppm - best->ppm, longer.variance + best->variance))
        break;
      *best = longer;
      found = TRUE;
    }
  return found;
}

/* Kalman's filter of a value that wanders slowly. What does not fit is believed when it comes again
 * and again. */
static gboolean
update (OhDrift *drift, const Measure *measure)
{
  Measure *estimate = &drift->estimate;
  double rest = measure->ppm - estimate->ppm, gain;

  estimate->variance += square (WANDER);
  if (!agree (rest, estimate->variance + measure->variance))
    {
      gboolean again = agree (measure->ppm - drift->odd.ppm,
                              measure->variance + drift->odd.variance);

      drift->odds = again ? drift->odds + 1 : 1;
      drift->odd = *measure;
      if (drift->odds < ODDS)
        return FALSE;
      estimate->variance = UNKNOWN;
    }
  drift->odds = 0;
  gain = estimate->variance / (estimate->variance + measure->variance);
  estimate->ppm += gain * rest;
  estimate->variance *= 1 - gain;
  return TRUE;
}

gboolean
oh_drift_process (OhDrift *drift, const gint16 *near, const gint16 *reference, double corrected)
{
  gboolean news = FALSE;
  Measure found;

  memmove (drift->near, drift->near + OH_DRIFT_BLOCK, (SIZE - OH_DRIFT_BLOCK) * 2);
  memmove (drift->reference, drift->reference + OH_DRIFT_BLOCK, (SIZE - OH_DRIFT_BLOCK) * 2);
  memcpy (drift->near + SIZE - OH_DRIFT_BLOCK, near, OH_DRIFT_BLOCK * 2);
  memcpy (drift->reference + SIZE - OH_DRIFT_BLOCK, reference, OH_DRIFT_BLOCK * 2);
  memmove (drift->past + 1, drift->past, (MIDDLE - 1) * sizeof *drift->past);
  drift->past[0] = drift->corrected;
  drift->corrected += corrected;
  drift->fresh += OH_DRIFT_BLOCK;
  if (drift->fresh < SIZE)
    return FALSE;
  drift->fresh -= HOP;
  drift->hop++;
  if (power (drift->reference) > LOUD)
    add_frame (drift, sqrt (power (drift->reference)));
  if (++drift->frames == FRAMES && end_window (drift))
    news = measure (drift, &found) && update (drift, &found);
  return news;
}

double
oh_drift_get_ppm (OhDrift *drift)
{
  const Measure *estimate = &drift->estimate;

  return fabs (estimate->ppm) > LEAST + 2 * sqrt (estimate->variance) ? estimate->ppm : 0;
}
