/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-words.h"

#include "base/oh-redact.h"

#include <string.h>

#define MAX_WORDS 6
#define MAX_WORDS_AROUND 2 /* a number or a short word that is not the first */
#define SHORT_WORD 3       /* bytes */
#define MAX_REPLY 300      /* bytes of a reply that are looked at */
#define MAX_NAME 60
#define MAX_NUMBER 32
#define MAX_DEVICES 60

/* --- Tables --- */

static const char *const negations[] = { "not", "dont", "cant", "never", "nicht", "kein", "keine" };

typedef enum
{
  FROM_NAME_NUMBER, /* 2 texts */
  FROM_ONE,         /* 1 */
  FROM_UNKNOWN,
  CALL_FOR,        /* caller, number called */
  CALL_FOR_LETTER, /* letter, caller, number called */
  ANSWERS_ON,      /* device */
  RINGS_ON,        /* devices */
  IN_BROWSER,
  IN_OFFHOOK,
  NO_DEVICE,
  SECONDS_VOICEMAIL, /* seconds */
  SECONDS_END,       /* seconds */
  REPLY_PLAIN,
  REPLY_CODE, /* code */
  REPLY_WITH_CODE,
  OR_LINK, /* address */
  OR_LINE, /* address */
  NOT_UNDERSTOOD,
  ANSWER_THERE, /* devices */
  ANSWER_NOWHERE,
  ANSWER_BY_LINK,
  OR_BY_LINK,
  CODE_MISSING,
  WHICH,            /* list */
  OUTCOME_ANSWERED, /* caller, device, time */
  OUTCOME_ANSWERED_SOMEWHERE,
  OUTCOME_IN_BROWSER,
  OUTCOME_VOICEMAIL, /* caller, time */
  OUTCOME_DECLINED,
  OUTCOME_GAVE_UP,
  OUTCOME_LOST,
  OUTCOME_ENDED,
  CALL_BACK, /* link */
  TOO_LATE,  /* outcome */
  N_TEXTS
} Text;

static const char *const texts[N_TEXTS][OH_N_LANGUAGES] = {
  [FROM_NAME_NUMBER] = { "%s (%s)", "%s (%s)" },
  [FROM_ONE] = { "%s", "%s" },
  [FROM_UNKNOWN] = { "an unknown caller", "unbekannt" },
  [CALL_FOR] = { "Call from %s for %s.", "Anruf von %s für %s." },
  [CALL_FOR_LETTER] = { "Call %c from %s for %s.", "Anruf %c von %s für %s." },
  [ANSWERS_ON] = { " on %s", " auf %s" },
  [RINGS_ON] = { " (on %s, where it rings)", " (auf %s, dort klingelt es)" },
  [IN_BROWSER] = { " in the browser (open the link)", " im Browser (öffnen Sie den Link)" },
  [IN_OFFHOOK] = { " in Offhook", " in Offhook" },
  [NO_DEVICE] = { "None of your devices is signed in; one that signs in now rings. ",
                  "Kein Gerät ist angemeldet; eines, das sich jetzt anmeldet, klingelt. " },
  [SECONDS_VOICEMAIL] = { "%u s left, then voicemail.", "Noch %u s, dann Anrufbeantworter." },
  [SECONDS_END] = { "%u s left, then it ends.", "Noch %u s, dann ist er vorbei." },
  [REPLY_PLAIN] = { " Reply with number or word.", " Antwort mit Nummer oder Wort." },
  [REPLY_CODE] = { " Reply with number and %s.", " Antwort mit Nummer und %s." },
  [REPLY_WITH_CODE] = { " Reply with number and the code of the call's message.",
                        " Antwort mit Nummer und dem Code, der beim Anruf steht." },
  [OR_LINK] = { " Or open %s", " Oder öffnen Sie %s" },
  [OR_LINE] = { " Or open\n%s", " Oder öffnen Sie\n%s" },
  [NOT_UNDERSTOOD] = { "That is none of: ", "Das ist nichts davon: " },
  [ANSWER_THERE]
  = { "Nothing answered for your reply: press Answer on %s, where it rings.",
      "Auf Ihre Antwort hin nahm nichts an: nehmen Sie auf %s an, dort klingelt es." },
  [ANSWER_NOWHERE] = { "A reply cannot carry your voice, and no device of yours is signed in: sign "
                       "in with Offhook now and it rings there.",
                       "Eine Antwort trägt keine Stimme, und kein Gerät von Ihnen ist angemeldet: "
                       "melden Sie sich jetzt mit Offhook an, dann klingelt es dort." },
  [ANSWER_BY_LINK]
  = { "A reply cannot carry your voice: open the link of the call's message to answer in the "
      "browser.",
      "Eine Antwort trägt keine Stimme: öffnen Sie den Link, der beim Anruf steht, um im Browser "
      "anzunehmen." },
  [OR_BY_LINK] = { " Or open the link of the call's message to answer in the browser.",
                   " Oder öffnen Sie den Link, der beim Anruf steht, um im Browser anzunehmen." },
  [CODE_MISSING]
  = { "Anybody could use this name: add the four-character code of the call's message.",
      "Diesen Namen könnte jeder benutzen: schreiben Sie den Code aus vier Zeichen "
      "dazu, der beim Anruf steht." },
  [WHICH] = { "Which call? %s. Add the letter to the number.",
              "Welcher Anruf? %s. Schreiben Sie den Buchstaben dazu." },
  [OUTCOME_ANSWERED] = { "Call from %s: answered on %s at %s.",
                         "Anruf von %s: auf %s angenommen um %s." },
  [OUTCOME_ANSWERED_SOMEWHERE] = { "Call from %s: answered at %s.",
                                   "Anruf von %s: angenommen um %s." },
  [OUTCOME_IN_BROWSER] = { "Call from %s: answered in the browser at %s.",
                           "Anruf von %s: im Browser angenommen um %s." },
  [OUTCOME_VOICEMAIL] = { "Call from %s: went to voicemail at %s.",
                          "Anruf von %s: ging um %s an den Anrufbeantworter." },
  [OUTCOME_DECLINED] = { "Call from %s: declined at %s.", "Anruf von %s: abgelehnt um %s." },
  [OUTCOME_GAVE_UP] = { "Call from %s: the caller gave up at %s.",
                        "Anruf von %s: um %s aufgelegt." },
  [OUTCOME_LOST] = { "Call from %s: lost at %s, when the call server stopped.",
                     "Anruf von %s: verloren um %s, als der Anrufserver anhielt." },
  [OUTCOME_ENDED] = { "Call from %s: ended unanswered at %s.",
                      "Anruf von %s: unbeantwortet beendet um %s." },
  [CALL_BACK] = { " Call back: %s", " Zurückrufen: %s" },
  [TOO_LATE] = { "Too late, your reply changed nothing. %s",
                 "Zu spät, Ihre Antwort änderte nichts. %s" },
};

/* --- Making --- */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void
add (GString *line, guint language, Text text, ...)
{
  va_list values;

  va_start (values, text);
  g_string_append_vprintf (line, texts[text][language], values);
  va_end (values);
}
#pragma GCC diagnostic pop

/* Hebrew, Arabic and their neighbours. */
static gboolean
runs_leftwards (const char *text)
{
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if ((c >= 0x590 && c < 0x900) || (c >= 0xfb1d && c < 0xfe00) || (c >= 0xfe70 && c < 0xff00))
        return TRUE;
    }
  return FALSE;
}

/* One line, nothing that a program could take for more than text or that turns the words around it,
 * and short. */
static char *
clean (const char *text, gsize max_bytes)
{
  g_autofree char *name = oh_printable_name (text, max_bytes);

  /* U+2068: on its own, U+2069: to here */
  return runs_leftwards (name) ? g_strconcat ("\xe2\x81\xa8", name, "\xe2\x81\xa9", NULL)
                               : g_steal_pointer (&name);
}

static char *
dup_caller (guint language, const OhImOfferText *offer)
{
  g_autofree char *name = clean (offer->caller_name, MAX_NAME);
  g_autofree char *number = clean (offer->caller_number, MAX_NUMBER);
  GString *line = g_string_new (NULL);

  if (*name && *number)
    add (line, language, FROM_NAME_NUMBER, name, number);
  else if (*name || *number)
    add (line, language, FROM_ONE, *name ? name : number);
  else
    add (line, language, FROM_UNKNOWN);
  return g_string_free (line, FALSE);
}

static void
add_options (GString *line, guint language, const OhImOfferText *offer)
{
  g_autofree char *devices = clean (offer->devices, MAX_DEVICES);
  g_autofree char *answers = clean (offer->answers, MAX_DEVICES);
  const char *between = "";

  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    {
      gboolean voice = choice->needs & OH_IM_NEEDS_VOICE;

      if (!(offer->options & (1u << choice->option)) || (voice && !*devices && !offer->link))
        continue;
      g_string_append_printf (line, "%s%d %s", between, (int)choice->option,
                              choice->names[language]);
      if (voice && *answers)
        add (line, language, ANSWERS_ON, answers);
      else if (voice && *devices)
        add (line, language, RINGS_ON, devices);
      else if (voice)
        add (line, language, offer->program == OH_IM_PROGRAM_OWN ? IN_OFFHOOK : IN_BROWSER);
      between = ", ";
    }
}

/* @tell_code: else whoever has taken the name since would learn it. */
static void
add_manner (GString *line, guint language, const OhImOfferText *offer, gboolean tell_code)
{
  gboolean answers = offer->program == OH_IM_PROGRAM_OWN && offer->link; /* that one itself */

  if ((!offer->devices || !*offer->devices) && !answers)
    add (line, language, NO_DEVICE);
  add (line, language,
       offer->default_option == OH_OPTION_VOICEMAIL ? SECONDS_VOICEMAIL : SECONDS_END,
       offer->seconds);
  if (offer->code && tell_code)
    add (line, language, REPLY_CODE, offer->code);
  else
    add (line, language, offer->code ? REPLY_WITH_CODE : REPLY_PLAIN);
}

static char *
make_offer (guint language, const OhImOfferText *offer)
{
  g_autofree char *caller = dup_caller (language, offer);
  g_autofree char *called = clean (offer->called, MAX_NUMBER);
  GString *text = g_string_new (NULL);

  if (offer->letter)
    add (text, language, CALL_FOR_LETTER, offer->letter, caller, called);
  else
    add (text, language, CALL_FOR, caller, called);
  g_string_append_c (text, '\n');
  add_options (text, language, offer);
  g_string_append_c (text, '\n');
  add_manner (text, language, offer, TRUE);
  if (offer->link && *offer->link) /* at the end: no program takes a full stop for a part of it */
    add (text, language, offer->program == OH_IM_PROGRAM_TERMINAL ? OR_LINE : OR_LINK, offer->link);
  return g_string_free (text, FALSE);
}

char *
oh_im_words_offer (const char *code, const OhImOfferText *offer)
{
  char *text = make_offer (oh_language_of (code), offer);

  if (offer->link && strlen (text) >= OH_IM_WORDS_MAX)
    {
      OhImOfferText without = *offer;

      without.link = NULL;
      g_free (text);
      text = make_offer (oh_language_of (code), &without);
    }
  return text;
}

char *
oh_im_words_again (const char *code, const OhImOfferText *offer)
{
  guint language = oh_language_of (code);
  GString *text = g_string_new (NULL);

  add (text, language, NOT_UNDERSTOOD);
  add_options (text, language, offer);
  g_string_append (text, ". ");
  add_manner (text, language, offer, FALSE);
  return g_string_free (text, FALSE);
}

char *
oh_im_words_how_to_answer (const char *code, const OhImOfferText *offer)
{
  guint language = oh_language_of (code);
  g_autofree char *devices = clean (offer->devices, MAX_DEVICES);
  GString *text = g_string_new (NULL);

  if (*devices)
    add (text, language, ANSWER_THERE, devices);
  else
    add (text, language, offer->link ? ANSWER_BY_LINK : ANSWER_NOWHERE);
  if (*devices && offer->link)
    add (text, language, OR_BY_LINK);
  return g_string_free (text, FALSE);
}

char *
oh_im_words_code_missing (const char *code)
{
  GString *text = g_string_new (NULL);

  add (text, oh_language_of (code), CODE_MISSING);
  return g_string_free (text, FALSE);
}

char *
oh_im_words_who (const char *code, const OhImOfferText *offer)
{
  OhImOfferText shorter = *offer;

  if (offer->caller_name && *offer->caller_name)
    shorter.caller_number = "";
  return dup_caller (oh_language_of (code), &shorter);
}

char *
oh_im_words_which (const char *code, const char *list)
{
  g_autofree char *short_list = clean (list, OH_IM_WORDS_MAX / 2);
  GString *text = g_string_new (NULL);

  add (text, oh_language_of (code), WHICH, short_list);
  return g_string_free (text, FALSE);
}

gboolean
oh_im_outcome_is_missed (OhImOutcome outcome)
{
  return outcome == OH_IM_OUTCOME_GAVE_UP || outcome == OH_IM_OUTCOME_LOST
         || outcome == OH_IM_OUTCOME_ENDED;
}

/* At the end: no program takes a full stop for a part of it. There is room left to say that a reply
 * came too late. */
static void
add_call_back (GString *text, guint language, const OhImOfferText *offer)
{
  gsize length = text->len;

  if (!offer->call_back)
    return;
  add (text, language, CALL_BACK, offer->call_back);
  if (text->len + strlen (texts[TOO_LATE][language]) >= OH_IM_WORDS_MAX)
    g_string_truncate (text, length);
}

char *
oh_im_words_outcome (const char *code,
                     const OhImOfferText *offer,
                     OhImOutcome outcome,
                     const char *device,
                     const char *time)
{
  static const Text lines[] = { [OH_IM_OUTCOME_ANSWERED] = OUTCOME_ANSWERED_SOMEWHERE,
                                [OH_IM_OUTCOME_IN_BROWSER] = OUTCOME_IN_BROWSER,
                                [OH_IM_OUTCOME_VOICEMAIL] = OUTCOME_VOICEMAIL,
                                [OH_IM_OUTCOME_DECLINED] = OUTCOME_DECLINED,
                                [OH_IM_OUTCOME_GAVE_UP] = OUTCOME_GAVE_UP,
                                [OH_IM_OUTCOME_LOST] = OUTCOME_LOST,
                                [OH_IM_OUTCOME_ENDED] = OUTCOME_ENDED };
  guint language = oh_language_of (code);
  g_autofree char *caller = dup_caller (language, offer);
  g_autofree char *where = clean (device, MAX_DEVICES);
  GString *text = g_string_new (NULL);

  if (outcome == OH_IM_OUTCOME_ANSWERED && *where)
    add (text, language, OUTCOME_ANSWERED, caller, where, time);
  else
    add (text, language, lines[outcome], caller, time);
  if (oh_im_outcome_is_missed (outcome))
    add_call_back (text, language, offer);
  return g_string_free (text, FALSE);
}

char *
oh_im_words_too_late (const char *code, const char *outcome)
{
  GString *text = g_string_new (NULL);

  add (text, oh_language_of (code), TOO_LATE, outcome);
  return g_string_free (text, FALSE);
}

/* --- Reading --- */

/* Blanks for the tags of markup, so that none is read as a word. */
static void
blank_tags (char *text)
{
  char *open = NULL;

  for (char *p = text; *p; p++)
    if (*p == '<' && (g_ascii_isalpha (p[1]) || p[1] == '/'))
      open = p;
    else if (*p == '>' && open)
      {
        memset (open, ' ', (gsize)(p + 1 - open));
        open = NULL;
      }
}

/* Digits of every script are ASCII's; what has no width of its own, and apostrophes, are left out
 * ("don't" is one word). 0: this sign parts words. */
static gunichar
read_sign (gunichar c, gboolean *none)
{
  *none = c == '\'' || c == 0x2019 || oh_is_hidden (c) || g_unichar_iszerowidth (c);
  if (g_unichar_isdigit (c))
    return (gunichar)('0' + g_unichar_digit_value (c));
  return g_unichar_isalnum (c) ? c : 0;
}

/* Lower-case words of letters and digits; everything else parts them. */
static char **
split_words (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)strnlen (text, MAX_REPLY));
  g_autofree char *lower = g_utf8_strdown (valid, -1);
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autoptr (GString) word = g_string_new (NULL);

  blank_tags (lower);
  for (const char *p = lower;; p = g_utf8_next_char (p))
    {
      gboolean none = FALSE;
      gunichar c = *p ? read_sign (g_utf8_get_char (p), &none) : 0;

      if (c)
        g_string_append_unichar (word, c);
      else if (!none)
        {
          if (word->len)
            g_strv_builder_add (words, word->str);
          g_string_truncate (word, 0);
        }
      if (!*p)
        break;
    }
  return g_strv_builder_end (words);
}

static OhOption
find_word (const char *word)
{
  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    if (g_strv_contains (choice->words, word))
      return choice->option;
  return 0;
}

static OhOption
find_number (const char *word)
{
  const OhImChoice *choice = g_ascii_isdigit (word[0]) && !word[1]
                                 ? oh_im_choice_find ((guint)(word[0] - '0'))
                                 : NULL;

  return choice ? choice->option : 0;
}

static gboolean
is_negation (const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (negations); i++)
    if (strcmp (word, negations[i]) == 0)
      return TRUE;
  return FALSE;
}

/* A single letter names a call, unless it is the word for an option ("y", "n", "j"); two different
 * ones name none. */
static gboolean
take_letter (OhImReply *reply, guint *n, const char *word)
{
  char letter = g_ascii_toupper (word[0]);

  if (!g_ascii_isalpha (letter) || word[1] || find_word (word))
    return FALSE;
  if (*n == 0 || letter != reply->letter)
    (*n)++;
  reply->letter = *n == 1 ? letter : 0;
  return TRUE;
}

/* Takes code and letter away; what is left is the reply proper. */
static GPtrArray *
sort_words (char **words, const char *code, OhImReply *reply)
{
  GPtrArray *rest = g_ptr_array_new ();
  guint n_letters = 0;

  for (char **word = words; *word; word++)
    {
      if (code && g_ascii_strcasecmp (*word, code) == 0)
        reply->code = TRUE;
      else if (!take_letter (reply, &n_letters, *word))
        g_ptr_array_add (rest, *word);
    }
  return rest;
}

OhImReply
oh_im_words_read (const char *text, const char *code)
{
  OhImReply reply = { 0 };
  g_auto (GStrv) words = split_words (text);
  g_autoptr (GPtrArray) rest = sort_words (words, code, &reply);
  OhOption named = 0, chosen = 0;

  if (rest->len > MAX_WORDS || strlen (text) > MAX_REPLY)
    return reply;
  for (guint i = 0; i < rest->len; i++)
    {
      const char *word = rest->pdata[i];
      gboolean weak = strlen (word) <= SHORT_WORD && i > 0 && rest->len > MAX_WORDS_AROUND;
      OhOption option = find_word (word);

      if (!option)
        option = find_number (word);
      if (is_negation (word) || (option && named && option != named))
        return reply;
      if (option)
        named = option;
      if (option && !weak)
        chosen = option;
    }
  reply.option = chosen;
  return reply;
}
