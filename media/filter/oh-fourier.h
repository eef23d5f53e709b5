/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <complex.h>
#include <glib.h>

G_BEGIN_DECLS

/* Fourier transform of OH_FOURIER_SIZE points, in place and forward (media/filter/oh-radix.h). Nothing
 * allocates after creation. */
typedef struct _OhFourier OhFourier;

#define OH_FOURIER_BITS 11
#define OH_FOURIER_SIZE (1 << OH_FOURIER_BITS)

OhFourier *oh_fourier_new (void);
void oh_fourier_free (OhFourier *fourier);

void oh_fourier_transform (OhFourier *fourier, float complex *values);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhFourier, oh_fourier_free)

G_END_DECLS
