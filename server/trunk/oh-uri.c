/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/trunk/oh-trunks.h"

#include <string.h>

static const char *
skip_scheme (const char *uri)
{
  if (g_ascii_strncasecmp (uri, "sips:", 5) == 0)
    return uri + 5;
  if (g_ascii_strncasecmp (uri, "sip:", 4) == 0)
    return uri + 4;
  return uri;
}

char *
oh_uri_dup_user (const char *uri)
{
  const char *rest = skip_scheme (uri);
  const char *at = strchr (rest, '@');

  return at ? g_strndup (rest, at - rest) : g_strdup ("");
}

char *
oh_uri_dup_host_port (const char *uri)
{
  const char *rest = skip_scheme (uri);
  const char *at = strchr (rest, '@');

  if (at)
    rest = at + 1;
  return g_strndup (rest, strcspn (rest, ";?>"));
}

char *
oh_uri_dup_host (const char *uri)
{
  g_autofree char *host_port = oh_uri_dup_host_port (uri);

  if (host_port[0] == '[')
    return g_strndup (host_port + 1, strcspn (host_port + 1, "]"));
  return g_strndup (host_port, strcspn (host_port, ":"));
}

char *
oh_uri_escape_user (const char *user)
{
  return g_uri_escape_string (user, "+*!~'()&=$,", FALSE);
}
