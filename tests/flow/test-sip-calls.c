/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Calls between two stacks on loopback: what one says the other must hear. */
#include "tests/flow/sip-world.h"

#include <string.h>

static void
test_call (gconstpointer transport)
{
  World *world = sip_world_new (transport, NULL, NULL);
  const OhSipInfo *info;

  sip_world_dial (world, transport, NULL);
  sip_world_await (sip_world_arrived, world);
  info = oh_sip_call_get_info (world->in);
  g_assert_cmpstr (info->request_user, ==, "100");
  g_assert_cmpstr (info->from_user, ==, "alice");
  g_assert_cmpstr (info->from_name, ==, "Demo Caller");
  g_assert_cmpstr (info->offer_id, ==, "offer-1");
  g_assert_cmpstr (info->transport, ==, transport);
  g_assert_cmpstr (info->source_address, ==, "127.0.0.1");
  g_assert_cmpstr (info->body_type, ==, "application/sdp");
  g_assert_cmpstr (info->body, ==, SDP);
  oh_sip_call_ring (world->in);
  sip_world_await (sip_world_ringing, world);
  g_assert_cmpint (oh_sip_call_get_state (world->out), ==, OH_SIP_CALL_RINGING);
  oh_sip_call_answer (world->in, ANSWER);
  sip_world_await (sip_world_talking, world);
  oh_sip_call_hang_up (world->out, 0, NULL);
  sip_world_await (sip_world_both_ended, world);
  g_assert_cmpuint (world->in_end.status, ==, 200);
  g_assert_true (world->in_end.by_peer);
  g_assert_false (world->out_end.by_peer);
  sip_world_free (world);
}

/* Nothing that is said of a caller makes a header of its own. */
static void
test_injection (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  g_autofree char *route = sip_world_server_uri (world, "udp");
  OhSipInvite invite = { .from_uri = "sip:+4930\r\nX-Evil: uri>\r\n@a.test",
                         .from_name = "Demo\r\nX-Evil: \"name\r\n",
                         .to_uri = "sip:100@example.org",
                         .route = route,
                         .offer_id = "1\r\nX-Evil: offer",
                         .headers = (const char *const[]){ "X-Good: yes", "X-A: b\r\nX-Evil: line",
                                                           "X-B: c\nX-Evil: feed", NULL },
                         .sdp = SDP };

  world->out = oh_sip_call_invite (world->client, &invite, &sip_world_out_handlers, world);
  sip_world_await (sip_world_arrived, world);
  g_assert_null (oh_sip_call_get_header (world->in, "X-Evil"));
  g_assert_cmpstr (oh_sip_call_get_header (world->in, "X-Good"), ==, "yes");
  g_assert_null (oh_sip_call_get_info (world->in)->offer_id);
  g_assert_cmpstr (oh_sip_call_get_info (world->in)->from_host, ==, "a.test");
  oh_sip_call_reject (world->in, 486, NULL, NULL);
  sip_world_await (sip_world_both_ended, world);
  sip_world_free (world);
}

static gboolean
has_183 (World *world)
{
  return sip_world_has (world, "183sdp");
}

static gboolean
offer_done (World *world)
{
  return sip_world_has (world, "offer-done");
}

static gboolean
got_digit (World *world)
{
  return sip_world_has (world, "digit5");
}

/* Early media by a reliable 183, an answer without SDP, re-INVITE, a digit, end by the called one. */
static void
test_early (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);

  sip_world_dial (world, "udp", NULL);
  sip_world_await (sip_world_arrived, world);
  oh_sip_call_progress (world->in, ANSWER);
  sip_world_await (has_183, world);
  oh_sip_call_answer (world->in, NULL);
  sip_world_await (sip_world_talking, world);
  g_assert_true (sip_world_has (world, "answered-nosdp"));
  oh_sip_call_send_offer (world->out, SDP);
  sip_world_await (offer_done, world);
  g_assert_true (sip_world_has (world, "in-offer"));
  oh_sip_call_send_digit (world->out, '5', 160);
  sip_world_await (got_digit, world);
  oh_sip_call_hang_up (world->in, 16, "Bye");
  sip_world_await (sip_world_both_ended, world);
  g_assert_true (world->out_end.by_peer);
  sip_world_free (world);
}

static gboolean
was_asked (World *world)
{
  return sip_world_has (world, "asked200");
}

static gboolean
was_refused (World *world)
{
  return sip_world_has (world, "asked481");
}

/* The caller has the call answered from afar, where that was allowed; the second time is too late. */
static void
test_talk (gconstpointer transport)
{
  World *world = sip_world_new (transport, NULL, NULL);

  sip_world_dial (world, transport, NULL);
  sip_world_await (sip_world_arrived, world);
  oh_sip_call_allow_talk (world->in);
  oh_sip_call_ask_to_talk (world->out); /* before it rings there */
  oh_sip_call_ring (world->in);
  oh_sip_call_progress (world->in, ANSWER);
  sip_world_await (was_asked, world);
  sip_world_await (sip_world_talking, world);
  g_assert_true (sip_world_has (world, "talk"));
  oh_sip_call_ask_to_talk (world->out);
  sip_world_await (was_refused, world);
  oh_sip_call_hang_up (world->out, 0, NULL);
  sip_world_await (sip_world_both_ended, world);
  g_assert_cmpuint (world->in_ends, ==, 1);
  sip_world_free (world);
}

/* Where it was not, the call rings on. */
static void
test_talk_refused (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);

  sip_world_dial (world, "udp", NULL);
  sip_world_await (sip_world_arrived, world);
  oh_sip_call_progress (world->in, ANSWER);
  oh_sip_call_ask_to_talk (world->out);
  sip_world_await (was_refused, world);
  g_assert_false (sip_world_has (world, "talk"));
  oh_sip_call_answer (world->in, NULL);
  sip_world_await (sip_world_talking, world);
  oh_sip_call_hang_up (world->in, 0, NULL);
  sip_world_await (sip_world_both_ended, world);
  sip_world_free (world);
}

static void
test_cancel (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);

  sip_world_dial (world, "udp", NULL);
  sip_world_await (sip_world_arrived, world);
  oh_sip_call_ring (world->in);
  sip_world_await (sip_world_ringing, world);
  oh_sip_call_hang_up (world->out, 200, "Call completed elsewhere");
  oh_sip_call_hang_up (world->out, 200, "Call completed elsewhere");
  sip_world_await (sip_world_both_ended, world);
  g_assert_cmpuint (world->in_end.status, ==, 487);
  g_assert_cmpuint (world->in_end.reason_cause, ==, 200);
  g_assert_cmpstr (world->reason_text, ==, "Call completed elsewhere");
  g_assert_cmpuint (world->in_ends, ==, 1);
  g_assert_cmpuint (world->out_ends, ==, 1);
  sip_world_free (world);
}

static void
test_reject (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);

  sip_world_dial (world, "udp", NULL);
  sip_world_await (sip_world_arrived, world);
  oh_sip_call_reject (world->in, 603, NULL, (const char *const[]){ "Offhook-Choice: 9", NULL });
  sip_world_await (sip_world_both_ended, world);
  g_assert_cmpuint (world->out_end.status, ==, 603);
  g_assert_cmpuint (world->out_end.choice, ==, 9);
  g_assert_true (world->out_end.by_peer);
  sip_world_free (world);
}

static void
test_call_digest (gconstpointer algorithm)
{
  World *world = sip_world_new ("udp", NULL, NULL);

  world->want_auth = TRUE;
  world->algorithm = (OhSipDigest)GPOINTER_TO_INT (algorithm);
  sip_world_dial (world, "udp", NULL);
  sip_world_await (sip_world_arrived, world);
  g_assert_cmpuint (world->auth_ok, ==, 1);
  g_assert_cmpstr (oh_sip_call_get_info (world->in)->auth_user, ==, "device1");
  oh_sip_call_answer (world->in, ANSWER);
  sip_world_await (sip_world_talking, world);
  oh_sip_call_hang_up (world->out, 0, NULL);
  sip_world_await (sip_world_both_ended, world);
  sip_world_free (world);
}

static void
test_wrong_secret (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);

  world->want_auth = TRUE;
  g_free (world->secret);
  world->secret = g_strdup ("wrong");
  sip_world_dial (world, "udp", NULL);
  sip_world_await (sip_world_out_ended, world);
  g_assert_cmpuint (world->out_end.status, ==, 407);
  g_assert_cmpuint (world->auth_ok, ==, 0);
  sip_world_free (world);
}

/* Nobody is there: that is not the peer's word, and closing does not wait for it. */
static void
test_nobody_there (gconstpointer transport)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  g_autofree char *uri = g_strdup_printf ("sip:100@127.0.0.1:9;transport=%s",
                                          (const char *)transport);
  OhSipAccount account = { .aor = "sip:alice@example.org" };
  OhSipInvite invite = { .account = &account, .to_uri = uri, .sdp = SDP };

  world->out = oh_sip_call_invite (world->client, &invite, &sip_world_out_handlers, world);
  if (g_str_equal (transport, "tcp"))
    {
      sip_world_await (sip_world_out_ended, world);
      g_assert_cmpuint (world->out_end.status, ==, 503);
      g_assert_false (world->out_end.by_peer);
    }
  sip_world_free (world);
}

static void
do_nothing (gpointer data)
{
}

static void
note_freed (gpointer data)
{
  ((World *)data)->done++;
}

static void
add_timers (gpointer data)
{
  World *world = data;
  guint id;

  oh_sip_add_timer_full (world->client, 1, do_nothing, world, note_freed);
  oh_sip_add_timer_full (world->client, 3600000, do_nothing, world, note_freed);
  id = oh_sip_add_timer_full (world->client, 3600000, do_nothing, world, note_freed);
  oh_sip_cancel_timer (world->client, id);
}

/* What a timer holds is freed, whether it comes to that, is cancelled or the stack ends first. */
static void
test_timer_data (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);

  oh_sip_post (world->client, add_timers, world);
  oh_sip_shut_down (world->client, 1000);
  g_assert_cmpuint (world->done, ==, 3);
  sip_world_free (world);
}

static gpointer
end_stack (gpointer data)
{
  World *world = data;

  oh_sip_shut_down (world->client, 0);
  g_atomic_int_set (&world->ended, 1);
  return NULL;
}

/* One thread ends the stack while another goes on using it, as when the user signs out in a call:
 * what comes too late never runs beside the stack's own end. */
static void
test_used_while_it_ends (void)
{
  for (guint i = 0; i < 10; i++)
    {
      World *world = sip_world_new ("udp", NULL, NULL);
      g_autofree char *proxy = sip_world_server_uri (world, "udp");
      OhSipAccount account = sip_world_account_for (world, proxy, NULL);
      OhSipPublication *publication = oh_sip_publish (world->client, &account, "presence",
                                                      "application/pidf+xml", "<open/>");
      OhSipCall *call;
      GThread *ending;

      sip_world_dial (world, "udp", NULL);
      sip_world_await (sip_world_arrived, world);
      call = oh_sip_call_ref (world->out);
      ending = g_thread_new ("ending", end_stack, world);
      while (!g_atomic_int_get (&world->ended))
        {
          oh_sip_publication_update (publication, "<closed/>");
          oh_sip_call_send_digit (call, '5', 160);
          g_usleep (100);
        }
      oh_sip_publication_end (publication);
      oh_sip_call_hang_up (call, 0, NULL);
      g_thread_join (ending);
      oh_sip_call_unref (call);
      sip_world_await (sip_world_out_ended, world);
      sip_world_free (world);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sip/call/udp", "udp", test_call);
  g_test_add_data_func ("/sip/call/tcp", "tcp", test_call);
  g_test_add_func ("/sip/call/injection", test_injection);
  g_test_add_func ("/sip/call/early", test_early);
  g_test_add_data_func ("/sip/call/talk/udp", "udp", test_talk);
  g_test_add_data_func ("/sip/call/talk/tcp", "tcp", test_talk);
  g_test_add_func ("/sip/call/talk/refused", test_talk_refused);
  g_test_add_func ("/sip/call/cancel", test_cancel);
  g_test_add_func ("/sip/call/reject", test_reject);
  g_test_add_data_func ("/sip/call/md5", GINT_TO_POINTER (OH_SIP_DIGEST_MD5), test_call_digest);
  g_test_add_data_func ("/sip/call/sha256", GINT_TO_POINTER (OH_SIP_DIGEST_SHA256),
                        test_call_digest);
  g_test_add_func ("/sip/call/wrong-secret", test_wrong_secret);
  g_test_add_data_func ("/sip/call/nobody-there/tcp", "tcp", test_nobody_there);
  g_test_add_data_func ("/sip/call/nobody-there/udp", "udp", test_nobody_there);
  g_test_add_func ("/sip/timer-data", test_timer_data);
  g_test_add_func ("/sip/call/used-while-it-ends", test_used_while_it_ends);
  return g_test_run ();
}
