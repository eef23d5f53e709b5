/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-canceller.h"
#include "media/filter/oh-place.h"

#include <math.h>
#include <string.h>

/* The echo canceller where the clocks of loudspeaker and microphone differ. */

#define RATE OH_CANCELLER_RATE
#define BLOCK OH_CANCELLER_BLOCK
#define PATHS 30
#define NOISE 12

typedef struct
{
  gsize n; /* samples */
  gint16 *far, *echo, *near, *out;
  double drift_ppm; /* after the run */
} Room;

/* Syllables of noise and harmonics, some 4 a second. */
static void
make_voice (gint16 *samples, gsize n, guint seed, double level)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  double phase = 0, low = 0;

  for (gsize i = 0; i < n; i++)
    {
      double t = i / (double)RATE;
      double loud = MAX (0, sin (2 * G_PI * 3.7 * t + seed)) * (0.6 + 0.4 * sin (t * 1.1));
      double value = 0;

      phase += 2 * G_PI * (120 + 20 * seed % 60 + 25 * sin (2 * G_PI * 0.7 * t)) / RATE;
      for (guint k = 1; k < 20; k++)
        value += sin (k * phase) / k;
      low = 0.7 * low + g_rand_double_range (rand, -1, 1);
      samples[i] = level * loud * (0.5 * value + 0.4 * low);
    }
}

static Room *
room_new (guint seconds)
{
  Room *room = g_new0 (Room, 1);

  room->n = seconds * RATE;
  room->far = g_new0 (gint16, room->n);
  room->echo = g_new0 (gint16, room->n);
  room->near = g_new0 (gint16, room->n);
  room->out = g_new0 (gint16, room->n);
  make_voice (room->far, room->n, 1, 8000);
  return room;
}

static void
room_free (Room *room)
{
  g_free (room->far);
  g_free (room->echo);
  g_free (room->near);
  g_free (room->out);
  g_free (room);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Room, room_free)

/* Between samples by Lagrange's polynomial through four. */
static double
get_at (const gint16 *samples, gsize n, double at)
{
  gssize i = floor (at);
  double d = at - i;

  if (i < 1 || (gsize)i + 2 >= n)
    return 0;
  return -d * (d - 1) * (d - 2) / 6 * samples[i - 1] + (d + 1) * (d - 1) * (d - 2) / 2 * samples[i]
         - (d + 1) * d * (d - 2) / 2 * samples[i + 1] + (d + 1) * d * (d - 1) / 6 * samples[i + 2];
}

/* From @from on the delay is @delay_ms and grows by @ppm: the direct sound and reflections that die
 * away in 100 ms. */
static void
play (Room *room, gsize from, gsize to, double delay_ms, double ppm)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autofree double *played = g_new0 (double, room->n);
  double gains[PATHS] = { 0.3 };
  gsize late[PATHS] = { 0 };

  for (guint k = 1; k < PATHS; k++)
    {
      late[k] = g_rand_int_range (rand, 1, RATE / 10);
      gains[k] = 0.1 * g_rand_double_range (rand, -1, 1) * exp (-(double)late[k] * 40 / RATE);
    }
  for (gsize i = from; i < to; i++)
    played[i] = get_at (room->far, room->n, i - (i - from) * ppm * 1e-6 - delay_ms * RATE / 1000);
  for (gsize i = from; i < to; i++)
    for (guint k = 0; k < PATHS && late[k] <= i - from; k++)
      room->echo[i] += played[i - late[k]] * gains[k];
}

static void
cancel (OhCanceller *canceller, gint16 *near, gsize behind)
{
  float clean[BLOCK];

  oh_canceller_process (canceller, near, behind, clean);
  for (guint i = 0; i < BLOCK; i++)
    near[i] = CLAMP (lrintf (clean[i]), G_MININT16, G_MAXINT16);
}

static void
run (Room *room)
{
  g_autoptr (OhCanceller) canceller = oh_canceller_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (9);

  for (gsize i = 0; i < room->n; i++)
    room->out[i] = CLAMP (room->echo[i] + room->near[i] + g_rand_int_range (rand, -NOISE, NOISE),
                          G_MININT16, G_MAXINT16);
  for (gsize i = 0; i + BLOCK <= room->n; i += BLOCK)
    {
      oh_canceller_play (canceller, room->far + i);
      cancel (canceller, room->out + i, 0);
    }
  room->drift_ppm = oh_canceller_get_drift_ppm (canceller);
}

static double
energy (const gint16 *samples, gsize from, gsize to)
{
  double sum = 1;

  for (gsize i = from; i < to; i++)
    sum += (double)samples[i] * samples[i];
  return sum;
}

/* dB of echo removed between two seconds in which the near end says nothing. */
static double
get_reduction (Room *room, guint from, guint to)
{
  double reduction = 10
                     * log10 (energy (room->echo, from * RATE, to * RATE)
                              / energy (room->out, from * RATE, to * RATE));

  g_test_message ("%u to %u s: %.1f dB of echo removed, drift %.2f ppm", from, to, reduction,
                  room->drift_ppm);
  return reduction;
}

static void
test_drift (gconstpointer data)
{
  g_autoptr (Room) room = room_new (8);
  double ppm = GPOINTER_TO_INT (data);

  play (room, 0, room->n, 45, ppm);
  run (room);
  g_assert_cmpfloat (get_reduction (room, 4, 8), >, 20);
  g_assert_cmpfloat (fabs (room->drift_ppm - ppm), <, 3);
}

/* Equal clocks: nothing is corrected. */
static void
test_none (void)
{
  g_autoptr (Room) room = room_new (12);

  play (room, 0, room->n, 45, 0);
  run (room);
  g_assert_cmpfloat (get_reduction (room, 4, 12), >, 25);
  g_assert_cmpfloat (room->drift_ppm, ==, 0);
}

/* The path grows by 40 ms; the reduction from three seconds after that on. */
static double
run_step (double ppm)
{
  g_autoptr (Room) room = room_new (12);

  play (room, 0, room->n / 2, 40, ppm);
  play (room, room->n / 2, room->n, 80, ppm);
  run (room);
  g_assert_cmpfloat (get_reduction (room, 4, 6), >, 20);
  g_assert_cmpfloat (fabs (room->drift_ppm - ppm), <, 3);
  return get_reduction (room, 9, 12);
}

/* Drift costs little of what is reached without. */
static void
test_step (void)
{
  double equal = run_step (0), drifting = run_step (100);

  g_assert_cmpfloat (equal, >, 25);
  g_assert_cmpfloat (drifting, >, 23);
  g_assert_cmpfloat (drifting, >, equal - 3.5);
}

/* Another device takes over, unseen, whose clock is as wrong the other way. */
static void
test_turn (void)
{
  g_autoptr (Room) room = room_new (16);

  play (room, 0, room->n / 2, 45, 100);
  play (room, room->n / 2, room->n, 45, -100);
  run (room);
  g_assert_cmpfloat (get_reduction (room, 4, 8), >, 20);
  g_assert_cmpfloat (get_reduction (room, 13, 16), >, 20);
  g_assert_cmpfloat (fabs (room->drift_ppm + 100), <, 3);
}

/* Both speak for 4 s: neither the estimate nor the canceller runs away. */
static void
test_double_talk (void)
{
  g_autoptr (Room) room = room_new (12);

  play (room, 0, room->n, 45, 100);
  make_voice (room->near + 4 * RATE, 4 * RATE, 2, 8000);
  run (room);
  g_assert_cmpfloat (get_reduction (room, 8, 9), >, 15);
  g_assert_cmpfloat (get_reduction (room, 9, 12), >, 20);
  g_assert_cmpfloat (fabs (room->drift_ppm - 100), <, 3);
}

/* Nobody speaks for long: what was known still holds. */
static void
test_silence (void)
{
  g_autoptr (Room) room = room_new (28);

  memset (room->far + 5 * RATE, 0, 20 * RATE * sizeof *room->far);
  play (room, 0, room->n, 45, 100);
  run (room);
  g_assert_cmpfloat (get_reduction (room, 4, 5), >, 20);
  g_assert_cmpfloat (get_reduction (room, 26, 28), >, 20);
  g_assert_cmpfloat (fabs (room->drift_ppm - 100), <, 3);
}

/* Devices that tell their latencies, but for some jitter, and a short path: nothing must be asked of
 * the far signal that is not there yet, and nothing jumps though both clocks part by 8 ms. */
static void
test_devices (gconstpointer data)
{
  g_autoptr (OhCanceller) canceller = oh_canceller_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autoptr (Room) room = room_new (16);
  double ppm = GPOINTER_TO_INT (data);
  gsize written = 0, queue = 2 * BLOCK; /* before the loudspeaker */

  play (room, 0, room->n, 3, ppm);
  memcpy (room->out, room->echo, room->n * sizeof *room->out);
  for (gsize i = 0; i + BLOCK <= room->n; i += BLOCK)
    {
      double heard = (i + BLOCK) * (1 - ppm * 1e-6);

      for (; written < heard + queue && written + BLOCK <= room->n; written += BLOCK)
        oh_canceller_play (canceller, room->far + written);
      cancel (canceller, room->out + i,
              written - (gsize)heard + BLOCK + g_rand_int_range (rand, -BLOCK, BLOCK));
    }
  room->drift_ppm = oh_canceller_get_drift_ppm (canceller);
  g_assert_cmpfloat (get_reduction (room, 4, 8), >, 20);
  g_assert_cmpfloat (get_reduction (room, 8, 15), >, 20);
  g_assert_cmpfloat (fabs (room->drift_ppm - ppm), <, 5);
}

/* Places that the devices tell: jitter moves nothing, what stays does, and nothing of the future. */
static void
test_place (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  OhPlace place = { 0 };
  guint jumps = 0;
  gint64 written = 0;

  for (; written < 100 * BLOCK; written += BLOCK)
    jumps += oh_place_move (&place, written, 5 * BLOCK + g_rand_int_range (rand, -BLOCK, BLOCK), 16,
                            0);
  g_assert_cmpuint (jumps, ==, 1);
  g_assert_cmpfloat (fabs (place.at - (written - 4 * BLOCK)), <=, BLOCK);
  for (; written < 140 * BLOCK; written += BLOCK)
    jumps += oh_place_move (&place, written, 12 * BLOCK, 0, 0);
  g_assert_cmpuint (jumps, ==, 2);
  g_assert_cmpfloat (place.at, ==, written - 11 * BLOCK);
  for (guint i = 0; i < 50; i++) /* the loudspeaker stops, then goes on */
    jumps += oh_place_move (&place, written, 12 * BLOCK, 0, 0);
  g_assert_cmpuint (jumps, ==, 2);
  for (guint i = 0; i < 10; i++, written += BLOCK)
    jumps += oh_place_move (&place, written, 12 * BLOCK, 0, 0);
  g_assert_cmpuint (jumps, ==, 3);
  g_assert_cmpfloat (place.at + BLOCK, <, written);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/drift/+100", GINT_TO_POINTER (100), test_drift);
  g_test_add_data_func ("/drift/-100", GINT_TO_POINTER (-100), test_drift);
  g_test_add_data_func ("/drift/+250", GINT_TO_POINTER (250), test_drift);
  g_test_add_func ("/drift/none", test_none);
  g_test_add_func ("/drift/step", test_step);
  g_test_add_func ("/drift/turn", test_turn);
  g_test_add_func ("/drift/double-talk", test_double_talk);
  g_test_add_func ("/drift/silence", test_silence);
  g_test_add_data_func ("/drift/devices/+500", GINT_TO_POINTER (500), test_devices);
  g_test_add_data_func ("/drift/devices/-500", GINT_TO_POINTER (-500), test_devices);
  g_test_add_func ("/drift/place", test_place);
  return g_test_run ();
}
