/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-pidf.h"

#include <string.h>

#define MAX_LENGTH (16 * 1024)

/* The first tuple's basic status; rpid's away and busy, and "dnd" in a note, say more; rpid's user-input
 * ("active", or "idle" since last-input, or for as long as idle-threshold) tells of its use. */
typedef struct
{
  gint64 now;
  gboolean is_pidf, has_basic, open, away, dnd;
  char note[256];
  gint64 last_input, threshold_s; /* of the user-input that is open; 0: not told */
  gint64 input;
  gboolean in_use;
  char element[32]; /* local name of the innermost one */
} Parsing;

static const char *
local_name (const char *name)
{
  const char *colon = strrchr (name, ':');

  return colon ? colon + 1 : name;
}

static void
read_input (Parsing *parsing, const char **names, const char **values)
{
  parsing->last_input = parsing->threshold_s = 0;
  for (guint i = 0; names[i]; i++)
    if (g_str_equal (names[i], "last-input"))
      {
        g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
        g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (values[i], utc);

        parsing->last_input = time ? g_date_time_to_unix (time) : 0;
      }
    else if (g_str_equal (names[i], "idle-threshold"))
      g_ascii_string_to_signed (values[i], 10, 0, G_MAXINT32, &parsing->threshold_s, NULL);
}

static void
take_input (Parsing *parsing, const char *word)
{
  gint64 input = 0;

  if (g_str_equal (word, "active"))
    {
      input = parsing->now;
      parsing->in_use = TRUE;
    }
  else if (g_str_equal (word, "idle"))
    input = parsing->last_input ? parsing->last_input : parsing->now - parsing->threshold_s;
  if (input > 0)
    parsing->input = MAX (parsing->input, MIN (input, parsing->now));
}

static void
on_start (GMarkupParseContext *context,
          const char *element,
          const char **names,
          const char **values,
          gpointer user_data,
          GError **error)
{
  Parsing *parsing = user_data;

  g_strlcpy (parsing->element, local_name (element), sizeof parsing->element);
  if (g_str_equal (parsing->element, "presence"))
    parsing->is_pidf = TRUE;
  else if (g_str_equal (parsing->element, "away"))
    parsing->away = TRUE;
  else if (g_str_equal (parsing->element, "busy"))
    parsing->dnd = TRUE;
  else if (g_str_equal (parsing->element, "user-input"))
    read_input (parsing, names, values);
}

/* Some programs tell by a note that nobody should disturb. */
static void
take_note (Parsing *parsing, const char *word, const char *text, gsize length)
{
  g_autofree char *note = g_strstrip (g_strndup (text, length));

  parsing->dnd = parsing->dnd || g_str_equal (word, "dnd");
  if (*parsing->note || !*note)
    return;
  for (char *p = note; *p; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  if (strlen (note) >= sizeof parsing->note)
    *g_utf8_find_prev_char (note, note + sizeof parsing->note) = '\0';
  g_strlcpy (parsing->note, note, sizeof parsing->note);
}

static void
on_text (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  Parsing *parsing = user_data;
  g_autofree char *word = g_strstrip (g_ascii_strdown (text, (gssize)length));

  if (g_str_equal (parsing->element, "basic") && !parsing->has_basic && *word)
    {
      parsing->has_basic = TRUE;
      parsing->open = g_str_equal (word, "open");
    }
  else if (g_str_equal (parsing->element, "user-input"))
    take_input (parsing, word);
  else if (g_str_equal (parsing->element, "note"))
    take_note (parsing, word, text, length);
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  ((Parsing *)user_data)->element[0] = '\0';
}

gboolean
oh_sip_pidf_parse (const char *pidf, gsize length, gint64 now, OhSipPidf *presence)
{
  static const GMarkupParser parser = { .start_element = on_start,
                                        .end_element = on_end,
                                        .text = on_text };
  Parsing parsing = { .now = now };
  g_autoptr (GMarkupParseContext) context = NULL;

  if (length > MAX_LENGTH)
    return FALSE;
  context = g_markup_parse_context_new (&parser, 0, &parsing, NULL);
  if (!g_markup_parse_context_parse (context, pidf, (gssize)length, NULL)
      || !g_markup_parse_context_end_parse (context, NULL) || !parsing.is_pidf)
    return FALSE;
  *presence = (OhSipPidf){ .open = parsing.open || !parsing.has_basic,
                           .away = parsing.away,
                           .busy = parsing.dnd,
                           .input = parsing.input,
                           .in_use = parsing.in_use };
  g_strlcpy (presence->note, parsing.note, sizeof presence->note);
  return TRUE;
}

/* RFC 4480: whether the person is there, and what he does. "": nothing is told. Transfer full. */
static char *
dup_person (const OhSipPidf *presence)
{
  const char *activity = presence->busy   ? "<rpid:activities><rpid:busy/></rpid:activities>"
                         : presence->away ? "<rpid:activities><rpid:away/></rpid:activities>"
                                          : "";
  g_autoptr (GDateTime) since = presence->input ? g_date_time_new_from_unix_utc (presence->input)
                                                : NULL;
  g_autofree char *time = since ? g_date_time_format (since, "%Y-%m-%dT%H:%M:%SZ") : NULL;
  g_autofree char *input = presence->in_use ? g_strdup ("<rpid:user-input>active</rpid:user-input>")
                           : time           ? g_strconcat ("<rpid:user-input last-input=\"", time,
                                                           "\">idle</rpid:user-input>", NULL)
                                            : g_strdup ("");

  if (!*activity && !*input)
    return g_strdup ("");
  return g_strconcat ("<dm:person id=\"person\">", activity, input, "</dm:person>\r\n", NULL);
}

char *
oh_sip_pidf_make (const char *entity, const OhSipPidf *presence)
{
  g_autofree char *person = dup_person (presence);
  g_autofree char *whose = g_markup_escape_text (entity, -1);
  g_autofree char *note = g_markup_escape_text (presence->note, -1);

  return g_strconcat ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                      "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""
                      " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
                      " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"",
                      whose, "\">\r\n<tuple id=\"offhook\"><status><basic>",
                      presence->open ? "open" : "closed", "</basic></status></tuple>\r\n", person,
                      *note ? "<note>" : "", note, *note ? "</note>\r\n" : "", "</presence>\r\n",
                      NULL);
}
