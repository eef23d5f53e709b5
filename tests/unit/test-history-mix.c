/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/store/oh-history-row.h"
#include "client/voicemail/oh-voicemail-private.h"
#include "ui/window/oh-history-mix.h"

/* Ten calls at 1000, 990 ... 910 s, not read yet; messages as a test wants them. */
typedef struct
{
  GListStore *calls;
  GListStore *messages;
  OhHistoryMix *mix;
} Fixture;

static void
add_message (Fixture *fixture, const char *id, gint64 start)
{
  OhVoicemailFacts facts = {
    .account = (char *)"a", .id = (char *)id, .start = start, .duration_ms = 1000
  };
  g_autoptr (OhVoicemail) message = oh_voicemail_new (&facts);
  g_list_store_append (fixture->messages, message);
}

static void
read_calls (Fixture *fixture, guint first, guint n)
{
  for (guint i = first; i < first + n; i++)
    {
      g_autoptr (OhHistoryEntry) entry = g_list_model_get_item (G_LIST_MODEL (fixture->calls), i);
      g_autoptr (OhHistoryRow) row = oh_history_row_new ();
      row->start = 1000 - 10 * (gint64)i;
      oh_history_entry_fill (entry, row);
    }
}

/* What a list view does with what it shows. */
static void
look (Fixture *fixture)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (fixture->mix)); i++)
    g_object_unref (g_list_model_get_item (G_LIST_MODEL (fixture->mix), i));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* "c" for a call, "m" for a message. */
static void
assert_order (Fixture *fixture, const char *wanted)
{
  g_autoptr (GString) order = g_string_new (NULL);
  look (fixture);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (fixture->mix)); i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (G_LIST_MODEL (fixture->mix), i);
      g_string_append_c (order, OH_IS_VOICEMAIL (item) ? 'm' : 'c');
    }
  g_assert_cmpstr (order->str, ==, wanted);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->calls = g_list_store_new (OH_TYPE_HISTORY_ENTRY);
  fixture->messages = g_list_store_new (OH_TYPE_VOICEMAIL);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (OhHistoryEntry) entry = g_object_new (OH_TYPE_HISTORY_ENTRY, NULL);
      g_list_store_append (fixture->calls, entry);
    }
  fixture->mix = oh_history_mix_new (G_LIST_MODEL (fixture->calls),
                                     G_LIST_MODEL (fixture->messages));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->mix);
  g_object_unref (fixture->calls);
  g_object_unref (fixture->messages);
}

static void
test_by_time (Fixture *fixture, gconstpointer data)
{
  read_calls (fixture, 0, 10);
  add_message (fixture, "1", 1005);
  add_message (fixture, "2", 985);
  add_message (fixture, "3", 984);
  add_message (fixture, "4", 5);
  assert_order (fixture, "mccmmccccccccm");
}

/* A message of the same second as its call stands over it. */
static void
test_same_second (Fixture *fixture, gconstpointer data)
{
  read_calls (fixture, 0, 10);
  add_message (fixture, "1", 980);
  assert_order (fixture, "ccmcccccccc");
}

static void
test_read_later (Fixture *fixture, gconstpointer data)
{
  add_message (fixture, "1", 935);
  assert_order (fixture, "mcccccccccc");
  read_calls (fixture, 0, 4);
  assert_order (fixture, "ccccmcccccc");
  read_calls (fixture, 4, 6);
  assert_order (fixture, "cccccccmccc");
}

static void
test_changes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhHistoryEntry) newest = g_object_new (OH_TYPE_HISTORY_ENTRY, NULL);
  g_autoptr (OhHistoryRow) row = oh_history_row_new ();

  read_calls (fixture, 0, 10);
  add_message (fixture, "1", 995);
  assert_order (fixture, "cmccccccccc");
  row->start = 1010;
  oh_history_entry_fill (newest, row);
  g_list_store_insert (fixture->calls, 0, newest);
  assert_order (fixture, "ccmccccccccc");
  g_list_store_remove_all (fixture->calls);
  assert_order (fixture, "m");
  g_list_store_remove_all (fixture->messages);
  assert_order (fixture, "");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/history-mix/by-time", test_by_time);
  ADD ("/history-mix/same-second", test_same_second);
  ADD ("/history-mix/read-later", test_read_later);
  ADD ("/history-mix/changes", test_changes);
  return g_test_run ();
}
