/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "base/oh-error.h"
#include "im/proxy/oh-im-private.h"

#include <string.h>

void
oh_im_way_free (OhImWay *way)
{
  if (!way)
    return;
  oh_proxy_free (way->proxy);
  if (way->password)
    explicit_bzero (way->password, strlen (way->password));
  g_free (way->password);
  g_free (way);
}

OhImWay *
oh_im_way_new (OhProxy *proxy, const char *password)
{
  OhImWay *way = g_new0 (OhImWay, 1);

  way->proxy = proxy;
  way->password = g_strdup (password ? password : "");
  return way;
}

/* "http://user:password@host:port", as GLib's resolvers say it. NULL: of a kind that we do not know. */
static OhImWay *
parse_uri (const char *uri)
{
  static const struct
  {
    const char *scheme;
    OhProxyKind kind;
    int port;
  } kinds[] = { { "http", OH_PROXY_HTTP, 8080 },
                { "socks5", OH_PROXY_SOCKS5, 1080 },
                { "socks", OH_PROXY_SOCKS5, 1080 },
                { "direct", OH_PROXY_NONE, 0 } };
  g_autofree char *scheme = NULL, *user = NULL, *password = NULL, *host = NULL;
  int port = -1;

  if (!g_uri_split_with_user (uri, G_URI_FLAGS_HAS_PASSWORD, &scheme, &user, &password, NULL, &host,
                              &port, NULL, NULL, NULL, NULL))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_ascii_strcasecmp (kinds[i].scheme, scheme) == 0)
      {
        OhProxy *proxy = oh_proxy_new (kinds[i].kind, host,
                                       (guint)(port > 0 ? port : kinds[i].port), user, NULL);

        return proxy ? oh_im_way_new (proxy, password) : NULL;
      }
  return NULL;
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_auto (GStrv) uris = g_proxy_resolver_lookup_finish (G_PROXY_RESOLVER (source), result, &error);
  OhImWay *way = NULL;

  for (guint i = 0; uris && uris[i] && !way; i++)
    way = parse_uri (uris[i]);
  if (way)
    g_task_return_pointer (task, way, (GDestroyNotify)oh_im_way_free);
  else if (error)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_UNSUPPORTED,
                             "the computer's settings name a proxy of a kind that is not known");
}

/* Resolvers ask for what is wanted; a tunnel is what secure web pages use. */
void
oh_im_way_look_up_async (const char *host, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree char *escaped = g_uri_escape_string (*host ? host : "im.invalid", NULL, FALSE);
  g_autofree char *uri = g_strconcat ("https://", escaped, "/", NULL);

  g_proxy_resolver_lookup_async (g_proxy_resolver_get_default (), uri, NULL, on_looked_up,
                                 g_task_new (NULL, NULL, callback, user_data));
}

OhImWay *
oh_im_way_look_up_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
