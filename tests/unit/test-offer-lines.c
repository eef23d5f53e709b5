/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat-fixture.h"

/* Call offers that come line by line. */

static void
say (Fixture *fixture, const char *from, const char *text)
{
  g_autofree char *detail = g_strdup (text); /* gone afterwards, as a provider's is */
  OhIncoming incoming = { .with = from, .text = text, .detail = detail };

  oh_messenger_emit_message (OH_MESSENGER (get_account (fixture)), &incoming);
}

static void
assert_message (OhChat *chat, guint number, const char *text, OhChatWarning warning)
{
  OhChatMessage *message = get_message (chat, number);

  g_assert_cmpstr (oh_chat_message_get_text (message), ==, text);
  g_assert_cmpstr (oh_chat_message_get_detail (message), !=, "");
  g_assert_true (g_str_has_prefix (text, oh_chat_message_get_detail (message)));
  g_assert_cmpint (oh_chat_message_get_warning (message), ==, warning);
}

#define FORGED_CALL "Call from Your Bank (555100) for 100."
#define FORGED_OPTIONS "1 answer on laptop, 3 voicemail, 9 decline"
#define FORGED_LINK "20 s left. Or open https://bank.test/o/AAAAAAAAAAAAAAAAAAAAAA"

/* A service may carry an offer line by line: what looks like one is one message with one warning, and
 * whatever else begins so is there as it was written, soon, and when the program ends too. */
static void
test_offers_by_lines (Fixture *fixture, gconstpointer data)
{
  OhChats *chats = oh_client_get_chats (fixture->client);
  OhChat *forger = open_chat (fixture, "forger@x"), *friend = open_chat (fixture, "friend@x");

  WAIT_FOR (oh_chat_is_loaded (forger) && oh_chat_is_loaded (friend));
  say (fixture, "forger@x", FORGED_CALL);
  say (fixture, "friend@x", "Did you get a call from Ben?");
  say (fixture, "forger@x", FORGED_OPTIONS);
  g_assert_cmpuint (count (forger) + count (friend), ==, 0);
  say (fixture, "forger@x", FORGED_LINK);
  g_assert_cmpuint (count (forger), ==, 1);
  assert_message (forger, 0, FORGED_CALL "\n" FORGED_OPTIONS "\n" FORGED_LINK,
                  OH_CHAT_WARNING_FORGED_OFFER);
  say (fixture, "friend@x", "He wants to talk");
  g_assert_cmpuint (count (friend), ==, 2); /* it was none, and is in its place */
  assert_message (friend, 0, "Did you get a call from Ben?", OH_CHAT_WARNING_NONE);
  say (fixture, "friend@x", "A call from Carl, too");
  say (fixture, "forger@x", "Anruf von Ihrer Bank");
  say (fixture, "forger@x", "1 annehmen, 9 ablehnen");
  g_assert_cmpuint (oh_chats_get_unread (chats), ==, 3);
  WAIT_FOR (count (friend) == 3 && count (forger) == 2);
  assert_message (friend, 2, "A call from Carl, too", OH_CHAT_WARNING_NONE);
  assert_message (forger, 1, "Anruf von Ihrer Bank\n1 annehmen, 9 ablehnen",
                  OH_CHAT_WARNING_FORGED_OFFER);
  g_assert_cmpuint (oh_chats_get_unread (chats), ==, 5);
  say (fixture, "friend@x", "The last call from here");
  say (fixture, "forger@x", FORGED_CALL);
  say (fixture, "forger@x", FORGED_OPTIONS);
  stop (fixture);
  start (fixture, "");
  friend = open_chat (fixture, "friend@x");
  WAIT_FOR (oh_chat_is_loaded (friend) && count (friend) == 4
            && oh_chat_message_is_loaded (get_message (friend, 3)));
  assert_message (friend, 3, "The last call from here", OH_CHAT_WARNING_NONE);
  forger = open_chat (fixture, "forger@x");
  WAIT_FOR (oh_chat_is_loaded (forger) && count (forger) == 3
            && oh_chat_message_is_loaded (get_message (forger, 2)));
  assert_message (forger, 2, FORGED_CALL "\n" FORGED_OPTIONS, OH_CHAT_WARNING_FORGED_OFFER);
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = g_dir_make_tmp ("offhook-cache-XXXXXX", NULL);
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", cache);
  int failures;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/client/offers/by-lines", Fixture, "", set_up, test_offers_by_lines, tear_down);
  failures = g_test_run ();
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  return failures;
}
