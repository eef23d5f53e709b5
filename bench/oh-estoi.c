/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/oh-estoi.h"

#include "media/filter/oh-resampler.h"

#include <math.h>

#define RATE 10000
#define FRAME 256
#define HOP (FRAME / 2)
#define SIZE 512
#define RANGE_DB 40.0 /* frames so much softer than the loudest are left out */
#define BANDS 15      /* of a third of an octave, from 150 Hz on */
#define SEGMENT 30    /* frames */
#define TINY 1e-12

typedef struct
{
  double *samples;
  gsize n;
} Sound;

typedef double Segment[SEGMENT][BANDS];

static double
get_window (guint i)
{
  return 0.5 - 0.5 * cos (2 * G_PI * (i + 1) / (FRAME + 1));
}

static Sound
convert (const gint16 *samples, gsize n, guint rate)
{
  g_autoptr (OhResampler) resampler = oh_resampler_new (rate, RATE);
  gsize room = oh_resampler_get_room (resampler, n);
  g_autofree gint16 *out = g_new (gint16, room);
  Sound sound = { .n = oh_resampler_process (resampler, samples, n, out, room) };

  sound.samples = g_new (double, sound.n);
  for (gsize i = 0; i < sound.n; i++)
    sound.samples[i] = out[i];
  return sound;
}

static double
get_energy (const Sound *sound, gsize at)
{
  double sum = TINY;

  for (guint i = 0; i < FRAME; i++)
    sum += pow (sound->samples[at + i] * get_window (i), 2);
  return sum;
}

/* Puts the windowed frames of @sound that count together again. */
static Sound
join (const Sound *sound, const gboolean *counts, gsize frames)
{
  Sound joined = { .samples = g_new0 (double, sound->n) };

  for (gsize f = 0; f < frames; f++)
    {
      if (!counts[f])
        continue;
      for (guint i = 0; i < FRAME; i++)
        joined.samples[joined.n + i] += sound->samples[f * HOP + i] * get_window (i);
      joined.n += HOP;
    }
  return joined;
}

static void
leave_silence_out (Sound *clean, Sound *heard)
{
  gsize frames = clean->n < FRAME ? 0 : (clean->n - FRAME) / HOP + 1;
  g_autofree gboolean *counts = g_new0 (gboolean, frames + 1);
  double most = TINY;
  Sound c, h;

  for (gsize f = 0; f < frames; f++)
    most = MAX (most, get_energy (clean, f * HOP));
  for (gsize f = 0; f < frames; f++)
    counts[f] = get_energy (clean, f * HOP) > most * pow (10, -RANGE_DB / 10);
  c = join (clean, counts, frames);
  h = join (heard, counts, frames);
  g_free (clean->samples);
  g_free (heard->samples);
  *clean = c;
  *heard = h;
}

static double
get_power (const double *frame, const double *cosine, guint k)
{
  double re = 0, im = 0;

  for (guint i = 0; i < FRAME; i++)
    {
      re += frame[i] * cosine[k * i % SIZE];
      im += frame[i] * cosine[(k * i + SIZE / 4) % SIZE];
    }
  return re * re + im * im;
}

static guint
get_edge (double third)
{
  return lrint (150 * pow (2, third / 6) * SIZE / RATE);
}

/* The magnitude of each band in each frame. */
static double (*analyse (const Sound *sound, gsize frames))[BANDS]
{
  double (*bands)[BANDS] = g_malloc0_n (frames, sizeof *bands), cosine[SIZE];

  for (guint i = 0; i < SIZE; i++)
    cosine[i] = cos (2 * G_PI * i / SIZE);
  for (gsize f = 0; f < frames; f++)
    {
      double frame[FRAME];

      for (guint i = 0; i < FRAME; i++)
        frame[i] = sound->samples[f * HOP + i] * get_window (i);
      for (gint b = 0; b < BANDS; b++)
        {
          for (guint k = get_edge (2 * b - 1); k < get_edge (2 * b + 1); k++)
            bands[f][b] += get_power (frame, cosine, k);
          bands[f][b] = sqrt (bands[f][b]);
        }
    }
  return bands;
}

/* Mean 0 and length 1, for @n values that lie @step apart. */
static void
normalize (double *values, guint n, guint step)
{
  double mean = 0, sum = TINY;

  for (guint i = 0; i < n; i++)
    mean += values[i * step] / n;
  for (guint i = 0; i < n; i++)
    {
      values[i * step] -= mean;
      sum += values[i * step] * values[i * step];
    }
  for (guint i = 0; i < n; i++)
    values[i * step] /= sqrt (sum);
}

static void
take_segment (double (*bands)[BANDS], Segment segment)
{
  for (guint f = 0; f < SEGMENT; f++)
    for (guint b = 0; b < BANDS; b++)
      segment[f][b] = bands[f][b];
  for (guint b = 0; b < BANDS; b++)
    normalize (&segment[0][b], SEGMENT, BANDS);
  for (guint f = 0; f < SEGMENT; f++)
    normalize (segment[f], BANDS, 1);
}

double
oh_estoi (const gint16 *clean, const gint16 *heard, gsize n, guint rate)
{
  Sound c = convert (clean, n, rate), h = convert (heard, n, rate);
  double (*clean_bands)[BANDS], (*heard_bands)[BANDS], sum = 0;
  gsize frames;

  leave_silence_out (&c, &h);
  frames = c.n < FRAME ? 0 : (c.n - FRAME) / HOP + 1;
  clean_bands = analyse (&c, frames);
  heard_bands = analyse (&h, frames);
  for (gsize f = 0; f + SEGMENT <= frames; f++)
    {
      Segment x, y;

      take_segment (clean_bands + f, x);
      take_segment (heard_bands + f, y);
      for (guint i = 0; i < SEGMENT; i++)
        for (guint b = 0; b < BANDS; b++)
          sum += x[i][b] * y[i][b] / SEGMENT;
    }
  g_free (clean_bands);
  g_free (heard_bands);
  g_free (c.samples);
  g_free (h.samples);
  return frames < SEGMENT ? 0 : sum / (frames - SEGMENT + 1);
}
