/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Iterates the main context until @check holds; fails after 15 s (45 under a sanitizer). Sources of its
 * own, not g_timeout_add(): that is the test's where time is (fake-time.h). */
#define WAIT_FOR(check)                                                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    GSource *wait_tick = g_timeout_source_new (100);                                               \
    gint64 wait_s = g_getenv ("OFFHOOK_SANITIZED") ? 45 : 15;                                      \
    gint64 wait_end = g_get_monotonic_time () + wait_s * G_USEC_PER_SEC;                           \
    g_source_set_callback (wait_tick, wait_for_tick, NULL, NULL);                                  \
    g_source_attach (wait_tick, NULL);                                                             \
    while (!(check) && g_get_monotonic_time () < wait_end)                                         \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_destroy (wait_tick);                                                                  \
    g_source_unref (wait_tick);                                                                    \
    g_assert_true (check);                                                                         \
  }                                                                                                \
  G_STMT_END

static inline gboolean
wait_for_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

G_END_DECLS
