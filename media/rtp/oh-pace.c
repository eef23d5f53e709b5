/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-pace.h"

#include <math.h>
#include <string.h>

#define SHORT 0  /* levels */
#define NORMAL 1 /* what is sent before anything is known */

#define MIN_BIT_RATE 6000
#define HEADER_BITS (50 * 8) /* IPv4, UDP, RTP, SRTP's tag */

/* Of the delay's growth: what neither jitter explains nor that a report waits for the packet before it. */
#define GROWTH_MS 70.0f
#define GROWTH_JITTERS 4.0f
#define GROWTH_MAX_MS 170.0f
#define GROWTH_PART 0.2f /* of the round trip */
#define DRAINS 0.85f     /* of what waited at the report before: it gets less by itself */
#define FLOOR_US (30 * G_USEC_PER_SEC)
#define LOST 0.02f /* that goes with grown delay */
#define LOST_MUCH 0.1f

#define UNSURE_US (2 * G_USEC_PER_SEC)
#define SETTLE_US (G_USEC_PER_SEC + G_USEC_PER_SEC / 5) /* before a step is judged */
#define HOLD_US (12 * G_USEC_PER_SEC)
#define CURIOUS_US (4 * G_USEC_PER_SEC) /* after more was tried */
#define MAX_HOLD_US (64 * G_USEC_PER_SEC)

/* One older frame a packet makes 84 kbit/s of 52. Where 52 are too much already, more than this gets lost
 * of 84: what was sent too made it. */
#define MADE 0.35f
#define MADE_SMOOTH 200.0f /* packets */
#define MADE_WEIGHT 0.25f  /* of one report, at most */
#define BLAME 0.04f
#define BLAME_US (120 * G_USEC_PER_SEC)

/* A good path: as in one building. */
#define GOOD_RTT_MS 30.0f
#define GOOD_JITTER_MS 5.0f
#define GOOD_LOSS 0.02f /* one packet of a report may be lost */
#define GOOD_US (3 * G_USEC_PER_SEC)
#define MAX_GOOD_US (60 * G_USEC_PER_SEC)
#define TRY_US (5 * G_USEC_PER_SEC)   /* for the far end to follow with short packets... */
#define VAIN_US (60 * G_USEC_PER_SEC) /* ...which did not: until the next try */

#define MAX_JUMP_MS 2000.0f /* in time stamps: not lag, but another stream */

/* On the wire 80 and, from NORMAL on, 52, 44, 30, 23 and 19 kbit/s. */
static const OhPaceStep levels[] = {
  [SHORT] = { 10, 40000 }, [NORMAL] = { 20, 32000 }, { 20, 24000 }, { 40, 20000 }, { 60, 16000 },
  { 60, 12000 },
};

static const OhPaceStep fixed[] = {
  [OH_QUALITY_BEST] = { 20, 64000 },
  [OH_QUALITY_BALANCED] = { 20, 32000 },
  [OH_QUALITY_SAVE_DATA] = { 60, 16000 },
};

void
oh_pace_init (OhPace *pace, OhQuality quality)
{
  memset (pace, 0, sizeof *pace);
  pace->quality = quality;
  pace->level = NORMAL;
  pace->hold_us = HOLD_US;
  pace->good_wait_us = GOOD_US;
}

void
oh_pace_set_quality (OhPace *pace, OhQuality quality)
{
  pace->quality = quality;
}

void
oh_pace_set_limits (OhPace *pace, const OhPaceLimits *limits)
{
  pace->limits = *limits;
}

void
oh_pace_forget_path (OhPace *pace)
{
  OhPaceLimits limits = pace->limits;

  oh_pace_init (pace, pace->quality);
  pace->limits = limits;
}

/* --- What is measured --- */

static float
floor_add (OhPaceFloor *floor, float value, gint64 now)
{
  if (now >= floor->window_end)
    {
      floor->least = floor->window_end ? floor->coming : value;
      floor->coming = value;
      floor->window_end = now + FLOOR_US;
    }
  floor->least = MIN (floor->least, value);
  floor->coming = MIN (floor->coming, value);
  return value - floor->least;
}

void
oh_pace_hear (OhPace *pace, guint32 end, guint clock, gint64 now)
{
  gint32 ticks = (gint32)(end - pace->heard_end);
  double more = (now - pace->heard_at) / 1000.0 - ticks * 1000.0 / clock;

  if (pace->heard && fabs (more) < MAX_JUMP_MS)
    pace->lag_now += more;
  pace->lag_ms += (pace->lag_now - pace->lag_ms) / 8;
  floor_add (&pace->lag, pace->lag_ms, now);
  pace->heard = TRUE;
  pace->heard_end = end;
  pace->heard_at = now;
}

/* What waits on the way to the far end. The way back is in the round trip too, but what waits there makes
 * the far end's sound late as well. */
static float
measure_queue (OhPace *pace, float rtt_ms, gint64 now)
{
  float both = floor_add (&pace->rtt, rtt_ms, now);
  float back = MAX (pace->lag_now, pace->lag_ms) - pace->lag.least;

  return MAX (both - MAX (back, 0), 0);
}

static float
get_growth_limit (const OhPace *pace, float jitter_ms)
{
  return MIN (GROWTH_MS + GROWTH_JITTERS * jitter_ms, GROWTH_MAX_MS)
         + pace->rtt.least * GROWTH_PART;
}

/* Whether older frames make what they should make good. */
static gboolean
is_loss_made (OhPace *pace, const OhPaceReport *report)
{
  float weight = MIN (report->packets / MADE_SMOOTH, MADE_WEIGHT);

  if (report->copies == 0)
    pace->copied_loss = 0;
  else
    pace->copied_loss += (report->loss - pace->copied_loss) * weight;
  return pace->copied_loss > MADE;
}

/* --- Down and up --- */

static void
move (OhPace *pace, guint level, gint64 now)
{
  pace->level = MIN (level, G_N_ELEMENTS (levels) - 1);
  pace->changed_at = now;
  pace->good_since = 0;
}

static void
step_down (OhPace *pace, gboolean much, gint64 now)
{
  guint level = MAX (pace->level, NORMAL);

  gboolean tried = pace->trying && now - pace->changed_at < pace->hold_us;

  if (!tried && now - pace->changed_at < SETTLE_US + (gint64)pace->rtt.least * 1000)
    return;
  if (tried) /* too much */
    {
      pace->hold_us = MIN (pace->hold_us * 2, MAX_HOLD_US);
      much = FALSE;
    }
  pace->trying = FALSE;
  move (pace, level + (much && level == NORMAL ? 2 : 1), now);
}

static void
step_up (OhPace *pace, gint64 now)
{
  gint64 calm_us = now - MAX (pace->calm_since, pace->changed_at);

  if (pace->level <= NORMAL)
    {
      if (calm_us >= MAX_HOLD_US)
        pace->hold_us = HOLD_US;
      return;
    }
  if (calm_us < pace->hold_us)
    return;
  if (pace->trying) /* the step before held */
    pace->hold_us = MAX (pace->hold_us / 2, HOLD_US);
  pace->trying = TRUE;
  move (pace, pace->level - 1, now);
}

/* --- Short packets --- */

static gboolean
is_good (OhPace *pace, const OhPaceReport *report)
{
  return pace->rtt.window_end && pace->rtt.least + pace->queue_ms <= GOOD_RTT_MS && !pace->grown
         && report->jitter_ms <= GOOD_JITTER_MS && report->loss < GOOD_LOSS;
}

/* A packet's length that the codec knows, @ptime or more, within both limits; the upper one counts. */
static guint
fit_ptime (const OhPaceLimits *limits, guint ptime)
{
  static const guint known[] = { 10, 20, 40, 60 };
  guint at = 0;

  while (at < G_N_ELEMENTS (known) - 1 && (known[at] < ptime || known[at] < limits->min_ptime))
    at++;
  while (at > 0 && limits->max_ptime && known[at] > limits->max_ptime)
    at--;
  return known[at];
}

/* They serve a listener only where nobody on the way puts them together again (docs/architecture.md):
 * that the far end, too, sends them is the sign of it. */
static void
choose_short (OhPace *pace, const OhPaceReport *report, gint64 now)
{
  const OhPaceLimits *limits = &pace->limits;
  guint ptime = levels[SHORT].ptime;
  gboolean follows = report->heard_ptime > 0 && report->heard_ptime <= ptime;

  if (pace->level > NORMAL || !is_good (pace, report) || fit_ptime (limits, ptime) != ptime)
    {
      pace->good_since = 0;
      if (pace->level != SHORT)
        return;
      pace->good_wait_us = MIN (pace->good_wait_us * 2, MAX_GOOD_US);
      move (pace, NORMAL, now);
      return;
    }
  if (pace->good_since == 0)
    pace->good_since = now;
  if (pace->level == SHORT)
    {
      if (report->heard_ptime == 0 || follows || now - pace->changed_at < TRY_US)
        return;
      pace->vain_until = now + VAIN_US;
      move (pace, NORMAL, now);
    }
  else if ((follows || now >= pace->vain_until) && now - pace->good_since >= pace->good_wait_us)
    move (pace, SHORT, now);
}

/* More was tried a moment ago. */
static gboolean
is_trial (const OhPace *pace, gint64 now)
{
  return pace->trying && now - pace->changed_at < CURIOUS_US;
}

/* By the newest round trip: what waits is more than jitter makes, for the second time or by far, and does
 * not get less by itself. */
static gboolean
is_growth (OhPace *pace, const OhPaceReport *report, gint64 now, gboolean *much)
{
  float before = pace->queue_ms, limit;
  gboolean grew = pace->grown;

  if (report->rtt_ms < 0)
    return FALSE;
  pace->queue_ms = measure_queue (pace, report->rtt_ms, now);
  limit = get_growth_limit (pace, report->jitter_ms);
  pace->grown = pace->queue_ms > limit;
  *much = pace->queue_ms > 2 * limit || report->loss >= LOST_MUCH;
  return pace->grown && (grew || *much || report->loss >= LOST || is_trial (pace, now))
         && pace->queue_ms > before * DRAINS;
}

/* Loss is told before the delay that came with it, since that needs a report of ours to come back. */
static gboolean
is_unsure (OhPace *pace, const OhPaceReport *report, gint64 now)
{
  if (report->rtt_ms >= 0)
    pace->unsure_since = 0;
  if (report->rtt_ms >= 0 || !pace->rtt.window_end || report->copies > 0 || report->loss < LOST)
    return FALSE;
  if (pace->unsure_since == 0)
    pace->unsure_since = now;
  return now - pace->unsure_since < UNSURE_US;
}

void
oh_pace_report (OhPace *pace, const OhPaceReport *report, gint64 now)
{
  gboolean much = FALSE, congested = is_growth (pace, report, now, &much);

  pace->unsure = is_unsure (pace, report, now);
  if (is_loss_made (pace, report))
    {
      pace->blame_until = now + BLAME_US;
      much = TRUE;
    }
  if (now < pace->blame_until && report->loss >= BLAME)
    congested = TRUE;
  if (congested || pace->grown)
    pace->calm_since = now;
  if (congested)
    step_down (pace, much, now);
  else if (!pace->grown)
    step_up (pace, now);
  choose_short (pace, report, now);
}

/* --- What is sent --- */

/* Nothing speaks for another length than what was agreed on. */
static gboolean
is_plain (const OhPace *pace)
{
  return pace->quality == OH_QUALITY_AUTOMATIC ? pace->level == NORMAL
                                               : pace->quality != OH_QUALITY_SAVE_DATA;
}

OhPaceStep
oh_pace_get (const OhPace *pace)
{
  const OhPaceLimits *limits = &pace->limits;
  gboolean automatic = pace->quality == OH_QUALITY_AUTOMATIC;
  OhPaceStep step = automatic ? levels[pace->level] : fixed[pace->quality];

  if (is_plain (pace) && limits->ptime)
    step.ptime = limits->ptime;
  else if (!automatic || pace->level != SHORT)
    step.ptime = MAX (step.ptime, limits->ptime);
  step.ptime = fit_ptime (limits, step.ptime);
  if (limits->bit_rate)
    step.bit_rate = MIN (step.bit_rate, limits->bit_rate);
  if (limits->total)
    {
      guint headers = HEADER_BITS * 1000 / step.ptime;

      step.bit_rate = MIN (step.bit_rate, limits->total > headers ? limits->total - headers : 0);
    }
  step.bit_rate = MAX (step.bit_rate, MIN_BIT_RATE);
  return step;
}

gboolean
oh_pace_is_curious (const OhPace *pace, gint64 now)
{
  return pace->unsure || is_trial (pace, now);
}

gboolean
oh_pace_hears_growth (const OhPace *pace)
{
  return MAX (pace->lag_now, pace->lag_ms) - pace->lag.least > GROWTH_MS;
}

gboolean
oh_pace_is_congested (const OhPace *pace)
{
  return pace->level > NORMAL;
}

gboolean
oh_pace_is_limited (const OhPace *pace)
{
  guint bit_rate = pace->limits.bit_rate;

  return (pace->quality == OH_QUALITY_AUTOMATIC && oh_pace_is_congested (pace))
         || (bit_rate > 0 && bit_rate < levels[NORMAL].bit_rate);
}

gboolean
oh_pace_allows_copies (const OhPace *pace)
{
  return !oh_pace_is_congested (pace) && !pace->unsure && pace->quality != OH_QUALITY_SAVE_DATA;
}
