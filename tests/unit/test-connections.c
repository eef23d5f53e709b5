/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What clients of the web server may hold, whoever lets go of their connections at last. */
#include "server/web/oh-certificate.h"
#include "server/web/oh-connections.h"

#include <glib/gstdio.h>

#define PER_ADDRESS 48 /* as in oh-connections.c */
#define THREADS 4
#define EACH 8
#define ROUNDS 5
#define AT_ONCE 3
#define STEADY 100 /* looks, 10 ms apart, at which no thread came or went */

typedef struct
{
  char *folder;
  GTlsCertificate *certificate;
  OhConnections *connections;
  GPtrArray *streams; /* the server's ends, after their handshakes */
  GPtrArray *clients;
  guint refused;
  int gone; /* streams; atomic */
} World;

static void
on_connected (GIOStream *stream, GSocketAddress *local, GSocketAddress *remote, gpointer user_data)
{
  World *world = user_data;

  g_ptr_array_add (world->streams, g_object_ref (stream));
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
  failures = g_test_run ();
  wait_for_threads ();
  return failures;
}
