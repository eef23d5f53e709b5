/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Monotonic time in microseconds; from any thread. Timers and deadlines use this, never the
 * wall clock, which may step. */
gint64 oh_clock_now (void);

/* For tests: time then comes from @source (NULL: the real clock again). Set before threads start. */
void oh_clock_set_source (gint64 (*source) (void));

G_END_DECLS
