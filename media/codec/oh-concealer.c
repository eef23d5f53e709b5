/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/codec/oh-concealer.h"

#include <string.h>

#define PITCH_MIN_US 2500  /* 400 Hz */
#define PITCH_MAX_US 15000 /* 67 Hz */
#define MATCH_US 10000     /* compared to find the pitch */
#define BLEND_US 4000
#define FADE_START_US 10000
#define FADE_END_US 80000

struct _OhConcealer
{
  guint pitch_min, pitch_max, match, blend; /* samples */
  guint fade_start, fade_end;
  gsize history_length;
  gint16 *history; /* newest last */
  gint16 *period;  /* one pitch period, its ends blended so that it repeats smoothly */
  guint pitch, at; /* length of `period`, next sample of it */
  guint lost;      /* samples made up since the last real one; 0: no gap */
};

OhConcealer *
oh_concealer_new (guint rate)
{
  OhConcealer *concealer = g_new0 (OhConcealer, 1);
  guint64 hz = rate;

  concealer->pitch_min = hz * PITCH_MIN_US / G_USEC_PER_SEC;
  concealer->pitch_max = hz * PITCH_MAX_US / G_USEC_PER_SEC;
  concealer->match = hz * MATCH_US / G_USEC_PER_SEC;
  concealer->blend = hz * BLEND_US / G_USEC_PER_SEC;
  concealer->fade_start = hz * FADE_START_US / G_USEC_PER_SEC;
  concealer->fade_end = hz * FADE_END_US / G_USEC_PER_SEC;
  concealer->history_length = concealer->pitch_max + concealer->match + concealer->blend;
  concealer->history = g_new0 (gint16, concealer->history_length);
  concealer->period = g_new0 (gint16, concealer->pitch_max);
  return concealer;
}

void
oh_concealer_free (OhConcealer *concealer)
{
  if (!concealer)
    return;
  g_free (concealer->history);
  g_free (concealer->period);
  g_free (concealer);
}

static void
remember (OhConcealer *concealer, const gint16 *samples, gsize n)
{
  gsize length = concealer->history_length;

  if (n >= length)
    {
      memcpy (concealer->history, samples + n - length, length * sizeof *samples);
      return;
    }
  memmove (concealer->history, concealer->history + n, (length - n) * sizeof *samples);
  memcpy (concealer->history + length - n, samples, n * sizeof *samples);
}

/* The lag at which the end of the history resembles what came before it most (normalised
 * correlation on every second sample: enough to find a pitch). */
static guint
find_pitch (OhConcealer *concealer)
{
  const gint16 *end = concealer->history + concealer->history_length - concealer->match;
  guint best = concealer->pitch_max;
  float best_score = 0;

  for (guint lag = concealer->pitch_min; lag <= concealer->pitch_max; lag++)
    {
      float cross = 0, energy = 1;
      float score;

      for (guint i = 0; i < concealer->match; i += 2)
        {
          float past = end[(gssize)i - (gssize)lag];

          cross += end[i] * past;
          energy += past * past;
        }
      score = cross > 0 ? cross * cross / energy : 0;
      if (score > best_score * 1.02f) /* a multiple of the pitch must be clearly better */
        {
          best_score = score;
          best = lag;
        }
    }
  return best;
}

/* The last period, whose end is led over into what came just before its start. */
static void
begin_gap (OhConcealer *concealer)
{
  guint pitch = find_pitch (concealer);
  const gint16 *last = concealer->history + concealer->history_length - pitch;
  guint blend = MIN (concealer->blend, pitch / 4);

  memcpy (concealer->period, last, pitch * sizeof *last);
  for (guint i = 0; i < blend; i++)
    {
      float w = (i + 1) / (float)(blend + 1);
      gsize at = pitch - blend + i;

      concealer->period[at] = last[at] * (1 - w) + last[(gssize)i - (gssize)blend] * w;
    }
  concealer->pitch = pitch;
  concealer->at = 0;
}

static gint16
next_made_up (OhConcealer *concealer)
{
  gint16 sample = concealer->period[concealer->at];
  float gain = 1;

  if (++concealer->at == concealer->pitch)
    concealer->at = 0;
  if (concealer->lost >= concealer->fade_end)
    gain = 0;
  else if (concealer->lost > concealer->fade_start)
    gain = (concealer->fade_end - concealer->lost)
           / (float)(concealer->fade_end - concealer->fade_start);
  concealer->lost++;
  return sample * gain;
}

void
oh_concealer_received (OhConcealer *concealer, gint16 *samples, gsize n)
{
  if (concealer->lost > 0)
    {
      gsize blend = MIN (n, concealer->blend);

      for (gsize i = 0; i < blend; i++)
        {
          float w = (i + 1) / (float)(blend + 1);

          samples[i] = samples[i] * w + next_made_up (concealer) * (1 - w);
        }
      concealer->lost = 0;
    }
  remember (concealer, samples, n);
}

void
oh_concealer_lost (OhConcealer *concealer, gint16 *samples, gsize n)
{
  if (concealer->lost == 0)
    begin_gap (concealer);
  for (gsize i = 0; i < n; i++)
    samples[i] = next_made_up (concealer);
  remember (concealer, samples, n);
}
