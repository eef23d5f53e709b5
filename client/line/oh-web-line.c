/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/line/oh-web-line-private.h"

#include "base/oh-address.h"
#include "base/oh-clock.h"
#include "client/account/oh-json.h"
#include "client/account/oh-trust.h"
#include "client/call/oh-relay-json.h"
#include "oh-config.h"

#include <libsoup/soup.h>
#include <string.h>

#define MAX_MESSAGE (64 * 1024)
#define CONNECT_MS 10000 /* for a handshake, and for an answer to hello */
#define PING_S 15
#define SILENCE_MS 40000 /* of a server that was pinged twice: it is gone */
#define DOUBT_MS 20000   /* after a change of network: the next ping is answered by then */
#define FIRST_RETRY_MS 500
#define LAST_RETRY_MS 60000
#define CALL_RETRY_MS 2000 /* while there are calls, which wait for 15 s */
#define MAX_RETRY_AFTER_S 600
#define MAX_CALLS 32

struct _OhWebLine
{
  GObject parent;
  OhCore *core;       /* outlives us */
  OhAccount *account; /* owns us; NULL: closed */
  const OhWebLineHandlers *handlers;
  gpointer user_data;

  char *server, *authorization, *instance;
  OhTrust *trust;
  OhRelayInfo relay; /* for the sound of its calls */
  SoupSession *session;
  GCancellable *cancellable;           /* of the handshake */
  SoupWebsocketConnection *connection; /* NULL: not there */
  GSocketAddress *own;                 /* the computer's, that it comes from; or NULL: unknown */
  gboolean online;                     /* the server has the device */
  guint retry_ms;
  gint64 not_before; /* monotonic us: the server wants no other try sooner; or 0 */
  guint retry_timer, watch_timer;
  GHashTable *calls; /* tag -> Entry */
};

typedef struct
{
  const OhWebLineCall *handlers;
  gpointer user_data;
} Entry;

G_DEFINE_FINAL_TYPE (OhWebLine, oh_web_line, G_TYPE_OBJECT)

static void connect_now (OhWebLine *line);

/* --- What we say --- */

gboolean
oh_web_line_say (OhWebLine *line, const char *type, const char *tag, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;

  json_node_take_object (node, object ? object : json_object_new ());
  object = json_node_get_object (node);
  json_object_set_string_member (object, "type", type);
  if (tag)
    json_object_set_string_member (object, "call", tag);
  if (!line->connection
      || soup_websocket_connection_get_state (line->connection) != SOUP_WEBSOCKET_STATE_OPEN)
    return FALSE;
  text = json_to_string (node, FALSE);
  soup_websocket_connection_send_text (line->connection, text);
  return TRUE;
}

/* --- Its calls --- */

void
oh_web_line_add_call (OhWebLine *line,
                      const char *tag,
                      const OhWebLineCall *handlers,
                      gpointer user_data)
{
  Entry *entry = g_new (Entry, 1);

  *entry = (Entry){ handlers, user_data };
  g_hash_table_insert (line->calls, g_strdup (tag), entry);
}

void
oh_web_line_remove_call (OhWebLine *line, const char *tag)
{
  if (g_hash_table_remove (line->calls, tag) && line->account
      && g_hash_table_size (line->calls) == 0)
    line->handlers->idle (line->user_data);
}

gboolean
oh_web_line_has_calls (OhWebLine *line)
{
  return g_hash_table_size (line->calls) > 0;
}

static void
tell_lost (const Entry *entry)
{
  entry->handlers->lost (entry->user_data);
}

static void
tell_online (const Entry *entry)
{
  entry->handlers->online (entry->user_data);
}

static void
tell_closed (const Entry *entry)
{
  entry->handlers->closed (entry->user_data);
}

/* Each may remove itself, and others. */
static void
tell_calls (OhWebLine *line, void (*tell) (const Entry *entry))
{
  g_autofree gpointer *tags = g_hash_table_get_keys_as_array (line->calls, NULL);
  g_autoptr (GPtrArray) copies = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; tags[i]; i++)
    g_ptr_array_add (copies, g_strdup (tags[i]));
  for (guint i = 0; i < copies->len; i++)
    {
      const Entry *entry = g_hash_table_lookup (line->calls, copies->pdata[i]);

      if (entry)
        tell (entry);
    }
}

/* --- The connection --- */

static void
let_go (OhWebLine *line, gushort code)
{
  g_autoptr (SoupWebsocketConnection) connection = g_steal_pointer (&line->connection);

  line->online = FALSE;
  g_clear_handle_id (&line->watch_timer, g_source_remove);
  if (!connection)
    return;
  g_signal_handlers_disconnect_by_data (connection, line);
  if (!code || soup_websocket_connection_get_state (connection) != SOUP_WEBSOCKET_STATE_OPEN)
    return;
  /* It lives until what was said is out and the server has closed it too. */
  g_signal_connect (connection, "closed", G_CALLBACK (g_object_unref), NULL);
  soup_websocket_connection_close (g_object_ref (connection), code, NULL);
}

static void
stop (OhWebLine *line, gushort code)
{
  g_clear_handle_id (&line->retry_timer, g_source_remove);
  if (line->cancellable)
    g_cancellable_cancel (line->cancellable);
  g_clear_object (&line->cancellable);
  let_go (line, code);
}

static gboolean
on_retry_due (gpointer user_data)
{
  OhWebLine *line = user_data;

  line->retry_timer = 0;
  connect_now (line);
  return G_SOURCE_REMOVE;
}

/* Spread a little, so that all the clients of a server do not come at once. @least_ms: what the server asks
 * for. */
static void
lose_for (OhWebLine *line, guint least_ms)
{
  g_autoptr (OhWebLine) held = g_object_ref (line);
  gboolean was_online = line->online;
  guint most_ms = oh_web_line_has_calls (line) ? CALL_RETRY_MS : LAST_RETRY_MS;
  guint wait_ms;

  stop (line, 0);
  line->retry_ms = CLAMP (line->retry_ms * 2, FIRST_RETRY_MS, most_ms);
  line->not_before = least_ms ? oh_clock_now () + (gint64)least_ms * 1000 : 0;
  wait_ms = MAX (line->retry_ms, least_ms);
  wait_ms += (guint)g_random_int_range (0, (int)wait_ms / 4 + 1);
  line->retry_timer = g_timeout_add (wait_ms, on_retry_due, line);
  if (was_online) /* else they know, and count the time since */
    tell_calls (line, tell_lost);
  if (line->account)
    line->handlers->lost (oh_clock_now () + (gint64)wait_ms * 1000, line->user_data);
}

static void
lose (OhWebLine *line)
{
  lose_for (line, 0);
}

static gboolean
on_silence (gpointer user_data)
{
  OhWebLine *line = user_data;

  line->watch_timer = 0;
  g_info ("the web line is dead: its server is silent");
  lose (line);
  return G_SOURCE_REMOVE;
}

/* From now on the server has that long to say something; a ping's answer is enough. */
static void
watch (OhWebLine *line, guint ms)
{
  g_clear_handle_id (&line->watch_timer, g_source_remove);
  line->watch_timer = g_timeout_add (ms, on_silence, line);
}

static void
on_closed (SoupWebsocketConnection *connection, OhWebLine *line)
{
  lose (line);
}

static void
on_pong (SoupWebsocketConnection *connection, GBytes *data, OhWebLine *line)
{
  watch (line, SILENCE_MS);
}

/* --- What the server says --- */

/* Said again where only the relay's credentials are new. */
static void
take_welcome (OhWebLine *line, JsonObject *object)
{
  gboolean was_online = line->online;

  oh_relay_info_read (&line->relay, object);
  if (was_online || !line->account)
    return;
  line->online = TRUE;
  line->retry_ms = 0;
  watch (line, SILENCE_MS);
  line->handlers->online (line->user_data);
  tell_calls (line, tell_online);
}

static void
take_revoked (OhWebLine *line)
{
  const OhWebLineHandlers *handlers = line->handlers;
  gpointer user_data = line->user_data;

  oh_web_line_close (line);
  handlers->revoked (user_data);
}

static void
take (OhWebLine *line, const char *type, JsonObject *object)
{
  const char *tag = oh_json_get_text (object, "call");
  const Entry *entry = tag ? g_hash_table_lookup (line->calls, tag) : NULL;

  if (strcmp (type, "welcome") == 0)
    take_welcome (line, object);
  else if (strcmp (type, "signed-out") == 0)
    take_revoked (line);
  else if (strcmp (type, "news") == 0)
    line->handlers->news ((guint)oh_json_get_number (object, "messages", 0, 100000),
                          line->user_data);
  else if (strcmp (type, "ring") == 0 && tag && !entry
           && g_hash_table_size (line->calls) < MAX_CALLS)
    oh_web_call_take_ring (line, tag, object);
  else if (entry)
    entry->handlers->take (type, object, entry->user_data);
}

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *data,
            OhWebLine *line)
{
  g_autoptr (OhWebLine) held = g_object_ref (line);
  gsize size;
  const char *bytes = g_bytes_get_data (data, &size);
  g_autoptr (JsonNode) node = type == SOUP_WEBSOCKET_DATA_TEXT ? oh_json_parse (bytes, size) : NULL;
  JsonObject *object = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *name = object ? oh_json_get_text (object, "type") : NULL;

  if (line->online)
    watch (line, SILENCE_MS);
  if (name)
    take (line, name, object);
}

/* --- Connecting --- */

static gboolean
on_accept_certificate (SoupMessage *message,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags problems,
                       OhWebLine *line)
{
  return oh_trust_accepts (line->trust, certificate, soup_message_get_uri (message));
}

typedef struct
{
  OhWebLine *line;
  SoupMessage *message;
  GCancellable *cancellable;
} Attempt;

/* For how long a server that has no room does not want to be asked, in ms; 0: it says nothing of that. */
static guint
read_retry_after (SoupMessage *message)
{
  guint status = soup_message_get_status (message);
  const char *text = soup_message_headers_get_one (soup_message_get_response_headers (message),
                                                   "Retry-After");

  if (!text || (status != SOUP_STATUS_SERVICE_UNAVAILABLE && status != 429))
    return 0;
  return (guint)MIN (g_ascii_strtoull (text, NULL, 10), MAX_RETRY_AFTER_S) * 1000;
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Attempt *attempt = user_data;
  g_autoptr (OhWebLine) line = attempt->line;
  g_autoptr (SoupMessage) message = attempt->message;
  g_autoptr (GCancellable) cancellable = attempt->cancellable;
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupWebsocketConnection) connection = soup_session_websocket_connect_finish (
      SOUP_SESSION (source), result, &error);

  if (g_cancellable_is_cancelled (cancellable) || !line->account)
    return;
  if (!connection)
    {
      g_info ("no web line: %s", error->message);
      if (soup_message_get_status (message) == SOUP_STATUS_UNAUTHORIZED)
        take_revoked (line);
      else
        lose_for (line, read_retry_after (message));
      return;
    }
  g_clear_object (&line->cancellable);
  line->connection = g_steal_pointer (&connection);
  soup_websocket_connection_set_max_incoming_payload_size (line->connection, MAX_MESSAGE);
  soup_websocket_connection_set_keepalive_interval (line->connection, PING_S);
  g_signal_connect (line->connection, "message", G_CALLBACK (on_message), line);
  g_signal_connect (line->connection, "pong", G_CALLBACK (on_pong), line);
  g_signal_connect (line->connection, "closed", G_CALLBACK (on_closed), line);
  watch (line, CONNECT_MS);
  line->handlers->connected (line->user_data);
}

static void
on_network_event (SoupMessage *message,
                  GSocketClientEvent event,
                  GIOStream *stream,
                  OhWebLine *line)
{
  if (event != G_SOCKET_CLIENT_CONNECTED || !G_IS_SOCKET_CONNECTION (stream))
    return;
  g_clear_object (&line->own);
  line->own = g_socket_connection_get_local_address (G_SOCKET_CONNECTION (stream), NULL);
}

/* The computer no longer has the address that the connection comes from. */
static gboolean
is_stranded (OhWebLine *line)
{
  struct sockaddr_storage own;
  gssize length = line->own ? g_socket_address_get_native_size (line->own) : -1;

  return length > 0 && g_socket_address_to_native (line->own, &own, sizeof own, NULL)
         && oh_address_is_gone ((struct sockaddr *)&own, (socklen_t)length);
}

static void
connect_now (OhWebLine *line)
{
  g_autofree char *uri = g_strconcat (line->server, "/api/v1/line", NULL);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", uri);
  Attempt *attempt;

  stop (line, 0);
  if (!message)
    {
      g_warning ("no web line: not a server's address: %s", line->server);
      return;
    }
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization",
                                line->authorization);
  g_signal_connect_object (message, "accept-certificate", G_CALLBACK (on_accept_certificate), line,
                           0);
  g_signal_connect_object (message, "network-event", G_CALLBACK (on_network_event), line, 0);
  line->cancellable = g_cancellable_new ();
  watch (line, CONNECT_MS);
  attempt = g_new (Attempt, 1);
  *attempt = (Attempt){ g_object_ref (line), g_object_ref (message),
                        g_object_ref (line->cancellable) };
  soup_session_websocket_connect_async (line->session, message, NULL, NULL, G_PRIORITY_DEFAULT,
                                        line->cancellable, on_connected, attempt);
}

void
oh_web_line_enter (OhWebLine *line, const char *audio, gboolean talk, const char *pidf)
{
  JsonObject *hello = json_object_new ();

  g_return_if_fail (OH_IS_WEB_LINE (line));
  json_object_set_string_member (hello, "instance", line->instance);
  json_object_set_string_member (hello, "audio", audio);
  json_object_set_boolean_member (hello, "talk", talk);
  if (!oh_web_line_say (line, "hello", NULL, hello))
    return;
  watch (line, CONNECT_MS);
  oh_web_line_report (line, pidf);
}

void
oh_web_line_report (OhWebLine *line, const char *pidf)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "pidf", pidf);
  oh_web_line_say (line, "presence", NULL, object);
}

void
oh_web_line_hurry (OhWebLine *line)
{
  g_return_if_fail (OH_IS_WEB_LINE (line));
  line->retry_ms = 0;
  if (line->retry_timer && oh_clock_now () >= line->not_before)
    connect_now (line);
  else if (line->online && is_stranded (line))
    lose (line);
  else if (line->online)
    watch (line, DOUBT_MS);
}

gboolean
oh_web_line_is_online (OhWebLine *line)
{
  g_return_val_if_fail (OH_IS_WEB_LINE (line), FALSE);
  return line->online;
}

/* --- For its calls --- */

OhCore *
oh_web_line_get_core (OhWebLine *line)
{
  return line->core;
}

OhAccount *
oh_web_line_get_account (OhWebLine *line)
{
  return line->account;
}

void
oh_web_line_fill_peer (OhWebLine *line, OhPeerConfig *config)
{
  oh_relay_info_fill (&line->relay, config);
  config->loopback = line->handlers->is_local (line->user_data);
}

OhCallReason
oh_web_line_get_reason (OhWebLine *line, guint status)
{
  return line->handlers->reason_of (status, line->user_data);
}

gboolean
oh_web_line_give_way (OhWebLine *line, OhCall *call)
{
  return line->handlers->give_way (call, line->user_data);
}

/* --- The object --- */

void
oh_web_line_close (OhWebLine *line)
{
  g_return_if_fail (OH_IS_WEB_LINE (line));
  if (!line->account)
    return;
  line->account = NULL;
  tell_calls (line, tell_closed);
  stop (line, SOUP_WEBSOCKET_CLOSE_NORMAL);
}

static void
finalize (GObject *object)
{
  OhWebLine *line = OH_WEB_LINE (object);

  stop (line, 0);
  soup_session_abort (line->session);
  g_object_unref (line->session);
  g_clear_object (&line->own);
  oh_trust_free (line->trust);
  oh_relay_info_clear (&line->relay);
  g_hash_table_unref (line->calls);
  explicit_bzero (line->authorization, strlen (line->authorization));
  g_free (line->authorization);
  g_free (line->instance);
  g_free (line->server);
  G_OBJECT_CLASS (oh_web_line_parent_class)->finalize (object);
}

static void
oh_web_line_class_init (OhWebLineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_web_line_init (OhWebLine *line)
{
  line->session = soup_session_new_with_options ("user-agent", "Offhook/" OH_VERSION " (linux)",
                                                 NULL);
  line->calls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

OhWebLine *
oh_web_line_new (OhCore *core,
                 OhAccount *account,
                 const OhAccountSettings *settings,
                 const char *secret,
                 const OhWebLineHandlers *handlers,
                 gpointer user_data)
{
  OhWebLine *line = g_object_new (OH_TYPE_WEB_LINE, NULL);

  line->core = core;
  line->account = account;
  line->handlers = handlers;
  line->user_data = user_data;
  line->server = g_strdup (settings->server);
  line->instance = g_strdup (settings->instance ? settings->instance : settings->sip_user);
  line->authorization = g_strdup_printf ("Bearer %s.%s", settings->sip_user, secret);
  line->trust = oh_trust_new (settings->fingerprint, settings->sip_ca);
  connect_now (line);
  return line;
}
