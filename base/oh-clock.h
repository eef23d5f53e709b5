/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Monotonic time in microseconds; from any thread. Timers and deadlines use this, never the
 * wall clock, which may step. */
gint64 oh_clock_now (void);

/* The oh_clock_now() time of @ago_us (at least 0) ago: negative where this computer was not running yet, and
 * never 0, which stands for "not known". */
gint64 oh_clock_before (gint64 ago_us);

/* The later of two such times; 0, "not known", is before all others. */
gint64 oh_clock_later (gint64 one, gint64 other);

/* For tests: time then comes from @source (NULL: the real clock again). Set before threads start. */
void oh_clock_set_source (gint64 (*source) (void));

G_END_DECLS
