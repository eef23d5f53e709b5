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

/* Another device: looks for the delay and the drift anew, and goes on from what is learnt until
 * something better is. */
void oh_canceller_restart (OhCanceller *canceller);

/* The next block for the loudspeaker. */
void oh_canceller_play (OhCanceller *canceller, const gint16 *far);

/* Takes the loudspeaker's echo out of @near, in place. @behind: samples that were played after what
 * was heard at its beginning, as far as the devices tell; 0: unknown. TRUE: the loudspeaker is to be heard
 * now. */
gboolean oh_canceller_process (OhCanceller *canceller, gint16 *near, gsize behind);

/* What estimates the echo that is left; may be another after each block. */
SpeexEchoState *oh_canceller_get_speex (OhCanceller *canceller);

/* By how much the loudspeaker's clock is slower than the microphone's; 0: as far as is known not. */
double oh_canceller_get_drift_ppm (OhCanceller *canceller);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhCanceller, oh_canceller_free)

G_END_DECLS
