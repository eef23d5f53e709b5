/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <dlfcn.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

/* Connections of accounts that have a proxy. libpurple's own way through one hangs where an HTTP proxy
 * refuses the password, speaks no CONNECT for port 80, and says of all that can go wrong no more than a
 * sentence; so purple_proxy_connect() of this program stands before libpurple's, for its plug-ins too, and
 * GLib goes through the proxy. Accounts without one are left to libpurple. */

#define TIMEOUT_S 30

typedef struct
{
  gpointer handle; /* by which libpurple drops it */
  PurpleAccount *account;
  PurpleProxyConnectFunction connected;
  gpointer data;
  GCancellable *cancellable;
  gboolean reached; /* the proxy answers */
} Way;

static GHashTable *ways; /* Way*, a set: those that libpurple waits for */

static void
way_free (Way *way)
{
  g_object_unref (way->cancellable);
  g_free (way);
}

/* --- What an account has --- */

/* What is kept with libpurple's account is what libpurple itself must know: with Tor it looks up no name. */
void
oh_engine_set_proxy (PurpleAccount *account, const OhProxy *proxy)
{
  static const PurpleProxyType types[] = { [OH_PROXY_NONE] = PURPLE_PROXY_NONE,
                                           [OH_PROXY_SYSTEM] = PURPLE_PROXY_NONE,
                                           [OH_PROXY_HTTP] = PURPLE_PROXY_HTTP,
                                           [OH_PROXY_SOCKS5] = PURPLE_PROXY_SOCKS5,
                                           [OH_PROXY_TOR] = PURPLE_PROXY_TOR };
  PurpleProxyInfo *info = purple_proxy_info_new ();

  purple_proxy_info_set_type (info, types[proxy->kind]);
  purple_proxy_info_set_host (info, proxy->host);
  purple_proxy_info_set_port (info, proxy->port);
  purple_proxy_info_set_username (info, proxy->user);
  purple_account_set_proxy_info (account, info);
}

static PurpleProxyInfo *
get_proxy (PurpleAccount *account)
{
  PurpleProxyInfo *info = account && *oh_engine_account_id (account)
                              ? purple_account_get_proxy_info (account)
                              : NULL;

  return info && purple_proxy_info_get_type (info) > PURPLE_PROXY_NONE ? info : NULL;
}

/* As GLib reads it. */
static char *
dup_uri (PurpleAccount *account, PurpleProxyInfo *info)
{
  gboolean http = purple_proxy_info_get_type (info) == PURPLE_PROXY_HTTP;
  const char *host = purple_proxy_info_get_host (info);
  const char *user = purple_proxy_info_get_username (info);
  const char *password = oh_engine_get_proxy_password (account);
  g_autofree char *escaped = user ? g_uri_escape_string (user, NULL, FALSE) : NULL;
  g_autofree char *secret = g_uri_escape_string (password, NULL, FALSE);
  char *uri = g_strdup_printf (strchr (host, ':') ? "%s://%s%s%s%s[%s]:%d" : "%s://%s%s%s%s%s:%d",
                               http ? "http" : "socks5", user ? escaped : "", user ? ":" : "",
                               user ? secret : "", user ? "@" : "", host,
                               purple_proxy_info_get_port (info));

  explicit_bzero (secret, strlen (secret));
  return uri;
}

/* --- Connecting --- */

static OhImReason
judge (const Way *way, const GError *error)
{
  if (!way->reached)
    return OH_IM_REASON_PROXY;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH))
    return OH_IM_REASON_PROXY_PASSWORD;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_FAILED))
    return OH_IM_REASON_PROXY_REFUSED;
  return OH_IM_REASON_NETWORK;
}

static void
on_event (GSocketClient *client,
          GSocketClientEvent event,
          GSocketConnectable *connectable,
          GIOStream *connection,
          gpointer user_data)
{
  if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATING)
    ((Way *)user_data)->reached = TRUE;
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Way *way = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_to_host_finish (
      G_SOCKET_CLIENT (source), result, &error);
  int fd = connection ? dup (g_socket_get_fd (g_socket_connection_get_socket (connection))) : -1;

  if (!g_hash_table_remove (ways, way))
    {
      if (fd >= 0)
        close (fd);
    }
  else if (fd >= 0)
    {
      oh_engine_note_proxy (way->account, OH_IM_REASON_NONE, NULL);
      way->connected (way->data, fd, NULL);
    }
  else
    {
      const char *text = error ? error->message : g_strerror (EMFILE);

      oh_engine_note_proxy (way->account, judge (way, error), text);
      way->connected (way->data, -1, text);
    }
  way_free (way);
}

static PurpleProxyConnectData *
go (Way *way, PurpleProxyInfo *info, const char *host, int port)
{
  g_autofree char *uri = dup_uri (way->account, info);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (uri, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  explicit_bzero (uri, strlen (uri));
  g_socket_client_set_proxy_resolver (client, resolver);
  g_socket_client_set_timeout (client, TIMEOUT_S);
  g_signal_connect (client, "event", G_CALLBACK (on_event), way);
  g_hash_table_add (ways, way);
  g_socket_client_connect_to_host_async (client, host, (guint16)port, way->cancellable,
                                         on_connected, way);
  return (PurpleProxyConnectData *)way;
}

static gboolean
drop (Way *way)
{
  if (!g_hash_table_remove (ways, way))
    return FALSE;
  g_cancellable_cancel (way->cancellable);
  return TRUE;
}

/* --- In the place of libpurple's --- */

static gpointer
find_libpurples (const char *name)
{
  gpointer function = dlsym (RTLD_NEXT, name);

  g_assert (function);
  return function;
}

PurpleProxyConnectData *
purple_proxy_connect (void *handle,
                      PurpleAccount *account,
                      const char *host,
                      int port,
                      PurpleProxyConnectFunction connected,
                      gpointer data)
{
  static __typeof__ (purple_proxy_connect) *directly;
  PurpleProxyInfo *info = get_proxy (account);
  Way *way;

  if (!info)
    {
      if (!directly)
        directly = find_libpurples ("purple_proxy_connect");
      return directly (handle, account, host, port, connected, data);
    }
  g_return_val_if_fail (host && connected && port > 0 && port <= G_MAXUINT16, NULL);
  way = g_new0 (Way, 1);
  way->handle = handle;
  way->account = account;
  way->connected = connected;
  way->data = data;
  way->cancellable = g_cancellable_new ();
  return go (way, info, host, port);
}

void
purple_proxy_connect_cancel (PurpleProxyConnectData *connecting)
{
  static __typeof__ (purple_proxy_connect_cancel) *cancel;

  if (ways && g_hash_table_contains (ways, connecting) && drop ((Way *)connecting))
    return;
  if (!cancel)
    cancel = find_libpurples ("purple_proxy_connect_cancel");
  cancel (connecting);
}

void
purple_proxy_connect_cancel_with_handle (void *handle)
{
  static __typeof__ (purple_proxy_connect_cancel_with_handle) *cancel;
  g_autoptr (GList) all = ways ? g_hash_table_get_keys (ways) : NULL;

  for (GList *l = all; l; l = l->next)
    if (((Way *)l->data)->handle == handle)
      drop (l->data);
  if (!cancel)
    cancel = find_libpurples ("purple_proxy_connect_cancel_with_handle");
  cancel (handle);
}

void
oh_engine_proxy_install (void)
{
  ways = g_hash_table_new (NULL, NULL);
}
