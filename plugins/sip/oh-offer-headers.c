/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/sip/oh-offer-headers.h"

#include <string.h>

#define MAX_ID 64
#define MAX_DEADLINE_S 3600
#define BIT(option) (1u << OH_CALL_OPTION_##option)

static const guint known_options = BIT (ANSWER) | BIT (TEXT) | BIT (VOICEMAIL) | BIT (TRANSFER)
                                   | BIT (LISTEN) | BIT (PLAY) | BIT (DECLINE);

/* A whole decimal number with blanks around it; @fallback for anything else. */
static guint
parse_number (const char *text, guint maximum, guint fallback)
{
  g_autofree char *stripped = text ? g_strstrip (g_strndup (text, 32)) : NULL;
  guint64 number;

  if (!stripped || !g_ascii_string_to_unsigned (stripped, 10, 0, G_MAXUINT64, &number, NULL))
    return fallback;
  return (guint)MIN (number, maximum);
}

static guint
parse_options (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text ? text : "", ",", 16);
  guint options = BIT (ANSWER) | BIT (DECLINE);

  for (guint i = 0; parts[i]; i++)
    options |= 1u << parse_number (parts[i], 31, 0);
  return options & known_options;
}

static char *
parse_id (const char *text)
{
  gsize length = text ? strlen (text) : 0;

  if (!length || length > MAX_ID
      || strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") != length)
    return NULL;
  return g_strdup (text);
}

void
oh_offer_headers_parse (OhOfferHeaders *headers,
                        const char *offer,
                        const char *called,
                        const char *deadline,
                        const char *default_option,
                        const char *options,
                        const char *peer)
{
  guint chosen = parse_number (default_option, 31, OH_CALL_OPTION_DECLINE);

  headers->id = parse_id (offer);
  headers->called = called && *called && g_utf8_validate (called, -1, NULL)
                        ? g_strndup (called, 128)
                        : NULL;
  headers->deadline_s = parse_number (deadline, MAX_DEADLINE_S, 0);
  headers->default_option = (known_options & (1u << chosen)) ? (OhCallOption)chosen
                                                             : OH_CALL_OPTION_DECLINE;
  headers->options = parse_options (options);
  headers->peer = parse_id (peer); /* the same signs */
}

void
oh_offer_headers_clear (OhOfferHeaders *headers)
{
  g_clear_pointer (&headers->id, g_free);
  g_clear_pointer (&headers->called, g_free);
  g_clear_pointer (&headers->peer, g_free);
}

gboolean
oh_message_summary_parse (const char *body, guint *n_new)
{
  g_auto (GStrv) lines = g_strsplit (body ? body : "", "\n", 64);
  static const char name[] = "voice-message:";

  for (guint i = 0; lines[i]; i++)
    {
      guint64 number;

      if (g_ascii_strncasecmp (lines[i], name, sizeof name - 1) != 0)
        continue;
      number = g_ascii_strtoull (lines[i] + sizeof name - 1, NULL, 10);
      *n_new = (guint)MIN (number, 100000);
      return TRUE;
    }
  return FALSE;
}
