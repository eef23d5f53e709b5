/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-relay-headers.h"

#include <string.h>

static void
set_secret (char **at, const char *value)
{
  if (*at)
    explicit_bzero (*at, strlen (*at));
  g_free (*at);
  *at = g_strdup (value);
}

static void
set_text (char **at, const char *value)
{
  g_free (*at);
  *at = g_strdup (value);
}

void
oh_relay_headers_take (OhRelayHeaders *headers, const char *name, const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, " ", 4);
  guint n = g_strv_length (words);

  if (strpbrk (value, "\r\n\t"))
    return;
  for (guint i = 0; i < n; i++)
    if (!*words[i])
      return;
  if (g_ascii_strcasecmp (name, "Offhook-Stun") == 0 && n == 1)
    set_text (&headers->stun, words[0]);
  else if (g_ascii_strcasecmp (name, "Offhook-Turn") == 0 && n == 3)
    {
      set_text (&headers->turn, words[0]);
      set_text (&headers->turn_user, words[1]);
      set_secret (&headers->turn_password, words[2]);
    }
}

void
oh_relay_headers_clear (OhRelayHeaders *headers)
{
  set_text (&headers->stun, NULL);
  set_text (&headers->turn, NULL);
  set_text (&headers->turn_user, NULL);
  set_secret (&headers->turn_password, NULL);
}
