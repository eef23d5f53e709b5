/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-private.h"

#include "server/store/oh-json.h"

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

void
oh_web_answer_file (OhWebRequest *request, const char *path)
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
    oh_web_answer_file (request, json_object_get_string_member (found, "path"));
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
