/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Days as people count them, in @zone. Unix seconds. */

/* Midnights between @then and @now: 0 the same day, 1 it was yesterday, < 0 it is still to come. */
int oh_day_distance (gint64 then, gint64 now, GTimeZone *zone);

/* The first second of the day after that of @now; also where a day has 23 or 25 hours, or none begins at
 * midnight. */
gint64 oh_day_get_next (gint64 now, GTimeZone *zone);

/* Tells those who show "14:05" or "Yesterday 14:05" that this has changed: signal "changed" when a day begins
 * in the time zone of this computer, at once after a sleep in which one began, and when the clock was set. One
 * timer for the whole program. Main thread. */
#define OH_TYPE_DAY (oh_day_get_type ())
G_DECLARE_FINAL_TYPE (OhDay, oh_day, OH, DAY, GObject)

OhDay *oh_day_get (void); /* borrowed */

G_END_DECLS
