/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

/* A sign of life while libpurple keeps the thread. It reads from a service as long as there is anything to
 * be read: a list of thousands and the presence of all who are on it are one turn of the main loop, in
 * which no ping is answered. What is called again and again in such a turn says so instead. */

#define QUIET_US G_TIME_SPAN_SECOND

static gint64 turned_us; /* when the main loop went around last */
static gint64 told_us;

void
oh_engine_pulse (void)
{
  gint64 now = g_get_monotonic_time ();

  if (now - turned_us < QUIET_US || now - told_us < QUIET_US)
    return;
  told_us = now;
  oh_engine_emit ("Alive", g_variant_new ("()"));
}

/* Asked at each turn, and never has anything to do. */
static gboolean
on_prepare (GSource *source, gint *timeout_ms)
{
  *timeout_ms = -1;
  turned_us = g_get_monotonic_time ();
  return FALSE;
}

static gboolean
on_check (GSource *source)
{
  return FALSE;
}

static gboolean
on_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
oh_engine_pulse_install (void)
{
  static GSourceFuncs functions = { .prepare = on_prepare,
                                    .check = on_check,
                                    .dispatch = on_dispatch };
  GSource *source = g_source_new (&functions, sizeof (GSource));

  turned_us = g_get_monotonic_time ();
  g_source_set_static_name (source, "pulse");
  g_source_attach (source, NULL);
  g_source_unref (source);
}
