/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-private.h"

guint
oh_im_back_off (guint failures, guint first, guint max, double random)
{
  guint64 wait = (guint64)first << MIN (failures > 0 ? failures - 1 : 0, 31);

  wait = MIN (wait, max);
  return (guint)((double)wait * (0.8 + 0.4 * CLAMP (random, 0, 1)));
}

GSource *
oh_im_timer (GMainContext *context, guint ms, GSourceFunc function, gpointer data)
{
  GSource *source = g_timeout_source_new (ms);

  g_source_set_callback (source, function, data, NULL);
  g_source_attach (source, context);
  return source;
}

void
oh_im_timer_clear (GSource **timer)
{
  if (*timer)
    g_source_destroy (*timer);
  g_clear_pointer (timer, g_source_unref);
}
