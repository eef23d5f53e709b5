/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-composing.h"

#include "base/oh-xml.h"

#include <string.h>

#define REFRESH_MIN_S 60
#define REFRESH_DEFAULT_S 120
#define REFRESH_MAX_S 600

typedef struct
{
  gboolean has_state;
  OhSipComposing composing;
} Parsing;

static void
on_end (guint depth, const char *name, char *text, gpointer user_data)
{
  Parsing *parsing = user_data;
  guint64 refresh;

  if (depth != 2)
    return;
  if (strcmp (name, "state") == 0 && !parsing->has_state)
    {
      parsing->has_state = TRUE;
      parsing->composing.active = strcmp (text, "active") == 0; /* what is unknown is idle: 3.3 */
    }
  else if (strcmp (name, "refresh") == 0
           && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &refresh, NULL))
    parsing->composing.refresh_s = (guint)CLAMP (refresh, REFRESH_MIN_S, REFRESH_MAX_S);
}

gboolean
oh_sip_composing_parse (const char *body, gsize length, OhSipComposing *composing)
{
  static const OhXmlReader reader = {
    .max_length = OH_SIP_COMPOSING_MAX, .max_depth = 4, .root = "isComposing", .end = on_end
  };
  Parsing parsing = { .composing = { .refresh_s = REFRESH_DEFAULT_S } };

  if (!body || !oh_xml_read (&reader, body, length, &parsing, NULL) || !parsing.has_state)
    return FALSE;
  *composing = parsing.composing;
  return TRUE;
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
