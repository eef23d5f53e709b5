/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-sockets.h"

#include "server/call/oh-browser-calls.h"
#include "server/registrar/oh-relay.h"
#include "server/web/oh-web-lines.h"
#include "server/web/oh-web-wire.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <string.h>

#define MAX_SOCKETS 256
#define MAX_PER_ADDRESS 16
#define HANDSHAKES_PER_MINUTE 60
#define FIRST_S 20        /* for the first message, which a page of ours says at once */
#define RELAY_USER "link" /* who opened one, as a relay sees it */

struct _OhWebSockets
{
  gatomicrefcount references; /* the web server's and the exchange's */
  OhWeb *web;                 /* NULL: closed */
  OhExchange *exchange;
  GHashTable *all;      /* id as guint64* -> Socket, which it owns */
  OhLimits *handshakes; /* by source address */
  guint64 last_id;
  OhWebLines *lines; /* of signed-in devices, which tell the exchange by this one's func */
};

typedef struct
{
  OhWebSockets *owner;
  guint64 id;
  OhWebWire *wire; /* NULL: lost, or not there yet */
  char *link;      /* hash of the token */
  char *offer_id;
  gint64 identity_id;  /* whose link it is */
  char *secret;        /* with which it may come back in the call */
  char *address;       /* where it is */
  char *source;        /* counted for */
  gboolean is_program; /* our client in a browser's place */
  gboolean asked;      /* it pressed Answer */
  gboolean in_call;    /* and won */
  guint timer;         /* for the first message */
} Socket;

/* --- What it is told --- */

static const OhWebWireHandlers wire_handlers;

static void
say_type (Socket *socket, const char *type)
{
  g_autoptr (JsonObject) object = oh_web_wire_message (type);

  oh_web_wire_say (socket->wire, object);
}

static void
say_welcome (Socket *socket, guint seconds)
{
  g_autoptr (JsonObject) object = oh_web_wire_message ("welcome");
  JsonObject *relay = oh_relay_make_json (socket->owner->web->config, RELAY_USER,
                                          g_get_real_time () / G_USEC_PER_SEC);

  json_object_set_int_member (object, "seconds", seconds);
  json_object_set_boolean_member (object, "in_call", socket->in_call);
  json_object_set_string_member (object, "resume", socket->secret);
  if (relay)
    json_object_set_object_member (object, "relay", relay);
  oh_web_wire_say (socket->wire, object);
}

static void
say_sdp (Socket *socket, const char *sdp)
{
  g_autoptr (JsonObject) object = oh_web_wire_message (sdp ? "answer" : "refused");

  if (sdp)
    json_object_set_string_member (object, "sdp", sdp);
  oh_web_wire_say (socket->wire, object);
}

static void
drop_wire (Socket *socket, gushort code)
{
  oh_web_wire_free (g_steal_pointer (&socket->wire), code);
}

static void
free_socket (gpointer data)
{
  Socket *socket = data;

  g_clear_handle_id (&socket->timer, g_source_remove);
  drop_wire (socket, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
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
  g_autoptr (JsonObject) object = oh_web_wire_message ("ended");

  json_object_set_string_member (object, "reason", reason);
  oh_web_wire_say (socket->wire, object);
  drop_wire (socket, SOUP_WEBSOCKET_CLOSE_NORMAL);
  g_hash_table_remove (socket->owner->all, &socket->id);
}

/* --- From the call --- */

static void
on_browser (const OhBrowserMessage *message, gpointer user_data)
{
  OhWebSockets *sockets = user_data;
  Socket *socket = g_hash_table_lookup (sockets->all, &message->id);

  if (!socket)
    {
      oh_web_lines_take (sockets->lines, message);
      return;
    }
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
  const char *sdp = oh_web_wire_read_sdp (object);

  if (sdp)
    tell (socket, OH_BROWSER_OFFER, sdp, 0);
  return sdp != NULL;
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
  char digit = oh_web_wire_read_digit (object);

  if (digit)
    tell (socket, OH_BROWSER_DIGIT, NULL, (guchar)digit);
  return digit != 0;
}

static gboolean
take_hang_up (Socket *socket, JsonObject *object)
{
  tell (socket, OH_BROWSER_END, NULL, 0);
  drop_wire (socket, SOUP_WEBSOCKET_CLOSE_NORMAL);
  g_hash_table_remove (socket->owner->all, &socket->id);
  return TRUE;
}

/* Its connection is no more. In a call it may come back, before it opens anew. */
static void
on_lost (gboolean in_order, gpointer user_data)
{
  Socket *socket = user_data;

  drop_wire (socket, 0);
  tell (socket, in_order ? OH_BROWSER_END : OH_BROWSER_LOST, NULL, 0);
  if (in_order || !socket->asked)
    g_hash_table_remove (socket->owner->all, &socket->id);
}

/* FALSE: that is nothing that a page of ours says. */
static gboolean
on_said (const char *type, JsonObject *object, gpointer user_data)
{
  static const struct
  {
    const char *type;
    gboolean (*take) (Socket *socket, JsonObject *object);
  } messages[] = { { "offer", take_offer },
                   { "answer", take_answer },
                   { "digit", take_digit },
                   { "hang-up", take_hang_up } };
  Socket *socket = user_data;

  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    if (strcmp (type, messages[i].type) == 0)
      {
        g_clear_handle_id (&socket->timer, g_source_remove);
        return messages[i].take (socket, object);
      }
  return FALSE;
}

static const OhWebWireHandlers wire_handlers = { .take = on_said, .lost = on_lost };

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
add_socket (OhWebSockets *sockets, const char *name, const OhLink *link, const char *address)
{
  Socket *socket = g_new0 (Socket, 1);

  socket->owner = sockets;
  socket->id = ++sockets->last_id;
  socket->link = g_strdup (name);
  socket->offer_id = g_strdup (link->offer_id);
  socket->identity_id = link->identity_id;
  socket->secret = make_secret ();
  socket->address = g_strdup (address);
  socket->source = oh_limits_dup_source (address);
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
  if (socket && !socket->wire && !socket->asked)
    g_hash_table_remove (upgrade->sockets->all, &upgrade->id);
  oh_web_sockets_unref (upgrade->sockets);
  g_free (upgrade);
}

static gboolean
on_first_late (gpointer user_data)
{
  Socket *socket = user_data;

  socket->timer = 0;
  g_info ("a browser's connection was closed: it said nothing");
  tell (socket, OH_BROWSER_END, NULL, 0);
  drop_wire (socket, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
  g_hash_table_remove (socket->owner->all, &socket->id);
  return G_SOURCE_REMOVE;
}

static void
on_upgraded (SoupServerMessage *message, gpointer user_data)
{
  Upgrade *upgrade = user_data;
  Socket *socket = g_hash_table_lookup (upgrade->sockets->all, &upgrade->id);
  OhWebWire *wire;

  if (!socket || !upgrade->sockets->web)
    return;
  wire = oh_web_wire_new (upgrade->sockets->web, message, &wire_handlers, socket);
  if (!wire)
    return;
  drop_wire (socket, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
  socket->wire = wire;
  if (socket->in_call)
    {
      tell (socket, OH_BROWSER_BACK, NULL, 0);
      say_welcome (socket, 0);
      return;
    }
  g_clear_handle_id (&socket->timer, g_source_remove);
  socket->timer = g_timeout_add_seconds (FIRST_S, on_first_late, socket);
  oh_exchange_tell_browser (socket->owner->exchange,
                            &(OhBrowserMessage){ .id = socket->id,
                                                 .word = OH_BROWSER_OPEN,
                                                 .text = socket->offer_id,
                                                 .address = socket->address,
                                                 .number = socket->is_program,
                                                 .identity_id = socket->identity_id });
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
  return add_socket (sockets, name, link, address);
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
  if (!oh_web_wire_check (request))
    return;
  if (!check_counts (request, sockets, source))
    return;
  socket = choose_socket (request, address);
  if (!socket)
    return;
  socket->is_program = oh_web_is_program (request);
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
  sockets->lines = web->lines = oh_web_lines_new (web, exchange);
  g_atomic_ref_count_inc (&sockets->references);
  oh_exchange_start_browsers (exchange, on_browser, sockets, oh_web_sockets_unref);
  return sockets;
}

void
oh_web_sockets_close (OhWebSockets *sockets)
{
  sockets->web = NULL;
  oh_web_lines_close (sockets->lines);
  g_hash_table_remove_all (sockets->all);
}

void
oh_web_sockets_unref (gpointer data)
{
  OhWebSockets *sockets = data;

  if (!g_atomic_ref_count_dec (&sockets->references))
    return;
  g_hash_table_unref (sockets->all);
  oh_web_lines_unref (sockets->lines);
  oh_limits_free (sockets->handshakes);
  g_free (sockets);
}
