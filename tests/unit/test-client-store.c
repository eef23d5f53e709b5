/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-account-settings.h"
#include "client/account/oh-dial.h"
#include "client/settings/oh-settings.h"
#include "client/store/oh-history-private.h"
#include "client/voicemail/oh-voicemail-private.h"
#include "wait-for.h"

#include <glib/gstdio.h>

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* --- Settings --- */

static void
test_settings (void)
{
  g_autofree char *path = path_of ("settings.ini");
  g_autoptr (OhSettings) settings = oh_settings_new (path);
  g_autoptr (OhSettings) again = NULL;

  g_assert_true (oh_settings_get_echo_cancellation (settings));
  g_assert_null (oh_settings_get_microphone (settings));
  g_object_set (settings, "microphone", "pulse:mic", "echo-cancellation", FALSE, "tone-volume",
                0.25, "history-seen", G_GINT64_CONSTANT (4000000000), NULL);
  g_assert_true (oh_settings_flush (settings, NULL));

  again = oh_settings_new (path);
  g_assert_cmpstr (oh_settings_get_microphone (again), ==, "pulse:mic");
  g_assert_false (oh_settings_get_echo_cancellation (again));
  g_assert_cmpfloat (oh_settings_get_tone_volume (again), ==, 0.25);
  g_assert_cmpint (oh_settings_get_history_seen (again), ==, G_GINT64_CONSTANT (4000000000));
}

static void
test_settings_damaged (void)
{
  g_autofree char *path = path_of ("damaged.ini");
  g_autoptr (OhSettings) settings = NULL;

  g_assert_true (g_file_set_contents (path, "[offhook]\necho-cancellation=perhaps\ntone-volume=7\n",
                                      -1, NULL));
  g_test_expect_message ("oh-client", G_LOG_LEVEL_WARNING, "*keeps its default*");
  settings = oh_settings_new (path);
  g_test_assert_expected_messages ();
  g_assert_true (oh_settings_get_echo_cancellation (settings));
  g_assert_cmpfloat (oh_settings_get_tone_volume (settings), ==, 1.0);
}

static void
test_settings_written_later (void)
{
  g_autofree char *path = path_of ("later.ini");
  g_autoptr (OhSettings) settings = oh_settings_new (path);

  g_object_set (settings, "speaker", "x", NULL);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  WAIT_FOR (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* --- Accounts --- */

static void
test_accounts (void)
{
  g_autofree char *path = path_of ("accounts.ini");
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (
      (GDestroyNotify)oh_account_settings_free);
  g_autoptr (GPtrArray) again = NULL;
  OhAccountSettings *settings = oh_account_settings_new ();
  GStatBuf status;

  settings->id = g_strdup ("sip-1");
  settings->provider = g_strdup ("sip");
  settings->address = g_strdup ("demo@localhost");
  settings->sip_ca = g_strdup ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  settings->embedded = TRUE;
  g_ptr_array_add (all, settings);
  g_assert_true (oh_account_settings_save_all (all, path, NULL));
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);

  again = oh_account_settings_load_all (path, NULL);
  g_assert_cmpuint (again->len, ==, 1);
  settings = again->pdata[0];
  g_assert_cmpstr (settings->id, ==, "sip-1");
  g_assert_cmpstr (settings->sip_ca, ==, ((OhAccountSettings *)all->pdata[0])->sip_ca);
  g_assert_null (settings->fingerprint);
  g_assert_true (settings->embedded);
}

static void
test_accounts_broken_group (void)
{
  g_autofree char *path = path_of ("broken.ini");
  g_autoptr (GPtrArray) all = NULL;

  g_assert_true (g_file_set_contents (path,
                                      "[account a]\nprovider=sip\n"
                                      "[account b]\nprovider=sip\naddress=b@x\n[other]\nx=1\n",
                                      -1, NULL));
  g_test_expect_message ("oh-client", G_LOG_LEVEL_WARNING, "*'a' is left out*");
  all = oh_account_settings_load_all (path, NULL);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (all->len, ==, 1);
}

/* --- What one may dial --- */

static void
test_dial (void)
{
  static const struct
  {
    const char *typed, *expected;
  } cases[] = {
    { " +49 (30) 123-45 ", "+493012345" },
    { "tel:+49-30-1", "+49301" },
    { "*43", "*43" },
    { "100", "100" },
    { "sip:anna@example.org", "sip:anna@example.org" },
    { "anna@example.org", "sip:anna@example.org" },
    { "callto:100", "100" },
    { "tel:+1-201-555-0123;phone-context=example.org", "+12015550123" },
    { "TEL:%2B49%20(30)%201", "+49301" },
    { "tel:%0d%0aVia:x", NULL },
    { "tel:;", NULL },
    { "anna", "anna" },
    { "", NULL },
    { "  ", NULL },
    { "a b", NULL },
    { "sip:", NULL },
    { "sip:a@b>\r\nVia: x", NULL },
    { "a@b@c", NULL },
    { "http://x", NULL },
    { "sip:a@b?Route=x", NULL },
    { "sip:a@b;transport=udp", NULL },
    { "-", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *clean = oh_dial_normalize (cases[i].typed, &error);

      g_assert_cmpstr (clean, ==, cases[i].expected);
      g_assert_true ((clean == NULL) == (error != NULL));
    }
}

static void
test_dial_uri (void)
{
  g_autofree char *number = oh_dial_to_uri ("*43", "example.org");
  g_autofree char *key = oh_dial_to_uri ("#1", "example.org");
  g_autofree char *whole = oh_dial_to_uri ("sip:a@b", "example.org");

  g_assert_cmpstr (number, ==, "sip:*43@example.org");
  g_assert_cmpstr (key, ==, "sip:%231@example.org");
  g_assert_cmpstr (whole, ==, "sip:a@b");
}

/* --- History --- */

static const char history_json[]
    = "{\"calls\":["
      "{\"id\":17,\"row\":3,\"direction\":\"in\",\"name\":\"J\u00f6rg "
      "Demo\",\"number\":\"+4930\","
      "\"called\":\"100\",\"start\":1000,\"duration\":5,\"outcome\":\"answered\"},"
      "{\"id\":\"b\",\"row\":4,\"direction\":\"in\",\"number\":\"200\",\"start\":2000,\"duration\":"
      "0,"
      "\"outcome\":\"missed\"},"
      "{\"id\":\"c\",\"row\":9,\"direction\":\"out\",\"name\":\"Self\",\"number\":\"100\","
      "\"called\":\"300\",\"start\":1500,\"peer\":\"carla\","
      "\"outcome\":\"nonsense\"},"
      "{\"id\":-7,\"direction\":\"in\"},"
      "{\"id\":\"d\",\"direction\":null},"
      "17, null, []]}";

static GPtrArray *
parse_rows (const char *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  return oh_history_rows_from_json (node, "acc", NULL);
}

static void
test_history_json (void)
{
  g_autoptr (GPtrArray) rows = parse_rows (history_json);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) wrong = json_from_string ("{\"calls\":{}}", NULL);
  OhHistoryRow *last = rows->pdata[2];

  g_assert_cmpuint (rows->len, ==, 3);
  g_assert_cmpint (last->outcome, ==, OH_OUTCOME_FAILED);
  g_assert_false (last->incoming);
  g_assert_cmpstr (last->number, ==, "300"); /* not the user's own name and number */
  g_assert_null (last->name);
  g_assert_cmpstr (last->peer, ==, "carla");
  g_assert_null (oh_history_rows_from_json (wrong, "acc", &error));
  g_assert_nonnull (error);
}

static void
on_mark (gint64 row, gpointer user_data)
{
  *(gint64 *)user_data = row;
}

static void
test_history (void)
{
  g_autofree char *path = path_of ("history.db");
  g_autofree char *ini = path_of ("history.ini");
  g_autoptr (OhSettings) settings = oh_settings_new (ini);
  OhDatabase *database = oh_database_new (path);
  OhHistory *history = oh_history_new (database, settings);
  GListModel *model = G_LIST_MODEL (history);
  g_autoptr (OhHistoryEntry) first = NULL;
  gint64 mark = -1;

  oh_history_take_rows (history, parse_rows (history_json));
  WAIT_FOR (g_list_model_get_n_items (model) == 3);
  first = g_list_model_get_item (model, 0);
  g_assert_true (oh_history_entry_is_loaded (first));
  g_assert_cmpstr (oh_history_entry_get_number (first), ==, "200");
  g_assert_null (oh_history_entry_get_peer (first));
  g_assert_cmpuint (oh_history_get_missed (history), ==, 1);
  oh_history_get_mark (history, "acc", on_mark, &mark);
  WAIT_FOR (mark == 9);

  oh_history_set_filter (history, "300", FALSE);
  WAIT_FOR (g_list_model_get_n_items (model) == 1);
  g_clear_object (&first);
  first = g_list_model_get_item (model, 0);
  g_assert_cmpstr (oh_history_entry_get_peer (first), ==, "carla");
  oh_history_set_filter (history, "J\u00d6RG", FALSE);
  WAIT_FOR (g_list_model_get_n_items (model) == 1);
  oh_history_set_filter (history, "%", FALSE);
  WAIT_FOR (g_list_model_get_n_items (model) == 0);
  oh_history_set_filter (history, NULL, TRUE);
  WAIT_FOR (g_list_model_get_n_items (model) == 1);
  oh_history_set_filter (history, NULL, FALSE);
  WAIT_FOR (g_list_model_get_n_items (model) == 3);
  oh_history_mark_seen (history);
  g_assert_cmpuint (oh_history_get_missed (history), ==, 0);
  oh_history_forget (history, "acc");
  WAIT_FOR (g_list_model_get_n_items (model) == 0);
  g_object_unref (history);
  oh_database_free (database);
}

/* Ten thousand calls: the length is known at once, an item far down arrives by itself. */
static void
test_history_long (void)
{
  g_autofree char *path = path_of ("long.db");
  g_autofree char *ini = path_of ("long.ini");
  g_autoptr (OhSettings) settings = oh_settings_new (ini);
  OhDatabase *database = oh_database_new (path);
  OhHistory *history = oh_history_new (database, settings);
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_history_row_free);
  g_autoptr (OhHistoryEntry) entry = NULL;

  for (guint i = 0; i < 10000; i++)
    {
      OhHistoryRow *row = oh_history_row_new ();

      row->account = g_strdup ("acc");
      row->id = g_strdup_printf ("%u", i);
      row->start = i;
      g_ptr_array_add (rows, row);
    }
  oh_history_take_rows (history, rows);
  WAIT_FOR (g_list_model_get_n_items (G_LIST_MODEL (history)) == 10000);
  entry = g_list_model_get_item (G_LIST_MODEL (history), 7654);
  g_assert_false (oh_history_entry_is_loaded (entry));
  WAIT_FOR (oh_history_entry_is_loaded (entry));
  g_assert_cmpint (oh_history_entry_get_start (entry), ==, 9999 - 7654);
  g_object_unref (history);
  oh_database_free (database);
}

static OhCallRoute *
parse_row (const char *places)
{
  g_autofree char *text = g_strdup_printf ("{\"calls\":[{\"id\":1,\"direction\":\"in\","
                                           "\"device\":\"laptop\",\"steps\":2,"
                                           "\"places\":%s}]}",
                                           places);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  g_autoptr (GPtrArray) rows = oh_history_rows_from_json (node, "acc", NULL);
  g_autoptr (OhHistoryEntry) entry = g_object_new (OH_TYPE_HISTORY_ENTRY, NULL);

  g_assert_cmpuint (rows->len, ==, 1);
  oh_history_entry_fill (entry, rows->pdata[0]);
  return oh_history_entry_dup_route (entry);
}

/* Where it rang: in order of the turns; nonsense of a server harms nobody. */
static void
test_route (void)
{
  g_autoptr (OhCallRoute) route = parse_row (
      "[{\"name\":\"irc\",\"protocol\":\"prpl-irc\",\"step\":-1,\"why\":\"offline\"},"
      "{\"name\":\"tablet\",\"step\":1,\"why\":\"usual-hour\",\"number\":3,\"of\":4},7,null,{"
      "\"step\":0},"
      "{\"name\":\"lap\\u0007top\",\"step\":0,\"why\":{}},"
      "{\"name\":\"old\",\"step\":-99,\"number\":-5}]");
  const OhRoutePlace *place;

  g_assert_cmpuint (route->steps, ==, 2);
  g_assert_cmpstr (route->device, ==, "laptop");
  g_assert_cmpuint (route->places->len, ==, 4);
  place = route->places->pdata[0];
  g_assert_null (strchr (place->name, 7));
  g_assert_null (place->why);
  place = route->places->pdata[1];
  g_assert_cmpstr (place->name, ==, "tablet");
  g_assert_cmpuint (place->number, ==, 3);
  g_assert_cmpuint (place->of, ==, 4);
  place = route->places->pdata[2];
  g_assert_cmpstr (place->protocol, ==, "prpl-irc");
  g_assert_cmpint (place->step, ==, -1);
  place = route->places->pdata[3];
  g_assert_cmpint (place->step, ==, -1);
  g_assert_cmpuint (place->number, ==, 0);
  g_assert_null (parse_row ("[]"));
  g_assert_null (parse_row ("\"laptop\""));
  g_assert_null (parse_row ("[[],{}]"));
}

/* The fixture is a file as the first version wrote it. */
static void
test_migration (void)
{
  g_autofree char *path = path_of ("old.db");
  sqlite3 *db = NULL;
  g_autoptr (GError) error = NULL;
  OhHistoryFilter all = { NULL, FALSE };

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_true (oh_database_migrate (db, 1, NULL));
  g_assert_cmpint (sqlite3_exec (db,
                                 "INSERT INTO call VALUES (1, 'acc', 'x', 1, NULL, '100', NULL, 0,"
                                 " 5, 0, 'missed', '100');",
                                 NULL, NULL, NULL),
                   ==, SQLITE_OK);
  g_assert_true (oh_database_migrate (db, 0, NULL));
  g_assert_cmpuint (oh_history_sql_count (db, &all), ==, 1);
  g_assert_cmpint (sqlite3_exec (db, "SELECT heard FROM voicemail", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "SELECT receipt FROM message, chat", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "SELECT route FROM call", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "SELECT peer FROM call", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "SELECT in_group FROM contact", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  g_assert_true (oh_database_migrate (db, 0, NULL));
  sqlite3_exec (db, "PRAGMA user_version = 99", NULL, NULL, NULL);
  g_assert_false (oh_database_migrate (db, 0, &error));
  g_assert_nonnull (error);
  sqlite3_close (db);
}

static void
test_damaged_file (void)
{
  g_autofree char *path = path_of ("noise.db");
  g_autofree char *ini = path_of ("noise.ini");
  g_autoptr (OhSettings) settings = oh_settings_new (ini);
  GPtrArray *rows = parse_rows (history_json);
  OhDatabase *database;
  OhHistory *history;

  g_assert_true (
      g_file_set_contents (path, "this is no database, at all, of any kind....", -1, NULL));
  /* GLib's list of these has no lock: until it came, this thread logs nothing. */
  g_test_expect_message ("oh-client", G_LOG_LEVEL_WARNING, "*this session only*");
  database = oh_database_new (path);
  history = oh_history_new (database, settings);
  oh_history_take_rows (history, rows);
  WAIT_FOR (g_list_model_get_n_items (G_LIST_MODEL (history)) == 3);
  g_test_assert_expected_messages ();
  g_object_unref (history);
  oh_database_free (database);
}

static void
test_voicemail_json (void)
{
  g_autoptr (JsonNode) node = json_from_string (
      "{\"messages\":[{\"id\":\"m1\",\"number\":\"200\",\"start\":5,\"duration_ms\":1500,\"heard\":"
      "true},"
      "{\"id\":\"../x\"},{\"id\":\"\"},{},{\"id\":12,\"duration_ms\":-4},7]}",
      NULL);
  g_autoptr (GPtrArray) all = oh_voicemails_from_json (node, "acc", NULL);

  g_assert_cmpuint (all->len, ==, 2);
  g_assert_true (oh_voicemail_is_heard (all->pdata[0]));
  g_assert_cmpstr (oh_voicemail_get_id (all->pdata[1]), ==, "12");
  g_assert_cmpuint (oh_voicemail_get_duration_ms (all->pdata[1]), ==, 0);
}

int
main (int argc, char **argv)
{
  int status;
  g_autofree char *command = NULL;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("offhook-store-XXXXXX", NULL);
  g_test_add_func ("/client/settings/kept", test_settings);
  g_test_add_func ("/client/settings/damaged", test_settings_damaged);
  g_test_add_func ("/client/settings/written-later", test_settings_written_later);
  g_test_add_func ("/client/accounts/kept", test_accounts);
  g_test_add_func ("/client/accounts/broken-group", test_accounts_broken_group);
  g_test_add_func ("/client/dial/typed", test_dial);
  g_test_add_func ("/client/dial/uri", test_dial_uri);
  g_test_add_func ("/client/history/json", test_history_json);
  g_test_add_func ("/client/history/list", test_history);
  g_test_add_func ("/client/history/long", test_history_long);
  g_test_add_func ("/client/history/route", test_route);
  g_test_add_func ("/client/history/migration", test_migration);
  g_test_add_func ("/client/history/damaged-file", test_damaged_file);
  g_test_add_func ("/client/voicemail/json", test_voicemail_json);
  status = g_test_run ();
  command = g_strdup_printf ("rm -rf '%s'", folder);
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  g_free (folder);
  return status;
}
