/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/oh-log.h"

static gint wanted;   /* GLogLevelFlags; atomic */
static gint may_want; /* more of some domains, by G_MESSAGES_DEBUG; atomic */

static GLogLevelFlags
get_flags (const char *level)
{
  static const struct
  {
    const char *name;
    GLogLevelFlags last;
  } levels[] = {
    { "error", G_LOG_LEVEL_CRITICAL },  { "warning", G_LOG_LEVEL_WARNING },
    { "message", G_LOG_LEVEL_MESSAGE }, { "info", G_LOG_LEVEL_INFO },
    { "debug", G_LOG_LEVEL_DEBUG },
  };
  GLogLevelFlags last = G_LOG_LEVEL_MESSAGE;

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (g_strcmp0 (level, levels[i].name) == 0)
      last = levels[i].last;
  return (last << 1) - 1; /* the flags are one bit each, the worst is the lowest */
}

/* GLib writes the time of a line with localtime(), whose answer all threads share. */
static GMutex lock;

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (level & g_atomic_int_get (&wanted))
    return g_log_writer_standard_streams (level, fields, n_fields, user_data);
  if (level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG))
    return g_log_writer_default (level, fields, n_fields, user_data); /* G_MESSAGES_DEBUG decides */
  return G_LOG_WRITER_HANDLED;
}

gboolean
oh_log_wants (GLogLevelFlags level, const char *domain)
{
  return (level & g_atomic_int_get (&wanted)) != 0
         || (g_atomic_int_get (&may_want) && !g_log_writer_default_would_drop (level, domain));
}

void
oh_log_set_level (const char *level)
{
  const char *domains = g_getenv ("G_MESSAGES_DEBUG");
  static gsize once;

  g_atomic_int_set (&wanted, (gint)get_flags (level));
  g_atomic_int_set (&may_want, domains && *domains);
  if (g_once_init_enter (&once))
    {
      g_log_writer_default_set_use_stderr (TRUE);
      g_log_set_writer_func (write_log, NULL, NULL);
      g_once_init_leave (&once, 1);
    }
}
