/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-fixture.h"

#include "base/oh-error.h"
#include "server/store/oh-json.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include <string.h>

#define DEADLINE_S (g_getenv ("OFFHOOK_SANITIZED") ? 30 : 10)

static gboolean
on_deadline (gpointer data)
{
  g_error ("no answer within %d s", DEADLINE_S);
  return G_SOURCE_REMOVE;
}

void
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

OhStoreReply
expect (Fixture *fixture)
{
  fixture->answered = FALSE;
  return (OhStoreReply){ &fixture->executor, on_answer, fixture };
}

void
check (Fixture *fixture)
{
  wait_for (&fixture->answered);
  g_assert_no_error (fixture->error);
}

void
check_refused (Fixture *fixture, int code)
{
  wait_for (&fixture->answered);
  g_assert_error (fixture->error, OH_ERROR, code);
}

void
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

gint64
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

void
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

guint
count_items (Fixture *fixture, const char *list)
{
  return json_array_get_length (json_object_get_array_member (fixture->json, list));
}

JsonObject *
get_item (Fixture *fixture, const char *list, guint i)
{
  return json_array_get_object_element (json_object_get_array_member (fixture->json, list), i);
}

const char *
get_outcome (Fixture *fixture, gint64 user)
{
  OhStoreReply reply = expect (fixture);

  oh_store_list_history (fixture->store, user, 0, 100, &reply);
  check (fixture);
  if (count_items (fixture, "calls") != 1)
    return NULL;
  return json_object_get_string_member (get_item (fixture, "calls", 0), "outcome");
}

void
add_store_tests (const StoreTest *tests)
{
  for (; tests->name; tests++)
    g_test_add (tests->name, Fixture, NULL, set_up, tests->run, tear_down);
}

void
make_old_database (const char *path, const char *schema)
{
  g_autofree char *sql_path = g_test_build_filename (G_TEST_DIST, "store", schema, NULL);
  g_autofree char *sql = NULL;
  sqlite3 *db = NULL;

  g_assert_true (g_file_get_contents (sql_path, &sql, NULL, NULL));
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}
