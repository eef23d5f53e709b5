/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "line-world.h"

#include "client/account/oh-base-account.h"
#include "wait-for.h"

#include <string.h>

/* --- The account, which only has a name --- */

#define TEST_TYPE_ACCOUNT (test_account_get_type ())
G_DECLARE_FINAL_TYPE (TestAccount, test_account, TEST, ACCOUNT, OhBaseAccount)
struct _TestAccount
{
  OhBaseAccount parent;
};
G_DEFINE_FINAL_TYPE (TestAccount, test_account, OH_TYPE_BASE_ACCOUNT)

static void
do_nothing (OhBaseAccount *account)
{
}

static void
test_account_class_init (TestAccountClass *klass)
{
  OH_BASE_ACCOUNT_CLASS (klass)->sign_in = do_nothing;
  OH_BASE_ACCOUNT_CLASS (klass)->sign_out = do_nothing;
}

static void
test_account_init (TestAccount *account)
{
}

/* --- What the line tells --- */

static void
on_connected (gpointer user_data)
{
  LineWorld *world = user_data;

  world->connected++;
  oh_web_line_enter (world->line, "mic,speaker", TRUE, "<presence/>");
}

static void
on_online (gpointer user_data)
{
  ((LineWorld *)user_data)->online++;
}

static void
on_lost (gint64 retry_at, gpointer user_data)
{
  LineWorld *world = user_data;

  world->lost++;
  world->retry_at = retry_at;
}

static void
on_revoked (gpointer user_data)
{
  ((LineWorld *)user_data)->revoked++;
}

static void
on_news (guint new_messages, gpointer user_data)
{
  ((LineWorld *)user_data)->news = new_messages;
}

static void
on_idle (gpointer user_data)
{
  ((LineWorld *)user_data)->idle++;
}

static gboolean
is_local (gpointer user_data)
{
  return TRUE;
}

static OhCallReason
reason_of (guint status, gpointer user_data)
{
  return status == 486 ? OH_CALL_REASON_BUSY : OH_CALL_REASON_REFUSED;
}

static gboolean
give_way (OhCall *call, gpointer user_data)
{
  return FALSE;
}

static const OhWebLineHandlers handlers = {
  .connected = on_connected,
  .online = on_online,
  .lost = on_lost,
  .revoked = on_revoked,
  .news = on_news,
  .idle = on_idle,
  .is_local = is_local,
  .reason_of = reason_of,
  .give_way = give_way,
};

/* --- The server --- */

static void
on_wire_closed (SoupWebsocketConnection *wire, LineWorld *world)
{
  g_signal_handlers_disconnect_by_data (wire, world);
  if (world->wire == wire)
    world->wire = NULL;
  world->open--;
  g_object_unref (wire);
}

static void
on_wire_message (SoupWebsocketConnection *wire,
                 SoupWebsocketDataType kind,
                 GBytes *data,
                 LineWorld *world)
{
  gsize size;
  const char *bytes = g_bytes_get_data (data, &size);
  g_autofree char *text = g_strndup (bytes, size);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  JsonObject *object = json_node_get_object (node);
  const char *type = json_object_get_string_member (object, "type");

  if (strcmp (type, "hello") == 0)
    {
      world->hellos++;
      if (!world->silent)
        line_world_say (world, "{'type':'welcome'}");
    }
  else if (strcmp (type, "presence") != 0)
    g_queue_push_tail (&world->heard, json_object_ref (object));
}

static void
on_wire (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         SoupWebsocketConnection *wire,
         gpointer user_data)
{
  LineWorld *world = user_data;

  world->wire = g_object_ref (wire);
  world->open++;
  g_signal_connect (wire, "message", G_CALLBACK (on_wire_message), world);
  g_signal_connect (wire, "closed", G_CALLBACK (on_wire_closed), world);
}

/* Before the handshake is answered. */
static void
on_asked (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  LineWorld *world = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  world->asked++;
  g_free (world->authorization);
  world->authorization = g_strdup (soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Authorization"));
  if (!world->refusal)
    return;
  soup_message_headers_replace (headers, "Connection", "close");
  if (world->retry_after)
    soup_message_headers_replace (headers, "Retry-After", world->retry_after);
  soup_server_message_set_status (message, world->refusal, NULL);
}

void
line_world_say (LineWorld *world, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list list;

  va_start (list, format);
  text = g_strdup_vprintf (format, list);
  va_end (list);
  g_assert_nonnull (world->wire);
  soup_websocket_connection_send_text (world->wire, g_strdelimit (text, "'", '"'));
}

JsonObject *
line_world_hear (LineWorld *world, const char *type)
{
  JsonObject *object;

  WAIT_FOR (!g_queue_is_empty (&world->heard));
  object = g_queue_pop_head (&world->heard);
  g_assert_cmpstr (json_object_get_string_member (object, "type"), ==, type);
  return object;
}

/* One message after the other is read and written: the last of them is the last that arrives. */
void
line_world_settle (LineWorld *world)
{
  static guint number = 1000;

  line_world_say (world, "{'type':'news','messages':%u}", ++number);
  WAIT_FOR (world->news == number);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
line_world_cut (LineWorld *world)
{
  guint lost = world->lost;

  g_assert_nonnull (world->wire);
  g_io_stream_close (soup_websocket_connection_get_io_stream (world->wire), NULL, NULL);
  WAIT_FOR (world->lost > lost);
  WAIT_FOR (world->open == 0);
}

void
line_world_mend (LineWorld *world)
{
  guint online = world->online;

  oh_web_line_hurry (world->line);
  WAIT_FOR (world->online > online);
}

/* --- Its calls --- */

OhCall *
line_world_get_call (LineWorld *world, guint position)
{
  g_autoptr (OhCall) call = g_list_model_get_item (G_LIST_MODEL (world->calls), position);

  return call; /* the list holds it */
}

guint
line_world_count_calls (LineWorld *world)
{
  return g_list_model_get_n_items (G_LIST_MODEL (world->calls));
}

/* --- All of it --- */

static void
make_core (LineWorld *world)
{
  g_autofree char *ini = g_build_filename (world->folder, "settings.ini", NULL);
  g_autofree char *plain = g_build_filename (world->folder, "secrets", NULL);
  g_autoptr (OhSettings) settings = oh_settings_new (ini);
  g_autoptr (OhSecrets) secrets = oh_secrets_new (plain);
  g_autoptr (OhSoundDesk) desk = NULL;

  world->calls = oh_call_list_new ();
  desk = oh_sound_desk_new ("fake", settings, world->calls);
  world->core = oh_core_new (&(OhCoreConfig){ .desk = desk,
                                              .calls = world->calls,
                                              .secrets = secrets,
                                              .runtime_dir = world->folder,
                                              .state_dir = world->folder });
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *plain, GObject *source, gpointer user_data)
{
  LineWorld *world = user_data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (plain, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (plain, NULL);

  soup_server_accept_iostream (world->server, G_IO_STREAM (plain), local, remote, NULL);
  return TRUE;
}

/* As the call server does: what libsoup accepts itself it leaks. */
static void
start_server (LineWorld *world)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) got = NULL;

  world->server = soup_server_new (NULL, NULL);
  soup_server_add_early_handler (world->server, "/api/v1/line", on_asked, world, NULL);
  soup_server_add_websocket_handler (world->server, "/api/v1/line", NULL, NULL, on_wire, world,
                                     NULL);
  world->service = g_socket_service_new ();
  g_signal_connect (world->service, "incoming", G_CALLBACK (on_incoming), world);
  g_socket_listener_add_address (G_SOCKET_LISTENER (world->service), any, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &got, &error);
  g_assert_no_error (error);
  world->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
}

LineWorld *
line_world_new (void)
{
  LineWorld *world = g_new0 (LineWorld, 1);
  g_autoptr (OhAccountSettings) settings = oh_account_settings_new ();

  world->folder = g_dir_make_tmp ("offhook-line-XXXXXX", NULL);
  start_server (world);
  make_core (world);
  settings->id = g_strdup ("sip-1");
  settings->provider = g_strdup ("sip");
  settings->server = g_strdup_printf ("http://127.0.0.1:%d", world->port);
  settings->sip_user = g_strdup ("device7");
  settings->instance = g_strdup ("urn:uuid:7");
  world->account = g_object_new (TEST_TYPE_ACCOUNT, NULL);
  oh_base_account_set_settings (OH_BASE_ACCOUNT (world->account), settings);
  world->line = oh_web_line_new (world->core, world->account, settings, "secret", &handlers, world);
  WAIT_FOR (world->online == 1);
  return world;
}

static void
remove_folder (LineWorld *world)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", world->folder);

  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  g_free (world->folder);
}

/* libsoup lets go of a connection when both ends have closed it, from idle sources. Calls that have ended are
 * on the core's list, and hold the line. */
void
line_world_free (LineWorld *world)
{
  oh_web_line_close (world->line);
  g_clear_object (&world->calls);
  g_assert_finalize_object (g_steal_pointer (&world->core));
  g_object_add_weak_pointer (G_OBJECT (world->line), (gpointer *)&world->line);
  g_object_unref (world->line);
  WAIT_FOR (!world->line); /* a handshake that was given up may hold it */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  WAIT_FOR (world->open == 0);
  g_socket_service_stop (world->service);
  g_socket_listener_close (G_SOCKET_LISTENER (world->service));
  soup_server_disconnect (world->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (world->service);
  g_assert_finalize_object (g_steal_pointer (&world->server));
  g_object_unref (world->account);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_queue_clear_full (&world->heard, (GDestroyNotify)json_object_unref);
  g_free (world->authorization);
  remove_folder (world);
  g_free (world);
}
