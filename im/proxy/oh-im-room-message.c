/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-room-message.h"

#include "im/proxy/oh-im-room-private.h"

#include <string.h>

void
oh_im_room_message_free (OhImRoomMessage *message)
{
  g_free (message->nick);
  g_free (message->text);
  g_free (message->ref);
  g_free (message);
}

static gboolean
is_letter_before (const char *text, const char *at)
{
  return at > text && g_unichar_isalnum (g_utf8_get_char (g_utf8_prev_char (at)));
}

gboolean
oh_im_has_word (const char *text, const char *word)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);
  g_autofree char *wanted = g_utf8_casefold (word, -1);
  gsize length = strlen (wanted);
  const char *at = folded;

  while (length > 0 && (at = strstr (at, wanted)))
    {
      if (!is_letter_before (folded, at) && !g_unichar_isalnum (g_utf8_get_char (at + length)))
        return TRUE;
      at = g_utf8_next_char (at);
    }
  return FALSE;
}

OhImRoomMessage *
oh_im_parse_room_message (const char *own_nick, GVariant *dict)
{
  g_autoptr (OhImRoomMessage) message = g_new0 (OhImRoomMessage, 1);
  const char *text = "";

  g_variant_lookup (dict, "text", "&s", &text);
  message->nick = oh_im_parse_line (dict, "nick");
  message->ref = oh_im_parse_line (dict, "ref");
  message->text = oh_im_clean (text, OH_IM_MAX_TEXT);
  if (!*message->nick || !*message->text)
    return NULL;
  if (!g_variant_lookup (dict, "time", "x", &message->time) || message->time <= 0)
    message->time = g_get_real_time () / G_USEC_PER_SEC;
  g_variant_lookup (dict, "delayed", "b", &message->delayed);
  g_variant_lookup (dict, "own", "b", &message->own);
  g_variant_lookup (dict, "cut", "b", &message->cut);
  g_variant_lookup (dict, "dropped", "u", &message->dropped);
  message->highlight = !message->own && oh_im_has_word (message->text, own_nick);
  return g_steal_pointer (&message);
}

/* --- what was heard in a room: its history tells it again when it is joined again --- */

#define REMEMBERED 300 /* messages; services tell 20 to some hundred */
#define SAME_S 60      /* between the service's clock and ours */

typedef struct
{
  char *name; /* by its sender, or NULL */
  char *text; /* both are digests */
  gint64 time;
  guint visit; /* in which it was heard last */
} Trace;

struct _OhImHeard
{
  GQueue traces; /* of Trace, newest first */
  guint visit;   /* how often the room was joined */
};

static void
trace_free (Trace *trace)
{
  g_free (trace->name);
  g_free (trace->text);
  g_free (trace);
}

static char *
digest (const char *nick, const char *what)
{
  g_autofree char *both = g_strdup_printf ("%s\n%s", nick, what);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, both, -1);
}

static Trace *
trace_new (const OhImRoomMessage *message)
{
  Trace *trace = g_new0 (Trace, 1);

  trace->name = *message->ref ? digest (message->nick, message->ref) : NULL;
  trace->text = digest (message->nick, message->text);
  trace->time = message->time;
  return trace;
}

static gboolean
is_same (const Trace *one, const Trace *other)
{
  if (!g_str_equal (one->text, other->text))
    return FALSE;
  if (one->name && other->name)
    return g_str_equal (one->name, other->name);
  return ABS (one->time - other->time) <= SAME_S;
}

OhImHeard *
oh_im_heard_new (void)
{
  OhImHeard *heard = g_new0 (OhImHeard, 1);

  g_queue_init (&heard->traces);
  return heard;
}

void
oh_im_heard_free (OhImHeard *heard)
{
  g_queue_clear_full (&heard->traces, (GDestroyNotify)trace_free);
  g_free (heard);
}

void
oh_im_heard_begin_visit (OhImHeard *heard)
{
  heard->visit++;
}

/* Of an earlier visit: what was said twice is told twice by the history, too. */
static Trace *
find_earlier (OhImHeard *heard, const Trace *wanted)
{
  for (GList *l = heard->traces.tail; l; l = l->prev)
    if (((Trace *)l->data)->visit != heard->visit && is_same (l->data, wanted))
      return l->data;
  return NULL;
}

gboolean
oh_im_heard_take (OhImHeard *heard, const OhImRoomMessage *message)
{
  Trace *trace = trace_new (message);
  Trace *earlier = message->delayed ? find_earlier (heard, trace) : NULL;

  if (earlier)
    {
      earlier->visit = heard->visit;
      trace_free (trace);
      return FALSE;
    }
  trace->visit = heard->visit;
  g_queue_push_head (&heard->traces, trace);
  if (heard->traces.length > REMEMBERED)
    trace_free (g_queue_pop_tail (&heard->traces));
  return TRUE;
}
