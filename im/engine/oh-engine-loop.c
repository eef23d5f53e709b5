/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <glib-unix.h>

typedef struct
{
  PurpleInputFunction function;
  gpointer data;
} Watch;

static gboolean
on_ready (gint fd, GIOCondition condition, gpointer user_data)
{
  Watch *watch = user_data;
  PurpleInputCondition ready = 0;

  if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
    ready |= PURPLE_INPUT_READ;
  if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
    ready |= PURPLE_INPUT_WRITE;
  watch->function (watch->data, fd, ready);
  return G_SOURCE_CONTINUE;
}

static guint
add_input (int fd, PurpleInputCondition wanted, PurpleInputFunction function, gpointer data)
{
  Watch *watch = g_new0 (Watch, 1);
  GIOCondition condition = 0;

  watch->function = function;
  watch->data = data;
  if (wanted & PURPLE_INPUT_READ)
    condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
  if (wanted & PURPLE_INPUT_WRITE)
    condition |= G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL;
  return g_unix_fd_add_full (G_PRIORITY_DEFAULT, fd, condition, on_ready, watch, g_free);
}

/* libpurple now and then removes what has ended already; GLib would complain. */
static gboolean
remove_source (guint handle)
{
  GSource *source = g_main_context_find_source_by_id (NULL, handle);

  if (source)
    g_source_destroy (source);
  return source != NULL;
}

PurpleEventLoopUiOps *
oh_engine_loop_ops (void)
{
  static PurpleEventLoopUiOps ops = {
    .timeout_add = g_timeout_add,
    .timeout_remove = remove_source,
    .input_add = add_input,
    .input_remove = remove_source,
    .timeout_add_seconds = g_timeout_add_seconds,
  };

  return &ops;
}
