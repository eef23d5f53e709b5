/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-past.h"

#include <math.h>
#include <string.h>

#define BLOCK OH_PAST_BLOCK
#define MASK (OH_PAST_LENGTH - 1)
#define TAPS (2 * OH_PAST_AHEAD)
#define PHASES 64
#define BETA 7.0 /* of Kaiser's window: images 70 dB down, flat to 7 kHz */

/* Between samples by a windowed sinc, whose table is read between its entries too (Smith and Gossett
 * 1984, "A flexible sampling-rate conversion method"). */
struct _OhPast
{
  gint16 near[OH_PAST_LENGTH], far[OH_PAST_LENGTH]; /* by number modulo the length */
  gint64 near_length, far_length;
  float table[PHASES + 1][TAPS]; /* by how far behind the middle sample, in 1/PHASES */
};

/* The modified Bessel function of order 0. */
static double
bessel (double x)
{
  double term = 1, sum = 1;

  for (guint k = 1; k < 30; k++)
    {
      term *= (x / (2 * k)) * (x / (2 * k));
      sum += term;
    }
  return sum;
}

static double
sinc (double x)
{
  double near_end = 1 - (x / OH_PAST_AHEAD) * (x / OH_PAST_AHEAD);

  if (fabs (x) < 1e-9)
    return 1;
  if (near_end <= 0)
    return 0;
  return sin (G_PI * x) / (G_PI * x) * bessel (BETA * sqrt (near_end)) / bessel (BETA);
}

OhPast *
oh_past_new (void)
{
  OhPast *past = g_new0 (OhPast, 1);

  for (guint phase = 0; phase <= PHASES; phase++)
    for (gint tap = 0; tap < TAPS; tap++)
      past->table[phase][tap] = sinc (tap - (OH_PAST_AHEAD - 1) - phase / (double)PHASES);
  return past;
}

void
oh_past_free (OhPast *past)
{
  g_free (past);
}

static void
put (gint16 *ring, gint64 *length, const gint16 *block)
{
  for (guint i = 0; i < BLOCK; i++)
    ring[(*length + i) & MASK] = block[i];
  *length += BLOCK;
}

void
oh_past_put_near (OhPast *past, const gint16 *block)
{
  put (past->near, &past->near_length, block);
}

void
oh_past_put_far (OhPast *past, const gint16 *block)
{
  put (past->far, &past->far_length, block);
}

gint64
oh_past_get_near_length (OhPast *past)
{
  return past->near_length;
}

gint64
oh_past_get_far_length (OhPast *past)
{
  return past->far_length;
}

void
oh_past_get_near (OhPast *past, gint64 at, gint16 *block)
{
  for (guint i = 0; i < BLOCK; i++)
    block[i] = past->near[(at + i) & MASK];
}

static gint16
get_between (OhPast *past, double at)
{
  gint64 whole = floor (at);
  float phase = (at - whole) * PHASES, sum = 0;
  guint entry = MIN ((guint)phase, PHASES - 1); /* it may be rounded up to the last */
  const float *table = past->table[entry], *next = past->table[entry + 1];
  float part = phase - entry;

  if (whole + OH_PAST_AHEAD >= past->far_length)
    return 0;
  for (guint tap = 0; tap < TAPS; tap++)
    sum += past->far[(whole + tap - (OH_PAST_AHEAD - 1)) & MASK]
           * (table[tap] + part * (next[tap] - table[tap]));
  return CLAMP (lrintf (sum), G_MININT16, G_MAXINT16);
}

void
oh_past_get_far (OhPast *past, double at, double step, gint16 *block)
{
  gint64 whole = floor (at);

  if (step != 1 || at != whole)
    for (guint i = 0; i < BLOCK; i++)
      block[i] = get_between (past, at + i * step);
  else
    for (guint i = 0; i < BLOCK; i++)
      block[i] = whole + i < past->far_length ? past->far[(whole + i) & MASK] : 0;
}
