/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-clock.h"

static gint64 (*clock_source) (void) = g_get_monotonic_time;

gint64
oh_clock_now (void)
{
  return clock_source ();
}

void
oh_clock_set_source (gint64 (*source) (void))
{
  clock_source = source ? source : g_get_monotonic_time;
}
