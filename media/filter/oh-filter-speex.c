/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-canceller.h"
#include "media/filter/oh-filter.h"
#include "media/filter/oh-suppressor.h"
#include "media/filter/oh-turns.h"

#include <speex/speex_preprocess.h>

#include <math.h>
#include <string.h>

#define RATE OH_CANCELLER_RATE
#define BLOCK OH_CANCELLER_BLOCK
#define ERLE_BLOCKS 100 /* one second */

/*   far -> [turns] ----+
 *   near -> echo canceller (OhCanceller, linear) -> residual echo (OhSuppressor) -> speex preprocessor
 *           (noise, gain) -> [turns]
 * Whose turn it is (OhTurns) goes by what the suppressor leaves; the near end is turned down last, so
 * that noise and loudness are measured on what does not jump. */
typedef struct
{
  OhFilterOptions options;
  OhCanceller *canceller;
  OhSuppressor *suppressor;
  OhTurns turns;
  SpeexPreprocessState *preprocess;

  /* echo reduction: energies of the last second's blocks in which the loudspeaker was heard */
  float before[ERLE_BLOCKS], after[ERLE_BLOCKS];
  guint at, filled;
} Filter;

static void
set (SpeexPreprocessState *preprocess, int what, int value)
{
  speex_preprocess_ctl (preprocess, what, &value);
}

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
      oh_suppressor_reset (filter->suppressor);
      filter->filled = 0;
    }
  if (!is_half_duplex (options))
    filter->turns = (OhTurns){ OH_TURN_NONE };
  filter->options = *options;
  set (filter->preprocess, SPEEX_PREPROCESS_SET_DENOISE, options->noise);
  set (filter->preprocess, SPEEX_PREPROCESS_SET_AGC, options->gain);
}

static gpointer
create (void)
{
  Filter *filter = g_new0 (Filter, 1);
  float agc_level = 8000;

  filter->canceller = oh_canceller_new ();
  filter->suppressor = oh_suppressor_new ();
  filter->preprocess = speex_preprocess_state_init (BLOCK, RATE);
  set (filter->preprocess, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, -15);
  set (filter->preprocess, SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, 18);
  speex_preprocess_ctl (filter->preprocess, SPEEX_PREPROCESS_SET_AGC_LEVEL, &agc_level);
  configure (filter, &(OhFilterOptions){ FALSE });
  return filter;
}

static void
destroy (gpointer data)
{
  Filter *filter = data;

  if (!filter)
    return;
  speex_preprocess_state_destroy (filter->preprocess);
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

/* TRUE: the loudspeaker is to be heard. */
static gboolean
cancel_echo (Filter *filter, gint16 *near, gsize behind)
{
  float clean[BLOCK];
  gboolean heard = oh_canceller_process (filter->canceller, near, behind, clean);

  oh_suppressor_process (filter->suppressor, clean, oh_canceller_get_echo (filter->canceller),
                         oh_canceller_get_rest (filter->canceller));
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
  float before = energy (near);
  gboolean heard = FALSE;

  if (options->echo)
    heard = cancel_echo (filter, near, behind);
  if (options->noise || options->gain)
    speex_preprocess_run (filter->preprocess, near);
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

const OhFilterClass oh_filter_speex = {
  .name = "speexdsp",
  .rate = RATE,
  .create = create,
  .destroy = destroy,
  .configure = configure,
  .play = play,
  .process = process,
  .restart = restart,
  .get_echo_reduction = get_echo_reduction,
};
