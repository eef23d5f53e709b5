/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-link-page.h"

#include "base/oh-redact.h"
#include "server/web/oh-call-page.h"
#include "server/web/oh-pages-resources.h"

#include <string.h>

#define MAX_TEXT 240 /* bytes of a name that are shown */
#define LONG_NAME 24 /* characters from which it is written smaller */
#define LOOK_S 5     /* without script: the page looks itself so often whether it is over */
#define LOOK_AFTER_CHOICE_S 1

/* --- Words --- */

typedef enum
{
  INCOMING,
  OVER,
  UNKNOWN_CALLER,
  CALLED,            /* number */
  SECONDS_VOICEMAIL, /* seconds */
  SECONDS_END,
  ANSWER_THERE, /* devices */
  ANSWER_NOWHERE,
  ON_ITS_WAY,
  OUTCOME_ANSWERED_ON, /* device, time */
  OUTCOME_ANSWERED,    /* time */
  OUTCOME_IN_BROWSER,
  OUTCOME_VOICEMAIL,
  OUTCOME_DECLINED,
  OUTCOME_GAVE_UP,
  OUTCOME_ENDED,
  CALL_BACK,
  TOO_LATE,
  NOT_OFFERED,
  NO_LINK,
  NO_LINK_WHY,
  LATER,
  LATER_WHY, /* seconds */
  FOREIGN,
  FOREIGN_WHY,
  N_TEXTS
} Text;

/* What is put in for %s is HTML already. */
static const char *const texts[N_TEXTS][OH_N_LANGUAGES] = {
  [INCOMING] = { "Incoming call", "Eingehender Anruf" },
  [OVER] = { "This call is over", "Dieser Anruf ist vorbei" },
  [UNKNOWN_CALLER] = { "Unknown caller", "Unbekannter Anrufer" },
  [CALLED] = { "for %s", "für %s" },
  [SECONDS_VOICEMAIL] = { "%s s left, then voicemail", "Noch %s s, dann Anrufbeantworter" },
  [SECONDS_END] = { "%s s left, then the call ends", "Noch %s s, dann endet der Anruf" },
  [ANSWER_THERE] = { "To talk, press Answer on %s, where it rings.",
                     "Zum Sprechen nehmen Sie auf %s an, dort klingelt es." },
  [ANSWER_NOWHERE] = { "To talk, sign in with Offhook now: it rings there.",
                       "Zum Sprechen melden Sie sich jetzt mit Offhook an: dort klingelt es." },
  [ON_ITS_WAY] = { "Your choice is on its way", "Ihre Wahl ist unterwegs" },
  [OUTCOME_ANSWERED_ON] = { "Answered on %s at %s", "Auf %s angenommen um %s" },
  [OUTCOME_ANSWERED] = { "Answered at %s", "Angenommen um %s" },
  [OUTCOME_IN_BROWSER] = { "Answered in the browser at %s", "Im Browser angenommen um %s" },
  [OUTCOME_VOICEMAIL] = { "Went to voicemail at %s", "Ging um %s an den Anrufbeantworter" },
  [OUTCOME_DECLINED] = { "Declined at %s", "Abgelehnt um %s" },
  [OUTCOME_GAVE_UP] = { "The caller gave up at %s", "Der Anrufer hat um %s aufgelegt" },
  [OUTCOME_ENDED] = { "Ended unanswered at %s", "Unbeantwortet beendet um %s" },
  [CALL_BACK] = { "Call back", "Zurückrufen" },
  [TOO_LATE] = { "Too late: your choice changed nothing.",
                 "Zu spät: Ihre Wahl hat nichts geändert." },
  [NOT_OFFERED] = { "That cannot be chosen here.", "Das lässt sich hier nicht wählen." },
  [NO_LINK] = { "There is no call here", "Hier ist kein Anruf" },
  [NO_LINK_WHY] = { "The call that this link was for is over, or the link is not complete. Open it "
                    "from the message that it came with.",
                    "Der Anruf zu diesem Link ist vorbei, oder der Link ist nicht vollständig. "
                    "Öffnen Sie ihn aus der Nachricht, mit der er kam." },
  [LATER] = { "Please wait", "Bitte warten" },
  [LATER_WHY] = { "Too many links from your network led nowhere. Try again in %s s.",
                  "Zu viele Links aus Ihrem Netz führten ins Leere. Versuchen Sie es in %s s "
                  "wieder." },
  [FOREIGN] = { "That was not chosen", "Das wurde nicht gewählt" },
  [FOREIGN_WHY]
  = { "The choice came from another page. Open the link from the message that it came "
      "with, and choose there.",
      "Die Wahl kam von einer anderen Seite. Öffnen Sie den Link aus der Nachricht, "
      "mit der er kam, und wählen Sie dort." },
};

/* The first of a list that we have. */
static guint
find_language (const char *languages)
{
  g_auto (GStrv) list = g_strsplit (languages ? languages : "", ",", 8);

  for (guint i = 0; list[i]; i++)
    {
      OhLanguage language = oh_language_find (g_strstrip (list[i]));

      if (language < OH_N_LANGUAGES)
        return language;
    }
  return OH_LANGUAGE_ENGLISH;
}

/* --- Text from outside --- */

static void
add_escaped (GString *html, const char *text)
{
  g_autofree char *name = oh_printable_name (text, MAX_TEXT);
  g_autofree char *escaped = g_markup_escape_text (name, -1);

  g_string_append (html, escaped);
}

/* A name within a sentence: whatever its direction, the rest keeps its own. */
static char *
dup_isolated (const char *text)
{
  GString *html = g_string_new ("<bdi>");

  add_escaped (html, text);
  g_string_append (html, "</bdi>");
  return g_string_free (html, FALSE);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void
add (GString *html, guint language, Text text, ...)
{
  va_list values;

  va_start (values, text);
  g_string_append_vprintf (html, texts[text][language], values);
  va_end (values);
}
#pragma GCC diagnostic pop

/* --- The frame --- */

static const char *
get_file (const char *name)
{
  g_autofree char *path = g_strconcat ("/org/offhook/web/", name, NULL);
  g_autoptr (GBytes) bytes = g_resource_lookup_data (oh_pages_get_resource (), path,
                                                     G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  return g_bytes_get_data (bytes, NULL); /* a part of the program, NUL at its end */
}

static const char *
get_style (void)
{
  static gsize style = 0;

  if (g_once_init_enter (&style))
    g_once_init_leave (&style,
                       (gsize)g_strconcat (get_file ("offer.css"), get_file ("answer.css"), NULL));
  return (const char *)style;
}

/* 'sha256-...': only these may be in a page. */
static char *
dup_digest (const char *text)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *)text, -1);
  g_checksum_get_digest (checksum, digest, &length);
  return g_base64_encode (digest, length);
}

static const char *
get_digests (void)
{
  static gsize digests = 0;

  if (g_once_init_enter (&digests))
    {
      g_autofree char *style = dup_digest (get_style ());
      g_autofree char *offer = dup_digest (get_file ("offer.js"));
      g_autofree char *answer = dup_digest (get_file ("answer.js"));

      g_once_init_leave (&digests,
                         (gsize)g_strdup_printf ("style-src 'sha256-%s'; script-src 'sha256-%s' "
                                                 "'sha256-%s'",
                                                 style, offer, answer));
    }
  return (const char *)digests;
}

/* Not every browser takes 'self' for a WebSocket. What a header says stands in none unchecked. */
static gboolean
is_host (const char *host)
{
  return host && strlen (host) < 256
         && strspn (host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]")
                == strlen (host);
}

char *
oh_link_page_dup_policy (const char *host)
{
  g_autofree char *socket = is_host (host) ? g_strconcat (" wss://", host, NULL) : g_strdup ("");

  return g_strdup_printf ("default-src 'none'; %s; connect-src 'self'%s; form-action 'self'; "
                          "base-uri 'none'; frame-ancestors 'none'",
                          get_digests (), socket);
}

/* @look_s: seconds until the page comes anew where there is no script; 0: it stays. */
static GString *
begin_page (guint language, Text title, const char *state, guint look_s)
{
  GString *html = g_string_new ("<!doctype html>\n");

  g_string_append_printf (html, "<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
                          oh_language_codes[language]);
  g_string_append (html,
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"robots\" content=\"noindex\">\n<title>");
  add (html, language, title);
  g_string_append (html, "</title>\n");
  if (look_s)
    g_string_append_printf (
        html, "<noscript><meta http-equiv=\"refresh\" content=\"%u\"></noscript>\n", look_s);
  g_string_append_printf (html, "<style>%s</style>\n</head>\n<body data-state=\"%s\">\n<main>\n",
                          get_style (), state);
  return html;
}

static char *
end_page (GString *html, gboolean script)
{
  g_string_append (html, "</main>\n");
  if (script)
    g_string_append_printf (html, "<script>%s</script>\n<script type=\"module\">%s</script>\n",
                            get_file ("offer.js"), get_file ("answer.js"));
  g_string_append (html, "</body>\n</html>\n");
  return g_string_free (html, FALSE);
}

/* --- The parts of a call's page --- */

static void
add_caller (GString *html, guint language, Text title, const OhLink *link)
{
  gboolean has_name = link->caller_name && *link->caller_name;
  gboolean has_number = link->caller_number && *link->caller_number;
  const char *name = has_name ? link->caller_name : link->caller_number;
  g_autofree char *valid = g_utf8_make_valid (name ? name : "", -1);
  g_autofree char *called = dup_isolated (link->called);

  g_string_append_printf (html, "<header>\n<h1%s>",
                          link->is_over ? "" : " data-when=\"open asking choices connecting\"");
  add (html, language, title);
  g_string_append_printf (html, "</h1>\n<p class=\"name%s\" dir=\"auto\">",
                          g_utf8_strlen (valid, -1) > LONG_NAME ? " long" : "");
  if (has_name || has_number)
    add_escaped (html, name);
  else
    add (html, language, UNKNOWN_CALLER);
  g_string_append (html, "</p>\n");
  if (has_name && has_number)
    {
      g_string_append (html, "<p class=\"number\"><bdi>");
      add_escaped (html, link->caller_number);
      g_string_append (html, "</bdi></p>\n");
    }
  g_string_append (html, "<p class=\"called\">");
  add (html, language, CALLED, called);
  g_string_append (html, "</p>\n</header>\n");
}

static void
add_time_left (GString *html, guint language, const OhLink *link, guint seconds)
{
  Text text = link->default_option == OH_OPTION_VOICEMAIL ? SECONDS_VOICEMAIL : SECONDS_END;
  g_autofree char *number = g_strdup_printf ("%u", seconds);

  g_string_append_printf (html,
                          "<section id=\"left\" class=\"card\" data-when=\"open asking choices\" "
                          "data-seconds=\"%u\" data-text=\"",
                          seconds);
  add (html, language, text, "#");
  g_string_append (html, "\">\n<p role=\"timer\">");
  add (html, language, text, number);
  g_string_append_printf (html,
                          "</p>\n<progress max=\"%u\" value=\"%u\" aria-hidden=\"true\">"
                          "</progress>\n</section>\n",
                          MAX (seconds, 1), seconds);
}

/* The choices that take no voice, in the order of their numbers. */
static void
add_choices (GString *html, guint language, const OhLink *link)
{
  g_string_append (html, "<form method=\"post\" data-when=\"open asking choices\">\n");
  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    if (choice->path == OH_IM_PATH_POST && link->options & (1u << choice->option))
      g_string_append_printf (html,
                              "<button class=\"%s\" name=\"option\" value=\"%d\">%s</button>\n",
                              choice->id, (int)choice->option, choice->buttons[language]);
  g_string_append (html, "</form>\n");
}

/* Which way there is to talk. */
static void
add_answer (GString *html, guint language, const OhLink *link)
{
  g_autofree char *devices = dup_isolated (link->devices);

  if (!(link->options & (1u << OH_OPTION_ANSWER)))
    return;
  oh_call_page_add (html, language);
  g_string_append (html, "<p class=\"quiet\" data-when=\"choices\">");
  if (link->devices && *link->devices)
    add (html, language, ANSWER_THERE, devices);
  else
    add (html, language, ANSWER_NOWHERE);
  g_string_append (html, "</p>\n");
}

static void
add_outcome (GString *html, guint language, const OhLink *link)
{
  static const Text lines[] = {
    [OH_IM_OUTCOME_ANSWERED] = OUTCOME_ANSWERED,   [OH_IM_OUTCOME_IN_BROWSER] = OUTCOME_IN_BROWSER,
    [OH_IM_OUTCOME_VOICEMAIL] = OUTCOME_VOICEMAIL, [OH_IM_OUTCOME_DECLINED] = OUTCOME_DECLINED,
    [OH_IM_OUTCOME_GAVE_UP] = OUTCOME_GAVE_UP,     [OH_IM_OUTCOME_LOST] = OUTCOME_ENDED,
    [OH_IM_OUTCOME_ENDED] = OUTCOME_ENDED
  };
  gboolean is_answered = link->outcome == OH_IM_OUTCOME_ANSWERED;
  g_autofree char *device = dup_isolated (link->device);

  g_string_append_printf (html, "<p class=\"card outcome%s\" role=\"status\">",
                          is_answered || link->outcome == OH_IM_OUTCOME_IN_BROWSER ? " answered"
                                                                                   : "");
  if (is_answered && link->device && *link->device)
    add (html, language, OUTCOME_ANSWERED_ON, device, link->time);
  else
    add (html, language, lines[link->outcome], link->time);
  g_string_append (html, "</p>\n");
}

/* The telephone's own program dials it. */
static void
add_call_back (GString *html, guint language, const OhLink *link)
{
  g_autofree char *escaped = NULL;

  if (!link->call_back || !oh_im_outcome_is_missed (link->outcome))
    return;
  escaped = g_markup_escape_text (link->call_back, -1);
  g_string_append_printf (html, "<a class=\"button\" href=\"%s\">", escaped);
  add (html, language, CALL_BACK);
  g_string_append (html, "</a>\n");
}

static void
add_paragraph (GString *html, guint language, const char *class, Text text)
{
  g_string_append_printf (html, "<p class=\"%s\" role=\"status\">", class);
  add (html, language, text);
  g_string_append (html, "</p>\n");
}

/* --- Pages --- */

static guint
get_seconds_left (const OhLink *link, gint64 now_us)
{
  gint64 left = (link->deadline_us - now_us + G_TIME_SPAN_SECOND / 2) / G_TIME_SPAN_SECOND;

  return (guint)CLAMP (left, 0, 3600);
}

char *
oh_link_page_make (const OhLink *link, OhLinkPageReason reason, gint64 now_us)
{
  guint language = find_language (link->language);
  Text title = link->is_over ? OVER : INCOMING;
  guint look_s = link->is_over ? 0 : link->chosen ? LOOK_AFTER_CHOICE_S : LOOK_S;
  GString *html = begin_page (language, title, link->is_over ? "over" : "open", look_s);

  add_caller (html, language, title, link);
  if (reason == OH_LINK_PAGE_NOT_OFFERED)
    add_paragraph (html, language, "warning", NOT_OFFERED);
  if (link->is_over && reason == OH_LINK_PAGE_TOO_LATE)
    add_paragraph (html, language, "warning", TOO_LATE);
  if (link->is_over)
    {
      add_outcome (html, language, link);
      add_call_back (html, language, link);
    }
  else if (link->chosen)
    add_paragraph (html, language, "card outcome", ON_ITS_WAY);
  else
    {
      add_time_left (html, language, link, get_seconds_left (link, now_us));
      add_answer (html, language, link);
      add_choices (html, language, link);
    }
  return end_page (html, !link->is_over);
}

/* A page of a title and a sentence. */
static GString *
begin_plain (guint language, Text title)
{
  GString *html = begin_page (language, title, "over", 0);

  g_string_append (html, "<header>\n<h1 class=\"name long\">");
  add (html, language, title);
  g_string_append (html, "</h1>\n</header>\n<p class=\"quiet\">");
  return html;
}

static char *
end_plain (GString *html)
{
  g_string_append (html, "</p>\n");
  return end_page (html, FALSE);
}

char *
oh_link_page_make_unknown (const char *languages)
{
  guint language = find_language (languages);
  GString *html = begin_plain (language, NO_LINK);

  add (html, language, NO_LINK_WHY);
  return end_plain (html);
}

char *
oh_link_page_make_later (const char *languages, guint retry_s)
{
  guint language = find_language (languages);
  g_autofree char *seconds = g_strdup_printf ("%u", retry_s);
  GString *html = begin_plain (language, LATER);

  add (html, language, LATER_WHY, seconds);
  return end_plain (html);
}

char *
oh_link_page_make_foreign (const char *languages)
{
  guint language = find_language (languages);
  GString *html = begin_plain (language, FOREIGN);

  add (html, language, FOREIGN_WHY);
  return end_plain (html);
}
