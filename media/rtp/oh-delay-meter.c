/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-delay-meter.h"

#include <string.h>

#define BIN_MS 5
#define WINDOW_US (4 * G_USEC_PER_SEC)
#define KEEP 0.99f /* of the old at each packet: half is forgotten in 1.4 s of 20 ms packets */
#define COVER 0.98f
#define UNEVEN_AT_FIRST 2000 /* us */
#define SPARE_LEAST_US 2000
#define SPARE_MOST_US 5000
#define SPARE 4 /* times what packets are uneven by */
#define EVEN_US 1000

void
oh_delay_meter_reset (OhDelayMeter *meter)
{
  memset (meter, 0, sizeof *meter);
}

static void
start (OhDelayMeter *meter, guint32 timestamp, gint64 now)
{
  oh_delay_meter_reset (meter);
  meter->started = TRUE;
  meter->first = now;
  meter->first_ts = timestamp;
  meter->window_end = now + WINDOW_US;
  meter->bins[0] = 1;
  meter->uneven_us = UNEVEN_AT_FIRST;
}

void
oh_delay_meter_add (OhDelayMeter *meter, guint32 timestamp, guint clock_rate, gint64 now)
{
  gint64 transit;
  gint32 ticks;
  guint bin;

  if (!meter->started)
    {
      start (meter, timestamp, now);
      return;
    }
  ticks = (gint32)(timestamp - meter->first_ts);
  transit = now - meter->first - (gint64)ticks * G_USEC_PER_SEC / clock_rate;
  meter->uneven_us += (ABS (transit) - meter->uneven_us) / 16;
  /* The reference moves with the stream: neither the time stamp's wrap nor drift gathers. */
  meter->first = now;
  meter->first_ts = timestamp;
  meter->floor -= transit;
  meter->coming -= transit;

  /* From here on this packet's transit is 0 and floor is what the quickest one had. */
  meter->floor = MIN (meter->floor, 0);
  meter->coming = MIN (meter->coming, 0);
  if (now > meter->window_end)
    {
      meter->floor = meter->coming;
      meter->coming = 0;
      meter->window_end = now + WINDOW_US;
    }
  bin = MIN (-meter->floor / 1000 / BIN_MS, OH_DELAY_BINS - 1);
  for (guint i = 0; i < OH_DELAY_BINS; i++)
    meter->bins[i] *= KEEP;
  meter->bins[bin] += 1 - KEEP;
}

float
oh_delay_meter_get_ms (const OhDelayMeter *meter)
{
  float sum = 0;

  for (guint i = 0; i < OH_DELAY_BINS; i++)
    {
      sum += meter->bins[i];
      if (sum >= COVER)
        return i * BIN_MS;
    }
  return meter->started ? OH_DELAY_BINS * BIN_MS : 0;
}

float
oh_delay_meter_get_spare_ms (const OhDelayMeter *meter)
{
  float us = meter->started ? SPARE * meter->uneven_us : SPARE_MOST_US;

  return CLAMP (us, SPARE_LEAST_US, SPARE_MOST_US) / 1000;
}

gboolean
oh_delay_meter_is_even (const OhDelayMeter *meter)
{
  return meter->started && meter->uneven_us < EVEN_US && oh_delay_meter_get_ms (meter) < BIN_MS;
}
