/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-suppressor.h"

#include "media/filter/oh-noise.h"

#include <math.h>
#include <string.h>

#define BLOCK OH_SPECTRUM_BLOCK
#define SIZE OH_SPECTRUM_SIZE
#define BINS OH_SPECTRUM_BINS
#define ROOM OH_SPECTRUM_ROOM
#define FADE 64                        /* samples between two frames: the delay */
#define FRAME_AT (SIZE - FADE - BLOCK) /* where a frame's own begins to be used */
#define BAND 8
#define BANDS (ROOM / BAND)
#define WEIGHT 10.0f      /* more is expected than is */
#define KEPT 0.92f        /* of the near end's part, from block to block */
#define NOTHING 1e-4f     /* power that is expected of no echo: not 0, it divides */
#define NEGLIGIBLE 100.0f /* power that passes in any case: below one step of a sample */
#define LEAST 0.02f       /* gain */
#define LEAK_START 0.03f  /* of the echo's power that may be left beside what the filter tells */
#define LEAK_RISE 1.0015f /* a block, 0.6 dB a second: the least of late is what counts */
#define LEAK_FALL 0.2f
#define SMOOTH 0.8f
#define AUDIBLE 4.0f       /* times the noise */
#define NOISE_RISE 1.0069f /* a block, 3 dB a second */
#define NOISE_BIAS 1.5f    /* the mean of a power over the least of its smoothed self */
#define NOISE_AGE 100      /* blocks before the noise is known */
#define NOISE_SCALE 1.6f   /* by the windows */
#define QUIET 17200.0f     /* power of white noise at -70 dBFS in a frame: nobody misses it */

/*   block -> frame (20 ms, its end faded out in 4 ms) -> gains by bin, noise -> overlapped */
struct _OhSuppressor
{
  OhTransform *transform;
  float analysis[SIZE], synthesis[SIZE];
  float samples[SIZE]; /* newest last */
  float tail[FADE];    /* of the frame before */
  float last_echo[ROOM], last_rest[ROOM];
  float near[ROOM];                             /* power that passed in the frame before */
  float smooth[ROOM], noise[ROOM];              /* power */
  float left[BANDS], taken[BANDS], leak[BANDS]; /* smoothed powers; left of taken */
  guint age;
  guint32 random;
  gboolean takes_noise;
  OhNoise room;
};

void
oh_suppressor_reset (OhSuppressor *suppressor)
{
  OhSuppressor *s = suppressor;

  memset (s->samples, 0, sizeof s->samples);
  memset (s->tail, 0, sizeof s->tail);
  memset (s->last_echo, 0, sizeof s->last_echo);
  memset (s->last_rest, 0, sizeof s->last_rest);
  memset (s->near, 0, sizeof s->near);
  memset (s->left, 0, sizeof s->left);
  memset (s->taken, 0, sizeof s->taken);
  for (guint b = 0; b < BANDS; b++)
    s->leak[b] = LEAK_START;
  s->age = 0;
  s->random = 1;
  s->room = (OhNoise){ .age = 0 };
}

void
oh_suppressor_set_noise (OhSuppressor *suppressor, gboolean on)
{
  if (on && !suppressor->takes_noise)
    suppressor->room = (OhNoise){ .age = 0 };
  suppressor->takes_noise = on;
}

OhSuppressor *
oh_suppressor_new (void)
{
  OhSuppressor *suppressor = g_new0 (OhSuppressor, 1);
  const guint rise = SIZE - FADE;

  suppressor->transform = oh_transform_new ();
  for (guint i = 0; i < SIZE; i++)
    {
      double in = sin (G_PI / 2 * (i + 0.5 - FRAME_AT) / FADE);
      double out = cos (G_PI / 2 * (i + 0.5 - rise) / FADE);
      double wanted = i < FRAME_AT ? 0 : i < FRAME_AT + FADE ? in * in : i < rise ? 1 : out * out;

      suppressor->analysis[i] = i < rise ? sin (G_PI / 2 * (i + 0.5) / rise) : out;
      suppressor->synthesis[i] = wanted / suppressor->analysis[i];
    }
  oh_suppressor_reset (suppressor);
  return suppressor;
}

void
oh_suppressor_free (OhSuppressor *suppressor)
{
  if (!suppressor)
    return;
  oh_transform_free (suppressor->transform);
  g_free (suppressor);
}

/* From -1 to 1 (Marsaglia 2003, "Xorshift RNGs"). */
static float
draw (OhSuppressor *suppressor)
{
  guint32 x = suppressor->random;

  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  suppressor->random = x;
  return (gint32)x / 2147483648.0f;
}

static void
follow_noise (OhSuppressor *s, const float *power)
{
  for (guint k = 0; k < ROOM; k++)
    {
      s->smooth[k] = s->age == 0 ? power[k] : SMOOTH * s->smooth[k] + (1 - SMOOTH) * power[k];
      s->noise[k] = s->age == 0 ? s->smooth[k] : MIN (s->noise[k] * NOISE_RISE, s->smooth[k]);
    }
  s->age = MIN (s->age + 1, NOISE_AGE);
}

/* What is left of the echo that was taken out, in bands: the least of late, because whoever speaks
 * besides makes it seem more. */
static void
follow_leak (OhSuppressor *s, const float *power, const float *echo)
{
  for (guint b = 0; b < BANDS; b++)
    {
      float left = 0, taken = 0, noise = 1, ratio;

      for (guint k = b * BAND; k < (b + 1) * BAND; k++)
        {
          left += power[k];
          taken += echo[k];
          noise += s->noise[k];
        }
      s->left[b] = SMOOTH * s->left[b] + (1 - SMOOTH) * left;
      s->taken[b] = SMOOTH * s->taken[b] + (1 - SMOOTH) * taken;
      if (s->taken[b] < AUDIBLE * noise)
        continue;
      ratio = s->left[b] / s->taken[b];
      if (ratio < s->leak[b])
        s->leak[b] += LEAK_FALL * (ratio - s->leak[b]);
      else
        s->leak[b] = MIN (s->leak[b] * LEAK_RISE, 1);
    }
}

/* By how much the room's noise is turned down; returns by how much it is at most. */
static float
get_room_gains (OhSuppressor *s, const float *power, float *room)
{
  if (s->takes_noise)
    {
      oh_noise_process (&s->room, power, room);
      return OH_NOISE_LEAST;
    }
  for (guint k = 0; k < ROOM; k++)
    room[k] = 1;
  return 1;
}

/* Wiener's gain; what passed before is what the near end's part is mostly guessed by. */
static void
apply_gains (OhSuppressor *s, OhSpectrum *spectrum, const float *power, const float *unwanted)
{
  float room[ROOM], least = get_room_gains (s, power, room);

  for (guint k = 0; k < BINS; k++)
    {
      float present = MAX (power[k] / unwanted[k] - 1, 0);
      float ratio = (KEPT * s->near[k] + NEGLIGIBLE) / unwanted[k] + (1 - KEPT) * present;
      float gain = MAX (ratio / (1 + ratio), LEAST);
      float noise = MAX (NOISE_BIAS * s->noise[k] - QUIET, 0);
      float fill = s->age < NOISE_AGE ? 0 : sqrtf (1.5f * NOISE_SCALE * noise * (1 - gain * gain));

      s->near[k] = gain * gain * power[k];
      spectrum->re[k] = gain * room[k] * spectrum->re[k] + least * fill * draw (s);
      spectrum->im[k] = gain * room[k] * spectrum->im[k] + least * fill * draw (s);
    }
}

static void
overlap (OhSuppressor *s, float *frame, float *block)
{
  for (guint i = 0; i < SIZE; i++)
    frame[i] *= s->synthesis[i];
  memcpy (block, frame + FRAME_AT, BLOCK * sizeof *block);
  for (guint i = 0; i < FADE; i++)
    block[i] += s->tail[i];
  memcpy (s->tail, frame + SIZE - FADE, sizeof s->tail);
}

void
oh_suppressor_process (OhSuppressor *suppressor, float *block, const float *echo, const float *rest)
{
  OhSuppressor *s = suppressor;
  float frame[SIZE], power[ROOM], taken[ROOM], unwanted[ROOM];
  OhSpectrum spectrum;

  memmove (s->samples, s->samples + BLOCK, BLOCK * sizeof *s->samples);
  memcpy (s->samples + BLOCK, block, BLOCK * sizeof *block);
  for (guint i = 0; i < SIZE; i++)
    frame[i] = s->samples[i] * s->analysis[i];
  oh_transform_forward (s->transform, frame, &spectrum);
  oh_spectrum_get_power (&spectrum, power);
  for (guint k = 0; k < ROOM; k++)
    taken[k] = (echo[k] + s->last_echo[k]) / 2;
  follow_noise (s, power);
  follow_leak (s, power, taken);
  for (guint k = 0; k < ROOM; k++)
    unwanted[k] = WEIGHT * ((rest[k] + s->last_rest[k]) / 2 + s->leak[k / BAND] * taken[k])
                  + NOTHING;
  memcpy (s->last_echo, echo, sizeof s->last_echo);
  memcpy (s->last_rest, rest, sizeof s->last_rest);
  apply_gains (s, &spectrum, power, unwanted);
  oh_transform_backward (s->transform, &spectrum, frame);
  overlap (s, frame, block);
}
