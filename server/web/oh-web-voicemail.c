/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-private.h"

#include "base/oh-error.h"
#include "server/store/oh-json.h"
#include "server/store/oh-secret.h"

#include <glib/gstdio.h>

#include <errno.h>
#include <string.h>

/* --- Sending files --- */

static void
on_file_loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) data = g_file_load_bytes_finish (G_FILE (object), result, NULL, &error);
  OhWebRequest *request = user_data;
  g_autofree char *name = g_file_get_basename (G_FILE (object));

  if (data)
    oh_web_answer_data (request, g_str_has_suffix (name, ".wav") ? "audio/wav" : "audio/ogg", data);
  else
    {
      g_warning ("cannot read a sound file: %s", error->message);
      oh_web_answer_error (request, SOUP_STATUS_NOT_FOUND, "not-found",
                           "The sound file is not there");
    }
}

static void
answer_file (OhWebRequest *request, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  g_file_load_bytes_async (file, NULL, on_file_loaded, request);
}

/* --- Voicemail --- */

void
oh_web_handle_list_voicemail (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_json (request);

  oh_store_list_voicemail (request->web->store, request->device->user->id, &reply);
}

static void
on_voicemail_found (const char *json, const GError *error, gpointer user_data)
{
  OhWebRequest *request = user_data;
  g_autoptr (JsonObject) found = json ? oh_json_parse_object (json, strlen (json), NULL) : NULL;

  if (found)
    answer_file (request, json_object_get_string_member (found, "path"));
  else
    oh_web_answer_gerror (request, error);
}

void
oh_web_handle_voicemail_audio (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply (request, on_voicemail_found);

  oh_store_find_voicemail (request->web->store, request->device->user->id, request->argument,
                           &reply);
}

void
oh_web_handle_set_heard (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_empty (request);
  g_autoptr (GError) error = NULL;
  gboolean heard = TRUE;

  if (!oh_json_read_bool (request->json, "heard", TRUE, &heard, &error))
    {
      oh_web_answer_gerror (request, error);
      return;
    }
  oh_store_set_heard (request->web->store, request->device->user->id, request->argument, heard,
                      &reply);
}

void
oh_web_handle_delete_voicemail (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_empty (request);

  oh_store_delete_voicemail (request->web->store, request->device->user->id, request->argument,
                             &reply);
}

/* --- Greeting --- */

/* A greeting on its way into the store: which file comes, which goes. */
typedef struct
{
  OhWebRequest *request;
  char *added, *removed; /* paths or NULL */
} Greeting;

static void
on_greeting_set (const char *json, const GError *error, gpointer user_data)
{
  Greeting *greeting = user_data;
  const char *useless = error ? greeting->added : greeting->removed;

  if (useless)
    g_unlink (useless);
  if (error)
    oh_web_answer_gerror (greeting->request, error);
  else
    oh_web_answer_empty (greeting->request);
  g_free (greeting->added);
  g_free (greeting->removed);
  g_free (greeting);
}

/* Takes @path, NULL for none. */
static void
set_greeting (OhWebRequest *request, char *path)
{
  Greeting *greeting = g_new0 (Greeting, 1);
  OhStoreReply reply = { &request->web->executor, on_greeting_set, greeting };

  greeting->request = request;
  greeting->added = path;
  greeting->removed = g_strdup (request->device->user->greeting);
  oh_store_set_greeting (request->web->store, request->device->user->id, path, &reply);
}

void
oh_web_handle_get_greeting (OhWebRequest *request)
{
  const char *path = request->device->user->greeting;

  if (path)
    answer_file (request, path);
  else
    oh_web_answer_error (request, SOUP_STATUS_NOT_FOUND, "not-found",
                         "There is no greeting of your own");
}

/* By the first bytes, whatever the client calls it; NULL: neither. */
static const char *
find_ending (const GByteArray *body)
{
  if (body->len > 64 && memcmp (body->data, "OggS", 4) == 0)
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
  g_autofree char *user = g_strdup_printf ("%" G_GINT64_FORMAT, request->device->user->id);
  g_autofree char *folder = g_build_filename (request->web->config->voicemail_dir, user, NULL);
  g_autofree char *id = oh_secret_new_id ('g');
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  if (!ending)
    {
      oh_web_answer_error (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "sound-needed",
                           "A greeting must be an Ogg Opus or a WAV file");
      return;
    }
  path = g_strdup_printf ("%s/%s.%s", folder, id, ending);
  g_mkdir_with_parents (folder, 0700);
  if (!g_file_set_contents_full (
          path, (const char *)request->body->data, (gssize)request->body->len,
          G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
    {
      oh_web_answer_gerror (request, error);
      return;
    }
  set_greeting (request, g_steal_pointer (&path));
}

void
oh_web_handle_delete_greeting (OhWebRequest *request)
{
  set_greeting (request, NULL);
}
