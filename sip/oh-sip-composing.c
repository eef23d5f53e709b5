/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-composing.h"

#include "base/oh-error.h"

#include <string.h>

#define MAX_DEPTH 4
#define REFRESH_MIN_S 60
#define REFRESH_DEFAULT_S 120
#define REFRESH_MAX_S 600

typedef struct
{
  guint depth;
  gboolean has_state;
  GString *text; /* of the element that is open at depth 2 */
  OhSipComposing composing;
} Parsing;

static const char *
local_name (const char *name)
{
  const char *colon = strrchr (name, ':');

  return colon ? colon + 1 : name;
}

static void
refuse (GError **error, const char *what)
{
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "%s", what);
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

  if (++parsing->depth > MAX_DEPTH)
    refuse (error, "too deep");
  else if (parsing->depth == 1 && strcmp (local_name (element), "isComposing") != 0)
    refuse (error, "another document");
  g_string_truncate (parsing->text, 0);
}

static void
on_text (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  Parsing *parsing = user_data;

  if (parsing->depth == 2)
    g_string_append_len (parsing->text, text, (gssize)length);
}

static void
take (Parsing *parsing, const char *name, const char *value)
{
  guint64 refresh;

  if (strcmp (name, "state") == 0 && !parsing->has_state)
    {
      parsing->has_state = TRUE;
      parsing->composing.active = strcmp (value, "active") == 0; /* what is unknown is idle: 3.3 */
    }
  else if (strcmp (name, "refresh") == 0
           && g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT32, &refresh, NULL))
    parsing->composing.refresh_s = (guint)CLAMP (refresh, REFRESH_MIN_S, REFRESH_MAX_S);
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  Parsing *parsing = user_data;

  if (parsing->depth-- == 2)
    take (parsing, local_name (element), g_strstrip (parsing->text->str));
  g_string_truncate (parsing->text, 0);
}

/* Comments, instructions and document types come here; the last could define entities. */
static void
on_rest (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  if (g_ascii_strncasecmp (text, "<!DOCTYPE", 9) == 0)
    refuse (error, "it has a document type");
}

gboolean
oh_sip_composing_parse (const char *body, gsize length, OhSipComposing *composing)
{
  static const GMarkupParser parser = {
    .start_element = on_start, .end_element = on_end, .text = on_text, .passthrough = on_rest
  };
  Parsing parsing = { .composing = { .refresh_s = REFRESH_DEFAULT_S } };
  GMarkupParseContext *context;
  gboolean fine;

  if (!body || length == 0 || length > OH_SIP_COMPOSING_MAX)
    return FALSE;
  parsing.text = g_string_new (NULL);
  context = g_markup_parse_context_new (&parser, 0, &parsing, NULL);
  fine = g_markup_parse_context_parse (context, body, (gssize)length, NULL)
         && g_markup_parse_context_end_parse (context, NULL) && parsing.has_state;
  g_markup_parse_context_free (context);
  g_string_free (parsing.text, TRUE);
  if (fine)
    *composing = parsing.composing;
  return fine;
}

char *
oh_sip_composing_make (const OhSipComposing *composing)
{
  return g_strdup_printf ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                          "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\r\n"
                          "<state>%s</state>\r\n"
                          "<contenttype>text/plain</contenttype>\r\n"
                          "<refresh>%u</refresh>\r\n"
                          "</isComposing>\r\n",
                          composing->active ? "active" : "idle",
                          CLAMP (composing->refresh_s, REFRESH_MIN_S, REFRESH_MAX_S));
}
