/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-admin"

#include <oh-config.h>

#include "server/admin/oh-admin-private.h"

#include "server/store/oh-json.h"

#include <string.h>
#include <unistd.h>

static void
on_live_ready (const char *json, gpointer user_data)
{
  oh_admin_answer (user_data, json);
}

static void
handle_registrations (OhAdminRequest *request)
{
  OhLive *live = &request->admin->live;

  live->funcs->registrations (live->live, &request->admin->executor, on_live_ready, request);
}

/* Calls that run, or with "past" the last ones of the history. */
static void
handle_calls (OhAdminRequest *request)
{
  OhLive *live = &request->admin->live;
  OhStoreReply reply = oh_admin_reply (request);
  g_autoptr (GError) error = NULL;
  gboolean past = FALSE;
  gint64 limit = 20;

  if (!oh_json_read_bool (request->arguments, "past", FALSE, &past, &error)
      || !oh_json_read_int (request->arguments, "limit", FALSE, 1, 500, &limit, &error))
    oh_admin_answer_gerror (request, error);
  else if (past)
    oh_store_list_history (request->admin->store, 0, 0, (guint)limit, &reply);
  else
    live->funcs->calls (live->live, &request->admin->executor, on_live_ready, request);
}

static void
handle_events (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply (request);
  g_autoptr (GError) error = NULL;
  const char *call = NULL;
  gboolean follow = FALSE;
  gint64 after = -1, limit = 100;

  if (!oh_admin_read (request, "call", FALSE, 256, &call))
    return;
  if (!oh_json_read_bool (request->arguments, "follow", FALSE, &follow, &error)
      || !oh_json_read_int (request->arguments, "after", FALSE, 0, G_MAXINT64, &after, &error)
      || !oh_json_read_int (request->arguments, "limit", FALSE, 1, 1000, &limit, &error))
    oh_admin_answer_gerror (request, error);
  else if (follow)
    oh_admin_follow_events (request);
  else
    oh_store_list_events (request->admin->store, after < 0 ? OH_EVENTS_NEWEST : (guint64)after,
                          call, (guint)limit, &reply);
}

/* --- Why --- */

static void
on_call_events_ready (const char *json, const GError *error, gpointer user_data)
{
  OhAdminRequest *request = user_data;

  if (error)
    oh_admin_answer_gerror (request, error);
  else if (strcmp (json, "{\"events\":[]}") == 0)
    oh_admin_answer_error (request, "not-found",
                           "there is no such call; offhookctl calls --past shows their ids");
  else
    oh_admin_answer (request, json);
}

/* "last": the call of the newest event. */
static void
on_last_event_ready (const char *json, const GError *error, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  OhStoreReply reply = oh_admin_reply_to (request, on_call_events_ready);
  g_autoptr (JsonNode) root = json ? json_from_string (json, NULL) : NULL;
  JsonArray *events = root ? json_object_get_array_member (json_node_get_object (root), "events")
                           : NULL;

  if (request->admin->closed)
    oh_admin_answer_error (request, "closing", "offhookd stops");
  else if (!events || json_array_get_length (events) == 0)
    oh_admin_answer_error (request, "not-found", "there was no call yet");
  else
    oh_store_list_events (
        request->admin->store, 0,
        json_object_get_string_member (json_array_get_object_element (events, 0), "call"), 1000,
        &reply);
}

static void
handle_why (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply_to (request, on_call_events_ready);
  OhStoreReply last = oh_admin_reply_to (request, on_last_event_ready);
  const char *call = NULL;

  if (!oh_admin_read (request, "call", TRUE, 256, &call))
    return;
  if (strcmp (call, "last") == 0)
    oh_store_list_events (request->admin->store, OH_EVENTS_NEWEST, NULL, 1, &last);
  else
    oh_store_list_events (request->admin->store, 0, call, 1000, &reply);
}

/* --- Status --- */

static guint
count_items (const char *json)
{
  g_autoptr (JsonNode) root = json_from_string (json, NULL);

  return root && JSON_NODE_HOLDS_ARRAY (root) ? json_array_get_length (json_node_get_array (root))
                                              : 0;
}

/* What was answered so far. */
typedef struct
{
  guint calls, registrations;
} Status;

static void
add_load (JsonObject *object, const char *json)
{
  g_autoptr (JsonNode) root = json_from_string (json, NULL);
  JsonArray *all = root && JSON_NODE_HOLDS_ARRAY (root) ? json_node_get_array (root) : NULL;

  if (all && json_array_get_length (all) > 0)
    json_object_set_member (object, "load", json_node_copy (json_array_get_element (all, 0)));
}

static void
on_status_load (const char *json, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  const Status *status = request->data;
  OhAdmin *admin = request->admin;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *answer = NULL;

  json_object_set_string_member (object, "version", OH_VERSION);
  json_object_set_int_member (object, "pid", getpid ());
  json_object_set_int_member (object, "up", g_get_real_time () / G_USEC_PER_SEC - admin->started);
  json_object_set_string_member (object, "domain", admin->config->domain);
  json_object_set_string_member (object, "state_dir", admin->config->state_dir);
  json_object_set_string_member (object, "config", admin->config->path ? admin->config->path : "");
  json_object_set_int_member (object, "sip_udp", admin->udp);
  json_object_set_int_member (object, "sip_tcp", admin->tcp);
  json_object_set_int_member (object, "sip_tls", admin->tls);
  json_object_set_int_member (object, "https", admin->https);
  json_object_set_int_member (object, "users", oh_directory_get_users (request->directory)->len);
  json_object_set_int_member (object, "trunks", oh_directory_get_trunks (request->directory)->len);
  json_object_set_int_member (object, "calls", status->calls);
  json_object_set_int_member (object, "registrations", status->registrations);
  add_load (object, json);
  answer = oh_json_object_to_string (object);
  oh_admin_answer (request, answer);
}

static void
on_status_registrations (const char *json, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  OhLive *live = &request->admin->live;

  ((Status *)request->data)->registrations = count_items (json);
  if (request->admin->closed)
    oh_admin_answer_error (request, "closing", "offhookd stops");
  else
    live->funcs->load (live->live, &request->admin->executor, on_status_load, request);
}

static void
on_status_calls (const char *json, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  OhLive *live = &request->admin->live;
  Status *status = g_new0 (Status, 1);

  status->calls = count_items (json);
  request->data = status;
  request->free_data = g_free;
  if (request->admin->closed)
    oh_admin_answer_error (request, "closing", "offhookd stops");
  else
    live->funcs->registrations (live->live, &request->admin->executor, on_status_registrations,
                                request);
}

static void
handle_status (OhAdminRequest *request)
{
  OhLive *live = &request->admin->live;

  live->funcs->calls (live->live, &request->admin->executor, on_status_calls, request);
}

const OhAdminCommand oh_admin_live_commands[] = {
  { "registrations", handle_registrations },
  { "calls", handle_calls },
  { "events", handle_events },
  { "why", handle_why },
  { "status", handle_status },
  { "doctor", oh_admin_handle_doctor },
  { NULL, NULL },
};
