/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-canceller.h"

#include "media/filter/oh-delay.h"
#include "media/filter/oh-drift.h"
#include "media/filter/oh-past.h"
#include "media/filter/oh-place.h"

#include <math.h>
#include <string.h>

#define RATE OH_CANCELLER_RATE
#define BLOCK OH_CANCELLER_BLOCK
#define TAIL (RATE / 5) /* 200 ms of room; shorter leaves more of it, longer learns slower */
#define LOOK_BACK (RATE * 3 / 2) /* samples that are learnt from once more */
#define DRIFT_SPEED 8            /* blocks of the past a block, where only the drift is measured */
#define LEARN_SPEED 4            /* where the canceller learns */
#define TRIAL 20     /* blocks with sound, in which it must do better before it takes over */
#define BETTER 0.9f  /* by so much, in energy that is left */
#define LOUD 1.0e4f  /* mean square of a block with sound (-50 dBFS) */
#define HEARD 1.0e3f /* mean square (-60 dBFS) of a block that is to be heard */
#define CHANGED 15   /* ppm that are worth to go through the past again */

typedef enum
{
  IDLE,
  MEASURING, /* the drift measurer is behind and catches up */
  LEARNING,  /* the second canceller is behind and catches up */
  TRYING     /* it has caught up */
} Stage;

typedef struct
{
  SpeexEchoState *speex;
  double held; /* samples that its reference is held back behind the place */
} Branch;

/*   far -> past -> from the place on, resampled by the drift, held back by the delay --+
 *   near ----------------------------------------------------------------> speex echo canceller
 *
 * When the delay is found, or the drift, what was heard of late is gone through once more: first for
 * the drift, then by a second canceller, several blocks in one, that takes over when it does better.
 * So it has learnt by the end of a second or two what else would take twice as long. */
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
  float energy, other_energy; /* left in these */
};

static void
init_branch (Branch *branch)
{
  spx_int32_t rate = RATE;

  branch->speex = speex_echo_state_init (BLOCK, TAIL);
  speex_echo_ctl (branch->speex, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
}

OhCanceller *
oh_canceller_new (void)
{
  OhCanceller *canceller = g_new0 (OhCanceller, 1);

  canceller->past = oh_past_new ();
  canceller->delay = oh_delay_new ();
  canceller->drift = oh_drift_new ();
  init_branch (&canceller->used);
  init_branch (&canceller->other);
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
  speex_echo_state_destroy (canceller->used.speex);
  speex_echo_state_destroy (canceller->other.speex);
  g_free (canceller);
}

void
oh_canceller_reset (OhCanceller *canceller)
{
  oh_canceller_restart (canceller);
  speex_echo_state_reset (canceller->used.speex);
  canceller->used.held = canceller->other.held = 0;
}

void
oh_canceller_restart (OhCanceller *canceller)
{
  oh_delay_reset (canceller->delay);
  oh_drift_reset (canceller->drift);
  canceller->place = (OhPlace){ 0 };
  canceller->ppm = canceller->measured_ppm = 0;
  canceller->stage = IDLE;
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
energy (const gint16 *samples)
{
  float sum = 0;

  for (guint i = 0; i < BLOCK; i++)
    sum += (float)samples[i] * samples[i];
  return sum;
}

/* --- the past once more --- */

static gint64
get_start (OhCanceller *canceller)
{
  gint64 length = oh_past_get_near_length (canceller->past);

  return MAX (length - LOOK_BACK / BLOCK * BLOCK, 0);
}

static void
begin_measuring (OhCanceller *canceller)
{
  oh_drift_restart (canceller->drift);
  canceller->measured_ppm = canceller->ppm;
  canceller->at = get_start (canceller);
  canceller->stage = MEASURING;
}

static void
begin_learning (OhCanceller *canceller)
{
  speex_echo_state_reset (canceller->other.speex);
  canceller->at = get_start (canceller);
  canceller->stage = LEARNING;
}

static void
measure (OhCanceller *canceller, const Branch *branch, gint64 at)
{
  gint16 near[BLOCK], reference[BLOCK];

  oh_past_get_near (canceller->past, at, near);
  get_reference (canceller, branch, at, reference);
  oh_drift_process (canceller->drift, near, reference, BLOCK * canceller->ppm * 1e-6);
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
            begin_learning (canceller);
          return;
        }
      measure (canceller, &canceller->other, canceller->at);
    }
}

static void
learn_past (OhCanceller *canceller)
{
  gint16 near[BLOCK], reference[BLOCK], clean[BLOCK];

  for (guint i = 0; i < LEARN_SPEED; i++, canceller->at += BLOCK)
    {
      if (canceller->at == oh_past_get_near_length (canceller->past))
        {
          canceller->stage = TRYING;
          canceller->tried = canceller->energy = canceller->other_energy = 0;
          return;
        }
      oh_past_get_near (canceller->past, canceller->at, near);
      get_reference (canceller, &canceller->other, canceller->at, reference);
      speex_echo_cancellation (canceller->other.speex, near, reference, clean);
    }
}

static void
try_other (OhCanceller *canceller, gint64 now, const gint16 *near, gint16 *clean)
{
  gint16 reference[BLOCK], other[BLOCK];
  Branch used = canceller->used;

  get_reference (canceller, &canceller->other, now, reference);
  speex_echo_cancellation (canceller->other.speex, near, reference, other);
  if (energy (reference) < LOUD * BLOCK)
    return;
  canceller->energy += energy (clean);
  canceller->other_energy += energy (other);
  if (++canceller->tried < TRIAL)
    return;
  canceller->stage = IDLE;
  if (canceller->other_energy > BETTER * canceller->energy)
    {
      if (canceller->other.held != canceller->used.held)
        oh_drift_restart (canceller->drift); /* it went by the other's delay */
      return;
    }
  canceller->used = canceller->other;
  canceller->other = used;
  memcpy (clean, other, sizeof other);
}

/* --- now --- */

static void
find_place (OhCanceller *canceller, gsize behind)
{
  if (!oh_place_move (&canceller->place, oh_past_get_far_length (canceller->past), behind,
                      canceller->used.held, canceller->ppm))
    return;
  oh_delay_restart (canceller->delay);
  oh_drift_restart (canceller->drift);
  canceller->stage = IDLE;
}

static void
follow_delay (OhCanceller *canceller, const gint16 *near)
{
  gint16 far[BLOCK];

  oh_past_get_far (canceller->past, floor (canceller->place.at), 1, far);
  if (!oh_delay_process (canceller->delay, near, far, canceller->used.held))
    return;
  canceller->other.held = oh_delay_get (canceller->delay);
  begin_measuring (canceller);
}

void
oh_canceller_play (OhCanceller *canceller, const gint16 *far)
{
  oh_past_put_far (canceller->past, far);
}

gboolean
oh_canceller_process (OhCanceller *canceller, gint16 *near, gsize behind)
{
  gint64 now = oh_past_get_near_length (canceller->past);
  gint16 reference[BLOCK], clean[BLOCK];

  oh_past_put_near (canceller->past, near);
  find_place (canceller, behind);
  follow_delay (canceller, near);
  get_reference (canceller, &canceller->used, now, reference);
  speex_echo_cancellation (canceller->used.speex, near, reference, clean);

  if (canceller->stage == MEASURING)
    measure_past (canceller);
  else
    {
      measure (canceller, canceller->stage == IDLE ? &canceller->used : &canceller->other, now);
      if (canceller->stage == LEARNING)
        learn_past (canceller);
      else if (canceller->stage == TRYING)
        try_other (canceller, now, near, clean);
      take_drift (canceller);
    }
  memcpy (near, clean, sizeof clean);
  return energy (reference) > HEARD * BLOCK;
}

SpeexEchoState *
oh_canceller_get_speex (OhCanceller *canceller)
{
  return canceller->used.speex;
}

double
oh_canceller_get_drift_ppm (OhCanceller *canceller)
{
  return canceller->ppm;
}
