/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/im/oh-im-desk-private.h"

#include "base/oh-clock.h"

/* How long the identities of an account that was lost count as where they were. */

static gint64 now;

static gint64
get_now (void)
{
  return now;
}

/* Seconds that are left once @place has come to @state at @second. */
static double
note (OhImPlace *place, double second, OhImState state)
{
  now = (gint64)((100 + second) * G_USEC_PER_SEC);
  oh_im_place_note_state (place, state);
  return MAX (place->expected_until_us - now, 0) / (double)G_USEC_PER_SEC;
}

/* A first sign-in: nobody was anywhere before. */
static void
test_first (void)
{
  OhImPlace place = { 0 };

  g_assert_cmpfloat (note (&place, 0, OH_IM_STATE_CONNECTING), ==, 0);
  g_assert_cmpfloat (note (&place, 1, OH_IM_STATE_OFFLINE), ==, 0);
  g_assert_cmpfloat (note (&place, 2, OH_IM_STATE_CONNECTING), ==, 0);
  g_assert_cmpfloat (note (&place, 3, OH_IM_STATE_ONLINE), ==, 1.5);
}

/* An attempt that goes on is waited for; one that fails leaves what there was. */
static void
test_lost (void)
{
  OhImPlace place = { 0 };

  note (&place, 0, OH_IM_STATE_ONLINE);
  g_assert_cmpfloat (note (&place, 10, OH_IM_STATE_OFFLINE), ==, 5);
  g_assert_cmpfloat (note (&place, 11, OH_IM_STATE_CONNECTING), ==, 10);
  g_assert_cmpfloat (note (&place, 12, OH_IM_STATE_OFFLINE), ==, 3);
  g_assert_cmpfloat (note (&place, 14, OH_IM_STATE_CONNECTING), ==, 10);
  g_assert_cmpfloat (note (&place, 19, OH_IM_STATE_ONLINE), ==, 1.5);
}

/* A service that stays away keeps no caller waiting by trying on. */
static void
test_stays_away (void)
{
  OhImPlace place = { 0 };

  note (&place, 0, OH_IM_STATE_ONLINE);
  note (&place, 10, OH_IM_STATE_OFFLINE);
  note (&place, 14, OH_IM_STATE_CONNECTING);
  g_assert_cmpfloat (note (&place, 20, OH_IM_STATE_OFFLINE), ==, 0);
  g_assert_cmpfloat (note (&place, 21, OH_IM_STATE_CONNECTING), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  oh_clock_set_source (get_now);
  g_test_add_func ("/im-patience/first", test_first);
  g_test_add_func ("/im-patience/lost", test_lost);
  g_test_add_func ("/im-patience/stays-away", test_stays_away);
  return g_test_run ();
}
