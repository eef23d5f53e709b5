/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was told of which call by IM, and what a reply chooses; and what the desk makes of the
 * directory's words. */
#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "server/im/oh-im-desk-private.h"

#include <string.h>

typedef struct
{
  OhImOffers *offers;
  GPtrArray *sent;  /* "NAME: TEXT" */
  GString *choices; /* "OFFER:OPTION " */
  OhUser anna;
  OhImLogin xmpp, irc;
  OhImIdentity at_xmpp, at_irc;
} World;

static gint64 now_us;

static gint64
tell_time (void)
{
  return now_us;
}

static void
on_send (gint64 login_id,
         const char *name,
         const char *text,
         guint timeout_s,
         const char *offer_id,
         OhImSay say,
         gpointer data)
{
  World *world = data;

  g_assert_cmpuint (timeout_s, >, 0);
  g_assert_true ((offer_id != NULL) == (say != OH_IM_SAY_ANSWER));
  g_ptr_array_add (world->sent, g_strdup_printf ("%s: %s", name, text));
}

static void
on_choose (const char *offer_id, gint64 login_id, const char *name, OhOption option, gpointer data)
{
  g_string_append_printf (((World *)data)->choices, "%s:%d ", offer_id, (int)option);
}

static void
on_lost (const char *offer_id, gpointer data)
{
  g_string_append_printf (((World *)data)->choices, "%s:lost ", offer_id);
}

static void
set_up (World *world, gconstpointer data)
{
  static const OhImOffersEvents events = { .send = on_send, .choose = on_choose, .lost = on_lost };

  now_us = G_TIME_SPAN_HOUR;
  oh_clock_set_source (tell_time);
  world->offers = oh_im_offers_new (&events, world);
  world->sent = g_ptr_array_new_with_free_func (g_free);
  world->choices = g_string_new (NULL);
  world->anna = (OhUser){ .id = 1, .alias = (char *)"anna", .language = (char *)"en" };
  world->xmpp = (OhImLogin){ .id = 1, .protocol = (char *)"prpl-jabber" };
  world->irc = (OhImLogin){ .id = 2, .protocol = (char *)"prpl-irc" };
  world->at_xmpp = (OhImIdentity){ .user = &world->anna,
                                   .login = &world->xmpp,
                                   .name = (char *)"anna@one.test",
                                   .verified = TRUE,
                                   .show_number = TRUE };
  world->at_irc = (OhImIdentity){
    .user = &world->anna, .login = &world->irc, .name = (char *)"anna", .verified = TRUE
  };
}

static void
tear_down (World *world, gconstpointer data)
{
  oh_im_offers_free (world->offers);
  g_ptr_array_unref (world->sent);
  g_string_free (world->choices, TRUE);
  oh_clock_set_source (NULL);
}

/* identity NULL ends the list. */
static void
offer (World *world, const char *id, const char *caller, OhImIdentity *one, OhImIdentity *two)
{
  g_autoptr (GPtrArray) identities = g_ptr_array_new ();
  OhImOffer call = { .id = (char *)id,
                     .user_id = 1,
                     .caller_name = (char *)caller,
                     .caller_number = (char *)"555100",
                     .call_back = (char *)"tel:555100;phone-context=localhost",
                     .called = (char *)"100",
                     .devices = (char *)"laptop",
                     .options = 1u << OH_OPTION_ANSWER | 1u << OH_OPTION_VOICEMAIL
                                | 1u << OH_OPTION_DECLINE,
                     .default_option = OH_OPTION_VOICEMAIL,
                     .deadline_us = now_us + 20 * G_TIME_SPAN_SECOND };

  g_ptr_array_add (identities, one);
  if (two)
    g_ptr_array_add (identities, two);
  oh_im_offers_add (world->offers, &call, identities);
}

static const char *
get_sent (World *world, guint i)
{
  g_assert_cmpuint (i, <, world->sent->len);
  return world->sent->pdata[i];
}

/* Each identity sees what it may, each reply is believed as far as its service can be. */
static void
test_two_services (World *world, gconstpointer data)
{
  const char *irc;
  char reply[16];

  offer (world, "a", "Demo Caller", &world->at_xmpp, &world->at_irc);
  g_assert_nonnull (strstr (get_sent (world, 0), "Demo Caller (555100) for 100"));
  irc = get_sent (world, 1);
  g_assert_null (strstr (irc, "555100"));
  g_assert_nonnull (strstr (irc, "Reply with number and "));
  oh_im_offers_take_reply (world->offers, 2, "anna", "3", 0);
  g_assert_nonnull (strstr (get_sent (world, 2), "Anybody could use this name"));
  g_assert_cmpstr (world->choices->str, ==, "");
  g_snprintf (reply, sizeof reply, "3 %.4s", strstr (irc, "number and ") + strlen ("number and "));
  oh_im_offers_take_reply (world->offers, 2, "anna", reply, 0);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "9", 0); /* too late, not told yet */
  g_assert_cmpstr (world->choices->str, ==, "a:3 ");
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_VOICEMAIL, NULL);
  g_assert_cmpuint (world->sent->len, ==, 5);
  g_assert_nonnull (strstr (get_sent (world, 4), "anna: Call from Demo Caller: went to voicemail"));
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_ENDED, NULL); /* once */
  g_assert_cmpuint (world->sent->len, ==, 5);
}

/* A name that is no longer the user's chooses nothing and hears nothing, the other does. */
static void
test_forget (World *world, gconstpointer data)
{
  offer (world, "a", "Demo Caller", &world->at_xmpp, &world->at_irc);
  oh_im_offers_forget (world->offers, 1, "anna@one.test");
  oh_im_offers_forget (world->offers, 2, "ben");
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "9", 0);
  g_assert_cmpstr (world->choices->str, ==, "");
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_GAVE_UP, NULL);
  g_assert_cmpuint (world->sent->len, ==, 3);
  g_assert_true (g_str_has_prefix (get_sent (world, 2), "anna: "));
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "9", 0);
  g_assert_cmpuint (world->sent->len, ==, 3);
}

/* The server stopped in mid-offer: the store knows what its next run has to say, to each what it may see, and
 * replies come too late. What is open meanwhile is another call. */
static void
test_lost_with_server (World *world, gconstpointer data)
{
  OhTold told, hidden, none;

  offer (world, "a", "Demo Caller", &world->at_xmpp, &world->at_irc);
  g_assert_true (oh_im_offers_get_told (world->offers, "a", 1, "anna@one.test", &told));
  g_assert_cmpstr (told.caller_number, ==, "555100");
  g_assert_true (oh_im_offers_get_told (world->offers, "a", 2, "anna", &hidden));
  g_assert_cmpstr (hidden.caller_name, ==, "Demo Caller");
  g_assert_cmpstr (hidden.caller_number, ==, "");
  g_assert_null (hidden.call_back);
  g_assert_false (oh_im_offers_get_told (world->offers, "b", 1, "anna@one.test", &none));
  g_assert_false (oh_im_offers_get_told (world->offers, "a", 1, "ben@one.test", &none));

  told.offer_id = hidden.offer_id = (char *)"of-the-last-run";
  told.lost = hidden.lost = 1700000000;
  oh_im_offers_lose (world->offers, &told, &world->at_xmpp);
  oh_im_offers_lose (world->offers, &hidden, &world->at_irc);
  g_assert_cmpuint (world->sent->len, ==, 4);
  g_assert_true (g_regex_match_simple (
      "^anna@one\\.test: Call from Demo Caller \\(555100\\): lost at \\d\\d:\\d\\d, when the call"
      " server stopped\\. Call back: tel:555100;phone-context=localhost$",
      get_sent (world, 2), 0, 0));
  g_assert_true (g_regex_match_simple ("^anna: Call from Demo Caller: lost at .* stopped\\.$",
                                       get_sent (world, 3), 0, 0));
  oh_im_offers_end (world->offers, "of-the-last-run", OH_IM_OUTCOME_ENDED, NULL);
  g_assert_cmpuint (world->sent->len, ==, 4);
  g_assert_cmpuint (oh_im_offers_count_open (world->offers), ==, 1);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "9", 0);
  g_assert_cmpstr (world->choices->str, ==, "a:9 ");
  oh_im_offers_forget (world->offers, 1, "anna@one.test");

  oh_im_offers_lose (world->offers, &told, &world->at_xmpp);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3", 0);
  g_assert_true (g_str_has_prefix (get_sent (world, 5),
                                   "anna@one.test: Too late, your reply changed "
                                   "nothing. Call from Demo Caller"));
  g_assert_cmpstr (world->choices->str, ==, "a:9 ");
}

/* The second step of the same call: who was told is not told again, all are told of the outcome, and after
 * it nobody any more. */
static void
test_two_steps (World *world, gconstpointer data)
{
  offer (world, "a", "Demo Caller", &world->at_xmpp, NULL);
  offer (world, "a", "Demo Caller", &world->at_xmpp, &world->at_irc);
  g_assert_cmpuint (world->sent->len, ==, 2);
  g_assert_true (g_str_has_prefix (get_sent (world, 1), "anna: Call from Demo Caller for 100."));
  g_assert_cmpuint (oh_im_offers_count_open (world->offers), ==, 1);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3", 0);
  g_assert_cmpstr (world->choices->str, ==, "a:3 ");
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_VOICEMAIL, NULL);
  g_assert_cmpuint (world->sent->len, ==, 4);
  offer (world, "a", "Demo Caller", &world->at_irc, NULL);
  g_assert_cmpuint (world->sent->len, ==, 4);
}

/* Late, double, foreign and endless replies. */
static void
test_no_effect (World *world, gconstpointer data)
{
  offer (world, "a", "Demo Caller", &world->at_xmpp, NULL);
  oh_im_offers_take_reply (world->offers, 1, "ben@one.test", "3", 0);
  oh_im_offers_take_reply (world->offers, 2, "anna@one.test", "3", 0);
  g_assert_cmpuint (world->sent->len, ==, 1);
  for (guint i = 0; i < 100; i++)
    {
      oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "what?", 0);
      oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "1", 0);
      oh_im_offers_refuse_answer (world->offers, "a", "laptop");
      oh_im_offers_refuse_answer (world->offers, "a", "laptop"); /* nobody chose */
    }
  g_assert_cmpuint (world->sent->len, ==, 5); /* the list once, the truth three times */
  g_assert_cmpstr (world->choices->str, ==, "a:1 a:1 a:1 ");
  g_string_truncate (world->choices, 0);
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_GAVE_UP, NULL);
  for (guint i = 0; i < 100; i++)
    oh_im_offers_take_reply (world->offers, 1, "anna@one.test", i % 2 ? "3" : "thanks", 0);
  g_assert_cmpuint (world->sent->len, ==, 7);
  g_assert_nonnull (strstr (get_sent (world, 6), "Too late"));
  g_assert_cmpstr (world->choices->str, ==, "");
  now_us += G_TIME_SPAN_HOUR;
  offer (world, "b", "Demo Caller", &world->at_irc, NULL);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3", 0); /* forgotten */
  g_assert_cmpuint (world->sent->len, ==, 8);
}

/* What waited at the service while we were away counts if it was written since the offer. */
static void
test_delayed (World *world, gconstpointer data)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  offer (world, "a", "Demo Caller", &world->at_xmpp, NULL);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "9", now - 60);
  g_assert_cmpstr (world->choices->str, ==, "");
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3", now + 2);
  g_assert_cmpstr (world->choices->str, ==, "a:3 ");
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_VOICEMAIL, NULL);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "9", now + 3);
  g_assert_cmpuint (world->sent->len, ==, 2);
}

static void
test_two_calls (World *world, gconstpointer data)
{
  offer (world, "a", "First Demo", &world->at_xmpp, NULL);
  offer (world, "b", "Second Demo", &world->at_xmpp, NULL);
  g_assert_nonnull (strstr (get_sent (world, 0), "Call from First Demo"));
  g_assert_nonnull (strstr (get_sent (world, 1), "Call C from Second Demo"));
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3", 0);
  g_assert_nonnull (strstr (get_sent (world, 2), "Which call? B First Demo, C Second Demo."));
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "c 9", 0);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3 B", 0);
  g_assert_cmpstr (world->choices->str, ==, "b:9 a:3 ");
  g_assert_cmpuint (oh_im_offers_count_open (world->offers), ==, 2);
  oh_im_offers_end (world->offers, "b", OH_IM_OUTCOME_DECLINED, NULL);
  g_assert_cmpuint (oh_im_offers_count_open (world->offers), ==, 1);
}

/* Who withholds his name and number has words all the same. */
static void
test_nameless_call (World *world, gconstpointer data)
{
  offer (world, "a", "", &world->at_xmpp, &world->at_irc);
  offer (world, "b", "Second Demo", &world->at_xmpp, &world->at_irc);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3", 0);
  g_assert_nonnull (strstr (get_sent (world, 4), "Which call? B 555100, C Second Demo."));
  oh_im_offers_take_reply (world->offers, 2, "anna", "3", 0);
  g_assert_nonnull (strstr (get_sent (world, 5), "Which call? B an unknown caller, C Second"));
}

/* A reply about a call that is over never goes to the one that is left. */
static void
test_letter_of_the_other (World *world, gconstpointer data)
{
  offer (world, "a", "First Demo", &world->at_xmpp, NULL);
  offer (world, "b", "Second Demo", &world->at_xmpp, NULL);
  for (guint i = 0; i < 100; i++)
    oh_im_offers_take_reply (world->offers, 1, "anna@one.test", i % 2 ? "Hello" : "b c 9", 0);
  g_assert_cmpuint (world->sent->len, ==, 5); /* asked back, but not for ever */
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_GAVE_UP, NULL);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "B 9", 0);
  g_assert_nonnull (strstr (get_sent (world, 6), "Too late"));
  g_assert_cmpstr (world->choices->str, ==, "");
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "z 9", 0); /* was no call's */
  g_assert_cmpstr (world->choices->str, ==, "b:9 ");
}

/* Of a missed call the link to call back, where the number may be seen. */
static void
test_call_back (World *world, gconstpointer data)
{
  offer (world, "a", "Demo Caller", &world->at_xmpp, &world->at_irc);
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_GAVE_UP, NULL);
  g_assert_nonnull (strstr (get_sent (world, 2), " Call back: tel:555100;phone-context=localhost"));
  g_assert_nonnull (strstr (get_sent (world, 3), "gave up"));
  g_assert_null (strstr (get_sent (world, 3), "555100"));
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "1", 0);
  g_assert_nonnull (strstr (get_sent (world, 4), "Too late"));
  g_assert_nonnull (strstr (get_sent (world, 4), "tel:555100"));
}

/* A reply that was typed while its caller gave up and another one came is not taken for that one's. */
static void
test_swapped (World *world, gconstpointer data)
{
  offer (world, "a", "First Demo", &world->at_xmpp, NULL);
  now_us += 5 * G_TIME_SPAN_SECOND;
  oh_im_offers_end (world->offers, "a", OH_IM_OUTCOME_GAVE_UP, NULL);
  offer (world, "b", "Second Demo", &world->at_xmpp, NULL);
  now_us += G_TIME_SPAN_SECOND / 4;
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "1", 0);
  g_assert_nonnull (strstr (get_sent (world, 3), "Which call? B Second Demo."));
  g_assert_cmpstr (world->choices->str, ==, "");
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "B 1", 0);
  g_assert_cmpstr (world->choices->str, ==, "b:1 ");
  oh_im_offers_end (world->offers, "b", OH_IM_OUTCOME_GAVE_UP, NULL);
  offer (world, "c", "Third Demo", &world->at_xmpp, NULL);
  now_us += G_TIME_SPAN_SECOND;
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3", 0);
  g_assert_cmpstr (world->choices->str, ==, "b:1 c:3 ");
}

/* Who said 'answer' may think better of it while a device is asked; every other second choice has no
 * effect. */
static void
test_second_thoughts (World *world, gconstpointer data)
{
  offer (world, "a", "Demo Caller", &world->at_xmpp, NULL);
  g_assert_nonnull (strstr (get_sent (world, 0), "1 answer (on laptop, where it rings)"));
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "yes", 0);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "1", 0);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "3", 0);
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "9", 0);
  oh_im_offers_refuse_answer (world->offers, "a", "laptop"); /* too late for that */
  g_assert_cmpstr (world->choices->str, ==, "a:1 a:3 ");
  g_assert_cmpuint (world->sent->len, ==, 1);
}

/* Two calls over a service that proves nobody's name: the code says which. */
static void
test_codes (World *world, gconstpointer data)
{
  g_autofree char *reply = NULL;
  const char *second;

  offer (world, "a", "First Demo", &world->at_irc, NULL);
  offer (world, "b", "Second Demo", &world->at_irc, NULL);
  second = strstr (get_sent (world, 1), "number and ") + strlen ("number and ");
  reply = g_strdup_printf ("9 %.4s", second);
  oh_im_offers_take_reply (world->offers, 2, "anna", reply, 0);
  g_assert_cmpstr (world->choices->str, ==, "b:9 ");
}

/* A device of this server has proven who it is; an address at another one proves nothing. */
static void
test_sip (World *world, gconstpointer data)
{
  OhImLogin sip = { .id = 3, .protocol = (char *)OH_IM_PROTOCOL_SIP };
  OhImIdentity device = {
    .user = &world->anna, .login = &sip, .name = (char *)"d1", .verified = TRUE
  };
  OhImIdentity elsewhere = device;

  elsewhere.name = (char *)"anna@example.org:5070";
  offer (world, "a", "Demo Caller", &device, NULL);
  offer (world, "b", "Demo Caller", &elsewhere, NULL);
  g_assert_null (strstr (get_sent (world, 0), "number and "));
  g_assert_nonnull (strstr (get_sent (world, 1), "number and "));
  oh_im_offers_take_reply (world->offers, 3, "anna@example.org:5070", "9", 0);
  oh_im_offers_take_reply (world->offers, 3, "d1", "9", 0);
  g_assert_cmpstr (world->choices->str, ==, "a:9 ");
}

static void
test_sip_names (void)
{
  static const struct
  {
    const char *typed, *folded;
    gboolean person;
  } names[] = {
    { "d0123456789abcdef", "d0123456789abcdef", TRUE },
    { "sip:Anna@Example.org:5070;transport=udp", "anna@example.org:5070", TRUE },
    { "anna@[2001:db8::1]:5060", "anna@[2001:db8::1]:5060", TRUE },
    { "anna@", "anna@", FALSE },
    { "@example.org", "@example.org", FALSE },
    { "anna@one@two", "anna@one@two", FALSE },
    { "anna two", "anna two", FALSE },
    { "anna\r\nTo: x@y", "anna\r\nto: x@y", FALSE },
    { "", "", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *folded = oh_im_name_fold (OH_IM_PROTOCOL_SIP, names[i].typed);

      g_assert_cmpstr (folded, ==, names[i].folded);
      g_assert_cmpint (oh_im_name_is_person (OH_IM_PROTOCOL_SIP, folded), ==, names[i].person);
    }
}

/* Somebody who guesses codes is heard no more after a while, whatever he finds. */
static void
test_guesses (World *world, gconstpointer data)
{
  g_autofree char *right = NULL;

  offer (world, "a", "Demo Caller", &world->at_irc, NULL);
  right = g_strdup_printf ("9 %.4s",
                           strstr (get_sent (world, 0), "number and ") + strlen ("number and "));
  for (guint i = 0; i < 20; i++)
    oh_im_offers_take_reply (world->offers, 2, "anna", "9 AAAA", 0);
  oh_im_offers_take_reply (world->offers, 2, "anna", right, 0);
  g_assert_cmpstr (world->choices->str, ==, "");
  g_assert_cmpuint (world->sent->len, ==, 4);
  for (guint i = 0; i < world->sent->len; i++)
    g_assert_true ((i == 0) == (strstr (get_sent (world, i), right + 2) != NULL));
}

static gboolean
is_reachable (gint64 login_id, const char *name, gpointer data)
{
  return login_id == *(const gint64 *)data;
}

/* Who goes has ten seconds to come back; the offer is only lost when all are gone for so long. */
static void
test_gone (World *world, gconstpointer data)
{
  gint64 nobody = 0, irc = 2;

  offer (world, "a", "Demo Caller", &world->at_xmpp, &world->at_irc);
  g_assert_cmpint (oh_im_offers_watch (world->offers, is_reachable, &irc), ==, G_MAXINT64);
  g_assert_cmpint (oh_im_offers_watch (world->offers, is_reachable, &nobody), ==,
                   now_us + 10 * G_TIME_SPAN_SECOND);
  now_us += 9 * G_TIME_SPAN_SECOND;
  oh_im_offers_watch (world->offers, is_reachable, &irc);
  oh_im_offers_watch (world->offers, is_reachable, &nobody);
  now_us += 9 * G_TIME_SPAN_SECOND;
  oh_im_offers_watch (world->offers, is_reachable, &nobody);
  g_assert_cmpstr (world->choices->str, ==, "");
  now_us += G_TIME_SPAN_SECOND;
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (oh_im_offers_watch (world->offers, is_reachable, &nobody), ==, G_MAXINT64);
  g_assert_cmpstr (world->choices->str, ==, "a:lost ");
  offer (world, "a", "Demo Caller", &world->at_xmpp, NULL); /* the next step */
  for (guint i = 0; i < 2; i++, now_us += 10 * G_TIME_SPAN_SECOND)
    oh_im_offers_watch (world->offers, is_reachable, &nobody);
  g_assert_cmpstr (world->choices->str, ==, "a:lost a:lost ");
  oh_im_offers_take_reply (world->offers, 1, "anna@one.test", "9", 0); /* while something rings */
  g_assert_cmpstr (world->choices->str, ==, "a:lost a:lost a:9 ");
}

/* --- Accounts --- */

static OhImOption
make_option (const char *name, OhImOptionType type, char **choices)
{
  return (OhImOption){ .name = (char *)name, .type = type, .choices = choices };
}

static void
test_options (void)
{
  static const char *const bad[] = { "port=x",    "port=", "nothing=1",
                                     "old_ssl=1", "port",  "security=none" };
  char *choices[] = { "require_tls", "opportunistic_tls", NULL };
  OhImOption all[] = { make_option ("port", OH_IM_OPTION_INTEGER, NULL),
                       make_option ("old_ssl", OH_IM_OPTION_BOOLEAN, NULL),
                       make_option ("connect_server", OH_IM_OPTION_STRING, NULL),
                       make_option ("security", OH_IM_OPTION_CHOICE, choices) };
  char *good[] = { "port=5223", "old_ssl=true", "connect_server=a=b", "security=require_tls",
                   NULL };
  OhImProtocol protocol = { .options = g_ptr_array_new () };
  g_autoptr (GVariant) values = NULL;
  g_autoptr (GError) none = NULL;
  const char *text;
  gint32 port;

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    g_ptr_array_add (protocol.options, &all[i]);
  values = g_variant_ref_sink (oh_im_options_parse (&protocol, good, &none));
  g_assert_true (g_variant_lookup (values, "port", "i", &port));
  g_assert_cmpint (port, ==, 5223);
  g_assert_true (g_variant_lookup (values, "connect_server", "&s", &text));
  g_assert_cmpstr (text, ==, "a=b");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      char *options[] = { (char *)bad[i], NULL };
      g_autoptr (GError) error = NULL;

      g_assert_null (oh_im_options_parse (&protocol, options, &error));
      g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
    }
  g_ptr_array_unref (protocol.options);
}

static void
test_hosts (void)
{
  char *none[] = { NULL }, *set[] = { "port=1", "connect_server=192.0.2.1", NULL };
  OhImLogin login = { .username = (char *)"calls@one.test/offhook", .options = none };
  g_autofree char *domain = oh_im_login_dup_host (&login);
  g_autofree char *server = NULL;

  login.options = set;
  server = oh_im_login_dup_host (&login);
  g_assert_cmpstr (domain, ==, "one.test");
  g_assert_cmpstr (server, ==, "192.0.2.1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/im-offers/two-services", World, NULL, set_up, test_two_services, tear_down);
  g_test_add ("/im-offers/forget", World, NULL, set_up, test_forget, tear_down);
  g_test_add ("/im-offers/lost-with-server", World, NULL, set_up, test_lost_with_server, tear_down);
  g_test_add ("/im-offers/two-steps", World, NULL, set_up, test_two_steps, tear_down);
  g_test_add ("/im-offers/no-effect", World, NULL, set_up, test_no_effect, tear_down);
  g_test_add ("/im-offers/delayed", World, NULL, set_up, test_delayed, tear_down);
  g_test_add ("/im-offers/two-calls", World, NULL, set_up, test_two_calls, tear_down);
  g_test_add ("/im-offers/nameless-call", World, NULL, set_up, test_nameless_call, tear_down);
  g_test_add ("/im-offers/letter-of-the-other", World, NULL, set_up, test_letter_of_the_other,
              tear_down);
  g_test_add ("/im-offers/call-back", World, NULL, set_up, test_call_back, tear_down);
  g_test_add ("/im-offers/swapped", World, NULL, set_up, test_swapped, tear_down);
  g_test_add ("/im-offers/second-thoughts", World, NULL, set_up, test_second_thoughts, tear_down);
  g_test_add ("/im-offers/codes", World, NULL, set_up, test_codes, tear_down);
  g_test_add ("/im-offers/sip", World, NULL, set_up, test_sip, tear_down);
  g_test_add_func ("/im-offers/sip-names", test_sip_names);
  g_test_add ("/im-offers/guesses", World, NULL, set_up, test_guesses, tear_down);
  g_test_add ("/im-offers/gone", World, NULL, set_up, test_gone, tear_down);
  g_test_add_func ("/im-offers/options", test_options);
  g_test_add_func ("/im-offers/hosts", test_hosts);
  return g_test_run ();
}
