/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-gain.h"

#include <math.h>

#define BLOCK OH_GAIN_BLOCK
#define WANTED 3.4e6f /* mean square of the voice: -25 dBFS */
#define LEAST_DB -12.0f
#define MOST_DB 18.0f
#define UP_DB 0.06f   /* a block of voice: 6 dB a second */
#define DOWN_DB 0.3f  /* the same */
#define PEAK 29000.0f /* no sample becomes more */
#define LOUD 1.1e3f   /* mean square: -60 dBFS; less is no voice */
#define OVER 8.0f     /* times the floor: a voice */
#define FLOOR 100.0f  /* mean square: -70 dBFS */
#define RISE 1.0069f  /* of the floor in a block: 3 dB a second */
#define KNOWN 20      /* blocks of voice before it is made louder */
#define LONG 200      /* blocks of voice that its loudness is the mean of */
#define RAMP 32       /* samples from one gain to the next: 2 ms */

static float
get_db (float power)
{
  return 10 * log10f (power);
}

/* Goes towards what makes the voice, of which this block has @power, as loud as is wanted. */
static void
follow_voice (OhGain *gain, float power)
{
  float wanted;

  gain->blocks = MIN (gain->blocks + 1, LONG);
  gain->voice += (power - gain->voice) / gain->blocks;
  wanted = CLAMP (get_db (WANTED / gain->voice), LEAST_DB, MOST_DB);
  gain->db += CLAMP (wanted - gain->db, -DOWN_DB, gain->blocks < KNOWN ? 0 : UP_DB);
}

float
oh_gain_process (OhGain *gain, gint16 *block)
{
  float from = powf (10, gain->db / 20), to, power = 1, peak = 1;

  for (guint i = 0; i < BLOCK; i++)
    {
      power += (float)block[i] * block[i] / BLOCK;
      peak = MAX (peak, ABS ((float)block[i]));
    }
  gain->floor = gain->floor > 0 ? MIN (gain->floor * RISE, power) : power;
  gain->floor = MAX (gain->floor, FLOOR);
  if (power > LOUD && power > OVER * gain->floor)
    follow_voice (gain, power);
  gain->db = MIN (gain->db, get_db (PEAK * PEAK / (peak * peak)));
  to = powf (10, gain->db / 20);
  for (guint i = 0; i < BLOCK; i++)
    {
      float now = i < RAMP ? from + (to - from) * (i + 1) / RAMP : to;

      block[i] = CLAMP (lrintf (block[i] * now), G_MININT16, G_MAXINT16);
    }
  return to * to;
}
