/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/filter/oh-spectrum.h"

G_BEGIN_DECLS

/* Takes away what the echo canceller left of the echo, and spares the near end: Wiener's gain in each
 * bin, by the echo that must be expected to be left against what is there (Ephraim and Malah 1984,
 * "decision-directed"; the expected one from the Kalman filter itself, Enzner and Vary 2006). The
 * room's noise goes on where it would be heard to stop, and is turned down where that is wanted
 * (OhNoise), in the same frame and so without more delay. 16 kHz, 10 ms blocks, 4 ms of delay, one
 * thread, nothing allocates after creation. */
typedef struct _OhSuppressor OhSuppressor;

OhSuppressor *oh_suppressor_new (void);
void oh_suppressor_free (OhSuppressor *suppressor);
void oh_suppressor_reset (OhSuppressor *suppressor);

/* Whether the room's noise is turned down too; not at first. */
void oh_suppressor_set_noise (OhSuppressor *suppressor, gboolean on);

/* @block: OH_SPECTRUM_BLOCK samples, in place. @echo, @rest: powers of what was taken out and of what
 * must be expected to be left, as OhKalman gives them. */
void oh_suppressor_process (OhSuppressor *suppressor,
                            float *block,
                            const float *echo,
                            const float *rest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSuppressor, oh_suppressor_free)

G_END_DECLS
