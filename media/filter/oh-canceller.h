/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/filter/oh-spectrum.h"

G_BEGIN_DECLS

/* The linear part of the echo canceller: a Kalman filter (OhKalman) that is given the loudspeaker's
 * sound just when it comes back: the delay is found and followed (OhDelay), and so is the drift
 * between both devices' clocks (OhDrift). 16 kHz, 10 ms blocks, one thread, nothing allocates after
 * creation. */
typedef struct _OhCanceller OhCanceller;

#define OH_CANCELLER_RATE OH_SPECTRUM_RATE
#define OH_CANCELLER_BLOCK OH_SPECTRUM_BLOCK

OhCanceller *oh_canceller_new (void);
void oh_canceller_free (OhCanceller *canceller);

/* Forgets all that was learnt. */
void oh_canceller_reset (OhCanceller *canceller);

/* Another device: looks for the delay and the drift anew, and goes on from what is learnt until
 * something better is. */
void oh_canceller_restart (OhCanceller *canceller);

/* The next block for the loudspeaker. */
void oh_canceller_play (OhCanceller *canceller, const gint16 *far);

/* Writes @near without the loudspeaker's echo into @clean. @behind: samples that were played after
 * what was heard at its beginning, as far as the devices tell; 0: unknown. TRUE: the loudspeaker is to
 * be heard now. */
gboolean
oh_canceller_process (OhCanceller *canceller, const gint16 *near, gsize behind, float *clean);

/* Of the last block, OH_SPECTRUM_ROOM values each, in power as OhKalman gives it: the echo that was
 * taken out, and how much must be expected to be left. */
const float *oh_canceller_get_echo (OhCanceller *canceller);
const float *oh_canceller_get_rest (OhCanceller *canceller);

/* Whether an echo is known of. */
gboolean oh_canceller_has_echo (OhCanceller *canceller);

/* By how much the loudspeaker's clock is slower than the microphone's; 0: as far as is known not. */
double oh_canceller_get_drift_ppm (OhCanceller *canceller);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhCanceller, oh_canceller_free)

G_END_DECLS
