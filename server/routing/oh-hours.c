/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-routing"

#include "server/routing/oh-hours.h"

#include <math.h>

#define DAY_HOURS 24
#define WEEK_S (7.0 * 24 * 3600)
#define HALF_LIFE_WEEKS 3
#define BESIDE 0.5 /* what an answer counts in the hours beside its own */
#define MIN_ANSWERS 3
#define MIN_WEIGHT 1.5 /* three answers of three weeks ago */
#define MIN_SHARE 0.6

G_STATIC_ASSERT (OH_HOURS_SLOTS == 2 * DAY_HOURS);

void
oh_hours_free (OhHours *hours)
{
  g_array_unref (hours->places);
  g_free (hours);
}

/* The slot @by hours from @slot, on days of the same kind. */
static guint
get_beside (guint slot, guint by)
{
  return slot / DAY_HOURS * DAY_HOURS + (slot + by) % DAY_HOURS;
}

/* --- Learning --- */

static OhHoursPlace *
add_place (OhHours *hours, const OhDevice *device, const OhImIdentity *identity)
{
  OhHoursPlace place = { .device = device, .identity = identity };

  g_array_append_val (hours->places, place);
  return &g_array_index (hours->places, OhHoursPlace, hours->places->len - 1);
}

static gboolean
is_at (const OhHoursPlace *place, const OhAnswer *answer)
{
  return place->identity ? !answer->device_id && place->identity->id == answer->identity_id
                         : g_strcmp0 (place->device->id, answer->device_id) == 0;
}

/* NULL: that place is not the user's any more. */
static OhHoursPlace *
find_place (OhHours *hours, const OhUser *user, const OhAnswer *answer)
{
  for (guint i = 0; i < hours->places->len; i++)
    if (is_at (&g_array_index (hours->places, OhHoursPlace, i), answer))
      return &g_array_index (hours->places, OhHoursPlace, i);
  for (guint i = 0; i < user->devices->len; i++)
    if (g_strcmp0 (((const OhDevice *)user->devices->pdata[i])->id, answer->device_id) == 0)
      return add_place (hours, user->devices->pdata[i], NULL);
  for (guint i = 0; !answer->device_id && i < user->identities->len; i++)
    if (((const OhImIdentity *)user->identities->pdata[i])->id == answer->identity_id)
      return add_place (hours, NULL, user->identities->pdata[i]);
  return NULL;
}

OhHours *
oh_hours_learn (const GArray *answers, const OhUser *user, gint64 now_s)
{
  OhHours *hours = g_new0 (OhHours, 1);

  hours->places = g_array_new (FALSE, TRUE, sizeof (OhHoursPlace));
  for (guint i = 0; answers && i < answers->len; i++)
    {
      const OhAnswer *answer = &g_array_index (answers, OhAnswer, i);
      double weeks = MAX (0,
                          (double)(now_s - answer->time_s) / WEEK_S); /* somebody set the clock */
      OhHoursPlace *place = weeks < OH_ANSWERS_WEEKS ? find_place (hours, user, answer) : NULL;

      if (!place)
        continue;
      place->counts[answer->slot]++;
      place->weights[answer->slot] += exp2 (-weeks / HALF_LIFE_WEEKS);
      hours->n_answers++;
    }
  return hours;
}

/* --- Rating --- */

/* Of the slots from @from to @to, and the one before and after. */
static guint
count_around (const OhHoursPlace *place, guint from, guint to)
{
  guint hours = to - from + 1, count = 0;

  for (guint slot = from; slot <= to; slot++)
    count += place->counts[slot];
  if (hours < DAY_HOURS)
    count += place->counts[get_beside (from, DAY_HOURS - 1)];
  if (hours + 1 < DAY_HOURS)
    count += place->counts[get_beside (to, 1)];
  return count;
}

static double
weigh (const OhHoursPlace *place, guint slot)
{
  return place->weights[slot]
         + BESIDE
               * (place->weights[get_beside (slot, 1)]
                  + place->weights[get_beside (slot, DAY_HOURS - 1)]);
}

static void
count_answers (const OhHours *hours, guint from, guint to, OhUsual *usual)
{
  usual->answered = count_around (usual->place, from, to);
  usual->of = 0;
  for (guint i = 0; i < hours->places->len; i++)
    usual->of += count_around (&g_array_index (hours->places, OhHoursPlace, i), from, to);
}

gboolean
oh_hours_find_usual (const OhHours *hours, guint slot, OhUsual *usual)
{
  double most = 0, all = 0;

  *usual = (OhUsual){ 0 };
  for (guint i = 0; i < hours->places->len; i++)
    {
      const OhHoursPlace *place = &g_array_index (hours->places, OhHoursPlace, i);
      double weight = weigh (place, slot);

      all += weight;
      if (weight <= most)
        continue;
      most = weight;
      usual->place = place;
    }
  if (!usual->place)
    return FALSE;
  count_answers (hours, slot, slot, usual);
  return usual->answered >= MIN_ANSWERS && most >= MIN_WEIGHT && most >= MIN_SHARE * all;
}

GArray *
oh_hours_list_spans (const OhHours *hours)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (OhHoursSpan));
  OhHoursSpan *last = NULL;

  for (guint slot = 0; slot < OH_HOURS_SLOTS; slot++)
    {
      OhHoursSpan span = { .weekend = slot >= DAY_HOURS, .from = slot % DAY_HOURS };

      if (!oh_hours_find_usual (hours, slot, &span.usual))
        {
          last = NULL;
          continue;
        }
      if (!last || last->weekend != span.weekend || last->usual.place != span.usual.place)
        {
          g_array_append_val (spans, span);
          last = &g_array_index (spans, OhHoursSpan, spans->len - 1);
        }
      last->to = span.from + 1;
      count_answers (hours, slot + last->from - span.from, slot, &last->usual);
    }
  return spans;
}
