/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat-fixture.h"

#include "base/oh-error.h"

#include <sqlite3.h>
#include <string.h>

static OhChatState
state_of (OhChat *chat, guint number)
{
  return oh_chat_message_get_state (get_message (chat, number));
}

/* The names of all rows, in their order. */
static char *
names_of (gpointer contacts)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < count (contacts); i++)
    {
      g_autoptr (OhContact) contact = g_list_model_get_item (contacts, i);

      g_string_append_printf (names, "%s%s", i ? " " : "", oh_contact_get_name (contact));
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
assert_names (gpointer contacts, const char *expected)
{
  g_autofree char *names = names_of (contacts);

  g_assert_cmpstr (names, ==, expected);
}

/* --- Contacts --- */

#define CONTACT(address, name, group, presence)                                                    \
  "{\"contact\":{\"address\":\"" address "\",\"name\":\"" name "\",\"group\":\"" group             \
  "\",\"presence\":\"" presence "\"}}\n"

#define PEOPLE                                                                                     \
  CONTACT ("c@x", "Cleo", "Work", "offline")                                                       \
  CONTACT ("b@x", "bert", "", "available")                                                         \
  CONTACT ("a@x", "Anna", "Work", "away")                                                          \
  CONTACT ("d@x", "", "Friends", "busy")

/* Counts what a list tells and checks that it is true. */
typedef struct
{
  guint n_items;
  guint changes;
} Follower;

static void
on_items_changed (GListModel *model, guint at, guint gone, guint added, Follower *follower)
{
  g_assert_cmpuint (at + gone, <=, follower->n_items);
  follower->n_items = follower->n_items - gone + added;
  follower->changes++;
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, follower->n_items);
}

static void
test_contacts (Fixture *fixture, gconstpointer data)
{
  OhContactList *contacts = oh_client_get_contacts (fixture->client);
  OhMessenger *messenger = OH_MESSENGER (get_account (fixture));
  Follower follower = { 0 };

  g_object_set (contacts, "grouped", FALSE, NULL);
  g_signal_connect (contacts, "items-changed", G_CALLBACK (on_items_changed), &follower);
  WAIT_FOR (count (contacts) == 4);
  assert_names (contacts, "Anna bert d@x Cleo");
  g_object_set (contacts, "online-first", FALSE, NULL);
  assert_names (contacts, "Anna bert Cleo d@x");
  g_object_set (contacts, "grouped", TRUE, NULL);
  assert_names (contacts, "d@x Anna Cleo bert");
  g_object_set (contacts, "grouped", FALSE, "show-offline", FALSE, NULL);
  assert_names (contacts, "Anna bert d@x");
  oh_contact_list_set_search (contacts, "ER");
  assert_names (contacts, "bert");
  oh_contact_list_set_search (contacts, "X");
  g_object_set (contacts, "show-offline", TRUE, "online-first", TRUE, NULL);
  assert_names (contacts, "Anna bert d@x Cleo");
  oh_messenger_add_contact (messenger, "c@x", "Aaron", "", NULL);
  oh_messenger_add_contact (messenger, "a@x", "Zoe", "", NULL);
  assert_names (contacts, "bert d@x Zoe Aaron");
  oh_messenger_remove_contact (messenger, "b@x");
  assert_names (contacts, "d@x Zoe Aaron");
  oh_messenger_set_blocked (messenger, "d@x", TRUE);
  g_assert_true (oh_contact_is_blocked (oh_messenger_find_contact (messenger, "d@x")));
  assert_names (contacts, "Zoe Aaron d@x");
  g_signal_handlers_disconnect_by_data (contacts, &follower);
}

/* What the view was set to holds for the next start. */
static void
test_contacts_settings (Fixture *fixture, gconstpointer data)
{
  gboolean grouped = TRUE;

  g_object_set (oh_client_get_contacts (fixture->client), "grouped", FALSE, NULL);
  stop (fixture);
  start (fixture, PEOPLE);
  g_object_get (oh_client_get_contacts (fixture->client), "grouped", &grouped, NULL);
  g_assert_false (grouped);
}

static const char *
presence_of (Fixture *fixture, const char *address)
{
  OhContact *contact = oh_messenger_find_contact (OH_MESSENGER (get_account (fixture)), address);

  return contact ? oh_presence_to_word (oh_contact_get_presence (contact)) : "gone";
}

static int
count_kept (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->folder, "history.db", NULL);
  sqlite3_stmt *statement = NULL;
  sqlite3 *db = NULL;
  int kept;

  sqlite3_open (path, &db);
  sqlite3_prepare_v2 (db, "SELECT count (*) FROM contact", -1, &statement, NULL);
  kept = sqlite3_step (statement) == SQLITE_ROW ? sqlite3_column_int (statement, 0) : -1;
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return kept;
}

/* Those of the last session are there at once, whatever the service says or does not say; none is twice
 * or away in between, and who is on its list no more goes when all of it is known. */
static void
test_contacts_kept (Fixture *fixture, gconstpointer data)
{
  OhContactList *contacts = oh_client_get_contacts (fixture->client);
  g_autoptr (OhContact) anna = NULL;
  Follower follower = { 0 };

  WAIT_FOR (count (contacts) == 4);
  oh_messenger_add_contact (OH_MESSENGER (get_account (fixture)), "c@x", "Clea", "Home", NULL);
  WAIT_FOR (count_kept (fixture) == 4);
  stop (fixture);

  start (fixture, "");
  contacts = oh_client_get_contacts (fixture->client);
  WAIT_FOR (count (contacts) == 4);
  assert_names (contacts, "d@x Clea Anna bert");
  g_assert_cmpstr (presence_of (fixture, "a@x"), ==, "offline");
  stop (fixture);

  start (fixture, "{\"after\":1000,\"contact\":{\"address\":\"a@x\",\"name\":\"Anna\","
                  "\"group\":\"Work\",\"presence\":\"away\"}}\n" CONTACT (
                      "new@x", "New", "", "busy") "{\"after\":1000,\"contacts-complete\":{}}\n");
  contacts = oh_client_get_contacts (fixture->client);
  WAIT_FOR (count (contacts) == 4);
  anna = g_object_ref (oh_messenger_find_contact (OH_MESSENGER (get_account (fixture)), "a@x"));
  follower.n_items = 4;
  g_signal_connect (contacts, "items-changed", G_CALLBACK (on_items_changed), &follower);
  WAIT_FOR (g_str_equal (presence_of (fixture, "a@x"), "away"));
  g_assert_true (anna == oh_messenger_find_contact (OH_MESSENGER (get_account (fixture)), "a@x"));
  WAIT_FOR (count (contacts) == 5);
  g_assert_cmpstr (presence_of (fixture, "c@x"), ==, "offline");
  WAIT_FOR (count (contacts) == 2);
  g_assert_cmpstr (presence_of (fixture, "c@x"), ==, "gone");
  g_signal_handlers_disconnect_by_data (contacts, &follower);
  WAIT_FOR (count_kept (fixture) == 2);
}

/* --- Chats --- */

static void
on_incoming (OhChats *chats, OhChat *chat, OhChatMessage *message, GString *log)
{
  g_string_append_printf (log, "%s:%s;", oh_chat_get_name (chat),
                          oh_chat_message_get_text (message));
}

static void
test_incoming (Fixture *fixture, gconstpointer data)
{
  OhChats *chats = oh_client_get_chats (fixture->client);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (OhChat) first = NULL;

  g_signal_connect (chats, "incoming", G_CALLBACK (on_incoming), log);
  WAIT_FOR (oh_chats_get_unread (chats) == 2);
  g_assert_cmpuint (count (chats), ==, 2);
  first = g_list_model_get_item (G_LIST_MODEL (chats), 0);
  g_assert_cmpstr (oh_chat_get_name (first), ==, "Anna");
  WAIT_FOR (count (first) == 2);
  g_assert_cmpstr (oh_chat_message_get_text (oh_chat_get_last (first)), ==, "later");
  g_assert_cmpstr (log->str, ==, "Anna:hello;stranger@x:who;");
  WAIT_FOR (oh_chat_get_typing (first) == OH_TYPING_ACTIVE);
  oh_chat_mark_read (first);
  g_assert_cmpuint (oh_chats_get_unread (chats), ==, 1);
  stop (fixture);
  start (fixture, PEOPLE);
  chats = oh_client_get_chats (fixture->client);
  WAIT_FOR (count (chats) == 2);
  g_assert_cmpuint (oh_chats_get_unread (chats), ==, 1);
}

/* Nothing of them comes in, not even what the service lets through; strangers too. */
static void
test_blocked (Fixture *fixture, gconstpointer data)
{
  OhChats *chats = oh_client_get_chats (fixture->client);
  OhMessenger *messenger = OH_MESSENGER (get_account (fixture));
  OhIncoming incoming = { .with = "a@x", .text = "not heard" };
  OhIncoming own = { .with = "a@x", .text = "written elsewhere", .own = TRUE };
  OhIncoming stranger = { .with = "stranger@x", .text = "not heard" };
  OhChat *chat;

  WAIT_FOR (count (oh_client_get_contacts (fixture->client)) == 4);
  chat = open_chat (fixture, "a@x");
  WAIT_FOR (oh_chat_is_loaded (chat));
  oh_messenger_set_blocked (messenger, "a@x", TRUE);
  oh_messenger_set_blocked (messenger, "stranger@x", TRUE);
  g_assert_true (oh_chat_is_blocked (chat));
  oh_messenger_emit_message (messenger, &incoming);
  oh_messenger_emit_message (messenger, &stranger);
  oh_messenger_emit_typing (messenger, "a@x", OH_TYPING_ACTIVE);
  g_assert_cmpuint (count (chat), ==, 0);
  g_assert_cmpuint (count (chats), ==, 1);
  g_assert_cmpint (oh_chat_get_typing (chat), ==, OH_TYPING_STOPPED);
  oh_messenger_emit_message (messenger, &own);
  g_assert_cmpuint (count (chat), ==, 1);
  oh_messenger_set_blocked (messenger, "a@x", FALSE);
  g_assert_false (oh_chat_is_blocked (chat));
  oh_messenger_emit_message (messenger, &incoming);
  g_assert_cmpuint (count (chat), ==, 2);
}

#define INCOMING                                                                                   \
  CONTACT ("a@x", "Anna", "", "available")                                                         \
  "{\"message\":{\"with\":\"a@x\",\"text\":\"hello\",\"time\":4000000000}}\n"                      \
  "{\"after\":700,\"message\":{\"with\":\"stranger@x\",\"text\":\"who\",\"time\":100}}\n"          \
  "{\"message\":{\"with\":\"a@x\",\"text\":\"later\",\"automatic\":true,\"time\":4000000001}}\n"   \
  "{\"after\":50,\"typing\":{\"with\":\"a@x\",\"state\":\"active\"}}\n"

static void
test_send (Fixture *fixture, gconstpointer data)
{
  OhChat *chat = open_chat (fixture, "echo@dummy");
  g_autoptr (GError) error = NULL;
  g_autofree char *huge = g_strnfill (OH_CHAT_MAX_TEXT + 1, 'x');

  oh_chat_set_draft (chat, "hi");
  g_assert_true (oh_chat_send (chat, "hi", NULL)); /* before the database has answered, too */
  g_assert_cmpstr (oh_chat_get_draft (chat), ==, "");
  WAIT_FOR (count (chat) >= 1 && state_of (chat, 0) == OH_CHAT_SENT);
  WAIT_FOR (state_of (chat, 0) == OH_CHAT_DELIVERED);
  WAIT_FOR (oh_chat_get_typing (chat) == OH_TYPING_ACTIVE);
  WAIT_FOR (state_of (chat, 0) == OH_CHAT_READ);
  WAIT_FOR (count (chat) == 2);
  g_assert_cmpint (oh_chat_get_typing (chat), ==, OH_TYPING_STOPPED);
  g_assert_true (oh_chat_message_is_incoming (get_message (chat, 1)));
  g_assert_cmpuint (oh_chat_get_unread (chat), ==, 1);
  g_assert_false (oh_chat_send (chat, "", &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (oh_chat_send (chat, huge, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_LIMIT);
}

static void
test_failed (Fixture *fixture, gconstpointer data)
{
  OhChat *chat = open_chat (fixture, "refused@dummy");
  OhChat *gone = open_chat (fixture, "late@dummy");

  oh_chat_send (chat, "no", NULL);
  WAIT_FOR (count (chat) == 1 && state_of (chat, 0) == OH_CHAT_FAILED);
  g_assert_cmpint (oh_chat_message_get_reason (get_message (chat, 0)), ==, OH_CHAT_REASON_REFUSED);
  g_assert_cmpstr (oh_chat_message_get_detail (get_message (chat, 0)), !=, "");
  oh_chat_retry (chat, get_message (chat, 0));
  g_assert_cmpint (state_of (chat, 0), ==, OH_CHAT_WAITING);
  WAIT_FOR (state_of (chat, 0) == OH_CHAT_FAILED);
  oh_chat_send (gone, "gone", NULL);
  WAIT_FOR (count (gone) == 1 && state_of (gone, 0) == OH_CHAT_SENT);
  oh_messenger_emit_failed (OH_MESSENGER (get_account (fixture)), "late@dummy", "nobody there");
  g_assert_cmpint (state_of (gone, 0), ==, OH_CHAT_FAILED);
  g_assert_cmpstr (oh_chat_message_get_detail (get_message (gone, 0)), ==, "nobody there");
}

/* What is written while the account is offline survives the program and goes out later, in order. */
static void
test_waiting (Fixture *fixture, gconstpointer data)
{
  OhChat *chat = open_chat (fixture, "a@x");

  WAIT_FOR (oh_account_get_state (get_account (fixture)) == OH_ACCOUNT_OFFLINE);
  oh_chat_send (chat, "one", NULL);
  oh_chat_send (chat, "two", NULL);
  oh_chat_set_draft (chat, "not yet");
  WAIT_FOR (count (chat) == 2);
  g_assert_cmpint (state_of (chat, 1), ==, OH_CHAT_WAITING);
  stop (fixture);

  start (fixture, "");
  chat = open_chat (fixture, "a@x");
  WAIT_FOR (oh_chat_is_loaded (chat));
  g_assert_cmpstr (oh_chat_get_draft (chat), ==, "not yet");
  g_assert_cmpuint (count (chat), ==, 2);
  WAIT_FOR (state_of (chat, 0) == OH_CHAT_SENT && state_of (chat, 1) == OH_CHAT_SENT);
  g_assert_cmpstr (oh_chat_message_get_text (get_message (chat, 1)), ==, "two");
}

static void
test_delete (Fixture *fixture, gconstpointer data)
{
  OhChats *chats = oh_client_get_chats (fixture->client);
  OhChat *chat = open_chat (fixture, "a@x");

  oh_chat_send (chat, "one", NULL);
  WAIT_FOR (count (chat) == 1 && state_of (chat, 0) == OH_CHAT_SENT);
  oh_chats_delete (chats, chat);
  g_assert_cmpuint (count (chats), ==, 0);
  chat = open_chat (fixture, "a@x");
  g_assert_cmpuint (count (chat), ==, 0);
  oh_chat_send (chat, "new", NULL);
  stop (fixture);
  start (fixture, "");
  chat = open_chat (fixture, "a@x");
  WAIT_FOR (oh_chat_is_loaded (chat));
  g_assert_cmpuint (count (chat), ==, 1);
  g_assert_cmpstr (oh_chat_message_get_text (oh_chat_get_last (chat)), ==, "new");
}

/* --- Many messages --- */

#define MANY 50000

static void
write_many (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_exec (db,
                "BEGIN; INSERT INTO chat VALUES (1, 'dummy', 'a@x', '', 0);"
                "INSERT INTO chat VALUES (2, 'dummy', 'b@x', '', 0);",
                NULL, NULL, NULL);
  sqlite3_prepare_v2 (db,
                      "INSERT INTO message (chat, number, incoming, time, text, state, automatic)"
                      " VALUES (1, ?1, 1, ?1, 'message ' || ?1, 'received', 0)",
                      -1, &statement, NULL);
  for (guint i = 0; i < MANY; i++)
    {
      sqlite3_bind_int64 (statement, 1, i);
      g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
      sqlite3_reset (statement);
    }
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_exec (db, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

/* How many times longer than in a plain build something may take. */
static gint64
patience (void)
{
  return g_getenv ("OFFHOOK_SANITIZED") ? 5 : 1;
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  OhChat *chat;
  g_autoptr (OhChatMessage) middle = NULL;
  g_autofree char *expected = g_strdup_printf ("message %d", MANY / 2);
  gint64 began;

  WAIT_FOR (oh_account_get_state (get_account (fixture)) == OH_ACCOUNT_ONLINE);
  stop (fixture);
  write_many (fixture->folder);
  start (fixture, "");
  began = g_get_monotonic_time ();
  chat = open_chat (fixture, "a@x");
  WAIT_FOR (oh_chat_is_loaded (chat));
  g_assert_cmpuint (count (chat), ==, MANY);
  WAIT_FOR (oh_chat_message_is_loaded (get_message (chat, MANY - 2)));
  g_test_message ("opened after %" G_GINT64_FORMAT " us", g_get_monotonic_time () - began);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 2 * patience () * G_USEC_PER_SEC);
  middle = g_list_model_get_item (G_LIST_MODEL (chat), MANY / 2);
  g_assert_false (oh_chat_message_is_loaded (middle));
  WAIT_FOR (oh_chat_message_is_loaded (middle));
  g_assert_cmpstr (oh_chat_message_get_text (middle), ==, expected);
  oh_chat_send (chat, "the next", NULL);
  WAIT_FOR (count (chat) == MANY + 1 && state_of (chat, MANY) == OH_CHAT_SENT);
  g_assert_true (get_message (chat, MANY) == oh_chat_get_last (chat));
  for (guint i = 0; i < MANY; i += 100) /* through all pages: old ones are forgotten on the way */
    get_message (chat, i);
  WAIT_FOR (oh_chat_message_is_loaded (get_message (chat, MANY - 100)));
  g_assert_false (oh_chat_message_is_loaded (get_message (chat, 0)));
}

/* What @search finds for @text: "number:excerpt" of the first, and how many. */
static char *
search_for (OhChatSearch *search, const char *text)
{
  g_autoptr (OhChatFound) first = NULL;
  guint n;

  oh_chat_search_set_text (search, text);
  WAIT_FOR (!oh_chat_search_is_searching (search));
  n = count (search);
  first = g_list_model_get_item (G_LIST_MODEL (search), 0);
  if (!first)
    return g_strdup ("0");
  return g_strdup_printf ("%u %u:%s", n, oh_chat_found_get_number (first),
                          oh_chat_found_get_excerpt (first));
}

static void
assert_found (OhChatSearch *search, const char *text, const char *expected)
{
  g_autofree char *found = search_for (search, text);

  g_assert_cmpstr (found, ==, expected);
}

/* Among fifty thousand, without regard to case, while the program goes on. */
static void
test_search (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OhChatSearch) all = NULL;
  g_autoptr (OhChatSearch) other = NULL;
  OhChat *chat, *second;
  gint64 began = 0, took = G_MAXINT64;

  WAIT_FOR (oh_account_get_state (get_account (fixture)) == OH_ACCOUNT_ONLINE);
  stop (fixture);
  write_many (fixture->folder);
  start (fixture, "");
  chat = open_chat (fixture, "a@x");
  second = open_chat (fixture, "b@x");
  WAIT_FOR (oh_chat_is_loaded (chat) && oh_chat_is_loaded (second));
  oh_chat_send (second, "Many words before it, and then: Grüße aus KÖLN, 100% <b>echt</b>", NULL);
  oh_chat_send (second, "message of another chat", NULL);
  WAIT_FOR (count (second) == 2 && state_of (second, 1) == OH_CHAT_SENT);
  all = oh_chat_search_new (oh_client_get_chats (fixture->client), NULL);
  other = oh_chat_search_new (oh_client_get_chats (fixture->client), second);
  for (guint i = 0; i < 10 && took >= G_USEC_PER_SEC / 20; i++) /* others want the processor too */
    {
      began = g_get_monotonic_time ();
      oh_chat_search_set_text (all, "nowhere");
      oh_chat_search_set_text (all, "message");
      oh_chat_search_set_text (all, "SSAGE 123");
      took = g_get_monotonic_time () - began;
    }
  g_assert_cmpint (took, <, G_USEC_PER_SEC / 20); /* it did not wait */
  g_assert_true (oh_chat_search_is_searching (all));
  WAIT_FOR (!oh_chat_search_is_searching (all));
  g_test_message ("found after %" G_GINT64_FORMAT " us", g_get_monotonic_time () - began);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 3 * patience () * G_USEC_PER_SEC);
  assert_found (all, "SSAGE 123", "111 12399:message 12399");
  assert_found (all, "köln", "1 0:…and then: Grüße aus KÖLN, 100% <b>echt</b>");
  assert_found (all, "0%", "1 0:…Grüße aus KÖLN, 100% <b>echt</b>");
  assert_found (all, "m", "0"); /* too short */
  assert_found (all, "no such words", "0");
  assert_found (other, "message", "1 1:message of another chat");

  g_clear_object (&all);
  g_clear_object (&other);
  stop (fixture);
  start (fixture, "");
  second = open_chat (fixture, "b@x");
  g_assert_false (oh_chat_is_loaded (second)); /* what is asked for now is answered all the same */
  other = oh_chat_search_new (oh_client_get_chats (fixture->client), second);
  assert_found (other, "message", "1 1:message of another chat");
}

/* --- Questions --- */

static void
test_questions (Fixture *fixture, gconstpointer data)
{
  GListModel *questions = oh_client_get_questions (fixture->client);
  OhMessenger *messenger = OH_MESSENGER (get_account (fixture));
  g_autoptr (OhQuestion) certificate = NULL;
  g_autoptr (OhQuestion) contact = NULL;
  g_autoptr (OhQuestion) form = NULL;
  const OhField *field;

  WAIT_FOR (count (questions) == 3);
  certificate = g_list_model_get_item (questions, 0);
  contact = g_list_model_get_item (questions, 1);
  form = g_list_model_get_item (questions, 2);
  g_assert_cmpint (oh_question_get_problems (certificate), ==,
                   OH_CERTIFICATE_SELF_SIGNED | OH_CERTIFICATE_EXPIRED);
  g_assert_cmpstr (oh_question_get_text (contact, "who"), ==, "new@x");
  field = oh_question_get_fields (form)->pdata[0];
  g_assert_cmpint (field->kind, ==, OH_FIELD_CHOICE);
  g_assert_cmpstr (field->choices[1], ==, "tea");
  oh_question_answer (form, 7, NULL); /* no such button */
  g_assert_true (oh_question_is_open (form));
  oh_question_answer (form, 0, g_variant_new_parsed ("{'drink': <'tea'>}"));
  oh_question_dismiss (certificate);
  oh_question_answer (contact, 0, NULL);
  g_assert_cmpuint (count (questions), ==, 0);
  g_assert_nonnull (oh_messenger_find_contact (messenger, "new@x"));
  oh_question_answer (contact, 0, NULL);
}

#define QUESTIONS                                                                                  \
  "{\"question\":{\"kind\":\"certificate\",\"host\":\"one.test\",\"subject\":\"one.test\","        \
  "\"issuer\":\"CN=one.test\",\"valid-until\":1000,\"buttons\":[\"a\",\"b\"]}}\n"                  \
  "{\"question\":{\"kind\":\"contact\",\"who\":\"new@x\",\"buttons\":[\"a\",\"b\"]}}\n"            \
  "{\"question\":{\"kind\":\"form\",\"title\":\"Order\",\"buttons\":[\"OK\",\"Cancel\"],"          \
  "\"fields\":[{\"name\":\"drink\",\"label\":\"Drink\",\"kind\":\"choice\","                       \
  "\"choices\":[\"coffee\",\"tea\"]}]}}\n"

/* --- Status --- */

static void
test_status (Fixture *fixture, gconstpointer data)
{
  OhSettings *settings = oh_client_get_settings (fixture->client);

  oh_client_set_status (fixture->client, OH_PRESENCE_BUSY, "at work");
  g_assert_cmpstr (oh_settings_get_status (settings), ==, "busy");
  stop (fixture);
  start (fixture, "");
  settings = oh_client_get_settings (fixture->client);
  g_assert_cmpstr (oh_settings_get_status_message (settings), ==, "at work");
  /* The dummy's account has no place in accounts.ini. */
  g_assert_false (oh_client_set_account_status (fixture->client, get_account (fixture),
                                                OH_PRESENCE_AWAY, NULL));
}

static void
add (const char *name, const char *script, void (*function) (Fixture *, gconstpointer))
{
  g_test_add (name, Fixture, script, set_up, function, tear_down);
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = g_dir_make_tmp ("offhook-cache-XXXXXX", NULL);
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", cache);
  int failures;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  add ("/client/contacts/list", PEOPLE, test_contacts);
  add ("/client/contacts/settings", PEOPLE, test_contacts_settings);
  add ("/client/contacts/kept", PEOPLE, test_contacts_kept);
  add ("/client/chats/incoming", INCOMING, test_incoming);
  add ("/client/chats/blocked", PEOPLE, test_blocked);
  add ("/client/chats/send", CONTACT ("echo@dummy", "Echo", "", "available"), test_send);
  add ("/client/chats/failed", "", test_failed);
  add ("/client/chats/waiting", "{\"account\":\"offline\"}", test_waiting);
  add ("/client/chats/delete", "", test_delete);
  add ("/client/chats/many", "", test_many);
  add ("/client/chats/search", "", test_search);
  add ("/client/questions/answered", QUESTIONS, test_questions);
  add ("/client/status/kept", "", test_status);
  failures = g_test_run ();
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  return failures;
}
