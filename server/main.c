/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-server"

#include "server/oh-server.h"

#include "oh-config.h"

#include <glib-unix.h>

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define MAX_FILES 65536

enum
{
  EXIT_ORDERLY = 0,
  EXIT_START = 1,
  EXIT_USAGE = 2
};

typedef struct
{
  OhServer *server;
  GMainLoop *loop;
  gboolean stopping;
} Program;

static void
on_stopped (gpointer data)
{
  g_main_loop_quit (((Program *)data)->loop);
}

static gboolean
on_terminate (gpointer user_data)
{
  Program *program = user_data;

  if (!program->stopping)
    {
      program->stopping = TRUE;
      oh_server_stop (program->server, on_stopped, program);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_hang_up (gpointer user_data)
{
  Program *program = user_data;

  if (!program->stopping)
    oh_server_reload (program->server);
  return G_SOURCE_CONTINUE;
}

/* A line, a call and a page each hold some, and systems give programs 1,024 to begin with. */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= MAX_FILES)
    return;
  limit.rlim_cur = MIN (limit.rlim_max, MAX_FILES);
  if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
    g_warning ("no more than %lu open files: %s", (gulong)limit.rlim_cur, g_strerror (errno));
}

static int
run (const char *config_path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Program program = { .loop = loop };

  program.server = oh_server_new (config_path, &error);
  if (!program.server)
    {
      fprintf (stderr, "offhookd: %s\n", error->message);
      return EXIT_START;
    }
  g_unix_signal_add (SIGTERM, on_terminate, &program);
  g_unix_signal_add (SIGINT, on_terminate, &program);
  g_unix_signal_add (SIGHUP, on_hang_up, &program);
  g_main_loop_run (loop);
  oh_server_free (program.server);
  return EXIT_ORDERLY;
}

int
main (int argc, char **argv)
{
  g_autofree char *config_path = NULL;
  gboolean version = FALSE;
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) options = g_option_context_new ("- the Offhook call server");
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path, "Key file (see offhookd.conf)",
      "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    G_OPTION_ENTRY_NULL,
  };

  setlocale (LC_ALL, "");
  umask (077);
  raise_file_limit ();
  signal (SIGPIPE, SIG_IGN);
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      fprintf (stderr, "offhookd: %s\n", error->message);
      return EXIT_USAGE;
    }
  if (version)
    {
      puts ("offhookd " OH_VERSION);
      return EXIT_ORDERLY;
    }
  if (!config_path || argc > 1)
    {
      fputs ("usage: offhookd --config FILE\n", stderr);
      return EXIT_USAGE;
    }
  return run (config_path);
}
