/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-canceller.h"

#include "media/filter/oh-delay.h"
#include "media/filter/oh-drift.h"
#include "media/filter/oh-kalman.h"
#include "media/filter/oh-past.h"
#include "media/filter/oh-place.h"

#include <math.h>
#include <string.h>

#define RATE OH_CANCELLER_RATE
#define BLOCK OH_CANCELLER_BLOCK
#define ROOM OH_SPECTRUM_ROOM
#define LEAD (RATE / 125) /* 8 ms: the reference comes so much before the echo */
#define LATEST                                                                                     \
  (RATE * 60 / 1000)         /* an echo so much behind the reference still fits the filter well */
#define LOOK_BACK 150        /* blocks that are learnt from once more */
#define LOOK_BACK_CHANGED 20 /* the same where the path has just changed */
#define DRIFT_SPEED 8        /* blocks of the past a block, where only the drift is measured */
#define LEARN_SPEED 6        /* where the filter learns */
#define TRIAL 15      /* blocks with sound, in which it must do better before it takes over */
#define BETTER 0.6f   /* by so much, in energy that is left */
#define TRIAL_MOVED 4 /* the same when the echo comes at another time than the filter's */
#define BETTER_MOVED 0.9f
#define ELSEWHERE 48 /* samples by which that is so */
#define FEAR 15      /* blocks for which more of it is feared then */
#define PATIENCE 40  /* blocks between two trials of a better place */
#define POOR 0.1f    /* of the energy that is left, though an echo was found: the path is another */
#define CALM 0.05f   /* of it: the echo is where it was found, and is looked for... */
#define LOOK 30      /* ...for so many blocks... */
#define REST 270     /* ...in between so many in which it is not */
#define WORSE 1.2f   /* the same where there is none */
#define KEPT 0.95f   /* of these energies, from block to block */
#define LOUD 1.0e4f  /* mean square of a block with sound (-50 dBFS) */
#define HEARD 1.0e3f /* mean square (-60 dBFS) of a block that is to be heard */
#define CHANGED 15   /* ppm that are worth to go through the past again */
#define DOUBT 40     /* blocks with sound at the start, in which an echo must be feared */
#define FEARED 0.5f  /* of the loudspeaker's power, until an echo was found */

typedef enum
{
  IDLE,
  MEASURING, /* the drift measurer is behind and catches up */
  LEARNING,  /* the second filter is behind and catches up */
  TRYING     /* it has caught up */
} Stage;

typedef struct
{
  OhKalman *kalman;
  double held;    /* samples that its reference is held back behind the place */
  gboolean found; /* an echo was found there; else it has nothing to learn */
} Branch;

/*   far -> past -> from the place on, resampled by the drift, held back by the delay --+
 *   near -------------------------------------------------------------------> Kalman filter
 *
 * When the delay is found, or the drift, or another path, what was heard of late is gone through once
 * more by a second filter, several blocks in one, that takes over when it does better. So it has
 * learnt in some tenths of a second what else would take twice as long. */
struct _OhCanceller
{
  OhPast *past;
  OhPlace place;
  OhDelay *delay;
  OhDrift *drift;
  Branch used, other;
  double ppm; /* samples a million by which the delays grow */

  Stage stage;
  gint64 at;                  /* next sample to be gone through once more */
  double measured_ppm;        /* known when the last measuring of the past began */
  guint tried;                /* blocks */
  guint trial;                /* blocks that it takes */
  float better;               /* of the energy: what it may leave to take over */
  float energy, other_energy; /* left in these */
  guint patience;             /* blocks until another may be tried */
  guint calm;                 /* blocks of LOOK and REST */
  float before, after;        /* energies of late while the loudspeaker was heard */
  guint doubt, fear;          /* blocks with sound left of DOUBT, FEAR */
  gint64 since;               /* sample since which the path may be the one that it is now */
  float rest[ROOM];           /* expected while there is doubt */
};

OhCanceller *
oh_canceller_new (void)
{
  OhCanceller *canceller = g_new0 (OhCanceller, 1);

  canceller->past = oh_past_new ();
  canceller->delay = oh_delay_new ();
  canceller->drift = oh_drift_new ();
  canceller->used.kalman = oh_kalman_new ();
  canceller->other.kalman = oh_kalman_new ();
  oh_canceller_reset (canceller);
  return canceller;
}

void
oh_canceller_free (OhCanceller *canceller)
{
  if (!canceller)
    return;
  oh_past_free (canceller->past);
  oh_delay_free (canceller->delay);
  oh_drift_free (canceller->drift);
  oh_kalman_free (canceller->used.kalman);
  oh_kalman_free (canceller->other.kalman);
  g_free (canceller);
}

/* No echo is known of. */
static void
forget_path (OhCanceller *canceller)
{
  static const float nothing[ROOM];

  oh_kalman_begin (canceller->used.kalman, nothing);
  canceller->used.held = 0;
  canceller->used.found = FALSE;
  canceller->before = canceller->after = 0;
}

void
oh_canceller_reset (OhCanceller *canceller)
{
  oh_canceller_restart (canceller);
  forget_path (canceller);
}

void
oh_canceller_restart (OhCanceller *canceller)
{
  oh_delay_reset (canceller->delay);
  oh_drift_reset (canceller->drift);
  canceller->place = (OhPlace){ 0 };
  canceller->ppm = canceller->measured_ppm = 0;
  canceller->stage = IDLE;
  canceller->patience = canceller->fear = canceller->calm = 0;
  canceller->before = canceller->after = 0;
  canceller->doubt = DOUBT;
  canceller->since = oh_past_get_near_length (canceller->past);
}

/* What the loudspeaker gave of what is heard in the block at @at; in the past by what is known now. */
static void
get_reference (OhCanceller *canceller, const Branch *branch, gint64 at, gint16 *block)
{
  double since = oh_past_get_near_length (canceller->past) - BLOCK - at;
  double step = 1 - canceller->ppm * 1e-6;

  oh_past_get_far (canceller->past, canceller->place.at - branch->held - since * step, step, block);
}

static float
get_energy (const gint16 *samples)
{
  float sum = 0;

  for (guint i = 0; i < BLOCK; i++)
    sum += (float)samples[i] * samples[i];
  return sum;
}

static float
get_energy_left (const float *samples)
{
  float sum = 0;

  for (guint i = 0; i < BLOCK; i++)
    sum += samples[i] * samples[i];
  return sum;
}

/* --- the past once more --- */

static gint64
get_start (OhCanceller *canceller, guint blocks)
{
  return MAX (oh_past_get_near_length (canceller->past) - blocks * BLOCK, canceller->since);
}

static void
begin_measuring (OhCanceller *canceller)
{
  oh_drift_restart (canceller->drift);
  canceller->measured_ppm = canceller->ppm;
  canceller->at = get_start (canceller, LOOK_BACK);
  canceller->stage = MEASURING;
}

static void
begin_learning (OhCanceller *canceller, guint blocks, gboolean moved)
{
  float gain[ROOM];

  oh_delay_get_gain (canceller->delay, gain);
  oh_kalman_begin (canceller->other.kalman, gain);
  canceller->other.found = TRUE;
  canceller->at = get_start (canceller, blocks);
  canceller->stage = LEARNING;
  canceller->trial = moved ? TRIAL_MOVED : TRIAL;
  canceller->better = moved ? BETTER_MOVED : BETTER;
  canceller->tried = 0;
  canceller->energy = canceller->other_energy = 0;
}

static void
measure (OhCanceller *canceller, const Branch *branch, gint64 at)
{
  gint16 near[BLOCK], reference[BLOCK];

  oh_past_get_near (canceller->past, at, near);
  get_reference (canceller, branch, at, reference);
  oh_drift_process (canceller->drift, near, reference, BLOCK * canceller->ppm * 1e-6);
}

/* @near, @reference: the newest block, as the filter in use has it; the other has another reference. */
static void
measure_now (OhCanceller *canceller, const gint16 *near, const gint16 *reference, gint64 now)
{
  if (canceller->stage == IDLE)
    oh_drift_process (canceller->drift, near, reference, BLOCK * canceller->ppm * 1e-6);
  else
    measure (canceller, &canceller->other, now);
}

/* The drift is taken over as it is known, for the past and for the future. What was measured while
 * it was far off is smeared, and worth a second look. */
static gboolean
take_drift (OhCanceller *canceller)
{
  canceller->ppm = oh_drift_get_ppm (canceller->drift);
  if (fabs (canceller->ppm - canceller->measured_ppm) <= CHANGED)
    return FALSE;
  if (canceller->stage == IDLE)
    canceller->other.held = canceller->used.held;
  begin_measuring (canceller);
  return TRUE;
}

static void
measure_past (OhCanceller *canceller)
{
  for (guint i = 0; i < DRIFT_SPEED; i++, canceller->at += BLOCK)
    {
      if (canceller->at == oh_past_get_near_length (canceller->past))
        {
          if (!take_drift (canceller))
            begin_learning (canceller, LOOK_BACK, FALSE);
          return;
        }
      measure (canceller, &canceller->other, canceller->at);
    }
}

static void
learn_past (OhCanceller *canceller)
{
  gint16 near[BLOCK], reference[BLOCK];
  float clean[BLOCK];

  for (guint i = 0; i < LEARN_SPEED; i++, canceller->at += BLOCK)
    {
      if (canceller->at == oh_past_get_near_length (canceller->past))
        {
          canceller->stage = TRYING;
          return;
        }
      oh_past_get_near (canceller->past, canceller->at, near);
      get_reference (canceller, &canceller->other, canceller->at, reference);
      oh_kalman_process (canceller->other.kalman, near, reference, clean);
    }
}

static void
try_other (OhCanceller *canceller, gint64 now, const gint16 *near, float *clean)
{
  gint16 reference[BLOCK];
  float other[BLOCK];
  Branch used = canceller->used;

  get_reference (canceller, &canceller->other, now, reference);
  oh_kalman_process (canceller->other.kalman, near, reference, other);
  if (get_energy (reference) < LOUD * BLOCK)
    return;
  canceller->energy += get_energy_left (clean);
  canceller->other_energy += get_energy_left (other);
  if (++canceller->tried < canceller->trial)
    return;
  canceller->stage = IDLE;
  if (canceller->other_energy > canceller->better * canceller->energy)
    {
      if (canceller->other.held != canceller->used.held)
        oh_drift_restart (canceller->drift); /* it went by the other's delay */
      return;
    }
  canceller->used = canceller->other;
  canceller->other = used;
  canceller->before = canceller->after = 0;
  canceller->fear = 0;
  memcpy (clean, other, sizeof other);
}

/* --- now --- */

static void
find_place (OhCanceller *canceller, gsize behind)
{
  if (!oh_place_move (&canceller->place, oh_past_get_far_length (canceller->past), behind,
                      canceller->used.held, canceller->ppm))
    return;
  oh_delay_reset (canceller->delay);
  oh_drift_restart (canceller->drift);
  canceller->stage = IDLE;
}

static gboolean
is_elsewhere (const Branch *branch, double found)
{
  return !branch->found || fabs (found - LEAD - branch->held) > ELSEWHERE;
}

/* An echo was found: one where the filter has nothing, or that it leaves though it should not, is
 * learnt anew. */
static void
judge_find (OhCanceller *canceller, double found)
{
  Branch *used = &canceller->used;
  gboolean poor = !used->found || canceller->after > POOR * canceller->before;
  gboolean lost = !used->found || found < used->held || found > used->held + LATEST;
  gboolean moved = is_elsewhere (used, found) && (poor || lost);

  if (canceller->stage == IDLE ? canceller->patience > 0 && !moved
                               : !moved || !is_elsewhere (&canceller->other, found))
    return;
  if (!poor && !moved)
    return;
  canceller->other.held = moved ? MAX (found - LEAD, 0) : used->held;
  canceller->patience = PATIENCE;
  if (moved && used->found)
    {
      oh_drift_restart (canceller->drift);
      canceller->fear = FEAR;
    }
  begin_learning (canceller, used->found ? LOOK_BACK_CHANGED : LOOK_BACK, moved);
}

/* To look for what is known is a third of the canceller's work. It is worth that as soon as the filter
 * leaves more than it should; else now and then, because clocks drift. */
static gboolean
may_rest (OhCanceller *canceller)
{
  if (canceller->stage != IDLE || !canceller->used.found
      || canceller->after >= CALM * canceller->before)
    canceller->calm = 0;
  else
    canceller->calm = (canceller->calm + 1) % (LOOK + REST);
  return canceller->calm > LOOK;
}

static void
follow_delay (OhCanceller *canceller, const gint16 *near)
{
  gint16 far[BLOCK];

  oh_past_get_far (canceller->past, floor (canceller->place.at), 1, far);
  if (canceller->patience > 0)
    canceller->patience--;
  if (may_rest (canceller))
    oh_delay_pause (canceller->delay, near, far);
  else if (oh_delay_process (canceller->delay, near, far))
    judge_find (canceller, oh_delay_get (canceller->delay));
}

/* How well the filter does while it has something to do. One that makes it worse has an echo that is
 * no more: a headset was put on. */
static void
judge_filter (OhCanceller *canceller,
              const gint16 *reference,
              const gint16 *near,
              const float *clean)
{
  if (get_energy (reference) < LOUD * BLOCK)
    return;
  canceller->before = KEPT * canceller->before + get_energy (near);
  canceller->after = KEPT * canceller->after + get_energy_left (clean);
  if (canceller->doubt > 0)
    canceller->doubt--;
  if (canceller->fear > 0)
    canceller->fear--;
  if (!canceller->used.found || canceller->after < WORSE * canceller->before)
    return;
  forget_path (canceller);
  canceller->fear = FEAR;
  canceller->since = get_start (canceller, LOOK_BACK_CHANGED);
}

void
oh_canceller_play (OhCanceller *canceller, const gint16 *far)
{
  oh_past_put_far (canceller->past, far);
}

gboolean
oh_canceller_process (OhCanceller *canceller, const gint16 *near, gsize behind, float *clean)
{
  gint64 now = oh_past_get_near_length (canceller->past);
  gint16 reference[BLOCK];

  oh_past_put_near (canceller->past, near);
  find_place (canceller, behind);
  get_reference (canceller, &canceller->used, now, reference);
  oh_kalman_process (canceller->used.kalman, near, reference, clean);
  judge_filter (canceller, reference, near, clean);
  follow_delay (canceller, near);

  if (canceller->stage == MEASURING)
    measure_past (canceller);
  else
    {
      measure_now (canceller, near, reference, now);
      if (canceller->stage == LEARNING)
        learn_past (canceller);
      else if (canceller->stage == TRYING)
        try_other (canceller, now, near, clean);
      take_drift (canceller);
    }
  return get_energy (reference) > HEARD * BLOCK;
}

const float *
oh_canceller_get_echo (OhCanceller *canceller)
{
  return oh_kalman_get_echo (canceller->used.kalman);
}

/* Before an echo was found there may be one: for the first words it is feared, not longer, for who has
 * no echo is to be heard. */
const float *
oh_canceller_get_rest (OhCanceller *canceller)
{
  if (canceller->fear == 0 && (canceller->used.found || canceller->doubt == 0))
    return oh_kalman_get_rest (canceller->used.kalman);
  oh_kalman_get_loudest (canceller->used.kalman, canceller->rest);
  for (guint k = 0; k < ROOM; k++)
    canceller->rest[k] *= FEARED;
  return canceller->rest;
}

gboolean
oh_canceller_has_echo (OhCanceller *canceller)
{
  return canceller->used.found;
}

double
oh_canceller_get_drift_ppm (OhCanceller *canceller)
{
  return canceller->ppm;
}
