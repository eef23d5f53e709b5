/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/offer/oh-offer-join.h"

#include "client/offer/oh-offer-guard.h"

#include <string.h>

/* For the next line. IRC services hold back for seconds what comes fast (RFC 2813, 5.8); what a call
 * server writes need not be read at once. */
#define WAIT_MS 3000
#define SERVER_WAIT_MS 8000
#define MAX_LINES 3   /* of an offer (server/im/oh-im-words.h) */
#define MAX_BYTES 600 /* of a line; no offer is longer */
#define MAX_HELD 32   /* senders at once; of more only call servers' lines are held back */

struct _OhOfferJoin
{
  OhOfferDesk *desk;
  OhMessenger *messenger;
  OhOfferJoinFunc give;
  gpointer user_data;
  GPtrArray *held; /* of Held */
};

/* What one sender began. */
typedef struct
{
  OhOfferJoin *join;
  char *with;
  GPtrArray *lines; /* of OhIncoming; text and detail are owned, `with` is this one's */
  guint timer;
} Held;

static void
line_free (gpointer data)
{
  OhIncoming *line = data;

  g_free ((char *)line->text);
  g_free ((char *)line->detail);
  g_free (line);
}

static void
held_free (Held *held)
{
  g_clear_handle_id (&held->timer, g_source_remove);
  g_ptr_array_unref (held->lines);
  g_free (held->with);
  g_free (held);
}

static void
add_line (Held *held, const OhIncoming *incoming)
{
  OhIncoming *line = g_memdup2 (incoming, sizeof *incoming);

  line->with = held->with;
  line->text = g_strdup (incoming->text);
  line->detail = g_strdup (incoming->detail);
  if (line->time <= 0) /* else it would be that of its giving on */
    line->time = g_get_real_time () / G_USEC_PER_SEC;
  g_ptr_array_add (held->lines, line);
}

/* All lines, and @more or NULL. */
static char *
dup_text (const Held *held, const char *more)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < held->lines->len; i++)
    g_string_append_printf (text, "%s%s", i ? "\n" : "",
                            ((const OhIncoming *)held->lines->pdata[i])->text);
  if (more)
    g_string_append_printf (text, "\n%s", more);
  return g_string_free (text, FALSE);
}

static gboolean
is_offer (OhOfferJoin *join, const Held *held, const char *text)
{
  OhOfferKind kind = oh_offer_desk_judge (join->desk, join->messenger, held->with, text);

  return held->lines->len > 1 && (kind == OH_OFFER_KIND_OWN || kind == OH_OFFER_KIND_FORGED);
}

/* Takes @held out and gives on what it is. */
static void
give_on (Held *held)
{
  OhOfferJoin *join = held->join;
  g_autofree char *text = dup_text (held, NULL);

  g_ptr_array_remove (join->held, held);
  if (is_offer (join, held, text))
    {
      OhIncoming whole = *(const OhIncoming *)held->lines->pdata[0];

      whole.text = text;
      join->give (&whole, join->user_data);
    }
  else
    for (guint i = 0; i < held->lines->len; i++)
      join->give (held->lines->pdata[i], join->user_data);
  held_free (held);
}

static gboolean
is_server (const Held *held)
{
  return oh_offer_desk_is_server (held->join->desk, held->join->messenger, held->with);
}

static gboolean
on_waited (gpointer user_data)
{
  Held *held = user_data;

  held->timer = 0;
  give_on (held);
  return G_SOURCE_REMOVE;
}

static void
wait_for_more (Held *held)
{
  g_clear_handle_id (&held->timer, g_source_remove);
  held->timer = g_timeout_add (is_server (held) ? SERVER_WAIT_MS : WAIT_MS, on_waited, held);
}

static Held *
find_held (OhOfferJoin *join, const char *with)
{
  for (guint i = 0; i < join->held->len; i++)
    {
      Held *held = join->held->pdata[i];

      if (g_strcmp0 (held->with, with) == 0)
        return held;
    }
  return NULL;
}

static gboolean
may_begin (OhOfferJoin *join, const OhIncoming *incoming)
{
  gboolean named = oh_offer_desk_is_server (join->desk, join->messenger, incoming->with);

  return !incoming->own && (named || join->held->len < MAX_HELD)
         && strlen (incoming->text) <= MAX_BYTES
         && oh_offer_guard_may_begin (incoming->text, named);
}

/* Whether @incoming is the next line of what is held; a call server writes nothing else meanwhile. */
static gboolean
goes_on (const Held *held, const OhIncoming *incoming)
{
  g_autofree char *text = NULL;

  if (incoming->own || strlen (incoming->text) > MAX_BYTES)
    return FALSE;
  text = dup_text (held, incoming->text);
  return is_server (held) || oh_offer_guard_looks_like (text);
}

void
oh_offer_join_take (OhOfferJoin *join, const OhIncoming *incoming)
{
  Held *held = incoming->text ? find_held (join, incoming->with) : NULL;

  if (held && !goes_on (held, incoming))
    {
      give_on (held);
      held = NULL;
    }
  if (held)
    {
      add_line (held, incoming);
      if (held->lines->len >= MAX_LINES || oh_offer_guard_has_link (incoming->text))
        give_on (held);
      else
        wait_for_more (held);
    }
  else if (incoming->text && incoming->with && may_begin (join, incoming))
    {
      held = g_new0 (Held, 1);
      held->join = join;
      held->with = g_strdup (incoming->with);
      held->lines = g_ptr_array_new_with_free_func (line_free);
      add_line (held, incoming);
      wait_for_more (held);
      g_ptr_array_add (join->held, held);
    }
  else
    join->give (incoming, join->user_data);
}

void
oh_offer_join_flush (OhOfferJoin *join)
{
  while (join->held->len > 0)
    give_on (join->held->pdata[0]);
}

OhOfferJoin *
oh_offer_join_new (OhOfferDesk *desk,
                   OhMessenger *messenger,
                   OhOfferJoinFunc give,
                   gpointer user_data)
{
  OhOfferJoin *join = g_new0 (OhOfferJoin, 1);

  join->desk = desk;
  join->messenger = messenger;
  join->give = give;
  join->user_data = user_data;
  join->held = g_ptr_array_new ();
  return join;
}

void
oh_offer_join_free (OhOfferJoin *join)
{
  if (!join)
    return;
  oh_offer_join_flush (join);
  g_ptr_array_unref (join->held);
  g_free (join);
}
