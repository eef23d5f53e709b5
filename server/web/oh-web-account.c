/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-private.h"

#include "server/store/oh-json.h"

#include <string.h>

void
oh_web_handle_get_me (OhWebRequest *request)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *json = NULL;

  json_object_set_string_member (object, "device_id", request->device->id);
  oh_web_describe_user (request, request->device->user, request->device->id, object);
  json = oh_json_object_to_string (object);
  oh_web_answer_json (request, json);
}

void
oh_web_handle_list_devices (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_json (request);

  oh_store_list_devices (request->web->store, request->device->user->id, &reply);
}

void
oh_web_handle_revoke_device (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_empty (request);

  oh_store_revoke_device (request->web->store, request->device->user->id, request->argument,
                          &reply);
}

void
oh_web_handle_sign_out (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_empty (request);

  oh_store_revoke_device (request->web->store, request->device->user->id, request->device->id,
                          &reply);
}

/* A whole number of the query, @fallback when it is not there or not one. */
static gint64
read_query (OhWebRequest *request, const char *key, gint64 fallback)
{
  const char *text = request->query ? g_hash_table_lookup (request->query, key) : NULL;
  gint64 value;

  return text && g_ascii_string_to_signed (text, 10, 0, G_MAXINT64, &value, NULL) ? value
                                                                                  : fallback;
}

void
oh_web_handle_history (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_json (request);
  gint64 limit = read_query (request, "limit", 200);

  oh_store_list_history (request->web->store, request->device->user->id,
                         read_query (request, "since", 0), (guint)MIN (limit, 500), &reply);
}
