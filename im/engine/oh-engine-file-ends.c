/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

/* libpurple's XMPP reads a file's bytes from a stanza (XEP-0047) and, where these are the last ones or too
 * many, ends the transfer, which frees the byte stream that it goes on counting in: memory of somebody
 * else's, by then, written to at the sender's will. So the plug-in hears of the end only when the stanza is
 * through, and before the next one is looked at. */

typedef void (*End) (PurpleXfer *transfer);

/* What the plug-in gave for one transfer. */
typedef struct
{
  End end;
  End cancel;
} Ends;

typedef struct
{
  PurpleXfer *transfer; /* a reference */
  End end;
} Later;

static GHashTable *guarded; /* PurpleXfer -> Ends */
static GQueue waiting = G_QUEUE_INIT;
static guint idle_id;

void
oh_engine_file_ends_carry_out (void)
{
  Later *later;

  while ((later = g_queue_pop_head (&waiting)))
    {
      later->end (later->transfer);
      purple_xfer_unref (later->transfer);
      g_free (later);
    }
}

static gboolean
on_idle (gpointer data)
{
  idle_id = 0;
  oh_engine_file_ends_carry_out ();
  return G_SOURCE_REMOVE;
}

/* With a reader of the plug-in's own the bytes come in stanzas, else by a socket. */
static void
finish (PurpleXfer *transfer, End end)
{
  Later *later;

  if (!end)
    return;
  if (!transfer->ops.read)
    {
      end (transfer);
      return;
    }
  later = g_new0 (Later, 1);
  later->transfer = transfer;
  later->end = end;
  purple_xfer_ref (transfer);
  g_queue_push_tail (&waiting, later);
  if (idle_id == 0)
    idle_id = g_idle_add_full (G_PRIORITY_HIGH, on_idle, NULL, NULL);
}

static void
on_end (PurpleXfer *transfer)
{
  Ends *ends = g_hash_table_lookup (guarded, transfer);
  End end = ends->end;

  g_hash_table_remove (guarded, transfer);
  finish (transfer, end);
}

static void
on_cancel (PurpleXfer *transfer)
{
  Ends *ends = g_hash_table_lookup (guarded, transfer);
  End cancel = ends->cancel;

  g_hash_table_remove (guarded, transfer);
  finish (transfer, cancel);
}

void
oh_engine_file_ends_guard (PurpleXfer *transfer)
{
  Ends *ends = g_new0 (Ends, 1);

  ends->end = transfer->ops.end;
  ends->cancel = transfer->ops.cancel_recv;
  g_hash_table_insert (guarded, transfer, ends);
  purple_xfer_set_end_fnc (transfer, on_end);
  purple_xfer_set_cancel_recv_fnc (transfer, on_cancel);
}

void
oh_engine_file_ends_forget (PurpleXfer *transfer)
{
  g_hash_table_remove (guarded, transfer);
}

static void
on_stanza (PurpleConnection *gc, xmlnode **stanza, gpointer data)
{
  oh_engine_file_ends_carry_out ();
}

void
oh_engine_file_ends_install (void)
{
  static int handle;
  PurplePlugin *xmpp = purple_find_prpl ("prpl-jabber");

  guarded = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  if (xmpp)
    purple_signal_connect (xmpp, "jabber-receiving-xmlnode", &handle, PURPLE_CALLBACK (on_stanza),
                           NULL);
}
