/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-clock.h"

static gint64 (*clock_source) (void) = g_get_monotonic_time;

gint64
oh_clock_now (void)
{
  return clock_source ();
}

gint64
oh_clock_before (gint64 ago_us)
{
  gint64 then = oh_clock_now () - MAX (ago_us, 0);

  return then ? then : -1;
}

gint64
oh_clock_later (gint64 one, gint64 other)
{
  if (!one || !other)
    return one ? one : other;
  return MAX (one, other);
}

void
oh_clock_set_source (gint64 (*source) (void))
{
  clock_source = source ? source : g_get_monotonic_time;
}
