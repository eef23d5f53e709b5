/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-fourier.h"

#include <math.h>

#define SIZE OH_FOURIER_SIZE

struct _OhFourier
{
  float complex turns[SIZE / 2]; /* exp (-2 pi i k / SIZE) */
  guint16 place[SIZE];           /* index with its bits in reverse */
};

OhFourier *
oh_fourier_new (void)
{
  OhFourier *fourier = g_new0 (OhFourier, 1);

  for (guint k = 0; k < SIZE / 2; k++)
    fourier->turns[k] = cexp (-2 * G_PI * I * k / SIZE);
  for (guint i = 0; i < SIZE; i++)
    for (guint bit = 0; bit < OH_FOURIER_BITS; bit++)
      if (i & (1 << bit))
        fourier->place[i] |= 1 << (OH_FOURIER_BITS - 1 - bit);
  return fourier;
}

void
oh_fourier_free (OhFourier *fourier)
{
  g_free (fourier);
}

static float complex
multiply (float complex a, float complex b)
{
  return CMPLXF (crealf (a) * crealf (b) - cimagf (a) * cimagf (b),
                 crealf (a) * cimagf (b) + cimagf (a) * crealf (b));
}

void
oh_fourier_transform (OhFourier *fourier, float complex *values)
{
  for (guint i = 0; i < SIZE; i++)
    {
      guint k = fourier->place[i];
      float complex swapped = values[i];

      if (k <= i)
        continue;
      values[i] = values[k];
      values[k] = swapped;
    }
  for (guint half = 1; half < SIZE; half *= 2)
    for (guint from = 0; from < SIZE; from += 2 * half)
      for (guint k = 0; k < half; k++)
        {
          float complex even = values[from + k];
          float complex odd = multiply (values[from + k + half],
                                        fourier->turns[k * (SIZE / 2 / half)]);

          values[from + k] = even + odd;
          values[from + k + half] = even - odd;
        }
}
