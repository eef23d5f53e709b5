/* SPDX-License-Identifier: GPL-3.0-or-later */
/* im/proxy believes nothing that the engine's process says: plug-ins of strangers run in it. */
#include "im/proxy/oh-im-private.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"

#include <string.h>

static GVariant *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
test_clean (void)
{
  static const struct
  {
    const char *text, *clean, *line;
  } cases[] = {
    { NULL, "", "" },
    { "plain", "plain", "plain" },
    { "two\nlines\tand more", "two\nlines\tand more", "two lines and more" },
    { "bell\a esc\033[31m nul", "bell esc[31m nul", "bell esc[31m nul" },
    { "bad \xff\xfe utf", "bad \357\277\275\357\277\275 utf", "bad \357\277\275\357\277\275 utf" },
    { "\xe2\x80\xaegnp.exe", "gnp.exe", "gnp.exe" }, /* U+202E turns what follows round */
    { "\xef\xbb\xbf"
      "bom",
      "bom", "bom" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clean = oh_im_clean (cases[i].text, 100);
      g_autofree char *line = oh_im_clean_line (cases[i].text, 100);

      g_assert_cmpstr (clean, ==, cases[i].clean);
      g_assert_cmpstr (line, ==, cases[i].line);
    }
}

/* Cut at the limit, never inside a character, however long the text is. */
static void
test_clean_length (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 40000; i++)
    g_string_append (text, "\xe6\x97\xa5");
  for (guint max = 0; max < 12; max++)
    {
      g_autofree char *clean = oh_im_clean (text->str, max);

      g_assert_cmpuint (strlen (clean), ==, max / 3 * 3);
      g_assert_true (g_utf8_validate (clean, -1, NULL));
    }
  {
    g_autofree char *clean = oh_im_clean (text->str, OH_IM_MAX_TEXT);

    g_assert_cmpuint (strlen (clean), ==, OH_IM_MAX_TEXT / 3 * 3);
  }
}

static void
test_names (void)
{
  g_autofree char *longest = g_strnfill (OH_IM_MAX_NAME, 'n');
  g_autofree char *longer = g_strnfill (OH_IM_MAX_NAME + 1, 'n');

  g_assert_true (oh_im_name_is_good ("anna@one.test"));
  g_assert_true (oh_im_name_is_good (longest));
  g_assert_false (oh_im_name_is_good (NULL));
  g_assert_false (oh_im_name_is_good (""));
  g_assert_false (oh_im_name_is_good (longer));
  g_assert_false (oh_im_name_is_good ("two\nlines"));
  g_assert_false (oh_im_name_is_good ("\xff"));
}

/* Whatever it was called, it lies in no folder and is seen. */
static void
test_file_names (void)
{
  static const struct
  {
    const char *name, *clean;
  } cases[] = {
    { "report.pdf", "report.pdf" },
    { "two words.pdf", "two words.pdf" },
    { "/etc/passwd", "passwd" },
    { "../../.ssh/authorized_keys", "authorized_keys" },
    { "..\\..\\evil.exe", "evil.exe" },
    { "C:\\boot.ini", "boot.ini" },
    { ".bashrc", "bashrc" },
    { ". . hidden ", "hidden" },
    { "..", "file" },
    { "folder/", "file" },
    { "", "file" },
    { NULL, "file" },
    { "a\nb\001c", "a bc" },
    { "\xe2\x80\xaegnp.exe", "gnp.exe" },
  };
  g_autofree char *longest = g_strnfill (3000, 'n');
  g_autofree char *cut = oh_im_clean_file_name (longest);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clean = oh_im_clean_file_name (cases[i].name);

      g_assert_cmpstr (clean, ==, cases[i].clean);
    }
  g_assert_cmpuint (strlen (cut), ==, OH_IM_MAX_REFUSED);
}

static void
test_words (void)
{
  OhImQuestionKind kind = OH_IM_QUESTION_INPUT;

  for (guint i = 0; i <= OH_IM_REASON_PROXY_PASSWORD; i++)
    g_assert_cmpint (oh_im_reason_from_word (oh_im_reason_to_word (i)), ==, i);
  for (guint i = 0; i <= OH_IM_PRESENCE_MOBILE; i++)
    g_assert_cmpint (oh_im_presence_from_word (oh_im_presence_to_word (i)), ==, i);
  for (guint i = 0; i <= OH_IM_STATE_ONLINE; i++)
    g_assert_cmpint (oh_im_state_from_word (oh_im_state_to_word (i)), ==, i);
  for (guint i = 0; i <= OH_IM_QUESTION_CERTIFICATE; i++)
    {
      g_assert_true (oh_im_question_kind_from_word (oh_im_question_kind_to_word (i), &kind));
      g_assert_cmpint (kind, ==, i);
    }
  for (guint i = 0; i <= OH_IM_FILE_ENGINE; i++)
    g_assert_cmpint (oh_im_file_end_from_word (oh_im_file_end_to_word (i)), ==, i);
  g_assert_cmpint (oh_im_file_end_from_word ("eaten"), ==, OH_IM_FILE_FAILED);
  g_assert_cmpint (oh_im_state_from_word ("???"), ==, OH_IM_STATE_OFFLINE);
  g_assert_cmpint (oh_im_reason_from_word (NULL), ==, OH_IM_REASON_OTHER);
  g_assert_false (oh_im_question_kind_from_word ("", &kind));
}

static gint64 fake_now;

static gint64
get_fake_now (void)
{
  return fake_now;
}

/* So many at once, the rest at the rate; a text of several lines costs as many where they go alone. */
static void
test_pace (void)
{
  static const struct
  {
    const char *protocol, *text;
    guint rate, at_once, wait_ms;
  } cases[] = {
    { "prpl-jabber", "one\ntwo\nthree", 0, 40, 50 }, { "prpl-irc", "one", 0, 5, 2000 },
    { "prpl-irc", "one\ntwo\nthree", 0, 1, 2000 },   { "prpl-unheard-of", "one", 0, 10, 500 },
    { "prpl-jabber", "one", 200, 400, 5 },
  };

  oh_clock_set_source (get_fake_now);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      OhImPace pace;
      guint sent = 0;
      guint wait;

      oh_im_pace_init (&pace, cases[i].protocol);
      if (cases[i].rate)
        oh_im_pace_set_rate (&pace, cases[i].rate);
      while ((wait = oh_im_pace_take (&pace, cases[i].text)) == 0)
        sent++;
      g_assert_cmpuint (sent, ==, cases[i].at_once);
      g_assert_cmpuint (wait, >=, cases[i].wait_ms);
      g_assert_cmpuint (wait, <=, cases[i].wait_ms + 1);
      fake_now += (gint64)wait * 1000;
      g_assert_cmpuint (oh_im_pace_take (&pace, cases[i].text), ==, 0);
      g_assert_cmpuint (oh_im_pace_take (&pace, cases[i].text), >, 0);
    }
  oh_clock_set_source (NULL);
}

/* Longer than all that may go at once: it goes all the same, and what follows waits the longer. */
static void
test_pace_debt (void)
{
  OhImPace pace;

  oh_clock_set_source (get_fake_now);
  oh_im_pace_init (&pace, "prpl-irc");
  g_assert_cmpuint (oh_im_pace_take (&pace, "1\n2\n3\n4\n5\n6\n7"), ==, 0);
  g_assert_cmpuint (oh_im_pace_take (&pace, "next"), >, 5900);
  oh_clock_set_source (NULL);
}

/* What can wait goes only where nothing else did, and then counts. */
static void
test_pace_spare (void)
{
  OhImPace pace;

  oh_clock_set_source (get_fake_now);
  oh_im_pace_init (&pace, "prpl-irc");
  g_assert_true (oh_im_pace_take_spare (&pace));
  g_assert_false (oh_im_pace_take_spare (&pace));
  g_assert_cmpuint (oh_im_pace_take (&pace, "1\n2\n3"), ==, 0); /* an offer need not wait for it */
  fake_now += 7 * G_TIME_SPAN_SECOND;
  g_assert_false (oh_im_pace_take_spare (&pace));
  fake_now += 2 * G_TIME_SPAN_SECOND;
  g_assert_true (oh_im_pace_take_spare (&pace));
  oh_clock_set_source (NULL);
}

static void
test_messages (void)
{
  g_autoptr (GVariant) good = parse ("{'text': <'Hello'>, 'time': <int64 12>, 'own': <true>}");
  g_autoptr (GVariant) wrong = parse ("{'text': <'Hello'>, 'time': <'noon'>, 'own': <int32 7>}");
  g_autoptr (OhImMessage) message = oh_im_parse_message ("anna", good);
  g_autoptr (OhImMessage) odd = oh_im_parse_message ("an\nna", wrong);
  static const char *const useless[] = { "@a{sv} {}", "{'text': <''>}", "{'text': <int32 5>}",
                                         "{'text': <['a', 'b']>}", "{'text': <'\\a'>}" };

  g_assert_cmpstr (message->text, ==, "Hello");
  g_assert_cmpint (message->time, ==, 12);
  g_assert_true (message->own);
  g_assert_cmpstr (odd->with, ==, "an na");
  g_assert_cmpint (odd->time, >, 0);
  g_assert_false (odd->own);
  g_assert_null (oh_im_parse_message ("", good));
  for (guint i = 0; i < G_N_ELEMENTS (useless); i++)
    {
      g_autoptr (GVariant) dict = parse (useless[i]);

      g_assert_null (oh_im_parse_message ("anna", dict));
    }
}

static void
test_protocols (void)
{
  g_autoptr (GVariant) dict = parse (
      "{'id': <'prpl-demo'>, 'name': <'Demo'>, 'password': <'sometimes'>,"
      " 'splits': <[('Domain', '', '@'), ('Resource', 'home', '/')]>,"
      " 'options': <[{'name': <'port'>, 'type': <'integer'>, 'default': <'a string'>},"
      " {'type': <'string'>}, {'name': <'mode'>, 'type': <'choice'>, 'default': <'b'>,"
      " 'choices': <[('a', 'A'), ('b', 'B')]>}, {'name': <'odd'>, 'type': <'teapot'>}]>}");
  g_autoptr (GVariant) nameless = parse ("{'name': <'Demo'>}");
  g_autoptr (OhImProtocol) protocol = oh_im_parse_protocol (dict);
  const char *const others[] = { "one.test", NULL };
  g_autofree char *name = oh_im_protocol_join_name (protocol, "anna", others);
  g_autofree char *alone = oh_im_protocol_join_name (protocol, "anna", NULL);
  OhImOption *port, *mode, *odd;

  g_assert_null (oh_im_parse_protocol (nameless));
  g_assert_cmpint (protocol->password, ==, OH_IM_PASSWORD_NEEDED);
  g_assert_cmpstr (name, ==, "anna@one.test/home");
  g_assert_cmpstr (alone, ==, "anna/home");
  g_assert_cmpuint (protocol->options->len, ==, 3); /* the one without a name is left out */
  port = protocol->options->pdata[0];
  mode = protocol->options->pdata[1];
  odd = protocol->options->pdata[2];
  g_assert_null (port->value); /* a default of the wrong type is none */
  g_assert_cmpstr (mode->choices[1], ==, "b");
  g_assert_cmpstr (mode->choice_labels[1], ==, "B");
  g_assert_cmpint (odd->type, ==, OH_IM_OPTION_STRING);
}

/* What an answer looked like on the wire. */
typedef struct
{
  guint count;
  int button;
  GVariant *values;
} Answer;

static void
take_answer (guint64 question, int button, GVariant *values, gpointer data)
{
  Answer *answer = data;

  g_clear_pointer (&answer->values, g_variant_unref);
  answer->count++;
  answer->button = button;
  answer->values = g_variant_ref_sink (values);
}

static void
test_questions (void)
{
  Answer answer = { 0 };
  g_autoptr (GVariant) dict = parse (
      "{'kind': <'fields'>, 'title': <'T'>, 'buttons': <['OK', 'Cancel']>, 'fields':"
      " <[{'name': <'n'>, 'type': <'string'>}, {'name': <'c'>, 'type': <'choice'>,"
      " 'choices': <['red', 'green']>}, {'name': <'l'>, 'type': <'list'>, 'choices':"
      " <['x', 'y']>}, {'name': <'text'>, 'type': <'label'>}]>}");
  g_autoptr (OhImQuestion) question = oh_im_parse_question (1, "a", dict, take_answer, &answer);
  g_autoptr (OhImQuestion) other = oh_im_parse_question (2, "a", dict, take_answer, &answer);
  g_autoptr (GVariant) values = parse ("{'n': <'N'>, 'c': <'1'>, 'l': <'y'>, 'stranger': <true>}");
  g_autofree char *said = NULL;

  g_assert_cmpuint (oh_im_question_get_fields (question)->len, ==, 4);
  g_assert_cmpstr (oh_im_question_get_text (question, "who"), ==, "");
  oh_im_question_answer (question, 2, NULL); /* there is no such button */
  g_assert_cmpuint (answer.count, ==, 0);
  oh_im_question_answer (question, 0, values);
  said = g_variant_print (answer.values, FALSE);
  g_assert_cmpstr (said, ==, "{'n': <'N'>, 'c': <1>, 'l': <['y']>}");
  oh_im_question_answer (question, 0, NULL);
  oh_im_question_dismiss (question);
  g_assert_cmpuint (answer.count, ==, 1);
  g_assert_false (oh_im_question_is_open (question));
  oh_im_question_dismiss (other);
  g_assert_cmpint (answer.button, ==, -1);
  g_clear_pointer (&answer.values, g_variant_unref);
}

static void
test_hostile_questions (void)
{
  static const char *const dicts[] = {
    "{'kind': <'fields'>}", "{'kind': <'fields'>, 'fields': <'none'>, 'buttons': <int32 3>}",
    "{'kind': <'choice'>, 'choices': <['a']>}",
    "{'kind': <'input'>, 'default': <int32 3>, 'masked': <'yes'>}",
    "{'kind': <'certificate'>, 'valid-until': <'tomorrow'>, 'host': <true>}"
  };
  g_autoptr (GVariant) unknown = parse ("{'kind': <'riddle'>}");
  Answer answer = { 0 };

  g_assert_null (oh_im_parse_question (1, "a", unknown, take_answer, &answer));
  for (guint i = 0; i < G_N_ELEMENTS (dicts); i++)
    {
      g_autoptr (GVariant) dict = parse (dicts[i]);
      g_autoptr (OhImQuestion) question = oh_im_parse_question (1, "a", dict, take_answer, &answer);

      g_assert_nonnull (oh_im_question_get_buttons (question));
      g_assert_cmpint (oh_im_question_get_number (question, "valid-until"), ==, 0);
      g_assert_cmpstr (oh_im_question_get_text (question, "host"), ==, "");
      oh_im_question_dismiss (question);
    }
  g_assert_cmpuint (answer.count, ==, G_N_ELEMENTS (dicts));
  g_clear_pointer (&answer.values, g_variant_unref);
}

/* Signals of every wrong type, for accounts that are there and that are not. */
static void
test_hostile_signals (void)
{
  static const char *const names[] = {
    "AccountState", "Buddies",        "BuddyGone", "Message", "MessageFailed",  "Typing",
    "Question",     "QuestionClosed", "Notice",    "Blocked", "Receipt",        "Refused",
    "FileOffered",  "FileProgress",   "FileEnded", "Stanza",  "StanzaAnswered", "Unknown"
  };
  static const char *const arguments[] = {
    "()",
    "('a',)",
    "('a', 'b')",
    "('a', 'online', 'none', false, '')",
    "('nobody', 'online', 'none', true, 'x')",
    "('a', 'flying', 'tired', true, 'x')",
    "('a', [{'name': <'n'>}, {'name': <int32 1>}, {'presence': <'away'>}])",
    "('a', 'b', @a{sv} {})",
    "('a', 'b', {'text': <'t'>})",
    "('a', 'b', 'c')",
    "('a', 'b', true)",
    "('a', '', true)",
    "(uint64 18446744073709551615, 'a', {'kind': <'input'>})",
    "(uint64 7,)",
    "('', {'text': <'<b>'>})",
    "('a', 'b', 'room', 'n', int64 -5)",
    "('a', '', 'file', 'n', int64 1)",
    "('a', 'b', 'cake', 'n', int64 1)",
    "('a', uint64 1, '<iq/>', '')",
    "('a', uint64 1, 'b', 'n', int64 -5)",
    "('a', uint64 2, 'b', 'n', int64 5)",
    "('a', uint64 3, 'b', '../../n', int64 5)",
    "('a', uint64 3, int64 99)",
    "('a', uint64 3, 'eaten', '')",
    "('a', uint64 0, '', 'tired')"
  };
  g_autoptr (OhImEngine) engine = oh_im_engine_new ("/nonexistent", "/nonexistent");
  OhImAccount *account = oh_im_engine_add_account (engine, "a", "prpl-demo", "anna", NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; j < G_N_ELEMENTS (arguments); j++)
      {
        g_autoptr (GVariant) value = parse (arguments[j]);

        oh_im_engine_take_signal (engine, names[i], value);
      }
  g_assert_cmpuint (g_list_model_get_n_items (oh_im_account_get_buddies (account)), ==, 1);
  g_assert_nonnull (oh_im_account_find_buddy (account, "n"));
  g_assert_true (oh_im_account_is_blocked (account, "b"));
  g_assert_false (oh_im_account_is_blocked (account, ""));
}

static void
on_question (OhImEngine *engine, OhImQuestion *question, GPtrArray *questions)
{
  g_ptr_array_add (questions, g_object_ref (question));
}

static void
ask (OhImEngine *engine, guint64 number, const char *account, const char *kind, const char *who)
{
  g_autofree char *text = g_strdup_printf ("(uint64 %" G_GUINT64_FORMAT
                                           ", '%s', {'kind': <'%s'>, 'who': <'%s'>})",
                                           number, account, kind, who);
  g_autoptr (GVariant) arguments = parse (text);

  g_assert_true (oh_im_engine_take_signal (engine, "Question", arguments));
}

/* Nobody is asked about somebody who is blocked, also before the process has heard of it. */
static void
test_blocked_requests (void)
{
  g_autoptr (OhImEngine) engine = oh_im_engine_new ("/nonexistent", "/nonexistent");
  g_autoptr (GPtrArray) questions = g_ptr_array_new_with_free_func (g_object_unref);
  OhImAccount *account = oh_im_engine_add_account (engine, "a", "prpl-demo", "anna", NULL, NULL);
  OhImAccount *other = oh_im_engine_add_account (engine, "z", "prpl-demo", "zoe", NULL, NULL);

  g_signal_connect (engine, "question", G_CALLBACK (on_question), questions);
  ask (engine, 1, "a", "authorize", "ben");
  ask (engine, 2, "a", "authorize", "eve");
  ask (engine, 3, "a", "action", "ben");
  ask (engine, 4, "z", "authorize", "ben");
  g_assert_cmpuint (questions->len, ==, 4);
  oh_im_account_set_blocked (account, "ben", TRUE);
  for (guint i = 0; i < questions->len; i++)
    g_assert_cmpint (oh_im_question_is_open (questions->pdata[i]), ==, i > 0);
  ask (engine, 5, "a", "authorize", "ben");
  g_assert_cmpuint (questions->len, ==, 4);
  ask (engine, 6, "z", "authorize", "ben");
  g_assert_cmpuint (questions->len, ==, 5);
  oh_im_account_on_blocked (other, "ben", TRUE); /* by another program of the user's */
  g_assert_false (oh_im_question_is_open (questions->pdata[3]));
  g_assert_false (oh_im_question_is_open (questions->pdata[4]));
  g_assert_true (oh_im_question_is_open (questions->pdata[1]));
  oh_im_account_set_blocked (account, "ben", FALSE);
  ask (engine, 7, "a", "authorize", "ben");
  g_assert_cmpuint (questions->len, ==, 6);
}

static void
test_accounts (void)
{
  g_autoptr (OhImEngine) engine = oh_im_engine_new ("/nonexistent", "/nonexistent");
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (oh_im_engine_add_account (engine, "a", "p", "u", NULL, &error));
  g_assert_null (oh_im_engine_add_account (engine, "a", "p", "u", NULL, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_null (oh_im_engine_add_account (engine, "", "p", "u", NULL, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
  g_clear_error (&error);
  for (guint i = 1; i < OH_IM_MAX_ACCOUNTS; i++)
    {
      g_autofree char *id = g_strdup_printf ("account-%u", i);

      g_assert_nonnull (oh_im_engine_add_account (engine, id, "p", "u", NULL, &error));
    }
  g_assert_null (oh_im_engine_add_account (engine, "one more", "p", "u", NULL, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_LIMIT);
  oh_im_engine_remove_account (engine, "a");
  g_assert_null (oh_im_engine_find_account (engine, "a"));
}

static void
test_back_off (void)
{
  g_assert_cmpuint (oh_im_back_off (1, 1000, 300000, 0.5), ==, 1000);
  g_assert_cmpuint (oh_im_back_off (3, 1000, 300000, 0.5), ==, 4000);
  g_assert_cmpuint (oh_im_back_off (3, 1000, 300000, 0), ==, 3200);
  g_assert_cmpuint (oh_im_back_off (3, 1000, 300000, 1), ==, 4800);
  g_assert_cmpuint (oh_im_back_off (9, 1000, 300000, 0.5), ==, 256000);
  g_assert_cmpuint (oh_im_back_off (10, 1000, 300000, 0.5), ==, 300000);
  g_assert_cmpuint (oh_im_back_off (G_MAXUINT, 1000, 300000, 0.5), ==, 300000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/im/clean", test_clean);
  g_test_add_func ("/im/clean-length", test_clean_length);
  g_test_add_func ("/im/names", test_names);
  g_test_add_func ("/im/file-names", test_file_names);
  g_test_add_func ("/im/words", test_words);
  g_test_add_func ("/im/pace", test_pace);
  g_test_add_func ("/im/pace-debt", test_pace_debt);
  g_test_add_func ("/im/pace-spare", test_pace_spare);
  g_test_add_func ("/im/messages", test_messages);
  g_test_add_func ("/im/protocols", test_protocols);
  g_test_add_func ("/im/questions", test_questions);
  g_test_add_func ("/im/hostile-questions", test_hostile_questions);
  g_test_add_func ("/im/blocked-requests", test_blocked_requests);
  g_test_add_func ("/im/hostile-signals", test_hostile_signals);
  g_test_add_func ("/im/accounts", test_accounts);
  g_test_add_func ("/im/back-off", test_back_off);
  return g_test_run ();
}
