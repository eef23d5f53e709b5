/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-turns.h"

#include <math.h>

#define BLOCK OH_TURNS_BLOCK
#define FAR_SPEAKS 1.0e4f  /* mean square (-50 dBFS) */
#define NEAR_SPEAKS 3.0e4f /* -45 dBFS */
#define OVER_NOISE 10.0f   /* 10 dB */
#define NOISE_FALLS 0.3f   /* of the way to a softer block */
#define NOISE_RISES 1.006f /* 2.6 dB a second */
#define FADES 0.9f         /* of `loudest` in a block: 46 dB a second, a room of RT60 1.3 s */
#define OVER_ECHO_DB 9     /* so much more than what comes back as a rule is a voice, */
#define STILL_OVER_DB 6    /* or this, of who has the turn already */
/* dB a block; what it settles at is exceeded by one block in three. */
#define COUPLING_RISES 0.1f
#define COUPLING_FALLS 0.05f
#define COUPLING_MIN -40.0f
#define COUPLING_MAX 10.0f
#define HOLD 20        /* blocks of silence that end a turn */
#define GONE 50        /* blocks without any of the microphone: there is none any more */
#define LATENCY 10     /* of loudspeaker and microphone, in blocks, where nobody tells */
#define LATENCY_MAX 50 /* the longest that is believed */
#define BREAK_IN 120   /* points that take the turn; a block of pause takes one, */
#define OVER_VOICE 6   /* one of voice gives these while the far end is heard: 200 ms, */
#define REPLY 24       /* and these when it is not: 50 ms */
#define NEAR_DOWN 0.99f
#define FAR_DOWN 0.9f
#define STEP 0.5f /* of the way in a block */

/* Whether @power stands out from what is always there, which it follows. */
static gboolean
is_voice (float *noise, float power, float least)
{
  gboolean voice = power > MAX (least, *noise * OVER_NOISE);

  if (power < *noise)
    *noise += (power - *noise) * NOISE_FALLS;
  else
    *noise = MAX (*noise * NOISE_RISES, least / OVER_NOISE);
  return voice;
}

static void
take_turn (OhTurns *turns, OhTurn turn)
{
  turns->turn = turn;
  turns->silent = turns->unheard = turns->breaking_in = 0;
}

/* Between its last gain and the next one: what a sample of a block is multiplied by. */
static float
get_gain (float from, float to, guint at)
{
  return 1 - (from + (to - from) * (at + 1) / BLOCK);
}

static void
turn_down (gint16 *block, float *down, float aim)
{
  float from = *down;

  *down = fabsf (aim - from) < 0.001f ? aim : from + STEP * (aim - from);
  for (guint i = 0; i < BLOCK; i++)
    block[i] = lrintf (block[i] * get_gain (from, *down, i));
}

float
oh_turns_play (OhTurns *turns, gint16 *far)
{
  float power = 0, gain;
  gboolean voice;

  for (guint i = 0; i < BLOCK; i++)
    power += (float)far[i] * far[i] / BLOCK;
  voice = is_voice (&turns->far_noise, power, FAR_SPEAKS);
  if (turns->turn == OH_TURN_NEAR && ++turns->unheard > GONE)
    turns->turn = OH_TURN_NONE;
  if (voice && turns->turn == OH_TURN_NONE)
    take_turn (turns, OH_TURN_FAR);
  else if (voice && turns->turn == OH_TURN_FAR)
    turns->silent = 0;
  turn_down (far, &turns->far_down, turns->turn == OH_TURN_NEAR ? FAR_DOWN : 0);
  gain = 1 - turns->far_down;
  turns->loudest = MAX (turns->loudest * FADES, power * gain * gain);
  return gain;
}

/* While the far end speaks: how loud the microphone hears it. What breaks in is learnt too, but slower
 * than it takes the turn. */
static void
learn_coupling (OhTurns *turns, float power)
{
  gboolean louder;

  if (turns->turn != OH_TURN_FAR || turns->loudest < FAR_SPEAKS)
    return;
  louder = power > turns->loudest * powf (10, turns->coupling_db / 10);
  turns->coupling_db = CLAMP (turns->coupling_db + (louder ? COUPLING_RISES : -COUPLING_FALLS),
                              COUPLING_MIN, COUPLING_MAX);
}

/* The near end during the far end's turn. */
static void
note_break_in (OhTurns *turns, gboolean voice, guint latency)
{
  if (voice)
    turns->breaking_in += turns->silent > latency ? REPLY : OVER_VOICE;
  else if (turns->breaking_in > 0)
    turns->breaking_in--;
  if (turns->breaking_in >= BREAK_IN)
    take_turn (turns, OH_TURN_NEAR);
  else if (++turns->silent > HOLD + latency)
    turns->turn = OH_TURN_NONE;
}

void
oh_turns_listen (OhTurns *turns, const float *near, gsize behind)
{
  guint latency = behind > 0 ? MIN (behind / BLOCK, LATENCY_MAX) : LATENCY;
  float over_db = turns->turn == OH_TURN_NEAR ? STILL_OVER_DB : OVER_ECHO_DB;
  float power = 0, echo = turns->loudest * powf (10, (turns->coupling_db + over_db) / 10);
  gboolean voice;

  for (guint i = 0; i < BLOCK; i++)
    power += near[i] * near[i] / BLOCK;
  voice = is_voice (&turns->near_noise, power, NEAR_SPEAKS) && power > echo;
  learn_coupling (turns, power);
  turns->unheard = 0;
  if (turns->turn == OH_TURN_FAR)
    note_break_in (turns, voice, latency);
  else if (voice)
    take_turn (turns, OH_TURN_NEAR);
  else if (turns->turn == OH_TURN_NEAR && ++turns->silent > HOLD)
    turns->turn = OH_TURN_NONE;
}

void
oh_turns_send (OhTurns *turns, gint16 *near)
{
  turn_down (near, &turns->near_down, turns->turn == OH_TURN_FAR ? NEAR_DOWN : 0);
}
