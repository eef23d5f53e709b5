/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls on the client's web line, with a server in this process. */
#include "client/line/oh-web-call.h"
#include "line-world.h"
#include "media/oh-peer.h"
#include "wait-for.h"

#include <string.h>

static void
ring (LineWorld *world, const char *tag, const char *offer)
{
  line_world_say (world,
                  "{'type':'ring','call':'%s','offer':'%s','name':'Demo','number':'555100',"
                  "'called':'100','seconds':60,'default':3,'options':'1,3,9'}",
                  tag, offer);
}

/* A call rings, whose SDP has come. */
static OhCall *
ring_in (LineWorld *world)
{
  guint before = line_world_count_calls (world);
  g_autoptr (JsonObject) offer = NULL;

  ring (world, "r1", "offer-1");
  WAIT_FOR (line_world_count_calls (world) > before);
  offer = line_world_hear (world, "offer");
  g_assert_cmpstr (json_object_get_string_member (offer, "call"), ==, "r1");
  g_assert_nonnull (strstr (json_object_get_string_member (offer, "sdp"), "a=ice-ufrag:"));
  return line_world_get_call (world, before);
}

static void
hear_choice (LineWorld *world, const char *tag, int option)
{
  g_autoptr (JsonObject) choice = line_world_hear (world, "choose");

  g_assert_cmpstr (json_object_get_string_member (choice, "call"), ==, tag);
  g_assert_cmpstr (json_object_get_string_member (choice, "offer"), ==, "offer-1");
  g_assert_cmpint (json_object_get_int_member (choice, "option"), ==, option);
}

static void
hear_nothing (LineWorld *world)
{
  line_world_settle (world);
  g_assert_true (g_queue_is_empty (&world->heard));
}

static void
assert_ended (OhCall *call, OhCallReason reason)
{
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_ENDED);
  g_assert_cmpint (oh_call_get_reason (call), ==, reason);
}

static void
test_ring (void)
{
  LineWorld *world = line_world_new ();
  OhCall *call = ring_in (world);

  g_assert_cmpstr (oh_call_get_id (call), ==, "offer-1");
  g_assert_cmpstr (oh_call_get_name (call), ==, "Demo");
  g_assert_cmpstr (oh_call_get_number (call), ==, "555100");
  g_assert_cmpstr (oh_call_get_called (call), ==, "100");
  g_assert_true (oh_call_has_option (call, OH_CALL_OPTION_VOICEMAIL));
  g_assert_false (oh_call_has_option (call, OH_CALL_OPTION_TRANSFER));
  g_assert_true (oh_web_line_has_calls (world->line));
  line_world_say (world, "{'type':'ended','call':'r1','reason':'caller-gave-up','status':0}");
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ENDED);
  assert_ended (call, OH_CALL_REASON_CANCELLED);
  WAIT_FOR (world->idle == 1);
  line_world_free (world);
}

/* Said at once; the call rings no more, and ends by the server's word. */
static void
test_choice (void)
{
  LineWorld *world = line_world_new ();
  OhCall *call = ring_in (world);

  oh_call_choose (call, OH_CALL_OPTION_DECLINE);
  g_assert_cmpint (oh_call_get_chosen (call), ==, OH_CALL_OPTION_DECLINE);
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_INCOMING);
  hear_choice (world, "r1", 9);
  oh_call_choose (call, OH_CALL_OPTION_ANSWER); /* changed his mind too late */
  oh_call_hang_up (call);
  hear_nothing (world);
  line_world_say (world, "{'type':'ended','call':'r1','reason':'declined','status':0}");
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ENDED);
  assert_ended (call, OH_CALL_REASON_DECLINED);
  line_world_free (world);
}

/* Made while the line is broken: said once when it is back, and not asked again when it is rung anew. */
static void
test_choice_while_broken (void)
{
  LineWorld *world = line_world_new ();
  OhCall *call = ring_in (world);

  world->refusal = SOUP_STATUS_BAD_GATEWAY;
  line_world_cut (world);
  oh_call_choose (call, OH_CALL_OPTION_VOICEMAIL);
  g_assert_cmpint (oh_call_get_chosen (call), ==, OH_CALL_OPTION_VOICEMAIL);
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_INCOMING);
  world->refusal = 0;
  line_world_mend (world);
  hear_choice (world, "r1", 3);
  hear_nothing (world);
  ring (world, "r2", "offer-1"); /* was on its way */
  hear_choice (world, "r2", 3);
  line_world_say (world, "{'type':'ended','call':'r2','reason':'voicemail','status':0}");
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ENDED);
  assert_ended (call, OH_CALL_REASON_VOICEMAIL);
  line_world_settle (world);
  g_assert_cmpuint (line_world_count_calls (world), ==, 1);
  line_world_free (world);
}

/* Nobody knows whether it was heard: it is said again, and what the server knows counts. */
static void
test_choice_unanswered (void)
{
  static const struct
  {
    const char *word;
    OhCallReason reason;
  } answers[] = { { "declined", OH_CALL_REASON_DECLINED },
                  { "over", OH_CALL_REASON_DECLINED },
                  { "answered-elsewhere", OH_CALL_REASON_ELSEWHERE },
                  { "timed-out", OH_CALL_REASON_NO_ANSWER },
                  { "caller-gave-up", OH_CALL_REASON_CANCELLED } };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      LineWorld *world = line_world_new ();
      OhCall *call = ring_in (world);

      oh_call_choose (call, OH_CALL_OPTION_DECLINE);
      hear_choice (world, "r1", 9);
      line_world_cut (world);
      g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_INCOMING);
      line_world_mend (world);
      hear_choice (world, "r1", 9);
      line_world_say (world, "{'type':'ended','call':'r1','reason':'%s','status':0}",
                      answers[i].word);
      WAIT_FOR (oh_call_get_state (call) == OH_CALL_ENDED);
      assert_ended (call, answers[i].reason);
      line_world_free (world);
    }
}

/* --- With sound --- */

typedef struct
{
  LineWorld *world;
  char *tag;
  gboolean said;
} Answering;

static void
on_sdp (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  Answering *answering = user_data;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  json_object_set_string_member (object, "type", "answer");
  json_object_set_string_member (object, "call", answering->tag);
  json_object_set_string_member (object, "sdp", sdp);
  json_node_set_object (node, object);
  text = json_to_string (node, FALSE);
  soup_websocket_connection_send_text (answering->world->wire, text);
  answering->said = TRUE;
}

/* The server's end of the sound, which answers the next SDP that the client offers. */
static OhPeer *
answer_sound (LineWorld *world)
{
  static const OhPeerEvents events = { 0 };
  g_autoptr (JsonObject) offer = line_world_hear (world, "offer");
  Answering answering = { .world = world,
                          .tag = g_strdup (json_object_get_string_member (offer, "call")) };
  OhPeerConfig config = { .net = OH_PEER_NET_ICE_LITE,
                          .crypto = OH_PEER_CRYPTO_DTLS,
                          .address = "127.0.0.1",
                          .events = &events,
                          .executor = oh_executor_for_context (NULL) };
  OhPeer *peer = oh_peer_new (oh_core_get_engine (world->core), &config);

  oh_peer_create_answer (peer, json_object_get_string_member (offer, "sdp"), on_sdp, &answering);
  WAIT_FOR (answering.said);
  g_free (answering.tag);
  return peer;
}

static void
end_sound (OhPeer *peer)
{
  oh_peer_close (peer);
  oh_peer_unref (peer);
}

static void
test_answer (void)
{
  LineWorld *world = line_world_new ();
  OhCall *call;
  OhPeer *peer;

  ring (world, "r1", "offer-1");
  peer = answer_sound (world);
  call = line_world_get_call (world, 0);
  line_world_say (world, "{'type':'answered','call':'r1'}"); /* nobody asked for it */
  hear_nothing (world);
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_INCOMING);
  oh_call_choose (call, OH_CALL_OPTION_ANSWER);
  json_object_unref (line_world_hear (world, "answer"));
  line_world_say (world, "{'type':'answered','call':'r1'}");
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ACTIVE);
  line_world_cut (world); /* the sound goes on */
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_ACTIVE);
  line_world_mend (world);
  json_object_unref (line_world_hear (world, "back"));
  line_world_say (world, "{'type':'back','call':'r1'}");
  json_object_unref (line_world_hear (world, "offer"));
  oh_call_hang_up (call);
  json_object_unref (line_world_hear (world, "hang-up"));
  assert_ended (call, OH_CALL_REASON_HUNG_UP);
  end_sound (peer);
  line_world_free (world);
}

/* Answer is pressed while the line is broken: it is rung anew, and answered without being asked again. */
static void
test_answer_while_broken (void)
{
  LineWorld *world = line_world_new ();
  OhCall *call = ring_in (world);
  OhPeer *peer;

  world->refusal = SOUP_STATUS_BAD_GATEWAY;
  line_world_cut (world);
  oh_call_choose (call, OH_CALL_OPTION_ANSWER);
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_CONNECTING);
  world->refusal = 0;
  line_world_mend (world);
  json_object_unref (line_world_hear (world, "back"));
  line_world_say (world, "{'type':'ended','call':'r1','reason':'lost','status':0}");
  ring (world, "r2", "offer-1");
  peer = answer_sound (world);
  json_object_unref (line_world_hear (world, "answer"));
  line_world_say (world, "{'type':'answered','call':'r2'}");
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ACTIVE);
  g_assert_cmpuint (line_world_count_calls (world), ==, 1);
  line_world_say (world, "{'type':'ended','call':'r2','reason':'hung-up','status':200}");
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ENDED);
  assert_ended (call, OH_CALL_REASON_REMOTE);
  end_sound (peer);
  line_world_free (world);
}

static void
test_dial (void)
{
  LineWorld *world = line_world_new ();
  g_autoptr (JsonObject) dial = NULL;
  const char *tag;
  OhCall *call;

  oh_web_call_dial (world->line, "101", "101", NULL);
  dial = line_world_hear (world, "dial");
  tag = json_object_get_string_member (dial, "call");
  g_assert_cmpstr (json_object_get_string_member (dial, "number"), ==, "101");
  call = line_world_get_call (world, 0);
  line_world_say (world, "{'type':'ringing','call':'%s'}", tag);
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_RINGING);
  line_world_say (world, "{'type':'ended','call':'%s','reason':'not-answered','status':486}", tag);
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ENDED);
  assert_ended (call, OH_CALL_REASON_BUSY);
  line_world_free (world);
}

/* What is no call of the contract rings nowhere; of the others what is wrong is left out. */
static void
test_hostile_rings (void)
{
  LineWorld *world = line_world_new ();
  static const char *const wrong[] = { "", "a b", "../x", "<b>" };
  OhCall *call;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      ring (world, "r1", wrong[i]);
      json_object_unref (line_world_hear (world, "hang-up"));
    }
  line_world_say (world,
                  "{'type':'ring','call':'r1','offer':'a','name':7,'number':[],'called':{},"
                  "'seconds':-5,'default':'x','options':'1,99999999999,-1,,4','withheld':'no',"
                  "'peer':'a b'}");
  WAIT_FOR (line_world_count_calls (world) == 1);
  json_object_unref (line_world_hear (world, "offer"));
  call = line_world_get_call (world, 0);
  g_assert_null (oh_call_get_name (call));
  g_assert_null (oh_call_get_number (call));
  g_assert_null (oh_call_get_peer (call));
  g_assert_false (oh_call_is_withheld (call));
  g_assert_true (oh_call_has_option (call, OH_CALL_OPTION_ANSWER));
  g_assert_false (oh_call_has_option (call, OH_CALL_OPTION_TRANSFER));
  ring (world, "r1", "another"); /* under a name that is taken */
  ring (world, "r2", "a");       /* the same once more: moves */
  json_object_unref (line_world_hear (world, "offer"));
  line_world_say (world, "{'type':'answer','call':'r2','sdp':'v=0'}");
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ENDED);
  assert_ended (call, OH_CALL_REASON_REFUSED);
  json_object_unref (line_world_hear (world, "hang-up"));
  line_world_settle (world);
  g_assert_cmpuint (line_world_count_calls (world), ==, 1);
  line_world_free (world);
}

/* The line is closed with calls in every state. */
static void
test_closed (void)
{
  LineWorld *world = line_world_new ();
  OhCall *call = ring_in (world);

  oh_web_call_dial (world->line, "101", "101", NULL);
  json_object_unref (line_world_hear (world, "dial"));
  oh_web_line_close (world->line);
  assert_ended (call, OH_CALL_REASON_SIGNED_OUT);
  assert_ended (line_world_get_call (world, 1), OH_CALL_REASON_SIGNED_OUT);
  line_world_free (world);

  world = line_world_new ();
  call = ring_in (world);
  oh_call_choose (call, OH_CALL_OPTION_DECLINE);
  line_world_cut (world);
  oh_web_line_close (world->line);
  assert_ended (call, OH_CALL_REASON_SIGNED_OUT);
  line_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/line-calls/ring", test_ring);
  g_test_add_func ("/line-calls/choice", test_choice);
  g_test_add_func ("/line-calls/choice-while-broken", test_choice_while_broken);
  g_test_add_func ("/line-calls/choice-unanswered", test_choice_unanswered);
  g_test_add_func ("/line-calls/answer", test_answer);
  g_test_add_func ("/line-calls/answer-while-broken", test_answer_while_broken);
  g_test_add_func ("/line-calls/dial", test_dial);
  g_test_add_func ("/line-calls/hostile-rings", test_hostile_rings);
  g_test_add_func ("/line-calls/closed", test_closed);
  return g_test_run ();
}
