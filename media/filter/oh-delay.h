/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/filter/oh-spectrum.h"

G_BEGIN_DECLS

/* Finds by how much the loudspeaker's sound comes back late in the microphone (0 to 500 ms; what no
 * device tells), within 0.2 s of speech: correlation of whitened spectra (Knapp and Carter 1976, "The
 * generalized correlation method for estimation of time delay", their phase transform). 16 kHz, 10 ms
 * blocks, one thread, nothing allocates after creation. */
typedef struct _OhDelay OhDelay;

#define OH_DELAY_RATE OH_SPECTRUM_RATE
#define OH_DELAY_BLOCK OH_SPECTRUM_BLOCK

OhDelay *oh_delay_new (void);
void oh_delay_free (OhDelay *delay);

/* Forgets all; the far signal jumped, or the devices are others. */
void oh_delay_reset (OhDelay *delay);

/* The next block of both. TRUE: an echo was found, or found again. */
gboolean oh_delay_process (OhDelay *delay, const gint16 *near, const gint16 *far);

/* The next block of both, where nobody asks for the delay: only kept for the next search, which by far
 * is what costs. */
void oh_delay_pause (OhDelay *delay, const gint16 *near, const gint16 *far);

/* When it came last, in samples. */
guint oh_delay_get (OhDelay *delay);

/* How much of the far signal's power the microphone had of late, at the most: OH_SPECTRUM_ROOM
 * values. */
void oh_delay_get_gain (OhDelay *delay, float *gain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDelay, oh_delay_free)

G_END_DECLS
