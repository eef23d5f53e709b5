/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-pidf.h"

#include "base/oh-xml.h"

#include <string.h>

#define MAX_LENGTH (16 * 1024)
#define MAX_DEPTH 16

/* The first tuple's basic status; rpid's away and busy, and "dnd" in a note, say more; rpid's user-input
 * ("active", or "idle" since last-input, or for as long as idle-threshold) tells of its use. */
typedef struct
{
  gint64 now;
  gboolean has_basic, open, away, dnd;
  char note[256];
  gint64 last_input, threshold_s; /* of the user-input that is open; 0: not told */
  gint64 input;
  gboolean in_use;
} Parsing;

static void
read_input (Parsing *parsing, const OhXmlElement *element)
{
  const char *last = oh_xml_find (element, "last-input");
  const char *threshold = oh_xml_find (element, "idle-threshold");

  parsing->last_input = parsing->threshold_s = 0;
  if (last)
    {
      g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
      g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (last, utc);

      parsing->last_input = time ? g_date_time_to_unix (time) : 0;
    }
  if (threshold)
    g_ascii_string_to_signed (threshold, 10, 0, G_MAXINT32, &parsing->threshold_s, NULL);
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
on_start (const OhXmlElement *element, gpointer user_data, GError **error)
{
  Parsing *parsing = user_data;

  if (g_str_equal (element->local, "away"))
    parsing->away = TRUE;
  else if (g_str_equal (element->local, "busy"))
    parsing->dnd = TRUE;
  else if (g_str_equal (element->local, "user-input"))
    read_input (parsing, element);
}

/* Some programs tell by a note that nobody should disturb. */
static void
take_note (Parsing *parsing, const char *word, char *note)
{
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
on_end (guint depth, const char *element, char *text, gpointer user_data)
{
  Parsing *parsing = user_data;
  g_autofree char *word = g_ascii_strdown (text, -1);

  if (g_str_equal (element, "basic") && !parsing->has_basic && *word)
    {
      parsing->has_basic = TRUE;
      parsing->open = g_str_equal (word, "open");
    }
  else if (g_str_equal (element, "user-input"))
    take_input (parsing, word);
  else if (g_str_equal (element, "note"))
    take_note (parsing, word, text);
}

gboolean
oh_sip_pidf_parse (const char *pidf, gsize length, gint64 now, OhSipPidf *presence)
{
  static const OhXmlReader reader = { .max_length = MAX_LENGTH,
                                      .max_depth = MAX_DEPTH,
                                      .root = "presence",
                                      .start = on_start,
                                      .end = on_end };
  Parsing parsing = { .now = now };

  if (!oh_xml_read (&reader, pidf, length, &parsing, NULL))
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
