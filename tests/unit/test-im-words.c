/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a call offer says over IM, and how replies are read. */
#include "server/im/oh-im-words.h"

#include <string.h>

#define ALL (1u << OH_OPTION_ANSWER | 1u << OH_OPTION_VOICEMAIL | 1u << OH_OPTION_DECLINE)

static const OhImOfferText demo = { .caller_name = "Demo Caller",
                                    .caller_number = "555100",
                                    .called = "100",
                                    .devices = "laptop",
                                    .answers = "laptop",
                                    .options = ALL,
                                    .default_option = OH_OPTION_VOICEMAIL,
                                    .seconds = 20 };

/* Takes @text. */
static void
expect (char *text, const char *wanted)
{
  g_assert_cmpstr (text, ==, wanted);
  g_free (text);
}

static void
test_offer (void)
{
  OhImOfferText offer = demo;

  expect (oh_im_words_offer ("en", &offer),
          "Call from Demo Caller (555100) for 100.\n"
          "1 answer on laptop, 3 voicemail, 9 decline\n"
          "20 s left, then voicemail. Reply with number or word.");
  expect (oh_im_words_offer ("de-AT", &offer),
          "Anruf von Demo Caller (555100) für 100.\n"
          "1 annehmen auf laptop, 3 Anrufbeantworter, 9 ablehnen\n"
          "Noch 20 s, dann Anrufbeantworter. Antwort mit Nummer oder Wort.");
  offer.link = "https://phone.example.org:8443/o/0123456789abcdefABCDEF";
  expect (oh_im_words_offer ("en", &offer),
          "Call from Demo Caller (555100) for 100.\n"
          "1 answer on laptop, 3 voicemail, 9 decline\n"
          "20 s left, then voicemail. Reply with number or word. "
          "Or open https://phone.example.org:8443/o/0123456789abcdefABCDEF");
  offer.devices = offer.answers = NULL;
  expect (oh_im_words_offer ("en", &offer),
          "Call from Demo Caller (555100) for 100.\n"
          "1 answer in the browser (open the link), 3 voicemail, 9 decline\n"
          "None of your devices is signed in; one that signs in now rings. "
          "20 s left, then voicemail. Reply with number or word. "
          "Or open https://phone.example.org:8443/o/0123456789abcdefABCDEF");
  offer.link = NULL;
  offer.answers = NULL;
  offer.devices = "desk, hall";
  expect (oh_im_words_offer ("en", &offer),
          "Call from Demo Caller (555100) for 100.\n"
          "1 answer (on desk, hall, where it rings), 3 voicemail, 9 decline\n"
          "20 s left, then voicemail. Reply with number or word.");
  offer.caller_name = offer.caller_number = "";
  offer.devices = "";
  offer.default_option = OH_OPTION_DECLINE;
  offer.code = "K7QX";
  offer.letter = 'B';
  expect (oh_im_words_offer ("xx", &offer),
          "Call B from an unknown caller for 100.\n"
          "3 voicemail, 9 decline\n"
          "None of your devices is signed in; one that signs in now rings. "
          "20 s left, then it ends. Reply with number and K7QX.");
  offer.options = 1u << OH_OPTION_DECLINE;
  offer.caller_number = "555100";
  expect (oh_im_words_again ("en", &offer),
          "That is none of: 9 decline. None of your devices is signed in; one that signs in now "
          "rings. 20 s left, then it ends. Reply with number and the code of the call's message.");
}

/* Our own client answers itself; in a terminal no link is broken into two lines. */
static void
test_programs (void)
{
  OhImOfferText offer = demo;

  offer.devices = offer.answers = NULL;
  offer.link = "https://phone.example.org:8443/o/0123456789abcdefABCDEF";
  offer.program = OH_IM_PROGRAM_OWN;
  expect (oh_im_words_offer ("en", &offer),
          "Call from Demo Caller (555100) for 100.\n"
          "1 answer in Offhook, 3 voicemail, 9 decline\n"
          "20 s left, then voicemail. Reply with number or word. "
          "Or open https://phone.example.org:8443/o/0123456789abcdefABCDEF");
  offer.program = OH_IM_PROGRAM_TERMINAL;
  offer.devices = offer.answers = "laptop";
  expect (oh_im_words_offer ("de", &offer),
          "Anruf von Demo Caller (555100) für 100.\n"
          "1 annehmen auf laptop, 3 Anrufbeantworter, 9 ablehnen\n"
          "Noch 20 s, dann Anrufbeantworter. Antwort mit Nummer oder Wort. Oder öffnen Sie\n"
          "https://phone.example.org:8443/o/0123456789abcdefABCDEF");
  offer.link = NULL;
  offer.devices = offer.answers = NULL;
  offer.program = OH_IM_PROGRAM_OWN; /* which has nothing to answer with */
  expect (oh_im_words_offer ("en", &offer),
          "Call from Demo Caller (555100) for 100.\n"
          "3 voicemail, 9 decline\n"
          "None of your devices is signed in; one that signs in now rings. "
          "20 s left, then voicemail. Reply with number or word.");
}

static void
test_answer (void)
{
  OhImOfferText offer = demo;

  expect (oh_im_words_how_to_answer ("en", &offer),
          "Nothing answered for your reply: press Answer on laptop, where it rings.");
  offer.link = "";
  expect (oh_im_words_how_to_answer ("en", &offer),
          "Nothing answered for your reply: press Answer on laptop, where it rings. Or open the "
          "link of "
          "the call's message to answer in the browser.");
  offer.devices = NULL;
  expect (oh_im_words_how_to_answer ("en", &offer),
          "A reply cannot carry your voice: open the link of the call's message to answer in the "
          "browser.");
  offer.link = NULL;
  expect (oh_im_words_how_to_answer ("en", &offer),
          "A reply cannot carry your voice, and no device of yours is signed in: sign in with "
          "Offhook now and it rings there.");
}

/* @line: without it. Only a call that was missed has it. */
static void
check_call_back (OhImOutcome outcome, const char *line)
{
  gboolean missed = outcome == OH_IM_OUTCOME_GAVE_UP || outcome == OH_IM_OUTCOME_LOST
                    || outcome == OH_IM_OUTCOME_ENDED;
  g_autofree char *whole = g_strconcat (line, " Call back: tel:+49301234", NULL);
  OhImOfferText offer = demo;
  g_autofree char *text = NULL;

  offer.call_back = "tel:+49301234";
  text = oh_im_words_outcome ("en", &offer, outcome, "laptop", "14:02");
  g_assert_cmpint (oh_im_outcome_is_missed (outcome), ==, missed);
  if (missed)
    g_assert_cmpstr (text, ==, whole);
  else
    g_assert_null (strstr (text, "tel:"));
}

static void
test_outcomes (void)
{
  static const struct
  {
    OhImOutcome outcome;
    const char *device, *line;
  } cases[] = {
    { OH_IM_OUTCOME_ANSWERED, "laptop",
      "Call from Demo Caller (555100): answered on laptop at 14:02." },
    { OH_IM_OUTCOME_ANSWERED, NULL, "Call from Demo Caller (555100): answered at 14:02." },
    { OH_IM_OUTCOME_IN_BROWSER, NULL,
      "Call from Demo Caller (555100): answered in the browser at 14:02." },
    { OH_IM_OUTCOME_VOICEMAIL, NULL,
      "Call from Demo Caller (555100): went to voicemail at 14:02." },
    { OH_IM_OUTCOME_DECLINED, "laptop", "Call from Demo Caller (555100): declined at 14:02." },
    { OH_IM_OUTCOME_GAVE_UP, NULL, "Call from Demo Caller (555100): the caller gave up at 14:02." },
    { OH_IM_OUTCOME_LOST, NULL,
      "Call from Demo Caller (555100): lost at 14:02, when the call server stopped." },
    { OH_IM_OUTCOME_ENDED, NULL, "Call from Demo Caller (555100): ended unanswered at 14:02." },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    expect (oh_im_words_outcome ("en", &demo, cases[i].outcome, cases[i].device, "14:02"),
            cases[i].line);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check_call_back (cases[i].outcome, cases[i].line);
  expect (oh_im_words_too_late ("en", "It is over."),
          "Too late, your reply changed nothing. It is over.");
}

/* Takes @text: it goes through IRC in one piece. */
static void
check_size (char *text)
{
  guint lines = 1;

  for (const char *p = text; *p; p++)
    {
      lines += *p == '\n';
      g_assert_true (*p == '\n' || (unsigned char)*p >= ' ');
    }
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_null (strstr (text, "\u202e"));
  g_assert_null (strstr (text, "\u2028"));
  g_assert_cmpuint (lines, <=, 3);
  g_assert_cmpuint (strlen (text), <, OH_IM_WORDS_MAX);
  g_free (text);
}

/* Whatever names and numbers hold: length, line ends, control characters, broken UTF-8. */
static void
test_hostile_names (void)
{
  static const char *const languages[] = { "en", "de" };
  static const char *const parts[] = { "x",       "\n",     "\r\nQUIT :", "\001ACTION",
                                       "ü",       "\xff",   "<b>",        "\u202e",
                                       "\u2067ש", "\u2028", "👍🏽" };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    for (gsize l = 0; l < G_N_ELEMENTS (languages); l++)
      {
        g_autoptr (GString) huge = g_string_new (NULL);
        OhImOfferText offer = { .options = ALL, .seconds = 999, .code = "K7QX", .letter = 'B' };

        while (huge->len < 1000)
          g_string_append (huge, parts[i]);
        offer.caller_name = offer.caller_number = offer.called = huge->str;
        offer.devices = offer.answers = huge->str;
        offer.call_back = "tel:123456789012345;phone-context=a-rather-long-name.example.org";
        for (int rings = 1; rings >= 0; rings--)
          {
            check_size (oh_im_words_offer (languages[l], &offer));
            offer.link = "https://phone.example.org:8443/o/0123456789abcdefABCDEF";
            check_size (oh_im_words_offer (languages[l], &offer));
            offer.link = NULL;
            check_size (oh_im_words_again (languages[l], &offer));
            check_size (oh_im_words_how_to_answer (languages[l], &offer));
            offer.devices = "";
            offer.answers = NULL;
          }
        check_size (oh_im_words_code_missing (languages[l]));
        check_size (oh_im_words_which (languages[l], huge->str));
        for (int outcome = 0; outcome <= OH_IM_OUTCOME_ENDED; outcome++)
          {
            char *line = oh_im_words_outcome (languages[l], &offer, (OhImOutcome)outcome, huge->str,
                                              "14:02");

            check_size (oh_im_words_too_late (languages[l], line));
            check_size (line);
          }
      }
}

static void
test_replies (void)
{
  static const struct
  {
    const char *text;
    OhOption option;
  } cases[] = {
    { "1", OH_OPTION_ANSWER },
    { "3", OH_OPTION_VOICEMAIL },
    { " 9. ", OH_OPTION_DECLINE },
    { "3 please", OH_OPTION_VOICEMAIL },
    { "Option 9", OH_OPTION_DECLINE },
    { "VM", OH_OPTION_VOICEMAIL },
    { "Yes!", OH_OPTION_ANSWER },
    { "NO", OH_OPTION_DECLINE },
    { "No, decline", OH_OPTION_DECLINE },
    { "please send them to Voicemail", OH_OPTION_VOICEMAIL },
    { "Nein danke", OH_OPTION_DECLINE },
    { "Bitte ABLEHNEN", OH_OPTION_DECLINE },
    { "<i>3</i>", OH_OPTION_VOICEMAIL },
    { "9 9 9", OH_OPTION_DECLINE },
    { "", 0 },
    { "33", 0 },
    { "3 9", 0 },
    { "2", 0 },
    { "4 +4930100", 0 },
    { "do not answer", 0 },
    { "don't decline", 0 },
    { "There is no milk left", 0 },
    { "We have 3 of these here", 0 },
    { "yes or no", 0 },
    { "no, voicemail", 0 },
    { "voicemail is what I would like to hear about from you", 0 },
    { "\xff\xfe", 0 },
    { "٣", OH_OPTION_VOICEMAIL },
    { "1.", OH_OPTION_ANSWER },
    { "1️⃣", OH_OPTION_ANSWER },
    { "１", OH_OPTION_ANSWER },
    { "\u200f9\u200f", OH_OPTION_DECLINE },
    { "👍 yes please 😀", OH_OPTION_ANSWER },
    { "no thanks", OH_OPTION_DECLINE },
    { "N\u200bO", OH_OPTION_DECLINE },
    { "<span style='color: red'>vm</span>", OH_OPTION_VOICEMAIL },
    { "<b>3", OH_OPTION_VOICEMAIL },
    { "3 < 9", 0 },
    { "ok", 0 },
    { "Ich nehme ab", 0 },
    { "I can’t answer", 0 },
    { "\001ACTION 9\001", OH_OPTION_DECLINE },
    { "3\0009", OH_OPTION_VOICEMAIL },
    { "９９", 0 },
  };
  g_autofree char *flood = g_strnfill (65536, '3');

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      OhImReply reply = oh_im_words_read (cases[i].text, NULL);

      g_assert_cmpint (reply.option, ==, cases[i].option);
    }
  g_assert_cmpint (oh_im_words_read (flood, NULL).option, ==, 0);
}

static void
test_codes_and_letters (void)
{
  OhImReply reply = oh_im_words_read ("3 k7qx", "K7QX");

  g_assert_cmpint (reply.option, ==, OH_OPTION_VOICEMAIL);
  g_assert_true (reply.code);
  g_assert_cmpint (reply.letter, ==, 0);
  g_assert_false (oh_im_words_read ("3 K7QY", "K7QX").code);
  g_assert_false (oh_im_words_read ("3", "K7QX").code);
  reply = oh_im_words_read ("b: 9", NULL);
  g_assert_cmpint (reply.option, ==, OH_OPTION_DECLINE);
  g_assert_cmpint (reply.letter, ==, 'B');
  g_assert_cmpint (oh_im_words_read ("n", NULL).letter, ==, 0);
  g_assert_cmpint (oh_im_words_read ("b c 9", NULL).letter, ==, 0);
  g_assert_cmpint (oh_im_words_read ("b B 9", NULL).letter, ==, 'B');
  g_assert_cmpint (oh_im_words_read ("it's <b>9</b>", NULL).letter, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/im-words/offer", test_offer);
  g_test_add_func ("/im-words/programs", test_programs);
  g_test_add_func ("/im-words/answer", test_answer);
  g_test_add_func ("/im-words/outcomes", test_outcomes);
  g_test_add_func ("/im-words/hostile-names", test_hostile_names);
  g_test_add_func ("/im-words/replies", test_replies);
  g_test_add_func ("/im-words/codes-and-letters", test_codes_and_letters);
  return g_test_run ();
}
