/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's event stream, and the history that is folded from it. */
#include "store-fixture.h"

#include <string.h>

static void
on_event (const char *json, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->lines, g_strdup (json));
}

static void
test_history (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  gint64 berta = add_user (fixture, "berta", "200");
  gint64 carla = add_user (fixture, "carla", "300");
  gint64 dora = add_user (fixture, "dora", "400");
  gint64 emil = add_user (fixture, "emil", "500");

  /* Two are called, one answers. */
  tell (fixture, "one", OH_EVENT_ARRIVED, 0, NULL, 0);
  tell (fixture, "one", OH_EVENT_IDENTIFIED, anna, NULL, 0);
  tell (fixture, "one", OH_EVENT_IDENTIFIED, berta, NULL, 0);
  g_assert_null (get_outcome (fixture, anna)); /* still running */
  tell (fixture, "one", OH_EVENT_ANSWERED, anna, "d1", 0);
  tell (fixture, "one", OH_EVENT_ENDED, 0, NULL, 200);
  g_assert_cmpstr (get_outcome (fixture, anna), ==, "answered");
  g_assert_cmpstr (get_outcome (fixture, berta), ==, "elsewhere");

  /* A user's own call to a busy telephone. */
  tell (fixture, "two", OH_EVENT_ARRIVED, carla, "d2", 0);
  tell (fixture, "two", OH_EVENT_ENDED, 0, NULL, 486);
  g_assert_cmpstr (get_outcome (fixture, carla), ==, "busy");

  /* Declined, then a message was left. */
  tell (fixture, "three", OH_EVENT_ARRIVED, 0, NULL, 0);
  tell (fixture, "three", OH_EVENT_IDENTIFIED, dora, NULL, 0);
  tell (fixture, "three", OH_EVENT_DECLINED, dora, "d3", 0);
  tell (fixture, "three", OH_EVENT_VOICEMAIL, dora, NULL, 0);
  tell (fixture, "three", OH_EVENT_RECORDING, dora, NULL, 0);
  tell (fixture, "three", OH_EVENT_ENDED, 0, NULL, 0);
  g_assert_cmpstr (get_outcome (fixture, dora), ==, "voicemail");

  /* Nothing was said after the beep. */
  tell (fixture, "four", OH_EVENT_ARRIVED, 0, NULL, 0);
  tell (fixture, "four", OH_EVENT_IDENTIFIED, emil, NULL, 0);
  tell (fixture, "four", OH_EVENT_RECORDING, emil, NULL, 0);
  tell (fixture, "four", OH_EVENT_MESSAGE_DROPPED, emil, NULL, 0);
  tell (fixture, "four", OH_EVENT_ENDED, 0, NULL, 0);
  g_assert_cmpstr (get_outcome (fixture, emil), ==, "missed");
}

/* What a crash left open is ended at the next start. */
static void
test_open_calls (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  OhVoicemail voicemail = { .id = "v1",
                            .user_id = anna,
                            .call_id = "one",
                            .path = "/nowhere/v1.opus",
                            .name = "Demo Caller",
                            .number = "555100",
                            .called = "100",
                            .start = 1 };
  OhStoreReply reply = expect (fixture);
  g_autoptr (GPtrArray) unfinished = NULL;

  tell (fixture, "one", OH_EVENT_ARRIVED, 0, NULL, 0);
  tell (fixture, "one", OH_EVENT_IDENTIFIED, anna, NULL, 0);
  oh_store_begin_voicemail (fixture->store, &voicemail, &reply);
  check (fixture);
  oh_store_close (fixture->store);
  open_store (fixture);
  g_assert_cmpstr (get_outcome (fixture, anna), ==, "missed");
  unfinished = oh_store_dup_unfinished_voicemail (fixture->store);
  g_assert_cmpuint (unfinished->len, ==, 1);
  g_assert_cmpstr (((OhVoicemail *)unfinished->pdata[0])->path, ==, "/nowhere/v1.opus");
}

/* Events keep their order and numbers, over a restart too, and watchers hear each once. */
static void
test_event_stream (Fixture *fixture, gconstpointer data)
{
  enum
  {
    COUNT = 3000
  };
  OhStoreReply reply;
  JsonArray *events;
  guint watch = oh_store_watch_events (fixture->store, &fixture->executor, on_event, fixture);
  gint64 begun = g_get_monotonic_time ();

  for (int i = 0; i < COUNT; i++)
    tell (fixture, i % 2 ? "odd" : "even", OH_EVENT_LOCATED, 0, NULL, 0);
  /* Nobody waits for the disk. */
  g_assert_cmpint (g_get_monotonic_time () - begun, <, 2 * G_USEC_PER_SEC);
  oh_store_unwatch (fixture->store, watch);
  reply = expect (fixture);
  oh_store_list_events (fixture->store, OH_EVENTS_NEWEST, "odd", 10, &reply);
  check (fixture);
  events = json_object_get_array_member (fixture->json, "events");
  g_assert_cmpuint (json_array_get_length (events), ==, 10);
  g_assert_cmpint (json_object_get_int_member (json_array_get_object_element (events, 9), "seq"),
                   ==, COUNT);
  while (fixture->lines->len < COUNT)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fixture->lines->len, ==, COUNT);

  oh_store_close (fixture->store);
  open_store (fixture);
  tell (fixture, "later", OH_EVENT_LOCATED, 0, NULL, 0);
  reply = expect (fixture);
  oh_store_list_events (fixture->store, COUNT, NULL, 10, &reply);
  check (fixture);
  events = json_object_get_array_member (fixture->json, "events");
  g_assert_cmpuint (json_array_get_length (events), ==, 1);
}

int
main (int argc, char **argv)
{
  static const StoreTest tests[] = {
    { "/store/history", test_history },
    { "/store/open-calls", test_open_calls },
    { "/store/event-stream", test_event_stream },
    { NULL, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  add_store_tests (tests);
  return g_test_run ();
}
