/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of links that go out with call offers. */
#include "base/oh-clock.h"
#include "server/im/oh-links.h"

#include <string.h>

#define BASE "https://phone.example.org:8443"

static gint64 now_us;

static gint64
tell_time (void)
{
  return now_us;
}

static OhLinks *
make_links (void)
{
  OhLinks *links = oh_links_new ();

  now_us = G_TIME_SPAN_HOUR;
  oh_clock_set_source (tell_time);
  oh_links_set_base (links, BASE);
  return links;
}

/* The token of a new link of that offer. Transfer full. */
static char *
add (OhLinks *links, const char *offer_id)
{
  OhLink link = { .offer_id = (char *)offer_id,
                  .user_id = 1,
                  .who = (char *)"anna@one.test (xmpp)",
                  .language = (char *)"en",
                  .caller_name = (char *)"Demo Caller",
                  .caller_number = (char *)"",
                  .called = (char *)"100",
                  .devices = (char *)"laptop",
                  .options = 1u << OH_OPTION_ANSWER | 1u << OH_OPTION_VOICEMAIL,
                  .default_option = OH_OPTION_VOICEMAIL,
                  .deadline_us = now_us + 20 * G_TIME_SPAN_SECOND };
  g_autofree char *url = oh_links_add (links, &link);

  if (!url)
    return NULL;
  g_assert_true (g_str_has_prefix (url, BASE "/o/"));
  return g_strdup (url + strlen (BASE "/o/"));
}

static void
on_chosen (const OhLink *link, OhOption option, gpointer data)
{
  g_string_append_printf (data, "%s by %s:%d ", link->offer_id, link->who, (int)option);
}

static void
on_ended (const char *offer_id, gpointer data)
{
  g_string_append_printf (data, "%s over ", offer_id);
}

/* 128 bits in an alphabet that needs no escaping, never twice, and nothing near it is known. */
static void
test_tokens (void)
{
  g_autoptr (OhLinks) links = make_links ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *huge = g_strnfill (100000, 'A');

  for (guint i = 0; i < 1000; i++)
    {
      char *token = add (links, "call-1");
      g_autofree char *other = g_strdup (token);

      g_assert_cmpuint (strlen (token), ==, 22);
      g_assert_cmpuint (strspn (token, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_"), ==, 22);
      g_assert_nonnull (oh_links_find (links, token));
      other[21] = other[21] == 'A' ? 'B' : other[21] + 1; /* the same 128 bits, perhaps */
      if (!g_hash_table_contains (seen, other))
        g_assert_null (oh_links_find (links, other));
      g_assert_true (g_hash_table_add (seen, token));
    }
  g_assert_null (oh_links_find (links, NULL));
  g_assert_null (oh_links_find (links, ""));
  g_assert_null (oh_links_find (links, "call-1"));
  g_assert_null (oh_links_find (links, "AAAAAAAAAAAAAAAAAAAAAA"));
  g_assert_null (oh_links_find (links, huge));
}

static void
test_choice (void)
{
  g_autoptr (OhLinks) links = make_links ();
  g_autoptr (GString) told = g_string_new (NULL);
  g_autofree char *one = add (links, "a");
  g_autofree char *two = add (links, "a");
  g_autofree char *other = add (links, "b");

  g_assert_false (oh_links_choose (links, one, OH_OPTION_VOICEMAIL)); /* nobody takes it */
  oh_links_take (links, on_chosen, told);
  oh_links_watch (links, on_ended, told);
  g_assert_false (oh_links_choose (links, one, OH_OPTION_DECLINE)); /* not offered */
  g_assert_false (oh_links_choose (links, one, 0));
  g_assert_false (oh_links_choose (links, one, (OhOption)-1));
  g_assert_false (oh_links_choose (links, one, (OhOption)35));
  g_assert_true (oh_links_choose (links, one, OH_OPTION_VOICEMAIL));
  g_assert_false (oh_links_choose (links, one, OH_OPTION_VOICEMAIL));
  g_assert_cmpstr (told->str, ==, "a by anna@one.test (xmpp):3 ");
  oh_links_end (links, "unknown", OH_IM_OUTCOME_ENDED, NULL);
  oh_links_end (links, "a", OH_IM_OUTCOME_ANSWERED, "laptop");
  oh_links_end (links, "a", OH_IM_OUTCOME_ENDED, NULL); /* the first one holds */
  g_assert_cmpstr (told->str, ==, "a by anna@one.test (xmpp):3 a over ");
  g_assert_false (oh_links_choose (links, two, OH_OPTION_VOICEMAIL));
  g_assert_cmpint (oh_links_find (links, two)->outcome, ==, OH_IM_OUTCOME_ANSWERED);
  g_assert_cmpstr (oh_links_find (links, two)->device, ==, "laptop");
  g_assert_true (g_regex_match_simple ("^\\d\\d:\\d\\d$", oh_links_find (links, one)->time, 0, 0));
  g_assert_false (oh_links_find (links, other)->is_over);
  g_assert_cmpuint (oh_links_count_open (links), ==, 1);
}

/* It tells the outcome for a while, then is unknown. */
/* Whoever is no longer the user's has no link either; the rest of the call goes on. */
static void
test_forget (void)
{
  g_autoptr (OhLinks) links = make_links ();
  g_autofree char *first = add (links, "a"), *second = add (links, "b");

  oh_links_forget (links, "ben@one.test (xmpp)");
  g_assert_cmpuint (oh_links_count_open (links), ==, 2);
  oh_links_forget (links, "anna@one.test (xmpp)");
  g_assert_cmpuint (oh_links_count_open (links), ==, 0);
  g_assert_null (oh_links_find (links, first));
  g_assert_false (oh_links_choose (links, second, OH_OPTION_VOICEMAIL));
  oh_links_end (links, "a", OH_IM_OUTCOME_GAVE_UP, NULL);
}

static void
test_end (void)
{
  g_autoptr (OhLinks) links = make_links ();
  g_autofree char *token = add (links, "a");

  now_us += G_TIME_SPAN_HOUR; /* an open one is never forgotten */
  g_assert_nonnull (oh_links_find (links, token));
  oh_links_end (links, "a", OH_IM_OUTCOME_GAVE_UP, NULL);
  now_us += 9 * G_TIME_SPAN_MINUTE;
  g_assert_true (oh_links_find (links, token)->is_over);
  now_us += 2 * G_TIME_SPAN_MINUTE;
  g_assert_null (oh_links_find (links, token));
}

/* So many open ones and no more; those that are over make room, the oldest first. */
static void
test_bounds (void)
{
  g_autoptr (OhLinks) links = make_links ();
  g_autofree char *first = add (links, "first");
  g_autofree char *last = NULL;
  char *token;
  guint added = 1;

  for (; (token = add (links, "many")); added++)
    g_free (token);
  g_assert_cmpuint (added, ==, 20000);
  g_assert_nonnull (oh_links_find (links, first));
  oh_links_end (links, "first", OH_IM_OUTCOME_ENDED, NULL);
  last = add (links, "last");
  g_assert_nonnull (last);
  oh_links_end (links, "many", OH_IM_OUTCOME_ENDED, NULL);
  g_assert_null (oh_links_find (links, first));
  g_assert_cmpuint (oh_links_count_open (links), ==, 1);
}

static void
test_no_base (void)
{
  g_autoptr (OhLinks) links = make_links ();

  oh_links_set_base (links, NULL);
  g_assert_null (add (links, "a"));
  g_assert_cmpuint (oh_links_count_open (links), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/links/tokens", test_tokens);
  g_test_add_func ("/links/choice", test_choice);
  g_test_add_func ("/links/end", test_end);
  g_test_add_func ("/links/forget", test_forget);
  g_test_add_func ("/links/bounds", test_bounds);
  g_test_add_func ("/links/no-base", test_no_base);
  return g_test_run ();
}
