/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-admin"

#include "server/admin/oh-admin-private.h"

#include "server/routing/oh-hours-json.h"
#include "server/store/oh-json.h"
#include "server/store/oh-password.h"

#include <string.h>

/* --- Users --- */

/* A change that may wait for its password to be hashed. */
typedef struct
{
  gint64 user_id; /* 0: a new user */
  OhUserChange change;
} Pending;

static void
post_change (OhAdminRequest *request)
{
  Pending *pending = request->data;
  OhStoreReply reply = oh_admin_reply (request);

  if (pending->user_id)
    oh_store_change_user (request->admin->store, pending->user_id, &pending->change, &reply);
  else
    oh_store_add_user (request->admin->store, &pending->change, &reply);
}

static void
on_hashed (const char *hash, const GError *error, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  Pending *pending = request->data;

  if (request->admin->closed)
    oh_admin_answer_error (request, "closing", "offhookd stops");
  else if (error)
    oh_admin_answer_gerror (request, error);
  else
    {
      pending->change.password_hash = hash;
      post_change (request);
    }
}

static gboolean
read_change (OhAdminRequest *request, Pending *pending)
{
  const char *action = NULL, *order = NULL, *away = NULL, *dnd = NULL, *learn = NULL;
  gint64 option = -1, delay = -1, next = -1;
  g_autoptr (GError) error = NULL;

  if (!oh_admin_read (request, "name", FALSE, 128, &pending->change.name)
      || !oh_admin_read (request, "language", FALSE, 16, &pending->change.language)
      || !oh_admin_read (request, "decline_action", FALSE, 16, &action)
      || !oh_admin_read (request, "ring_order", FALSE, 16, &order)
      || !oh_admin_read (request, "away_rule", FALSE, 16, &away)
      || !oh_admin_read (request, "dnd_rule", FALSE, 16, &dnd)
      || !oh_admin_read (request, "learn_hours", FALSE, 16, &learn))
    return FALSE;
  if (!oh_json_read_int (request->arguments, "default_option", FALSE, 1, 9, &option, &error)
      || !oh_json_read_int (request->arguments, "default_delay", FALSE, 1, 1000, &delay, &error)
      || !oh_json_read_int (request->arguments, "next_delay", FALSE, 0, 1000, &next, &error))
    {
      oh_admin_answer_gerror (request, error);
      return FALSE;
    }
  if (learn && oh_word_find (oh_switch_words, learn) >= OH_SWITCH_WORDS)
    {
      oh_admin_answer_error (request, "invalid", "learn_hours must be off or on");
      return FALSE;
    }
  pending->change.default_option = (int)option;
  pending->change.default_delay_s = (int)delay;
  pending->change.decline_action = oh_word_find (oh_decline_words, action);
  pending->change.ring_order = oh_word_find (oh_ring_order_words, order);
  pending->change.next_delay_s = (int)next;
  pending->change.away_rule = oh_word_find (oh_quiet_words, away);
  pending->change.dnd_rule = oh_word_find (oh_quiet_words, dnd);
  pending->change.learn_hours = oh_word_find (oh_switch_words, learn);
  return TRUE;
}

/* Takes @pending. */
static void
start_change (OhAdminRequest *request, Pending *pending, gboolean password_needed)
{
  const char *password = NULL;
  g_autoptr (GError) error = NULL;

  request->data = pending;
  request->free_data = g_free;
  if (!read_change (request, pending)
      || !oh_admin_read (request, "password", password_needed, 256, &password))
    return;
  if (!password)
    post_change (request);
  else if (!oh_password_check_rules (password, &error))
    oh_admin_answer_gerror (request, error);
  else
    oh_password_hash (password, &request->admin->executor, on_hashed, request);
}

static Pending *
new_pending (gint64 user_id)
{
  static const OhUserChange nothing = OH_USER_CHANGE_INIT;
  Pending *pending = g_new0 (Pending, 1);

  pending->user_id = user_id;
  pending->change = nothing;
  return pending;
}

static void
handle_user_add (OhAdminRequest *request)
{
  const char *alias = NULL;
  Pending *pending;

  if (!oh_admin_read (request, "user", TRUE, 128, &alias))
    return;
  pending = new_pending (0);
  pending->change.alias = alias;
  start_change (request, pending, FALSE);
}

static void
handle_user_set (OhAdminRequest *request)
{
  const OhUser *user = oh_admin_find_user (request);
  const char *alias = NULL;
  Pending *pending;

  if (!user || !oh_admin_read (request, "alias", FALSE, 128, &alias))
    return;
  pending = new_pending (user->id);
  pending->change.alias = alias;
  start_change (request, pending, FALSE);
}

static void
handle_user_password (OhAdminRequest *request)
{
  const OhUser *user = oh_admin_find_user (request);

  if (user)
    start_change (request, new_pending (user->id), TRUE);
}

static void
handle_user_remove (OhAdminRequest *request)
{
  const OhUser *user = oh_admin_find_user (request);
  OhStoreReply reply = oh_admin_reply (request);

  if (user)
    oh_store_remove_user (request->admin->store, user->id, &reply);
}

static void
handle_user_list (OhAdminRequest *request)
{
  GPtrArray *users = oh_directory_get_users (request->directory);
  g_autoptr (JsonArray) list = json_array_new ();
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree char *json = NULL;

  for (guint i = 0; i < users->len; i++)
    {
      const OhUser *user = users->pdata[i];
      JsonObject *object = json_object_new ();
      g_autofree char *numbers = g_strjoinv (" ", user->numbers);

      json_object_set_int_member (object, "id", user->id);
      json_object_set_string_member (object, "user", user->alias);
      json_object_set_string_member (object, "name", user->name);
      json_object_set_string_member (object, "numbers", numbers);
      json_object_set_string_member (object, "language", user->language);
      json_object_set_int_member (object, "default_option", user->default_option);
      json_object_set_int_member (object, "default_delay", user->default_delay_s);
      json_object_set_string_member (object, "decline_action",
                                     oh_decline_words[user->decline_action]);
      json_object_set_string_member (object, "ring_order", oh_ring_order_words[user->ring.order]);
      json_object_set_int_member (object, "next_delay", user->ring.next_delay_s);
      json_object_set_string_member (object, "away_rule", oh_quiet_words[user->ring.away]);
      json_object_set_string_member (object, "dnd_rule", oh_quiet_words[user->ring.dnd]);
      json_object_set_string_member (object, "learn_hours", oh_switch_words[user->learn_hours]);
      json_object_set_int_member (object, "devices", user->devices->len);
      json_object_set_int_member (object, "new_messages", user->new_messages);
      json_array_add_object_element (list, object);
    }
  json_node_init_array (node, list);
  json = oh_json_node_to_string (node);
  oh_admin_answer (request, json);
}

/* --- Where they usually answer --- */

static void
handle_hours (OhAdminRequest *request)
{
  const OhUser *user = oh_admin_find_user (request);
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GArray) answers = NULL;
  g_autoptr (OhHours) hours = NULL;
  g_autofree char *json = NULL;

  if (!user)
    return;
  object = json_object_new ();
  answers = oh_store_dup_answers (request->admin->store, user->id);
  hours = oh_hours_learn (answers, user, g_get_real_time () / G_USEC_PER_SEC);
  json_object_set_string_member (object, "user", user->alias);
  json_object_set_string_member (object, "learn_hours", oh_switch_words[user->learn_hours]);
  json_object_set_int_member (object, "answers", hours->n_answers);
  json_object_set_array_member (object, "hours", oh_hours_describe (hours));
  json_object_set_array_member (object, "table", oh_hours_describe_table (hours));
  json = oh_json_object_to_string (object);
  oh_admin_answer (request, json);
}

static void
handle_hours_forget (OhAdminRequest *request)
{
  const OhUser *user = oh_admin_find_user (request);
  OhStoreReply reply = oh_admin_reply (request);

  if (user)
    oh_store_forget_answers (request->admin->store, user->id, &reply);
}

/* --- Numbers --- */

static void
handle_number_add (OhAdminRequest *request)
{
  const OhUser *user;
  const char *number = NULL;
  OhStoreReply reply = oh_admin_reply (request);

  if (!oh_admin_read (request, "number", TRUE, 64, &number))
    return;
  user = oh_admin_find_user (request);
  if (user)
    oh_store_add_number (request->admin->store, number, user->id, &reply);
}

static void
handle_number_remove (OhAdminRequest *request)
{
  const char *number = NULL;
  OhStoreReply reply = oh_admin_reply (request);

  if (oh_admin_read (request, "number", TRUE, 64, &number))
    oh_store_remove_number (request->admin->store, number, &reply);
}

static void
handle_number_list (OhAdminRequest *request)
{
  GPtrArray *users = oh_directory_get_users (request->directory);
  g_autoptr (JsonArray) list = json_array_new ();
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree char *json = NULL;

  for (guint i = 0; i < users->len; i++)
    {
      const OhUser *user = users->pdata[i];

      for (char **number = user->numbers; *number; number++)
        {
          JsonObject *object = json_object_new ();

          json_object_set_string_member (object, "number", *number);
          json_object_set_string_member (object, "user", user->alias);
          json_object_set_string_member (object, "name", user->name);
          json_array_add_object_element (list, object);
        }
    }
  json_node_init_array (node, list);
  json = oh_json_node_to_string (node);
  oh_admin_answer (request, json);
}

/* --- Devices --- */

static void
handle_device_list (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply (request);
  const OhUser *user = NULL;

  if (json_object_has_member (request->arguments, "user"))
    {
      user = oh_admin_find_user (request);
      if (!user)
        return;
    }
  oh_store_list_devices (request->admin->store, user ? user->id : 0, &reply);
}

/* What has to be typed into the telephone, besides user and secret. */
static void
on_device_added (const char *json, const GError *error, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  const char *domain = request->admin->config->domain;
  g_autoptr (JsonObject) device = json ? oh_json_parse_object (json, strlen (json), NULL) : NULL;
  g_autofree char *aor = NULL;
  g_autofree char *answer = NULL;

  if (!device)
    {
      oh_admin_answer_gerror (request, error);
      return;
    }
  aor = g_strdup_printf ("sip:%s@%s", (const char *)request->data, domain);
  json_object_set_string_member (device, "aor", aor);
  json_object_set_string_member (device, "realm", domain);
  json_object_set_int_member (device, "udp", request->admin->udp);
  json_object_set_int_member (device, "tcp", request->admin->tcp);
  json_object_set_int_member (device, "tls", request->admin->tls);
  answer = oh_json_object_to_string (device);
  oh_admin_answer (request, answer);
}

static void
handle_device_add (OhAdminRequest *request)
{
  const OhUser *user = oh_admin_find_user (request);
  OhDeviceInfo info = { 0 };
  OhStoreReply reply = oh_admin_reply_to (request, on_device_added);
  g_autoptr (GError) error = NULL;

  if (!user || !oh_admin_read (request, "name", FALSE, 64, &info.name))
    return;
  if (!oh_json_read_bool (request->arguments, "desk_phone", FALSE, &info.desk_phone, &error))
    {
      oh_admin_answer_gerror (request, error);
      return;
    }
  info.user_id = user->id;
  request->data = g_strdup (user->alias);
  request->free_data = g_free;
  oh_store_add_device (request->admin->store, &info, &reply);
}

static void
handle_device_set (OhAdminRequest *request)
{
  const char *id = NULL;
  int rank = -1, evidence = -1;
  OhStoreReply reply = oh_admin_reply (request);

  if (oh_admin_read (request, "device", TRUE, 64, &id)
      && oh_admin_read_place (request, &rank, &evidence))
    oh_store_place_device (request->admin->store, id, rank, evidence, &reply);
}

static void
handle_device_revoke (OhAdminRequest *request)
{
  const char *id = NULL;
  OhStoreReply reply = oh_admin_reply (request);

  if (oh_admin_read (request, "device", TRUE, 64, &id))
    oh_store_revoke_device (request->admin->store, 0, id, &reply);
}

const OhAdminCommand oh_admin_user_commands[] = {
  { "user-add", handle_user_add },
  { "user-set", handle_user_set },
  { "user-password", handle_user_password },
  { "user-remove", handle_user_remove },
  { "user-list", handle_user_list },
  { "hours", handle_hours },
  { "hours-forget", handle_hours_forget },
  { "number-add", handle_number_add },
  { "number-remove", handle_number_remove },
  { "number-list", handle_number_list },
  { "device-list", handle_device_list },
  { "device-add", handle_device_add },
  { "device-set", handle_device_set },
  { "device-revoke", handle_device_revoke },
  { NULL, NULL },
};
