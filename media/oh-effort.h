/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How much work the encoders of one worker make of a packet: a pure function of how busy the worker is. It
 * gives way soon, by a step, or at once by all where the worker is all but full; and takes back a step when
 * after seconds of calm there is room for twice of what is used. No encoder needs twice as much by one step,
 * so a step does not undo itself. Zeroed: the usual. One thread. */
typedef struct
{
  guint level;    /* 0: the usual */
  gint64 calm_us; /* with room for the level before */
} OhEffort;

/* In the last @us the worker was busy for @busy percent. Returns the complexity, 0 to OH_CODEC_COMPLEXITY,
 * for OhCodec.encoder_set_complexity(). */
guint oh_effort_note (OhEffort *effort, gint64 us, guint busy);

G_END_DECLS
