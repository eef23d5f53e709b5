/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-registrar"

#include "server/registrar/oh-contact.h"

#include <string.h>

/* The first tuple's basic status; rpid's away and busy, and "dnd" in a note, say more. */
typedef struct
{
  gboolean is_pidf, has_basic, open, away, dnd;
  char element[32]; /* local name of the innermost one */
} Parsing;

static const char *
local_name (const char *name)
{
  const char *colon = strrchr (name, ':');

  return colon ? colon + 1 : name;
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
  else if (g_str_equal (parsing->element, "note") && g_str_equal (word, "dnd"))
    parsing->dnd = TRUE;
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  ((Parsing *)user_data)->element[0] = '\0';
}

gboolean
oh_presence_parse (const char *pidf, gssize length, OhPresence *presence)
{
  static const GMarkupParser parser = { .start_element = on_start,
                                        .end_element = on_end,
                                        .text = on_text };
  Parsing parsing = { 0 };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, &parsing, NULL);

  if (!g_markup_parse_context_parse (context, pidf, length, NULL)
      || !g_markup_parse_context_end_parse (context, NULL) || !parsing.is_pidf)
    return FALSE;
  *presence = parsing.has_basic && !parsing.open ? OH_PRESENCE_CLOSED
              : parsing.dnd                      ? OH_PRESENCE_DND
              : parsing.away                     ? OH_PRESENCE_AWAY
                                                 : OH_PRESENCE_OPEN;
  return TRUE;
}
