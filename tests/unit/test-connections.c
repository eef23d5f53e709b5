/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What clients of the web server may hold, whoever lets go of their connections at last. */
#include "server/web/oh-certificate.h"
#include "server/web/oh-connections.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

#define PER_ADDRESS 48 /* as in oh-connections.c */
#define THREADS 4
#define EACH 8
#define ROUNDS 5
#define AT_ONCE 3
#define FLOOD 40   /* strangers of one address */
#define STEADY 100 /* looks, 10 ms apart, at which no thread came or went */

typedef struct
{
  char *folder;
  GTlsCertificate *certificate;
  OhConnections *connections;
  GPtrArray *streams; /* the server's ends, after their handshakes */
  GPtrArray *clients;
  GPtrArray *strangers; /* of GSocket: they never finish a handshake */
  gboolean vouches;
  guint refused;
  int gone; /* streams; atomic */
} World;

static void
on_connected (GIOStream *stream, GSocketAddress *local, GSocketAddress *remote, gpointer user_data)
{
  World *world = user_data;

  g_ptr_array_add (world->streams, g_object_ref (stream));
  if (world->vouches)
    oh_connections_vouch (world->connections, remote);
}

static GTlsCertificate *
make_certificate (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhServerConfig) config = NULL;
  g_autofree char *path = g_build_filename (folder, "server.conf", NULL);
  g_autofree char *text = g_strdup_printf ("[server]\nstate_dir=%s\ndomain=localhost\n", folder);
  g_autofree char *pem = NULL;
  GTlsCertificate *certificate;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  config = oh_server_config_load (path, &error);
  g_assert_no_error (error);
  oh_server_config_make_folders (config, &error);
  g_assert_no_error (error);
  oh_certificate_prepare (config, &error);
  g_assert_no_error (error);
  pem = g_build_filename (config->tls_dir, "agent.pem", NULL);
  certificate = g_tls_certificate_new_from_file (pem, &error);
  g_assert_no_error (error);
  return certificate;
}

static void
set_up (World *world, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  world->folder = g_dir_make_tmp ("oh-connections-XXXXXX", NULL);
  world->certificate = make_certificate (world->folder);
  world->streams = g_ptr_array_new_with_free_func (g_object_unref);
  world->clients = g_ptr_array_new_with_free_func (g_object_unref);
  world->strangers = g_ptr_array_new_with_free_func (g_object_unref);
  world->connections = oh_connections_new ("127.0.0.1", 0, world->certificate, on_connected, world,
                                           &error);
  g_assert_no_error (error);
}

static void
remove_all (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

static void
tear_down (World *world, gconstpointer data)
{
  g_ptr_array_unref (world->streams);
  g_ptr_array_unref (world->clients);
  g_ptr_array_unref (world->strangers);
  oh_connections_free (world->connections);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (world->certificate);
  remove_all (world->folder);
  g_free (world->folder);
}

static gboolean
on_certificate (GTlsConnection *tls, GTlsCertificate *peer, int errors, gpointer user_data)
{
  return TRUE;
}

static void
on_handshake_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  World *world = user_data;

  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL))
    {
      g_ptr_array_add (world->clients, source);
      return;
    }
  world->refused++;
  g_object_unref (source);
}

/* Without the system's authorities: reading them takes half a second under the address sanitizer. */
static void
on_connect_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GSocketClient) client = G_SOCKET_CLIENT (source);
  g_autoptr (GSocketConnection) plain = g_socket_client_connect_to_host_finish (client, result,
                                                                                NULL);
  GType type = g_tls_backend_get_client_connection_type (g_tls_backend_get_default ());
  gpointer tls;

  g_assert_nonnull (plain);
  tls = g_initable_new (type, NULL, NULL, "base-io-stream", plain, "database", NULL, NULL);
  g_assert_nonnull (tls);
  g_signal_connect (tls, "accept-certificate", G_CALLBACK (on_certificate), NULL);
  g_tls_connection_handshake_async (tls, G_PRIORITY_DEFAULT, NULL, on_handshake_ready, user_data);
}

/* Until each knows its handshake done or is refused. Few at once: they are to be done in the ten seconds
 * that the server gives them, on a slow machine too. */
static void
connect_few (World *world, guint count)
{
  guint wanted = world->clients->len + world->refused + count;

  for (guint i = 0; i < count; i++)
    {
      GSocketClient *client = g_socket_client_new (); /* freed in on_connect_ready() */

      g_socket_client_connect_to_host_async (client, "127.0.0.1",
                                             oh_connections_get_port (world->connections), NULL,
                                             on_connect_ready, world);
    }
  while (world->clients->len + world->refused < wanted || world->streams->len < world->clients->len)
    g_main_context_iteration (NULL, TRUE);
}

static void
connect_some (World *world, guint count)
{
  for (; count > AT_ONCE; count -= AT_ONCE)
    connect_few (world, AT_ONCE);
  connect_few (world, count);
}

/* After the one who counts them: the references are told in the order in which they were made. */
static void
on_stream_gone (gpointer data, GObject *where_the_stream_was)
{
  World *world = data;

  g_atomic_int_inc (&world->gone);
}

static gpointer
let_go (gpointer data)
{
  GPtrArray *streams = data;

  g_ptr_array_unref (streams);
  return NULL;
}

/* The last reference may be gone in any thread, and in several at once. */
static void
test_let_go_elsewhere (World *world, gconstpointer data)
{
  for (guint round = 0; round < ROUNDS; round++)
    {
      GThread *threads[THREADS];
      GPtrArray *parts[THREADS];

      connect_some (world, THREADS * EACH);
      g_atomic_int_set (&world->gone, 0);
      for (guint i = 0; i < world->streams->len; i++)
        g_object_weak_ref (world->streams->pdata[i], on_stream_gone, world);
      g_assert_cmpuint (world->streams->len, ==, THREADS * EACH);
      for (guint i = 0; i < THREADS; i++)
        {
          parts[i] = g_ptr_array_new_with_free_func (g_object_unref);
          for (guint k = 0; k < EACH; k++)
            g_ptr_array_add (parts[i], g_ptr_array_steal_index_fast (world->streams, 0));
        }
      for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new ("let-go", let_go, parts[i]);
      for (guint i = 0; i < THREADS; i++)
        g_thread_join (threads[i]);
      g_ptr_array_set_size (world->clients, 0);
      /* The thread that shook hands may hold one for a moment more. */
      while (g_atomic_int_get (&world->gone) < THREADS * EACH)
        g_thread_yield ();
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  g_assert_cmpuint (world->refused, ==, 0);
  connect_some (world, PER_ADDRESS);
  g_assert_cmpuint (world->refused, ==, 0);
  connect_some (world, 2);
  g_assert_cmpuint (world->refused, ==, 2);
}

/* Streams may outlive the one that counts them, and end in another thread. */
static void
test_closed_before_its_streams (World *world, gconstpointer data)
{
  g_autoptr (GPtrArray) streams = NULL;

  connect_some (world, 4);
  oh_connections_free (g_steal_pointer (&world->connections));
  streams = g_steal_pointer (&world->streams);
  world->streams = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_remove_index (streams, 0);
  g_thread_join (g_thread_new ("let-go", let_go, g_steal_pointer (&streams)));
}

/* --- Strangers --- */

/* A ClientHello of TLS 1.2 that the server likes: it answers, and waits for the next words. */
static const guchar hello[] = {
  22,   3,  1,    0,    76,                               /* a record of 76 bytes */
  1,    0,  0,    72,   3,    3,                          /* ClientHello of 72 bytes, TLS 1.2 */
  1,    2,  3,    4,    5,    6,    7,  8,    9,  10, 11, /* random, of 32 bytes */
  12,   13, 14,   15,   16,   17,   18, 19,   20, 21, 22,
  23,   24, 25,   26,   27,   28,   29, 30,   31, 32, 0, /* no session */
  0,    4,  0xc0, 0x2b, 0xc0, 0x2f,                      /* ECDHE-ECDSA, ECDHE-RSA */
  1,    0,                                               /* no compression */
  0,    27,                                              /* extensions of 27 bytes */
  0,    10, 0,    4,    0,    2,    0,  0x17,            /* groups: secp256r1 */
  0,    13, 0,    6,    0,    4,    4,  3,    4,  1,     /* signatures: ECDSA, RSA */
  0xff, 1,  0,    1,    0,                               /* renegotiation */
  0,    23, 0,    0,                                     /* extended master secret */
};

/* A connection of @from, on which the test says whatever it likes. */
static void
add_stranger (World *world, const char *from, const guchar *words, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) own = g_inet_socket_address_new_from_string (from, 0);
  g_autoptr (GSocketAddress) server = g_inet_socket_address_new_from_string (
      "127.0.0.1", oh_connections_get_port (world->connections));
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                  &error);

  g_assert_no_error (error);
  g_socket_bind (socket, own, FALSE, &error);
  g_assert_no_error (error);
  g_socket_connect (socket, server, NULL, &error);
  g_assert_no_error (error);
  if (size)
    g_assert_cmpint (g_socket_send (socket, (const char *)words, size, NULL, NULL), ==, size);
  g_ptr_array_add (world->strangers, socket);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* FLOOD of each of @addresses, from 127.0.0.2 + @first on. */
static void
add_strangers (World *world, guint first, guint addresses, const guchar *words, gsize size)
{
  for (guint i = first; i < first + addresses; i++)
    {
      g_autofree char *from = g_strdup_printf ("127.0.0.%u", i + 2);

      for (guint k = 0; k < FLOOD; k++)
        add_stranger (world, from, words, size);
    }
}

/* Those that the server has not closed. */
static guint
count_open (World *world)
{
  guint count = 0;

  for (guint i = 0; i < world->strangers->len; i++)
    {
      char byte;
      gssize size = recv (g_socket_get_fd (world->strangers->pdata[i]), &byte, 1,
                          MSG_PEEK | MSG_DONTWAIT);

      count += size > 0 || (size < 0 && errno == EAGAIN);
    }
  return count;
}

/* One who says nothing, or not all of his first record, takes nothing from others, however many there are. */
static void
test_silent (World *world, gconstpointer data)
{
  add_strangers (world, 0, 6, NULL, 0);
  add_strangers (world, 6, 2, hello, sizeof hello - 1);
  connect_some (world, 1);
  g_assert_cmpuint (world->clients->len, ==, 1);
  g_assert_cmpuint (count_open (world), ==, 8 * FLOOD);
}

/* What is no TLS is closed at once. */
static void
test_no_tls (World *world, gconstpointer data)
{
  static const guchar nothing[] = { 22, 3, 1, 0, 0 };
  static const guchar huge[] = { 22, 3, 1, 0xff, 0xff };

  add_stranger (world, "127.0.0.2", (const guchar *)"GET / HTTP/1.1\r\n", 16);
  add_stranger (world, "127.0.0.2", nothing, sizeof nothing);
  add_stranger (world, "127.0.0.2", huge, sizeof huge);
  while (count_open (world))
    g_main_context_iteration (NULL, TRUE);
}

/* Those who stop in the middle of their handshake give way, in the end to each address. */
static void
test_half_open (World *world, gconstpointer data)
{
  add_strangers (world, 0, 5, hello, sizeof hello);
  connect_some (world, 1);
  g_assert_cmpuint (world->clients->len, ==, 1);
  g_assert_cmpuint (count_open (world), >=, 3 * FLOOD);
}

/* A signed-in device's connection takes no place of those who are not. */
static void
test_vouched (World *world, gconstpointer data)
{
  world->vouches = TRUE;
  connect_some (world, PER_ADDRESS + 4);
  g_assert_cmpuint (world->refused, ==, 0);
  world->vouches = FALSE;
  connect_some (world, PER_ADDRESS);
  g_assert_cmpuint (world->refused, ==, 0);
  connect_some (world, 2);
  g_assert_cmpuint (world->refused, ==, 2);
}

#ifdef __SANITIZE_ADDRESS__
static guint
count_threads (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  guint count = 0;

  while (tasks && g_dir_read_name (tasks))
    count++;
  return count;
}

/* Those of GLib's pool that shook hands: the leak sanitizer crashes where one ends while it looks. They
 * wait half a second for work, then all but a few end. */
static void
wait_for_threads (void)
{
  guint before = 0;

  for (guint steady = 0, i = 0; steady < STEADY && i < 10 * STEADY; i++)
    {
      guint now = count_threads ();

      steady = now == before && g_thread_pool_get_num_unused_threads () == 0 ? steady + 1 : 0;
      before = now;
      g_thread_pool_stop_unused_threads ();
      g_usleep (10000);
    }
}
#else
static void
wait_for_threads (void)
{
}
#endif

int
main (int argc, char **argv)
{
  int failures;

  g_test_init (&argc, &argv, NULL);
  g_test_add ("/connections/let-go-elsewhere", World, NULL, set_up, test_let_go_elsewhere,
              tear_down);
  g_test_add ("/connections/closed-before-its-streams", World, NULL, set_up,
              test_closed_before_its_streams, tear_down);
  g_test_add ("/connections/silent", World, NULL, set_up, test_silent, tear_down);
  g_test_add ("/connections/no-tls", World, NULL, set_up, test_no_tls, tear_down);
  g_test_add ("/connections/half-open", World, NULL, set_up, test_half_open, tear_down);
  g_test_add ("/connections/vouched", World, NULL, set_up, test_vouched, tear_down);
  failures = g_test_run ();
  wait_for_threads ();
  return failures;
}
