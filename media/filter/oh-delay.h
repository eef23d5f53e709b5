/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Finds by how much the loudspeaker's sound comes back late in the microphone (0 to 500 ms; what no
 * device tells), and says by how much the far signal is to be held back: a little less, so that the
 * canceller's tail is left for the room. 16 kHz, 10 ms blocks, one thread. */
typedef struct _OhDelay OhDelay;

#define OH_DELAY_RATE 16000
#define OH_DELAY_BLOCK (OH_DELAY_RATE / 100)

OhDelay *oh_delay_new (void);
void oh_delay_free (OhDelay *delay);
void oh_delay_reset (OhDelay *delay);

/* The far signal jumped: what is compared must begin anew. */
void oh_delay_restart (OhDelay *delay);

/* @held: samples that the far signal is held back now. TRUE: another delay is worth a try. */
gboolean oh_delay_process (OhDelay *delay, const gint16 *near, const gint16 *far, double held);

/* That delay, in samples. */
guint oh_delay_get (OhDelay *delay);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDelay, oh_delay_free)

G_END_DECLS
