/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Measures by how much the delay from a reference to the microphone grows: the clocks of
 * loudspeaker and microphone differ. It needs no reset when the room changes, only speech in the
 * loudspeaker. 16 kHz, 10 ms blocks, one thread, nothing allocates after creation. */
typedef struct _OhDrift OhDrift;

#define OH_DRIFT_BLOCK 160
#define OH_DRIFT_MAX_PPM 1000

OhDrift *oh_drift_new (void);
void oh_drift_free (OhDrift *drift);

/* Forgets all. */
void oh_drift_reset (OhDrift *drift);

/* The next blocks do not continue the last ones (another delay, another time); what was measured so
 * far is kept. */
void oh_drift_restart (OhDrift *drift);

/* @corrected: samples that the reference's delay has been made to grow by since the block before.
 * TRUE: there is a new estimate. */
gboolean
oh_drift_process (OhDrift *drift, const gint16 *near, const gint16 *reference, double corrected);

/* Samples of delay a million samples, all in all (not beside what is corrected); 0 until it is sure
 * that there is any. */
double oh_drift_get_ppm (OhDrift *drift);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDrift, oh_drift_free)

G_END_DECLS
