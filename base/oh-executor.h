/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Runs on the thread that the executor stands for; it owns @data. */
typedef void (*OhTask) (gpointer data);

/* The way by which one thread hands a typed message to another: media workers and the SIP stack
 * know the thread of whoever listens only through this. Plain value, copied freely. */
typedef struct
{
  /* Queues @task for the target's thread and returns at once; tasks of one sender keep their order.
   * From any thread. Mandatory. */
  void (*post) (gpointer target, OhTask task, gpointer data);
  gpointer target;
} OhExecutor;

static inline void
oh_executor_post (const OhExecutor *executor, OhTask task, gpointer data)
{
  executor->post (executor->target, task, data);
}

/* Tasks run in @context (NULL: the default one), which must outlive the executor's users. */
OhExecutor oh_executor_for_context (GMainContext *context);

G_END_DECLS
