/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where users answered: what is kept, for how long, and what is forgotten. */
#include "store-fixture.h"

#include "base/oh-error.h"

static char *
add_device (Fixture *fixture, gint64 user)
{
  OhDeviceInfo info = { .user_id = user, .name = "laptop" };
  OhStoreReply reply = expect (fixture);

  oh_store_add_device (fixture->store, &info, &reply);
  check (fixture);
  return g_strdup (json_object_get_string_member (fixture->json, "device_id"));
}

static gint64
add_identity (Fixture *fixture, gint64 user)
{
  OhImLogin login = { .name = (char *)"xmpp",
                      .protocol = (char *)"prpl-jabber",
                      .username = (char *)"calls@one.test/offhook",
                      .secret = (char *)"secret" };
  OhImIdentityInfo info = { user, "xmpp", "anna@one.test", TRUE, TRUE };
  OhStoreReply reply = expect (fixture);

  oh_store_add_im_account (fixture->store, &login, &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_add_im_identity (fixture->store, &info, &reply);
  check (fixture);
  return json_object_get_int_member (fixture->json, "id");
}

static void
answer_at (Fixture *fixture, gint64 user, const char *device, gint64 identity, gint64 hours_ago)
{
  OhEvent *event = oh_event_new ("one", OH_EVENT_ANSWERED, "");

  oh_event_set_user (event, user, device);
  event->time_us -= hours_ago * G_TIME_SPAN_HOUR;
  if (identity)
    oh_event_set_int (event, "identity", identity);
  oh_store_add_event (fixture->store, event);
}

/* All that was posted is written. */
static void
settle (Fixture *fixture)
{
  OhStoreReply reply = expect (fixture);

  oh_store_list_history (fixture->store, 1, 0, 1, &reply);
  check (fixture);
}

static guint
count_answers (Fixture *fixture, gint64 user)
{
  g_autoptr (GArray) answers = NULL;

  settle (fixture);
  answers = oh_store_dup_answers (fixture->store, user);
  return answers ? answers->len : 0;
}

static void
reopen (Fixture *fixture)
{
  oh_store_close (fixture->store);
  open_store (fixture);
}

static void
test_kept (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  g_autofree char *device = add_device (fixture, anna);
  gint64 identity = add_identity (fixture, anna);

  answer_at (fixture, anna, device, 0, 2);
  answer_at (fixture, anna, device, identity, 1);           /* by a reply */
  answer_at (fixture, anna, OH_EVENT_BROWSER, identity, 0); /* by a link */
  answer_at (fixture, anna, OH_EVENT_BROWSER, 0, 0);        /* whose link is not known */
  answer_at (fixture, anna, "d-of-nobody", 0, 0);           /* revoked in mid-call */
  answer_at (fixture, anna, device, identity + 1, 0);       /* removed in mid-call */
  answer_at (fixture, berta, device, 0, 0);                 /* another's */
  answer_at (fixture, 0, NULL, 0, 0);                       /* the far end of a trunk */
  tell (fixture, "one", OH_EVENT_DECLINED, anna, device, 0);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GArray) answers = NULL;

      g_assert_cmpuint (count_answers (fixture, anna), ==, 3);
      g_assert_cmpuint (count_answers (fixture, berta), ==, 0);
      answers = oh_store_dup_answers (fixture->store, anna);
      g_assert_cmpstr (g_array_index (answers, OhAnswer, 0).device_id, ==, device);
      g_assert_null (g_array_index (answers, OhAnswer, 1).device_id);
      g_assert_cmpint (g_array_index (answers, OhAnswer, 1).identity_id, ==, identity);
      g_assert_cmpint (g_array_index (answers, OhAnswer, 2).identity_id, ==, identity);
      g_assert_cmpint (g_array_index (answers, OhAnswer, 2).time_s
                           - g_array_index (answers, OhAnswer, 0).time_s,
                       >=, 2 * 3600);
      reopen (fixture);
    }
}

/* The newest so many of each; who took the array before sees it as it was. */
static void
test_limit (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  g_autofree char *device = add_device (fixture, anna);
  g_autofree char *other = add_device (fixture, berta);
  g_autoptr (GArray) before = NULL;

  answer_at (fixture, berta, other, 0, 1000);
  answer_at (fixture, anna, device, 0, 1000);
  settle (fixture);
  before = oh_store_dup_answers (fixture->store, anna);
  for (guint i = 0; i < OH_ANSWERS_MAX; i++)
    answer_at (fixture, anna, device, 0, 10);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GArray) answers = NULL;

      g_assert_cmpuint (count_answers (fixture, anna), ==, OH_ANSWERS_MAX);
      answers = oh_store_dup_answers (fixture->store, anna);
      g_assert_cmpint (g_array_index (answers, OhAnswer, 0).time_s, >,
                       g_array_index (before, OhAnswer, 0).time_s);
      g_assert_cmpuint (count_answers (fixture, berta), ==, 1);
      reopen (fixture);
      answer_at (fixture, anna, device, 0, 5); /* what was read is forgotten too */
    }
  g_assert_cmpuint (before->len, ==, 1);
}

/* With the hour at which it was: the same when it is read again. */
static void
test_slots (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  g_autofree char *device = add_device (fixture, anna);

  for (gint64 hours_ago = 30; hours_ago >= 0; hours_ago -= 15)
    answer_at (fixture, anna, device, 0, hours_ago);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GArray) answers = NULL;

      g_assert_cmpuint (count_answers (fixture, anna), ==, 3);
      answers = oh_store_dup_answers (fixture->store, anna);
      for (guint n = 0; n < answers->len; n++)
        {
          const OhAnswer *answer = &g_array_index (answers, OhAnswer, n);

          g_assert_cmpuint (answer->slot, ==, oh_answers_get_slot (answer->time_s));
        }
      reopen (fixture);
    }
}

static void
set_learning (Fixture *fixture, gint64 user, gboolean learn)
{
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = expect (fixture);

  change.learn_hours = learn;
  oh_store_change_user (fixture->store, user, &change, &reply);
  check (fixture);
}

static gboolean
is_learning (Fixture *fixture, gint64 user)
{
  g_autoptr (OhDirectory) directory = oh_store_dup_directory (fixture->store);

  return oh_directory_find_user_by_id (directory, user)->learn_hours;
}

static void
test_switch (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  g_autofree char *device = add_device (fixture, anna);

  g_assert_true (is_learning (fixture, anna));
  answer_at (fixture, anna, device, 0, 0);
  set_learning (fixture, anna, FALSE);
  g_assert_false (is_learning (fixture, anna));
  answer_at (fixture, anna, device, 0, 0);
  g_assert_cmpuint (count_answers (fixture, anna), ==, 1);
  set_learning (fixture, anna, TRUE);
  g_assert_true (is_learning (fixture, anna));
  answer_at (fixture, anna, device, 0, 0);
  g_assert_cmpuint (count_answers (fixture, anna), ==, 2);
}

static void
test_forgotten (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  g_autofree char *device = add_device (fixture, anna);
  g_autofree char *other = add_device (fixture, berta);
  OhStoreReply reply;

  answer_at (fixture, anna, device, 0, 0);
  answer_at (fixture, berta, other, 0, 0);
  reply = expect (fixture);
  oh_store_forget_answers (fixture->store, anna, &reply);
  check (fixture);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpuint (count_answers (fixture, anna), ==, 0);
      g_assert_cmpuint (count_answers (fixture, berta), ==, 1);
      reopen (fixture);
    }
  reply = expect (fixture);
  oh_store_forget_answers (fixture->store, 99, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND);

  /* with the device, and with the user */
  answer_at (fixture, anna, device, 0, 0);
  reply = expect (fixture);
  oh_store_revoke_device (fixture->store, anna, device, &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_remove_user (fixture->store, berta, &reply);
  check (fixture);
  g_assert_cmpuint (count_answers (fixture, berta), ==, 0);
  reopen (fixture);
  g_assert_cmpuint (count_answers (fixture, anna), ==, 0);
  g_assert_cmpuint (count_answers (fixture, berta), ==, 0);
}

static void
prune (Fixture *fixture, guint history_days)
{
  OhRetention retention = { .history_days = history_days };

  oh_store_prune (fixture->store, &retention);
}

/* Not for longer than the history, nor than anything can be learned of them. */
static void
test_pruned (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    guint days, left;
  } steps[] = { { 0, 2 }, { 1000, 2 }, { 7, 1 } };
  gint64 anna = add_user (fixture, "anna", "100");
  g_autofree char *device = add_device (fixture, anna);

  answer_at (fixture, anna, device, 0, (OH_ANSWERS_WEEKS * 7 + 1) * 24);
  answer_at (fixture, anna, device, 0, 8 * 24);
  answer_at (fixture, anna, device, 0, 0);
  g_assert_cmpuint (count_answers (fixture, anna), ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

      prune (fixture, steps[i].days);
      while (count_answers (fixture, anna) != steps[i].left)
        g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      reopen (fixture);
      g_assert_cmpuint (count_answers (fixture, anna), ==, steps[i].left);
    }
}

int
main (int argc, char **argv)
{
  static const StoreTest tests[] = {
    { "/store/answers/kept", test_kept },
    { "/store/answers/limit", test_limit },
    { "/store/answers/switch", test_switch },
    { "/store/answers/forgotten", test_forgotten },
    { "/store/answers/pruned", test_pruned },
    { "/store/answers/slots", test_slots },
    { NULL, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  add_store_tests (tests);
  return g_test_run ();
}
