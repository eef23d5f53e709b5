/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-private.h"

#include "base/oh-error.h"
#include "media/record/oh-sound-file.h"
#include "server/store/oh-secret.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <string.h>

/* What a greeting may be: nobody listens longer, and every caller's sound passes through it. */
#define LONGEST_S 120
#define SHORTEST_MS 200
#define MAX_CHANNELS 2
#define MIN_RATE 8000
#define MAX_RATE 48000

/* A greeting that was uploaded:
 *
 *   body -> file, decoded to its end on a thread of its own -> store -> the former file goes */
typedef struct
{
  OhWebRequest *request;
  char *path;
} Upload;

static void
free_upload (Upload *upload)
{
  g_free (upload->path);
  g_free (upload);
}

/* --- Judging (no thread of ours in particular) --- */

/* Decodes the whole file; a header may say what it likes. Samples at most LONGEST_S and a bit. */
static guint64
count_samples (OhSoundFile *file, guint64 most)
{
  gint16 samples[4096];
  guint64 all = 0;
  gsize n;

  while (all <= most && (n = oh_sound_file_read (file, samples, G_N_ELEMENTS (samples))) > 0)
    all += n;
  return all;
}

static gboolean
check_sound (const char *path, GError **error)
{
  g_autoptr (OhSoundFile) file = oh_sound_file_open (path, NULL);
  guint rate, channels;
  guint64 samples;

  if (!file)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED,
                   "This file cannot be played; record it anew as Ogg Opus or WAV");
      return FALSE;
    }
  rate = oh_sound_file_get_rate (file);
  channels = oh_sound_file_get_channels (file);
  if (rate < MIN_RATE || rate > MAX_RATE || channels > MAX_CHANNELS)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED,
                   "%u Hz with %u channels is no greeting; use %d to %d Hz, mono or stereo", rate,
                   channels, MIN_RATE, MAX_RATE);
      return FALSE;
    }
  samples = count_samples (file, (guint64)rate * LONGEST_S);
  if (samples > (guint64)rate * LONGEST_S || samples < (guint64)rate * SHORTEST_MS / 1000)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "A greeting must last from %d ms to %d s",
                   SHORTEST_MS, LONGEST_S);
      return FALSE;
    }
  return TRUE;
}

static gboolean
write_file (const char *path, const GByteArray *body, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "cannot make the folder %s: %s", folder,
                   g_strerror (errno));
      return FALSE;
    }
  return g_file_set_contents_full (path, (const char *)body->data, (gssize)body->len,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, error);
}

/* The request's body is nobody else's while the task runs. */
static void
keep_sound (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Upload *upload = data;
  GError *error = NULL;

  if (write_file (upload->path, upload->request->body, &error)
      && check_sound (upload->path, &error))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  g_unlink (upload->path);
  g_task_return_error (task, error);
}

/* --- Handlers --- */

static void
on_greeting_set (const char *json, const GError *error, gpointer user_data)
{
  Upload *upload = user_data;

  if (error)
    {
      g_unlink (upload->path);
      oh_web_answer_gerror (upload->request, error);
    }
  else
    oh_web_answer_empty (upload->request);
  free_upload (upload);
}

static void
on_sound_kept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Upload *upload = user_data;
  OhWebRequest *request = upload->request;
  OhStoreReply reply = { &request->web->executor, on_greeting_set, upload };
  g_autoptr (GError) error = NULL;
  gboolean kept = g_task_propagate_boolean (G_TASK (result), &error);

  if (kept && !request->web->closed)
    {
      oh_store_set_greeting (request->web->store, request->device->user->id, upload->path, &reply);
      return;
    }
  if (kept)
    {
      g_unlink (upload->path);
      oh_web_answer_empty (request); /* goes nowhere */
    }
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_UNSUPPORTED))
    oh_web_answer_error (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "sound-needed",
                         error->message);
  else
    oh_web_answer_gerror (request, error);
  free_upload (upload);
}

/* By the first bytes, whatever the client calls it; NULL: neither. */
static const char *
find_ending (const GByteArray *body)
{
  if (body->len > 64 && memcmp (body->data, "OggS", 4) == 0
      && memcmp (body->data + 28, "OpusHead", 8) == 0)
    return "opus";
  if (body->len > 44 && memcmp (body->data, "RIFF", 4) == 0
      && memcmp (body->data + 8, "WAVE", 4) == 0)
    return "wav";
  return NULL;
}

void
oh_web_handle_set_greeting (OhWebRequest *request)
{
  const char *ending = find_ending (request->body);
  g_autofree char *id = oh_secret_new_id ('g');
  g_autoptr (GTask) task = NULL;
  Upload *upload;

  if (!ending)
    {
      oh_web_answer_error (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "sound-needed",
                           "A greeting must be an Ogg Opus or a WAV file");
      return;
    }
  upload = g_new0 (Upload, 1);
  upload->request = request;
  upload->path = g_strdup_printf ("%s/%" G_GINT64_FORMAT "/%s.%s",
                                  request->web->config->voicemail_dir, request->device->user->id,
                                  id, ending);
  task = g_task_new (NULL, NULL, on_sound_kept, upload);
  g_task_set_task_data (task, upload, NULL);
  g_task_run_in_thread (task, keep_sound);
}

void
oh_web_handle_get_greeting (OhWebRequest *request)
{
  const char *path = request->device->user->greeting;

  if (path)
    oh_web_answer_file (request, path);
  else
    oh_web_answer_error (request, SOUP_STATUS_NOT_FOUND, "not-found",
                         "There is no greeting of your own");
}

void
oh_web_handle_delete_greeting (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_empty (request);

  oh_store_set_greeting (request->web->store, request->device->user->id, NULL, &reply);
}
