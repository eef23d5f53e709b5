/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call-world.h"

#include <string.h>

static void
test_first_answer_wins (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  g_assert_cmpstr (fake_call_get_header_sent (laptop, "Offhook-Deadline"), ==,
                   "Offhook-Deadline: 20");
  g_assert_cmpstr (fake_call_get_header_sent (laptop, "Offhook-Options"), ==,
                   "Offhook-Options: 1,3,9");
  fake_call_answer (desktop);
  fake_call_answer (laptop); /* was on its way when it was taken back */
  settle (world);
  assert_log (caller, "180 183 200");
  assert_log (laptop, "hang-up:200");
  assert_log (desktop, "");
  g_assert_cmpuint (fake_media_count_bridges (), ==, 1);
  fake_call_end (desktop, 200, 0);
  settle (world);
  assert_log (caller, "180 183 200 hang-up:0");
  g_assert_cmpstr (world->events->str, ==,
                   "arrived identified located offered ringing ringing answered ended");
  world_free (world);
}

/* One device after the other is asked: those that cannot, and those that do not. */
static void
test_answer_by_reply (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);
  OhServerCall *call = get_call (world);

  g_assert_cmpstr (oh_server_call_get_answering_device (call), ==, "laptop");
  oh_server_call_choose_by_im (call, OH_OPTION_ANSWER, 7, "anna@one.test (xmpp)");
  oh_server_call_choose_by_im (call, OH_OPTION_ANSWER, 7, "anna@one.test (xmpp)");
  assert_log (laptop, "talk");
  assert_log (desktop, "");
  fake_call_asked (laptop, 481);
  fake_call_asked (laptop, 481);
  assert_log (desktop, "talk");
  fake_call_asked (desktop, 200);
  fake_sip_pass (world->sip, 3500); /* says so, but does not: nothing is left */
  assert_log (laptop, "talk");
  oh_server_call_choose_by_im (call, OH_OPTION_ANSWER, 7, "anna@one.test (xmpp)");
  assert_log (laptop, "talk talk");
  fake_sip_pass (world->sip, 3500);
  assert_log (desktop, "talk talk");
  fake_call_answer (desktop);
  settle (world);
  assert_log (caller, "180 183 200");
  assert_log (laptop, "talk talk hang-up:200");
  g_assert_cmpuint (fake_media_count_bridges (), ==, 1);
  fake_call_end (desktop, 200, 0);
  settle (world);
  g_assert_cmpstr (world->events->str, ==,
                   "arrived identified located offered ringing ringing asked asked asked asked "
                   "answered ended");
  world_free (world);
}

/* The reply came in time, and so the device has its moment; it may still refuse, or the user. */
static void
test_reply_in_the_last_moment (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_sip_pass (world->sip, 19500);
  oh_server_call_choose_by_im (get_call (world), OH_OPTION_ANSWER, 7, "anna@one.test (xmpp)");
  fake_sip_pass (world->sip, 1000);
  assert_log (caller, "180 183");
  fake_call_end (laptop, 503, 0);
  settle (world);
  assert_log (desktop, "talk");
  fake_call_answer (desktop);
  settle (world);
  assert_log (caller, "180 183 200");
  fake_call_end (caller, 200, 0);
  settle (world);
  caller = ring (world, &laptop, &desktop);
  oh_server_call_choose_by_im (get_call (world), OH_OPTION_ANSWER, 7, "anna@one.test (xmpp)");
  oh_server_call_choose_by_im (get_call (world), OH_OPTION_VOICEMAIL, 7, "anna@one.test (xmpp)");
  settle (world);
  assert_log (laptop, "talk hang-up:480");
  assert_log (caller, "180 183 200");
  world_free (world);
}

static void
test_caller_hangs_up (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_call_answer (laptop);
  settle (world);
  fake_call_end (caller, 200, 0);
  settle (world);
  assert_log (laptop, "hang-up:0");
  assert_log (desktop, "hang-up:200");
  world_free (world);
}

static void
test_caller_gives_up (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_call_end (caller, 487, 0);
  settle (world);
  assert_log (laptop, "hang-up:0");
  assert_log (desktop, "hang-up:0");
  g_assert_true (g_str_has_suffix (world->events->str, "ringing ended"));
  world_free (world);
}

/* Wherever the call is: it ends once, and nothing of it stays. */
static void
test_caller_leaves_at_each_state (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller;

  caller = fake_sip_arrive (world->sip, "555100", "100"); /* before its sound is agreed */
  fake_call_end (caller, 487, 0);
  settle (world);
  g_assert_true (g_str_has_suffix (world->events->str, " ended"));
  g_assert_null (fake_sip_find_outgoing (world->sip, world->laptop));

  caller = fake_sip_arrive (world->sip, "555100", "100"); /* nobody rings yet */
  settle (world);
  fake_call_end (caller, 487, 0);
  settle (world);
  g_assert_true (g_str_has_suffix (world->events->str, "offered ended"));
  g_assert_null (fake_sip_find_outgoing (world->sip, world->laptop));

  caller = ring (world, &laptop, &desktop); /* voicemail, its 200 is not acknowledged */
  fake_sip_pass (world->sip, 20000);
  fake_call_end (caller, 487, 0);
  settle (world);
  g_assert_true (g_str_has_suffix (world->events->str, "voicemail ended"));

  caller = ring (world, &laptop, &desktop); /* in the greeting */
  fake_sip_pass (world->sip, 20000);
  fake_call_answer (caller);
  fake_call_end (caller, 200, 0);
  settle (world);
  g_assert_true (g_str_has_suffix (world->events->str, "voicemail ended"));
  world_free (world);
}

static void
test_time_out (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_sip_pass (world->sip, 20000);
  fake_call_answer (laptop); /* too late by nothing */
  settle (world);
  assert_log (caller, "180 183 200");
  assert_log (laptop, "hang-up:480");
  assert_log (desktop, "hang-up:480");
  g_assert_cmpuint (fake_media_count_bridges (), ==, 0);
  g_assert_true (g_str_has_suffix (world->events->str, "timed-out voicemail"));
  fake_call_end (caller, 200, 0);
  settle (world);
  g_assert_true (g_str_has_suffix (world->events->str, "voicemail ended"));
  world_free (world);
}

static void
test_answer_just_in_time (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_call_answer (laptop);
  fake_sip_pass (world->sip, 20000);
  settle (world);
  assert_log (caller, "180 183 200");
  assert_log (laptop, "");
  g_assert_cmpuint (fake_media_count_bridges (), ==, 1);
  world_free (world);
}

static void
test_decline (void)
{
  World *world = world_new ();
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = ask (world);
  OhSipCall *laptop, *desktop, *caller;

  change.decline_action = OH_DECLINE_BUSY;
  oh_store_change_user (world->store, 1, &change, &reply);
  wait_answer (world);
  settle (world);
  caller = ring (world, &laptop, &desktop);
  fake_call_end (laptop, 603, 9);
  settle (world);
  assert_log (desktop, "hang-up:603");
  assert_log (caller, "180 183 486");
  g_assert_true (g_str_has_suffix (world->events->str, "declined ended"));
  world_free (world);
}

static void
test_device_chooses_voicemail (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_call_end (desktop, 603, 3);
  settle (world);
  assert_log (laptop, "hang-up:480");
  assert_log (caller, "180 183 200");
  g_assert_true (g_str_has_suffix (world->events->str, "ringing voicemail"));
  world_free (world);
}

static void
test_sign_out_in_mid_ring (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_sip_register (world->sip, world->laptop, "anna", 3001, 0);
  fake_sip_pass (world->sip, 5);
  settle (world);
  assert_log (laptop, "hang-up:0");
  assert_log (desktop, "");
  assert_log (caller, "180 183");
  fake_sip_register (world->sip, world->desktop, "anna", 3002, 0);
  fake_sip_pass (world->sip, 5);
  settle (world);
  assert_log (caller, "180 183 200");
  g_assert_true (g_str_has_suffix (world->events->str, "ringing voicemail"));
  world_free (world);
}

/* Both devices lose their connection while they ring. */
static OhSipCall *
ring_and_lose (World *world)
{
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_call_break (laptop);
  fake_call_break (desktop);
  settle (world);
  fake_sip_pass (world->sip, 10000);
  settle (world);
  assert_log (caller, "180 183");
  return caller;
}

/* The rest of the ringing time is theirs: one comes back and answers. */
static void
test_connection_comes_back (void)
{
  World *world = world_new ();
  OhSipCall *caller = ring_and_lose (world);
  OhSipCall *laptop;

  fake_sip_register (world->sip, world->laptop, "anna", 3003, 600);
  fake_sip_pass (world->sip, 5);
  settle (world);
  laptop = fake_sip_find_outgoing (world->sip, world->laptop);
  g_assert_nonnull (laptop);
  fake_call_answer (laptop);
  settle (world);
  assert_log (caller, "180 183 200");
  g_assert_cmpuint (fake_media_count_bridges (), ==, 1);
  world_free (world);
}

static void
test_connection_stays_away (void)
{
  World *world = world_new ();
  OhSipCall *caller = ring_and_lose (world);

  fake_sip_pass (world->sip, 10000);
  settle (world);
  assert_log (caller, "180 183 200");
  g_assert_true (g_str_has_suffix (world->events->str, "timed-out voicemail"));
  world_free (world);
}

/* It comes back and signs out: nobody is waited for any more. */
static void
test_comes_back_to_sign_out (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);

  fake_sip_register (world->sip, world->desktop, "anna", 3002, 0);
  fake_call_break (laptop);
  settle (world);
  fake_sip_register (world->sip, world->laptop, "anna", 3003, 600);
  fake_sip_pass (world->sip, 5);
  settle (world);
  fake_sip_register (world->sip, world->laptop, "anna", 3003, 0);
  fake_sip_pass (world->sip, 5);
  settle (world);
  assert_log (caller, "180 183 200");
  world_free (world);
}

static void
test_ever_new_connections (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop;
  guint n = 0;

  ring (world, &laptop, &desktop);
  for (guint i = 0; i < 300; i++)
    {
      fake_sip_register (world->sip, world->laptop, "anna", (guint16)(4000 + i), 600);
      fake_sip_pass (world->sip, 5);
      settle (world);
    }
  while ((laptop = fake_sip_find_outgoing (world->sip, world->laptop)))
    {
      fake_call_break (laptop);
      n++;
    }
  g_assert_cmpuint (n, >, 10);
  g_assert_cmpuint (n, <, 200);
  settle (world);
  world_free (world);
}

/* Devices whose connections turn out to be gone have a moment to come back, not the whole time. */
static void
test_connections_were_gone (void)
{
  World *world = world_new ();
  OhSipCall *caller = fake_sip_arrive (world->sip, "555100", "100");

  settle (world);
  fake_call_break (fake_sip_find_outgoing (world->sip, world->laptop));
  fake_call_break (fake_sip_find_outgoing (world->sip, world->desktop));
  settle (world);
  fake_sip_pass (world->sip, 4000);
  settle (world);
  assert_log (caller, "");
  fake_sip_pass (world->sip, 1500);
  settle (world);
  assert_log (caller, "200");
  g_assert_true (g_str_has_suffix (world->events->str, "offered lost lost voicemail"));
  world_free (world);
}

static void
leave_message (World *world, const char *id)
{
  OhVoicemail voicemail = { .id = (char *)id, .user_id = 1, .path = (char *)"/nowhere" };
  OhStoreReply reply = ask (world);

  oh_store_begin_voicemail (world->store, &voicemail, &reply);
  wait_answer (world);
  reply = ask (world);
  oh_store_finish_voicemail (world->store, id, 1000, &reply);
  wait_answer (world);
  settle (world);
}

/* No more is taken than the mailbox holds. */
static void
test_full_mailbox (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller;

  world->config->voicemail_max_messages = 2;
  leave_message (world, "v1");
  leave_message (world, "v2");
  caller = ring (world, &laptop, &desktop);
  fake_sip_pass (world->sip, 20000);
  settle (world);
  assert_log (caller, "180 183 480");
  assert_log (laptop, "hang-up:408");
  g_assert_true (g_str_has_suffix (world->events->str, "timed-out ended"));
  world_free (world);
}

/* No message is wanted: who rang is told that nobody answered, nothing of voicemail. */
static void
test_time_out_ends (void)
{
  World *world = world_new ();
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = ask (world);
  OhSipCall *laptop, *desktop, *caller;

  change.default_option = OH_OPTION_DECLINE;
  oh_store_change_user (world->store, 1, &change, &reply);
  wait_answer (world);
  settle (world);
  caller = ring (world, &laptop, &desktop);
  fake_sip_pass (world->sip, 20000);
  settle (world);
  assert_log (caller, "180 183 480");
  assert_log (laptop, "hang-up:408");
  assert_log (desktop, "hang-up:408");
  g_assert_true (g_str_has_suffix (world->events->str, "timed-out ended"));
  world_free (world);
}

/* His devices go with him, and nobody can leave him a message. */
static void
test_user_removed_in_mid_ring (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);
  OhStoreReply reply = ask (world);

  oh_store_remove_user (world->store, 1, &reply);
  wait_answer (world);
  settle (world);
  fake_sip_pass (world->sip, 5);
  settle (world);
  assert_log (laptop, "hang-up:0");
  assert_log (caller, "180 183 480");
  g_assert_true (g_str_has_suffix (world->events->str, "ringing ended"));
  world_free (world);
}

static void
test_unknown_number (void)
{
  World *world = world_new ();
  OhSipCall *caller = fake_sip_arrive (world->sip, "555100", "999");

  settle (world);
  assert_log (caller, "404");
  g_assert_cmpstr (world->events->str, ==, "arrived ended");
  world_free (world);
}

static void
test_stop_tells_everyone (void)
{
  World *world = world_new ();
  OhSipCall *laptop, *desktop, *caller = ring (world, &laptop, &desktop);
  OhSipCall *second;

  fake_call_answer (laptop);
  settle (world);
  second = ring (world, &laptop, &desktop);
  oh_sip_call_ref (caller);
  oh_sip_call_ref (second);
  world_free (world);
  assert_log (caller, "180 183 200 hang-up:503");
  assert_log (second, "180 183 503");
  oh_sip_call_unref (caller);
  oh_sip_call_unref (second);
}

/* A number for a name is none, whichever of the two numbers it is. */
static void
test_number_for_a_name (void)
{
  static const struct
  {
    const char *name, *identity, *shown;
  } cases[] = {
    { "0176 5551000", "+4930555100", "" },
    { "030 555100", "+4930555100", "" },
    { "Demo Caller", "+4930555100", "Demo Caller" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      World *world = world_new ();
      OhSipCall *caller = fake_sip_arrive_as (world->sip, "01765551000", cases[i].name,
                                              cases[i].identity, "100");

      settle (world);
      g_assert_cmpstr (get_call (world)->caller_name, ==, cases[i].shown);
      g_assert_cmpstr (get_call (world)->caller_number, ==, cases[i].identity);
      fake_call_end (caller, 487, 0);
      settle (world);
      world_free (world);
    }
}

/* Ids sort by the time at which their calls came: what is written of them lies side by side. */
static void
test_ids_in_order (void)
{
  World *world = world_new ();
  g_autofree char *former = g_strdup ("");

  for (guint i = 0; i < 20; i++)
    {
      OhSipCall *caller = fake_sip_arrive (world->sip, "555100", "100");

      g_assert_cmpstr (get_call (world)->id, >, former);
      g_free (former);
      former = g_strdup (get_call (world)->id);
      fake_call_end (caller, 487, 0);
      settle (world);
    }
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/call/first-answer-wins", test_first_answer_wins);
  g_test_add_func ("/call/number-for-a-name", test_number_for_a_name);
  g_test_add_func ("/call/ids-in-order", test_ids_in_order);
  g_test_add_func ("/call/caller-hangs-up", test_caller_hangs_up);
  g_test_add_func ("/call/caller-gives-up", test_caller_gives_up);
  g_test_add_func ("/call/caller-leaves-at-each-state", test_caller_leaves_at_each_state);
  g_test_add_func ("/call/answer-by-reply", test_answer_by_reply);
  g_test_add_func ("/call/reply-in-the-last-moment", test_reply_in_the_last_moment);
  g_test_add_func ("/call/time-out", test_time_out);
  g_test_add_func ("/call/time-out-ends", test_time_out_ends);
  g_test_add_func ("/call/answer-just-in-time", test_answer_just_in_time);
  g_test_add_func ("/call/decline", test_decline);
  g_test_add_func ("/call/device-chooses-voicemail", test_device_chooses_voicemail);
  g_test_add_func ("/call/sign-out-in-mid-ring", test_sign_out_in_mid_ring);
  g_test_add_func ("/call/connection-comes-back", test_connection_comes_back);
  g_test_add_func ("/call/connection-stays-away", test_connection_stays_away);
  g_test_add_func ("/call/comes-back-to-sign-out", test_comes_back_to_sign_out);
  g_test_add_func ("/call/ever-new-connections", test_ever_new_connections);
  g_test_add_func ("/call/connections-were-gone", test_connections_were_gone);
  g_test_add_func ("/call/full-mailbox", test_full_mailbox);
  g_test_add_func ("/call/user-removed-in-mid-ring", test_user_removed_in_mid_ring);
  g_test_add_func ("/call/unknown-number", test_unknown_number);
  g_test_add_func ("/call/stop-tells-everyone", test_stop_tells_everyone);
  return g_test_run ();
}
