/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Finds by how much the loudspeaker's sound comes back late in the microphone (0 to 500 ms; what no
 * device tells) and holds the far signal back by a little less, so that the canceller's tail is left
 * for the room. 16 kHz, 10 ms blocks, one thread. */
typedef struct _OhDelay OhDelay;

#define OH_DELAY_RATE 16000
#define OH_DELAY_BLOCK (OH_DELAY_RATE / 100)

OhDelay *oh_delay_new (void);
void oh_delay_free (OhDelay *delay);
void oh_delay_reset (OhDelay *delay);

/* Gives the far block that belongs to @near as @reference. TRUE: the delay has just been changed. */
gboolean
oh_delay_process (OhDelay *delay, const gint16 *near, const gint16 *far, gint16 *reference);

/* ms that the far signal is held back now. */
guint oh_delay_get_ms (OhDelay *delay);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDelay, oh_delay_free)

G_END_DECLS
