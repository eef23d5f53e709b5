/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include "oh-config.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

static GMainLoop *loop;

static gboolean
on_parent_gone (gpointer data)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static gboolean
parse (int *argc, char ***argv, int *fd, char **folder)
{
  const GOptionEntry entries[] = {
    { "fd", 0, 0, G_OPTION_ARG_INT, fd, "Connected socket to the parent", "NUMBER" },
    { "folder", 0, 0, G_OPTION_ARG_FILENAME, folder, "Where libpurple keeps its files", "FOLDER" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, "Offhook's IM engine; started by offhookd and offhook.");
  if (!g_option_context_parse (context, argc, argv, &error))
    g_printerr ("offhook-im: %s\n", error->message);
  else if (*fd < 3 || !*folder)
    g_printerr ("offhook-im: it is started by offhookd or offhook\n");
  else
    return TRUE;
  return FALSE;
}

int
main (int argc, char **argv)
{
  int fd = -1;
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN); /* a file that may not grow on is an error of that file */
  /* Passwords are in here. */
  prctl (PR_SET_DUMPABLE, 0);
  if (!parse (&argc, &argv, &fd, &folder))
    return 2;
  if (g_mkdir_with_parents (folder, 0700) != 0 || !oh_engine_core_start (folder, &error)
      || !oh_engine_link_open (fd, on_parent_gone, &error))
    {
      g_printerr ("offhook-im: %s\n", error ? error->message : g_strerror (errno));
      return EXIT_FAILURE;
    }
  loop = g_main_loop_new (NULL, FALSE);
  g_main_loop_run (loop);
  g_main_loop_unref (loop);
#ifdef __SANITIZE_ADDRESS__
  __lsan_do_leak_check (); /* afterwards the plug-ins are unloaded, and nobody knows whose it was */
#endif
  oh_engine_core_stop ();
  return EXIT_SUCCESS;
}
