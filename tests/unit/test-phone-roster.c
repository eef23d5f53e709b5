/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-test"

/* Whom an account of a call server has blocked: kept in the file of its contacts, bounded. */
#include "plugins/sip/oh-phone-chat.h"
#include "plugins/sip/oh-phone-roster.h"

#include <glib/gstdio.h>

#define BERTA "berta@localhost"
#define STRANGER "stranger@localhost"

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
  char *folder, *path;
  OhBaseMessenger *account;
  OhPhoneRoster *roster;
} Fixture;

static void
start (Fixture *fixture)
{
  fixture->account = g_object_new (TEST_TYPE_MESSENGER, NULL);
  fixture->roster = oh_phone_roster_new (fixture->account, fixture->path);
}

static void
stop (Fixture *fixture)
{
  oh_phone_roster_free (fixture->roster);
  g_object_unref (fixture->account);
}

static void
restart (Fixture *fixture)
{
  stop (fixture);
  start (fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("offhook-test-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "a.contacts", NULL);
  start (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  stop (fixture);
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static OhContact *
find (Fixture *fixture, const char *address)
{
  return oh_messenger_find_contact (OH_MESSENGER (fixture->account), address);
}

static guint
count (Fixture *fixture)
{
  return g_list_model_get_n_items (oh_messenger_get_contacts (OH_MESSENGER (fixture->account)));
}

static gboolean
is_blocked (Fixture *fixture, const char *address)
{
  return oh_phone_roster_is_blocked (fixture->roster, address);
}

/* Contacts and strangers; over starts, and over the contact's removal and return. */
static void
test_kept (Fixture *fixture, gconstpointer data)
{
  oh_phone_roster_add (fixture->roster, BERTA, "Berta", "Friends");
  g_assert_false (oh_contact_is_blocked (find (fixture, BERTA)));
  g_assert_true (oh_phone_roster_set_blocked (fixture->roster, BERTA, TRUE));
  g_assert_true (oh_phone_roster_set_blocked (fixture->roster, STRANGER, TRUE));
  g_assert_false (oh_phone_roster_set_blocked (fixture->roster, BERTA, TRUE)); /* is already */
  g_assert_true (oh_contact_is_blocked (find (fixture, BERTA)));
  g_assert_cmpstr (oh_contact_get_name (find (fixture, BERTA)), ==, "Berta");
  restart (fixture);
  g_assert_true (oh_contact_is_blocked (find (fixture, BERTA)));
  g_assert_cmpstr (oh_contact_get_group (find (fixture, BERTA)), ==, "Friends");
  g_assert_true (is_blocked (fixture, STRANGER));
  g_assert_cmpuint (count (fixture), ==, 1); /* no stranger, no group of the file */
  oh_phone_roster_remove (fixture->roster, BERTA);
  restart (fixture);
  g_assert_cmpuint (count (fixture), ==, 0);
  g_assert_true (is_blocked (fixture, BERTA));
  oh_phone_roster_add (fixture->roster, BERTA, "Berta", NULL);
  g_assert_true (oh_contact_is_blocked (find (fixture, BERTA)));
  g_assert_true (oh_phone_roster_set_blocked (fixture->roster, BERTA, FALSE));
  g_assert_false (oh_phone_roster_set_blocked (fixture->roster, BERTA, FALSE));
  g_assert_false (oh_contact_is_blocked (find (fixture, BERTA)));
  restart (fixture);
  g_assert_false (oh_contact_is_blocked (find (fixture, BERTA)));
  g_assert_true (is_blocked (fixture, STRANGER));
}

/* No more than there may be, and they take no contact's place. */
static void
test_bounds (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *too_long = g_strnfill (OH_PHONE_ROSTER_MAX_ADDRESS + 1, 'a');
  const char *longest = too_long + 1;

  for (guint i = 0; i < OH_PHONE_ROSTER_MAX; i++)
    g_string_append_printf (text, "[c%u@x]\n", i);
  g_string_append (text, "[blocked]\n");
  for (guint i = 0; i <= OH_PHONE_ROSTER_MAX_BLOCKED; i++)
    g_string_append_printf (text, "b%u@x=true\n", i);
  g_assert_true (g_file_set_contents (fixture->path, text->str, -1, NULL));
  restart (fixture);
  g_assert_cmpuint (count (fixture), ==, OH_PHONE_ROSTER_MAX);
  g_assert_true (is_blocked (fixture, "b999@x"));
  g_assert_false (is_blocked (fixture, "b1000@x"));
  g_test_expect_message ("oh-phone", G_LOG_LEVEL_WARNING, "*1000 are the limit*");
  g_assert_false (oh_phone_roster_set_blocked (fixture->roster, "one@more", TRUE));
  g_test_assert_expected_messages ();
  g_assert_true (oh_phone_roster_set_blocked (fixture->roster, "b0@x", FALSE));
  memcpy (too_long + OH_PHONE_ROSTER_MAX_ADDRESS - 1, "@x", 2);
  g_assert_false (oh_phone_roster_set_blocked (fixture->roster, too_long, TRUE));
  g_assert_true (oh_phone_roster_set_blocked (fixture->roster, longest, TRUE));
  restart (fixture);
  g_assert_cmpuint (count (fixture), ==, OH_PHONE_ROSTER_MAX);
  g_assert_true (is_blocked (fixture, longest));
}

/* Signs that mean something in the file; what is no address. */
static void
test_odd_addresses (Fixture *fixture, gconstpointer data)
{
  static const char *const good[] = { "ä日本@localhost", "a[b]=c#d%40@[::1]", " a\n[blocked]\nb@x",
                                      "blocked@blocked", "a@b@c" };
  static const char *const bad[] = { "", "@", "@localhost", "anna@", "blocked", "anna" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (oh_phone_roster_set_blocked (fixture->roster, good[i], TRUE));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (oh_phone_roster_set_blocked (fixture->roster, bad[i], TRUE));
  restart (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (oh_phone_roster_set_blocked (fixture->roster, good[i], FALSE));
  g_assert_cmpuint (count (fixture), ==, 0);
}

/* A file of somebody else's making. */
static void
test_bad_file (Fixture *fixture, gconstpointer data)
{
  static const char text[] = "[berta@localhost]\nname=Berta\n[blocked]\nnobody=true\n%00=true\n"
                             "%zz@x=true\nstranger@localhost=false\nstranger@localhost=true\n";

  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  restart (fixture);
  g_assert_false (oh_contact_is_blocked (find (fixture, BERTA)));
  g_assert_true (is_blocked (fixture, STRANGER));
  g_assert_false (is_blocked (fixture, "nobody"));
  g_assert_cmpuint (count (fixture), ==, 1);
}

/* However it is written, it is the same person; nobody else is. */
static void
test_one_person (void)
{
  static const char *const same[] = { BERTA,
                                      "berta",
                                      " BERTA@LocalHost ",
                                      "sip:berta@localhost",
                                      "SIPS:Berta@localhost",
                                      "sip:berta@localhost;transport=tls",
                                      "sip:berta@LOCALHOST?subject=x",
                                      "sip:Berta@localhost>;tag=1" };
  static const char *const others[] = { "berta@localhost.test", "berta2", "sip:localhost",
                                        "berta:x@localhost", "berta@localhost@evil.test" };

  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      g_autofree char *clean = oh_phone_address_normalize (same[i], "localhost");

      g_assert_cmpstr (clean, ==, BERTA);
    }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *clean = oh_phone_address_normalize (others[i], "localhost");

      g_assert_cmpstr (clean, !=, BERTA);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function)                                                                        \
  g_test_add ("/phone-roster/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("kept", test_kept);
  ADD ("bounds", test_bounds);
  ADD ("odd-addresses", test_odd_addresses);
  ADD ("bad-file", test_bad_file);
#undef ADD
  g_test_add_func ("/phone-roster/one-person", test_one_person);
  return g_test_run ();
}
