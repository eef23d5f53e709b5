/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The last seconds of microphone and loudspeaker, by the number of the sample since the start; the
 * loudspeaker's at any rate and between samples too. 16 kHz, 10 ms blocks, one thread, nothing
 * allocates after creation. */
typedef struct _OhPast OhPast;

#define OH_PAST_BLOCK 160
#define OH_PAST_LENGTH 65536 /* samples that are kept: 4 s */
#define OH_PAST_AHEAD 16     /* samples after the wanted ones that oh_past_get_far() looks at */

OhPast *oh_past_new (void);
void oh_past_free (OhPast *past);

void oh_past_put_near (OhPast *past, const gint16 *block);
void oh_past_put_far (OhPast *past, const gint16 *block);

/* Samples that were put so far. */
gint64 oh_past_get_near_length (OhPast *past);
gint64 oh_past_get_far_length (OhPast *past);

/* A block from @at on. */
void oh_past_get_near (OhPast *past, gint64 at, gint16 *block);

/* The same where each sample is @step (about 1) later than the one before; before the start there
 * was silence, and so there is after the end. */
void oh_past_get_far (OhPast *past, double at, double step, gint16 *block);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPast, oh_past_free)

G_END_DECLS
