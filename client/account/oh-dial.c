/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-dial.h"

#include "base/oh-error.h"

#include <string.h>

#define MAX_TARGET 255

static gboolean
looks_like_number (const char *text)
{
  gboolean digit = FALSE;

  for (const char *p = text; *p; p++)
    {
      if (!g_ascii_isdigit (*p) && !strchr ("+*#()-./ ", *p))
        return FALSE;
      digit = digit || g_ascii_isdigit (*p) || *p == '*' || *p == '#';
    }
  return digit;
}

static char *
squeeze_number (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; *p; p++)
    if (g_ascii_isdigit (*p) || *p == '*' || *p == '#' || (*p == '+' && !out->len))
      g_string_append_c (out, *p);
  return g_string_free (out, FALSE);
}

/* Nothing that could end the URI or begin another header. */
static gboolean
is_plain (const char *text)
{
  for (const char *p = text; *p; p++)
    if (!g_ascii_isgraph (*p) || strchr ("<>\"\\^`{|}?&;,", *p))
      return FALSE;
  return *text && strlen (text) <= MAX_TARGET;
}

static gboolean
is_address (const char *text)
{
  const char *at = strchr (text, '@');

  return at && at > text && at[1] && !strchr (at + 1, '@');
}

/* RFC 3966: "tel:+1-201;phone-context=x", "tel:%2B1201"; what follows the number says nothing that
 * we need. */
static void
open_link (char *rest)
{
  g_autofree char *plain = NULL;

  rest[strcspn (rest, ";?")] = '\0';
  plain = g_uri_unescape_string (rest, NULL);
  if (plain)
    g_strlcpy (rest, plain, strlen (rest) + 1); /* never longer */
}

char *
oh_dial_normalize (const char *typed, GError **error)
{
  g_autofree char *text = g_strstrip (g_strdup (typed ? typed : ""));
  char *rest = text;
  gboolean sip = FALSE;

  if (g_ascii_strncasecmp (rest, "tel:", 4) == 0)
    open_link (rest += 4);
  else if (g_ascii_strncasecmp (rest, "callto:", 7) == 0)
    open_link (rest += 7);
  else if (g_ascii_strncasecmp (rest, "sip:", 4) == 0)
    {
      rest += 4;
      sip = TRUE;
    }
  while (rest[0] == '/' && rest[1] == '/')
    rest += 2;
  if (strlen (rest) <= MAX_TARGET && looks_like_number (rest))
    return squeeze_number (rest);
  if (is_plain (rest) && is_address (rest))
    return g_strconcat ("sip:", rest, NULL);
  if (g_ascii_isalnum (*rest) && is_plain (rest) && !sip && !strchr (rest, ':')
      && !strchr (rest, '@') && !strchr (rest, '/'))
    return g_strdup (rest);
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "neither a number nor an address");
  return NULL;
}

char *
oh_dial_to_uri (const char *target, const char *domain)
{
  g_autofree char *user = NULL;

  if (g_str_has_prefix (target, "sip:"))
    return g_strdup (target);
  user = g_uri_escape_string (target, "*+!$'()", FALSE);
  return g_strdup_printf ("sip:%s@%s", user, domain);
}
