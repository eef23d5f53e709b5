/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-wire.h"

#include "server/store/oh-json.h"

#include <string.h>

#define MAX_MESSAGE (32 * 1024)
#define MAX_SDP (24 * 1024)
/* A person presses keys, a network changes now and then: what comes faster is no program of ours. */
#define MESSAGES_PER_MINUTE 240
#define MESSAGES_AT_ONCE 40
#define KEEPALIVE_S 20 /* oh-connections gives up after a minute of silence */

struct _OhWebWire
{
  SoupWebsocketConnection *connection; /* NULL: let go */
  const OhWebWireHandlers *handlers;
  gpointer user_data;
  OhLimits *rate;
};

static void
on_parted (SoupWebsocketConnection *connection, gpointer user_data)
{
  g_object_unref (connection);
}

/* The signals of its connection reach it no more. What was said goes out before that is closed. */
static void
let_go (OhWebWire *wire, gushort code)
{
  SoupWebsocketConnection *connection = g_steal_pointer (&wire->connection);

  if (!connection)
    return;
  g_signal_handlers_disconnect_by_data (connection, wire);
  if (!code || soup_websocket_connection_get_state (connection) != SOUP_WEBSOCKET_STATE_OPEN)
    {
      g_object_unref (connection);
      return;
    }
  g_signal_connect (connection, "closed", G_CALLBACK (on_parted), NULL);
  soup_websocket_connection_close (connection, code, NULL);
}

void
oh_web_wire_free (OhWebWire *wire, gushort code)
{
  if (!wire)
    return;
  let_go (wire, code);
  oh_limits_free (wire->rate);
  g_free (wire);
}

/* --- What is said --- */

JsonObject *
oh_web_wire_message (const char *type)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "type", type);
  return object;
}

void
oh_web_wire_say (OhWebWire *wire, JsonObject *object)
{
  g_autofree char *text = oh_json_object_to_string (object);

  if (wire && wire->connection
      && soup_websocket_connection_get_state (wire->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (wire->connection, text);
}

/* --- What is heard --- */

const char *
oh_web_wire_read_sdp (JsonObject *object)
{
  JsonNode *sdp = json_object_get_member (object, "sdp");
  const char *text = sdp && json_node_get_value_type (sdp) == G_TYPE_STRING
                         ? json_node_get_string (sdp)
                         : NULL;

  return text && strlen (text) <= MAX_SDP ? text : NULL;
}

char
oh_web_wire_read_digit (JsonObject *object)
{
  const char *digit = NULL;

  if (!oh_json_read_string (object, "digit", TRUE, 1, &digit, NULL) || !*digit
      || !strchr ("0123456789*#ABCD", *digit))
    return 0;
  return *digit;
}

static gboolean
take (OhWebWire *wire, SoupWebsocketDataType type, GBytes *data)
{
  gsize size;
  const char *text = g_bytes_get_data (data, &size);
  g_autoptr (JsonObject) object = type == SOUP_WEBSOCKET_DATA_TEXT
                                      ? oh_json_parse_object (text, size, NULL)
                                      : NULL;
  const char *name = NULL;

  return object && oh_limits_take (wire->rate, "", NULL)
         && oh_json_read_string (object, "type", TRUE, 16, &name, NULL)
         && wire->handlers->take (name, object, wire->user_data);
}

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *data,
            gpointer user_data)
{
  OhWebWire *wire = user_data;

  if (take (wire, type, data))
    return; /* perhaps it is freed */
  g_info ("a WebSocket was closed: it said what no program of ours says");
  let_go (wire, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
  wire->handlers->lost (FALSE, wire->user_data);
}

/* A page that is left says so by closing in order; a network that breaks does not. */
static void
on_closed (SoupWebsocketConnection *connection, gpointer user_data)
{
  OhWebWire *wire = user_data;
  gushort code = soup_websocket_connection_get_close_code (connection);

  let_go (wire, 0);
  wire->handlers->lost (code == SOUP_WEBSOCKET_CLOSE_NORMAL
                            || code == SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                        wire->user_data);
}

/* --- Opening --- */

gboolean
oh_web_is_program (OhWebRequest *request)
{
  const char *agent = soup_message_headers_get_one (
      soup_server_message_get_request_headers (request->message), "User-Agent");

  return agent && g_str_has_prefix (agent, "Offhook/");
}

gboolean
oh_web_wire_check (OhWebRequest *request)
{
  if (soup_websocket_server_check_handshake (request->message, NULL, NULL, NULL, NULL))
    return TRUE;
  oh_web_answer_error (request, SOUP_STATUS_BAD_REQUEST, "websocket-needed",
                       "This address speaks WebSocket");
  return FALSE;
}

OhWebWire *
oh_web_wire_new (OhWeb *web,
                 SoupServerMessage *message,
                 const OhWebWireHandlers *handlers,
                 gpointer user_data)
{
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);
  OhWebWire *wire;

  if (!stream)
    return NULL;
  wire = g_new0 (OhWebWire, 1);
  wire->handlers = handlers;
  wire->user_data = user_data;
  wire->rate = oh_limits_new (MESSAGES_PER_MINUTE, MESSAGES_AT_ONCE, 1);
  wire->connection = soup_websocket_connection_new (stream, soup_server_message_get_uri (message),
                                                    SOUP_WEBSOCKET_CONNECTION_SERVER, NULL, NULL,
                                                    NULL);
  oh_connections_set_deadline (web->connections, soup_server_message_get_remote_address (message),
                               0);
  soup_websocket_connection_set_max_incoming_payload_size (wire->connection, MAX_MESSAGE);
  soup_websocket_connection_set_keepalive_interval (wire->connection, KEEPALIVE_S);
  g_signal_connect (wire->connection, "message", G_CALLBACK (on_message), wire);
  g_signal_connect (wire->connection, "closed", G_CALLBACK (on_closed), wire);
  return wire;
}
