/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a user usually answers at an hour: what is learned of which answers. */
#include "base/oh-clock.h"
#include "server/routing/oh-hours-json.h"
#include "server/routing/oh-routing.h"
#include "server/store/oh-directory-private.h"

#include <string.h>

#define NOW_S 1794992400 /* Wednesday, 2026-11-18, 10:00 in the zone below */
#define ZONE "CET-1CEST,M3.5.0,M10.5.0/3"
#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)
#define WEEKEND 24 /* the first slot */

/* @n answers at that hour (of winter) of the day @days ago. */
typedef struct
{
  const char *place; /* a device's id; "xmpp": the identity */
  guint days, hour, n;
} Given;

typedef struct
{
  const char *what;
  Given given[5];
  guint slot;
  const char *usual; /* NULL: none */
  guint answered, of;
} Row;

static const Row rows[] = {
  { "nothing", { { 0 } }, 10, NULL, 0, 0 },
  { "too little", { { "laptop", 1, 10, 2 } }, 10, NULL, 0, 0 },
  { "enough", { { "laptop", 1, 10, 3 } }, 10, "laptop", 3, 3 },
  { "an identity", { { "xmpp", 2, 10, 3 }, { "laptop", 1, 10, 1 } }, 10, "xmpp", 3, 4 },
  { "the hours beside",
    { { "laptop", 1, 9, 1 }, { "laptop", 1, 10, 1 }, { "laptop", 2, 11, 1 } },
    10,
    "laptop",
    3,
    3 },
  { "another hour", { { "laptop", 1, 8, 20 } }, 10, NULL, 0, 0 },
  { "most of them", { { "laptop", 1, 10, 4 }, { "phone", 1, 10, 2 } }, 10, "laptop", 4, 6 },
  { "half of them", { { "laptop", 1, 10, 3 }, { "phone", 1, 10, 3 } }, 10, NULL, 0, 0 },
  { "its own hour counts more",
    { { "laptop", 1, 10, 4 }, { "phone", 1, 11, 4 } },
    10,
    "laptop",
    4,
    8 },
  { "not of weekends", { { "laptop", 3, 10, 5 } }, 10, NULL, 0, 0 },
  { "of weekends",
    { { "laptop", 3, 10, 5 }, { "laptop", 4, 11, 1 } },
    WEEKEND + 10,
    "laptop",
    6,
    6 },
  { "newer ones count more",
    { { "xmpp", 21, 10, 4 }, { "laptop", 1, 10, 4 } },
    10,
    "laptop",
    4,
    8 },
  { "but not so much more", { { "xmpp", 7, 10, 8 }, { "laptop", 1, 10, 3 } }, 10, "xmpp", 8, 11 },
  { "old ones are too little", { { "laptop", 77, 9, 10 } }, 10, NULL, 0, 0 }, /* 10 in summer */
  { "too old", { { "laptop", 85, 10, 100 } }, 10, NULL, 0, 0 },
  { "a place that is gone", { { "gone", 1, 10, 50 }, { "laptop", 1, 10, 3 } }, 10, "laptop", 3, 3 },
  { "over midnight", { { "laptop", 1, 23, 4 } }, 0, "laptop", 4, 4 },
  { "before midnight", { { "laptop", 1, 0, 4 } }, 23, "laptop", 4, 4 },
};

static OhImLogin login = { .id = 1, .name = (char *)"xmpp", .protocol = (char *)"prpl-jabber" };
static OhImIdentity identity = { .id = 7, .login = &login, .name = (char *)"anna@one.test" };
static OhDevice laptop = { .id = (char *)"laptop", .name = (char *)"Laptop" };
static OhDevice phone = { .id = (char *)"phone", .name = (char *)"Kitchen" };

static OhUser *
make_user (void)
{
  OhUser *user = g_new0 (OhUser, 1);

  user->devices = g_ptr_array_new ();
  user->identities = g_ptr_array_new ();
  g_ptr_array_add (user->devices, &laptop);
  g_ptr_array_add (user->devices, &phone);
  g_ptr_array_add (user->identities, &identity);
  return user;
}

static void
free_user (OhUser *user)
{
  g_ptr_array_unref (user->devices);
  g_ptr_array_unref (user->identities);
  g_free (user);
}

static GArray *
make_answers (const Given *given, guint n_given)
{
  GArray *answers = oh_answers_new ();

  for (guint i = 0; i < n_given; i++)
    for (guint k = 0; k < given[i].n; k++)
      {
        gboolean is_device = strcmp (given[i].place, "xmpp") != 0;

        oh_answers_add (
            answers, NOW_S - (gint64)given[i].days * DAY_S + ((gint64)given[i].hour - 10) * HOUR_S,
            is_device ? given[i].place : NULL, is_device ? 0 : identity.id);
      }
  return answers;
}

static const char *
get_name (const OhHoursPlace *place)
{
  return place->device ? place->device->id : place->identity->login->name;
}

static void
test_table (void)
{
  OhUser *user = make_user ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];
      g_autoptr (GArray) answers = make_answers (row->given, G_N_ELEMENTS (row->given));
      g_autoptr (OhHours) hours = oh_hours_learn (answers, user, NOW_S);
      OhUsual usual;
      gboolean found = oh_hours_find_usual (hours, row->slot, &usual);

      g_test_message ("%s", row->what);
      g_assert_cmpstr (found ? get_name (usual.place) : NULL, ==, row->usual);
      if (!found)
        continue;
      g_assert_cmpuint (usual.answered, ==, row->answered);
      g_assert_cmpuint (usual.of, ==, row->of);
    }
  free_user (user);
}

/* The hour on the wall, in summer too. */
static void
test_slots (void)
{
  g_assert_cmpuint (oh_answers_get_slot (NOW_S), ==, 10);
  g_assert_cmpuint (oh_answers_get_slot (NOW_S + HOUR_S - 1), ==, 10);
  g_assert_cmpuint (oh_answers_get_slot (NOW_S - 4 * DAY_S), ==, WEEKEND + 10);
  g_assert_cmpuint (oh_answers_get_slot (NOW_S - 126 * DAY_S), ==, 11); /* 2026-07-15 */
  g_assert_cmpuint (oh_answers_get_slot (NOW_S + 2 * DAY_S + 14 * HOUR_S), ==, WEEKEND);
  g_assert_cmpuint (oh_answers_get_slot (NOW_S + 4 * DAY_S + 14 * HOUR_S), ==, 0);
}

static char *
describe (JsonArray *list)
{
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), list);

  return json_to_string (node, FALSE);
}

/* In a few lines, and all of it. */
static void
test_description (void)
{
  static const Given given[] = { { "laptop", 1, 9, 3 },
                                 { "laptop", 1, 11, 3 },
                                 { "phone", 2, 11, 1 },
                                 { "xmpp", 1, 14, 4 },
                                 { "phone", 3, 20, 3 } };
  OhUser *user = make_user ();
  g_autoptr (GArray) answers = make_answers (given, G_N_ELEMENTS (given));
  g_autoptr (OhHours) hours = oh_hours_learn (answers, user, NOW_S);
  g_autoptr (JsonArray) spans = oh_hours_describe (hours);
  g_autoptr (JsonArray) table = oh_hours_describe_table (hours);
  g_autofree char *said = describe (spans);
  g_autofree char *all = describe (table);

  g_assert_cmpuint (hours->n_answers, ==, 14);
  g_assert_cmpstr (said, ==,
                   "[{\"days\":\"weekdays\",\"from\":9,\"to\":12,\"place\":\"device:laptop\","
                   "\"name\":\"Laptop\",\"answered\":6,\"of\":7},"
                   "{\"days\":\"weekdays\",\"from\":13,\"to\":16,\"place\":\"im:7\","
                   "\"name\":\"anna@one.test\",\"protocol\":\"prpl-jabber\",\"answered\":4,"
                   "\"of\":4},"
                   "{\"days\":\"weekends\",\"from\":20,\"to\":21,\"place\":\"device:phone\","
                   "\"name\":\"Kitchen\",\"answered\":3,\"of\":3}]");
  g_assert_nonnull (strstr (all, "{\"days\":\"weekdays\",\"hour\":11,\"place\":\"device:phone\","
                                 "\"name\":\"Kitchen\",\"answered\":1,\"usual\":false}"));
  g_assert_cmpuint (json_array_get_length (table), ==, 5);
  free_user (user);
}

/* The whole day: no hour is counted twice. */
static void
test_all_day (void)
{
  OhUser *user = make_user ();
  g_autoptr (GArray) answers = oh_answers_new ();
  g_autoptr (OhHours) hours = NULL;
  g_autoptr (GArray) spans = NULL;
  const OhHoursSpan *span;

  for (guint hour = 0; hour < 24; hour++)
    for (guint n = 0; n < 3; n++)
      oh_answers_add (answers, NOW_S - DAY_S + ((gint64)hour - 10) * HOUR_S, "laptop", 0);
  hours = oh_hours_learn (answers, user, NOW_S);
  spans = oh_hours_list_spans (hours);
  g_assert_cmpuint (spans->len, ==, 1);
  span = &g_array_index (spans, OhHoursSpan, 0);
  g_assert_cmpuint (span->to - span->from, ==, 24);
  g_assert_cmpuint (span->usual.of, ==, 72);
  free_user (user);
}

/* --- In a plan --- */

/* A user with a device and an identity, of which presence says the same. */
static OhDirectory *
make_directory (void)
{
  static const OhRingRules rules = OH_RING_RULES_INIT;
  OhDirectory *directory = oh_directory_new ("localhost", 1);
  OhUser *user = g_new0 (OhUser, 1);
  OhDevice *device = g_new0 (OhDevice, 1);
  OhImLogin *account = g_new0 (OhImLogin, 1);
  OhImIdentity *address = g_new0 (OhImIdentity, 1);

  user->id = 1;
  user->alias = g_strdup ("anna");
  user->numbers = g_strsplit ("100", " ", -1);
  user->default_delay_s = 20;
  user->ring = rules;
  oh_directory_take_user (directory, user);
  device->id = g_strdup ("desk");
  device->name = g_strdup ("desk");
  oh_directory_take_device (directory, 1, device, "");
  account->id = 1;
  account->name = g_strdup ("xmpp");
  account->protocol = g_strdup ("prpl-jabber");
  oh_directory_take_im_login (directory, account);
  address->id = 7;
  address->name = g_strdup ("anna@one.test");
  address->verified = TRUE;
  oh_directory_take_im_identity (directory, 1, 1, address);
  return directory;
}

static void
sign_in (OhRegistrar *registrar)
{
  OhBinding *binding = oh_binding_new ();

  binding->user_id = 1;
  binding->device_id = g_strdup ("desk");
  binding->device_name = g_strdup ("desk");
  binding->contact = g_strdup ("sip:desk@192.0.2.7");
  binding->key = g_strdup ("a");
  binding->route = g_strdup ("sip:192.0.2.7:3000;transport=tls");
  binding->address = g_strdup ("192.0.2.7");
  binding->transport = g_strdup ("tls");
  binding->user_agent = g_strdup ("");
  binding->expires_us = 1000;
  oh_registrar_put (registrar, binding);
}

static GArray *
find_im (gint64 user_id, gpointer seen)
{
  return seen;
}

static GArray *
find_answers (gint64 user_id, gpointer seen)
{
  static const Given given[] = { { "xmpp", 1, 10, 3 } };

  g_assert_cmpint (user_id, ==, 1);
  return make_answers (given, G_N_ELEMENTS (given));
}

/* If the user wants that to count, and while it is so recent. */
static void
test_plan (void)
{
  static const struct
  {
    gboolean learn;
    gint64 wall_s;
    const char *reason;
  } cases[] = {
    { TRUE, NOW_S, "rings at once anna@one.test (xmpp), after 5 s desk" },
    { TRUE, NOW_S + 4 * HOUR_S, "rings at once desk, anna@one.test (xmpp)" },
    { TRUE, NOW_S + 70 * DAY_S, "rings at once desk, anna@one.test (xmpp)" },
    { FALSE, NOW_S, "rings at once desk, anna@one.test (xmpp)" },
  };
  g_autoptr (OhDirectory) directory = make_directory ();
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (NULL, NULL);
  g_autoptr (GArray) seen = g_array_new (FALSE, TRUE, sizeof (OhSighting));
  OhSighting sighting = { .identity_id = 7 };
  OhUser *user = (OhUser *)oh_directory_find_user_by_id (directory, 1);
  OhRoutingCall call = { .dialled = "100",
                         .find_im = find_im,
                         .find_answers = find_answers,
                         .count_data = seen,
                         .now_us = oh_clock_now () + G_TIME_SPAN_HOUR }; /* since it signed in */

  g_array_append_val (seen, sighting);
  sign_in (registrar);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhPlan) plan = NULL;

      user->learn_hours = cases[i].learn;
      call.wall_s = cases[i].wall_s;
      plan = oh_routing_plan (directory, registrar, &call);
      g_assert_cmpstr (plan->located_reason, ==, cases[i].reason);
      if (i == 0)
        g_assert_cmpstr (plan->ring->rings->pdata[0], ==,
                         "at once: anna@one.test (xmpp), where the user usually answers at this "
                         "hour (3 of 3)");
    }
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", ZONE, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hours/table", test_table);
  g_test_add_func ("/hours/slots", test_slots);
  g_test_add_func ("/hours/description", test_description);
  g_test_add_func ("/hours/all-day", test_all_day);
  g_test_add_func ("/hours/plan", test_plan);
  return g_test_run ();
}
