/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-test"

/* Headings between the contacts: right after any change, told of in a way that a follower can trust. */
#include "client/account/oh-base-messenger.h"
#include "client/contact/oh-contact-list.h"
#include "ui/contacts/oh-contact-rows.h"

#define STEPS 4000

/* An account with contacts and nothing else. */
#define TEST_TYPE_MESSENGER (test_messenger_get_type ())
G_DECLARE_FINAL_TYPE (TestMessenger, test_messenger, TEST, MESSENGER, OhBaseMessenger)

struct _TestMessenger
{
  OhBaseMessenger parent;
};

G_DEFINE_FINAL_TYPE (TestMessenger, test_messenger, OH_TYPE_BASE_MESSENGER)

static void
test_messenger_class_init (TestMessengerClass *klass)
{
}

static void
test_messenger_init (TestMessenger *messenger)
{
}

typedef struct
{
  GListStore *accounts;
  OhBaseMessenger *account;
  OhContactList *contacts;
  OhContactRows *rows;
  GPtrArray *seen; /* the rows, by what was told */
} Fixture;

static void
on_rows_changed (GListModel *rows, guint at, guint gone, guint added, Fixture *fixture)
{
  g_assert_cmpuint (at + gone, <=, fixture->seen->len);
  if (gone)
    g_ptr_array_remove_range (fixture->seen, at, gone);
  for (guint i = at; i < at + added; i++)
    g_ptr_array_insert (fixture->seen, (int)i, g_list_model_get_item (rows, i));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->accounts = g_list_store_new (OH_TYPE_ACCOUNT);
  fixture->account = g_object_new (TEST_TYPE_MESSENGER, NULL);
  g_list_store_append (fixture->accounts, fixture->account);
  fixture->contacts = oh_contact_list_new (G_LIST_MODEL (fixture->accounts));
  g_object_set (fixture->contacts, "grouped", TRUE, NULL);
  fixture->rows = oh_contact_rows_new (fixture->contacts);
  fixture->seen = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (fixture->rows, "items-changed", G_CALLBACK (on_rows_changed), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_signal_handlers_disconnect_by_data (fixture->rows, fixture);
  g_ptr_array_unref (fixture->seen);
  g_object_unref (fixture->rows);
  g_object_unref (fixture->contacts);
  g_object_unref (fixture->account);
  g_object_unref (fixture->accounts);
}

static void
put (Fixture *fixture, const char *address, const char *group, OhPresence presence)
{
  OhContactFacts facts = { .name = address, .group = group, .presence = presence };

  oh_base_messenger_put_contact (fixture->account, address, &facts);
}

/* "[Friends 1/2] anna ben [ 0/1] cleo" */
static char *
describe (Fixture *fixture)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < fixture->seen->len; i++)
    {
      gpointer item = fixture->seen->pdata[i];

      if (i > 0)
        g_string_append_c (text, ' ');
      if (OH_IS_CONTACT_GROUP (item))
        g_string_append_printf (text, "[%s %u/%u]", oh_contact_group_get_name (item),
                                oh_contact_group_get_online (item),
                                oh_contact_group_get_count (item));
      else
        g_string_append (text, oh_contact_get_name (item));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_rows (Fixture *fixture, const char *expected)
{
  g_autofree char *text = describe (fixture);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_headings (Fixture *fixture, gconstpointer data)
{
  put (fixture, "anna", "", OH_PRESENCE_AVAILABLE);
  put (fixture, "ben", "", OH_PRESENCE_OFFLINE);
  assert_rows (fixture, "anna ben"); /* nobody is in a group */
  put (fixture, "cleo", "Work", OH_PRESENCE_AWAY);
  assert_rows (fixture, "[Work 1/1] cleo [ 1/2] anna ben");
  put (fixture, "ben", "Friends", OH_PRESENCE_OFFLINE);
  assert_rows (fixture, "[Friends 0/1] ben [Work 1/1] cleo [ 1/1] anna");
  put (fixture, "ben", "Friends", OH_PRESENCE_BUSY);
  assert_rows (fixture, "[Friends 1/1] ben [Work 1/1] cleo [ 1/1] anna");
  put (fixture, "anna", "work", OH_PRESENCE_OFFLINE); /* the same one, however it is written */
  assert_rows (fixture, "[Friends 1/1] ben [Work 1/2] cleo anna");
  g_object_set (fixture->contacts, "show-offline", FALSE, NULL);
  assert_rows (fixture, "[Friends 1/1] ben [Work 1/1] cleo");
  g_object_set (fixture->contacts, "show-offline", TRUE, "grouped", FALSE, NULL);
  assert_rows (fixture, "ben cleo anna");
  g_object_set (fixture->contacts, "grouped", TRUE, NULL);
  oh_base_messenger_drop_contact (fixture->account, "ben");
  oh_base_messenger_drop_contact (fixture->account, "cleo");
  assert_rows (fixture, "[work 0/1] anna"); /* nobody writes it as before */
  put (fixture, "anna", "WORK", OH_PRESENCE_OFFLINE);
  assert_rows (fixture, "[WORK 0/1] anna");
  put (fixture, "ben", "work", OH_PRESENCE_AVAILABLE);
  assert_rows (fixture, "[WORK 1/2] ben anna");
  oh_contact_list_set_search (fixture->contacts, "nobody");
  assert_rows (fixture, "");
}

/* What a list made anew says. */
static void
check_against_new (Fixture *fixture)
{
  g_autoptr (OhContactRows) fresh = oh_contact_rows_new (fixture->contacts);
  GListModel *model = G_LIST_MODEL (fresh);

  g_assert_cmpuint (fixture->seen->len, ==, g_list_model_get_n_items (model));
  g_assert_cmpuint (fixture->seen->len, ==,
                    g_list_model_get_n_items (G_LIST_MODEL (fixture->rows)));
  for (guint i = 0; i < fixture->seen->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (model, i);
      g_autoptr (GObject) own = g_list_model_get_item (G_LIST_MODEL (fixture->rows), i);
      gpointer seen = fixture->seen->pdata[i];

      g_assert_true (own == seen);
      g_assert_true (OH_IS_CONTACT_GROUP (item) == OH_IS_CONTACT_GROUP (seen));
      if (OH_IS_CONTACT (item))
        {
          g_assert_true (item == seen);
          continue;
        }
      g_assert_cmpstr (oh_contact_group_get_name (OH_CONTACT_GROUP (item)), ==,
                       oh_contact_group_get_name (seen));
      g_assert_cmpuint (oh_contact_group_get_count (OH_CONTACT_GROUP (item)), ==,
                        oh_contact_group_get_count (seen));
      g_assert_cmpuint (oh_contact_group_get_online (OH_CONTACT_GROUP (item)), ==,
                        oh_contact_group_get_online (seen));
    }
}

static void
test_any_change (Fixture *fixture, gconstpointer data)
{
  static const char *const groups[] = { "", "Work", "Friends", "Zoo" };
  static const char *const flags[] = { "grouped", "online-first", "show-offline" };

  for (guint i = 0; i < STEPS; i++)
    {
      g_autofree char *address = g_strdup_printf ("p%d", g_test_rand_int_range (0, 30));
      int what = g_test_rand_int_range (0, 20);

      if (what == 0)
        g_object_set (fixture->contacts, flags[g_test_rand_int_range (0, 3)],
                      g_test_rand_int_range (0, 2), NULL);
      else if (what < 6)
        oh_base_messenger_drop_contact (fixture->account, address);
      else
        put (fixture, address, groups[g_test_rand_int_range (0, 4)],
             g_test_rand_int_range (OH_PRESENCE_OFFLINE, OH_PRESENCE_INVISIBLE));
      if (i % 10 == 0)
        check_against_new (fixture);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/contact-rows/headings", Fixture, NULL, set_up, test_headings, tear_down);
  g_test_add ("/contact-rows/any-change", Fixture, NULL, set_up, test_any_change, tear_down);
  return g_test_run ();
}
