/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/tone/oh-tone.h"

#include <math.h>
#include <string.h>

#define PEAK 2067.0f /* -24 dBFS */
#define SPEECH 4     /* times as loud: speech of a call */
#define RAMP_MS 5    /* edges that do not click */

/* A stretch of a tone: no, one or two frequencies. */
typedef struct
{
  guint16 hz[2];
  guint16 ms;
  gboolean chime; /* dies away like a bell that was struck */
} Segment;

typedef struct
{
  gboolean once; /* ends after the last segment; otherwise begins anew */
  guint8 n_segments;
  Segment segments[5];
  guint8 loudness; /* times PEAK; 0: once */
} Cadence;

static const Cadence cadences[] = {
  [OH_TONE_RINGBACK] = { FALSE, 2, { { { 425 }, 1000 }, { { 0 }, 4000 } } },
  [OH_TONE_BUSY] = { FALSE, 2, { { { 425 }, 480 }, { { 0 }, 480 } } },
  [OH_TONE_CONGESTION] = { FALSE, 2, { { { 425 }, 240 }, { { 0 }, 240 } } },
  [OH_TONE_CALL_WAITING]
  = { FALSE, 4, { { { 425 }, 200 }, { { 0 }, 200 }, { { 425 }, 200 }, { { 0 }, 4400 } } },
  [OH_TONE_BEEP] = { TRUE, 1, { { { 1000 }, 300 } } },
  [OH_TONE_RINGER]
  = { FALSE, 3, { { { 659, 1319 }, 450, TRUE }, { { 523, 1047 }, 900, TRUE }, { { 0 }, 1650 } } },
  [OH_TONE_TEST] = { TRUE,
                     3,
                     { { { 523, 1047 }, 400, TRUE },
                       { { 659, 1319 }, 400, TRUE },
                       { { 784, 1568 }, 1200, TRUE } },
                     SPEECH },
};

/* Ramps and sines are computed as they are read: two oscillators, one position. */
typedef struct
{
  OhSource source;
  Cadence cadence;
  float peak;
  gsize silence; /* samples before it begins */
  guint segment;
  gsize at; /* sample in the segment */
  double phase[2];
} Tone;

static gsize
segment_length (Tone *tone)
{
  return (gsize)tone->cadence.segments[tone->segment].ms * tone->source.rate / 1000;
}

static float
envelope (Tone *tone, const Segment *segment, gsize length)
{
  gsize ramp = (gsize)RAMP_MS * tone->source.rate / 1000;
  gsize left = length - tone->at;
  float gain = 1;

  if (segment->chime)
    gain = expf (-4.0f * tone->at / length);
  if (tone->at < ramp)
    gain *= tone->at / (float)ramp;
  if (left < ramp)
    gain *= left / (float)ramp;
  return gain;
}

static float
oscillate (Tone *tone, const Segment *segment)
{
  guint voices = segment->hz[1] ? 2 : 1;
  float sum = 0;

  for (guint i = 0; i < voices; i++)
    {
      sum += sin (tone->phase[i]);
      tone->phase[i] += 2 * G_PI * segment->hz[i] / tone->source.rate;
      if (tone->phase[i] > 2 * G_PI)
        tone->phase[i] -= 2 * G_PI;
    }
  return sum / voices;
}

/* Returns FALSE when there is no further segment. */
static gboolean
next_segment (Tone *tone)
{
  tone->at = 0;
  memset (tone->phase, 0, sizeof tone->phase);
  if (++tone->segment < tone->cadence.n_segments)
    return TRUE;
  if (tone->cadence.once)
    return FALSE;
  tone->segment = 0;
  return TRUE;
}

static gsize
tone_read (OhSource *source, gint16 *samples, gsize n)
{
  Tone *tone = (Tone *)source;

  gsize silent = MIN (n, tone->silence);

  memset (samples, 0, silent * sizeof *samples);
  tone->silence -= silent;
  for (gsize i = silent; i < n;)
    {
      const Segment *segment = &tone->cadence.segments[tone->segment];
      gsize length;

      if (tone->segment >= tone->cadence.n_segments)
        return i;
      length = segment_length (tone);
      for (; i < n && tone->at < length; i++, tone->at++)
        samples[i] = segment->hz[0] ? lrintf (envelope (tone, segment, length) * tone->peak
                                              * oscillate (tone, segment))
                                    : 0;
      if (tone->at >= length && !next_segment (tone))
        oh_source_end (source);
    }
  return n;
}

static const OhSourceClass tone_class = { .name = "tone", .read = tone_read };

static OhSource *
new_tone (const Cadence *cadence, guint rate, float volume)
{
  Tone *tone = g_new0 (Tone, 1);

  oh_source_init (&tone->source, &tone_class, rate);
  tone->cadence = *cadence;
  tone->peak = PEAK * MAX (cadence->loudness, 1) * CLAMP (volume, 0, 1);
  return &tone->source;
}

OhSource *
oh_tone_new (OhToneKind kind, guint rate, float volume)
{
  g_return_val_if_fail (kind < G_N_ELEMENTS (cadences), NULL);
  g_return_val_if_fail (rate >= 4000, NULL);

  return new_tone (&cadences[kind], rate, volume);
}

OhSource *
oh_tone_new_after (guint silence_ms, OhToneKind kind, guint rate, float volume)
{
  OhSource *source = oh_tone_new (kind, rate, volume);

  if (source)
    ((Tone *)source)->silence = (gsize)silence_ms * rate / 1000;
  return source;
}

OhSource *
oh_tone_new_digit (char digit, guint ms, guint rate, float volume)
{
  static const char keys[] = "123A456B789C*0#D";
  static const guint16 rows[] = { 697, 770, 852, 941 };
  static const guint16 columns[] = { 1209, 1336, 1477, 1633 };
  const char *key = digit ? strchr (keys, g_ascii_toupper (digit)) : NULL;
  Cadence cadence = { TRUE, 1, { { { 0 }, MIN (ms, G_MAXUINT16) } } };

  g_return_val_if_fail (rate >= 4000, NULL);

  if (!key)
    return NULL;
  cadence.segments[0].hz[0] = rows[(key - keys) / 4];
  cadence.segments[0].hz[1] = columns[(key - keys) % 4];
  return new_tone (&cadence, rate, volume);
}
