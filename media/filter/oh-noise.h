/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/filter/oh-spectrum.h"

G_BEGIN_DECLS

/* By how much each bin of a spectrum is turned down so that what sounds all the time (a fan, a street,
 * hiss) is heard less, and who speaks is not. The noise is followed where speech is unlikely (Cohen and
 * Berdugo 2002, "Noise estimation by minima controlled recursive averaging for robust speech
 * enhancement"), the gain goes by the logarithm of the spectrum (Ephraim and Malah 1985, "Speech
 * enhancement using a minimum mean-square error log-spectral amplitude estimator"), less where speech
 * is likely. 10 ms blocks; one thread, nothing allocates; a value of zeros is a fresh one. */
typedef struct
{
  float smooth[OH_SPECTRUM_ROOM];  /* power */
  float least[OH_SPECTRUM_ROOM];   /* of that, of late */
  float coming[OH_SPECTRUM_ROOM];  /* the same since the window began */
  float present[OH_SPECTRUM_ROOM]; /* how likely somebody speaks there, 0 to 1 */
  float noise[OH_SPECTRUM_ROOM];   /* power */
  float speech[OH_SPECTRUM_ROOM];  /* power that passed in the block before */
  float local[OH_SPECTRUM_ROOM];   /* ratio of speech to noise around a bin, smoothed */
  guint age;                       /* blocks */
} OhNoise;

#define OH_NOISE_LEAST 0.178f /* gain: 15 dB are taken; with more, what is left would sound odd */

/* @power, @gain: OH_SPECTRUM_ROOM values each. */
void oh_noise_process (OhNoise *noise, const float *power, float *gain);

G_END_DECLS
