/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the IM engine lets through of a flood. */
#include "im/engine/oh-engine-gate.h"

#include "base/oh-clock.h"

static gint64 now = G_USEC_PER_SEC;

static gint64
tell_time (void)
{
  return now;
}

static guint
flood (OhEngineGate gate)
{
  guint passed = 0;

  while (passed < 100000 && oh_engine_gate_pass (gate))
    passed++;
  return passed;
}

/* Notices without end take nothing from messages, nor the reverse; both come back with time. */
static void
test_apart (void)
{
  oh_clock_set_source (tell_time);
  g_assert_cmpuint (flood (OH_ENGINE_GATE_NOTICES), ==, 1000);
  g_assert_cmpuint (flood (OH_ENGINE_GATE_MESSAGES), ==, 2000);
  g_assert_cmpuint (flood (OH_ENGINE_GATE_STANZAS), ==, 1000);
  g_assert_cmpuint (flood (OH_ENGINE_GATE_ROOMS), ==, 2000);
  g_assert_false (oh_engine_gate_pass (OH_ENGINE_GATE_NOTICES));
  now += G_USEC_PER_SEC;
  g_assert_cmpuint (flood (OH_ENGINE_GATE_MESSAGES), ==, 400);
  g_assert_cmpuint (flood (OH_ENGINE_GATE_NOTICES), ==, 200);
  for (int i = 0; i < 100; i++) /* asked often it earns no less */
    {
      now += 7000;
      g_assert_cmpuint (flood (OH_ENGINE_GATE_NOTICES), ==, (i + 1) * 7 / 5 - i * 7 / 5);
    }
  now += 3600 * (gint64)G_USEC_PER_SEC;
  g_assert_cmpuint (flood (OH_ENGINE_GATE_MESSAGES), ==, 2000);
  oh_clock_set_source (NULL);
}

/* One of many that is empty takes nothing from the others. */
static void
test_buckets (void)
{
  OhEngineBucket one = { 0 }, other = { 0 };
  guint passed = 0;

  oh_clock_set_source (tell_time);
  while (passed < 100 && oh_engine_bucket_pass (&one, 10, 5))
    passed++;
  g_assert_cmpuint (passed, ==, 10);
  g_assert_true (oh_engine_bucket_pass (&other, 10, 5));
  now += G_USEC_PER_SEC / 5;
  g_assert_true (oh_engine_bucket_pass (&one, 10, 5));
  g_assert_false (oh_engine_bucket_pass (&one, 10, 5));
  oh_clock_set_source (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/gate", test_apart);
  g_test_add_func ("/engine/buckets", test_buckets);
  return g_test_run ();
}
