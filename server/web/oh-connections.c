/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-connections.h"

#include "base/oh-error.h"

#define MAX_CONNECTIONS 512
#define MAX_PER_ADDRESS 48
/* That wait to be accepted: of more at a time each is put off for a second, then longer. */
#define BACKLOG 128
#define HANDSHAKE_S 10
/* Of silence in either direction while an answer is written. */
#define SILENCE_S 60

/* Belongs to the thread that made it, and lives until its last stream is gone. */
struct _OhConnections
{
  guint references; /* the maker's, and one for each in `all` */
  gboolean closed;  /* by the maker */
  GThread *thread;
  GMainContext *context;
  GSocketService *service;
  guint16 port;
  GTlsCertificate *certificate;
  OhConnectedFunc func;
  gpointer user_data;
  GHashTable *all;     /* name of Connection -> owned Connection */
  GHashTable *counted; /* address -> number of connections */
};

typedef struct
{
  OhConnections *owner; /* holds a reference */
  GSocket *socket;
  GSocketAddress *local, *remote;
  char *name;    /* "192.0.2.1:40000" */
  char *address; /* "192.0.2.1" */
  guint timer;
} Connection;

static char *
name_of (GSocketAddress *address)
{
  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

static void
count (OhConnections *connections, const char *address, int step)
{
  int now = GPOINTER_TO_INT (g_hash_table_lookup (connections->counted, address)) + step;

  if (now > 0)
    g_hash_table_replace (connections->counted, g_strdup (address), GINT_TO_POINTER (now));
  else
    g_hash_table_remove (connections->counted, address);
}

static void
free_connection (gpointer data)
{
  Connection *connection = data;

  g_clear_handle_id (&connection->timer, g_source_remove);
  g_clear_object (&connection->socket);
  g_clear_object (&connection->local);
  g_clear_object (&connection->remote);
  g_free (connection->name);
  g_free (connection->address);
  g_free (connection);
}

static void
release (OhConnections *connections)
{
  if (--connections->references > 0)
    return;
  g_hash_table_unref (connections->all);
  g_hash_table_unref (connections->counted);
  g_object_unref (connections->certificate);
  g_main_context_unref (connections->context);
  g_free (connections);
}

static gboolean
on_gone (gpointer user_data)
{
  Connection *connection = user_data;
  OhConnections *connections = connection->owner;

  count (connections, connection->address, -1);
  g_hash_table_remove (connections->all, connection->name);
  release (connections);
  return G_SOURCE_REMOVE;
}

/* The stream's last reference is gone: the connection is closed. Any thread: GLib's own, in which TLS
 * shakes hands and closes, may be the last to let go of the stream. */
static void
on_stream_gone (gpointer user_data, GObject *where_the_stream_was)
{
  Connection *connection = user_data;
  g_autoptr (GSource) source = NULL;

  if (g_thread_self () == connection->owner->thread)
    {
      on_gone (connection);
      return;
    }
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_gone, connection, NULL);
  g_source_attach (source, connection->owner->context);
}

/* Reading then tells the end, and whoever holds the stream lets go of it. */
static gboolean
on_deadline (gpointer user_data)
{
  Connection *connection = user_data;

  connection->timer = 0;
  g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
set_timer (Connection *connection, guint seconds)
{
  g_clear_handle_id (&connection->timer, g_source_remove);
  if (seconds)
    connection->timer = g_timeout_add_seconds (seconds, on_deadline, connection);
}

void
oh_connections_set_deadline (OhConnections *connections, GSocketAddress *remote, guint seconds)
{
  g_autofree char *name = remote ? name_of (remote) : NULL;
  Connection *connection = name ? g_hash_table_lookup (connections->all, name) : NULL;

  if (connection)
    set_timer (connection, seconds);
}

static void
on_handshake_ready (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GIOStream) tls = G_IO_STREAM (object); /* the reference of start_handshake() */
  g_autoptr (GError) error = NULL;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, &error);
  Connection *connection = g_object_get_data (object, "oh-connection");

  if (!done || connection->owner->closed)
    {
      g_debug ("a connection ended in its handshake: %s", error ? error->message : "closing");
      return;
    }
  set_timer (connection, 0);
  connection->owner->func (tls, connection->local, connection->remote,
                           connection->owner->user_data);
}

/* As g_tls_server_connection_new(), but without a database of authorities from the very start, for no
 * client shows a certificate: GnuTLS would read all of the system's for each connection. */
static GIOStream *
new_tls (GIOStream *plain, GTlsCertificate *certificate)
{
  GType type = g_tls_backend_get_server_connection_type (g_tls_backend_get_default ());

  return g_initable_new (type, NULL, NULL, "base-io-stream", plain, "certificate", certificate,
                         "database", NULL, NULL);
}

static void
start_handshake (OhConnections *connections, Connection *connection, GIOStream *plain)
{
  GIOStream *tls = new_tls (plain, connections->certificate);

  if (!tls)
    {
      free_connection (connection);
      return;
    }
  connection->owner = connections;
  connections->references++;
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  g_hash_table_insert (connections->all, connection->name, connection);
  count (connections, connection->address, 1);
  g_object_set_data (G_OBJECT (tls), "oh-connection", connection);
  g_object_weak_ref (G_OBJECT (tls), on_stream_gone, connection);
  set_timer (connection, HANDSHAKE_S);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL,
                                    on_handshake_ready, NULL);
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *plain, GObject *source, gpointer user_data)
{
  OhConnections *connections = user_data;
  Connection *connection = g_new0 (Connection, 1);

  connection->socket = g_object_ref (g_socket_connection_get_socket (plain));
  connection->local = g_socket_connection_get_local_address (plain, NULL);
  connection->remote = g_socket_connection_get_remote_address (plain, NULL);
  if (connection->local && connection->remote)
    {
      connection->name = name_of (connection->remote);
      connection->address = g_inet_address_to_string (
          g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (connection->remote)));
    }
  if (!connection->name || g_hash_table_contains (connections->all, connection->name)
      || g_hash_table_size (connections->all) >= MAX_CONNECTIONS
      || GPOINTER_TO_INT (g_hash_table_lookup (connections->counted, connection->address))
             >= MAX_PER_ADDRESS)
    {
      g_debug ("too many web connections: one is refused");
      free_connection (connection);
      return TRUE;
    }
  g_socket_set_timeout (connection->socket, SILENCE_S);
  start_handshake (connections, connection, G_IO_STREAM (plain));
  return TRUE;
}

OhConnections *
oh_connections_new (const char *address,
                    guint16 port,
                    GTlsCertificate *certificate,
                    OhConnectedFunc func,
                    gpointer user_data,
                    GError **error)
{
  OhConnections *connections = g_new0 (OhConnections, 1);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (GSocketAddress) got = NULL;
  g_autoptr (GError) local = NULL;

  connections->references = 1;
  connections->thread = g_thread_self ();
  connections->context = g_main_context_ref_thread_default ();
  connections->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_connection);
  connections->counted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  connections->certificate = g_object_ref (certificate);
  connections->func = func;
  connections->user_data = user_data;
  connections->service = g_socket_service_new ();
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (connections->service), BACKLOG);
  g_signal_connect (connections->service, "incoming", G_CALLBACK (on_incoming), connections);
  if (!wanted
      || !g_socket_listener_add_address (G_SOCKET_LISTENER (connections->service), wanted,
                                         G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &got,
                                         &local))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_BUSY,
                   "cannot listen for HTTPS on %s port %u: %s; change [web] address or port, or "
                   "stop the program that has it",
                   address, port, local ? local->message : "not an IP address");
      oh_connections_free (connections);
      return NULL;
    }
  connections->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
  return connections;
}

guint16
oh_connections_get_port (OhConnections *connections)
{
  return connections->port;
}

void
oh_connections_set_certificate (OhConnections *connections, GTlsCertificate *certificate)
{
  g_set_object (&connections->certificate, certificate);
}

/* Reading tells the end. */
static void
shut (gpointer key, gpointer value, gpointer user_data)
{
  Connection *connection = value;

  set_timer (connection, 0);
  g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
}

void
oh_connections_free (OhConnections *connections)
{
  if (!connections)
    return;
  connections->closed = TRUE;
  g_socket_service_stop (connections->service);
  g_socket_listener_close (G_SOCKET_LISTENER (connections->service));
  g_clear_object (&connections->service);
  g_hash_table_foreach (connections->all, shut, NULL);
  release (connections);
}
