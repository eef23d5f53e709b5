/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call-world.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include <string.h>

static void
on_answer (const char *json, const GError *error, gpointer user_data)
{
  World *world = user_data;

  g_assert_no_error (error);
  world->answer = g_strdup (json);
}

OhStoreReply
ask (World *world)
{
  static OhExecutor executor;

  executor = oh_executor_for_context (NULL);
  g_clear_pointer (&world->answer, g_free);
  return (OhStoreReply){ &executor, on_answer, world };
}

void
wait_answer (World *world)
{
  gint64 end = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;

  while (!world->answer && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);
  g_assert_nonnull (world->answer);
}

/* Everything that is on its way arrives. */
void
settle (World *world)
{
  OhStoreReply reply = ask (world);

  oh_store_check (world->store, &reply); /* the store's thread has done what came before */
  wait_answer (world);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static char *
dup_member (World *world, const char *name)
{
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_true (json_parser_load_from_data (parser, world->answer, -1, NULL));
  return g_strdup (
      json_object_get_string_member (json_node_get_object (json_parser_get_root (parser)), name));
}

static char *
add_device (World *world, const char *name)
{
  OhDeviceInfo info = { .user_id = 1, .name = name, .program = "offhook", .instance = name };
  OhStoreReply reply = ask (world);

  oh_store_add_device (world->store, &info, &reply);
  wait_answer (world);
  return dup_member (world, "device_id");
}

static void
on_event (const char *json, gpointer user_data)
{
  World *world = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_true (json_parser_load_from_data (parser, json, -1, NULL));
  g_string_append_printf (world->events, "%s%s", world->events->len ? " " : "",
                          json_object_get_string_member (
                              json_node_get_object (json_parser_get_root (parser)), "event"));
}

static void
fill_store (World *world)
{
  OhUserChange user = OH_USER_CHANGE_INIT;
  char *trusted[] = { (char *)"127.0.0.9", NULL };
  OhTrunk trunk = { .name = (char *)"provider",
                    .kind = OH_TRUNK_ADDRESS,
                    .trusted = trusted,
                    .transport = (char *)"udp" };
  OhStoreReply reply = ask (world);

  user.alias = "anna";
  user.default_delay_s = 20;
  oh_store_add_user (world->store, &user, &reply);
  wait_answer (world);
  reply = ask (world);
  oh_store_add_number (world->store, "100", 1, &reply);
  wait_answer (world);
  reply = ask (world);
  oh_store_add_trunk (world->store, &trunk, &reply);
  wait_answer (world);
  world->laptop = add_device (world, "laptop");
  world->desktop = add_device (world, "desktop");
}

World *
world_new (void)
{
  World *world = g_new0 (World, 1);
  OhExecutor executor = oh_executor_for_context (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL, *path = NULL;

  world->folder = g_dir_make_tmp ("offhook-call-XXXXXX", NULL);
  path = g_build_filename (world->folder, "offhookd.conf", NULL);
  text = g_strdup_printf ("[server]\nstate_dir=%s/state\n[media]\nworkers=1\naddress=127.0.0.1\n",
                          world->folder);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  world->config = oh_server_config_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (oh_server_config_make_folders (world->config, NULL));
  world->store = oh_store_open (world->config->database, "localhost", &error);
  g_assert_no_error (error);
  world->events = g_string_new (NULL);
  world->watch = oh_store_watch_events (world->store, &executor, on_event, world);
  fill_store (world);
  world->exchange = oh_exchange_new (world->config, world->store);
  world->sip = fake_sip_new (oh_exchange_get_sip_handlers (), world->exchange);
  oh_exchange_start (world->exchange, world->sip, &executor);
  settle (world);
  fake_sip_register (world->sip, world->laptop, "anna", 3001, 600);
  fake_sip_register (world->sip, world->desktop, "anna", 3002, 600);
  fake_sip_pass (world->sip, 5);
  return world;
}

static void
on_stopped (gpointer data)
{
  *(gboolean *)data = TRUE;
}

void
world_free (World *world)
{
  gboolean stopped = FALSE;
  g_autofree char *remove = g_strdup_printf ("rm -r '%s'", world->folder);

  oh_exchange_stop (world->exchange, 1000, on_stopped, &stopped);
  settle (world);
  fake_sip_pass (world->sip, 2000);
  settle (world);
  g_assert_true (stopped);
  g_assert_cmpuint (fake_media_count_bridges (), ==, 0);
  oh_sip_free (world->sip);
  oh_exchange_free (world->exchange);
  oh_store_unwatch (world->store, world->watch);
  oh_store_close (world->store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  oh_server_config_free (world->config);
  g_string_free (world->events, TRUE);
  g_free (world->answer);
  g_free (world->laptop);
  g_free (world->desktop);
  g_assert_cmpint (system (remove), ==, 0);
  g_free (world->folder);
  g_free (world);
}

void
assert_log (OhSipCall *call, const char *log)
{
  g_assert_cmpstr (fake_call_get_log (call), ==, log);
}

/* A call that rings on both devices. */
OhSipCall *
ring (World *world, OhSipCall **laptop, OhSipCall **desktop)
{
  OhSipCall *caller = fake_sip_arrive (world->sip, "555100", "100");

  settle (world);
  *laptop = fake_sip_find_outgoing (world->sip, world->laptop);
  *desktop = fake_sip_find_outgoing (world->sip, world->desktop);
  g_assert_nonnull (*laptop);
  g_assert_nonnull (*desktop);
  fake_call_ring (*laptop);
  fake_call_ring (*desktop);
  settle (world);
  assert_log (caller, "180 183");
  return caller;
}

OhServerCall *
get_call (World *world)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, world->exchange->calls);
  g_assert_true (g_hash_table_iter_next (&iter, NULL, &value));
  return value;
}
