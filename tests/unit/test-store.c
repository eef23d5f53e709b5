/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call server's store: directory, event stream and history, devices, voicemail, migrations. */
#include "base/oh-error.h"
#include "server/store/oh-json.h"
#include "server/store/oh-password.h"
#include "server/store/oh-store.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include <string.h>
#include <sys/stat.h>

#define DEADLINE_S 10

typedef struct
{
  char *folder, *path;
  OhStore *store;
  OhExecutor executor;
  /* of the last answer */
  gboolean answered;
  JsonObject *json;
  GError *error;
  GPtrArray *lines; /* of watched events */
} Fixture;

static gboolean
on_deadline (gpointer data)
{
  g_error ("no answer within %d s", DEADLINE_S);
  return G_SOURCE_REMOVE;
}

static void
wait_for (gboolean *flag)
{
  guint deadline = g_timeout_add_seconds (DEADLINE_S, on_deadline, NULL);

  while (!*flag)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline);
}

static void
on_answer (const char *json, const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_pointer (&fixture->json, json_object_unref);
  g_clear_error (&fixture->error);
  if (json)
    fixture->json = oh_json_parse_object (json, strlen (json), &fixture->error);
  else
    fixture->error = g_error_copy (error);
  fixture->answered = TRUE;
}

static OhStoreReply
expect (Fixture *fixture)
{
  fixture->answered = FALSE;
  return (OhStoreReply){ &fixture->executor, on_answer, fixture };
}

static void
check (Fixture *fixture)
{
  wait_for (&fixture->answered);
  g_assert_no_error (fixture->error);
}

static void
check_refused (Fixture *fixture, int code)
{
  wait_for (&fixture->answered);
  g_assert_error (fixture->error, OH_ERROR, code);
}

static void
open_store (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->store = oh_store_open (fixture->path, "example.org", &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("oh-store-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "offhook.db", NULL);
  fixture->executor = oh_executor_for_context (NULL);
  fixture->lines = g_ptr_array_new_with_free_func (g_free);
  open_store (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  oh_store_close (fixture->store);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  dir = g_dir_open (fixture->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (fixture->folder);
  g_clear_pointer (&fixture->json, json_object_unref);
  g_clear_error (&fixture->error);
  g_ptr_array_unref (fixture->lines);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static gint64
add_user (Fixture *fixture, const char *alias, const char *number)
{
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = expect (fixture);
  gint64 id;

  change.alias = alias;
  change.password_hash = "hash";
  oh_store_add_user (fixture->store, &change, &reply);
  check (fixture);
  id = json_object_get_int_member (fixture->json, "id");
  if (number)
    {
      reply = expect (fixture);
      oh_store_add_number (fixture->store, number, id, &reply);
      check (fixture);
    }
  return id;
}

/* --- Directory --- */

static void
test_users (Fixture *fixture, gconstpointer data)
{
  gint64 id = add_user (fixture, "Anna", "+49 (30) 100");
  g_autoptr (OhDirectory) directory = oh_store_dup_directory (fixture->store);
  const OhUser *user = oh_directory_find_user_by_number (directory, "+49-30-100");
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = expect (fixture);
  struct stat status;

  g_assert_nonnull (user);
  g_assert_cmpint (user->id, ==, id);
  g_assert_cmpstr (user->alias, ==, "anna");
  g_assert_true (user == oh_directory_find_user_by_alias (directory, "ANNA@example.org"));
  g_assert_null (oh_directory_find_user_by_alias (directory, "anna@elsewhere.org"));
  g_assert_true (user == oh_directory_find_user_by_id (directory, id));

  change.alias = "anna";
  oh_store_add_user (fixture->store, &change, &reply);
  check_refused (fixture, OH_ERROR_EXISTS);
  for (const char *const *bad = (const char *const[]){ "", "a b", "a@b", "1", "x'--", NULL }; *bad;
       bad++)
    {
      change.alias = *bad;
      reply = expect (fixture);
      oh_store_add_user (fixture->store, &change, &reply);
      check_refused (fixture, OH_ERROR_INVALID);
    }
  g_assert_cmpint (stat (fixture->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_numbers (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  gint64 berta = add_user (fixture, "berta", "200");
  OhStoreReply reply = expect (fixture);
  g_autoptr (OhDirectory) directory = NULL;

  oh_store_add_number (fixture->store, "1-0-0", berta, &reply);
  check_refused (fixture, OH_ERROR_EXISTS);
  reply = expect (fixture);
  oh_store_add_number (fixture->store, "*43", anna, &reply);
  check_refused (fixture, OH_ERROR_INVALID);
  reply = expect (fixture);
  oh_store_remove_number (fixture->store, "100", &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_remove_number (fixture->store, "100", &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_null (oh_directory_find_user_by_number (directory, "100"));
  g_assert_nonnull (oh_directory_find_user_by_number (directory, "200"));
}

static void
test_trunks (Fixture *fixture, gconstpointer data)
{
  char *wide[] = { "10.0.0.0/8", NULL }, *narrow[] = { "10.1.2.3", "2001:db8::/32", NULL };
  char *all[] = { "", NULL }, *germany[] = { "+49", NULL }, *bad[] = { "10.0.0.0/99", NULL };
  OhTrunk trunk = { .name = "wide", .kind = OH_TRUNK_ADDRESS, .trusted = wide, .prefixes = all };
  OhStoreReply reply = expect (fixture);
  g_autoptr (OhDirectory) directory = NULL;

  oh_store_add_trunk (fixture->store, &trunk, &reply);
  check (fixture);
  trunk.name = "narrow";
  trunk.trusted = narrow;
  trunk.prefixes = germany;
  trunk.secret = "provider's";
  reply = expect (fixture);
  oh_store_add_trunk (fixture->store, &trunk, &reply);
  check (fixture);
  trunk.name = "bad";
  trunk.trusted = bad;
  reply = expect (fixture);
  oh_store_add_trunk (fixture->store, &trunk, &reply);
  check_refused (fixture, OH_ERROR_INVALID);

  directory = oh_store_dup_directory (fixture->store);
  g_assert_cmpstr (oh_directory_find_trunk_by_address (directory, "10.1.2.3")->name, ==, "narrow");
  g_assert_cmpstr (oh_directory_find_trunk_by_address (directory, "::ffff:10.9.9.9")->name, ==,
                   "wide");
  g_assert_cmpstr (oh_directory_find_trunk_by_address (directory, "2001:db8::7")->name, ==,
                   "narrow");
  g_assert_null (oh_directory_find_trunk_by_address (directory, "192.0.2.1"));
  g_assert_null (oh_directory_find_trunk_by_address (directory, "not an address"));
  g_assert_cmpstr (oh_directory_find_trunk_for_number (directory, "+4930")->name, ==, "narrow");
  g_assert_cmpstr (oh_directory_find_trunk_for_number (directory, "0123")->name, ==, "wide");
  g_assert_cmpstr (oh_directory_find_trunk (directory, "narrow")->secret, ==, "provider's");
}

static void
test_number_rules (void)
{
  g_autofree char *plus = oh_number_normalize ("+49 (30) 123-45");
  g_autofree char *star = oh_number_normalize ("*43");

  g_assert_cmpstr (plus, ==, "+493012345");
  g_assert_cmpstr (star, ==, "*43");
  g_assert_null (oh_number_normalize (""));
  g_assert_null (oh_number_normalize (NULL));
  g_assert_null (oh_number_normalize ("+"));
  g_assert_null (oh_number_normalize ("12+3"));
  g_assert_null (oh_number_normalize ("anna"));
  g_assert_null (oh_number_normalize ("123456789012345678901234567890123"));
}

/* --- Devices --- */

static void
test_devices (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  gint64 berta = add_user (fixture, "berta", NULL);
  OhDeviceInfo info = { .user_id = anna, .name = "laptop", .instance = "urn:uuid:1" };
  OhStoreReply reply = expect (fixture);
  g_autofree char *id = NULL;
  g_autofree char *secret = NULL;
  g_autofree char *a1 = NULL;
  g_autofree char *ha1 = NULL;
  g_autoptr (OhDirectory) directory = NULL;
  const OhDevice *device;

  oh_store_add_device (fixture->store, &info, &reply);
  check (fixture);
  id = g_strdup (json_object_get_string_member (fixture->json, "device_id"));
  secret = g_strdup (json_object_get_string_member (fixture->json, "secret"));
  g_assert_cmpuint (strlen (secret), ==, 26);
  directory = oh_store_dup_directory (fixture->store);
  device = oh_directory_find_device (directory, id);
  g_assert_nonnull (device);
  g_assert_cmpstr (device->user->alias, ==, "anna");
  a1 = g_strdup_printf ("%s:example.org:%s", id, secret);
  ha1 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, a1, -1);
  g_assert_cmpstr (device->credential.ha1, ==, ha1);
  g_assert_true (oh_directory_check_secret (directory, id, secret));
  g_assert_false (oh_directory_check_secret (directory, id, "wrong"));
  g_assert_false (oh_directory_check_secret (directory, "nobody", secret));
  g_assert_false (oh_directory_check_secret (directory, NULL, NULL));

  /* The same program on the same computer replaces its former device. */
  reply = expect (fixture);
  oh_store_add_device (fixture->store, &info, &reply);
  check (fixture);
  g_clear_pointer (&directory, oh_directory_unref);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_null (oh_directory_find_device (directory, id));
  g_free (g_steal_pointer (&id));
  id = g_strdup (json_object_get_string_member (fixture->json, "device_id"));

  /* Not another user's to revoke. */
  reply = expect (fixture);
  oh_store_revoke_device (fixture->store, berta, id, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  reply = expect (fixture);
  oh_store_revoke_device (fixture->store, anna, id, &reply);
  check (fixture);
  g_clear_pointer (&directory, oh_directory_unref);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_null (oh_directory_find_device (directory, id));
}

/* --- Events and history --- */

static void
on_event (const char *json, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->lines, g_strdup (json));
}

static void
tell (Fixture *fixture,
      const char *call,
      const char *kind,
      gint64 user,
      const char *device,
      gint64 status)
{
  OhEvent *event = oh_event_new (call, kind, "");

  oh_event_set_user (event, user, device);
  if (strcmp (kind, OH_EVENT_ARRIVED) == 0)
    {
      oh_event_set_string (event, "name", "Demo Caller");
      oh_event_set_string (event, "number", "555100");
      oh_event_set_string (event, "called", "100");
    }
  if (status)
    oh_event_set_int (event, "status", status);
  oh_store_add_event (fixture->store, event);
}

/* The outcome of @user's only call. */
static const char *
get_outcome (Fixture *fixture, gint64 user)
{
  OhStoreReply reply = expect (fixture);
  JsonArray *calls;

  oh_store_list_history (fixture->store, user, 0, 100, &reply);
  check (fixture);
  calls = json_object_get_array_member (fixture->json, "calls");
  if (json_array_get_length (calls) != 1)
    return NULL;
  return json_object_get_string_member (json_array_get_object_element (calls, 0), "outcome");
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

/* --- Voicemail --- */

static void
test_voicemail (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  gint64 berta = add_user (fixture, "berta", "200");
  g_autofree char *id = oh_voicemail_new_id ();
  g_autofree char *file = g_build_filename (fixture->folder, "message.opus", NULL);
  OhVoicemail voicemail = { .id = id, .user_id = anna, .path = file, .number = "555", .start = 9 };
  OhStoreReply reply = expect (fixture);
  g_autoptr (OhDirectory) directory = NULL;

  g_file_set_contents (file, "sound", -1, NULL);
  oh_store_begin_voicemail (fixture->store, &voicemail, &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_find_voicemail (fixture->store, anna, id, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND); /* not a message yet */
  reply = expect (fixture);
  oh_store_finish_voicemail (fixture->store, id, 4200, &reply);
  check (fixture);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_cmpuint (oh_directory_find_user_by_id (directory, anna)->new_messages, ==, 1);

  reply = expect (fixture);
  oh_store_find_voicemail (fixture->store, berta, id, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND); /* not hers */
  reply = expect (fixture);
  oh_store_set_heard (fixture->store, anna, id, TRUE, &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_list_voicemail (fixture->store, anna, &reply);
  check (fixture);
  g_assert_true (json_object_get_boolean_member (
      json_array_get_object_element (json_object_get_array_member (fixture->json, "messages"), 0),
      "heard"));
  reply = expect (fixture);
  oh_store_delete_voicemail (fixture->store, anna, id, &reply);
  check (fixture);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
}

/* --- Opening --- */

static void
refuse_to_open (const char *path, const char *named)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (oh_store_open (path, "example.org", &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, named));
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *garbage = g_build_filename (fixture->folder, "garbage.db", NULL);
  g_autofree char *later = g_build_filename (fixture->folder, "later.db", NULL);
  g_autofree char *nowhere = g_build_filename (fixture->folder, "no", "folder.db", NULL);
  g_autofree char *text = g_strnfill (8192, 'x');
  sqlite3 *db = NULL;

  refuse_to_open (fixture->path, "another offhookd");
  g_file_set_contents (garbage, text, -1, NULL);
  refuse_to_open (garbage, "backup");
  refuse_to_open (nowhere, "owner");
  g_assert_cmpint (sqlite3_open (later, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA user_version=9999", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  refuse_to_open (later, "later Offhook");
}

/* A database of each released schema opens, and what stood in it is there. */
static void
test_migrations (Fixture *fixture, gconstpointer data)
{
  g_autofree char *sql_path = g_test_build_filename (G_TEST_DIST, "store", "schema-1.sql", NULL);
  g_autofree char *sql = NULL;
  g_autoptr (OhDirectory) directory = NULL;
  sqlite3 *db = NULL;

  g_assert_true (g_file_get_contents (sql_path, &sql, NULL, NULL));
  oh_store_close (fixture->store);
  g_free (fixture->path);
  fixture->path = g_build_filename (fixture->folder, "old.db", NULL);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);

  open_store (fixture);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_cmpuint (oh_directory_get_users (directory)->len, ==, 1);
  g_assert_cmpuint (oh_directory_find_user_by_number (directory, "100")->new_messages, ==, 1);
  g_assert_nonnull (oh_directory_find_device (directory, "d1"));
  g_assert_cmpstr (oh_directory_find_trunk (directory, "provider")->trusted[1], ==, "10.0.0.0/8");
  g_assert_cmpstr (get_outcome (fixture, 1), ==, "answered");
}

/* --- Passwords --- */

typedef struct
{
  gboolean done, right;
  char *hash;
} Judged;

static void
on_hashed (const char *hash, const GError *error, gpointer user_data)
{
  Judged *judged = user_data;

  judged->hash = g_strdup (hash);
  judged->done = TRUE;
}

static void
on_judged (gboolean right, const GError *error, gpointer user_data)
{
  Judged *judged = user_data;

  judged->right = right;
  judged->done = TRUE;
}

static gboolean
judge (Judged *judged, const char *hash, const char *password)
{
  OhExecutor executor = oh_executor_for_context (NULL);

  judged->done = FALSE;
  oh_password_verify (hash, password, &executor, on_judged, judged);
  wait_for (&judged->done);
  return judged->right;
}

static void
test_password (void)
{
  OhExecutor executor = oh_executor_for_context (NULL);
  Judged judged = { 0 };

  oh_password_hash ("Correct horse 7", &executor, on_hashed, &judged);
  wait_for (&judged.done);
  g_assert_true (g_str_has_prefix (judged.hash, "$argon2id$"));
  g_assert_true (judge (&judged, judged.hash, "Correct horse 7"));
  g_assert_false (judge (&judged, judged.hash, "correct horse 7"));
  g_assert_false (judge (&judged, NULL, "nobody has this password"));
  g_assert_false (judge (&judged, "", ""));
  g_assert_false (oh_password_check_rules ("short", NULL));
  g_assert_true (oh_password_check_rules ("long enough", NULL));
  g_free (judged.hash);
}

/* --- JSON from outside --- */

static void
test_hostile_json (void)
{
  g_autofree char *open = g_strnfill (60000, '[');
  g_autofree char *deep = g_strconcat ("{\"a\":", open, NULL);
  g_autofree char *strings = g_strdup_printf ("{\"a\":\"%s\"}", open);
  const char *const bad[] = {
    "",        "[]",           "{",          "{\"a\":1} x", "/* c */{}",
    "{a:1}//", "{\"a\":\xff}", "var x = {}", "{'a':1}",     "{\"a\":\"b\\u0000c\"}",
    deep
  };
  g_autoptr (JsonObject) fine = oh_json_parse_object (strings, strlen (strings), NULL);

  g_assert_nonnull (fine);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (oh_json_parse_object (bad[i], strlen (bad[i]), &error));
      g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
    }
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*run) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/store/users", test_users },
    { "/store/numbers", test_numbers },
    { "/store/trunks", test_trunks },
    { "/store/devices", test_devices },
    { "/store/history", test_history },
    { "/store/open-calls", test_open_calls },
    { "/store/event-stream", test_event_stream },
    { "/store/voicemail", test_voicemail },
    { "/store/unreadable", test_unreadable },
    { "/store/migrations", test_migrations },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
  g_test_add_func ("/store/number-rules", test_number_rules);
  g_test_add_func ("/store/password", test_password);
  g_test_add_func ("/store/hostile-json", test_hostile_json);
  return g_test_run ();
}
