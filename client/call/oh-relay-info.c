/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/call/oh-relay-info.h"

#include <string.h>

#define MAX_WORD 512 /* bytes */

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
oh_relay_info_take_header (OhRelayInfo *info, const char *name, const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, " ", 4);
  guint n = g_strv_length (words);

  if (strpbrk (value, "\r\n\t"))
    return;
  for (guint i = 0; i < n; i++)
    if (!*words[i])
      return;
  if (g_ascii_strcasecmp (name, "Offhook-Stun") == 0 && n == 1)
    set_text (&info->stun, words[0]);
  else if (g_ascii_strcasecmp (name, "Offhook-Turn-Tcp") == 0 && n == 1)
    set_text (&info->turn_tcp, words[0]);
  else if (g_ascii_strcasecmp (name, "Offhook-Turn") == 0 && n == 3)
    {
      set_text (&info->turn, words[0]);
      set_text (&info->turn_user, words[1]);
      set_secret (&info->turn_password, words[2]);
    }
}

/* @text, if it is one word. */
static const char *
get_word (const char *text)
{
  gsize length = text ? strlen (text) : 0;

  if (!length || length > MAX_WORD)
    return NULL;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isgraph (text[i]))
      return NULL;
  return text;
}

void
oh_relay_info_set (OhRelayInfo *info, const OhRelayInfo *told)
{
  const char *user = get_word (told->turn_user), *password = get_word (told->turn_password);
  gboolean known = user && password;

  set_text (&info->stun, get_word (told->stun));
  set_text (&info->turn, known ? get_word (told->turn) : NULL);
  set_text (&info->turn_tcp, known ? get_word (told->turn_tcp) : NULL);
  set_text (&info->turn_user, known ? user : NULL);
  set_secret (&info->turn_password, known ? password : NULL);
}

void
oh_relay_info_fill (const OhRelayInfo *info, OhPeerConfig *config)
{
  config->stun_server = info->stun;
  config->turn_server = info->turn;
  config->turn_tcp_server = info->turn_tcp;
  config->turn_user = info->turn_user;
  config->turn_password = info->turn_password;
}

void
oh_relay_info_clear (OhRelayInfo *info)
{
  set_text (&info->stun, NULL);
  set_text (&info->turn, NULL);
  set_text (&info->turn_tcp, NULL);
  set_text (&info->turn_user, NULL);
  set_secret (&info->turn_password, NULL);
}
