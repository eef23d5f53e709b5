/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call server's store: directory, devices, voicemail, migrations. */
#include "store-fixture.h"

#include "base/oh-error.h"
#include "server/store/oh-json.h"
#include "server/store/oh-password.h"
#include "server/store/oh-store-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include <string.h>
#include <sys/stat.h>

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
set_rules (Fixture *fixture, gint64 user, int order, int delay_s, int away, int dnd)
{
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = expect (fixture);

  change.ring_order = order;
  change.next_delay_s = delay_s;
  change.away_rule = away;
  change.dnd_rule = dnd;
  oh_store_change_user (fixture->store, user, &change, &reply);
}

/* Where a call rings first: what makes no sense is refused, the rest stays as it was. */
static void
test_ring_rules (Fixture *fixture, gconstpointer data)
{
  static const int bad[][4] = {
    { 3, -1, -1, -1 }, { -1, 0, -1, -1 }, { -1, 61, -1, -1 }, { -1, -1, 3, -1 }, { -1, -1, -1, 5 },
  };
  static const OhRingRules fresh = OH_RING_RULES_INIT;
  gint64 anna = add_user (fixture, "anna", "100");
  g_autoptr (OhDirectory) before = oh_store_dup_directory (fixture->store), after = NULL;
  const OhRingRules *rules = &oh_directory_find_user_by_id (before, anna)->ring;

  g_assert_cmpmem (rules, sizeof *rules, &fresh, sizeof fresh);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      set_rules (fixture, anna, bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
      check_refused (fixture, OH_ERROR_INVALID);
    }
  set_rules (fixture, anna, OH_RING_TOGETHER, 60, -1, OH_QUIET_MESSAGE);
  check (fixture);
  after = oh_store_dup_directory (fixture->store);
  rules = &oh_directory_find_user_by_id (after, anna)->ring;
  g_assert_cmpint (rules->order, ==, OH_RING_TOGETHER);
  g_assert_cmpuint (rules->next_delay_s, ==, 60);
  g_assert_cmpint (rules->away, ==, OH_QUIET_LATER);
  g_assert_cmpint (rules->dnd, ==, OH_QUIET_MESSAGE);
}

static void
place_device (Fixture *fixture, const char *id, int rank, int evidence)
{
  OhStoreReply reply = expect (fixture);

  oh_store_place_device (fixture->store, id, rank, evidence, &reply);
}

static void
test_device_place (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  OhDeviceInfo info = { .user_id = anna, .name = "laptop" };
  OhStoreReply reply = expect (fixture);
  g_autoptr (OhDirectory) directory = NULL;
  g_autofree char *id = NULL;
  const OhDevice *device;

  oh_store_add_device (fixture->store, &info, &reply);
  check (fixture);
  id = g_strdup (json_object_get_string_member (fixture->json, "device_id"));
  place_device (fixture, id, OH_RANK_MAX + 1, -1);
  check_refused (fixture, OH_ERROR_INVALID);
  place_device (fixture, id, -1, OH_EVIDENCE_STRONG + 1);
  check_refused (fixture, OH_ERROR_INVALID);
  place_device (fixture, "nowhere", 1, -1);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  place_device (fixture, id, 2, -1);
  check (fixture);
  place_device (fixture, id, -1, OH_EVIDENCE_STRONG);
  check (fixture);
  directory = oh_store_dup_directory (fixture->store);
  device = oh_directory_find_device (directory, id);
  g_assert_cmpuint (device->rank, ==, 2);
  g_assert_cmpint (device->evidence, ==, OH_EVIDENCE_STRONG);
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

/* @names: in their order, separated by spaces. */
static void
check_trunks_for (OhDirectory *directory, const char *number, const char *names)
{
  g_autoptr (GPtrArray) trunks = oh_directory_list_trunks_for_number (directory, number);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < trunks->len; i++)
    g_string_append_printf (found, "%s%s", i ? " " : "", ((const OhTrunk *)trunks->pdata[i])->name);
  g_assert_cmpstr (found->str, ==, names);
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
  check_trunks_for (directory, "+4930", "narrow wide");
  check_trunks_for (directory, "0123", "wide");
  g_assert_cmpstr (oh_directory_find_trunk (directory, "narrow")->secret, ==, "provider's");
}

/* The transport that a trunk's address names is the trunk's, unless another one is asked for. */
static void
test_trunk_transport (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *proxy, *transport, *found;
  } cases[] = {
    { "sip:192.0.2.10", NULL, "udp" },
    { "sip:192.0.2.10;transport=TCP", NULL, "tcp" },
    { "sip:192.0.2.10;lr;transport=tls;x=y", NULL, "tls" },
    { "sips:pbx.example", NULL, "tls" },
    { "sip:192.0.2.10;transport=tcp", "udp", "udp" },
    { "sip:192.0.2.10;transport=pigeon", NULL, NULL },
  };
  char *trusted[] = { "192.0.2.10", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("trunk%" G_GSIZE_FORMAT, i);
      OhTrunk trunk = { .name = name,
                        .kind = OH_TRUNK_ADDRESS,
                        .trusted = trusted,
                        .proxy = (char *)cases[i].proxy,
                        .transport = (char *)cases[i].transport };
      OhStoreReply reply = expect (fixture);
      g_autoptr (OhDirectory) directory = NULL;

      oh_store_add_trunk (fixture->store, &trunk, &reply);
      if (!cases[i].found)
        {
          check_refused (fixture, OH_ERROR_INVALID);
          continue;
        }
      check (fixture);
      directory = oh_store_dup_directory (fixture->store);
      g_assert_cmpstr (oh_directory_find_trunk (directory, name)->transport, ==, cases[i].found);
    }
}

static void
test_trunk_numbers (Fixture *fixture, gconstpointer data)
{
  char *trusted[] = { "192.0.2.10", NULL };
  OhTrunk trunk = { .name = (char *)"pbx",
                    .kind = OH_TRUNK_ADDRESS,
                    .trusted = trusted,
                    .caller_number = (char *)"reception" };
  OhStoreReply reply = expect (fixture);

  oh_store_add_trunk (fixture->store, &trunk, &reply);
  check_refused (fixture, OH_ERROR_INVALID); /* not silently without one */
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
  g_assert_cmpint (sqlite3_open (later, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA user_version=0; BEGIN EXCLUSIVE", NULL, NULL, NULL),
                   ==, SQLITE_OK);
  refuse_to_open (later, "another program");
  sqlite3_close (db);
}

static gboolean
run_set_pages (OhStore *store, OhJob *job, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("PRAGMA max_page_count=%" G_GINT64_FORMAT, job->value);

  return oh_database_exec (store->database, sql, error) && oh_job_succeed (job);
}

/* No more than @pages, or as many as there are: what a full disk is to the database. */
static void
set_pages (Fixture *fixture, gint64 pages)
{
  OhStoreReply reply = expect (fixture);
  OhJob *job = oh_job_new_query (run_set_pages, &reply);

  job->value = pages;
  oh_store_push (fixture->store, job);
  check (fixture);
}

static void
tell_much (Fixture *fixture, guint n)
{
  g_autofree char *long_text = g_strnfill (3000, 'x');

  for (guint i = 0; i < n; i++)
    oh_store_add_event (fixture->store, oh_event_new ("call", OH_EVENT_LOCATED, long_text));
}

typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean held;
} Gate;

static gboolean
run_hold (OhStore *store, OhJob *job, GError **error)
{
  Gate *gate = job->data;

  g_mutex_lock (&gate->lock);
  gate->held = TRUE;
  g_cond_signal (&gate->changed);
  while (gate->held)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);
  return oh_job_succeed (job);
}

static void
on_held (const char *json, const GError *error, gpointer user_data)
{
  /* Somebody waits, so that the store begins at once. */
}

/* Until release() the store gathers what it is told; all of it is then written at once. A small part
 * of it might still find room on a page. */
static void
hold (Fixture *fixture, Gate *gate)
{
  OhJob *job = oh_job_new_query (run_hold, &(OhStoreReply){ &fixture->executor, on_held, NULL });

  job->data = gate;
  oh_store_push (fixture->store, job);
  g_mutex_lock (&gate->lock);
  while (!gate->held)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

static void
release (Gate *gate)
{
  g_mutex_lock (&gate->lock);
  gate->held = FALSE;
  g_cond_signal (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

/* A full disk: what cannot be written is refused and leaves nothing behind, what can be read is read,
 * the log says it once, and when there is space again all goes on. */
static void
test_full_disk (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply;
  g_autoptr (OhDirectory) directory = NULL;
  Gate gate = { 0 };

  set_pages (fixture, 1);
  g_test_expect_message ("oh-store", G_LOG_LEVEL_WARNING, "*check the disk's space*");
  change.alias = "berta";
  change.name = g_strnfill (100, 'b');
  for (guint i = 0; i < 3; i++)
    {
      hold (fixture, &gate);
      tell_much (fixture, 50);
      reply = expect (fixture);
      oh_store_list_voicemail (fixture->store, anna, &reply);
      release (&gate);
      check (fixture);
      hold (fixture, &gate);
      tell_much (fixture, 50);
      reply = expect (fixture);
      oh_store_add_user (fixture->store, &change, &reply);
      release (&gate);
      check_refused (fixture, OH_ERROR_LIMIT);
    }
  g_test_assert_expected_messages ();
  directory = oh_store_dup_directory (fixture->store);
  g_assert_cmpuint (oh_directory_get_users (directory)->len, ==, 1);

  g_test_expect_message ("oh-store", G_LOG_LEVEL_WARNING, "*takes changes again*");
  set_pages (fixture, 1000000);
  reply = expect (fixture);
  oh_store_add_user (fixture->store, &change, &reply);
  check (fixture);
  g_test_assert_expected_messages ();
  g_free ((char *)change.name);
}

/* As the fixture has them, else the defaults. */
static void
check_rules (const OhUser *user, gboolean set)
{
  const OhDevice *device = user->devices->pdata[0];

  g_assert_cmpint (user->ring.order, ==, set ? OH_RING_BY_RANK : OH_RING_BY_ACTIVITY);
  g_assert_cmpuint (user->ring.next_delay_s, ==, set ? 7 : 5);
  g_assert_cmpint (user->ring.away, ==, set ? OH_QUIET_SKIP : OH_QUIET_LATER);
  g_assert_cmpint (user->ring.dnd, ==, set ? OH_QUIET_DEFAULT : OH_QUIET_SKIP);
  g_assert_cmpuint (device->rank, ==, set ? 3 : 0);
  g_assert_cmpint (device->evidence, ==, set ? OH_EVIDENCE_WEAK : OH_EVIDENCE_AUTO);
  if (set)
    g_assert_cmpuint (((const OhImIdentity *)user->identities->pdata[0])->rank, ==, 2);
}

/* A database of each released schema opens, and what stood in it is there. */
static void
test_migrations (Fixture *fixture, gconstpointer data)
{
  static const char *const schemas[] = { "schema-1.sql",  "schema-2.sql",  "schema-3.sql",
                                         "schema-4.sql",  "schema-5.sql",  "schema-6.sql",
                                         "schema-7.sql",  "schema-8.sql",  "schema-9.sql",
                                         "schema-10.sql", "schema-11.sql", "schema-12.sql",
                                         "schema-13.sql", "schema-14.sql" };

  for (gsize i = 0; i < G_N_ELEMENTS (schemas); i++)
    {
      g_autoptr (OhDirectory) directory = NULL;
      g_autoptr (GArray) answers = NULL;
      g_autoptr (GPtrArray) told = NULL, programs = NULL;

      oh_store_close (fixture->store);
      g_free (fixture->path);
      fixture->path = g_strdup_printf ("%s/old-%" G_GSIZE_FORMAT ".db", fixture->folder, i);
      make_old_database (fixture->path, schemas[i]);
      open_store (fixture);
      directory = oh_store_dup_directory (fixture->store);
      g_assert_cmpuint (oh_directory_get_users (directory)->len, ==, 1);
      g_assert_cmpuint (oh_directory_find_user_by_number (directory, "100")->new_messages, ==, 1);
      g_assert_nonnull (oh_directory_find_device (directory, "d1"));
      g_assert_cmpstr (oh_directory_find_trunk (directory, "provider")->trusted[1], ==,
                       "10.0.0.0/8");
      g_assert_cmpstr (get_outcome (fixture, 1), ==, "answered");
      g_assert_cmpuint (oh_directory_get_im_identities (directory)->len, ==, i >= 3 ? 1 : 0);
      check_rules (oh_directory_find_user_by_id (directory, 1), i >= 5);
      if (i >= 3)
        g_assert_cmpstr (oh_directory_find_im_login (directory, "xmpp")->proxy, ==,
                         i >= 10 ? "socks5://demo@127.0.0.1:1080" : NULL);
      answers = oh_store_dup_answers (fixture->store, 1);
      g_assert_cmpuint (answers ? answers->len : 0, ==, i >= 11 ? 1 : 0);
      g_assert_true (oh_directory_find_user_by_id (directory, 1)->learn_hours == (i < 11));
      told = oh_store_dup_told (fixture->store);
      g_assert_cmpuint (told->len, ==, i >= 12 ? 1 : 0);
      programs = oh_store_dup_programs (fixture->store);
      g_assert_cmpuint (programs->len, ==, i >= 13 ? 1 : 0);
    }
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
  static const StoreTest tests[] = {
    { "/store/users", test_users },
    { "/store/numbers", test_numbers },
    { "/store/ring-rules", test_ring_rules },
    { "/store/device-place", test_device_place },
    { "/store/trunks", test_trunks },
    { "/store/trunk-transport", test_trunk_transport },
    { "/store/trunk-numbers", test_trunk_numbers },
    { "/store/devices", test_devices },
    { "/store/voicemail", test_voicemail },
    { "/store/unreadable", test_unreadable },
    { "/store/full-disk", test_full_disk },
    { "/store/migrations", test_migrations },
    { NULL, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  add_store_tests (tests);
  g_test_add_func ("/store/number-rules", test_number_rules);
  g_test_add_func ("/store/password", test_password);
  g_test_add_func ("/store/hostile-json", test_hostile_json);
  return g_test_run ();
}
