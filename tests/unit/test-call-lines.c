/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call-world.h"

#include <string.h>

/* Web lines in server/call: the test is the laptop's program, and server/web. */

typedef struct
{
  World *world;
  GString *log; /* words of the exchange, "news ring sdp" */
  guint64 rung; /* the last one */
} Wire;

static void
on_message (const OhBrowserMessage *message, gpointer user_data)
{
  static const char *const words[] = {
    [OH_BROWSER_RING] = "ring",    [OH_BROWSER_RINGING] = "ringing",
    [OH_BROWSER_SDP] = "sdp",      [OH_BROWSER_RESUMED] = "resumed",
    [OH_BROWSER_TALK] = "talk",    [OH_BROWSER_ANSWERED] = "answered",
    [OH_BROWSER_ENDED] = "ended",  [OH_LINE_NEWS] = "news",
    [OH_LINE_REVOKED] = "revoked", [OH_LINE_CHOSEN] = "chosen",
  };
  Wire *wire = user_data;

  if (message->word == OH_LINE_NEWS)
    return; /* comes after each call */
  g_string_append_printf (wire->log, "%s%s", wire->log->len ? " " : "", words[message->word]);
  if (message->word == OH_BROWSER_RING)
    wire->rung = message->id;
  if (message->word == OH_BROWSER_ENDED)
    g_string_append_printf (wire->log, ":%s:%u", message->text, message->number);
  if (message->word == OH_LINE_CHOSEN)
    g_string_append_printf (wire->log, ":%s:%s", message->address, message->text);
}

static void
say_all (Wire *wire, const OhBrowserMessage *message)
{
  oh_exchange_tell_browser (wire->world->exchange, message);
  settle (wire->world);
}

static void
say (Wire *wire, guint64 id, OhBrowserWord word, guint number)
{
  say_all (wire, &(OhBrowserMessage){
                     .id = id, .word = word, .number = number, .line = 7, .text = "v=0" });
}

static void
say_line (Wire *wire, guint64 line, OhBrowserWord word)
{
  g_autofree char *key = g_strdup_printf ("sip:%s@127.0.0.1:3009", wire->world->laptop);
  OhLineFacts facts = { .device_id = wire->world->laptop,
                        .key = key,
                        .address = (char *)"127.0.0.1",
                        .port = 4000,
                        .user_agent = (char *)"Offhook/0.1 (linux)",
                        .audio = (char *)"mic,speaker" };

  say_all (wire, &(OhBrowserMessage){ .line = line, .word = word, .facts = &facts });
  fake_sip_pass (wire->world->sip, 5); /* calls look for new devices */
  settle (wire->world);
}

static void
assert_said (Wire *wire, const char *log)
{
  g_assert_cmpstr (wire->log->str, ==, log);
  g_string_truncate (wire->log, 0);
}

/* The laptop is signed in by line 7 alone, the desktop by SIP. */
static Wire *
wire_new (void)
{
  Wire *wire = g_new0 (Wire, 1);

  wire->world = world_new ();
  wire->log = g_string_new (NULL);
  oh_exchange_start_browsers (wire->world->exchange, on_message, wire, NULL);
  fake_sip_register (wire->world->sip, wire->world->laptop, "anna", 3001, 0);
  say_line (wire, 7, OH_LINE_OPEN);
  return wire;
}

static void
wire_free (Wire *wire)
{
  world_free (wire->world);
  g_string_free (wire->log, TRUE);
  g_free (wire);
}

/* A call rings at the laptop's line, and is warm. */
static OhSipCall *
ring_line (Wire *wire)
{
  OhSipCall *caller = fake_sip_arrive (wire->world->sip, "555100", "100");

  settle (wire->world);
  assert_said (wire, "ring");
  say (wire, wire->rung, OH_BROWSER_OFFER, 0);
  assert_said (wire, "sdp");
  assert_log (caller, "180 183");
  return caller;
}

static void
test_answer (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);
  OhSipCall *desktop = fake_sip_find_outgoing (world->sip, world->desktop);

  say (wire, wire->rung, OH_BROWSER_ANSWER, 0);
  assert_said (wire, "answered");
  assert_log (caller, "180 183 200");
  assert_log (desktop, "hang-up:200");
  g_assert_cmpuint (fake_media_count_bridges (), ==, 1);
  say (wire, wire->rung, OH_BROWSER_END, 0);
  assert_log (caller, "180 183 200 hang-up:0");
  assert_said (wire, "");
  g_assert_cmpstr (world->events->str, ==,
                   "arrived identified located offered ringing answered ended");
  wire_free (wire);
}

static void
test_somebody_else_decides (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);

  fake_call_answer (fake_sip_find_outgoing (world->sip, world->desktop));
  settle (world);
  assert_said (wire, "ended:answered-elsewhere:0");
  say (wire, wire->rung, OH_BROWSER_ANSWER, 0); /* was on its way */
  assert_said (wire, "");
  fake_call_end (caller, 200, 0);
  settle (world);
  caller = ring_line (wire);
  fake_call_end (caller, 487, 0);
  settle (world);
  assert_said (wire, "ended:caller-gave-up:0");
  wire_free (wire);
}

static void
test_choice (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);

  say (wire, wire->rung, OH_BROWSER_CHOOSE, OH_OPTION_VOICEMAIL);
  assert_said (wire, "ended:voicemail:0");
  assert_log (caller, "180 183 200");
  g_assert_true (g_str_has_suffix (world->events->str, "ringing voicemail"));
  say (wire, wire->rung, OH_BROWSER_CHOOSE, OH_OPTION_DECLINE); /* said twice */
  assert_said (wire, "");
  wire_free (wire);
}

static void
choose_by_offer (Wire *wire, guint64 line, const char *offer, guint option)
{
  say_all (
      wire,
      &(OhBrowserMessage){
          .line = line, .word = OH_LINE_CHOOSE, .text = offer, .address = "r1", .number = option });
}

/* Made while the line was broken, said on the next one, and once more on the one after that: the first counts,
 * and what is rung anew meanwhile is taken back. */
static void
test_choice_of_a_broken_line (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);
  g_autofree char *offer = g_strdup (oh_call_offer_get_id (get_call (world)->offer));

  say_line (wire, 7, OH_LINE_CLOSE);
  assert_said (wire, "ended:lost:0");
  choose_by_offer (wire, 7, offer, OH_OPTION_VOICEMAIL); /* no such line */
  assert_said (wire, "chosen:r1:over");
  say_line (wire, 8, OH_LINE_OPEN);
  assert_said (wire, "ring");
  choose_by_offer (wire, 8, "another", OH_OPTION_VOICEMAIL);
  assert_said (wire, "chosen:r1:over");
  assert_log (caller, "180 183");
  choose_by_offer (wire, 8, offer, OH_OPTION_VOICEMAIL);
  assert_said (wire, "ended:voicemail:0 chosen:r1:voicemail");
  assert_log (caller, "180 183 200");
  choose_by_offer (wire, 8, offer, OH_OPTION_DECLINE);
  assert_said (wire, "chosen:r1:voicemail");
  fake_call_end (caller, 200, 0);
  settle (world);
  choose_by_offer (wire, 8, offer, OH_OPTION_VOICEMAIL);
  assert_said (wire, "chosen:r1:over");
  wire_free (wire);
}

/* Somebody else was first. */
static void
test_choice_too_late (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);
  g_autofree char *offer = g_strdup (oh_call_offer_get_id (get_call (world)->offer));

  say_line (wire, 7, OH_LINE_CLOSE);
  fake_call_answer (fake_sip_find_outgoing (world->sip, world->desktop));
  settle (world);
  say_line (wire, 8, OH_LINE_OPEN);
  choose_by_offer (wire, 8, offer, OH_OPTION_DECLINE);
  assert_said (wire, "ended:lost:0 chosen:r1:answered-elsewhere");
  assert_log (caller, "180 183 200");
  wire_free (wire);
}

/* A program that shows the call already does not ring: nothing is chosen by that. */
static void
test_does_not_ring (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);

  say (wire, wire->rung, OH_BROWSER_END, 0);
  assert_log (caller, "180 183");
  assert_log (fake_sip_find_outgoing (world->sip, world->desktop), "");
  wire_free (wire);
}

/* It is rung anew on the next line, and asked to answer there by a reply. */
static void
test_line_breaks_in_mid_ring (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);
  OhSipCall *desktop = fake_sip_find_outgoing (world->sip, world->desktop);

  say_line (wire, 7, OH_LINE_CLOSE);
  assert_said (wire, "ended:lost:0");
  fake_call_break (desktop);
  settle (world);
  assert_log (caller, "180 183");
  say_line (wire, 8, OH_LINE_OPEN);
  assert_said (wire, "ring");
  oh_server_call_choose_by_im (get_call (world), OH_OPTION_ANSWER, 7, "anna@one.test (xmpp)");
  settle (world);
  assert_said (wire, "talk");
  say (wire, wire->rung, OH_BROWSER_OFFER, 0);
  say (wire, wire->rung, OH_BROWSER_ANSWER, 0);
  assert_said (wire, "sdp answered");
  assert_log (caller, "180 183 200");
  wire_free (wire);
}

static void
test_line_breaks_in_the_call (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);

  say (wire, wire->rung, OH_BROWSER_ANSWER, 0);
  assert_said (wire, "answered");
  say_line (wire, 7, OH_LINE_CLOSE);
  fake_sip_pass (world->sip, 10000);
  settle (world);
  say_line (wire, 8, OH_LINE_OPEN);
  say_all (wire, &(OhBrowserMessage){ .id = wire->rung, .line = 8, .word = OH_BROWSER_BACK });
  assert_said (wire, "resumed");
  fake_sip_pass (world->sip, 30000);
  settle (world);
  assert_log (caller, "180 183 200");
  say_line (wire, 8, OH_LINE_CLOSE);
  fake_sip_pass (world->sip, 16000);
  settle (world);
  assert_log (caller, "180 183 200 hang-up:0");
  assert_said (wire, "ended:lost:503");
  say_all (wire, &(OhBrowserMessage){ .id = wire->rung, .line = 8, .word = OH_BROWSER_BACK });
  assert_said (wire, "ended:lost:0");
  wire_free (wire);
}

/* SIP takes the line's place at the registrar: the line's end signs nobody out. */
static void
test_sip_is_back (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  GPtrArray *bindings;

  fake_sip_register (world->sip, world->laptop, "anna", 3009, 600);
  say_line (wire, 7, OH_LINE_CLOSE);
  bindings = oh_registrar_find_by_device (world->exchange->registrar, world->laptop);
  g_assert_nonnull (bindings);
  g_assert_cmpuint (bindings->len, ==, 1);
  g_assert_false (((const OhBinding *)bindings->pdata[0])->web);
  wire_free (wire);
}

static void
dial (Wire *wire, guint64 line, const char *number)
{
  say_all (wire, &(OhBrowserMessage){ .id = OH_BROWSER_FIRST_DIALLED + line,
                                      .line = line,
                                      .word = OH_BROWSER_DIAL,
                                      .text = "v=0",
                                      .address = number });
}

static void
test_dial (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  guint64 id = OH_BROWSER_FIRST_DIALLED + 7;
  OhSipCall *desktop;

  dial (wire, 7, "100");
  assert_said (wire, "sdp");
  desktop = fake_sip_find_outgoing (world->sip, world->desktop);
  g_assert_nonnull (desktop);
  fake_call_ring (desktop);
  settle (world);
  assert_said (wire, "ringing");
  fake_call_answer (desktop);
  settle (world);
  assert_said (wire, "answered");
  g_assert_cmpuint (fake_media_count_bridges (), ==, 1);
  say (wire, id, OH_BROWSER_END, 0);
  assert_log (desktop, "hang-up:0");
  g_assert_cmpuint (fake_media_count_bridges (), ==, 0);
  dial (wire, 7, "199");
  assert_said (wire, "sdp ended:not-answered:404");
  dial (wire, 9, "100"); /* no such line */
  assert_said (wire, "ended:not-answered:403");
  dial (wire, 7, "*43");
  assert_said (wire, "sdp answered");
  say (wire, id, OH_BROWSER_END, 0);
  wire_free (wire);
}

/* The far end rings and answers while the caller's line is away: he hears of it when he is back. What is
 * said meanwhile server/web gives to nobody. */
static void
test_answered_while_away (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  guint64 id = OH_BROWSER_FIRST_DIALLED + 7;
  OhSipCall *desktop;

  dial (wire, 7, "100");
  assert_said (wire, "sdp");
  desktop = fake_sip_find_outgoing (world->sip, world->desktop);
  say_line (wire, 7, OH_LINE_CLOSE);
  fake_call_ring (desktop);
  settle (world);
  assert_said (wire, "ringing");
  say_line (wire, 8, OH_LINE_OPEN);
  say_all (wire, &(OhBrowserMessage){ .id = id, .line = 8, .word = OH_BROWSER_BACK });
  assert_said (wire, "resumed ringing");
  say_line (wire, 8, OH_LINE_CLOSE);
  fake_call_answer (desktop);
  settle (world);
  assert_said (wire, "answered");
  say_line (wire, 9, OH_LINE_OPEN);
  say_all (wire, &(OhBrowserMessage){ .id = id, .line = 9, .word = OH_BROWSER_BACK });
  assert_said (wire, "resumed answered");
  say (wire, id, OH_BROWSER_END, 0);
  wire_free (wire);
}

static void
test_revoked (void)
{
  Wire *wire = wire_new ();
  World *world = wire->world;
  OhSipCall *caller = ring_line (wire);
  OhStoreReply reply;

  say (wire, wire->rung, OH_BROWSER_ANSWER, 0);
  assert_said (wire, "answered");
  reply = ask (world);
  oh_store_revoke_device (world->store, 0, world->laptop, &reply);
  wait_answer (world);
  settle (world);
  assert_log (caller, "180 183 200 hang-up:0");
  assert_said (wire, "revoked");
  g_assert_null (oh_registrar_find_by_device (world->exchange->registrar, world->laptop));
  say_line (wire, 8, OH_LINE_OPEN);
  assert_said (wire, "revoked");
  wire_free (wire);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/call-lines/answer", test_answer);
  g_test_add_func ("/call-lines/somebody-else-decides", test_somebody_else_decides);
  g_test_add_func ("/call-lines/choice", test_choice);
  g_test_add_func ("/call-lines/choice-of-a-broken-line", test_choice_of_a_broken_line);
  g_test_add_func ("/call-lines/choice-too-late", test_choice_too_late);
  g_test_add_func ("/call-lines/does-not-ring", test_does_not_ring);
  g_test_add_func ("/call-lines/line-breaks-in-mid-ring", test_line_breaks_in_mid_ring);
  g_test_add_func ("/call-lines/line-breaks-in-the-call", test_line_breaks_in_the_call);
  g_test_add_func ("/call-lines/sip-is-back", test_sip_is_back);
  g_test_add_func ("/call-lines/dial", test_dial);
  g_test_add_func ("/call-lines/answered-while-away", test_answered_while_away);
  g_test_add_func ("/call-lines/revoked", test_revoked);
  return g_test_run ();
}
