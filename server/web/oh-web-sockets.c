/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-sockets.h"

#include "server/call/oh-browser-calls.h"
#include "server/registrar/oh-relay.h"
#include "server/store/oh-json.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <string.h>

#define MAX_SOCKETS 256
#define MAX_PER_ADDRESS 16
#define MAX_MESSAGE (32 * 1024)
#define MAX_SDP (24 * 1024)
/* A person presses keys, a network changes now and then: what comes faster is no browser of ours. */
#define MESSAGES_PER_MINUTE 240
#define MESSAGES_AT_ONCE 40
#define HANDSHAKES_PER_MINUTE 60
#define RELAY_USER "link" /* who opened one, as a relay sees it */
#define KEEPALIVE_S 20    /* oh-connections gives up after a minute of silence */

struct _OhWebSockets
{
  gatomicrefcount references; /* the web server's and the exchange's */
  OhWeb *web;                 /* NULL: closed */
  OhExchange *exchange;
  GHashTable *all;      /* id as guint64* -> Socket, which it owns */
  OhLimits *handshakes; /* by source address */
  guint64 last_id;
};

typedef struct
{
  OhWebSockets *owner;
  guint64 id;
  SoupWebsocketConnection *connection; /* NULL: lost, or not there yet */
  char *link;                          /* hash of the token */
  char *offer_id;
  char *secret;  /* with which it may come back in the call */
  char *address; /* where it is */
  char *source;  /* counted for */
  OhLimits *rate;
  gboolean is_program; /* our client in a browser's place */
  gboolean asked;      /* it pressed Answer */
  gboolean in_call;    /* and won */
} Socket;

/* --- What it is told --- */

static void
say (Socket *socket, JsonObject *object)
{
  g_autofree char *text = oh_json_object_to_string (object);

  if (socket->connection
      && soup_websocket_connection_get_state (socket->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (socket->connection, text);
}

static JsonObject *
new_message (const char *type)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "type", type);
  return object;
}

static void
say_type (Socket *socket, const char *type)
{
  g_autoptr (JsonObject) object = new_message (type);

  say (socket, object);
}

static void
say_welcome (Socket *socket, guint seconds)
{
  g_autoptr (JsonObject) object = new_message ("welcome");
  JsonObject *relay = oh_relay_make_json (socket->owner->web->config, RELAY_USER,
                                          g_get_real_time () / G_USEC_PER_SEC);

  json_object_set_int_member (object, "seconds", seconds);
  json_object_set_boolean_member (object, "in_call", socket->in_call);
  json_object_set_string_member (object, "resume", socket->secret);
  if (relay)
    json_object_set_object_member (object, "relay", relay);
  say (socket, object);
}

static void
say_sdp (Socket *socket, const char *sdp)
{
  g_autoptr (JsonObject) object = new_message (sdp ? "answer" : "refused");

  if (sdp)
    json_object_set_string_member (object, "sdp", sdp);
  say (socket, object);
}

static void
on_parted (SoupWebsocketConnection *connection, gpointer user_data)
{
  g_object_unref (connection);
}

/* The signals of its connection reach it no more. What was said goes out before that is closed. */
static void
let_go (Socket *socket, gushort code)
{
  SoupWebsocketConnection *connection = g_steal_pointer (&socket->connection);

  if (!connection)
    return;
  g_signal_handlers_disconnect_by_data (connection, socket);
  if (!code || soup_websocket_connection_get_state (connection) != SOUP_WEBSOCKET_STATE_OPEN)
    {
      g_object_unref (connection);
      return;
    }
  g_signal_connect (connection, "closed", G_CALLBACK (on_parted), NULL);
  soup_websocket_connection_close (connection, code, NULL);
}

static void
free_socket (gpointer data)
{
  Socket *socket = data;

  let_go (socket, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
  oh_limits_free (socket->rate);
  g_free (socket->link);
  g_free (socket->offer_id);
  g_free (socket->secret);
  g_free (socket->address);
  g_free (socket->source);
  g_free (socket);
}

static void
end (Socket *socket, const char *reason)
{
  g_autoptr (JsonObject) object = new_message ("ended");

  json_object_set_string_member (object, "reason", reason);
  say (socket, object);
  let_go (socket, SOUP_WEBSOCKET_CLOSE_NORMAL);
  g_hash_table_remove (socket->owner->all, &socket->id);
}

/* --- From the call --- */

static void
on_browser (const OhBrowserMessage *message, gpointer user_data)
{
  OhWebSockets *sockets = user_data;
  Socket *socket = g_hash_table_lookup (sockets->all, &message->id);

  if (!socket)
    return;
  switch (message->word)
    {
    case OH_BROWSER_OPENED:
      say_welcome (socket, message->number);
      break;
    case OH_BROWSER_SDP:
      say_sdp (socket, message->text);
      break;
    case OH_BROWSER_ANSWERED:
      socket->in_call = TRUE;
      say_type (socket, "answered");
      break;
    case OH_BROWSER_ENDED:
      end (socket, message->text);
      break;
    default:
      g_return_if_reached ();
    }
}

/* --- To the call --- */

static void
tell (Socket *socket, OhBrowserWord word, const char *text, guint number)
{
  oh_exchange_tell_browser (
      socket->owner->exchange,
      &(OhBrowserMessage){ .id = socket->id, .word = word, .text = text, .number = number });
}

static gboolean
take_offer (Socket *socket, JsonObject *object)
{
  JsonNode *sdp = json_object_get_member (object, "sdp");
  const char *text = sdp && json_node_get_value_type (sdp) == G_TYPE_STRING
                         ? json_node_get_string (sdp)
                         : NULL;

  if (!text || strlen (text) > MAX_SDP)
    return FALSE;
  tell (socket, OH_BROWSER_OFFER, text, 0);
  return TRUE;
}

static gboolean
take_answer (Socket *socket, JsonObject *object)
{
  socket->asked = TRUE;
  tell (socket, OH_BROWSER_ANSWER, NULL, 0);
  return TRUE;
}

static gboolean
take_digit (Socket *socket, JsonObject *object)
{
  const char *digit = NULL;

  if (!oh_json_read_string (object, "digit", TRUE, 1, &digit, NULL) || !*digit
      || !strchr ("0123456789*#ABCD", *digit))
    return FALSE;
  tell (socket, OH_BROWSER_DIGIT, NULL, (guchar)*digit);
  return TRUE;
}

static gboolean
take_hang_up (Socket *socket, JsonObject *object)
{
  tell (socket, OH_BROWSER_END, NULL, 0);
  let_go (socket, SOUP_WEBSOCKET_CLOSE_NORMAL);
  g_hash_table_remove (socket->owner->all, &socket->id);
  return TRUE;
}

/* Its connection is no more. In a call it may come back, before it opens anew. */
static void
lose (Socket *socket, gboolean closed)
{
  let_go (socket, 0);
  tell (socket, closed ? OH_BROWSER_END : OH_BROWSER_LOST, NULL, 0);
  if (closed || !socket->asked)
    g_hash_table_remove (socket->owner->all, &socket->id);
}

/* A page that is left says so by closing in order; a network that breaks does not. */
static void
on_closed (SoupWebsocketConnection *connection, gpointer user_data)
{
  gushort code = soup_websocket_connection_get_close_code (connection);

  lose (user_data, code == SOUP_WEBSOCKET_CLOSE_NORMAL || code == SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
}

/* FALSE: that is nothing that a page of ours says. */
static gboolean
take (Socket *socket, SoupWebsocketDataType type, GBytes *data)
{
  static const struct
  {
    const char *type;
    gboolean (*take) (Socket *socket, JsonObject *object);
  } messages[] = { { "offer", take_offer },
                   { "answer", take_answer },
                   { "digit", take_digit },
                   { "hang-up", take_hang_up } };
  gsize size;
  const char *text = g_bytes_get_data (data, &size);
  g_autoptr (JsonObject) object = type == SOUP_WEBSOCKET_DATA_TEXT
                                      ? oh_json_parse_object (text, size, NULL)
                                      : NULL;
  const char *name = NULL;

  if (!object || !oh_limits_take (socket->rate, "", NULL)
      || !oh_json_read_string (object, "type", TRUE, 16, &name, NULL))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    if (strcmp (name, messages[i].type) == 0)
      return messages[i].take (socket, object);
  return FALSE;
}

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *data,
            gpointer user_data)
{
  Socket *socket = user_data;

  if (take (socket, type, data))
    return;
  g_info ("a browser's connection was closed: it said what no page of ours says");
  let_go (socket, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
  lose (socket, FALSE);
}

/* --- Opening --- */

static char *
hash (const char *token)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);
}

static Socket *
find_by_link (OhWebSockets *sockets, const char *link)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, sockets->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (strcmp (((Socket *)value)->link, link) == 0)
      return value;
  return NULL;
}

static guint
count_source (OhWebSockets *sockets, const char *source)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, sockets->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += strcmp (((Socket *)value)->source, source) == 0;
  return n;
}

static char *
make_secret (void)
{
  guint8 random[16];
  GString *text = g_string_new (NULL);

  if (RAND_bytes (random, sizeof random) != 1)
    g_error ("no random numbers");
  for (gsize i = 0; i < sizeof random; i++)
    g_string_append_printf (text, "%02x", random[i]);
  return g_string_free (text, FALSE);
}

static Socket *
add_socket (OhWebSockets *sockets, const char *link, const char *offer_id, const char *address)
{
  Socket *socket = g_new0 (Socket, 1);

  socket->owner = sockets;
  socket->id = ++sockets->last_id;
  socket->link = g_strdup (link);
  socket->offer_id = g_strdup (offer_id);
  socket->secret = make_secret ();
  socket->address = g_strdup (address);
  socket->source = oh_limits_dup_source (address);
  socket->rate = oh_limits_new (MESSAGES_PER_MINUTE, MESSAGES_AT_ONCE, 1);
  g_hash_table_insert (sockets->all, &socket->id, socket);
  return socket;
}

/* A connection that is there, of a handshake that was answered. */
typedef struct
{
  OhWebSockets *sockets;
  guint64 id;
} Upgrade;

static void
free_upgrade (gpointer data, GClosure *closure)
{
  Upgrade *upgrade = data;
  Socket *socket = g_hash_table_lookup (upgrade->sockets->all, &upgrade->id);

  /* It went away before the answer was there. */
  if (socket && !socket->connection && !socket->asked)
    g_hash_table_remove (upgrade->sockets->all, &upgrade->id);
  oh_web_sockets_unref (upgrade->sockets);
  g_free (upgrade);
}

static void
take_connection (Socket *socket, SoupServerMessage *message, GIOStream *stream)
{
  SoupWebsocketConnection *connection = soup_websocket_connection_new (
      stream, soup_server_message_get_uri (message), SOUP_WEBSOCKET_CONNECTION_SERVER, NULL, NULL,
      NULL);

  oh_connections_set_deadline (socket->owner->web->connections,
                               soup_server_message_get_remote_address (message), 0);
  soup_websocket_connection_set_max_incoming_payload_size (connection, MAX_MESSAGE);
  soup_websocket_connection_set_keepalive_interval (connection, KEEPALIVE_S);
  let_go (socket, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
  socket->connection = connection;
  g_signal_connect (connection, "message", G_CALLBACK (on_message), socket);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), socket);
}

static void
on_upgraded (SoupServerMessage *message, gpointer user_data)
{
  Upgrade *upgrade = user_data;
  Socket *socket = g_hash_table_lookup (upgrade->sockets->all, &upgrade->id);
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);

  if (!socket || !upgrade->sockets->web || !stream)
    return;
  take_connection (socket, message, stream);
  if (socket->in_call)
    {
      tell (socket, OH_BROWSER_BACK, NULL, 0);
      say_welcome (socket, 0);
      return;
    }
  oh_exchange_tell_browser (socket->owner->exchange,
                            &(OhBrowserMessage){ .id = socket->id,
                                                 .word = OH_BROWSER_OPEN,
                                                 .text = socket->offer_id,
                                                 .address = socket->address,
                                                 .number = socket->is_program });
}

/* --- May it? --- */

/* A page of another site must not answer calls by a link that it has got hold of. */
static gboolean
is_own_page (OhWebRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  const char *origin = soup_message_headers_get_one (headers, "Origin");
  const char *host = soup_message_headers_get_one (headers, "Host");
  g_autofree char *own = host ? g_strconcat ("https://", host, NULL) : NULL;

  return origin && own && g_ascii_strcasecmp (origin, own) == 0;
}

/* What the outcome is called depends on it, nothing else. */
static gboolean
is_program (OhWebRequest *request)
{
  const char *agent = soup_message_headers_get_one (
      soup_server_message_get_request_headers (request->message), "User-Agent");

  return agent && g_str_has_prefix (agent, "Offhook/");
}

static gboolean
may_resume (OhWebRequest *request, const Socket *socket)
{
  const char *secret = request->query ? g_hash_table_lookup (request->query, "resume") : NULL;
  gsize length = strlen (socket->secret);

  return socket->in_call && secret && strlen (secret) == length
         && CRYPTO_memcmp (secret, socket->secret, length) == 0;
}

/* FALSE: too many, and that was answered. */
static gboolean
check_counts (OhWebRequest *request, OhWebSockets *sockets, const char *source)
{
  guint retry_s = 10;

  if (oh_limits_take (sockets->handshakes, source, &retry_s)
      && g_hash_table_size (sockets->all) < MAX_SOCKETS
      && count_source (sockets, source) < MAX_PER_ADDRESS)
    return TRUE;
  oh_web_answer_later (request, retry_s, "Too many connections from there; try again later");
  return FALSE;
}

/* The socket of the page that asks; NULL: it gets none, and was told so. */
static Socket *
choose_socket (OhWebRequest *request, const char *address)
{
  OhWebSockets *sockets = request->web->sockets;
  g_autofree char *name = hash (request->argument);
  const OhLink *link = oh_links_find (request->web->links, request->argument);
  Socket *before = find_by_link (sockets, name);

  if (before && may_resume (request, before))
    return before;
  if (!link || link->is_over || link->chosen || (before && before->asked))
    {
      oh_web_answer_error (request, SOUP_STATUS_NOT_FOUND, "not-found",
                           "There is no call to answer here");
      return NULL;
    }
  if (before)
    {
      tell (before, OH_BROWSER_END, NULL, 0);
      end (before, "taken-over");
    }
  return add_socket (sockets, name, link->offer_id, address);
}

void
oh_web_handle_socket (OhWebRequest *request)
{
  OhWebSockets *sockets = request->web->sockets;
  g_autofree char *address = oh_web_dup_address (request);
  g_autofree char *source = oh_limits_dup_source (address);
  Upgrade *upgrade;
  Socket *socket;

  if (!is_own_page (request))
    {
      oh_web_answer_error (request, SOUP_STATUS_FORBIDDEN, "denied",
                           "This connection is for the call server's own pages");
      return;
    }
  if (!soup_websocket_server_check_handshake (request->message, NULL, NULL, NULL, NULL))
    {
      oh_web_answer_error (request, SOUP_STATUS_BAD_REQUEST, "websocket-needed",
                           "This address speaks WebSocket");
      return;
    }
  if (!check_counts (request, sockets, source))
    return;
  socket = choose_socket (request, address);
  if (!socket)
    return;
  socket->is_program = is_program (request);
  upgrade = g_new (Upgrade, 1);
  *upgrade = (Upgrade){ sockets, socket->id };
  g_atomic_ref_count_inc (&sockets->references);
  g_signal_connect_data (request->message, "wrote-informational", G_CALLBACK (on_upgraded), upgrade,
                         free_upgrade, 0);
  oh_web_answer_upgrade (request);
}

/* --- The table --- */

OhWebSockets *
oh_web_sockets_new (OhWeb *web, OhExchange *exchange)
{
  OhWebSockets *sockets = g_new0 (OhWebSockets, 1);

  g_atomic_ref_count_init (&sockets->references);
  sockets->web = web;
  sockets->exchange = exchange;
  sockets->all = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, free_socket);
  sockets->handshakes = oh_limits_new (HANDSHAKES_PER_MINUTE, HANDSHAKES_PER_MINUTE, 10000);
  g_atomic_ref_count_inc (&sockets->references);
  oh_exchange_start_browsers (exchange, on_browser, sockets, oh_web_sockets_unref);
  return sockets;
}

void
oh_web_sockets_close (OhWebSockets *sockets)
{
  sockets->web = NULL;
  g_hash_table_remove_all (sockets->all);
}

void
oh_web_sockets_unref (gpointer data)
{
  OhWebSockets *sockets = data;

  if (!g_atomic_ref_count_dec (&sockets->references))
    return;
  g_hash_table_unref (sockets->all);
  oh_limits_free (sockets->handshakes);
  g_free (sockets);
}
