/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-turns.h"

#include <math.h>
#include <string.h>

/* Whose turn it is in half duplex, in blocks of 10 ms: both sides speak in syllables of 150 ms, 100 ms
 * apart, and the microphone hears the loudspeaker 40 ms later. */

#define BLOCK OH_TURNS_BLOCK
#define RATE 16000
#define LATE 5 /* blocks */
#define SYLLABLE_MS 150
#define RHYTHM_MS 250
#define VOICE 3000 /* loudness: the mean of a few sines */
#define MS (RATE / 1000)

typedef struct
{
  OhTurns turns;
  GRand *rand;
  double echo; /* what of the loudspeaker the microphone hears */
  gsize behind;
  gboolean steady; /* both sides make one noise without a pause */
  gint16 air[LATE][BLOCK];
  guint at;

  /* of the last pass(), both sides' gains at the ends of its blocks */
  float far_least, far_most, near_least, near_most;
  float far_gain, near_gain; /* now */
  double echo_in, echo_out;  /* energies of the microphone's sound before and after */
} Room;

static void
set_up (Room *room, gconstpointer data)
{
  room->rand = g_rand_new_with_seed (340);
}

static void
tear_down (Room *room, gconstpointer data)
{
  g_rand_free (room->rand);
}

static void
make_sound (Room *room, double level, guint ms, double *block)
{
  gboolean pause = !room->steady && ms % RHYTHM_MS >= SYLLABLE_MS;

  for (guint i = 0; i < BLOCK; i++)
    block[i] = pause ? 0 : level * g_rand_double_range (room->rand, -1.7, 1.7);
}

/* A room does not give back each sound as loud. */
static double
get_echo (Room *room, guint ms)
{
  return room->echo * pow (2, sin (ms / 70.0));
}

static void
hear (Room *room, double level, guint ms)
{
  double voice[BLOCK];
  float left[BLOCK];
  gint16 sent[BLOCK];

  make_sound (room, level, ms, voice);
  for (guint i = 0; i < BLOCK; i++)
    {
      left[i] = voice[i] + room->air[(room->at + 1) % LATE][i] * get_echo (room, ms);
      sent[i] = lrint (left[i]);
      room->echo_in += (double)sent[i] * sent[i];
    }
  oh_turns_listen (&room->turns, left, room->behind);
  oh_turns_send (&room->turns, sent);
  for (guint i = 0; i < BLOCK; i++)
    room->echo_out += (double)sent[i] * sent[i];
  room->near_gain = 1 - room->turns.near_down;
}

static void
play (Room *room, double level, guint ms)
{
  double voice[BLOCK];
  gint16 *block = room->air[++room->at % LATE];

  make_sound (room, level, ms, voice);
  for (guint i = 0; i < BLOCK; i++)
    block[i] = lrint (voice[i]);
  room->far_gain = oh_turns_play (&room->turns, block);
}

/* @ms pass; either side is so loud. */
static void
pass (Room *room, guint ms, double far, double near)
{
  room->far_least = room->near_least = 2;
  room->far_most = room->near_most = -1;
  room->echo_in = room->echo_out = 0;
  for (guint at = 0; at < ms; at += 10)
    {
      play (room, far, at);
      hear (room, near, at);
      room->far_least = MIN (room->far_least, room->far_gain);
      room->far_most = MAX (room->far_most, room->far_gain);
      room->near_least = MIN (room->near_least, room->near_gain);
      room->near_most = MAX (room->near_most, room->near_gain);
    }
}

/* Build-up time: none. */
static void
test_near_alone (Room *room, gconstpointer data)
{
  pass (room, 500, 0, 0);
  pass (room, 5000, 0, VOICE);
  g_assert_cmpfloat (room->near_least, ==, 1);
  g_assert_cmpfloat (room->echo_out, ==, room->echo_in);
}

/* Whatever comes back of it, the far end is not taken for the near one: nothing is returned, and nothing
 * of it is turned down. */
static void
test_far_alone (Room *room, gconstpointer data)
{
  room->echo = *(const double *)data;
  pass (room, 10150, VOICE, 0);
  g_assert_cmpfloat (room->far_least, ==, 1);
  g_test_message ("%.1f dB", 10 * log10 (room->echo_in / room->echo_out));
  g_assert_cmpfloat (10 * log10 (room->echo_in / room->echo_out), >, 35);
  g_assert_cmpfloat (room->near_gain, <, 0.02);
}

/* Who started keeps the turn: a word of the near end passes by. */
static void
test_far_first (Room *room, gconstpointer data)
{
  room->echo = 0.3;
  pass (room, 3000, VOICE, 0);
  pass (room, 150, VOICE, VOICE);
  g_assert_cmpfloat (room->near_most, <, 0.02);
  g_assert_cmpfloat (room->far_least, ==, 1);
  pass (room, 3000, VOICE, 0);
  g_assert_cmpfloat (room->near_most, <, 0.02);
  g_assert_cmpfloat (room->far_least, ==, 1);
}

static void
test_near_first (Room *room, gconstpointer data)
{
  room->echo = 0.3;
  pass (room, 1000, 0, VOICE);
  pass (room, 60, VOICE, VOICE); /* switching time: 20 dB in 40 ms */
  g_assert_cmpfloat (room->far_gain, <, 0.2);
  pass (room, 3150, VOICE, VOICE);
  g_assert_cmpfloat (room->far_most, <, 0.2);
  g_assert_cmpfloat (room->near_least, ==, 1);
  pass (room, 190, VOICE, 0); /* hang-over time */
  g_assert_cmpfloat (room->far_most, <, 0.2);
  pass (room, 80, VOICE, 0);
  g_assert_cmpfloat (room->far_gain, >, 0.9);
  pass (room, 100, VOICE, 0);
  g_assert_cmpfloat (room->near_gain, <, 0.02);
}

/* The far end's turn ends with its echo. */
static void
test_hang_over (Room *room, gconstpointer data)
{
  room->echo = 0.3;
  pass (room, 3150, VOICE, 0);
  pass (room, 290, 0, 0);
  g_assert_cmpfloat (room->near_most, <, 0.02);
  pass (room, 60, 0, 0);
  g_assert_cmpfloat (room->near_gain, >, 0.9);

  room->behind = 250 * MS;
  pass (room, 3150, VOICE, 0);
  pass (room, 440, 0, 0);
  g_assert_cmpfloat (room->near_most, <, 0.02);
  pass (room, 60, 0, 0);
  g_assert_cmpfloat (room->near_gain, >, 0.9);
}

/* A reply within the hang-over time loses 50 ms, and one after it nothing. */
static void
test_reply (Room *room, gconstpointer data)
{
  room->echo = 0.3;
  pass (room, 3150, VOICE, 0);
  pass (room, 150, 0, 0);
  pass (room, 40, 0, VOICE);
  g_assert_cmpfloat (room->near_gain, <, 0.02);
  pass (room, 40, 0, VOICE);
  g_assert_cmpfloat (room->near_gain, >, 0.9);

  pass (room, 1000, 0, 0);
  pass (room, 3150, VOICE, 0);
  pass (room, 360, 0, 0);
  pass (room, 150, 0, VOICE);
  g_assert_cmpfloat (room->near_least, >, 0.9);
}

static void
test_break_in (Room *room, gconstpointer data)
{
  room->echo = 0.1;
  pass (room, 4000, VOICE, 0);
  pass (room, 240, VOICE, VOICE);
  g_assert_cmpfloat (room->near_most, <, 0.02);
  pass (room, 260, VOICE, VOICE);
  g_assert_cmpfloat (room->near_gain, >, 0.9);
  g_assert_cmpfloat (room->far_gain, <, 0.2);
  pass (room, 2000, VOICE, VOICE);
  g_assert_cmpfloat (room->near_least, >, 0.9);
  g_assert_cmpfloat (room->far_most, <, 0.2);
}

/* A fan or a street that is heard all the time is nobody's turn, once it is known. */
static void
test_noise (Room *room, gconstpointer data)
{
  room->steady = TRUE;
  pass (room, 12000, VOICE / 10, VOICE / 5);
  room->steady = FALSE;
  g_assert_cmpint (room->turns.turn, ==, OH_TURN_NONE);
  pass (room, 2000, VOICE, 0);
  g_assert_cmpfloat (room->far_least, ==, 1);
  g_assert_cmpfloat (room->near_gain, <, 0.02);
  pass (room, 500, 0, 0);
  pass (room, 2000, 0, VOICE);
  g_assert_cmpfloat (room->near_least, ==, 1);
}

/* It is pulled out while its side has the turn: the other side comes back. */
static void
test_no_microphone (Room *room, gconstpointer data)
{
  pass (room, 1000, 0, VOICE);
  pass (room, 150, VOICE, VOICE);
  g_assert_cmpfloat (room->far_gain, <, 0.2);
  for (guint at = 0; at < 800; at += 10)
    play (room, VOICE, at);
  g_assert_cmpfloat (room->far_gain, >, 0.99);
}

int
main (int argc, char **argv)
{
  static const double loud = 1, usual = 0.3, soft = 0.03;

  g_test_init (&argc, &argv, NULL);
  g_test_add ("/turns/near-alone", Room, NULL, set_up, test_near_alone, tear_down);
  g_test_add ("/turns/far-alone/loud", Room, &loud, set_up, test_far_alone, tear_down);
  g_test_add ("/turns/far-alone/usual", Room, &usual, set_up, test_far_alone, tear_down);
  g_test_add ("/turns/far-alone/soft", Room, &soft, set_up, test_far_alone, tear_down);
  g_test_add ("/turns/far-first", Room, NULL, set_up, test_far_first, tear_down);
  g_test_add ("/turns/near-first", Room, NULL, set_up, test_near_first, tear_down);
  g_test_add ("/turns/hang-over", Room, NULL, set_up, test_hang_over, tear_down);
  g_test_add ("/turns/reply", Room, NULL, set_up, test_reply, tear_down);
  g_test_add ("/turns/break-in", Room, NULL, set_up, test_break_in, tear_down);
  g_test_add ("/turns/noise", Room, NULL, set_up, test_noise, tear_down);
  g_test_add ("/turns/no-microphone", Room, NULL, set_up, test_no_microphone, tear_down);
  return g_test_run ();
}
