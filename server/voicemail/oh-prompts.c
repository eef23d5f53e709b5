/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-voicemail"

#include "server/voicemail/oh-prompts.h"

#include "media/speech/oh-speech.h"
#include "server/store/oh-language.h"

#include <glib/gstdio.h>

#include <string.h>

struct _OhPrompts
{
  char *folder;
  GHashTable *asked; /* languages that were prepared in this run */
  GCancellable *cancellable;
};

static const char *const names[OH_N_PROMPTS] = { "leave-message", "no-messages", "end-of-messages",
                                                 "message-keys" };

static const char *const texts[OH_N_LANGUAGES][OH_N_PROMPTS] = {
  [OH_LANGUAGE_ENGLISH]
  = { "The person you are calling is not available. Please leave a message after the tone.",
      "You have no new messages.", "End of messages.",
      "Press 7 to delete the message, 9 to keep it." },
  [OH_LANGUAGE_GERMAN]
  = { "Die gerufene Person ist nicht erreichbar. Bitte sprechen Sie nach dem Ton.",
      "Sie haben keine neuen Nachrichten.", "Ende der Nachrichten.",
      "Mit 7 löschen Sie die Nachricht, mit 9 bleibt sie erhalten." },
};

OhPrompts *
oh_prompts_new (const char *folder)
{
  OhPrompts *prompts = g_new0 (OhPrompts, 1);

  prompts->folder = g_strdup (folder);
  prompts->asked = g_hash_table_new (g_str_hash, g_str_equal);
  prompts->cancellable = g_cancellable_new ();
  return prompts;
}

void
oh_prompts_free (OhPrompts *prompts)
{
  if (!prompts)
    return;
  g_cancellable_cancel (prompts->cancellable);
  g_object_unref (prompts->cancellable);
  g_hash_table_unref (prompts->asked);
  g_free (prompts->folder);
  g_free (prompts);
}

char *
oh_prompts_dup_path (OhPrompts *prompts, OhPrompt prompt, const char *language)
{
  g_autofree char *name = g_strdup_printf (
      "%s-%s.wav", oh_language_codes[oh_language_of (language)], names[prompt]);

  return g_build_filename (prompts->folder, name, NULL);
}

/* Only a whole file gets the prompt's name. */
static void
on_spoken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *part = user_data;
  g_autofree char *path = g_strndup (part, strlen (part) - strlen (".part.wav"));
  g_autofree char *whole = g_strconcat (path, ".wav", NULL);
  g_autoptr (GError) error = NULL;

  if (!oh_speech_synthesize_finish (result, &error))
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_warning ("a prompt could not be spoken: %s", error->message);
      g_unlink (part);
    }
  else if (g_rename (part, whole) != 0)
    g_warning ("a prompt could not be kept: %s", g_strerror (errno));
}

void
oh_prompts_prepare (OhPrompts *prompts, const char *language)
{
  OhLanguage spoken = oh_language_of (language);
  const char *code = oh_language_codes[spoken];

  if (!g_hash_table_add (prompts->asked, (gpointer)code))
    return;
  if (g_mkdir_with_parents (prompts->folder, 0700) != 0)
    g_warning ("%s: %s", prompts->folder, g_strerror (errno));
  for (guint k = 0; k < OH_N_PROMPTS; k++)
    {
      g_autofree char *path = oh_prompts_dup_path (prompts, k, code);
      g_autofree char *stem = g_strndup (path, strlen (path) - strlen (".wav"));
      char *part;

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        continue;
      part = g_strconcat (stem, ".part.wav", NULL);
      g_unlink (part);
      oh_speech_synthesize_async (texts[spoken][k], code, part, prompts->cancellable, on_spoken,
                                  part);
    }
}
