/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-base"

#include "base/oh-proxy.h"

#include "base/oh-error.h"

#include <gio/gio.h>

#include <string.h>

static const char *const words[] = { "none", "system", "http", "socks5", "tor" };

const char *
oh_proxy_kind_to_word (OhProxyKind kind)
{
  g_return_val_if_fail ((guint)kind < G_N_ELEMENTS (words), words[0]);
  return words[kind];
}

gboolean
oh_proxy_kind_from_word (const char *word, OhProxyKind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (words[i], word) == 0)
      {
        *kind = i;
        return TRUE;
      }
  return FALSE;
}

gboolean
oh_proxy_has_server (OhProxyKind kind)
{
  return kind >= OH_PROXY_HTTP;
}

static gboolean
is_host (const char *host)
{
  if (!host || !*host || strlen (host) > OH_PROXY_MAX_TEXT)
    return FALSE;
  for (const char *p = host; *p; p++)
    if (!g_ascii_isalnum (*p) && !strchr ("-._:", *p))
      return FALSE;
  return !strchr (host, ':') || g_hostname_is_ip_address (host);
}

static gboolean
is_text (const char *text)
{
  if (strlen (text) > OH_PROXY_MAX_TEXT || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (const char *p = text; *p; p++)
    if (g_ascii_iscntrl (*p))
      return FALSE;
  return TRUE;
}

OhProxy *
oh_proxy_new (OhProxyKind kind, const char *host, guint port, const char *user, GError **error)
{
  OhProxy *proxy;

  if (oh_proxy_has_server (kind) && !is_host (host))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "a proxy needs a name or an address");
  else if (oh_proxy_has_server (kind) && (port == 0 || port > G_MAXUINT16))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "a proxy needs a port, 1 to 65535");
  else if (user && (!is_text (user) || strchr (user, ':')))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                 "a proxy's user has at most 255 bytes and no ':'; the password is told apart");
  else
    {
      proxy = g_new0 (OhProxy, 1);
      proxy->kind = kind;
      if (oh_proxy_has_server (kind))
        {
          proxy->host = g_strdup (host);
          proxy->port = (guint16)port;
          proxy->user = user && *user ? g_strdup (user) : NULL;
        }
      return proxy;
    }
  return NULL;
}

static OhProxy *
parse_server (OhProxyKind kind, const char *text, GError **error)
{
  g_autofree char *user = NULL, *host = NULL;
  int port = -1;

  if (!g_uri_split_with_user (text, G_URI_FLAGS_NONE, NULL, &user, NULL, NULL, &host, &port, NULL,
                              NULL, NULL, NULL))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "a proxy is written KIND://[USER@]HOST:PORT");
      return NULL;
    }
  return oh_proxy_new (kind, host, (guint)MAX (port, 0), user, error);
}

OhProxy *
oh_proxy_parse (const char *text, GError **error)
{
  g_autofree char *word = g_ascii_strdown (text, (gssize)strcspn (text, ":"));
  gboolean server = strstr (text, "://") != NULL;
  OhProxyKind kind;

  if (strlen (text) < 4 * OH_PROXY_MAX_TEXT && oh_proxy_kind_from_word (word, &kind)
      && oh_proxy_has_server (kind) == server && (server || strlen (word) == strlen (text)))
    return server ? parse_server (kind, text, error) : oh_proxy_new (kind, NULL, 0, NULL, error);
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
               "a proxy is none, system, http://[USER@]HOST:PORT, socks5://[USER@]HOST:PORT or "
               "tor://HOST:PORT");
  return NULL;
}

char *
oh_proxy_to_text (const OhProxy *proxy)
{
  g_autofree char *user = proxy->user ? g_uri_escape_string (proxy->user, NULL, FALSE) : NULL;
  gboolean ip6 = proxy->host && strchr (proxy->host, ':');

  if (!oh_proxy_has_server (proxy->kind))
    return g_strdup (words[proxy->kind]);
  return g_strdup_printf ("%s://%s%s%s%s%s:%u", words[proxy->kind], user ? user : "",
                          user ? "@" : "", ip6 ? "[" : "", proxy->host, ip6 ? "]" : "",
                          proxy->port);
}

void
oh_proxy_free (OhProxy *proxy)
{
  if (!proxy)
    return;
  g_free (proxy->host);
  g_free (proxy->user);
  g_free (proxy);
}
