/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OH_DELAY_BINS 100 /* of 5 ms */

/* How much later than the quickest ones packets come: a histogram of that lateness which forgets
 * slowly, and the wait that all but one in fifty would have met. The quickest is looked for in the
 * last few seconds only, so that a drifting clock or a changed route is followed. Beside it how evenly
 * they come one after the other, which shows within a second that a path has next to no jitter. */
typedef struct
{
  gboolean started;
  gint64 first; /* arrival of the first packet, us */
  guint32 first_ts;
  gint64 floor, coming; /* smallest transit of this window and of the one that is being filled */
  gint64 window_end;
  float bins[OH_DELAY_BINS];
  float uneven_us; /* mean of how much longer or shorter one was under way than the one before */
} OhDelayMeter;

void oh_delay_meter_reset (OhDelayMeter *meter);
void oh_delay_meter_add (OhDelayMeter *meter, guint32 timestamp, guint clock_rate, gint64 now);
float oh_delay_meter_get_ms (const OhDelayMeter *meter);

/* So much earlier than needed packets should be there, for what the histogram cannot tell: 2 to 5 ms. */
float oh_delay_meter_get_spare_ms (const OhDelayMeter *meter);

/* Packets come as evenly as on a path with next to no jitter. */
gboolean oh_delay_meter_is_even (const OhDelayMeter *meter);

G_END_DECLS
