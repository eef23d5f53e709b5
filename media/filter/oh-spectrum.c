/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-spectrum.h"

#include <math.h>
#include <string.h>

#define SIZE OH_SPECTRUM_SIZE
#define HALF (SIZE / 2) /* a complex transform of so many points does the work */
#define BINS OH_SPECTRUM_BINS
#define ROOM OH_SPECTRUM_ROOM

typedef struct
{
  float re[HALF], im[HALF];
} Points;

struct _OhTransform
{
  float cosine[SIZE], sine[SIZE]; /* of 2 pi k / SIZE */
  Points a, b;
};

OhTransform *
oh_transform_new (void)
{
  OhTransform *transform = g_new0 (OhTransform, 1);

  for (guint k = 0; k < SIZE; k++)
    {
      transform->cosine[k] = cos (2 * G_PI * k / SIZE);
      transform->sine[k] = sin (2 * G_PI * k / SIZE);
    }
  return transform;
}

void
oh_transform_free (OhTransform *transform)
{
  g_free (transform);
}

/* A value turned by -2 pi @k / SIZE. */
static inline void
turn (const OhTransform *transform, guint k, float re, float im, float *out_re, float *out_im)
{
  float c = transform->cosine[k], s = transform->sine[k];

  *out_re = re * c + im * s;
  *out_im = im * c - re * s;
}

/* The first step: radix 5, 32 such transforms of points that lie 32 apart. */
static void
pass_5 (const OhTransform *transform, const Points *restrict in, Points *restrict out)
{
  static const float c1 = 0.30901699f, c2 = -0.80901699f, s1 = 0.95105652f, s2 = 0.58778525f;
  const guint m = HALF / 5;

  for (guint p = 0; p < m; p++)
    {
      const float *re = in->re + p, *im = in->im + p;
      float sum1r = re[m] + re[4 * m], sum1i = im[m] + im[4 * m];
      float sum2r = re[2 * m] + re[3 * m], sum2i = im[2 * m] + im[3 * m];
      float dif1r = re[m] - re[4 * m], dif1i = im[m] - im[4 * m];
      float dif2r = re[2 * m] - re[3 * m], dif2i = im[2 * m] - im[3 * m];
      float ar = re[0] + c1 * sum1r + c2 * sum2r, ai = im[0] + c1 * sum1i + c2 * sum2i;
      float br = re[0] + c2 * sum1r + c1 * sum2r, bi = im[0] + c2 * sum1i + c1 * sum2i;
      float cr = s1 * dif1i + s2 * dif2i, ci = -s1 * dif1r - s2 * dif2r;
      float dr = s2 * dif1i - s1 * dif2i, di = -s2 * dif1r + s1 * dif2r;
      float *to_re = out->re + 5 * p, *to_im = out->im + 5 * p;

      to_re[0] = re[0] + sum1r + sum2r;
      to_im[0] = im[0] + sum1i + sum2i;
      turn (transform, 2 * p, ar + cr, ai + ci, &to_re[1], &to_im[1]);
      turn (transform, 4 * p, br + dr, bi + di, &to_re[2], &to_im[2]);
      turn (transform, 6 * p, br - dr, bi - di, &to_re[3], &to_im[3]);
      turn (transform, 8 * p, ar - cr, ai - ci, &to_re[4], &to_im[4]);
    }
}

/* Radix 4 on @s transforms at once of 4 * @m points each. */
static inline void
pass_4 (
    const OhTransform *transform, guint m, guint s, const Points *restrict in, Points *restrict out)
{
  for (guint p = 0; p < m; p++)
    for (guint q = 0; q < s; q++)
      {
        const float *re = in->re + q + s * p, *im = in->im + q + s * p;
        float *to_re = out->re + q + s * 4 * p, *to_im = out->im + q + s * 4 * p;
        guint n = s * m, k = 2 * p * s;
        float evenr = re[0] + re[2 * n], eveni = im[0] + im[2 * n];
        float differencer = re[0] - re[2 * n], differencei = im[0] - im[2 * n];
        float oddr = re[n] + re[3 * n], oddi = im[n] + im[3 * n];
        float turnedr = im[n] - im[3 * n], turnedi = re[3 * n] - re[n];

        to_re[0] = evenr + oddr;
        to_im[0] = eveni + oddi;
        turn (transform, k, differencer + turnedr, differencei + turnedi, &to_re[s], &to_im[s]);
        turn (transform, 2 * k, evenr - oddr, eveni - oddi, &to_re[2 * s], &to_im[2 * s]);
        turn (transform, 3 * k, differencer - turnedr, differencei - turnedi, &to_re[3 * s],
              &to_im[3 * s]);
      }
}

/* The last step: radix 2. */
static void
pass_2 (const Points *restrict in, Points *restrict out)
{
  const guint s = HALF / 2;

  for (guint q = 0; q < s; q++)
    {
      out->re[q] = in->re[q] + in->re[q + s];
      out->im[q] = in->im[q] + in->im[q + s];
      out->re[q + s] = in->re[q] - in->re[q + s];
      out->im[q + s] = in->im[q] - in->im[q + s];
    }
}

/* 160 = 5 * 4 * 4 * 2; from `a` to `a`. */
static void
transform_points (OhTransform *transform)
{
  pass_5 (transform, &transform->a, &transform->b);
  pass_4 (transform, 8, 5, &transform->b, &transform->a);
  pass_4 (transform, 2, 20, &transform->a, &transform->b);
  pass_2 (&transform->b, &transform->a);
}

void
oh_transform_forward (OhTransform *transform, const float *samples, OhSpectrum *spectrum)
{
  const float *re = transform->a.re, *im = transform->a.im;

  for (guint i = 0; i < HALF; i++)
    {
      transform->a.re[i] = samples[2 * i];
      transform->a.im[i] = samples[2 * i + 1];
    }
  transform_points (transform);
  for (guint k = 0; k < BINS; k++)
    {
      guint i = k % HALF, mirror = (HALF - k) % HALF;
      float evenr = (re[i] + re[mirror]) / 2, eveni = (im[i] - im[mirror]) / 2;
      float oddr = (im[i] + im[mirror]) / 2, oddi = (re[mirror] - re[i]) / 2;
      float turnedr, turnedi;

      turn (transform, k, oddr, oddi, &turnedr, &turnedi);
      spectrum->re[k] = evenr + turnedr;
      spectrum->im[k] = eveni + turnedi;
    }
  memset (spectrum->re + BINS, 0, (ROOM - BINS) * sizeof *spectrum->re);
  memset (spectrum->im + BINS, 0, (ROOM - BINS) * sizeof *spectrum->im);
}

/* The same transform with real and imaginary parts exchanged, before and after, is the inverse. */
void
oh_transform_backward (OhTransform *transform, const OhSpectrum *spectrum, float *samples)
{
  const float *re = spectrum->re, *im = spectrum->im;

  for (guint k = 0; k < HALF; k++)
    {
      guint mirror = HALF - k;
      float evenr = (re[k] + re[mirror]) / 2, eveni = (im[k] - im[mirror]) / 2;
      float differencer = (re[k] - re[mirror]) / 2, differencei = (im[k] + im[mirror]) / 2;
      float c = transform->cosine[k], s = transform->sine[k];
      float oddr = differencer * c - differencei * s, oddi = differencei * c + differencer * s;

      transform->a.im[k] = evenr - oddi;
      transform->a.re[k] = eveni + oddr;
    }
  transform_points (transform);
  for (guint i = 0; i < HALF; i++)
    {
      samples[2 * i] = transform->a.im[i] / HALF;
      samples[2 * i + 1] = transform->a.re[i] / HALF;
    }
}

void
oh_spectrum_get_power (const OhSpectrum *spectrum, float *restrict power)
{
  for (guint k = 0; k < ROOM; k++)
    power[k] = spectrum->re[k] * spectrum->re[k] + spectrum->im[k] * spectrum->im[k];
}
