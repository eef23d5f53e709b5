/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-clock.h"
#include "server/call/oh-server-call-state.h"
#include "server/offer/oh-call-offer.h"
#include "server/registrar/oh-contact.h"
#include "server/routing/oh-routing.h"
#include "server/store/oh-directory-private.h"
#include "server/trunk/oh-trunks.h"
#include "sip/oh-sip-pidf.h"

#include <string.h>

/* --- Routing --- */

static void
take_user (OhDirectory *directory, gint64 id, const char *alias, const char *number)
{
  static const OhRingRules rules = OH_RING_RULES_INIT;
  OhUser *user = g_new0 (OhUser, 1);

  user->id = id;
  user->alias = g_strdup (alias);
  user->name = g_strdup (alias);
  user->language = g_strdup ("en");
  user->numbers = g_new0 (char *, 2);
  user->numbers[0] = g_strdup (number);
  user->default_option = OH_OPTION_VOICEMAIL;
  user->default_delay_s = 20;
  user->ring = rules;
  oh_directory_take_user (directory, user);
}

static void
take_trunk (
    OhDirectory *directory, gint64 id, const char *name, const char *prefix, const char *own)
{
  OhTrunk *trunk = g_new0 (OhTrunk, 1);

  trunk->id = id;
  trunk->name = g_strdup (name);
  trunk->kind = OH_TRUNK_ADDRESS;
  trunk->transport = g_strdup ("udp");
  trunk->proxy = g_strdup ("sip:192.0.2.1");
  trunk->trusted = g_new0 (char *, 1);
  trunk->codecs = g_new0 (char *, 1);
  trunk->prefixes = g_new0 (char *, 2);
  trunk->prefixes[0] = g_strdup (prefix);
  trunk->number = g_strdup (own);
  oh_directory_take_trunk (directory, trunk);
}

static void
take_device (OhDirectory *directory, gint64 user_id, const char *name, gboolean desk_phone)
{
  OhDevice *device = g_new0 (OhDevice, 1);

  device->id = g_strdup (name);
  device->name = g_strdup (name);
  device->program = g_strdup ("");
  device->desk_phone = desk_phone;
  oh_directory_take_device (directory, user_id, device, "");
}

static void
take_identity (
    OhDirectory *directory, gint64 id, gint64 login_id, const char *name, gboolean verified)
{
  OhImIdentity *identity = g_new0 (OhImIdentity, 1);

  identity->id = id;
  identity->name = g_strdup (name);
  identity->verified = verified;
  oh_directory_take_im_identity (directory, 2, login_id, identity);
}

static void
take_login (OhDirectory *directory, gint64 id, const char *name, const char *protocol)
{
  OhImLogin *login = g_new0 (OhImLogin, 1);

  login->id = id;
  login->name = g_strdup (name);
  login->protocol = g_strdup (protocol);
  login->username = g_strdup ("calls");
  login->options = g_new0 (char *, 1);
  oh_directory_take_im_login (directory, login);
}

static OhDirectory *
make_directory (void)
{
  OhDirectory *directory = oh_directory_new ("localhost", 1);

  take_user (directory, 1, "demo", "100");
  take_user (directory, 2, "other", "101");
  take_device (directory, 1, "laptop", FALSE);
  take_device (directory, 1, "phone", TRUE);
  take_device (directory, 2, "desk", FALSE);
  take_login (directory, 1, "xmpp", "prpl-jabber");
  take_login (directory, 2, "sms", "prpl-mm-sms");
  take_identity (directory, 11, 1, "other@one.test", TRUE);
  take_identity (directory, 12, 1, "old@one.test", FALSE);
  take_identity (directory, 13, 2, "+49301", TRUE);
  take_trunk (directory, 1, "provider", "0", NULL);
  take_trunk (directory, 2, "all-to-one", NULL, "101");
  return directory;
}

static OhBinding *
make_binding (gint64 user_id, const char *device, const char *key, gint64 expires_us)
{
  OhBinding *binding = oh_binding_new ();

  binding->user_id = user_id;
  binding->device_id = g_strdup (device);
  binding->device_name = g_strdup (device);
  binding->contact = g_strdup_printf ("sip:%s@192.0.2.7", device);
  binding->key = g_strdup (key);
  binding->route = g_strdup ("sip:192.0.2.7:3000;transport=tls");
  binding->address = g_strdup ("192.0.2.7");
  binding->port = 3000;
  binding->transport = g_strdup ("tls");
  binding->user_agent = g_strdup ("");
  binding->weak = binding->desk_phone = g_str_equal (device, "phone");
  binding->expires_us = expires_us;
  return binding;
}

typedef struct
{
  const char *what;
  gboolean from_user; /* "other" calls, from device "desk" */
  gint64 trunk;
  const char *dialled, *to_user, *diversion;
  OhPlanAction action;
  guint status;
  const char *user; /* alias */
  guint devices;
  const char *reason; /* stands in one of the reasons */
  const char *number; /* of the user, that was dialled; NULL: that of the request */
} Row;

static const Row rows[] = {
  { "number of a user", FALSE, 1, "100", "100", NULL, OH_PLAN_DEVICES, 0, "demo", 2,
    "the dialled number 100" },
  { "SIP address", FALSE, 1, "demo", "demo", NULL, OH_PLAN_DEVICES, 0, "demo", 2,
    "address of demo" },
  { "account dialled, number in To", FALSE, 1, "account", "100", NULL, OH_PLAN_DEVICES, 0, "demo",
    2, "To", "100" },
  { "dialled before forwarding", FALSE, 1, "555", "555", "100", OH_PLAN_DEVICES, 0, "demo", 2,
    "before forwarding", "100" },
  { "the dialled number goes first", FALSE, 1, "101", "101", "100", OH_PLAN_DEVICES, 0, "other", 1,
    "dialled number 101" },
  { "nobody has it", FALSE, 1, "555", "555", NULL, OH_PLAN_REJECT, 404, NULL, 0, "nobody" },
  { "the trunk's own user", FALSE, 2, "555", "555", NULL, OH_PLAN_DEVICES, 0, "other", 1,
    "nobody has the number" },
  { "services are for users", FALSE, 1, "*43", "*43", NULL, OH_PLAN_REJECT, 404, NULL, 0,
    "nobody" },
  { "echo", TRUE, 0, "*43", "*43", NULL, OH_PLAN_ECHO, 0, NULL, 0, "echo" },
  { "own messages", TRUE, 0, "*97", "*97", NULL, OH_PLAN_MAILBOX, 0, NULL, 0, "voicemail" },
  { "user to user", TRUE, 0, "100", "100", NULL, OH_PLAN_DEVICES, 0, "demo", 2,
    "rings at once laptop, after 5 s phone" },
  { "own number, own device", TRUE, 0, "101", "101", NULL, OH_PLAN_VOICEMAIL, 0, "other", 0,
    "calls itself" },
  { "out by a prefix", TRUE, 0, "030123", "030123", NULL, OH_PLAN_TRUNK, 0, NULL, 0, "provider" },
  { "no trunk takes it", TRUE, 0, "911", "911", NULL, OH_PLAN_REJECT, 404, NULL, 0, "no trunk" },
  { "no number at all", TRUE, 0, "somebody", "somebody", NULL, OH_PLAN_REJECT, 404, NULL, 0,
    "neither" },
};

static guint
count_devices (const OhPlan *plan)
{
  guint n = 0;

  for (guint i = 0; plan->ring && i < plan->ring->steps->len; i++)
    n += ((const OhRingStep *)plan->ring->steps->pdata[i])->devices->len;
  return n;
}

static void
check_row (const Row *row, OhDirectory *directory, OhRegistrar *registrar)
{
  const char *diversions[] = { row->diversion, NULL };
  OhRoutingCall call = {
    .caller = row->from_user ? oh_directory_find_user_by_id (directory, 2) : NULL,
    .device_id = row->from_user ? "desk" : NULL,
    .trunk = row->trunk ? g_ptr_array_index (oh_directory_get_trunks (directory), row->trunk - 1)
                        : NULL,
    .dialled = row->dialled,
    .to_user = row->to_user,
    .diversions = diversions,
    .now_us = oh_clock_now (),
  };
  g_autoptr (OhPlan) plan = oh_routing_plan (directory, registrar, &call);
  g_autofree char *reasons = g_strdup_printf ("%s | %s", plan->identified_reason,
                                              plan->located_reason);

  g_test_message ("%s: %s", row->what, reasons);
  g_assert_cmpint (plan->action, ==, row->action);
  g_assert_cmpuint (plan->status, ==, row->status);
  g_assert_cmpstr (plan->user ? plan->user->alias : NULL, ==, row->user);
  g_assert_cmpuint (count_devices (plan), ==, row->devices);
  if (plan->user)
    g_assert_cmpstr (plan->number, ==, row->number ? row->number : row->dialled);
  g_assert_nonnull (strstr (reasons, row->reason));
}

static gboolean
is_trunk_up (gint64 trunk_id, gpointer data)
{
  return trunk_id != *(const gint64 *)data;
}

/* The trunk that is away comes last; each is taken once. */
static void
test_trunk_order (void)
{
  static const struct
  {
    gint64 away, order[3];
  } cases[] = { { 0, { 1, 4, 3 } }, { 1, { 4, 3, 1 } }, { 4, { 1, 3, 4 } } };
  g_autoptr (OhDirectory) directory = make_directory ();
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (NULL, NULL);

  take_trunk (directory, 3, "wide", "", NULL);
  take_trunk (directory, 4, "second", "0", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gint64 away = cases[i].away;
      OhRoutingCall call = { .caller = oh_directory_find_user_by_id (directory, 2),
                             .dialled = "0123",
                             .is_trunk_up = is_trunk_up,
                             .count_data = &away,
                             .now_us = oh_clock_now () };
      g_autoptr (OhPlan) plan = oh_routing_plan (directory, registrar, &call);

      g_assert_cmpint (plan->trunk->id, ==, cases[i].order[0]);
      for (guint k = 1; k < 3; k++)
        {
          g_assert_true (oh_plan_take_next_trunk (plan));
          g_assert_cmpint (plan->trunk->id, ==, cases[i].order[k]);
        }
      g_assert_false (oh_plan_take_next_trunk (plan));
    }
}

static GArray *
find_im (gint64 user_id, gpointer data)
{
  return user_id == 2 ? data : NULL;
}

static gboolean
has_line (GPtrArray *lines, const char *line)
{
  return g_strv_contains ((const char *const *)lines->pdata, line);
}

/* Online by IM is enough for an offer, but not when the user calls himself; a telephone service says little,
 * one that is not verified nothing. */
static void
test_im (void)
{
  g_autoptr (OhDirectory) directory = make_directory ();
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (NULL, NULL);
  g_autoptr (GArray) seen = g_array_new (FALSE, TRUE, sizeof (OhSighting));
  OhRoutingCall call = { .dialled = "101", .find_im = find_im, .count_data = seen, .now_us = 1 };
  OhSighting sightings[] = { { .identity_id = 13 }, { .identity_id = 12 }, { .identity_id = 11 } };
  g_autoptr (OhPlan) online = NULL, nowhere = NULL, himself = NULL, unknown = NULL;

  g_array_append_vals (seen, sightings, G_N_ELEMENTS (sightings));
  online = oh_routing_plan (directory, registrar, &call);
  g_assert_cmpint (online->action, ==, OH_PLAN_DEVICES);
  g_assert_cmpstr (online->located_reason, ==,
                   "rings at once other@one.test (xmpp), after 5 s +49301 (sms)");
  g_assert_true (has_line (online->ring->silent, "old@one.test (xmpp): not verified"));
  g_assert_true (has_line (online->ring->silent, "desk: not signed in"));
  call.dialled = "100";
  nowhere = oh_routing_plan (directory, registrar, &call);
  g_assert_cmpint (nowhere->action, ==, OH_PLAN_VOICEMAIL);
  call.dialled = "101";
  call.caller = oh_directory_find_user_by_id (directory, 2);
  himself = oh_routing_plan (directory, registrar, &call);
  g_assert_cmpint (himself->action, ==, OH_PLAN_VOICEMAIL);
  g_assert_true (has_line (himself->ring->silent, "other@one.test (xmpp): he calls himself"));
  call.caller = NULL;
  call.find_im = NULL;
  unknown = oh_routing_plan (directory, registrar, &call);
  g_assert_cmpint (unknown->action, ==, OH_PLAN_VOICEMAIL);
  g_assert_true (
      has_line (unknown->ring->silent, "other@one.test (xmpp): its presence is not known"));
}

/* A device that is told by message is not rung; another of the same user is. */
static void
test_text_device (void)
{
  g_autoptr (OhDirectory) directory = make_directory ();
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (NULL, NULL);
  g_autoptr (GArray) seen = g_array_new (FALSE, TRUE, sizeof (OhSighting));
  OhRoutingCall call = { .dialled = "101", .find_im = find_im, .count_data = seen, .now_us = 1 };
  OhSighting sighting = { .identity_id = 14 };
  g_autoptr (OhPlan) plan = NULL;

  take_login (directory, 3, "sip", OH_IM_PROTOCOL_SIP);
  take_identity (directory, 14, 3, "desk", TRUE);
  take_identity (directory, 15, 3, "laptop", TRUE); /* another user's: none of his */
  g_array_append_val (seen, sighting);
  oh_registrar_put (registrar, make_binding (2, "desk", "a", 1000));
  oh_registrar_put (registrar, make_binding (1, "laptop", "b", 1000));
  plan = oh_routing_plan (directory, registrar, &call);
  g_assert_cmpstr (plan->located_reason, ==, "rings at once desk (sip)");
  g_assert_true (has_line (plan->ring->silent, "desk: it is told by message"));
  g_clear_pointer (&plan, oh_plan_free);
  call.dialled = "100";
  plan = oh_routing_plan (directory, registrar, &call);
  g_assert_cmpuint (count_devices (plan), ==, 1);
}

static void
test_table (void)
{
  g_autoptr (OhDirectory) directory = make_directory ();
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (NULL, NULL);

  oh_registrar_put (registrar, make_binding (1, "laptop", "a", 1000));
  oh_registrar_put (registrar, make_binding (1, "phone", "b", 1000));
  oh_registrar_put (registrar, make_binding (2, "desk", "c", 1000));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    check_row (&rows[i], directory, registrar);
}

static guint
count_two (gint64 user_id, gpointer data)
{
  return 2;
}

static void
test_presence_and_limits (void)
{
  g_autoptr (OhDirectory) directory = make_directory ();
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (NULL, NULL);
  OhRoutingCall call = { .dialled = "100", .to_user = "100" };
  OhPlan *plan = oh_routing_plan (directory, registrar, &call);

  g_assert_cmpint (plan->action, ==, OH_PLAN_VOICEMAIL);
  oh_plan_free (plan);

  oh_registrar_put (registrar, make_binding (1, "laptop", "a", 1000));
  oh_registrar_set_presence (registrar, "laptop", OH_PRESENCE_DND, 0, FALSE);
  plan = oh_routing_plan (directory, registrar, &call);
  g_assert_cmpint (plan->action, ==, OH_PLAN_VOICEMAIL);
  g_assert_nonnull (strstr (plan->located_reason, "do not disturb"));
  oh_plan_free (plan);

  oh_registrar_set_presence (registrar, "laptop", OH_PRESENCE_AWAY, 0, FALSE);
  call.max_calls_per_user = 2;
  call.count_calls = count_two;
  plan = oh_routing_plan (directory, registrar, &call);
  g_assert_cmpint (plan->action, ==, OH_PLAN_REJECT);
  g_assert_cmpuint (plan->status, ==, 486);
  oh_plan_free (plan);
}

/* --- Registrar --- */

static void
count_change (OhRegistrar *registrar, gint64 user_id, gpointer user_data)
{
  (*(guint *)user_data)++;
}

static void
test_registrar_expiry (void)
{
  guint changes = 0;
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (count_change, &changes);

  g_assert_cmpint (oh_registrar_get_next_expiry (registrar), ==, G_MAXINT64);
  for (gint64 i = 0; i < 1000; i++)
    {
      g_autofree char *device = g_strdup_printf ("d%" G_GINT64_FORMAT, i);

      oh_registrar_put (registrar, make_binding (i % 10 + 1, device, "k", (i * 7919) % 1000 + 1));
    }
  g_assert_cmpuint (oh_registrar_get_size (registrar), ==, 1000);
  for (gint64 now = 1; now <= 1000; now++)
    {
      g_assert_cmpint (oh_registrar_get_next_expiry (registrar), ==, now);
      g_assert_cmpuint (oh_registrar_expire (registrar, now), ==, 1);
    }
  g_assert_cmpuint (oh_registrar_get_size (registrar), ==, 0);
  g_assert_null (oh_registrar_find_by_user (registrar, 1));
  g_assert_cmpuint (changes, ==, 2000);
}

static void
test_registrar_replaces (void)
{
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (NULL, NULL);

  oh_registrar_put (registrar, make_binding (1, "laptop", "a", 100));
  oh_registrar_set_presence (registrar, "laptop", OH_PRESENCE_DND, 0, FALSE);
  oh_registrar_put (registrar, make_binding (1, "laptop", "a", 200));
  oh_registrar_put (registrar, make_binding (1, "laptop", "b", 150));
  g_assert_cmpuint (oh_registrar_find_by_device (registrar, "laptop")->len, ==, 2);
  g_assert_cmpint (oh_registrar_get_next_expiry (registrar), ==, 150);
  g_assert_nonnull (oh_registrar_find_by_flow (registrar, "tls", "192.0.2.7", 3000));
  g_assert_cmpint (oh_registrar_find_by_flow (registrar, "tls", "192.0.2.7", 3000)->presence, ==,
                   OH_PRESENCE_DND);
  g_assert_cmpuint (oh_registrar_remove (registrar, "laptop", "b"), ==, 1);
  g_assert_cmpuint (oh_registrar_remove (registrar, "laptop", NULL), ==, 1);
  g_assert_null (oh_registrar_find_by_user (registrar, 1));
}

static void
test_contact (void)
{
  const char *contact = "<sip:x@1.2.3.4;transport=tls>;+sip.instance=\"<urn:uuid:1;2>\";"
                        "+offhook.audio=\"mic,speaker\";expires=60";
  g_autofree char *instance = oh_contact_dup_param (contact, "+sip.instance");
  g_autofree char *audio = oh_contact_dup_param (contact, "+offhook.audio");
  g_autofree char *expires = oh_contact_dup_param (contact, "expires");
  g_autofree char *bare = oh_contact_dup_param ("sip:x@y;expires=7", "expires");

  g_assert_cmpstr (instance, ==, "<urn:uuid:1;2>");
  g_assert_cmpstr (audio, ==, "mic,speaker");
  g_assert_cmpstr (expires, ==, "60");
  g_assert_cmpstr (bare, ==, "7");
  g_assert_null (oh_contact_dup_param (contact, "transport"));
  g_assert_null (oh_contact_dup_param ("*", "expires"));
  g_assert_null (oh_contact_dup_param ("<sip:x@y", "expires"));
}

static OhPresence
parse (const char *pidf)
{
  OhPresenceReport report = { 0 };

  g_assert_true (oh_presence_parse (pidf, -1, 1000, &report));
  g_assert_cmpint (report.input, ==, 0);
  return report.presence;
}

static void
test_presence (void)
{
  OhPresenceReport report;

  g_assert_cmpint (parse ("<presence><tuple id='a'><status><basic>closed</basic></status></tuple>"
                          "</presence>"),
                   ==, OH_PRESENCE_CLOSED);
  g_assert_cmpint (parse ("<p:presence xmlns:p='x'><p:tuple><p:status><p:basic>open</p:basic>"
                          "</p:status><p:note>DND</p:note></p:tuple></p:presence>"),
                   ==, OH_PRESENCE_DND);
  g_assert_cmpint (parse ("<presence><r:person xmlns:r='y'><r:away/></r:person></presence>"), ==,
                   OH_PRESENCE_AWAY);
  g_assert_false (oh_presence_parse ("<other/>", -1, 1000, &report));
  g_assert_false (oh_presence_parse ("<presence><tuple>", -1, 1000, &report));
  g_assert_false (oh_presence_parse ("\xff\xfe", 2, 1000, &report));
}

/* RFC 4480's user-input; @now is 2026-01-01T12:00:00Z. */
static void
test_input (void)
{
  static const gint64 now = 1767268800;
  static const struct
  {
    const char *input;
    gint64 wanted;
  } inputs[] = {
    { "<r:user-input>active</r:user-input>", now },
    { "<r:user-input idle-threshold='600' last-input='2026-01-01T12:30:00+01:00'>idle"
      "</r:user-input>",
      now - 1800 },
    { "<r:user-input idle-threshold='600'>idle</r:user-input>", now - 600 },
    { "<r:user-input last-input='2099-01-01T00:00:00Z'>idle</r:user-input>", now },
    { "<r:user-input last-input='0001-01-01T00:00:00Z'>idle</r:user-input>", 0 },
    { "<r:user-input last-input='never' idle-threshold='-5'>idle</r:user-input>", now },
    { "<r:user-input>perhaps</r:user-input>", 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++)
    {
      g_autofree char *pidf = g_strdup_printf ("<presence xmlns:r='x'>%s</presence>",
                                               inputs[i].input);
      OhPresenceReport report;

      g_assert_true (oh_presence_parse (pidf, -1, now, &report));
      g_assert_cmpint (report.input, ==, inputs[i].wanted);
      g_assert_cmpint (report.in_use, ==, i == 0);
    }
}

/* What is written can be read, markup in it too. */
static void
test_own_presence (void)
{
  OhSipPidf presence = { .open = TRUE, .busy = TRUE, .note = "In a <meeting> & \"busy\"" };
  OhSipPidf read = { 0 };
  g_autofree char *text = oh_sip_pidf_make ("sip:a&b@localhost", &presence);

  g_assert_true (oh_sip_pidf_parse (text, strlen (text), 1000, &read));
  g_assert_true (read.open && read.busy && !read.away);
  g_assert_cmpstr (read.note, ==, presence.note);
  g_assert_true (oh_sip_pidf_parse ("<presence><note> two\nlines </note><note>x</note></presence>",
                                    59, 1000, &read));
  g_assert_cmpstr (read.note, ==, "two lines");
  memset (presence.note, 'x', sizeof presence.note - 1);
  presence.open = presence.busy = FALSE;
  g_free (text);
  text = oh_sip_pidf_make ("sip:anna@localhost", &presence);
  g_assert_true (oh_sip_pidf_parse (text, strlen (text), 1000, &read));
  g_assert_false (read.open);
  g_assert_cmpstr (read.note, ==, presence.note);
}

/* Whether somebody is at the keyboard. */
static void
test_own_use (void)
{
  OhSipPidf active = { .open = TRUE, .in_use = TRUE };
  OhSipPidf idle = { .open = TRUE, .away = TRUE, .input = 700 };
  OhSipPidf read = { 0 };
  g_autofree char *text = oh_sip_pidf_make ("sip:anna@localhost", &active);

  g_assert_true (oh_sip_pidf_parse (text, strlen (text), 1000, &read));
  g_assert_true (read.open && read.in_use && !read.away);
  g_assert_cmpint (read.input, ==, 1000);
  g_free (text);
  text = oh_sip_pidf_make ("sip:anna@localhost", &idle);
  g_assert_true (oh_sip_pidf_parse (text, strlen (text), 1000, &read));
  g_assert_true (read.away && !read.in_use);
  g_assert_cmpint (read.input, ==, 700);
}

static gint64
get_active (OhRegistrar *registrar, const char *device)
{
  return ((const OhBinding *)oh_registrar_find_by_device (registrar, device)->pdata[0])->active_us;
}

/* Signing in is a sign of life, doing so again is none; a desk phone does it by itself. */
static void
test_registrar_activity (void)
{
  g_autoptr (OhRegistrar) registrar = oh_registrar_new (NULL, NULL);
  OhBinding *desk = make_binding (1, "desk", "a", 1000);
  gint64 signed_in;

  oh_registrar_put (registrar, make_binding (1, "laptop", "a", 1000));
  signed_in = get_active (registrar, "laptop");
  g_assert_cmpint (signed_in, >, 0);
  oh_registrar_put (registrar, make_binding (1, "laptop", "a", 2000));
  oh_registrar_put (registrar, make_binding (1, "laptop", "b", 2000));
  g_assert_cmpint (get_active (registrar, "laptop"), ==, signed_in);
  oh_registrar_set_presence (registrar, "laptop", OH_PRESENCE_OPEN, 5, FALSE);
  g_assert_cmpint (get_active (registrar, "laptop"), ==, signed_in);
  oh_registrar_set_presence (registrar, "laptop", OH_PRESENCE_AWAY, signed_in + 5, FALSE);
  g_assert_cmpint (get_active (registrar, "laptop"), ==, signed_in + 5);

  desk->weak = TRUE;
  oh_registrar_put (registrar, desk);
  g_assert_cmpint (get_active (registrar, "desk"), ==, 0);
  oh_registrar_touch (registrar, "desk");
  g_assert_cmpint (get_active (registrar, "desk"), >=, signed_in);
  oh_registrar_touch (registrar, "nowhere");
}

/* --- Offer --- */

static void
test_offer_one_winner (void)
{
  g_autoptr (OhCallOffer) offer = oh_call_offer_new ("o", "c", 1, 1u << 1 | 1u << 3 | 1u << 9,
                                                     20 * G_TIME_SPAN_SECOND);
  g_autofree char *options = oh_call_offer_dup_options (offer);

  g_assert_cmpstr (options, ==, "1,3,9");
  g_assert_cmpuint (oh_call_offer_get_seconds_left (offer, 0), ==, 20);
  g_assert_cmpuint (oh_call_offer_get_seconds_left (offer, 30 * G_TIME_SPAN_SECOND), ==, 0);
  oh_call_offer_add_way (offer);
  oh_call_offer_add_way (offer);
  g_assert_false (oh_call_offer_choose (offer, OH_OPTION_PLAY, "a"));
  g_assert_true (oh_call_offer_choose (offer, OH_OPTION_ANSWER, "a"));
  g_assert_false (oh_call_offer_choose (offer, OH_OPTION_ANSWER, "b"));
  g_assert_false (oh_call_offer_choose (offer, OH_OPTION_VOICEMAIL, NULL));
  g_assert_cmpstr (oh_call_offer_get_winner (offer), ==, "a");
  g_assert_false (oh_call_offer_lose_way (offer, 487));
  g_assert_false (oh_call_offer_lose_way (offer, 487));
}

static void
test_offer_all_lost (void)
{
  g_autoptr (OhCallOffer) offer = oh_call_offer_new ("o", "c", 1, 1u << 1, 0);

  oh_call_offer_add_way (offer);
  oh_call_offer_add_way (offer);
  oh_call_offer_add_way (offer);
  g_assert_false (oh_call_offer_lose_way (offer, 503));
  g_assert_false (oh_call_offer_lose_way (offer, 486));
  g_assert_true (oh_call_offer_lose_way (offer, 408));
  g_assert_cmpuint (oh_call_offer_get_best_status (offer), ==, 486);
}

/* --- States --- */

static void
test_states (void)
{
  const OhStateTable *table = oh_server_call_get_state_table ();
  guint32 state = OH_SERVER_CALL_ARRIVED;

  g_assert_false (oh_state_table_move (table, &state, OH_SERVER_CALL_OFFERED));
  g_assert_true (oh_state_table_move (table, &state, OH_SERVER_CALL_IDENTIFIED));
  g_assert_true (oh_state_table_move (table, &state, OH_SERVER_CALL_LOCATED));
  g_assert_true (oh_state_table_move (table, &state, OH_SERVER_CALL_OFFERED));
  g_assert_true (oh_state_table_move (table, &state, OH_SERVER_CALL_TIMED_OUT));
  g_assert_false (oh_state_table_move (table, &state, OH_SERVER_CALL_ANSWERED));
  g_assert_true (oh_state_table_move (table, &state, OH_SERVER_CALL_VOICEMAIL));
  g_assert_true (oh_state_table_move (table, &state, OH_SERVER_CALL_ENDED));
  for (guint32 to = 0; to <= OH_SERVER_CALL_ENDED; to++)
    g_assert_false (oh_state_table_move (table, &state, to));
}

static void
test_uri (void)
{
  g_autofree char *user = oh_uri_dup_user ("sip:me@[::1]:5070;transport=tls");
  g_autofree char *host = oh_uri_dup_host ("sip:me@[::1]:5070;transport=tls");
  g_autofree char *host_port = oh_uri_dup_host_port ("sip:provider.example:5070;transport=udp");
  g_autofree char *plain = oh_uri_dup_host ("192.0.2.1:5060");

  g_assert_cmpstr (user, ==, "me");
  g_assert_cmpstr (host, ==, "::1");
  g_assert_cmpstr (host_port, ==, "provider.example:5070");
  g_assert_cmpstr (plain, ==, "192.0.2.1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/routing/table", test_table);
  g_test_add_func ("/routing/trunk-order", test_trunk_order);
  g_test_add_func ("/routing/im", test_im);
  g_test_add_func ("/routing/text-device", test_text_device);
  g_test_add_func ("/routing/presence-and-limits", test_presence_and_limits);
  g_test_add_func ("/registrar/expiry", test_registrar_expiry);
  g_test_add_func ("/registrar/replaces", test_registrar_replaces);
  g_test_add_func ("/registrar/contact", test_contact);
  g_test_add_func ("/registrar/presence", test_presence);
  g_test_add_func ("/registrar/input", test_input);
  g_test_add_func ("/registrar/own-presence", test_own_presence);
  g_test_add_func ("/registrar/own-use", test_own_use);
  g_test_add_func ("/registrar/activity", test_registrar_activity);
  g_test_add_func ("/offer/one-winner", test_offer_one_winner);
  g_test_add_func ("/offer/all-lost", test_offer_all_lost);
  g_test_add_func ("/call/states", test_states);
  g_test_add_func ("/trunk/uri", test_uri);
  return g_test_run ();
}
