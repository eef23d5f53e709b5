/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-browser-private.h"

#include "base/oh-clock.h"
#include "server/store/oh-json.h"

/* Web lines: devices that are signed in by a WebSocket, because their network lets no SIP through. For
 * the registrar a line is one more way by which its device is there; its calls are browsers' (oh-server-
 * call-browser.c). */

#define MAX_BINDINGS_PER_DEVICE 4

typedef struct
{
  guint64 id;
  gint64 user_id;
  char *device_id, *key, *route, *address;
} Line;

void
oh_line_free (gpointer data)
{
  Line *line = data;

  g_free (line->device_id);
  g_free (line->key);
  g_free (line->route);
  g_free (line->address);
  g_free (line);
}

static void
tell (OhExchange *exchange, guint64 line, OhBrowserWord word, guint number)
{
  oh_exchange_tell_web (exchange,
                        &(OhBrowserMessage){ .line = line, .word = word, .number = number });
}

/* --- At the registrar --- */

static const OhBinding *
find_binding (OhExchange *exchange, const Line *line)
{
  GPtrArray *bindings = oh_registrar_find_by_device (exchange->registrar, line->device_id);

  for (guint i = 0; bindings && i < bindings->len; i++)
    if (((const OhBinding *)bindings->pdata[i])->line == line->id)
      return bindings->pdata[i];
  return NULL;
}

/* Not where the device is signed in by SIP again: that has the place of the line since. */
static void
sign_out (OhExchange *exchange, const Line *line)
{
  if (find_binding (exchange, line))
    oh_registrar_remove (exchange->registrar, line->device_id, line->key);
}

/* The oldest of a device that is signed in by ever new programs goes. */
static void
make_room (OhExchange *exchange, const Line *line)
{
  const char *device_id = line->device_id;
  GPtrArray *bindings = oh_registrar_find_by_device (exchange->registrar, device_id);
  g_autofree char *oldest = bindings && bindings->len >= MAX_BINDINGS_PER_DEVICE
                                ? g_strdup (((const OhBinding *)bindings->pdata[0])->key)
                                : NULL;

  if (oldest && !find_binding (exchange, line))
    oh_registrar_remove (exchange->registrar, device_id, oldest);
}

static void
sign_in (OhExchange *exchange, const Line *line, const OhDevice *device, const OhLineFacts *facts)
{
  OhBinding *binding = oh_binding_new ();

  binding->user_id = line->user_id;
  binding->device_id = g_strdup (line->device_id);
  binding->device_name = g_strdup (device->name ? device->name : device->id);
  binding->contact = g_strdup (line->route);
  binding->key = g_strdup (line->key);
  binding->route = g_strdup (line->route);
  binding->address = g_strdup (facts->address);
  binding->port = facts->port;
  binding->transport = g_strdup ("wss");
  binding->user_agent = g_strdup (facts->user_agent);
  binding->audio = g_strdup (facts->audio);
  binding->web = TRUE;
  binding->line = line->id;
  binding->no_talk = facts->no_talk;
  binding->weak = oh_evidence_is_weak (device->evidence, FALSE);
  binding->expires_us = G_MAXINT64;
  make_room (exchange, line);
  oh_registrar_put (exchange->registrar, binding);
  g_debug ("device %s signed in by a web line from %s", line->device_id, facts->address);
}

static void
take_open (OhExchange *exchange, const OhBrowserMessage *message)
{
  const OhLineFacts *facts = message->facts;
  /* A device that has just signed in may not be in our snapshot yet. */
  g_autoptr (OhDirectory) newest = oh_store_dup_directory (exchange->store);
  const OhDevice *device = oh_directory_find_device (newest, facts->device_id);
  const OhUser *user = device ? device->user : NULL;
  Line *line;

  if (exchange->stopping)
    return; /* server/web closes it */
  if (!user)
    {
      tell (exchange, message->line, OH_LINE_REVOKED, 0);
      return;
    }
  line = g_hash_table_lookup (exchange->lines, &message->line);
  if (line)
    {
      sign_in (exchange, line, device, facts);
      return;
    }
  line = g_new0 (Line, 1);
  line->id = message->line;
  line->user_id = user->id;
  line->device_id = g_strdup (device->id);
  line->key = g_strdup (facts->key);
  line->route = g_strdup_printf ("line:%" G_GUINT64_FORMAT, line->id);
  line->address = g_strdup (facts->address);
  g_hash_table_insert (exchange->lines, &line->id, line);
  sign_in (exchange, line, device, facts);
  tell (exchange, line->id, OH_LINE_NEWS, user->new_messages);
}

/* --- Its calls --- */

guint64
oh_server_call_ring_line (OhServerCall *call, const OhBinding *binding)
{
  OhExchange *exchange = call->exchange;
  guint64 id = OH_BROWSER_FIRST_RUNG + ++exchange->lines_rung;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *options = oh_call_offer_dup_options (call->offer);
  g_autofree char *text = NULL;

  json_object_set_string_member (object, "offer", oh_call_offer_get_id (call->offer));
  json_object_set_string_member (object, "name", call->withheld ? "" : call->caller_name);
  json_object_set_string_member (object, "number", call->withheld ? "" : call->caller_number);
  json_object_set_boolean_member (object, "withheld", call->withheld);
  json_object_set_string_member (object, "called", call->called);
  json_object_set_int_member (object, "seconds",
                              oh_call_offer_get_seconds_left (call->offer, oh_clock_now ()));
  json_object_set_int_member (object, "default", call->plan->user->default_option);
  json_object_set_string_member (object, "options", options);
  if (call->origin.caller && !call->withheld)
    json_object_set_string_member (object, "peer", call->origin.caller->alias);
  text = oh_json_object_to_string (object);
  oh_browser_add (call, id, binding->line, binding->address);
  oh_exchange_tell_web (
      exchange, &(OhBrowserMessage){
                    .id = id, .line = binding->line, .word = OH_BROWSER_RING, .text = text });
  return id;
}

static void
refuse (OhExchange *exchange, guint64 browser, guint status)
{
  oh_exchange_tell_web (exchange, &(OhBrowserMessage){ .id = browser,
                                                       .word = OH_BROWSER_ENDED,
                                                       .text = "not-answered",
                                                       .number = status });
}

static void
take_dial (OhExchange *exchange, const OhBrowserMessage *message)
{
  const Line *line = g_hash_table_lookup (exchange->lines, &message->line);
  OhOrigin origin = { .directory = exchange->directory };
  const OhSipArrival arrival = { .request_user = message->address, .waited_us = -1 };
  guint retry_s;

  origin.device = line ? oh_directory_find_device (exchange->directory, line->device_id) : NULL;
  if (!origin.device || exchange->stopping || !oh_exchange_admit (exchange, &arrival, &retry_s))
    {
      refuse (exchange, message->id, origin.device ? 503 : 403);
      return;
    }
  origin.caller = origin.device->user;
  oh_server_call_start_by_line (exchange, &origin, line->id, message, line->address);
}

/* Chosen while the device's connection was broken, or on one that broke before anybody could say that it was
 * taken: it may not ring here any more. */
static void
take_choose (OhExchange *exchange, const OhBrowserMessage *message)
{
  const Line *line = g_hash_table_lookup (exchange->lines, &message->line);
  const OhDevice *device = line ? oh_directory_find_device (exchange->directory, line->device_id)
                                : NULL;
  const char *outcome = device ? oh_browser_choose_by_offer (exchange, device, message->text,
                                                             (OhOption)message->number)
                               : "over";

  oh_exchange_tell_web (exchange, &(OhBrowserMessage){ .line = message->line,
                                                       .word = OH_LINE_CHOSEN,
                                                       .text = outcome,
                                                       .address = message->address });
}

/* --- The end --- */

static GArray *
list_calls (OhExchange *exchange, guint64 line)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (guint64));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, exchange->browsers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((const OhBrowser *)value)->line == line)
      g_array_append_val (found, ((const OhBrowser *)value)->id);
  return found;
}

/* Each may end others with it: they are looked for anew. */
static void
part_calls (OhExchange *exchange, guint64 line, void (*part) (OhBrowser *browser))
{
  g_autoptr (GArray) calls = list_calls (exchange, line);

  for (guint i = 0; i < calls->len; i++)
    {
      OhBrowser *browser = g_hash_table_lookup (exchange->browsers,
                                                &g_array_index (calls, guint64, i));

      if (browser)
        part (browser);
    }
}

static void
take_close (OhExchange *exchange, const OhBrowserMessage *message)
{
  const Line *line = g_hash_table_lookup (exchange->lines, &message->line);

  if (!line)
    return;
  sign_out (exchange, line);
  part_calls (exchange, message->line, oh_browser_lose);
  g_debug ("the web line of device %s is closed", line->device_id);
  g_hash_table_remove (exchange->lines, &message->line);
}

void
oh_exchange_end_revoked_lines (OhExchange *exchange)
{
  g_autoptr (GList) lines = g_hash_table_get_values (exchange->lines);

  for (GList *l = lines; l; l = l->next)
    {
      Line *line = l->data;
      guint64 id = line->id;

      if (oh_directory_find_device (exchange->directory, line->device_id))
        continue;
      sign_out (exchange, line);
      part_calls (exchange, id, oh_browser_end);
      g_hash_table_remove (exchange->lines, &id);
      tell (exchange, id, OH_LINE_REVOKED, 0);
    }
}

/* --- News --- */

static void
take_report (OhExchange *exchange, const OhBrowserMessage *message)
{
  const Line *line = g_hash_table_lookup (exchange->lines, &message->line);
  const OhDevice *device = line ? oh_directory_find_device (exchange->directory, line->device_id)
                                : NULL;

  if (device && !oh_registrar_sip_report (exchange->registrar_sip, device, message->text))
    g_info ("what device %s says of itself is no PIDF", device->id);
}

void
oh_exchange_tell_lines (gint64 user_id, guint new_messages, gpointer user_data)
{
  OhExchange *exchange = user_data;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, exchange->lines);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((const Line *)value)->user_id == user_id)
      tell (exchange, ((const Line *)value)->id, OH_LINE_NEWS, new_messages);
}

void
oh_exchange_take_line (OhExchange *exchange, const OhBrowserMessage *message)
{
  switch (message->word)
    {
    case OH_LINE_OPEN:
      take_open (exchange, message);
      break;
    case OH_LINE_REPORT:
      take_report (exchange, message);
      break;
    case OH_LINE_CHOOSE:
      take_choose (exchange, message);
      break;
    case OH_LINE_CLOSE:
      take_close (exchange, message);
      break;
    case OH_BROWSER_DIAL:
      take_dial (exchange, message);
      break;
    default:
      g_return_if_reached ();
    }
}
