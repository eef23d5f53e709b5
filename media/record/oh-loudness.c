/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/record/oh-loudness.h"

#include <math.h>

float
oh_loudness_of (const gint16 *samples, gsize n)
{
  gint64 sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (gint32)samples[i] * samples[i];
  if (sum == 0)
    return -100;
  return 10 * log10f ((float)sum / n / (32768.0f * 32768.0f));
}
