/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-lines-private.h"

#include "server/registrar/oh-relay.h"
#include "server/store/oh-json.h"

#include <string.h>

#define MAX_PER_DEVICE 4
#define FULL_RETRY_S 60 /* where others must leave first */
#define HANDSHAKES_PER_MINUTE 60
#define HELLO_S 10
#define RELAY_S 1800 /* how often credentials of a relay are told anew */
#define MAX_REPORT (8 * 1024)

/* --- Lines --- */

static void
free_line (gpointer data)
{
  OhWebLine *line = data;

  g_clear_handle_id (&line->timer, g_source_remove);
  oh_web_wire_free (line->wire, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
  g_free (line->device_id);
  g_free (line->address);
  g_free (line->source);
  g_free (line->agent);
  g_free (line->key);
  g_free (line);
}

static void
tell_line (OhWebLines *lines, guint64 line, OhBrowserWord word, const char *text)
{
  oh_exchange_tell_browser (lines->exchange,
                            &(OhBrowserMessage){ .line = line, .word = word, .text = text });
}

/* --- What it is told --- */

void
oh_web_line_say (const OhWebLine *line, JsonObject *object)
{
  oh_web_wire_say (line->wire, object);
  json_object_unref (object);
}

static void
say_welcome (const OhWebLine *line)
{
  JsonObject *object = oh_web_wire_message ("welcome");
  JsonObject *relay = oh_relay_make_json (line->owner->web->config, line->device_id,
                                          g_get_real_time () / G_USEC_PER_SEC);

  if (relay)
    json_object_set_object_member (object, "relay", relay);
  oh_web_line_say (line, object);
}

static gboolean
on_relay_due (gpointer user_data)
{
  say_welcome (user_data);
  return G_SOURCE_CONTINUE;
}

/* --- From the exchange --- */

static void
take_news (const OhWebLine *line, guint new_messages)
{
  JsonObject *object = oh_web_wire_message ("news");

  json_object_set_int_member (object, "messages", new_messages);
  oh_web_line_say (line, object);
}

static gboolean
is_of_line (gpointer key, gpointer value, gpointer user_data)
{
  return ((const OhWebCall *)value)->line == *(guint64 *)user_data;
}

void
oh_web_lines_take (OhWebLines *lines, const OhBrowserMessage *message)
{
  OhWebLine *line = g_hash_table_lookup (lines->all, &message->line);
  guint64 id = message->line;

  if (message->id)
    oh_web_calls_take (lines, message);
  else if (line && message->word == OH_LINE_NEWS)
    take_news (line, message->number);
  else if (line && message->word == OH_LINE_CHOSEN)
    oh_web_call_say_ended (line, message->address, message->text, 0);
  else if (line && message->word == OH_LINE_REVOKED)
    {
      oh_web_line_say (line, oh_web_wire_message ("signed-out"));
      g_hash_table_foreach_remove (lines->calls, is_of_line, &id);
      g_hash_table_remove (lines->all, &id);
    }
}

/* --- From the device --- */

/* It is gone: calls that have begun may come back on another one, unless it @leaves. */
static void
lose (OhWebLine *line, gboolean leaves)
{
  OhWebLines *lines = line->owner;
  guint64 id = line->id;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, lines->calls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      OhWebCall *call = value;

      if (call->line != id)
        continue;
      if (call->live && leaves)
        oh_web_call_tell (lines, call, OH_BROWSER_END, NULL, 0);
      if (call->live && !leaves)
        call->line = 0;
      else
        g_hash_table_iter_remove (&iter);
    }
  if (line->key)
    tell_line (lines, id, OH_LINE_CLOSE, NULL);
  g_hash_table_remove (lines->all, &id);
}

static void
on_lost (gboolean in_order, gpointer user_data)
{
  lose (user_data, in_order);
}

/* A device that comes by another connection has left the former one, which may not know yet. */
static void
take_over (const OhWebLine *line)
{
  g_autoptr (GList) all = g_hash_table_get_values (line->owner->all);

  for (GList *l = all; l; l = l->next)
    {
      OhWebLine *other = l->data;

      if (other != line && other->key && strcmp (other->key, line->key) == 0
          && strcmp (other->device_id, line->device_id) == 0)
        lose (other, FALSE);
    }
}

/* The first one, that is. */
static void
begin (OhWebLine *line, const char *key)
{
  line->key = g_strdup (key);
  take_over (line);
  g_clear_handle_id (&line->timer, g_source_remove);
  line->timer = g_timeout_add_seconds (RELAY_S, on_relay_due, line);
}

/* Said again where the device has another sound, or other wishes. */
static gboolean
take_hello (OhWebLine *line, JsonObject *object)
{
  const char *instance = NULL, *audio = NULL;
  gboolean talk = TRUE;
  g_autofree char *key = NULL;

  if (!oh_json_read_string (object, "instance", TRUE, 64, &instance, NULL) || !*instance
      || !oh_json_read_string (object, "audio", FALSE, 32, &audio, NULL)
      || !oh_json_read_bool (object, "talk", FALSE, &talk, NULL))
    return FALSE;
  key = g_strdup_printf ("<%s>", instance); /* as in +sip.instance */
  if (line->key && strcmp (line->key, key) != 0)
    return FALSE;
  if (!line->key)
    begin (line, key);
  say_welcome (line);
  oh_exchange_tell_browser (line->owner->exchange,
                            &(OhBrowserMessage){ .line = line->id,
                                                 .word = OH_LINE_OPEN,
                                                 .facts = &(OhLineFacts){
                                                     .device_id = line->device_id,
                                                     .key = line->key,
                                                     .address = line->address,
                                                     .port = line->port,
                                                     .user_agent = line->agent,
                                                     .audio = (char *)audio,
                                                     .no_talk = !talk,
                                                 } });
  return TRUE;
}

static gboolean
take_presence (OhWebLine *line, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "pidf");
  const char *pidf = node && json_node_get_value_type (node) == G_TYPE_STRING
                         ? json_node_get_string (node)
                         : NULL;

  if (!pidf || strlen (pidf) > MAX_REPORT)
    return FALSE;
  tell_line (line->owner, line->id, OH_LINE_REPORT, pidf);
  return TRUE;
}

static gboolean
on_said (const char *type, JsonObject *object, gpointer user_data)
{
  OhWebLine *line = user_data;

  if (strcmp (type, "hello") == 0)
    return take_hello (line, object);
  if (!line->key)
    return FALSE;
  return strcmp (type, "presence") == 0 ? take_presence (line, object)
                                        : oh_web_call_take (line, type, object);
}

static const OhWebWireHandlers wire_handlers = { .take = on_said, .lost = on_lost };

/* --- Opening --- */

typedef struct
{
  OhWebLines *lines;
  guint64 id;
} Upgrade;

static void
free_upgrade (gpointer data, GClosure *closure)
{
  Upgrade *upgrade = data;
  const OhWebLine *line = g_hash_table_lookup (upgrade->lines->all, &upgrade->id);

  if (line && !line->wire) /* it went away before the answer was there */
    g_hash_table_remove (upgrade->lines->all, &upgrade->id);
  oh_web_lines_unref (upgrade->lines);
  g_free (upgrade);
}

static gboolean
on_hello_late (gpointer user_data)
{
  OhWebLine *line = user_data;

  line->timer = 0;
  g_info ("a web line was closed: it did not say hello");
  lose (line, FALSE);
  return G_SOURCE_REMOVE;
}

static void
on_upgraded (SoupServerMessage *message, gpointer user_data)
{
  Upgrade *upgrade = user_data;
  OhWebLine *line = g_hash_table_lookup (upgrade->lines->all, &upgrade->id);

  if (!line || line->wire || !upgrade->lines->web)
    return;
  line->wire = oh_web_wire_new (upgrade->lines->web, message, &wire_handlers, line);
  if (!line->wire)
    return;
  line->timer = g_timeout_add_seconds (HELLO_S, on_hello_late, line);
  oh_connections_vouch (upgrade->lines->web->connections,
                        soup_server_message_get_remote_address (message));
}

typedef struct
{
  guint all, of_user, of_source;
} Counts;

/* Lines of other devices: one that comes back is never in its own way. */
static Counts
count_others (OhWebLines *lines, const OhDevice *device, const char *source)
{
  Counts counts = { 0 };
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, lines->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const OhWebLine *line = value;

      if (strcmp (line->device_id, device->id) == 0)
        continue;
      counts.all++;
      counts.of_user += line->user_id == device->user->id;
      counts.of_source += strcmp (line->source, source) == 0;
    }
  return counts;
}

/* The oldest of a device that opens ever new ones ends: its network has broken it, most likely. */
static void
make_room (OhWebLines *lines, const char *device_id)
{
  GHashTableIter iter;
  gpointer value;
  OhWebLine *oldest = NULL;
  guint n = 0;

  g_hash_table_iter_init (&iter, lines->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      OhWebLine *line = value;

      if (strcmp (line->device_id, device_id) != 0)
        continue;
      n++;
      oldest = !oldest || line->id < oldest->id ? line : oldest;
    }
  if (n >= MAX_PER_DEVICE)
    lose (oldest, FALSE);
}

/* @most 0: no limit. */
static gboolean
is_full (guint count, guint most)
{
  return most > 0 && count >= most;
}

/* FALSE: too many, and that was answered. */
static gboolean
check_counts (OhWebRequest *request, OhWebLines *lines, const char *source)
{
  const OhServerConfig *config = request->web->config;
  Counts others = count_others (lines, request->device, source);
  guint retry_s = FULL_RETRY_S;

  if (!oh_limits_take (lines->handshakes, source, &retry_s)
      || is_full (others.of_source, config->max_lines_per_address))
    oh_web_answer_later (request, retry_s, "Too many connections from there; try again later");
  else if (is_full (others.of_user, config->max_lines_per_user))
    oh_web_answer_later (request, retry_s, "Too many connections of this user; try again later");
  else if (is_full (others.all, config->max_lines))
    {
      g_info ("a web line was refused: all %u are taken ([limits] lines)", config->max_lines);
      oh_web_answer_busy (request, retry_s, "All connections are taken; try again later");
    }
  else
    return TRUE;
  return FALSE;
}

static guint16
get_port (OhWebRequest *request)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (request->message);

  return G_IS_INET_SOCKET_ADDRESS (remote)
             ? g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (remote))
             : 0;
}

static OhWebLine *
add_line (OhWebLines *lines, OhWebRequest *request)
{
  const char *agent = soup_message_headers_get_one (
      soup_server_message_get_request_headers (request->message), "User-Agent");
  g_autofree char *cut = g_strndup (agent ? agent : "", 128);
  OhWebLine *line = g_new0 (OhWebLine, 1);

  line->owner = lines;
  line->id = ++lines->last_id;
  line->device_id = g_strdup (request->device->id);
  line->user_id = request->device->user->id;
  line->address = oh_web_dup_address (request);
  line->source = oh_limits_dup_source (line->address);
  line->agent = g_utf8_make_valid (cut, -1);
  line->port = get_port (request);
  g_hash_table_insert (lines->all, &line->id, line);
  return line;
}

void
oh_web_handle_line (OhWebRequest *request)
{
  OhWebLines *lines = request->web->lines;
  g_autofree char *address = oh_web_dup_address (request);
  g_autofree char *source = oh_limits_dup_source (address);
  Upgrade *upgrade;

  if (request->device->desk_phone)
    {
      oh_web_answer_error (request, SOUP_STATUS_FORBIDDEN, "denied",
                           "A telephone on the desk takes its calls by SIP");
      return;
    }
  if (!oh_web_wire_check (request) || !check_counts (request, lines, source))
    return;
  make_room (lines, request->device->id);
  upgrade = g_new (Upgrade, 1);
  *upgrade = (Upgrade){ lines, add_line (lines, request)->id };
  g_atomic_ref_count_inc (&lines->references);
  g_signal_connect_data (request->message, "wrote-informational", G_CALLBACK (on_upgraded), upgrade,
                         free_upgrade, 0);
  oh_web_answer_upgrade (request);
}

/* --- The table --- */

OhWebLines *
oh_web_lines_new (OhWeb *web, OhExchange *exchange)
{
  OhWebLines *lines = g_new0 (OhWebLines, 1);

  g_atomic_ref_count_init (&lines->references);
  lines->web = web;
  lines->exchange = exchange;
  lines->all = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, free_line);
  lines->calls = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, oh_web_call_free);
  oh_web_lines_set_config (lines, web->config);
  return lines;
}

/* All that an address may have may come back at once. */
void
oh_web_lines_set_config (OhWebLines *lines, const OhServerConfig *config)
{
  guint burst = MAX (config->max_lines_per_address, HANDSHAKES_PER_MINUTE);

  oh_limits_free (lines->handshakes);
  lines->handshakes = oh_limits_new (HANDSHAKES_PER_MINUTE, burst, 10000);
}

void
oh_web_lines_close (OhWebLines *lines)
{
  lines->web = NULL;
  g_hash_table_remove_all (lines->all);
}

void
oh_web_lines_unref (OhWebLines *lines)
{
  if (!g_atomic_ref_count_dec (&lines->references))
    return;
  g_hash_table_unref (lines->all);
  g_hash_table_unref (lines->calls);
  oh_limits_free (lines->handshakes);
  g_free (lines);
}
