/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-connections.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "server/limits/oh-limits.h"

#include <sys/socket.h>

#define MAX_CONNECTIONS 512 /* of strangers */
#define MAX_PER_ADDRESS 48
#define MAX_SHAKING 8 /* hands at once; GLib's pool has ten threads, and other work */
#define MAX_SHAKING_PER_ADDRESS 4
/* That wait to be accepted: of more at a time each is put off for a second, then longer. */
#define BACKLOG 128
#define HELLO_S 10 /* for the first record */
#define HANDSHAKE_S 10
#define GIVE_WAY_US (3 * G_USEC_PER_SEC) /* of a handshake while others wait */
#define GIVE_WAY_MS 250                  /* how often that is looked at */
#define LOOK_MS 50                       /* how often for the rest of a first record */
/* A TLS record: type, version, length, then at most 2^14 + 256 bytes (RFC 8446 5.1, 5.2). */
#define RECORD_HEAD 5
#define RECORD_MOST (16384 + 256)
#define RECORD_HANDSHAKE 22
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
  GHashTable *counted; /* address -> number of connections of strangers */
  GHashTable *shaking; /* address -> number of handshakes that are going on */
  guint n_counted, n_shaking;
  GQueue waiting; /* of Connection: for their handshake */
  guint give_way_timer;
};

typedef struct
{
  OhConnections *owner; /* holds a reference */
  GSocket *socket;
  GSocketAddress *local, *remote;
  char *name;       /* "192.0.2.1:40000" */
  char *address;    /* "192.0.2.1"; for which it is counted */
  GIOStream *plain; /* NULL: TLS has it */
  GSource *hello;   /* until its first record is there */
  gint64 shaking;   /* since when it shakes hands; 0: it does not */
  gboolean vouched; /* not counted */
  guint timer;
} Connection;

static gboolean on_readable (GSocket *socket, GIOCondition condition, gpointer user_data);

static char *
name_of (GSocketAddress *address)
{
  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

static int
look_up (GHashTable *table, const char *address)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (table, address));
}

static void
add (GHashTable *table, const char *address, int step)
{
  int now = look_up (table, address) + step;

  if (now > 0)
    g_hash_table_replace (table, g_strdup (address), GINT_TO_POINTER (now));
  else
    g_hash_table_remove (table, address);
}

static void
count (OhConnections *connections, const char *address, int step)
{
  add (connections->counted, address, step);
  connections->n_counted += (guint)step;
}

static void
stop_looking (Connection *connection)
{
  if (!connection->hello)
    return;
  g_source_destroy (connection->hello);
  g_clear_pointer (&connection->hello, g_source_unref);
}

static void
free_connection (gpointer data)
{
  Connection *connection = data;

  g_clear_handle_id (&connection->timer, g_source_remove);
  stop_looking (connection);
  g_clear_object (&connection->plain);
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
  g_hash_table_unref (connections->shaking);
  g_object_unref (connections->certificate);
  g_main_context_unref (connections->context);
  g_free (connections);
}

static gboolean
on_gone (gpointer user_data)
{
  Connection *connection = user_data;
  OhConnections *connections = connection->owner;

  if (!connection->vouched)
    count (connections, connection->address, -1);
  g_queue_remove (&connections->waiting, connection);
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
  if (connection->plain) /* nobody else has it */
    on_gone (connection);
  else
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

void
oh_connections_vouch (OhConnections *connections, GSocketAddress *remote)
{
  g_autofree char *name = remote ? name_of (remote) : NULL;
  Connection *connection = name ? g_hash_table_lookup (connections->all, name) : NULL;

  if (!connection || connection->vouched)
    return;
  connection->vouched = TRUE;
  count (connections, connection->address, -1);
}

/* --- Handshakes --- */

static void start_waiting (OhConnections *connections);

static void
on_handshake_ready (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GIOStream) tls = G_IO_STREAM (object); /* the reference of start_handshake() */
  g_autoptr (GError) error = NULL;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, &error);
  Connection *connection = g_object_get_data (object, "oh-connection");

  connection->shaking = 0;
  add (connection->owner->shaking, connection->address, -1);
  connection->owner->n_shaking--;
  start_waiting (connection->owner);
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
start_handshake (Connection *connection)
{
  OhConnections *connections = connection->owner;
  GIOStream *tls = new_tls (connection->plain, connections->certificate);

  if (!tls)
    {
      on_gone (connection);
      return;
    }
  g_clear_object (&connection->plain);
  connection->shaking = oh_clock_now ();
  add (connections->shaking, connection->address, 1);
  connections->n_shaking++;
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  g_object_set_data (G_OBJECT (tls), "oh-connection", connection);
  g_object_weak_ref (G_OBJECT (tls), on_stream_gone, connection);
  set_timer (connection, HANDSHAKE_S);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL,
                                    on_handshake_ready, NULL);
}

/* Of those that wait the first one of the address that has the fewest handshakes; NULL: none may begin. */
static Connection *
find_next (OhConnections *connections)
{
  Connection *best = NULL;
  int least = MAX_SHAKING_PER_ADDRESS;

  for (GList *l = connections->waiting.head; l && least > 0; l = l->next)
    {
      Connection *connection = l->data;
      int now = look_up (connections->shaking, connection->address);

      if (now >= least)
        continue;
      best = connection;
      least = now;
    }
  return best;
}

static gboolean
on_give_way (gpointer user_data)
{
  OhConnections *connections = user_data;
  gint64 slow = oh_clock_now () - GIVE_WAY_US;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, connections->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Connection *connection = value;

      if (connection->shaking && connection->shaking < slow)
        g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
    }
  return G_SOURCE_CONTINUE;
}

static void
start_waiting (OhConnections *connections)
{
  Connection *next;

  while (!connections->closed && connections->n_shaking < MAX_SHAKING
         && (next = find_next (connections)))
    {
      g_queue_remove (&connections->waiting, next);
      start_handshake (next);
    }
  if (connections->closed || !connections->waiting.head)
    g_clear_handle_id (&connections->give_way_timer, g_source_remove);
  else if (!connections->give_way_timer)
    connections->give_way_timer = g_timeout_add (GIVE_WAY_MS, on_give_way, connections);
}

/* --- The first record --- */

typedef enum
{
  HELLO_NONE, /* nothing was said yet */
  HELLO_PART,
  HELLO_WHOLE,
  HELLO_WRONG /* no TLS, or it is closed */
} Hello;

/* What there is of it stays to be read. */
static Hello
look_for_hello (GSocket *socket)
{
  guchar head[RECORD_HEAD];
  gssize size = recv (g_socket_get_fd (socket), head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
  gssize length, available;

  if (size < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? HELLO_NONE : HELLO_WRONG;
  if (size == 0 || head[0] != RECORD_HANDSHAKE)
    return HELLO_WRONG;
  if (size < RECORD_HEAD)
    return HELLO_PART;
  length = head[3] << 8 | head[4];
  if (length == 0 || length > RECORD_MOST)
    return HELLO_WRONG;
  available = g_socket_get_available_bytes (socket);
  return available >= RECORD_HEAD + length ? HELLO_WHOLE : HELLO_PART;
}

static void
look_later (Connection *connection, GSource *source, GSourceFunc func)
{
  stop_looking (connection);
  connection->hello = source;
  g_source_set_callback (source, func, connection, NULL);
  g_source_attach (source, connection->owner->context);
}

static gboolean
on_look_due (gpointer user_data)
{
  return on_readable (NULL, 0, user_data);
}

/* Both sources end themselves here. */
static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Connection *connection = user_data;
  OhConnections *connections = connection->owner;

  switch (look_for_hello (connection->socket))
    {
    case HELLO_NONE:
      return G_SOURCE_CONTINUE;
    case HELLO_PART:
      look_later (connection, g_timeout_source_new (LOOK_MS), on_look_due);
      break;
    case HELLO_WHOLE:
      stop_looking (connection);
      set_timer (connection, 0);
      g_queue_push_tail (&connections->waiting, connection);
      start_waiting (connections);
      break;
    case HELLO_WRONG:
    default:
      on_gone (connection);
      break;
    }
  return G_SOURCE_REMOVE;
}

/* Takes @connection, whose client has said nothing yet. */
static void
wait_for_hello (OhConnections *connections, Connection *connection, GIOStream *plain)
{
  connection->owner = connections;
  connections->references++;
  connection->plain = g_object_ref (plain);
  g_hash_table_insert (connections->all, connection->name, connection);
  count (connections, connection->address, 1);
  set_timer (connection, HELLO_S);
  look_later (connection, g_socket_create_source (connection->socket, G_IO_IN, NULL),
              G_SOURCE_FUNC (on_readable));
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
      g_autofree char *address = g_inet_address_to_string (
          g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (connection->remote)));

      connection->name = name_of (connection->remote);
      connection->address = oh_limits_dup_source (address);
    }
  if (!connection->name || g_hash_table_contains (connections->all, connection->name)
      || connections->n_counted >= MAX_CONNECTIONS
      || look_up (connections->counted, connection->address) >= MAX_PER_ADDRESS)
    {
      g_debug ("too many web connections: one is refused");
      free_connection (connection);
      return TRUE;
    }
  g_socket_set_timeout (connection->socket, SILENCE_S);
  wait_for_hello (connections, connection, G_IO_STREAM (plain));
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
  connections->shaking = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
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

/* Reading tells the end to whoever has the stream. */
static void
shut (gpointer data, gpointer user_data)
{
  Connection *connection = data;

  set_timer (connection, 0);
  if (connection->plain)
    on_gone (connection);
  else
    g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
}

void
oh_connections_free (OhConnections *connections)
{
  g_autoptr (GList) all = NULL;

  if (!connections)
    return;
  connections->closed = TRUE;
  g_clear_handle_id (&connections->give_way_timer, g_source_remove);
  g_socket_service_stop (connections->service);
  g_socket_listener_close (G_SOCKET_LISTENER (connections->service));
  g_clear_object (&connections->service);
  all = g_hash_table_get_values (connections->all);
  g_list_foreach (all, shut, NULL);
  release (connections);
}
