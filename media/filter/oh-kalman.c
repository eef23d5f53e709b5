/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-kalman.h"

#include <math.h>
#include <string.h>

#define BLOCK OH_SPECTRUM_BLOCK
#define SIZE OH_SPECTRUM_SIZE
#define ROOM OH_SPECTRUM_ROOM
#define PARTS OH_KALMAN_PARTITIONS

/* Tuned on the rooms of bench/echo.c. The theory's 0.5 and 1 are too sure: frames of speech resemble
 * each other, which it does not know. */
#define LEARNT 0.2f  /* of the variance that a gain of 1 takes away, in one block */
#define DOUBT 0.5f   /* of the unexpected part of the error that is taken for the near end's */
#define CHANGE 3e-4f /* of the path's energy that is another one after each block (1 - A^2) */
#define YOUNG 300    /* blocks in which it counts as more, */
#define UNREST 12    /* so many times more at the start: the drift is not known yet */
#define DECAY 0.63f  /* of a room's energy in 10 ms: RT60 of 0.3 s */
#define KEPT 0.6f    /* of the error's power spectrum from block to block */
#define LEAST 500.0f /* power of the near end: some noise there always is */
#define EAGER 100    /* blocks in which all partitions are constrained... */
#define TURNS 4      /* ...before each is in one block of so many */

/*   reference -> far spectra, newest first -> x weights -> sum -> echo
 *   near - echo = clean -> spectrum -> gain of each partition -> weights
 *
 * The far spectra stand in a ring of their own: weights and variances stay where they are. */
struct _OhKalman
{
  OhTransform *transform;
  float last[BLOCK]; /* the reference's block before */
  OhSpectrum far[PARTS];
  float far_power[PARTS][ROOM];
  guint newest;
  guint age;      /* blocks, up to YOUNG */
  guint turn;     /* of TURNS */
  gboolean begun; /* with some gain: else there is nothing to learn, and no echo */
  OhSpectrum weights[PARTS];
  float variance[PARTS][ROOM];
  float echo[ROOM], rest[ROOM];         /* see the getters */
  float error_power[ROOM], noise[ROOM]; /* smoothed; near end in the error */
  float rest_power[ROOM];               /* rest, smoothed alike */
};

OhKalman *
oh_kalman_new (void)
{
  OhKalman *kalman = g_new0 (OhKalman, 1);

  kalman->transform = oh_transform_new ();
  return kalman;
}

void
oh_kalman_free (OhKalman *kalman)
{
  if (!kalman)
    return;
  oh_transform_free (kalman->transform);
  g_free (kalman);
}

void
oh_kalman_begin (OhKalman *kalman, const float *gain)
{
  OhTransform *transform = kalman->transform;
  float part = 1 - DECAY;

  memset (kalman, 0, sizeof *kalman);
  kalman->transform = transform;
  for (guint p = 0; p < PARTS; p++)
    {
      for (guint k = 0; k < ROOM; k++)
        {
          kalman->variance[p][k] = gain[k] * part;
          kalman->begun |= gain[k] > 0;
        }
      if (p > 0) /* the direct sound may be in either of the first two */
        part *= DECAY;
    }
}

static guint
get_place (const OhKalman *kalman, guint partition)
{
  return (kalman->newest + partition) % PARTS;
}

static void
take_reference (OhKalman *kalman, const gint16 *reference)
{
  float samples[SIZE];

  memcpy (samples, kalman->last, sizeof kalman->last);
  for (guint i = 0; i < BLOCK; i++)
    samples[BLOCK + i] = kalman->last[i] = reference[i];
  kalman->newest = (kalman->newest + PARTS - 1) % PARTS;
  oh_transform_forward (kalman->transform, samples, &kalman->far[kalman->newest]);
  oh_spectrum_get_power (&kalman->far[kalman->newest], kalman->far_power[kalman->newest]);
}

static void
add_product (OhSpectrum *restrict sum, const OhSpectrum *restrict a, const OhSpectrum *restrict b)
{
  for (guint k = 0; k < ROOM; k++)
    {
      sum->re[k] += a->re[k] * b->re[k] - a->im[k] * b->im[k];
      sum->im[k] += a->re[k] * b->im[k] + a->im[k] * b->re[k];
    }
}

static void
add_weighted (float *restrict sum, const float *restrict a, const float *restrict b)
{
  for (guint k = 0; k < ROOM; k++)
    sum[k] += a[k] * b[k];
}

/* Echo as the weights have it; the power of a block padded with zeros is asked for as well. */
static void
estimate_echo (OhKalman *kalman, float *echo)
{
  OhSpectrum sum = { 0 };
  float samples[SIZE];

  memset (kalman->rest, 0, sizeof kalman->rest);
  for (guint p = 0; p < PARTS; p++)
    {
      guint place = get_place (kalman, p);

      add_product (&sum, &kalman->far[place], &kalman->weights[p]);
      add_weighted (kalman->rest, kalman->far_power[place], kalman->variance[p]);
    }
  oh_transform_backward (kalman->transform, &sum, samples);
  memcpy (echo, samples + BLOCK, BLOCK * sizeof *echo);
  for (guint k = 0; k < ROOM; k++)
    kalman->rest[k] /= 2;
}

static void
pad (OhKalman *kalman, const float *block, OhSpectrum *spectrum)
{
  float samples[SIZE] = { 0 };

  memcpy (samples + BLOCK, block, BLOCK * sizeof *block);
  oh_transform_forward (kalman->transform, samples, spectrum);
}

/* What is in the error beside the echo to be expected is the near end. */
static void
estimate_noise (OhKalman *kalman, const OhSpectrum *error)
{
  float power[ROOM], wide[ROOM];

  oh_spectrum_get_power (error, power);
  for (guint k = 0; k < ROOM; k++)
    {
      kalman->error_power[k] += (1 - KEPT) * (power[k] - kalman->error_power[k]);
      kalman->rest_power[k] += (1 - KEPT) * (kalman->rest[k] - kalman->rest_power[k]);
      wide[k] = MAX (kalman->error_power[k] - kalman->rest_power[k], 0) * DOUBT;
    }
  for (guint k = 1; k < ROOM - 1; k++)
    kalman->noise[k] = (wide[k - 1] + 2 * wide[k] + wide[k + 1]) / 4 + LEAST;
  kalman->noise[0] = wide[0] + LEAST;
  kalman->noise[ROOM - 1] = LEAST;
}

/* Kalman's gain for one partition, and what it makes of weights and variance. @scale: 1 over the power
 * of all that is in the error. */
static void
learn (float *restrict variance,
       OhSpectrum *restrict weights,
       const OhSpectrum *restrict far,
       const OhSpectrum *restrict error,
       const float *restrict scale)
{
  for (guint k = 0; k < ROOM; k++)
    {
      float gain = variance[k] * scale[k];
      float power = far->re[k] * far->re[k] + far->im[k] * far->im[k];

      weights->re[k] += gain * (far->re[k] * error->re[k] + far->im[k] * error->im[k]);
      weights->im[k] += gain * (far->re[k] * error->im[k] - far->im[k] * error->re[k]);
      variance[k] *= 1 - LEARNT * gain * power;
    }
}

/* Only answers of 10 ms are what a partition may hold. */
static void
constrain (OhKalman *kalman, OhSpectrum *weights)
{
  float samples[SIZE];

  oh_transform_backward (kalman->transform, weights, samples);
  memset (samples + BLOCK, 0, BLOCK * sizeof *samples);
  oh_transform_forward (kalman->transform, samples, weights);
}

/* What is learnt in a few blocks is little beside what is known: then the constraint, which is the most
 * costly part, may wait for its turn, as in speexdsp's canceller ("alternatively updated"). */
static gboolean
is_constrained (const OhKalman *kalman, guint partition)
{
  return kalman->age < EAGER || (partition + kalman->turn) % TURNS == 0;
}

static void
add_doubt (float *restrict variance, const OhSpectrum *restrict weights, float change)
{
  for (guint k = 0; k < ROOM; k++)
    variance[k] += change * (weights->re[k] * weights->re[k] + weights->im[k] * weights->im[k]);
}

static void
update (OhKalman *kalman, const OhSpectrum *error, float change)
{
  float scale[ROOM];

  for (guint k = 0; k < ROOM; k++)
    scale[k] = 0.5f / (kalman->rest[k] + kalman->noise[k]);
  for (guint p = 0; p < PARTS; p++)
    {
      OhSpectrum *weights = &kalman->weights[p];

      learn (kalman->variance[p], weights, &kalman->far[get_place (kalman, p)], error, scale);
      if (is_constrained (kalman, p))
        constrain (kalman, weights);
      add_doubt (kalman->variance[p], weights, change);
    }
  kalman->turn = (kalman->turn + 1) % TURNS;
}

void
oh_kalman_process (OhKalman *kalman, const gint16 *near, const gint16 *reference, float *clean)
{
  float change = CHANGE * (1 + UNREST * (YOUNG - kalman->age) / (float)YOUNG);
  float echo[BLOCK];
  OhSpectrum spectrum;

  take_reference (kalman, reference);
  if (!kalman->begun)
    {
      for (guint i = 0; i < BLOCK; i++)
        clean[i] = near[i];
      return; /* echo and rest are 0 since the begin */
    }
  estimate_echo (kalman, echo);
  for (guint i = 0; i < BLOCK; i++)
    clean[i] = near[i] - echo[i];
  pad (kalman, echo, &spectrum);
  oh_spectrum_get_power (&spectrum, kalman->echo);
  pad (kalman, clean, &spectrum);
  estimate_noise (kalman, &spectrum);
  update (kalman, &spectrum, change);
  kalman->age = MIN (kalman->age + 1, YOUNG);
}

const float *
oh_kalman_get_echo (const OhKalman *kalman)
{
  return kalman->echo;
}

const float *
oh_kalman_get_rest (const OhKalman *kalman)
{
  return kalman->rest;
}

void
oh_kalman_get_loudest (const OhKalman *kalman, float *restrict power)
{
  memset (power, 0, ROOM * sizeof *power);
  for (guint p = 0; p < PARTS; p++)
    for (guint k = 0; k < ROOM; k++)
      power[k] = MAX (power[k], kalman->far_power[p][k] / 2);
}
