/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-canceller.h"
#include "media/filter/oh-filter.h"
#include "media/filter/oh-gain.h"
#include "media/filter/oh-suppressor.h"
#include "media/filter/oh-turns.h"

#include <math.h>
#include <string.h>

#define RATE OH_CANCELLER_RATE
#define BLOCK OH_CANCELLER_BLOCK
#define ERLE_BLOCKS 100 /* one second */

/*   far -> [turns] ----+
 *   near -> echo canceller (OhCanceller, linear) -> residual echo, noise (OhSuppressor) -> OhGain
 *        -> [turns]
 * Whose turn it is (OhTurns) goes by what the suppressor leaves; the near end is turned down last, so
 * that noise and loudness are measured on what does not jump. */
typedef struct
{
  OhFilterOptions options;
  OhCanceller *canceller;
  OhSuppressor *suppressor;
  OhTurns turns;
  OhGain gain;

  /* echo reduction: energies of the last second's blocks in which the loudspeaker was heard */
  float before[ERLE_BLOCKS], after[ERLE_BLOCKS];
  guint at, filled;
} Filter;

static gboolean
is_half_duplex (const OhFilterOptions *options)
{
  return options->echo && options->half_duplex;
}

static void
configure (gpointer data, const OhFilterOptions *options)
{
  Filter *filter = data;

  if (options->echo && !filter->options.echo)
    {
      oh_canceller_reset (filter->canceller);
      filter->filled = 0;
    }
  if ((options->echo && !filter->options.echo)
      || (options->noise && !filter->options.noise && !filter->options.echo))
    oh_suppressor_reset (filter->suppressor);
  oh_suppressor_set_noise (filter->suppressor, options->noise);
  if (options->gain && !filter->options.gain)
    filter->gain = (OhGain){ .db = 0 };
  if (!is_half_duplex (options))
    filter->turns = (OhTurns){ OH_TURN_NONE };
  filter->options = *options;
}

static gpointer
create (void)
{
  Filter *filter = g_new0 (Filter, 1);

  filter->canceller = oh_canceller_new ();
  filter->suppressor = oh_suppressor_new ();
  return filter;
}

static void
destroy (gpointer data)
{
  Filter *filter = data;

  if (!filter)
    return;
  oh_suppressor_free (filter->suppressor);
  oh_canceller_free (filter->canceller);
  g_free (filter);
}

static float
energy (const gint16 *samples)
{
  float sum = 0;

  for (guint i = 0; i < BLOCK; i++)
    sum += (float)samples[i] * samples[i];
  return sum;
}

static float
play (gpointer data, const gint16 *far)
{
  Filter *filter = data;
  gint16 played[BLOCK];
  float gain;

  if (!is_half_duplex (&filter->options))
    {
      if (filter->options.echo)
        oh_canceller_play (filter->canceller, far);
      return 1;
    }
  memcpy (played, far, sizeof played);
  gain = oh_turns_play (&filter->turns, played);
  oh_canceller_play (filter->canceller, played);
  return gain;
}

static void
restart (gpointer data)
{
  Filter *filter = data;

  oh_canceller_restart (filter->canceller);
  filter->turns = (OhTurns){ OH_TURN_NONE };
}

static void
note_reduction (Filter *filter, float before, const gint16 *near)
{
  filter->before[filter->at] = before;
  filter->after[filter->at] = energy (near);
  filter->at = (filter->at + 1) % ERLE_BLOCKS;
  filter->filled = MIN (filter->filled + 1, ERLE_BLOCKS);
}

/* Takes echo and noise out of @near. TRUE: the loudspeaker is to be heard. */
static gboolean
clean_block (Filter *filter, gint16 *near, gsize behind)
{
  static const float nothing[OH_SPECTRUM_ROOM];
  const float *echo = nothing, *rest = nothing;
  float clean[BLOCK];
  gboolean heard = FALSE;

  if (filter->options.echo)
    {
      heard = oh_canceller_process (filter->canceller, near, behind, clean);
      echo = oh_canceller_get_echo (filter->canceller);
      rest = oh_canceller_get_rest (filter->canceller);
    }
  else
    for (guint i = 0; i < BLOCK; i++)
      clean[i] = near[i];
  oh_suppressor_process (filter->suppressor, clean, echo, rest);
  if (is_half_duplex (&filter->options))
    oh_turns_listen (&filter->turns, clean, behind);
  for (guint i = 0; i < BLOCK; i++)
    near[i] = CLAMP (lrintf (clean[i]), G_MININT16, G_MAXINT16);
  return heard;
}

static void
process (gpointer data, gint16 *near, gsize behind)
{
  Filter *filter = data;
  const OhFilterOptions *options = &filter->options;
  float before = options->echo ? energy (near) : 0;
  gboolean heard = FALSE;

  if (options->echo || options->noise)
    heard = clean_block (filter, near, behind);
  if (options->gain)
    before *= oh_gain_process (&filter->gain, near);
  if (is_half_duplex (options))
    oh_turns_send (&filter->turns, near);
  if (heard)
    note_reduction (filter, before, near);
}

static float
get_echo_reduction (gpointer data)
{
  Filter *filter = data;
  double before = 1, after = 1;

  if (!filter->options.echo || !oh_canceller_has_echo (filter->canceller)
      || filter->filled < ERLE_BLOCKS / 4)
    return -1;
  for (guint i = 0; i < filter->filled; i++)
    {
      before += filter->before[i];
      after += filter->after[i];
    }
  return MAX (10 * log10 (before / after), 0);
}

const OhFilterClass oh_filter_voice = {
  .name = "canceller",
  .rate = RATE,
  .create = create,
  .destroy = destroy,
  .configure = configure,
  .play = play,
  .process = process,
  .restart = restart,
  .get_echo_reduction = get_echo_reduction,
};
