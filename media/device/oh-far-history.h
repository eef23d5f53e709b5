/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the loudspeaker was given, so that the filter gets the part that is to be heard just when the
 * microphone hears: written as blocks are made, read one block a microphone block, behind by the
 * latency of both devices. Latencies jitter, so the reader runs on steadily and jumps only when it is
 * off by more than the canceller's tail forgives. One thread; 10 ms blocks at any rate. */
typedef struct _OhFarHistory OhFarHistory;

OhFarHistory *oh_far_history_new (gsize block, gsize blocks);
void oh_far_history_free (OhFarHistory *history);

void oh_far_history_write (OhFarHistory *history, const gint16 *samples);

/* @behind: samples between what was written last and what is heard now; 0: unknown. */
void oh_far_history_read (OhFarHistory *history, gsize behind, gint16 *samples);

/* The device changed: find the place anew. */
void oh_far_history_reset (OhFarHistory *history);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhFarHistory, oh_far_history_free)

G_END_DECLS
