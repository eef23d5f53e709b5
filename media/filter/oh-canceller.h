/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <speex/speex_echo.h>

G_BEGIN_DECLS

/* speexdsp's echo canceller, given the loudspeaker's sound just when it comes back: the delay is
 * found and followed (OhDelay), and so is the drift between both devices' clocks (OhDrift). 16 kHz,
 * 10 ms blocks, one thread, nothing allocates after creation. */
typedef struct _OhCanceller OhCanceller;

#define OH_CANCELLER_RATE 16000
#define OH_CANCELLER_BLOCK (OH_CANCELLER_RATE / 100)

OhCanceller *oh_canceller_new (void);
void oh_canceller_free (OhCanceller *canceller);

/* Forgets all that was learnt. */
void oh_canceller_reset (OhCanceller *canceller);

/* Takes the echo of @far out of @near, in place. */
void oh_canceller_process (OhCanceller *canceller, gint16 *near, const gint16 *far);

/* What estimates the echo that is left; may be another after each block. */
SpeexEchoState *oh_canceller_get_speex (OhCanceller *canceller);

/* By how much the loudspeaker's clock is slower than the microphone's; 0: as far as is known not. */
double oh_canceller_get_drift_ppm (OhCanceller *canceller);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhCanceller, oh_canceller_free)

G_END_DECLS
