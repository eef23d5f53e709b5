/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-admin"

#include "server/admin/oh-admin-private.h"

#include "base/oh-error.h"
#include "server/store/oh-json.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <string.h>
#include <sys/un.h>

#define MAX_LINE (64 * 1024)
#define MAX_QUEUED (8 * 1024 * 1024)

/* One `offhookctl` that is connected: commands come one after the other. */
struct _OhAdminConnection
{
  gatomicrefcount references;
  OhAdmin *admin;
  GSocketConnection *stream;
  GDataInputStream *input;
  GString *output; /* what is still to be written */
  GBytes *writing;
  guint watch; /* of events; 0: none */
  gboolean is_dead;
};

static void
unref_admin (OhAdmin *admin)
{
  if (!g_atomic_ref_count_dec (&admin->references))
    return;
  g_ptr_array_unref (admin->connections);
  g_free (admin);
}

static OhAdminConnection *
ref_connection (OhAdminConnection *connection)
{
  g_atomic_ref_count_inc (&connection->references);
  return connection;
}

static void
unref_connection (OhAdminConnection *connection)
{
  if (!g_atomic_ref_count_dec (&connection->references))
    return;
  g_object_unref (connection->input);
  g_object_unref (connection->stream);
  g_string_free (connection->output, TRUE);
  unref_admin (connection->admin);
  g_free (connection);
}

/* --- Writing --- */

static void write_more (OhAdminConnection *connection);
static void read_next (OhAdminConnection *connection);

static void
release_connection (gpointer data)
{
  unref_connection (data);
}

/* No more is read or written; the references of what is under way keep the memory. */
static void
end_connection (OhAdminConnection *connection)
{
  if (connection->is_dead)
    return;
  connection->is_dead = TRUE;
  g_ptr_array_remove_fast (connection->admin->connections, connection);
  g_socket_shutdown (g_socket_connection_get_socket (connection->stream), TRUE, TRUE, NULL);
  if (connection->watch)
    {
      oh_store_unwatch (connection->admin->store, connection->watch);
      /* Events that are posted already still arrive, before this. */
      oh_executor_post (&connection->admin->executor, release_connection, connection);
      connection->watch = 0;
    }
}

static void
on_written (GObject *object, GAsyncResult *result, gpointer user_data)
{
  OhAdminConnection *connection = user_data;
  gboolean done = g_output_stream_write_all_finish (G_OUTPUT_STREAM (object), result, NULL, NULL);

  g_clear_pointer (&connection->writing, g_bytes_unref);
  if (!done)
    end_connection (connection);
  else if (connection->output->len)
    write_more (connection);
  unref_connection (connection);
}

static void
write_more (OhAdminConnection *connection)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection->stream));
  gsize length = connection->output->len;

  connection->writing = g_bytes_new_take (g_string_free (connection->output, FALSE), length);
  connection->output = g_string_new (NULL);
  g_output_stream_write_all_async (output, g_bytes_get_data (connection->writing, NULL), length,
                                   G_PRIORITY_DEFAULT, NULL, on_written,
                                   ref_connection (connection));
}

static void
write_line (OhAdminConnection *connection, const char *line)
{
  if (connection->is_dead)
    return;
  if (connection->output->len > MAX_QUEUED)
    {
      g_message ("a control connection does not read its events: it is closed");
      end_connection (connection);
      return;
    }
  g_string_append (connection->output, line);
  g_string_append_c (connection->output, '\n');
  if (!connection->writing)
    write_more (connection);
}

/* --- Answers --- */

static void
finish_request (OhAdminRequest *request, const char *line)
{
  OhAdminConnection *connection = request->connection;

  write_line (connection, line);
  if (!connection->is_dead)
    read_next (connection);
  if (request->data && request->free_data)
    request->free_data (request->data);
  g_clear_pointer (&request->arguments, json_object_unref);
  oh_directory_unref (request->directory);
  g_free (request);
  unref_connection (connection);
}

void
oh_admin_answer (OhAdminRequest *request, const char *json)
{
  g_autofree char *line = g_strconcat ("{\"ok\":true,\"result\":", json, "}", NULL);

  finish_request (request, line);
}

void
oh_admin_answer_error (OhAdminRequest *request, const char *code, const char *message)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *valid = g_utf8_make_valid (message, -1);
  g_autofree char *line = NULL;

  json_object_set_boolean_member (object, "ok", FALSE);
  json_object_set_string_member (object, "error", code);
  json_object_set_string_member (object, "message", valid);
  line = oh_json_object_to_string (object);
  finish_request (request, line);
}

void
oh_admin_answer_gerror (OhAdminRequest *request, const GError *error)
{
  const char *code = "failed";

  if (g_error_matches (error, OH_ERROR, OH_ERROR_INVALID))
    code = "invalid";
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_EXISTS))
    code = "exists";
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND))
    code = "not-found";
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT))
    code = "limit";
  oh_admin_answer_error (request, code, error->message);
}

static void
on_event (const char *json, gpointer user_data)
{
  write_line (user_data, json);
}

void
oh_admin_follow_events (OhAdminRequest *request)
{
  OhAdminConnection *connection = request->connection;

  if (!connection->watch && !connection->is_dead)
    connection->watch = oh_store_watch_events (request->admin->store, &request->admin->executor,
                                               on_event, ref_connection (connection));
  oh_admin_answer (request, "{}");
}

static void
on_store_answer (const char *json, const GError *error, gpointer user_data)
{
  if (error)
    oh_admin_answer_gerror (user_data, error);
  else
    oh_admin_answer (user_data, json);
}

OhStoreReply
oh_admin_reply (OhAdminRequest *request)
{
  return oh_admin_reply_to (request, on_store_answer);
}

OhStoreReply
oh_admin_reply_to (OhAdminRequest *request, OhStoreFunc func)
{
  return (OhStoreReply){ &request->admin->executor, func, request };
}

/* --- Arguments --- */

gboolean
oh_admin_read (
    OhAdminRequest *request, const char *key, gboolean needed, gsize max, const char **value)
{
  g_autoptr (GError) error = NULL;

  if (oh_json_read_string (request->arguments, key, needed, max, value, &error))
    return TRUE;
  oh_admin_answer_gerror (request, error);
  return FALSE;
}

gboolean
oh_admin_read_place (OhAdminRequest *request, int *rank, int *evidence)
{
  const char *word = NULL;
  gint64 number = -1;
  g_autoptr (GError) error = NULL;

  if (!oh_admin_read (request, "evidence", FALSE, 16, &word))
    return FALSE;
  if (!oh_json_read_int (request->arguments, "rank", FALSE, 0, 1000, &number, &error))
    {
      oh_admin_answer_gerror (request, error);
      return FALSE;
    }
  *rank = (int)number;
  *evidence = oh_word_find (oh_evidence_words, word);
  if (number >= 0 || word)
    return TRUE;
  oh_admin_answer_error (request, "invalid", "name what to set: --rank N or --evidence WORD");
  return FALSE;
}

const OhUser *
oh_admin_find_user (OhAdminRequest *request)
{
  const char *name = NULL;
  const OhUser *user;
  gint64 id;
  g_autofree char *message = NULL;

  if (!oh_admin_read (request, "user", TRUE, 128, &name))
    return NULL;
  user = oh_directory_find_user_by_alias (request->directory, name);
  if (!user)
    user = oh_directory_find_user_by_number (request->directory, name);
  if (!user && g_ascii_string_to_signed (name, 10, 1, G_MAXINT64, &id, NULL))
    user = oh_directory_find_user_by_id (request->directory, id);
  if (user)
    return user;
  message = g_strdup_printf ("there is no user \"%s\"; offhookctl user list shows them", name);
  oh_admin_answer_error (request, "not-found", message);
  return NULL;
}

/* --- Reading --- */

static void
dispatch (OhAdminRequest *request)
{
  const OhAdminCommand *tables[] = { oh_admin_user_commands, oh_admin_trunk_commands,
                                     oh_admin_im_commands, oh_admin_live_commands };
  const char *name = NULL;

  if (!oh_admin_read (request, "command", TRUE, 40, &name))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const OhAdminCommand *command = tables[i]; command->name; command++)
      if (strcmp (command->name, name) == 0)
        {
          command->handle (request);
          return;
        }
  oh_admin_answer_error (request, "unknown-command",
                         "this offhookd does not know the command; is offhookctl of the same "
                         "version?");
}

static void
take_line (OhAdminConnection *connection, const char *line, gsize length)
{
  OhAdminRequest *request = g_new0 (OhAdminRequest, 1);
  g_autoptr (GError) error = NULL;

  request->admin = connection->admin;
  request->connection = ref_connection (connection);
  request->directory = oh_store_dup_directory (connection->admin->store);
  if (length <= MAX_LINE)
    request->arguments = oh_json_parse_object (line, length, &error);
  else
    g_set_error (&error, OH_ERROR, OH_ERROR_LIMIT, "the line is too long");
  if (request->arguments)
    dispatch (request);
  else
    oh_admin_answer_gerror (request, error);
}

static void
on_line (GObject *object, GAsyncResult *result, gpointer user_data)
{
  OhAdminConnection *connection = user_data;
  gsize length = 0;
  g_autofree char *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (object),
                                                                result, &length, NULL);

  if (!line || connection->admin->closed)
    end_connection (connection);
  else if (!connection->is_dead)
    take_line (connection, line, length);
  unref_connection (connection);
}

static void
read_next (OhAdminConnection *connection)
{
  g_data_input_stream_read_line_async (connection->input, G_PRIORITY_DEFAULT, NULL, on_line,
                                       ref_connection (connection));
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *stream,
             GObject *source,
             gpointer user_data)
{
  OhAdmin *admin = user_data;
  OhAdminConnection *connection = g_new0 (OhAdminConnection, 1);

  g_atomic_ref_count_init (&connection->references);
  g_atomic_ref_count_inc (&admin->references);
  connection->admin = admin;
  connection->stream = g_object_ref (stream);
  connection->input = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (stream)));
  connection->output = g_string_new (NULL);
  g_ptr_array_add (admin->connections, connection);
  read_next (connection);
  unref_connection (connection); /* the reading has its own */
  return TRUE;
}

/* --- The socket --- */

static gboolean
is_alive (GSocketAddress *address)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = g_socket_client_connect (
      client, G_SOCKET_CONNECTABLE (address), NULL, NULL);

  return connection != NULL;
}

static gboolean
listen_on (OhAdmin *admin, GError **error)
{
  const char *path = admin->config->control;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) local = NULL;

  if (strlen (path) >= sizeof ((struct sockaddr_un *)NULL)->sun_path)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "the control socket's path %s is too long for the system; choose a shorter "
                   "[server] state_dir",
                   path);
      return FALSE;
    }
  address = g_unix_socket_address_new (path);
  if (is_alive (address))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_BUSY,
                   "another offhookd runs with the state folder %s; stop it, or choose another "
                   "[server] state_dir",
                   admin->config->state_dir);
      return FALSE;
    }
  g_unlink (path);
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (admin->service), address,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                      &local))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_BUSY, "cannot make the control socket %s: %s", path,
                   local->message);
      return FALSE;
    }
  g_chmod (path, 0600); /* the folder is 0700 besides */
  return TRUE;
}

OhAdmin *
oh_admin_new (OhStore *store, const OhServerConfig *config, const OhLive *live, GError **error)
{
  OhAdmin *admin = g_new0 (OhAdmin, 1);

  g_atomic_ref_count_init (&admin->references);
  admin->store = store;
  admin->config = config;
  admin->live = *live;
  admin->executor = oh_executor_for_context (g_main_context_get_thread_default ());
  admin->connections = g_ptr_array_new ();
  admin->started = g_get_real_time () / G_USEC_PER_SEC;
  admin->service = g_socket_service_new ();
  if (!listen_on (admin, error))
    {
      g_object_unref (admin->service);
      unref_admin (admin);
      return NULL;
    }
  g_signal_connect (admin->service, "incoming", G_CALLBACK (on_incoming), admin);
  return admin;
}

void
oh_admin_set_ports (OhAdmin *admin, guint16 udp, guint16 tcp, guint16 tls, guint16 https)
{
  admin->udp = udp;
  admin->tcp = tcp;
  admin->tls = tls;
  admin->https = https;
}

void
oh_admin_set_desk (OhAdmin *admin, OhImDesk *desk)
{
  admin->desk = desk;
}

void
oh_admin_set_config (OhAdmin *admin, const OhServerConfig *config)
{
  admin->config = config;
}

void
oh_admin_free (OhAdmin *admin)
{
  if (!admin)
    return;
  admin->closed = TRUE;
  g_socket_service_stop (admin->service);
  g_socket_listener_close (G_SOCKET_LISTENER (admin->service));
  g_object_unref (admin->service);
  g_unlink (admin->config->control);
  while (admin->connections->len)
    end_connection (admin->connections->pdata[admin->connections->len - 1]);
  unref_admin (admin);
}
