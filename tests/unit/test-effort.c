/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much work a worker's encoders make of a packet: by how busy it is, and at rest when the load is. */
#include "media/oh-effort.h"

#define SPAN_US (500 * 1000)

/* The same for @seconds. */
static guint
note (OhEffort *effort, guint seconds, guint busy)
{
  guint complexity = 0;

  for (guint i = 0; i < 2 * seconds; i++)
    complexity = oh_effort_note (effort, SPAN_US, busy);
  return complexity;
}

static void
test_steps (void)
{
  OhEffort effort = { 0 };

  g_assert_cmpuint (note (&effort, 60, 60), ==, 5);
  g_assert_cmpuint (note (&effort, 60, 65), ==, 3);
  g_assert_cmpuint (note (&effort, 60, 75), ==, 1);
  g_assert_cmpuint (note (&effort, 60, 85), ==, 0);
  /* One step in half a second. */
  effort = (OhEffort){ 0 };
  g_assert_cmpuint (oh_effort_note (&effort, SPAN_US, 85), ==, 3);
  g_assert_cmpuint (oh_effort_note (&effort, SPAN_US, 85), ==, 1);
  g_assert_cmpuint (oh_effort_note (&effort, SPAN_US, 85), ==, 0);
  /* All of them where that would be too late. */
  effort = (OhEffort){ 0 };
  g_assert_cmpuint (oh_effort_note (&effort, SPAN_US, 90), ==, 0);
}

static void
test_return (void)
{
  OhEffort effort = { 0 };

  note (&effort, 1, 100);
  /* Back by a step in five seconds without interruption, and only with room for twice the load. */
  g_assert_cmpuint (note (&effort, 60, 41), ==, 0);
  g_assert_cmpuint (note (&effort, 4, 10), ==, 0);
  g_assert_cmpuint (note (&effort, 1, 50), ==, 0);
  g_assert_cmpuint (note (&effort, 4, 10), ==, 0);
  g_assert_cmpuint (note (&effort, 1, 10), ==, 1);
  g_assert_cmpuint (note (&effort, 5, 10), ==, 3);
  g_assert_cmpuint (note (&effort, 5, 10), ==, 5);
  g_assert_cmpuint (note (&effort, 60, 10), ==, 5);
  /* Who had nothing to do for a minute was at rest all that time. */
  note (&effort, 1, 100);
  g_assert_cmpuint (oh_effort_note (&effort, 60 * G_USEC_PER_SEC, 0), ==, 5);
}

/* The load depends on what is decided: whatever the number of calls, that comes to rest, and is not less
 * than it must be. Costs of one call in 1/1000 % of a core, by complexity: what is no encoder's, and a speech
 * encoder's of 8 kHz, then of 16 (docs/libraries.md). */
static void
test_rest (void)
{
  static const guint costs[][6] = { { 150, 180, 210, 240, 280, 320 },
                                    { 230, 290, 350, 410, 490, 570 } };
  const guint others = 250;

  for (guint kind = 0; kind < G_N_ELEMENTS (costs); kind++)
    for (guint calls = 0, before = 5; calls < 400; calls++)
      {
        OhEffort effort = { 0 };
        guint complexity = 5, changes = 0;

        for (guint i = 0; i < 600; i++)
          {
            guint busy = calls * (others + costs[kind][complexity]) / 1000;
            guint next = oh_effort_note (&effort, SPAN_US, MIN (busy, 100));

            changes += next != complexity && i >= 60;
            complexity = next;
          }
        g_assert_cmpuint (changes, ==, 0);
        g_assert_cmpuint (complexity, <=, before);
        if (calls * (others + costs[kind][5]) / 1000 <= 60)
          g_assert_cmpuint (complexity, ==, 5);
        if (calls * (others + costs[kind][complexity]) / 1000 >= 90)
          g_assert_cmpuint (complexity, ==, 0);
        before = complexity;
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/effort/steps", test_steps);
  g_test_add_func ("/effort/return", test_return);
  g_test_add_func ("/effort/rest", test_rest);
  return g_test_run ();
}
