/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-delay.h"
#include "media/filter/oh-filter.h"

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

#include <math.h>
#include <string.h>

#define RATE 16000
#define BLOCK (RATE / 100)
#define TAIL (RATE / 5)  /* 200 ms of room; shorter leaves more of it, longer learns slower */
#define ERLE_BLOCKS 100  /* one second */
#define FAR_LOUD 1000.0f /* mean square: about -60 dBFS; quieter is not played */

/*   far -> delay line (OhDelay: as late as it comes back) --+
 *   near --------------------------------------------> speex echo canceller -> speex preprocessor
 *                                                       (linear)                (residual echo,
 *                                                                                noise, gain) */
typedef struct
{
  OhFilterOptions options;
  OhDelay *delay;
  SpeexEchoState *echo;
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

static void
configure (gpointer data, const OhFilterOptions *options)
{
  Filter *filter = data;

  if (options->echo && !filter->options.echo)
    {
      speex_echo_state_reset (filter->echo);
      oh_delay_reset (filter->delay);
      filter->filled = 0;
    }
  filter->options = *options;
  /* "denoise" switches all that speexdsp does with spectral gains, the residual echo's too */
  set (filter->preprocess, SPEEX_PREPROCESS_SET_DENOISE, options->noise || options->echo);
  set (filter->preprocess, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, options->noise ? -15 : 0);
  set (filter->preprocess, SPEEX_PREPROCESS_SET_AGC, options->gain);
  speex_preprocess_ctl (filter->preprocess, SPEEX_PREPROCESS_SET_ECHO_STATE,
                        options->echo ? filter->echo : NULL);
}

static gpointer
create (void)
{
  Filter *filter = g_new0 (Filter, 1);
  spx_int32_t rate = RATE;
  float agc_level = 8000;

  filter->delay = oh_delay_new ();
  filter->echo = speex_echo_state_init (BLOCK, TAIL);
  speex_echo_ctl (filter->echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
  filter->preprocess = speex_preprocess_state_init (BLOCK, RATE);
  set (filter->preprocess, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, -50);
  set (filter->preprocess, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, -30);
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
  speex_echo_state_destroy (filter->echo);
  oh_delay_free (filter->delay);
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

static void
cancel_echo (Filter *filter, gint16 *near, const gint16 *far)
{
  gint16 reference[BLOCK], clean[BLOCK];

  if (oh_delay_process (filter->delay, near, far, reference))
    speex_echo_state_reset (filter->echo); /* learnt for another delay */
  speex_echo_cancellation (filter->echo, near, reference, clean);
  memcpy (near, clean, sizeof clean);
}

static void
note_reduction (Filter *filter, float before, float far, const gint16 *near)
{
  if (far < FAR_LOUD * BLOCK)
    return;
  filter->before[filter->at] = before;
  filter->after[filter->at] = energy (near);
  filter->at = (filter->at + 1) % ERLE_BLOCKS;
  filter->filled = MIN (filter->filled + 1, ERLE_BLOCKS);
}

static void
process (gpointer data, gint16 *near, const gint16 *far)
{
  Filter *filter = data;
  const OhFilterOptions *options = &filter->options;
  float before = energy (near);

  if (options->echo)
    cancel_echo (filter, near, far);
  if (options->echo || options->noise || options->gain)
    speex_preprocess_run (filter->preprocess, near);
  if (options->echo)
    note_reduction (filter, before, energy (far), near);
}

static float
get_echo_reduction (gpointer data)
{
  Filter *filter = data;
  double before = 1, after = 1;

  if (!filter->options.echo || filter->filled < ERLE_BLOCKS / 4)
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
  .process = process,
  .get_echo_reduction = get_echo_reduction,
};
