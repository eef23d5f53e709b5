/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-executor.h"

typedef struct
{
  OhTask task;
  gpointer data;
} Posted;

static gboolean
run_posted (gpointer user_data)
{
  Posted *posted = user_data;

  posted->task (posted->data);
  return G_SOURCE_REMOVE;
}

/* An idle source, not g_main_context_invoke(): the task must never run inside the poster's call. */
static void
post_to_context (gpointer target, OhTask task, gpointer data)
{
  Posted *posted = g_new (Posted, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  posted->task = task;
  posted->data = data;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, run_posted, posted, g_free);
  g_source_attach (source, target);
}

OhExecutor
oh_executor_for_context (GMainContext *context)
{
  return (OhExecutor){ .post = post_to_context,
                       .target = context ? context : g_main_context_default () };
}
