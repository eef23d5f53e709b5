/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-routing"

#include "server/routing/oh-ring-plan.h"

#include "base/oh-clock.h"

#define RECENT_US (10 * 60 * G_TIME_SPAN_SECOND) /* used so lately: he is there */
#define TIE_US (60 * G_TIME_SPAN_SECOND)         /* used about as lately as the last one */

/* Turns; only their order counts. In between: ranks, where there are any. After each turn by activity
 * there is room for who waits there for the usual place. */
enum
{
  TURN_FIRST = 0,
  TURN_OTHERS = OH_RANK_MAX + 1,
  TURN_LATER = TURN_OTHERS + 2
};

void
oh_candidate_free (gpointer data)
{
  OhCandidate *candidate = data;

  g_free (candidate->name);
  g_free (candidate->address);
  g_free (candidate);
}

static void
free_place (gpointer data)
{
  OhRingPlace *place = data;

  g_free (place->label);
  g_free (place->protocol);
  g_free (place);
}

static void
free_step (gpointer data)
{
  OhRingStep *step = data;

  g_ptr_array_unref (step->devices);
  g_array_unref (step->identities);
  g_free (step->names);
  g_free (step);
}

void
oh_ring_plan_free (OhRingPlan *plan)
{
  if (!plan)
    return;
  g_ptr_array_unref (plan->steps);
  g_ptr_array_unref (plan->rings);
  g_ptr_array_unref (plan->silent);
  g_ptr_array_unref (plan->places);
  g_free (plan->reason);
  g_free (plan);
}

/* --- Who --- */

OhRingWhy
oh_ring_rules_why_not (const OhRingRules *rules, OhPresence presence)
{
  if (presence == OH_PRESENCE_CLOSED)
    return OH_WHY_CLOSED;
  if (presence == OH_PRESENCE_DND && rules->dnd >= OH_QUIET_SKIP)
    return OH_WHY_DND;
  if (presence == OH_PRESENCE_AWAY && rules->away == OH_QUIET_SKIP)
    return OH_WHY_AWAY_SKIPPED;
  return OH_WHY_NONE;
}

/* Where do not disturb is set, if that holds for all; else NULL. */
static const OhCandidate *
find_silencer (const OhRingRules *rules, GPtrArray *candidates)
{
  if (rules->dnd < OH_QUIET_MESSAGE)
    return NULL;
  for (guint i = 0; i < candidates->len; i++)
    {
      const OhCandidate *candidate = candidates->pdata[i];

      if (!candidate->obstacle && candidate->presence == OH_PRESENCE_DND)
        return candidate;
    }
  return NULL;
}

static OhRingWhy
why_not (const OhRingRules *rules, const OhCandidate *candidate, gboolean quiet)
{
  if (candidate->obstacle)
    return candidate->obstacle;
  if (quiet && rules->dnd == OH_QUIET_DEFAULT)
    return OH_WHY_DND_DEFAULT;
  if (quiet && candidate->device_id)
    return OH_WHY_DND_MESSAGE;
  if (quiet && candidate->presence == OH_PRESENCE_DND)
    return OH_WHY_NONE;
  return oh_ring_rules_why_not (rules, candidate->presence);
}

/* --- When --- */

typedef struct
{
  const OhRingRules *rules;
  GPtrArray *chosen; /* of OhCandidate */
  gint64 now_us;
  gint64 last_use_us;       /* the latest recent one; 0: none is recent */
  const OhCandidate *usual; /* goes before those that are rated as high; NULL: none does */
  gboolean quiet;
} Judge;

static gboolean
is_later (const Judge *judge, const OhCandidate *candidate)
{
  return !judge->quiet
         && ((candidate->presence == OH_PRESENCE_AWAY && judge->rules->away == OH_QUIET_LATER)
             || (candidate->presence == OH_PRESENCE_DND && judge->rules->dnd == OH_QUIET_LATER));
}

/* Away is what a program says when nobody has used it for a while, whatever it said before. */
static gboolean
is_recent (const Judge *judge, const OhCandidate *candidate)
{
  return candidate->active_us && candidate->presence != OH_PRESENCE_AWAY
         && judge->now_us - candidate->active_us < RECENT_US && !is_later (judge, candidate);
}

static void
find_last_use (Judge *judge)
{
  for (guint i = 0; i < judge->chosen->len; i++)
    {
      const OhCandidate *candidate = judge->chosen->pdata[i];

      if (is_recent (judge, candidate))
        judge->last_use_us = oh_clock_later (judge->last_use_us, candidate->active_us);
    }
}

/* By presence and the user's rules alone. */
static guint
rate (const Judge *judge, const OhCandidate *candidate)
{
  if (is_later (judge, candidate))
    return TURN_LATER;
  if (judge->quiet || judge->rules->order == OH_RING_TOGETHER)
    return TURN_FIRST;
  if (judge->rules->order == OH_RING_BY_RANK)
    return candidate->rank ? candidate->rank : TURN_OTHERS;
  if (judge->last_use_us)
    return is_recent (judge, candidate) && judge->last_use_us - candidate->active_us <= TIE_US
               ? TURN_FIRST
               : TURN_OTHERS;
  return candidate->weak ? TURN_OTHERS : TURN_FIRST;
}

/* The place where the user usually answers at this hour, if there are others that are rated as high. */
static void
find_usual (Judge *judge)
{
  const OhCandidate *usual = NULL;

  for (guint i = 0; i < judge->chosen->len; i++)
    if (((const OhCandidate *)judge->chosen->pdata[i])->usual)
      usual = judge->chosen->pdata[i];
  if (!usual || judge->quiet || judge->rules->order != OH_RING_BY_ACTIVITY
      || is_later (judge, usual))
    return;
  for (guint i = 0; i < judge->chosen->len; i++)
    if (judge->chosen->pdata[i] != usual
        && rate (judge, judge->chosen->pdata[i]) == rate (judge, usual))
      judge->usual = usual;
}

static guint
get_turn (const Judge *judge, const OhCandidate *candidate)
{
  guint turn = rate (judge, candidate);
  gboolean waits = judge->usual && judge->usual != candidate && turn == rate (judge, judge->usual);

  return waits ? turn + 1 : turn;
}

/* --- In words --- */

static OhRingWhy
explain_use (const Judge *judge, const OhCandidate *candidate, guint *number)
{
  *number = (guint)((judge->now_us - candidate->active_us) / (60 * G_TIME_SPAN_SECOND));
  if (is_recent (judge, candidate))
    return OH_WHY_USED;
  if (candidate->presence == OH_PRESENCE_AWAY)
    return OH_WHY_AWAY;
  if (candidate->weak)
    return OH_WHY_WEAK;
  if (!candidate->active_us)
    return candidate->device_id ? OH_WHY_SIGNED_IN : OH_WHY_ONLINE;
  return OH_WHY_UNUSED;
}

static OhRingWhy
explain (const Judge *judge, const OhCandidate *candidate, guint *number)
{
  *number = candidate->rank;
  if (is_later (judge, candidate))
    return candidate->presence == OH_PRESENCE_AWAY ? OH_WHY_AWAY_LATER : OH_WHY_DND_LATER;
  if (judge->quiet)
    return OH_WHY_MESSAGE_ONLY;
  if (judge->rules->order == OH_RING_TOGETHER)
    return OH_WHY_TOGETHER;
  if (judge->rules->order == OH_RING_BY_RANK)
    return candidate->rank ? OH_WHY_RANK : OH_WHY_NO_RANK;
  if (candidate == judge->usual)
    {
      *number = candidate->usual;
      return OH_WHY_USUAL;
    }
  return explain_use (judge, candidate, number);
}

static gboolean
has_number (OhRingWhy why)
{
  return why == OH_WHY_RANK || why == OH_WHY_USED || why == OH_WHY_UNUSED || why == OH_WHY_USUAL;
}

static void
add_place (OhRingPlan *plan, const OhCandidate *one, int step, OhRingWhy why, guint number)
{
  OhRingPlace *place = g_new0 (OhRingPlace, 1);

  place->label = g_strdup (one->label ? one->label : one->name);
  place->protocol = g_strdup (one->protocol);
  place->step = step;
  place->why = why;
  place->number = has_number (why) ? number : 0;
  place->of = why == OH_WHY_USUAL ? one->usual_of : 0;
  g_ptr_array_add (plan->places, place);
}

static char *
describe_time (const OhRingStep *step)
{
  if (step->after_ms == 0)
    return g_strdup ("at once");
  return g_strdup_printf (step->after_ms % 1000 ? "after %.1f s" : "after %.0f s",
                          step->after_ms / 1000.0);
}

static void
tell_ring (OhRingPlan *plan, const Judge *judge, guint n_step, const OhCandidate *one)
{
  guint number = 0;
  OhRingWhy reason = explain (judge, one, &number);
  g_autofree char *when = describe_time (plan->steps->pdata[n_step]);
  g_autofree char *why = reason == OH_WHY_USUAL ? oh_ring_why_dup_usual (number, one->usual_of)
                                                : oh_ring_why_dup_words (reason, number);

  add_place (plan, one, (int)n_step, reason, number);
  g_ptr_array_add (plan->rings,
                   g_strdup_printf ("%s: %s%s%s%s, %s", when, one->name, one->address ? " (" : "",
                                    one->address ? one->address : "", one->address ? ")" : "",
                                    why));
}

/* Devices that are not signed in have no address; there may be many. */
static char *
describe_silence (const OhRingRules *rules, GPtrArray *candidates)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean signed_in = FALSE;

  for (guint i = 0; i < candidates->len; i++)
    {
      const OhCandidate *candidate = candidates->pdata[i];

      if (candidate->device_id && !candidate->address)
        continue;
      signed_in |= candidate->device_id != NULL;
      g_autofree char *why = oh_ring_why_dup_words (why_not (rules, candidate, FALSE), 0);
      g_string_append_printf (text, "; %s: %s", candidate->name, why);
    }
  g_string_prepend (text, signed_in ? "no device may ring" : "no device is signed in");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
describe_plan (OhRingPlan *plan,
               const OhRingRules *rules,
               GPtrArray *candidates,
               const OhCandidate *silencer)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (plan->steps->len == 0 && !silencer)
    return describe_silence (rules, candidates);
  if (silencer)
    g_string_append_printf (text, "do not disturb at %s; ", silencer->name);
  for (guint i = 0; i < plan->steps->len; i++)
    {
      const OhRingStep *step = plan->steps->pdata[i];
      g_autofree char *when = describe_time (step);

      g_string_append_printf (text, "%s%s %s", i ? ", " : "rings ", when, step->names);
    }
  if (plan->steps->len == 0)
    g_string_append (text, "nothing rings");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* --- The plan --- */

static GPtrArray *
choose (OhRingPlan *plan, const OhRingRules *rules, GPtrArray *candidates)
{
  GPtrArray *chosen = g_ptr_array_new ();

  for (guint i = 0; i < candidates->len; i++)
    {
      OhCandidate *candidate = candidates->pdata[i];
      OhRingWhy why = why_not (rules, candidate, plan->quiet);
      g_autofree char *words = oh_ring_why_dup_words (why, 0);

      if (!why)
        {
          g_ptr_array_add (chosen, candidate);
          continue;
        }
      g_ptr_array_add (plan->silent, g_strdup_printf ("%s: %s", candidate->name, words));
      add_place (plan, candidate, -1, why, 0);
    }
  return chosen;
}

static void
add_to_step (OhRingStep *step, const OhCandidate *candidate)
{
  char *names = g_strdup_printf ("%s%s%s", step->names ? step->names : "", step->names ? ", " : "",
                                 candidate->name);

  g_free (step->names);
  step->names = names;
  if (candidate->device_id)
    g_ptr_array_add (step->devices, g_strdup (candidate->device_id));
  else
    g_array_append_val (step->identities, candidate->identity_id);
}

/* One step a turn that anything has. */
static void
make_steps (OhRingPlan *plan, const Judge *judge)
{
  for (guint turn = TURN_FIRST; turn <= TURN_LATER; turn++)
    {
      OhRingStep *step = NULL;

      for (guint i = 0; i < judge->chosen->len; i++)
        {
          const OhCandidate *candidate = judge->chosen->pdata[i];

          if (get_turn (judge, candidate) != turn)
            continue;
          if (!step)
            {
              step = g_new0 (OhRingStep, 1);
              step->devices = g_ptr_array_new_with_free_func (g_free);
              step->identities = g_array_new (FALSE, FALSE, sizeof (gint64));
              g_ptr_array_add (plan->steps, step);
            }
          add_to_step (step, candidate);
        }
    }
}

static void
set_times (OhRingPlan *plan, const OhRingRules *rules, guint ringing_s)
{
  guint delay_ms = rules->next_delay_s * 1000;

  if (plan->steps->len > 1)
    delay_ms = MIN (delay_ms, ringing_s * 1000 / 2 / (plan->steps->len - 1));
  for (guint i = 0; i < plan->steps->len; i++)
    ((OhRingStep *)plan->steps->pdata[i])->after_ms = i * delay_ms;
}

static const OhRingStep *
find_step (const OhRingPlan *plan, const OhCandidate *candidate)
{
  for (guint i = 0; i < plan->steps->len; i++)
    {
      const OhRingStep *step = plan->steps->pdata[i];

      for (guint j = 0; candidate->device_id && j < step->devices->len; j++)
        if (g_str_equal (step->devices->pdata[j], candidate->device_id))
          return step;
      for (guint j = 0; !candidate->device_id && j < step->identities->len; j++)
        if (g_array_index (step->identities, gint64, j) == candidate->identity_id)
          return step;
    }
  g_return_val_if_reached (NULL);
}

OhRingPlan *
oh_ring_plan_new (const OhRingRules *rules, GPtrArray *candidates, guint ringing_s, gint64 now_us)
{
  OhRingPlan *plan = g_new0 (OhRingPlan, 1);
  const OhCandidate *silencer = find_silencer (rules, candidates);
  g_autoptr (GPtrArray) chosen = NULL;
  Judge judge = { .rules = rules, .now_us = now_us };

  plan->steps = g_ptr_array_new_with_free_func (free_step);
  plan->rings = g_ptr_array_new_with_free_func (g_free);
  plan->silent = g_ptr_array_new_with_free_func (g_free);
  plan->places = g_ptr_array_new_with_free_func (free_place);
  plan->quiet = judge.quiet = silencer != NULL;
  judge.chosen = chosen = choose (plan, rules, candidates);
  find_last_use (&judge);
  find_usual (&judge);
  make_steps (plan, &judge);
  set_times (plan, rules, ringing_s);
  for (guint i = 0; i < plan->steps->len; i++)
    for (guint j = 0; j < chosen->len; j++)
      if (find_step (plan, chosen->pdata[j]) == plan->steps->pdata[i])
        tell_ring (plan, &judge, i, chosen->pdata[j]);
  plan->reason = describe_plan (plan, rules, candidates, silencer);
  g_ptr_array_add (plan->rings, NULL);
  g_ptr_array_add (plan->silent, NULL);
  return plan;
}
