/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New calls that are let in or not, as sip/ asks for each: who counts as one source, and what is told. */
#include "call-world.h"

#include "base/oh-clock.h"

#include <string.h>

#define TRUNK "127.0.0.9"
#define STRANGER "127.0.0.8"
#define LAPTOP_PORT 3001

static gint64 now_us = 100 * G_USEC_PER_SEC;

static gint64
get_now (void)
{
  return now_us;
}

/* Time goes by for the exchange. */
static void
pass (World *world, guint ms)
{
  for (; ms >= 100; ms -= 100)
    {
      now_us += 100 * 1000;
      fake_sip_pass (world->sip, 100);
    }
}

static World *
open_world (guint rate)
{
  World *world;

  oh_clock_set_source (get_now);
  world = world_new ();
  world->config->new_calls_per_second = rate;
  oh_exchange_set_config (world->exchange, world->config);
  settle (world);
  return world;
}

static void
close_world (World *world)
{
  world_free (world);
  oh_clock_set_source (NULL);
}

/* How many of @calls may come in. */
static guint
knock (World *world, const char *address, guint16 port, const char *number, guint calls)
{
  const OhSipArrival arrival = { .transport = port == LAPTOP_PORT ? "tls" : "udp",
                                 .source_address = address,
                                 .source_port = port,
                                 .request_user = number,
                                 .waited_us = -1 };
  guint taken = 0;

  for (guint i = 0; i < calls; i++)
    {
      guint retry_s = 0;
      gboolean may = oh_exchange_get_sip_handlers ()->admit (world->sip, &arrival, &retry_s,
                                                             world->exchange);

      g_assert_true (may || (retry_s >= 1 && retry_s <= 10));
      taken += may ? 1 : 0;
    }
  return taken;
}

static void
on_load (const char *json, gpointer user_data)
{
  *(char **)user_data = g_strdup (json);
}

/* What offhookctl is told. Transfer full. */
static char *
read_load (World *world)
{
  OhExecutor executor = oh_executor_for_context (NULL);
  OhLive live = oh_exchange_get_live (world->exchange);
  char *json = NULL;

  live.funcs->load (live.live, &executor, on_load, &json);
  settle (world);
  g_assert_nonnull (json);
  return json;
}

static void
test_no_limit (void)
{
  World *world = open_world (0);

  for (guint i = 0; i < 50; i++)
    {
      g_assert_cmpuint (knock (world, TRUNK, 5060, "100", 20), ==, 20);
      pass (world, 100);
    }
  close_world (world);
}

static void
test_told (void)
{
  World *world = open_world (5);
  g_autofree char *during = NULL;
  g_autofree char *after = NULL;
  guint taken = 0;

  g_test_expect_message ("oh-call", G_LOG_LEVEL_WARNING,
                         "new calls are refused: more than 5 new calls a second");
  for (guint i = 0; i < 50; i++)
    {
      taken += knock (world, TRUNK, 5060, "100", 10);
      pass (world, 100);
    }
  g_test_assert_expected_messages ();
  g_test_message ("%u taken", taken);
  g_assert_cmpuint (taken, >=, 23);
  g_assert_cmpuint (taken, <=, 28);
  during = read_load (world);
  g_assert_nonnull (strstr (during, "\"refusing\":true"));
  g_assert_nonnull (strstr (during, "\"rate\":5,"));
  g_test_expect_message ("oh-call", G_LOG_LEVEL_MESSAGE,
                         "new calls are taken again; 4* were refused in * s");
  pass (world, 9000);
  g_test_assert_expected_messages ();
  after = read_load (world);
  g_assert_nonnull (strstr (after, "\"refusing\":false"));
  close_world (world);
}

/* Each ten seconds once, however many there are. */
static void
test_told_again (void)
{
  World *world = open_world (5);

  g_test_expect_message ("oh-call", G_LOG_LEVEL_WARNING, "new calls are refused: *");
  for (guint i = 0; i < 99; i++)
    {
      knock (world, TRUNK, 5060, "100", 10);
      pass (world, 100);
    }
  g_test_assert_expected_messages ();
  g_test_expect_message ("oh-call", G_LOG_LEVEL_WARNING,
                         "9* new calls were refused in the last 10 s: more than *");
  pass (world, 200);
  g_test_assert_expected_messages ();
  g_test_expect_message ("oh-call", G_LOG_LEVEL_MESSAGE, "new calls are taken again; *");
  pass (world, 9000);
  g_test_assert_expected_messages ();
  close_world (world);
}

/* Strangers, who may have as many addresses as they like, are one source beside a trunk and the devices
 * (anna's laptop is signed in). */
static void
test_sources (void)
{
  World *world = open_world (30);
  guint strangers = 0, trunk = 0, devices = 0;

  g_test_expect_message ("oh-call", G_LOG_LEVEL_WARNING, "new calls are refused: *");
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *address = g_strdup_printf ("127.0.1.%u", i);

      strangers += knock (world, address, 5060, "100", 20);
      strangers += knock (world, STRANGER, 5060, "100", 20);
      if (i % 2 == 0)
        trunk += knock (world, TRUNK, 5060, "100", 1);
      else
        devices += knock (world, "127.0.0.1", LAPTOP_PORT, "100", 1);
      pass (world, 100);
    }
  g_test_assert_expected_messages ();
  g_test_message ("strangers %u, trunk %u of 30, devices %u of 30", strangers, trunk, devices);
  g_assert_cmpuint (trunk, >=, 28);
  g_assert_cmpuint (devices, >=, 28);
  g_assert_cmpuint (strangers, <=, 140);
  g_test_expect_message ("oh-call", G_LOG_LEVEL_MESSAGE, "new calls are taken again; *");
  pass (world, 9000);
  g_test_assert_expected_messages ();
  close_world (world);
}

static void
test_emergency (void)
{
  World *world = open_world (1);

  g_test_expect_message ("oh-call", G_LOG_LEVEL_WARNING, "new calls are refused: *");
  knock (world, TRUNK, 5060, "100", 100);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (knock (world, TRUNK, 5060, "112", 1), ==, 1);
  g_assert_cmpuint (knock (world, TRUNK, 5060, "911", 1), ==, 1);
  g_assert_cmpuint (knock (world, TRUNK, 5060, "100", 1), ==, 0);
  g_test_expect_message ("oh-call", G_LOG_LEVEL_MESSAGE, "new calls are taken again; *");
  pass (world, 9000);
  g_test_assert_expected_messages ();
  close_world (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/call-load/no-limit", test_no_limit);
  g_test_add_func ("/call-load/told", test_told);
  g_test_add_func ("/call-load/told-again", test_told_again);
  g_test_add_func ("/call-load/sources", test_sources);
  g_test_add_func ("/call-load/emergency", test_emergency);
  return g_test_run ();
}
