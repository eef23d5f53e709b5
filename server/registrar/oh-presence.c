/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-registrar"

#include "server/registrar/oh-contact.h"

#include <string.h>

/* The first tuple's basic status; rpid's away and busy, and "dnd" in a note, say more; rpid's user-input
 * ("active", or "idle" since last-input, or for as long as idle-threshold) tells of its use. */
typedef struct
{
  gint64 now;
  gboolean is_pidf, has_basic, open, away, dnd;
  gint64 last_input, threshold_s; /* of the user-input that is open; 0: not told */
  gint64 input;
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
    input = parsing->now;
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
  else if (g_str_equal (parsing->element, "note") && g_str_equal (word, "dnd"))
    parsing->dnd = TRUE;
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  ((Parsing *)user_data)->element[0] = '\0';
}

gboolean
oh_presence_parse (const char *pidf, gssize length, gint64 now, OhPresenceReport *report)
{
  static const GMarkupParser parser = { .start_element = on_start,
                                        .end_element = on_end,
                                        .text = on_text };
  Parsing parsing = { .now = now };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, &parsing, NULL);

  if (!g_markup_parse_context_parse (context, pidf, length, NULL)
      || !g_markup_parse_context_end_parse (context, NULL) || !parsing.is_pidf)
    return FALSE;
  report->presence = parsing.has_basic && !parsing.open ? OH_PRESENCE_CLOSED
                     : parsing.dnd                      ? OH_PRESENCE_DND
                     : parsing.away                     ? OH_PRESENCE_AWAY
                                                        : OH_PRESENCE_OPEN;
  report->input = parsing.input;
  return TRUE;
}
