/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/speech/oh-speech.h"

#include "base/oh-error.h"

#include <glib/gstdio.h>

#include <string.h>

#define PROGRAM "espeak-ng"
#define WORDS_PER_MINUTE "155"
#define MAX_TEXT 10000 /* bytes; some ten minutes */

static void
on_spoken (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GSubprocess *process = G_SUBPROCESS (object);
  g_autoptr (GTask) task = user_data;
  const char *path = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_subprocess_communicate_finish (process, result, NULL, NULL, &error))
    {
      g_subprocess_force_exit (process);
      g_unlink (path);
      g_task_return_error (task, error);
    }
  else if (!g_subprocess_get_successful (process) || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_unlink (path);
      g_task_return_new_error (task, OH_ERROR, OH_ERROR_FAILED,
                               PROGRAM " could not speak the text");
    }
  else
    g_task_return_boolean (task, TRUE);
}

/* Goes into an argument: only what a language tag has (RFC 5646). */
static gboolean
is_language (const char *language)
{
  if (!g_ascii_isalpha (language[0]))
    return FALSE;
  for (const char *c = language; *c; c++)
    if (!g_ascii_isalnum (*c) && *c != '-')
      return FALSE;
  return TRUE;
}

static gboolean
check (const char *text, const char *language, const char *path, GError **error)
{
  if (!g_utf8_validate (text, -1, NULL) || strlen (text) > MAX_TEXT)
    g_set_error_literal (error, OH_ERROR, OH_ERROR_INVALID, "The text can't be spoken");
  else if (!is_language (language))
    g_set_error_literal (error, OH_ERROR, OH_ERROR_INVALID, "Not a language tag");
  else if (!g_path_is_absolute (path) || g_file_test (path, G_FILE_TEST_EXISTS))
    g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "%s is not a new file", path);
  else
    return TRUE;
  return FALSE;
}

/* It greets PulseAudio although it writes a file; without a folder for that it leaves none behind. */
static GSubprocess *
spawn (const char *language, const char *path, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE
      | G_SUBPROCESS_FLAGS_STDERR_SILENCE);

  g_subprocess_launcher_setenv (launcher, "PULSE_RUNTIME_PATH", "/dev/null", TRUE);
  return g_subprocess_launcher_spawn (launcher, error, PROGRAM, "-v", language, "-s",
                                      WORDS_PER_MINUTE, "-b", "1", "-w", path, "--stdin", NULL);
}

void
oh_speech_synthesize_async (const char *text,
                            const char *language,
                            const char *path,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) input = NULL;
  GError *error = NULL;

  g_return_if_fail (text != NULL && language != NULL && path != NULL);

  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, oh_speech_synthesize_async);
  g_task_set_task_data (task, g_strdup (path), g_free);
  if (check (text, language, path, &error))
    process = spawn (language, path, &error);
  if (!process)
    {
      g_task_return_error (task, error);
      return;
    }
  input = g_bytes_new (text, strlen (text)); /* by standard input: never an option, never in `ps` */
  g_subprocess_communicate_async (process, input, cancellable, on_spoken, g_steal_pointer (&task));
}

gboolean
oh_speech_synthesize_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
