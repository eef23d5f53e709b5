/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices that ring one after the other. */
#include "call-world.h"

static void
place (World *world, const char *device, int rank)
{
  OhStoreReply reply = ask (world);

  oh_store_place_device (world->store, device, rank, -1, &reply);
  wait_answer (world);
}

/* A call that rings on the laptop, and 5 s later on the desktop. */
static OhSipCall *
ring_in_steps (World *world, OhSipCall **laptop)
{
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = ask (world);
  OhSipCall *caller;

  change.ring_order = OH_RING_BY_RANK;
  change.next_delay_s = 5;
  oh_store_change_user (world->store, 1, &change, &reply);
  wait_answer (world);
  place (world, world->laptop, 1);
  place (world, world->desktop, 2);
  settle (world);
  caller = fake_sip_arrive (world->sip, "555100", "100");
  settle (world);
  *laptop = fake_sip_find_outgoing (world->sip, world->laptop);
  g_assert_nonnull (*laptop);
  g_assert_null (fake_sip_find_outgoing (world->sip, world->desktop));
  fake_call_ring (*laptop);
  fake_sip_pass (world->sip, 4990);
  settle (world);
  g_assert_null (fake_sip_find_outgoing (world->sip, world->desktop));
  return caller;
}

static void
pass (World *world, guint ms)
{
  fake_sip_pass (world->sip, ms);
  settle (world);
}

static void
test_steps (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring_in_steps (world, &laptop);

  pass (world, 20);
  desktop = fake_sip_find_outgoing (world->sip, world->desktop);
  g_assert_nonnull (desktop);
  fake_call_ring (desktop);
  fake_call_answer (laptop); /* the first goes on */
  settle (world);
  assert_log (desktop, "hang-up:200");
  assert_log (caller, "180 183 200");
  g_assert_cmpstr (world->events->str, ==,
                   "arrived identified located offered ringing step ringing answered");
  world_free (world);
}

static void
test_no_second_step (void)
{
  World *world = world_new ();
  OhSipCall *laptop;

  ring_in_steps (world, &laptop);
  fake_call_answer (laptop);
  settle (world);
  pass (world, 20000);
  g_assert_null (fake_sip_find_outgoing (world->sip, world->desktop));
  g_assert_cmpstr (world->events->str, ==, "arrived identified located offered ringing answered");
  world_free (world);
}

/* Who cannot ring is not waited for; when the last one cannot either, that is the end. */
static void
test_hastened_step (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring_in_steps (world, &laptop);

  fake_call_end (laptop, 480, 0);
  settle (world);
  desktop = fake_sip_find_outgoing (world->sip, world->desktop);
  g_assert_nonnull (desktop);
  pass (world, 6000);
  assert_log (caller, "180 183");
  fake_call_end (desktop, 480, 0);
  settle (world);
  assert_log (caller, "180 183 200");
  g_assert_true (g_str_has_suffix (world->events->str, "offered ringing step voicemail"));
  world_free (world);
}

/* It comes back on another connection before its turn: it rings there, then. */
static void
test_moved_before_its_turn (void)
{
  World *world = world_new ();
  OhSipCall *laptop;

  ring_in_steps (world, &laptop);
  fake_sip_register (world->sip, world->desktop, "anna", 3003, 600);
  fake_sip_pass (world->sip, 5);
  settle (world);
  g_assert_null (fake_sip_find_outgoing (world->sip, world->desktop));
  pass (world, 10);
  g_assert_nonnull (fake_sip_find_outgoing (world->sip, world->desktop));
  world_free (world);
}

/* It is gone when its turn comes, and joins when it is back. */
static void
test_gone_before_its_turn (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *caller = ring_in_steps (world, &laptop);

  fake_sip_register (world->sip, world->desktop, "anna", 3002, 0);
  pass (world, 3000);
  g_assert_null (fake_sip_find_outgoing (world->sip, world->desktop));
  assert_log (laptop, "");
  fake_sip_register (world->sip, world->desktop, "anna", 3003, 600);
  pass (world, 5);
  g_assert_nonnull (fake_sip_find_outgoing (world->sip, world->desktop));
  assert_log (caller, "180 183");
  g_assert_nonnull (strstr (world->events->str, "ringing step joined"));
  world_free (world);
}

/* Whoever chose to answer by a reply does not wait for the next one's turn; it is asked as soon as it can
 * be. */
static void
test_reply_before_its_turn (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring_in_steps (world, &laptop);

  oh_server_call_choose_by_im (get_call (world), OH_OPTION_ANSWER, 7, "anna@one.test (xmpp)");
  assert_log (laptop, "talk");
  fake_call_asked (laptop, 481);
  settle (world);
  desktop = fake_sip_find_outgoing (world->sip, world->desktop);
  g_assert_nonnull (desktop);
  assert_log (desktop, "talk");
  fake_call_answer (desktop);
  settle (world);
  assert_log (caller, "180 183 200");
  g_assert_cmpstr (world->events->str, ==,
                   "arrived identified located offered ringing asked asked answered");
  world_free (world);
}

/* One that rang before its turn and would not answer rings on, and has its turn as if it had not. */
static void
test_turn_after_a_reply (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring_in_steps (world, &laptop);

  oh_server_call_choose_by_im (get_call (world), OH_OPTION_ANSWER, 7, "anna@one.test (xmpp)");
  fake_call_asked (laptop, 481);
  settle (world);
  desktop = fake_sip_find_outgoing (world->sip, world->desktop);
  g_assert_nonnull (desktop);
  pass (world, 1000); /* its turn is past, but it is still asked */
  g_assert_null (strstr (world->events->str, "step"));
  fake_call_asked (desktop, 481);
  settle (world);
  pass (world, 1000);
  g_assert_nonnull (strstr (world->events->str, "asked asked step"));
  g_assert_true (fake_sip_find_outgoing (world->sip, world->desktop) == desktop);
  assert_log (desktop, "talk");
  fake_call_answer (desktop);
  settle (world);
  assert_log (caller, "180 183 200");
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/call/steps", test_steps);
  g_test_add_func ("/call/no-second-step", test_no_second_step);
  g_test_add_func ("/call/hastened-step", test_hastened_step);
  g_test_add_func ("/call/moved-before-its-turn", test_moved_before_its_turn);
  g_test_add_func ("/call/gone-before-its-turn", test_gone_before_its_turn);
  g_test_add_func ("/call/reply-before-its-turn", test_reply_before_its_turn);
  g_test_add_func ("/call/turn-after-a-reply", test_turn_after_a_reply);
  return g_test_run ();
}
