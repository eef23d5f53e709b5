/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-fourier.h"

#include "media/filter/oh-radix.h"

#define SIZE OH_FOURIER_SIZE

struct _OhFourier
{
  float turns[6 * SIZE / 4];
  float a[2 * SIZE], b[2 * SIZE];
};

OhFourier *
oh_fourier_new (void)
{
  OhFourier *fourier = g_new0 (OhFourier, 1);

  oh_radix_make_turns (fourier->turns, SIZE);
  return fourier;
}

void
oh_fourier_free (OhFourier *fourier)
{
  g_free (fourier);
}

/* 2048 = 4 * 4 * 4 * 4 * 4 * 2. */
void
oh_fourier_transform (OhFourier *fourier, float complex *values)
{
  const float *turns = fourier->turns;
  float *a = fourier->a, *b = fourier->b;

  for (guint i = 0; i < SIZE; i++)
    {
      a[i] = crealf (values[i]);
      a[SIZE + i] = cimagf (values[i]);
    }
  oh_radix_4 (turns, SIZE, 1, a, b);
  oh_radix_4 (turns, SIZE, 4, b, a);
  oh_radix_4 (turns, SIZE, 16, a, b);
  oh_radix_4 (turns, SIZE, 64, b, a);
  oh_radix_4 (turns, SIZE, 256, a, b);
  oh_radix_2 (turns, SIZE, 1024, b, a);
  for (guint i = 0; i < SIZE; i++)
    values[i] = CMPLXF (a[i], a[SIZE + i]);
}
