/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/offer/oh-offer-socket.h"

#include "base/oh-clock.h"
#include "client/account/oh-json.h"
#include "client/call/oh-relay-json.h"

#include <string.h>

#define GRACE_US (15 * G_USEC_PER_SEC) /* as long as the server waits */
#define CONNECT_MS 10000               /* until the server has said welcome */
#define MAX_MESSAGE (64 * 1024)
#define MAX_SECONDS 3600
#define SECRET_LENGTH 32

struct _OhOfferSocket
{
  OhOfferLink *link;
  const OhOfferSocketHandlers *handlers;
  gpointer user_data;
  GCancellable *cancellable;
  SoupWebsocketConnection *connection; /* NULL: not there */
  char *resume;                        /* secret, or NULL */
  OhRelayInfo relay;
  gboolean asked; /* Answer was said */
  gint64 lost_at; /* 0: it is not lost */
  guint tries;
  guint retry_timer, connect_timer;
};

static void connect_now (OhOfferSocket *socket);

/* --- What we say --- */

/* @name and @value: or NULL. */
static void
say (OhOfferSocket *socket, const char *type, const char *name, const char *value)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  JsonObject *object;

  if (!socket->connection
      || soup_websocket_connection_get_state (socket->connection) != SOUP_WEBSOCKET_STATE_OPEN)
    return;
  object = json_object_new ();
  json_object_set_string_member (object, "type", type);
  if (name)
    json_object_set_string_member (object, name, value);
  json_node_take_object (node, object);
  text = json_to_string (node, FALSE);
  soup_websocket_connection_send_text (socket->connection, text);
}

void
oh_offer_socket_offer (OhOfferSocket *socket, const char *sdp)
{
  say (socket, "offer", "sdp", sdp);
}

void
oh_offer_socket_answer (OhOfferSocket *socket)
{
  socket->asked = TRUE;
  say (socket, "answer", NULL, NULL);
}

void
oh_offer_socket_digit (OhOfferSocket *socket, char digit)
{
  const char text[] = { digit, 0 };

  say (socket, "digit", "digit", text);
}

void
oh_offer_socket_hang_up (OhOfferSocket *socket)
{
  say (socket, "hang-up", NULL, NULL);
}

const OhRelayInfo *
oh_offer_socket_get_relay (OhOfferSocket *socket)
{
  return &socket->relay;
}

/* --- What the server says --- */

static gboolean
is_secret (const char *text)
{
  return text && strlen (text) == SECRET_LENGTH
         && strspn (text, "0123456789abcdefABCDEF") == SECRET_LENGTH;
}

static void
take_welcome (OhOfferSocket *socket, JsonObject *object)
{
  const char *resume = oh_json_get_text (object, "resume");

  g_free (socket->resume);
  socket->resume = is_secret (resume) ? g_strdup (resume) : NULL;
  socket->lost_at = 0;
  socket->tries = 0;
  g_clear_handle_id (&socket->connect_timer, g_source_remove);
  oh_relay_info_read (&socket->relay, object);
  socket->handlers->welcome ((guint)oh_json_get_number (object, "seconds", 0, MAX_SECONDS),
                             oh_json_get_flag (object, "in_call"), socket->user_data);
}

static void
take_answer (OhOfferSocket *socket, JsonObject *object)
{
  const char *sdp = oh_json_get_text (object, "sdp");

  if (sdp)
    socket->handlers->answer (sdp, socket->user_data);
}

static void
take_refused (OhOfferSocket *socket, JsonObject *object)
{
  socket->handlers->refused (socket->user_data);
}

static void
take_answered (OhOfferSocket *socket, JsonObject *object)
{
  socket->handlers->answered (socket->user_data);
}

static void
let_go (OhOfferSocket *socket, gushort code)
{
  g_autoptr (SoupWebsocketConnection) connection = g_steal_pointer (&socket->connection);

  if (!connection)
    return;
  g_signal_handlers_disconnect_by_data (connection, socket);
  if (!code || soup_websocket_connection_get_state (connection) != SOUP_WEBSOCKET_STATE_OPEN)
    return;
  /* It lives until what was said is out and the server has closed it too. */
  g_signal_connect (connection, "closed", G_CALLBACK (g_object_unref), NULL);
  soup_websocket_connection_close (g_object_ref (connection), code, NULL);
}

static void
take_ended (OhOfferSocket *socket, JsonObject *object)
{
  const char *reason = oh_json_get_text (object, "reason");

  let_go (socket, SOUP_WEBSOCKET_CLOSE_NORMAL);
  socket->handlers->ended (reason ? reason : "", socket->user_data);
}

static void
take (OhOfferSocket *socket, JsonObject *object)
{
  static const struct
  {
    const char *type;
    void (*take) (OhOfferSocket *socket, JsonObject *object);
  } messages[] = { { "welcome", take_welcome },
                   { "answer", take_answer },
                   { "refused", take_refused },
                   { "answered", take_answered },
                   { "ended", take_ended } };
  const char *type = oh_json_get_text (object, "type");

  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    if (g_strcmp0 (type, messages[i].type) == 0)
      {
        messages[i].take (socket, object);
        return;
      }
}

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *data,
            OhOfferSocket *socket)
{
  gsize size;
  const char *bytes = g_bytes_get_data (data, &size);
  g_autoptr (JsonNode) node = type == SOUP_WEBSOCKET_DATA_TEXT ? oh_json_parse (bytes, size) : NULL;

  if (node && JSON_NODE_HOLDS_OBJECT (node))
    take (socket, json_node_get_object (node));
}

/* --- Its connection --- */

static gboolean
on_retry_due (gpointer user_data)
{
  OhOfferSocket *socket = user_data;

  socket->retry_timer = 0;
  connect_now (socket);
  return G_SOURCE_REMOVE;
}

static void
lose (OhOfferSocket *socket)
{
  static const guint retry_ms[] = { 500, 1000, 2000 };
  gint64 now = oh_clock_now ();

  g_clear_handle_id (&socket->connect_timer, g_source_remove);
  if (!socket->lost_at)
    socket->lost_at = now;
  if (now - socket->lost_at > GRACE_US)
    {
      socket->handlers->gone (socket->user_data);
      return;
    }
  socket->retry_timer = g_timeout_add (retry_ms[MIN (socket->tries, G_N_ELEMENTS (retry_ms) - 1)],
                                       on_retry_due, socket);
  socket->tries++;
  socket->handlers->lost (socket->user_data);
}

/* A host that is gone says nothing, not even that. */
static gboolean
on_connect_due (gpointer user_data)
{
  OhOfferSocket *socket = user_data;

  socket->connect_timer = 0;
  g_cancellable_cancel (socket->cancellable);
  g_object_unref (socket->cancellable);
  socket->cancellable = g_cancellable_new ();
  let_go (socket, 0);
  lose (socket);
  return G_SOURCE_REMOVE;
}

static void
on_closed (SoupWebsocketConnection *connection, OhOfferSocket *socket)
{
  let_go (socket, 0);
  lose (socket);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupWebsocketConnection) connection = oh_offer_link_connect_finish (
      OH_OFFER_LINK (source), result, &error);
  OhOfferSocket *socket = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* freed, or it took too long */
  if (!connection)
    {
      g_info ("no connection to a call: %s", error->message);
      lose (socket);
      return;
    }
  socket->connection = g_steal_pointer (&connection);
  soup_websocket_connection_set_max_incoming_payload_size (socket->connection, MAX_MESSAGE);
  g_signal_connect (socket->connection, "message", G_CALLBACK (on_message), socket);
  g_signal_connect (socket->connection, "closed", G_CALLBACK (on_closed), socket);
}

static void
connect_now (OhOfferSocket *socket)
{
  socket->connect_timer = g_timeout_add (CONNECT_MS, on_connect_due, socket);
  oh_offer_link_connect_async (socket->link, socket->asked ? socket->resume : NULL,
                               socket->cancellable, on_connected, socket);
}

OhOfferSocket *
oh_offer_socket_new (OhOfferLink *link, const OhOfferSocketHandlers *handlers, gpointer user_data)
{
  OhOfferSocket *socket = g_new0 (OhOfferSocket, 1);

  socket->link = g_object_ref (link);
  socket->handlers = handlers;
  socket->user_data = user_data;
  socket->cancellable = g_cancellable_new ();
  connect_now (socket);
  return socket;
}

void
oh_offer_socket_free (OhOfferSocket *socket)
{
  if (!socket)
    return;
  g_clear_handle_id (&socket->retry_timer, g_source_remove);
  g_clear_handle_id (&socket->connect_timer, g_source_remove);
  g_cancellable_cancel (socket->cancellable);
  g_object_unref (socket->cancellable);
  let_go (socket, SOUP_WEBSOCKET_CLOSE_NORMAL);
  if (socket->resume)
    explicit_bzero (socket->resume, strlen (socket->resume));
  g_free (socket->resume);
  oh_relay_info_clear (&socket->relay);
  g_object_unref (socket->link);
  g_free (socket);
}
