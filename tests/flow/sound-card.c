/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/device/oh-audio.h"

#include <glib-unix.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* OhAudio alone, for tests with real sound servers: sound-card BACKEND MILLISECONDS plays back what
 * the microphone hears, so much later, until SIGTERM; "-" stands for no back end. Prints each change
 * as a line. */

/* ALSA unloads its plug-ins and what they brought; what they leave behind would then have no name any
 * more for the leak sanitizer's suppressions (build-aux/lsan.supp). Here they stay. */
int dlclose (void *handle);

int
dlclose (void *handle)
{
  return 0;
}

static void
print_devices (GListModel *devices, gboolean capture)
{
  guint n = g_list_model_get_n_items (devices);

  printf ("%s:", capture ? "microphones" : "speakers");
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhAudioDevice) device = g_list_model_get_item (devices, i);

      printf (" %s", oh_audio_device_get_id (device));
    }
  printf (".\n");
}

static void
on_items_changed (GListModel *devices, guint at, guint removed, guint added, gpointer capture)
{
  print_devices (devices, GPOINTER_TO_INT (capture));
}

static void
on_error_changed (OhAudio *audio, GParamSpec *pspec, gpointer user_data)
{
  g_autofree char *error = NULL;

  g_object_get (audio, "error", &error, NULL);
  printf ("error: %s\n", error ? error : "none");
}

/* "microphone ID", "speaker ID": what a person would choose; no ID: the default. */
static gboolean
on_input (gint fd, GIOCondition condition, gpointer user_data)
{
  char line[256];

  if (!fgets (line, sizeof line, stdin))
    return G_SOURCE_REMOVE;
  g_strchomp (line);
  if (g_str_has_prefix (line, "microphone"))
    oh_audio_set_device (user_data, OH_AUDIO_MICROPHONE, strlen (line) > 11 ? line + 11 : NULL);
  else if (g_str_has_prefix (line, "speaker"))
    oh_audio_set_device (user_data, OH_AUDIO_SPEAKER, strlen (line) > 8 ? line + 8 : NULL);
  return G_SOURCE_CONTINUE;
}

/* Says so when a headset is put on or off. */
static gboolean
look_at_headset (gpointer audio)
{
  static gboolean worn;

  if (oh_audio_has_headset (audio) != worn)
    printf ("headset: %s\n", (worn = !worn) ? "on" : "off");
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (OhWorker) engine = oh_worker_new ("engine", OH_WORKER_GLIB);
  g_autoptr (OhAudio) audio = NULL;
  guint watch;
  gint64 begin = g_get_monotonic_time ();

  if (argc != 3)
    return 2;
  setvbuf (stdout, NULL, _IOLBF, 0);
  audio = oh_audio_new (engine, strcmp (argv[1], "-") != 0 ? argv[1] : NULL);
  oh_audio_set_echo_cancellation (audio, FALSE);
  oh_audio_set_noise_suppression (audio, FALSE);
  oh_audio_set_gain_control (audio, FALSE);
  g_signal_connect (audio, "notify::error", G_CALLBACK (on_error_changed), NULL);
  for (gint capture = 0; capture < 2; capture++)
    g_signal_connect (oh_audio_get_devices (audio, capture), "items-changed",
                      G_CALLBACK (on_items_changed), GINT_TO_POINTER (capture));
  oh_audio_start_loopback (audio, atoi (argv[2]));
  printf ("opened in %" G_GINT64_FORMAT " ms\n", (g_get_monotonic_time () - begin) / 1000);

  g_unix_signal_add (SIGTERM, on_terminate, loop);
  g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_input, audio);
  watch = g_timeout_add (50, look_at_headset, audio);
  g_main_loop_run (loop);
  g_source_remove (watch);
  begin = g_get_monotonic_time ();
  g_clear_object (&audio);
  printf ("closed in %" G_GINT64_FORMAT " ms\n", (g_get_monotonic_time () - begin) / 1000);
  return 0;
}
