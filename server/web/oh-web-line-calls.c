/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/im/oh-im-choices.h"
#include "server/store/oh-json.h"
#include "server/web/oh-web-lines-private.h"

#include <string.h>

/* The calls of web lines, each with a name of its own on the wire. */

#define MAX_CALLS 8 /* of one device */
#define MAX_TAG 32
#define MAX_OFFER 64 /* of an offer's id */

void
oh_web_call_free (gpointer data)
{
  OhWebCall *call = data;

  g_free (call->device_id);
  g_free (call->tag);
  g_free (call);
}

void
oh_web_call_tell (
    OhWebLines *lines, const OhWebCall *call, OhBrowserWord word, const char *text, guint number)
{
  oh_exchange_tell_browser (
      lines->exchange,
      &(OhBrowserMessage){
          .id = call->id, .line = call->line, .word = word, .text = text, .number = number });
}

static OhWebCall *
add_call (OhWebLines *lines, guint64 id, const OhWebLine *line, const char *tag)
{
  OhWebCall *call = g_new0 (OhWebCall, 1);

  call->id = id;
  call->line = line->id;
  call->device_id = g_strdup (line->device_id);
  call->tag = g_strdup (tag);
  g_hash_table_insert (lines->calls, &call->id, call);
  return call;
}

/* The one that @device_id knows by that name. */
static OhWebCall *
find_call (OhWebLines *lines, const char *device_id, const char *tag)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, lines->calls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (strcmp (((OhWebCall *)value)->tag, tag) == 0
        && strcmp (((OhWebCall *)value)->device_id, device_id) == 0)
      return value;
  return NULL;
}

/* --- What it is told --- */

static JsonObject *
new_message (const char *type, const char *tag)
{
  JsonObject *object = oh_web_wire_message (type);

  json_object_set_string_member (object, "call", tag);
  return object;
}

void
oh_web_call_say_ended (const OhWebLine *line, const char *tag, const char *reason, guint status)
{
  JsonObject *object = new_message ("ended", tag);

  json_object_set_string_member (object, "reason", reason);
  json_object_set_int_member (object, "status", status);
  oh_web_line_say (line, object);
}

static void
take_ring (OhWebLines *lines, const OhBrowserMessage *message)
{
  const OhWebLine *line = g_hash_table_lookup (lines->all, &message->line);
  /* Numbers begin anew with each server, a client's calls of the former one may not be over yet. */
  g_autofree char *tag = g_strdup_printf ("r%" G_GINT64_MODIFIER "x-%08x", message->id,
                                          g_random_int ());
  JsonObject *object = !line ? NULL
                             : oh_json_parse_object (message->text, strlen (message->text), NULL);

  if (!object)
    return; /* the exchange hears that the line is closed */
  add_call (lines, message->id, line, tag);
  json_object_set_string_member (object, "type", "ring");
  json_object_set_string_member (object, "call", tag);
  oh_web_line_say (line, object);
}

static void
say_sdp (const OhWebLine *line, const OhWebCall *call, const char *sdp)
{
  JsonObject *object = new_message (sdp ? "answer" : "refused", call->tag);

  if (sdp)
    json_object_set_string_member (object, "sdp", sdp);
  oh_web_line_say (line, object);
}

/* Of one call; its line may be away, and comes back to what it is then. */
void
oh_web_calls_take (OhWebLines *lines, const OhBrowserMessage *message)
{
  OhWebCall *call = g_hash_table_lookup (lines->calls, &message->id);
  const OhWebLine *line = call ? g_hash_table_lookup (lines->all, &call->line) : NULL;

  if (message->word == OH_BROWSER_RING)
    take_ring (lines, message);
  if (!call)
    return;
  if (line && message->word == OH_BROWSER_SDP)
    say_sdp (line, call, message->text);
  else if (line && message->word == OH_BROWSER_RINGING)
    oh_web_line_say (line, new_message ("ringing", call->tag));
  else if (line && message->word == OH_BROWSER_RESUMED)
    oh_web_line_say (line, new_message ("back", call->tag));
  else if (line && message->word == OH_BROWSER_TALK)
    oh_web_line_say (line, new_message ("talk", call->tag));
  else if (line && message->word == OH_BROWSER_ANSWERED)
    oh_web_line_say (line, new_message ("answered", call->tag));
  if (message->word != OH_BROWSER_ENDED)
    return;
  if (line)
    oh_web_call_say_ended (line, call->tag, message->text, message->number);
  g_hash_table_remove (lines->calls, &message->id);
}

/* --- What a device says --- */

static gboolean
is_tag (const char *text)
{
  return text && *text && strlen (text) <= MAX_TAG
         && strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-") == strlen (text);
}

static guint
count_calls (const OhWebLine *line)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, line->owner->calls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += strcmp (((const OhWebCall *)value)->device_id, line->device_id) == 0;
  return n;
}

static gboolean
take_dial (OhWebLine *line, const char *tag, OhWebCall *before, JsonObject *object)
{
  OhWebLines *lines = line->owner;
  const char *sdp = oh_web_wire_read_sdp (object);
  const char *number = NULL;
  OhWebCall *call;

  if (before || !sdp || !oh_json_read_string (object, "number", TRUE, 64, &number, NULL)
      || !*number)
    return FALSE;
  if (count_calls (line) >= MAX_CALLS)
    {
      oh_web_call_say_ended (line, tag, "not-answered", 503);
      return TRUE;
    }
  call = add_call (lines, OH_BROWSER_FIRST_DIALLED + ++lines->last_dialled, line, tag);
  call->live = TRUE;
  oh_exchange_tell_browser (lines->exchange, &(OhBrowserMessage){ .id = call->id,
                                                                  .line = line->id,
                                                                  .word = OH_BROWSER_DIAL,
                                                                  .text = sdp,
                                                                  .address = number });
  return TRUE;
}

static gboolean
take_offer (OhWebLine *line, const char *tag, OhWebCall *call, JsonObject *object)
{
  const char *sdp = oh_web_wire_read_sdp (object);

  if (call && sdp)
    oh_web_call_tell (line->owner, call, OH_BROWSER_OFFER, sdp, 0);
  return sdp != NULL;
}

static gboolean
take_answer (OhWebLine *line, const char *tag, OhWebCall *call, JsonObject *object)
{
  if (!call)
    return TRUE;
  call->live = TRUE; /* if it is not, that is told */
  oh_web_call_tell (line->owner, call, OH_BROWSER_ANSWER, NULL, 0);
  return TRUE;
}

/* Of a call that rang on a line that broke: the offer is the same on every line. */
static void
choose_by_offer (const OhWebLine *line, const char *tag, const char *offer, guint option)
{
  oh_exchange_tell_browser (line->owner->exchange, &(OhBrowserMessage){ .line = line->id,
                                                                        .word = OH_LINE_CHOOSE,
                                                                        .text = offer,
                                                                        .address = tag,
                                                                        .number = option });
}

static gboolean
take_choice (OhWebLine *line, const char *tag, OhWebCall *call, JsonObject *object)
{
  gint64 option = 0;
  const char *offer = NULL;

  if (!oh_json_read_int (object, "option", TRUE, 1, 31, &option, NULL)
      || !oh_im_choice_is_post ((guint)option)
      || !oh_json_read_string (object, "offer", FALSE, MAX_OFFER, &offer, NULL))
    return FALSE;
  if (call && !call->live)
    oh_web_call_tell (line->owner, call, OH_BROWSER_CHOOSE, NULL, (guint)option);
  else if (!call && offer)
    choose_by_offer (line, tag, offer, (guint)option);
  else if (!call)
    oh_web_call_say_ended (line, tag, "over", 0);
  return TRUE;
}

static gboolean
take_digit (OhWebLine *line, const char *tag, OhWebCall *call, JsonObject *object)
{
  char digit = oh_web_wire_read_digit (object);

  if (call && digit)
    oh_web_call_tell (line->owner, call, OH_BROWSER_DIGIT, NULL, (guchar)digit);
  return digit != 0;
}

static gboolean
take_hang_up (OhWebLine *line, const char *tag, OhWebCall *call, JsonObject *object)
{
  if (!call)
    return TRUE;
  oh_web_call_tell (line->owner, call, OH_BROWSER_END, NULL, 0);
  g_hash_table_remove (line->owner->calls, &call->id);
  return TRUE;
}

/* After a connection that broke. */
static gboolean
take_back (OhWebLine *line, const char *tag, OhWebCall *call, JsonObject *object)
{
  if (!call || !call->live)
    {
      oh_web_call_say_ended (line, tag, "lost", 0);
      return TRUE;
    }
  call->line = line->id;
  oh_web_call_tell (line->owner, call, OH_BROWSER_BACK, NULL, 0);
  return TRUE;
}

gboolean
oh_web_call_take (OhWebLine *line, const char *type, JsonObject *object)
{
  static const struct
  {
    const char *type;
    gboolean (*take) (OhWebLine *line, const char *tag, OhWebCall *call, JsonObject *object);
  } messages[] = { { "dial", take_dial },     { "offer", take_offer }, { "answer", take_answer },
                   { "choose", take_choice }, { "digit", take_digit }, { "hang-up", take_hang_up },
                   { "back", take_back } };
  const char *tag = NULL;

  if (!oh_json_read_string (object, "call", TRUE, MAX_TAG, &tag, NULL) || !is_tag (tag))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    if (strcmp (type, messages[i].type) == 0)
      return messages[i].take (line, tag, find_call (line->owner, line->device_id, tag), object);
  return FALSE;
}
