/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-registrar"

#include "server/registrar/oh-contact.h"

#include <string.h>

/* The parameters stand after '>', or after the first ';' of a bare URI. */
static const char *
find_params (const char *contact)
{
  const char *open = strchr (contact, '<');
  const char *close = open ? strchr (open, '>') : NULL;

  return close ? close + 1 : strchr (contact, ';');
}

/* End of one parameter: the next ';' or ',' that is not quoted. */
static const char *
skip_param (const char *p)
{
  gboolean quoted = FALSE;

  for (; *p; p++)
    {
      if (*p == '\\' && quoted && p[1])
        p++;
      else if (*p == '"')
        quoted = !quoted;
      else if (!quoted && (*p == ';' || *p == ','))
        break;
    }
  return p;
}

char *
oh_contact_dup_param (const char *contact, const char *name)
{
  const char *p = find_params (contact);
  gsize n = strlen (name);

  while (p && *p && *p != ',')
    {
      const char *start, *end;

      if (*p == ';')
        p++;
      while (*p == ' ' || *p == '\t')
        p++;
      start = p;
      end = skip_param (p);
      p = end;
      if ((gsize)(end - start) < n || g_ascii_strncasecmp (start, name, n) != 0)
        continue;
      start += n;
      while (start < end && *start == ' ')
        start++;
      if (start == end)
        return g_strdup ("");
      if (*start != '=')
        continue;
      start++;
      if (end - start >= 2 && *start == '"' && end[-1] == '"')
        return g_strndup (start + 1, end - start - 2);
      return g_strndup (start, end - start);
    }
  return NULL;
}
