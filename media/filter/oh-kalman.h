/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/filter/oh-spectrum.h"

G_BEGIN_DECLS

/* The adaptive filter of the echo canceller: partitioned-block Kalman filter in the frequency domain
 * (Enzner and Vary 2006, "Frequency-domain adaptive Kalman filter for acoustic echo control in
 * hands-free telephones"; in partitions: Kuech, Mabande and Enzner 2014, "State-space architecture
 * of the partitioned-block-based acoustic echo controller"). It knows how uncertain its weights are,
 * so that who speaks at the near end slows it and does not spoil it: no double-talk detector. 16 kHz,
 * 10 ms blocks without delay, one thread, nothing allocates after creation. */
typedef struct _OhKalman OhKalman;

#define OH_KALMAN_PARTITIONS 20 /* of 10 ms: the room's answer that it can hold */

OhKalman *oh_kalman_new (void);
void oh_kalman_free (OhKalman *kalman);

/* Forgets all. @gain: OH_SPECTRUM_ROOM values, how much of the power comes back as an echo, as far as
 * can be told before: the variance to begin with. */
void oh_kalman_begin (OhKalman *kalman, const float *gain);

/* Writes @near (microphone) without the echo of @reference into @clean: a block each. */
void
oh_kalman_process (OhKalman *kalman, const gint16 *near, const gint16 *reference, float *clean);

/* Of the last block, OH_SPECTRUM_ROOM values each, in power as a transform of the block and as many
 * zeros has it: the echo that was taken out, and how much echo must be expected to be left. */
const float *oh_kalman_get_echo (const OhKalman *kalman);
const float *oh_kalman_get_rest (const OhKalman *kalman);

/* The most power that the reference had in each bin within the filter's length: OH_SPECTRUM_ROOM
 * values into @power, scaled alike. */
void oh_kalman_get_loudest (const OhKalman *kalman, float *power);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhKalman, oh_kalman_free)

G_END_DECLS
