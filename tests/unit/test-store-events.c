/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's event stream, and the history that is folded from it. */
#include "store-fixture.h"

#include "base/oh-error.h"

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

static void
tell_at (
    Fixture *fixture, const char *kind, gint64 user, gint64 wall_offset_s, gint64 mono_offset_s)
{
  OhEvent *event = oh_event_new ("one", kind, "");

  event->time_us += wall_offset_s * G_USEC_PER_SEC;
  event->mono_us += mono_offset_s * G_USEC_PER_SEC;
  oh_event_set_user (event, user, NULL);
  oh_store_add_event (fixture->store, event);
}

static gint64
get_duration (Fixture *fixture, gint64 user)
{
  OhStoreReply reply = expect (fixture);

  oh_store_list_history (fixture->store, user, 0, 10, &reply);
  check (fixture);
  g_assert_cmpuint (count_items (fixture, "calls"), ==, 1);
  return json_object_get_int_member (get_item (fixture, "calls", 0), "duration");
}

/* The clock is put forward by an hour in a call of ten seconds. */
static void
test_clock_step (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");

  tell_at (fixture, OH_EVENT_ARRIVED, 0, 0, 0);
  tell_at (fixture, OH_EVENT_IDENTIFIED, anna, 0, 0);
  tell_at (fixture, OH_EVENT_ANSWERED, anna, 5, 5);
  tell_at (fixture, OH_EVENT_ENDED, anna, 3615, 15);
  g_assert_cmpint (get_duration (fixture, anna), ==, 10);
}

/* Where it rang is for the called user to know, not for the caller. */
static void
test_where_it_rang (Fixture *fixture, gconstpointer data)
{
  static const char *const lines[] = { "at once: laptop, used just now", "after 5 s: \"x\"", NULL };
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  OhEvent *located = oh_event_new ("one", OH_EVENT_LOCATED, "");
  OhStoreReply reply = expect (fixture);
  JsonArray *rings;

  oh_event_set_user (located, anna, NULL);
  oh_event_set_strv (located, "rings", lines);
  tell (fixture, "one", OH_EVENT_ARRIVED, berta, NULL, 0);
  tell (fixture, "one", OH_EVENT_IDENTIFIED, anna, NULL, 0);
  oh_store_add_event (fixture->store, located);
  tell (fixture, "one", OH_EVENT_ENDED, anna, NULL, 480);

  oh_store_list_history (fixture->store, anna, 0, 10, &reply);
  check (fixture);
  g_assert_cmpuint (count_items (fixture, "calls"), ==, 1);
  rings = json_object_get_array_member (get_item (fixture, "calls", 0), "rings");
  g_assert_cmpuint (json_array_get_length (rings), ==, 2);
  g_assert_cmpstr (json_array_get_string_element (rings, 1), ==, lines[1]);
  rings = json_object_get_array_member (get_item (fixture, "calls", 0), "silent");
  g_assert_cmpuint (json_array_get_length (rings), ==, 0);

  reply = expect (fixture);
  oh_store_list_history (fixture->store, berta, 0, 10, &reply);
  check (fixture);
  g_assert_cmpuint (count_items (fixture, "calls"), ==, 1);
  rings = json_object_get_array_member (get_item (fixture, "calls", 0), "rings");
  g_assert_cmpuint (json_array_get_length (rings), ==, 0);
}

/* The `peer` of the user's only row. */
static void
assert_peer (Fixture *fixture, gint64 user, const char *expected)
{
  OhStoreReply reply = expect (fixture);

  oh_store_list_history (fixture->store, user, 0, 10, &reply);
  check (fixture);
  g_assert_cmpuint (count_items (fixture, "calls"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (get_item (fixture, "calls", 0), "peer"), ==,
                   expected);
}

static void
call_between (Fixture *fixture, const char *call, gint64 caller, gint64 called, gboolean withheld)
{
  OhEvent *arrived = oh_event_new (call, OH_EVENT_ARRIVED, "");

  oh_event_set_user (arrived, caller, "d1");
  oh_event_set_bool (arrived, "withheld", withheld);
  oh_store_add_event (fixture->store, arrived);
  tell (fixture, call, OH_EVENT_IDENTIFIED, called, NULL, 0);
  tell (fixture, call, OH_EVENT_ENDED, 0, NULL, 480);
}

/* Both of two users learn who the other is, unless the caller withholds it; of a stranger nobody does. */
static void
test_peers (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  gint64 carla = add_user (fixture, "carla", "300"), dora = add_user (fixture, "dora", "400");
  gint64 emil = add_user (fixture, "emil", "500");
  OhStoreReply reply;

  call_between (fixture, "one", anna, berta, FALSE);
  assert_peer (fixture, anna, "berta");
  assert_peer (fixture, berta, "anna");
  call_between (fixture, "two", carla, dora, TRUE);
  assert_peer (fixture, carla, "dora");
  assert_peer (fixture, dora, "");
  call_between (fixture, "three", 0, emil, FALSE);
  assert_peer (fixture, emil, "");
  reply = expect (fixture);
  oh_store_remove_user (fixture->store, berta, &reply);
  check (fixture);
  assert_peer (fixture, anna, "");
}

/* A crash in mid-call and a start days later: the call did not last until then. */
static void
test_crash_in_mid_call (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  const gint64 ago = -3 * 24 * 3600;

  tell_at (fixture, OH_EVENT_ARRIVED, 0, ago, ago);
  tell_at (fixture, OH_EVENT_IDENTIFIED, anna, ago, ago);
  tell_at (fixture, OH_EVENT_ANSWERED, anna, ago, ago);
  tell_at (fixture, OH_EVENT_LOCATED, 0, ago + 7, ago + 7); /* the last sign of life */
  oh_store_close (fixture->store);
  open_store (fixture);
  g_assert_cmpint (get_duration (fixture, anna), ==, 7);
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

/* --- Retention --- */

/* Asks until the database has @left events, and returns the number of the first one. */
static gint64
wait_for_events (Fixture *fixture, guint left)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  OhStoreReply reply;

  do
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      reply = expect (fixture);
      oh_store_list_events (fixture->store, 0, NULL, 1000, &reply);
      check (fixture);
    }
  while (count_items (fixture, "events") != left);
  return left ? json_object_get_int_member (get_item (fixture, "events", 0), "seq") : 0;
}

static void
tell_old (Fixture *fixture, const char *call, const char *kind, gint64 user, guint days)
{
  OhEvent *event = oh_event_new (call, kind, "");

  event->time_us -= (gint64)days * 24 * 3600 * G_USEC_PER_SEC;
  oh_event_set_user (event, user, NULL);
  oh_store_add_event (fixture->store, event);
}

static void
add_message (Fixture *fixture, const char *id, gint64 user, const char *path, gint64 start)
{
  OhVoicemail voicemail = {
    .id = (char *)id, .user_id = user, .path = (char *)path, .start = start
  };
  OhStoreReply reply = expect (fixture);

  g_assert_true (g_file_set_contents (path, "sound", -1, NULL));
  oh_store_begin_voicemail (fixture->store, &voicemail, &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_finish_voicemail (fixture->store, id, 1000, &reply);
  check (fixture);
}

/* Several batches of events go, what is younger and what is to be kept stays, and a call that comes
 * in the mean time does not wait for the end of it. */
static void
test_prune_events (Fixture *fixture, gconstpointer data)
{
  enum
  {
    OLD = 900
  };
  OhRetention retention = { .events_days = 90 };
  gint64 anna = add_user (fixture, "anna", "100");
  OhStoreReply reply;

  tell_old (fixture, "old", OH_EVENT_ARRIVED, 0, 100);
  tell_old (fixture, "old", OH_EVENT_IDENTIFIED, anna, 100);
  for (int i = 0; i < OLD - 3; i++)
    tell_old (fixture, "old", OH_EVENT_LOCATED, 0, 100);
  tell_old (fixture, "old", OH_EVENT_ENDED, 0, 100);
  tell_old (fixture, "young", OH_EVENT_LOCATED, 0, 80);
  wait_for_events (fixture, OLD + 1);
  oh_store_prune (fixture->store, &retention);
  tell (fixture, "new", OH_EVENT_LOCATED, 0, NULL, 0);
  g_assert_cmpint (wait_for_events (fixture, 2), ==, OLD + 1);
  reply = expect (fixture);
  oh_store_list_history (fixture->store, anna, 0, 10, &reply);
  check (fixture);
  g_assert_cmpuint (count_items (fixture, "calls"), ==, 1); /* history_days is 0 */
}

/* Numbers never begin again, though nothing but the last event is left. */
static void
test_prune_all (Fixture *fixture, gconstpointer data)
{
  OhRetention retention = { .events_days = 1 };

  for (int i = 0; i < 5; i++)
    tell_old (fixture, "old", OH_EVENT_LOCATED, 0, 2);
  oh_store_prune (fixture->store, &retention);
  g_assert_cmpint (wait_for_events (fixture, 1), ==, 5);
  oh_store_close (fixture->store);
  open_store (fixture);
  tell (fixture, "new", OH_EVENT_LOCATED, 0, NULL, 0);
  oh_store_prune (fixture->store, &retention);
  g_assert_cmpint (wait_for_events (fixture, 1), ==, 6);
}

/* History and messages go only where days are configured, messages with their files. */
static void
test_prune_history_and_messages (Fixture *fixture, gconstpointer data)
{
  OhRetention retention = { .history_days = 30, .voicemail_days = 30 };
  gint64 anna = add_user (fixture, "anna", "100");
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *old = g_build_filename (fixture->folder, "old.opus", NULL);
  g_autofree char *young = g_build_filename (fixture->folder, "young.opus", NULL);
  g_autoptr (OhDirectory) directory = NULL;
  OhStoreReply reply;

  for (guint i = 0; i < 2; i++)
    {
      tell_old (fixture, i ? "young" : "old", OH_EVENT_ARRIVED, 0, i ? 1 : 40);
      tell_old (fixture, i ? "young" : "old", OH_EVENT_IDENTIFIED, anna, i ? 1 : 40);
      tell_old (fixture, i ? "young" : "old", OH_EVENT_ENDED, 0, i ? 1 : 40);
    }
  add_message (fixture, "v1", anna, old, now - 40 * 24 * 3600);
  add_message (fixture, "v2", anna, young, now - 20 * 24 * 3600);
  oh_store_prune (fixture->store, &retention);
  for (gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
       g_file_test (old, G_FILE_TEST_EXISTS);)
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  g_assert_true (g_file_test (young, G_FILE_TEST_EXISTS));
  reply = expect (fixture);
  oh_store_list_voicemail (fixture->store, anna, &reply);
  check (fixture);
  g_assert_cmpuint (count_items (fixture, "messages"), ==, 1);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_cmpuint (oh_directory_find_user_by_id (directory, anna)->new_messages, ==, 1);
  reply = expect (fixture);
  oh_store_list_history (fixture->store, anna, 0, 10, &reply);
  check (fixture);
  g_assert_cmpuint (count_items (fixture, "calls"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (get_item (fixture, "calls", 0), "call_id"), ==,
                   "young");
  wait_for_events (fixture, 6); /* events_days is 0 */
}

static gboolean
keep (Fixture *fixture, gint64 user, gint64 sender, const char *text, gint64 time)
{
  OhWaitingMessage message = { .user_id = user,
                               .sender = sender,
                               .from_uri = "sip:berta@localhost",
                               .from_name = "Berta",
                               .text = (char *)text,
                               .time = time };
  OhStoreReply reply = expect (fixture);

  oh_store_keep_message (fixture->store, &message, &reply);
  wait_for (&fixture->answered);
  g_assert_true (!fixture->error || g_error_matches (fixture->error, OH_ERROR, OH_ERROR_LIMIT));
  return fixture->error == NULL;
}

static guint
count_messages (Fixture *fixture, gint64 user, guint limit)
{
  OhStoreReply reply = expect (fixture);

  oh_store_list_messages (fixture->store, user, NULL, limit, &reply);
  check (fixture);
  return count_items (fixture, "messages");
}

/* Messages of chats wait in order, so many of one sender and of all, until they are dropped, too old,
 * or their receiver is removed. */
static void
test_waiting_messages (Fixture *fixture, gconstpointer data)
{
  OhRetention retention = { .messages_days = 30 };
  gint64 anna = add_user (fixture, "anna", "100");
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (GArray) receivers = NULL;
  OhStoreReply reply;

  g_assert_true (keep (fixture, anna, 7, "old", now - 31 * 24 * 3600));
  for (int i = 1; i < OH_STORE_MAX_MESSAGES_OF_ONE; i++)
    g_assert_true (keep (fixture, anna, 7, "young", now));
  g_assert_false (keep (fixture, anna, 7, "too many", now));
  g_assert_cmpuint (count_messages (fixture, anna, 20), ==, 20);
  g_assert_cmpstr (json_object_get_string_member (get_item (fixture, "messages", 0), "text"), ==,
                   "old");
  oh_store_prune (fixture->store, &retention);
  while (count_messages (fixture, anna, 500) == OH_STORE_MAX_MESSAGES_OF_ONE)
    ;
  for (int i = 0; i < OH_STORE_MAX_MESSAGES - OH_STORE_MAX_MESSAGES_OF_ONE + 1; i++)
    g_assert_true (keep (fixture, anna, 8 + i % 2, "other", now));
  g_assert_false (keep (fixture, anna, 10, "too many", now));
  count_messages (fixture, anna, 1);
  oh_store_drop_message (fixture->store,
                         json_object_get_int_member (get_item (fixture, "messages", 0), "id"));
  g_assert_cmpuint (count_messages (fixture, anna, 500), ==, OH_STORE_MAX_MESSAGES - 1);
  oh_store_close (fixture->store);
  open_store (fixture);
  receivers = oh_store_dup_receivers (fixture->store);
  g_assert_cmpuint (receivers->len, ==, 1);
  g_assert_cmpint (g_array_index (receivers, gint64, 0), ==, anna);
  reply = expect (fixture);
  oh_store_remove_user (fixture->store, anna, &reply);
  check (fixture);
  g_assert_cmpuint (count_messages (fixture, anna, 500), ==, 0);
}

static char *
add_device (Fixture *fixture, gint64 user)
{
  OhDeviceInfo info = { .user_id = user, .name = "laptop", .program = "offhook" };
  OhStoreReply reply = expect (fixture);

  oh_store_add_device (fixture->store, &info, &reply);
  check (fixture);
  return g_strdup (json_object_get_string_member (fixture->json, "device_id"));
}

/* A message of @sender's for @user waits, and was then delivered. */
static void
deliver (Fixture *fixture, gint64 user, gint64 sender, const char *device, const char *receipt)
{
  OhWaitingMessage message = { .user_id = user,
                               .sender = sender,
                               .from_uri = "sip:berta@localhost",
                               .from_name = "Berta",
                               .text = "Hello",
                               .to_uri = "sip:100@localhost",
                               .device = (char *)device,
                               .receipt = (char *)receipt };
  OhStoreReply reply = expect (fixture);

  oh_store_keep_message (fixture->store, &message, &reply);
  check (fixture);
  oh_store_deliver_message (fixture->store, json_object_get_int_member (fixture->json, "id"));
}

static guint
count_receipts (Fixture *fixture, const char *device)
{
  OhStoreReply reply = expect (fixture);

  oh_store_list_receipts (fixture->store, device, 2 * OH_STORE_MAX_RECEIPTS, &reply);
  check (fixture);
  return count_items (fixture, "receipts");
}

/* Of what was delivered the device hears that asked for it, while it is there; so many, not for ever. */
static void
test_receipts (Fixture *fixture, gconstpointer data)
{
  OhRetention retention = { .messages_days = 30 };
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  g_autofree char *device = add_device (fixture, berta);
  g_autoptr (GPtrArray) devices = NULL;
  JsonObject *first;
  OhStoreReply reply;

  deliver (fixture, anna, berta, device, "one");
  deliver (fixture, anna, berta, device, NULL);
  deliver (fixture, anna, berta, NULL, "two");
  deliver (fixture, anna, berta, "revoked", "three");
  g_assert_cmpuint (count_messages (fixture, anna, 10), ==, 0);
  g_assert_cmpuint (count_receipts (fixture, device), ==, 1);
  first = get_item (fixture, "receipts", 0);
  g_assert_cmpstr (json_object_get_string_member (first, "receipt"), ==, "one");
  g_assert_cmpstr (json_object_get_string_member (first, "from"), ==, "sip:anna@example.org");
  g_assert_cmpstr (json_object_get_string_member (first, "to"), ==, "sip:100@localhost");
  g_assert_cmpint (json_object_get_int_member (first, "time"), >, 1700000000);
  for (int i = 0; i < OH_STORE_MAX_RECEIPTS; i++)
    deliver (fixture, anna, berta, device, "more");
  g_assert_cmpuint (count_receipts (fixture, device), ==, OH_STORE_MAX_RECEIPTS);
  oh_store_drop_receipt (fixture->store,
                         json_object_get_int_member (get_item (fixture, "receipts", 0), "id"));
  oh_store_prune (fixture->store, &retention);
  g_assert_cmpuint (count_receipts (fixture, device), ==, OH_STORE_MAX_RECEIPTS - 1);
  oh_store_close (fixture->store);
  open_store (fixture);
  devices = oh_store_dup_receipt_devices (fixture->store);
  g_assert_cmpuint (devices->len, ==, 1);
  g_assert_cmpstr (devices->pdata[0], ==, device);
  reply = expect (fixture);
  oh_store_revoke_device (fixture->store, berta, device, &reply);
  check (fixture);
  g_assert_cmpuint (count_receipts (fixture, device), ==, 0);
}

/* A device that never comes back does not keep them for ever. */
static void
test_old_receipts (Fixture *fixture, gconstpointer data)
{
  OhRetention retention = { .messages_days = 30 };

  oh_store_close (fixture->store);
  g_free (fixture->path);
  fixture->path = g_build_filename (fixture->folder, "old.db", NULL);
  make_old_database (fixture->path, "schema-9.sql");
  open_store (fixture);
  g_assert_cmpuint (count_receipts (fixture, "d1"), ==, 1);
  oh_store_prune (fixture->store, &retention);
  while (count_receipts (fixture, "d1") > 0)
    ;
}

/* Notes to oneself come after what others wrote, where the device that wrote them is the only one. */
static void
test_notes (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  static const char *const devices[] = { "d1", NULL, "d2" };
  OhStoreReply reply;

  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    {
      OhWaitingMessage message = { .user_id = anna,
                                   .sender = anna,
                                   .from_uri = "sip:anna@localhost",
                                   .from_name = "Anna",
                                   .text = "Hello",
                                   .device = (char *)devices[i] };

      reply = expect (fixture);
      oh_store_keep_message (fixture->store, &message, &reply);
      check (fixture);
    }
  reply = expect (fixture);
  oh_store_list_messages (fixture->store, anna, "d1", 10, &reply);
  check (fixture);
  g_assert_cmpuint (count_items (fixture, "messages"), ==, 3);
  g_assert_cmpstr (json_object_get_string_member (get_item (fixture, "messages", 0), "device"), ==,
                   "");
  g_assert_cmpstr (json_object_get_string_member (get_item (fixture, "messages", 2), "device"), ==,
                   "d1");
  reply = expect (fixture);
  oh_store_list_messages (fixture->store, anna, NULL, 10, &reply);
  check (fixture);
  g_assert_cmpstr (json_object_get_string_member (get_item (fixture, "messages", 0), "device"), ==,
                   "d1");
}

int
main (int argc, char **argv)
{
  static const StoreTest tests[] = {
    { "/store/history", test_history },
    { "/store/open-calls", test_open_calls },
    { "/store/event-stream", test_event_stream },
    { "/store/clock-step", test_clock_step },
    { "/store/where-it-rang", test_where_it_rang },
    { "/store/peers", test_peers },
    { "/store/crash-in-mid-call", test_crash_in_mid_call },
    { "/store/prune-events", test_prune_events },
    { "/store/prune-all", test_prune_all },
    { "/store/prune-history-and-messages", test_prune_history_and_messages },
    { "/store/waiting-messages", test_waiting_messages },
    { "/store/receipts", test_receipts },
    { "/store/old-receipts", test_old_receipts },
    { "/store/notes", test_notes },
    { NULL, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  add_store_tests (tests);
  return g_test_run ();
}
