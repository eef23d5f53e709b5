/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's web line, with a server in this process. */
#include "line-world.h"
#include "wait-for.h"

#include <string.h>

#define SECOND G_USEC_PER_SEC

static void
test_sign_in (void)
{
  LineWorld *world = line_world_new ();

  g_assert_true (oh_web_line_is_online (world->line));
  g_assert_cmpstr (world->authorization, ==, "Bearer device7.secret");
  g_assert_cmpuint (world->hellos, ==, 1);
  line_world_say (world, "{'type':'news','messages':3}");
  WAIT_FOR (world->news == 3);
  line_world_say (world, "{'type':'welcome'}"); /* new credentials, nothing else */
  line_world_settle (world);
  g_assert_cmpuint (world->online, ==, 1);
  line_world_free (world);
}

static void
wait_lost_again (LineWorld *world)
{
  guint lost = world->lost;

  WAIT_FOR (world->lost > lost);
}

/* The server refuses what it took before: the waits grow, until it is back. */
static void
test_back_off (void)
{
  LineWorld *world = line_world_new ();
  gint64 begun = g_get_monotonic_time ();
  guint tries = world->asked;

  world->refusal = SOUP_STATUS_BAD_GATEWAY;
  line_world_cut (world);
  g_assert_cmpint (world->retry_at - begun, >=, SECOND / 2);
  g_assert_false (oh_web_line_is_online (world->line));
  for (guint n = 1; n <= 2; n++)
    {
      gint64 before = world->retry_at;

      wait_lost_again (world);
      g_assert_cmpint (world->retry_at - before, >=, (SECOND / 2) << n);
      g_assert_cmpuint (world->asked, ==, tries + n);
    }
  world->refusal = 0;
  line_world_mend (world);
  g_assert_cmpuint (world->online, ==, 2);
  begun = g_get_monotonic_time ();
  line_world_cut (world); /* from the start again */
  g_assert_cmpint (world->retry_at - begun, <, 10 * SECOND);
  WAIT_FOR (world->online == 3);
  line_world_free (world);
}

/* A full server says when to come again: not before, whatever the network does meanwhile. */
static void
test_retry_after (void)
{
  static const guint statuses[] = { SOUP_STATUS_SERVICE_UNAVAILABLE, 429 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      LineWorld *world = line_world_new ();
      gint64 begun;
      guint tries;

      world->refusal = statuses[i];
      world->retry_after = "30";
      line_world_cut (world);
      begun = g_get_monotonic_time ();
      oh_web_line_hurry (world->line);
      wait_lost_again (world);
      g_assert_cmpint (world->retry_at - begun, >=, 30 * SECOND);
      tries = world->asked;
      oh_web_line_hurry (world->line);
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_assert_cmpuint (world->asked, ==, tries);
      line_world_free (world);
    }
}

/* Hours are too long, nonsense is none. */
static void
test_retry_after_nonsense (void)
{
  static const struct
  {
    const char *said;
    gint64 least, most;
  } cases[] = { { "999999999999999999999", 600, 800 },
                { "-5", 0, 800 },
                { "Wed, 21 Oct 2026 07:28:00 GMT", 0, 5 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LineWorld *world = line_world_new ();
      gint64 begun;

      world->refusal = SOUP_STATUS_SERVICE_UNAVAILABLE;
      world->retry_after = cases[i].said;
      line_world_cut (world);
      begun = g_get_monotonic_time ();
      oh_web_line_hurry (world->line);
      wait_lost_again (world);
      g_assert_cmpint (world->retry_at - begun, >=, cases[i].least * SECOND);
      g_assert_cmpint (world->retry_at - begun, <=, cases[i].most * SECOND);
      line_world_free (world);
    }
}

/* Signed out: by a word, and by a refusal on the way back. */
static void
test_revoked (void)
{
  LineWorld *world = line_world_new ();

  line_world_say (world, "{'type':'signed-out'}");
  WAIT_FOR (world->revoked == 1);
  g_assert_cmpuint (world->lost, ==, 0);
  line_world_free (world);

  world = line_world_new ();
  world->refusal = SOUP_STATUS_UNAUTHORIZED;
  line_world_cut (world);
  oh_web_line_hurry (world->line);
  WAIT_FOR (world->revoked == 1);
  line_world_free (world);
}

static void
send_bytes (LineWorld *world, SoupWebsocketDataType type, const char *bytes, gsize size)
{
  g_autoptr (GBytes) data = g_bytes_new (bytes, size);

  soup_websocket_connection_send_message (world->wire, type, data);
}

/* Nothing of it is believed, and the line goes on. */
static void
test_hostile_words (void)
{
  static const char *const words[] = {
    "",
    "nonsense",
    "7",
    "null",
    "[]",
    "{}",
    "{'type':7}",
    "{'type':null}",
    "{'type':['ring']}",
    "{'type':'unknown'}",
    "{'type':'unknown','call':'r1'}",
    "{'type':'news'}",
    "{'type':'ended','call':'r1','reason':{}}",
    "{'type':'answer','call':'r1','sdp':7}",
    "{'type':'ring'}",
    "{'type':'ring','call':7,'offer':'a'}",
    "{'type':'welcome','relay':7}",
    "{'type':'welcome','relay':{'stun':7,'turn':[],'user':{}}}",
    "{'type':'welcome'} trailing",
    "{'type':'welcome',}",
    "/* {'type':'signed-out'} */",
    "{'type':'signed-out\\u0000'}",
  };
  LineWorld *world = line_world_new ();
  g_autofree char *deep = g_strnfill (4000, '[');

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    line_world_say (world, "%s", words[i]);
  line_world_say (world, "%s", deep);
  line_world_say (world, "{'type':'news','messages':{'a':%s", deep);
  send_bytes (world, SOUP_WEBSOCKET_DATA_BINARY, "{\"type\":\"signed-out\"}", 21);
  line_world_settle (world);
  g_assert_cmpuint (world->lost + world->revoked, ==, 0);
  g_assert_cmpuint (line_world_count_calls (world), ==, 0);
  line_world_free (world);
}

/* Numbers are bounded. */
static void
test_hostile_numbers (void)
{
  static const struct
  {
    const char *said;
    guint taken;
  } cases[] = { { "-1", 0 },         { "1e300", 100000 }, { "9223372036854775807", 100000 },
                { "'5'", 0 },        { "true", 0 },       { "2.9", 2 },
                { "100001", 100000 } };
  LineWorld *world = line_world_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      world->news = 7;
      line_world_say (world, "{'type':'news','messages':%s}", cases[i].said);
      WAIT_FOR (world->news != 7);
      g_assert_cmpuint (world->news, ==, cases[i].taken);
    }
  line_world_free (world);
}

/* It is closed for them, and comes back. */
static void
test_hostile_frames (void)
{
  LineWorld *world = line_world_new ();
  g_autofree char *large = g_strnfill (70 * 1024, 'x');

  line_world_say (world, "{'type':'news','messages':1,'more':'%s'}", large);
  WAIT_FOR (world->lost == 1);
  g_assert_cmpuint (world->news, ==, 0);
  line_world_mend (world);
  line_world_settle (world);
  line_world_free (world);
}

/* The end in order, while it is being connected, while it waits, and with its server gone. */
static void
test_ends (void)
{
  LineWorld *world = line_world_new ();

  line_world_cut (world);
  oh_web_line_close (world->line);
  oh_web_line_close (world->line);
  line_world_free (world);

  world = line_world_new ();
  line_world_cut (world);
  oh_web_line_hurry (world->line); /* on its way */
  line_world_free (world);

  world = line_world_new ();
  world->silent = TRUE;
  line_world_cut (world);
  oh_web_line_hurry (world->line);
  WAIT_FOR (world->hellos == 2); /* nobody answers it */
  g_assert_false (oh_web_line_is_online (world->line));
  line_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/line/sign-in", test_sign_in);
  g_test_add_func ("/line/back-off", test_back_off);
  g_test_add_func ("/line/retry-after", test_retry_after);
  g_test_add_func ("/line/retry-after-nonsense", test_retry_after_nonsense);
  g_test_add_func ("/line/revoked", test_revoked);
  g_test_add_func ("/line/hostile-words", test_hostile_words);
  g_test_add_func ("/line/hostile-numbers", test_hostile_numbers);
  g_test_add_func ("/line/hostile-frames", test_hostile_frames);
  g_test_add_func ("/line/ends", test_ends);
  return g_test_run ();
}
