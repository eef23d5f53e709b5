/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-spectrum.h"

#include "media/filter/oh-radix.h"

#include <math.h>
#include <string.h>

#define SIZE OH_SPECTRUM_SIZE
#define HALF (SIZE / 2) /* a complex transform of so many points does the work */
#define BINS OH_SPECTRUM_BINS
#define ROOM OH_SPECTRUM_ROOM

struct _OhTransform
{
  float cosine[HALF], sine[HALF]; /* of 2 pi k / SIZE */
  float turns[6 * HALF / 4];
  float a[2 * HALF], b[2 * HALF]; /* real parts, imaginary parts */
};

OhTransform *
oh_transform_new (void)
{
  OhTransform *transform = g_new0 (OhTransform, 1);

  for (guint k = 0; k < HALF; k++)
    {
      transform->cosine[k] = cos (2 * G_PI * k / SIZE);
      transform->sine[k] = sin (2 * G_PI * k / SIZE);
    }
  oh_radix_make_turns (transform->turns, HALF);
  return transform;
}

void
oh_transform_free (OhTransform *transform)
{
  g_free (transform);
}

/* Even samples are real parts, odd ones imaginary parts. */
static void
take_apart (const float *restrict samples, float *restrict points)
{
  for (guint i = 0; i < HALF; i++)
    {
      points[i] = samples[2 * i];
      points[HALF + i] = samples[2 * i + 1];
    }
}

/* The other way round: what comes out of an inverse has its parts exchanged. */
static void
put_together (const float *restrict points, float *restrict samples)
{
  const float scale = 1.0f / HALF;

  for (guint i = 0; i < HALF; i++)
    {
      samples[2 * i] = points[HALF + i] * scale;
      samples[2 * i + 1] = points[i] * scale;
    }
}

/* 160 = 4 * 4 * 2 * 5; from `a` to `a`. */
static void
transform_points (OhTransform *transform)
{
  const float *turns = transform->turns;

  oh_radix_4 (turns, HALF, 1, transform->a, transform->b);
  oh_radix_4 (turns, HALF, 4, transform->b, transform->a);
  oh_radix_2 (turns, HALF, 16, transform->a, transform->b);
  oh_radix_5 (HALF, transform->b, transform->a);
}

/* The spectrum of all samples from that of their two halves. */
static void
part (const OhTransform *restrict transform, OhSpectrum *restrict spectrum)
{
  const float *re = transform->a, *im = transform->a + HALF;
  const float *cosine = transform->cosine, *sine = transform->sine;

  for (guint k = 1; k < HALF; k++)
    {
      float evenr = (re[k] + re[HALF - k]) / 2, eveni = (im[k] - im[HALF - k]) / 2;
      float oddr = (im[k] + im[HALF - k]) / 2, oddi = (re[HALF - k] - re[k]) / 2;

      spectrum->re[k] = evenr + oddr * cosine[k] + oddi * sine[k];
      spectrum->im[k] = eveni + oddi * cosine[k] - oddr * sine[k];
    }
  spectrum->re[0] = re[0] + im[0];
  spectrum->re[HALF] = re[0] - im[0];
  spectrum->im[0] = spectrum->im[HALF] = 0;
}

void
oh_transform_forward (OhTransform *transform, const float *samples, OhSpectrum *spectrum)
{
  take_apart (samples, transform->a);
  transform_points (transform);
  part (transform, spectrum);
  memset (spectrum->re + BINS, 0, (ROOM - BINS) * sizeof *spectrum->re);
  memset (spectrum->im + BINS, 0, (ROOM - BINS) * sizeof *spectrum->im);
}

/* Back to that, with real and imaginary parts exchanged: so the same transform is the inverse. */
static void
join (const OhSpectrum *restrict spectrum, OhTransform *restrict transform)
{
  const float *re = spectrum->re, *im = spectrum->im;
  const float *cosine = transform->cosine, *sine = transform->sine;

  for (guint k = 0; k < HALF; k++)
    {
      float evenr = (re[k] + re[HALF - k]) / 2, eveni = (im[k] - im[HALF - k]) / 2;
      float differencer = (re[k] - re[HALF - k]) / 2, differencei = (im[k] + im[HALF - k]) / 2;
      float oddr = differencer * cosine[k] - differencei * sine[k];
      float oddi = differencei * cosine[k] + differencer * sine[k];

      transform->a[k] = eveni + oddr;
      transform->a[HALF + k] = evenr - oddi;
    }
}

void
oh_transform_backward (OhTransform *transform, const OhSpectrum *spectrum, float *samples)
{
  join (spectrum, transform);
  transform_points (transform);
  put_together (transform->a, samples);
}

void
oh_spectrum_get_power (const OhSpectrum *spectrum, float *restrict power)
{
  for (guint k = 0; k < ROOM; k++)
    power[k] = spectrum->re[k] * spectrum->re[k] + spectrum->im[k] * spectrum->im[k];
}
