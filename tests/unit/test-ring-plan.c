/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which devices and identities, in which order: every rule in a table. */
#include "server/routing/oh-ring-plan.h"

#include <string.h>

#define NOW_US (100000 * G_TIME_SPAN_SECOND)
#define JUST_STARTED_US (3 * G_TIME_SPAN_SECOND)

static gint64 now_us = NOW_US;

#define ACTIVITY OH_RING_BY_ACTIVITY
#define RANK OH_RING_BY_RANK
#define TOGETHER OH_RING_TOGETHER
#define RING OH_QUIET_RING
#define LATER OH_QUIET_LATER
#define SKIP OH_QUIET_SKIP

/* Candidates: "NAME[,FLAG]..." with a space between two. Flags: i an identity (else a device), w weak,
 * a away, d do not disturb, c closed, x has an obstacle, rN rank, uN used N s ago, h the usual
 * place of this hour, @ has an address. */
typedef struct
{
  const char *what;
  OhRingRules rules;
  guint ringing_s;
  const char *candidates;
  const char *steps;  /* "ms: NAME, NAME | ms: NAME" */
  const char *silent; /* names that are left out */
} Row;

static const Row rows[] = {
  /* one alone never waits */
  { "one device", { ACTIVITY, 5, LATER, SKIP }, 20, "laptop", "0: laptop", "" },
  { "one weak device", { ACTIVITY, 5, LATER, SKIP }, 20, "desk,w", "0: desk", "" },
  { "one device, away", { ACTIVITY, 5, LATER, SKIP }, 20, "laptop,a", "0: laptop", "" },
  { "one device, away, skipped", { ACTIVITY, 5, SKIP, SKIP }, 20, "laptop,a", "", "laptop" },
  { "one device, closed", { TOGETHER, 5, RING, RING }, 20, "laptop,c", "", "laptop" },
  { "nobody", { ACTIVITY, 5, LATER, SKIP }, 20, "", "", "" },
  /* by activity */
  { "nothing known of either",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop xmpp,i",
    "0: laptop, xmpp",
    "" },
  { "the one that was used",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop xmpp,i,u30",
    "0: xmpp | 5000: laptop",
    "" },
  { "the last one used",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop,u30 phone,u200 xmpp,i",
    "0: laptop | 5000: phone, xmpp",
    "" },
  { "used about as lately",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop,u80 phone,u20",
    "0: laptop, phone",
    "" },
  { "both used long ago",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop,u700 phone,u9000",
    "0: laptop, phone",
    "" },
  { "weak evidence waits",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "desk,w laptop",
    "0: laptop | 5000: desk",
    "" },
  { "weak, but used just now",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "desk,w,u10 laptop",
    "0: desk | 5000: laptop",
    "" },
  { "all weak", { ACTIVITY, 5, LATER, SKIP }, 20, "desk,w sms,i,w", "0: desk, sms", "" },
  { "away is not used, whatever was",
    { ACTIVITY, 5, RING, SKIP },
    20,
    "laptop,a,u5 phone,u100",
    "0: phone | 5000: laptop",
    "" },
  /* by rank */
  { "ranks",
    { RANK, 5, LATER, SKIP },
    30,
    "laptop,r2 desk xmpp,i,r1 phone,r2,u5",
    "0: xmpp | 5000: laptop, phone | 10000: desk",
    "" },
  { "no rank at all", { RANK, 5, LATER, SKIP }, 20, "laptop desk,w", "0: laptop, desk", "" },
  { "rank and away",
    { RANK, 5, LATER, SKIP },
    20,
    "laptop,r1,a desk,r2",
    "0: desk | 5000: laptop",
    "" },
  /* together */
  { "together",
    { TOGETHER, 5, RING, SKIP },
    20,
    "laptop,u5 desk,w xmpp,i,a",
    "0: laptop, desk, xmpp",
    "" },
  { "together, but away later",
    { TOGETHER, 5, LATER, SKIP },
    20,
    "laptop desk,w xmpp,i,a",
    "0: laptop, desk | 5000: xmpp",
    "" },
  /* away */
  { "away later",
    { ACTIVITY, 3, LATER, SKIP },
    20,
    "laptop,u5 desk,w xmpp,i,a",
    "0: laptop | 3000: desk | 6000: xmpp",
    "" },
  { "away never", { ACTIVITY, 5, SKIP, SKIP }, 20, "laptop xmpp,i,a", "0: laptop", "xmpp" },
  /* do not disturb */
  { "not there", { ACTIVITY, 5, LATER, SKIP }, 20, "laptop,d phone", "0: phone", "laptop" },
  { "all the same", { ACTIVITY, 5, LATER, RING }, 20, "laptop,d phone", "0: laptop, phone", "" },
  { "later", { ACTIVITY, 5, LATER, LATER }, 20, "laptop,d phone", "0: phone | 5000: laptop", "" },
  { "by message only",
    { ACTIVITY, 5, LATER, OH_QUIET_MESSAGE },
    20,
    "laptop,d phone,u5 xmpp,i irc,i,d",
    "0: xmpp, irc",
    "laptop, phone" },
  { "by message only, who is away",
    { ACTIVITY, 5, LATER, OH_QUIET_MESSAGE },
    20,
    "laptop,d xmpp,i,a",
    "0: xmpp",
    "laptop" },
  { "by message only, of none",
    { ACTIVITY, 5, LATER, OH_QUIET_MESSAGE },
    20,
    "laptop,d phone",
    "",
    "laptop, phone" },
  { "straight to the default",
    { ACTIVITY, 5, LATER, OH_QUIET_DEFAULT },
    20,
    "laptop phone xmpp,i,d",
    "",
    "laptop, phone, xmpp" },
  { "not set anywhere",
    { ACTIVITY, 5, LATER, OH_QUIET_DEFAULT },
    20,
    "laptop xmpp,i",
    "0: laptop, xmpp",
    "" },
  { "set where he is not",
    { ACTIVITY, 5, LATER, OH_QUIET_DEFAULT },
    20,
    "laptop xmpp,i,d,x",
    "0: laptop",
    "xmpp" },
  /* the usual place of this hour */
  { "it goes before its equals",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop xmpp,i,h phone",
    "0: xmpp | 5000: laptop, phone",
    "" },
  { "it alone never waits", { ACTIVITY, 5, LATER, SKIP }, 20, "laptop,h", "0: laptop", "" },
  { "all weak but one of them usual",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "sms,i,w desk,w,h",
    "0: desk | 5000: sms",
    "" },
  { "a usual weak one after strong ones",
    { ACTIVITY, 5, LATER, SKIP },
    30,
    "desk,w,h laptop sms,i,w",
    "0: laptop | 5000: desk | 10000: sms",
    "" },
  { "what was used last goes first",
    { ACTIVITY, 5, LATER, SKIP },
    30,
    "laptop,u30 phone,u200 xmpp,i,h",
    "0: laptop | 5000: xmpp | 10000: phone",
    "" },
  { "used as lately as another",
    { ACTIVITY, 5, LATER, SKIP },
    30,
    "laptop,u30 phone,u60,h xmpp,i",
    "0: phone | 5000: laptop | 10000: xmpp",
    "" },
  { "used before all others",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop phone,u30,h xmpp,i",
    "0: phone | 5000: laptop, xmpp",
    "" },
  { "usual, but away",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop,a,h desk,w xmpp,i,a",
    "0: desk | 5000: laptop, xmpp",
    "" },
  { "usual, but do not disturb",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop,d,h phone desk",
    "0: phone, desk",
    "laptop" },
  { "ranks before what is usual",
    { RANK, 5, LATER, SKIP },
    20,
    "laptop,r2,h xmpp,i,r1",
    "0: xmpp | 5000: laptop",
    "" },
  { "equal ranks, one is usual",
    { RANK, 5, LATER, SKIP },
    20,
    "laptop,r1,h xmpp,i,r1",
    "0: laptop, xmpp",
    "" },
  { "together, usual or not",
    { TOGETHER, 5, LATER, SKIP },
    20,
    "laptop xmpp,i,h",
    "0: laptop, xmpp",
    "" },
  { "by message only, one is usual",
    { ACTIVITY, 5, LATER, OH_QUIET_MESSAGE },
    20,
    "laptop,d xmpp,i irc,i,h",
    "0: xmpp, irc",
    "laptop" },
  { "usual, and gone",
    { ACTIVITY, 5, LATER, SKIP },
    20,
    "laptop,h,x phone xmpp,i",
    "0: phone, xmpp",
    "laptop" },
  /* obstacles */
  { "obstacles",
    { TOGETHER, 5, RING, RING },
    20,
    "laptop,x phone xmpp,i,x,u1",
    "0: phone",
    "laptop, xmpp" },
  /* the last one has half of the time */
  { "a long delay",
    { ACTIVITY, 60, LATER, SKIP },
    20,
    "laptop,u1 desk,w",
    "0: laptop | 10000: desk",
    "" },
  { "little time, many steps",
    { RANK, 5, LATER, SKIP },
    5,
    "a,r1 b,r2 c,r3 d,r4,a",
    "0: a | 833: b | 1666: c | 2499: d",
    "" },
};

static void
set_flag (OhCandidate *candidate, const char *flag)
{
  switch (flag[0])
    {
    case 'i':
      candidate->device_id = NULL;
      break;
    case 'w':
      candidate->weak = TRUE;
      break;
    case 'a':
      candidate->presence = OH_PRESENCE_AWAY;
      break;
    case 'd':
      candidate->presence = OH_PRESENCE_DND;
      break;
    case 'c':
      candidate->presence = OH_PRESENCE_CLOSED;
      break;
    case 'x':
      candidate->obstacle = OH_WHY_OFFLINE;
      break;
    case 'h':
      candidate->usual = 8;
      candidate->usual_of = 10;
      break;
    case '@':
      candidate->address = g_strdup (flag);
      break;
    case 'r':
      candidate->rank = (guint)g_ascii_strtoull (flag + 1, NULL, 10);
      break;
    case 'u':
      candidate->active_us = now_us - g_ascii_strtoll (flag + 1, NULL, 10) * G_TIME_SPAN_SECOND;
      break;
    default:
      g_assert_not_reached ();
    }
}

static GPtrArray *
make_candidates (const char *text)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (oh_candidate_free);
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  for (guint i = 0; words[i] && *words[i]; i++)
    {
      g_auto (GStrv) parts = g_strsplit (words[i], ",", -1);
      OhCandidate *candidate = g_new0 (OhCandidate, 1);

      candidate->name = g_strdup (parts[0]);
      candidate->device_id = candidate->name;
      candidate->identity_id = i + 1;
      for (guint j = 1; parts[j]; j++)
        set_flag (candidate, parts[j]);
      g_ptr_array_add (all, candidate);
    }
  return all;
}

static char *
describe_steps (const OhRingPlan *plan)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < plan->steps->len; i++)
    {
      const OhRingStep *step = plan->steps->pdata[i];

      g_assert_cmpuint (step->devices->len + step->identities->len, >, 0);
      g_string_append_printf (text, "%s%u: %s", i ? " | " : "", step->after_ms, step->names);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The names alone. */
static char *
describe_silent (const OhRingPlan *plan)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; plan->silent->pdata[i]; i++)
    {
      const char *line = plan->silent->pdata[i];

      g_string_append_printf (text, "%s%.*s", i ? ", " : "", (int)strcspn (line, ":"), line);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
check_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];
      g_autoptr (GPtrArray) all = make_candidates (row->candidates);
      g_autoptr (OhRingPlan) plan = oh_ring_plan_new (&row->rules, all, row->ringing_s, now_us);
      g_autofree char *steps = describe_steps (plan);
      g_autofree char *silent = describe_silent (plan);

      g_test_message ("%s: %s", row->what, plan->reason);
      g_assert_cmpstr (steps, ==, row->steps);
      g_assert_cmpstr (silent, ==, row->silent);
      g_assert_cmpuint (plan->rings->len + plan->silent->len, ==, all->len + 2);
    }
}

static void
test_table (void)
{
  check_table ();
  now_us = JUST_STARTED_US; /* what was used before has a negative time */
  check_table ();
  now_us = NOW_US;
}

typedef struct
{
  OhRingRules rules;
  const char *candidates;
  const char *lines; /* all that is said, reason first, "\n" between */
} Words;

static const Words words[] = {
  { { ACTIVITY, 5, LATER, SKIP },
    "laptop,u5 tablet,u400 old,u7200 desk,w xmpp,i irc,i,a sms,i,x tv,d",
    "rings at once laptop, after 5 s tablet, old, desk, xmpp, after 10 s irc\n"
    "at once: laptop, used just now\n"
    "after 5 s: tablet, used 6 min ago\n"
    "after 5 s: old, not used for 2 hours\n"
    "after 5 s: desk, always online, used or not\n"
    "after 5 s: xmpp, online\n"
    "after 10 s: irc, away, and so later\n"
    "sms: offline\n"
    "tv: do not disturb" },
  { { ACTIVITY, 5, LATER, SKIP },
    "laptop xmpp,i,h",
    "rings at once xmpp, after 5 s laptop\n"
    "at once: xmpp, where the user usually answers at this hour (8 of 10)\n"
    "after 5 s: laptop, signed in" },
  { { RANK, 60, SKIP, LATER },
    "laptop,r3 desk xmpp,i,a irc,i,d",
    "rings at once laptop, after 7.5 s desk, after 15 s irc\n"
    "at once: laptop, rank 3\n"
    "after 7.5 s: desk, no rank\n"
    "after 15 s: irc, do not disturb, and so later\n"
    "xmpp: away, and so left out by the user's rule" },
  { { TOGETHER, 5, RING, OH_QUIET_MESSAGE },
    "laptop,d xmpp,i",
    "do not disturb at laptop; rings at once xmpp\n"
    "at once: xmpp, told by message only\n"
    "laptop: do not disturb: told by message only" },
  { { TOGETHER, 5, RING, OH_QUIET_DEFAULT },
    "laptop xmpp,i,d",
    "do not disturb at xmpp; nothing rings\n"
    "laptop: do not disturb: straight to the default option\n"
    "xmpp: do not disturb: straight to the default option" },
  { { ACTIVITY, 5, LATER, SKIP },
    "laptop,d,@ phone,x",
    "no device may ring; laptop: do not disturb\n"
    "laptop: do not disturb\n"
    "phone: offline" },
  { { ACTIVITY, 5, LATER, SKIP },
    "phone,x xmpp,i,x",
    "no device is signed in; xmpp: offline\n"
    "phone: offline\n"
    "xmpp: offline" },
  { { ACTIVITY, 5, LATER, SKIP }, "", "no device is signed in" },
};

static void
test_words (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GPtrArray) all = make_candidates (words[i].candidates);
      g_autoptr (OhRingPlan) plan = oh_ring_plan_new (&words[i].rules, all, 30, NOW_US);
      g_autoptr (GString) said = g_string_new (plan->reason);

      for (guint j = 0; plan->rings->pdata[j]; j++)
        g_string_append_printf (said, "\n%s", (const char *)plan->rings->pdata[j]);
      for (guint j = 0; plan->silent->pdata[j]; j++)
        g_string_append_printf (said, "\n%s", (const char *)plan->silent->pdata[j]);
      g_assert_cmpstr (said->str, ==, words[i].lines);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ring-plan/table", test_table);
  g_test_add_func ("/ring-plan/words", test_words);
  return g_test_run ();
}
