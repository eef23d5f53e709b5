/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Fourier transform of 20 ms at 16 kHz, real in time (media/filter/oh-radix.h). One thread, nothing
 * allocates after creation. */
typedef struct _OhTransform OhTransform;

#define OH_SPECTRUM_RATE 16000
#define OH_SPECTRUM_BLOCK (OH_SPECTRUM_RATE / 100)
#define OH_SPECTRUM_SIZE (2 * OH_SPECTRUM_BLOCK)
#define OH_SPECTRUM_BINS (OH_SPECTRUM_SIZE / 2 + 1) /* 0 to 8 kHz, 50 Hz each */
#define OH_SPECTRUM_ROOM 168 /* of the bins; the rest is 0, so that loops fall into whole vectors */

typedef struct
{
  float re[OH_SPECTRUM_ROOM], im[OH_SPECTRUM_ROOM];
} OhSpectrum;

OhTransform *oh_transform_new (void);
void oh_transform_free (OhTransform *transform);

/* @samples: OH_SPECTRUM_SIZE of them. */
void oh_transform_forward (OhTransform *transform, const float *samples, OhSpectrum *spectrum);

/* The inverse, scaled so that both after each other change nothing. */
void oh_transform_backward (OhTransform *transform, const OhSpectrum *spectrum, float *samples);

/* Square of each bin's magnitude; @power: OH_SPECTRUM_ROOM values. */
void oh_spectrum_get_power (const OhSpectrum *spectrum, float *power);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhTransform, oh_transform_free)

G_END_DECLS
