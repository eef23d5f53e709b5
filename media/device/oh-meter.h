/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include <stdatomic.h>

G_BEGIN_DECLS

#define OH_METER_BLOCKS 5 /* of 10 ms */

/* The peak of the last 50 ms: one thread writes, any reads. */
typedef struct
{
  _Atomic guint peaks[OH_METER_BLOCKS];
  guint at;
} OhMeter;

static inline void
oh_meter_put (OhMeter *meter, const gint16 *block, gsize n)
{
  guint peak = 0;

  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, (guint)ABS ((gint)block[i]));
  atomic_store_explicit (&meter->peaks[meter->at], peak, memory_order_relaxed);
  meter->at = (meter->at + 1) % OH_METER_BLOCKS;
}

/* 0 to 1 of full scale. */
static inline float
oh_meter_get (OhMeter *meter)
{
  guint most = 0;

  for (guint i = 0; i < OH_METER_BLOCKS; i++)
    most = MAX (most, atomic_load_explicit (&meter->peaks[i], memory_order_relaxed));
  return most / 32768.0f;
}

static inline void
oh_meter_clear (OhMeter *meter)
{
  for (guint i = 0; i < OH_METER_BLOCKS; i++)
    atomic_store_explicit (&meter->peaks[i], 0, memory_order_relaxed);
}

G_END_DECLS
