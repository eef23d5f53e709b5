/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-muc-stanza.h"
#include "im/engine/oh-engine-rooms.h"

#include <string.h>

/* XMPP's rooms, from the raw stanzas: who of them we are, why we are let in or put out, which message is which;
 * libpurple says that in sentences, or not at all. What would make it look at rooms that it has left is kept
 * from it. */

#define MUC "http://jabber.org/protocol/muc"
#define MUC_USER "http://jabber.org/protocol/muc#user"

static PurplePlugin *xmpp;

/* Whose stanzas to rooms are being looked at as they leave, and what of them was asked for. */
static struct
{
  PurpleAccount *account;
  gboolean sent;
  char *what;
} sending;

/* The account whose message of a room is being read, and how its sender names it. */
static PurpleAccount *reader;
static char *message_id;

gboolean
oh_engine_muc_is_of (PurpleAccount *account)
{
  return g_str_equal (purple_account_get_protocol_id (account), "prpl-jabber");
}

/* libpurple cuts the nick off only where it knows of no such room. */
gboolean
oh_engine_muc_holds (PurpleAccount *account, const char *name)
{
  g_autofree char *address = g_strconcat (name, "/nick", NULL);
  g_autofree char *normal = oh_engine_normalize (account, address);

  return oh_engine_muc_is_of (account) && strchr (normal, '/');
}

void
oh_engine_muc_begin (PurpleAccount *account)
{
  sending.account = account;
  sending.sent = FALSE;
}

gboolean
oh_engine_muc_end (char **what)
{
  sending.account = NULL;
  *what = g_steal_pointer (&sending.what);
  return sending.sent;
}

const char *
oh_engine_muc_message_id (PurpleAccount *account)
{
  return reader == account && message_id ? message_id : "";
}

static void
on_sending (PurpleConnection *connection, xmlnode **packet, gpointer data)
{
  xmlnode *node = packet ? *packet : NULL;
  const char *to = node ? xmlnode_get_attrib (node, "to") : NULL;
  const char *slash = to ? strchr (to, '/') : NULL;
  const char *what = NULL;

  if (!to || sending.account != purple_connection_get_account (connection))
    return;
  if (strcmp (node->name, "presence") == 0 && xmlnode_get_child_with_namespace (node, "x", MUC))
    what = slash ? slash + 1 : "";
  else if (strcmp (node->name, "message") == 0
           && g_strcmp0 (xmlnode_get_attrib (node, "type"), "groupchat") == 0)
    what = xmlnode_get_attrib (node, "id");
  if (!what)
    return;
  sending.sent = TRUE;
  g_free (sending.what);
  sending.what = oh_im_clean_line (what, OH_IM_MAX_NAME);
}

static void
send_node (PurpleAccount *account, xmlnode *node)
{
  purple_signal_emit (xmpp, "jabber-sending-xmlnode", purple_account_get_connection (account),
                      &node);
  if (node)
    xmlnode_free (node);
}

void
oh_engine_muc_decline (PurpleAccount *account, const char *room, const char *who)
{
  xmlnode *message = xmlnode_new ("message");
  xmlnode *x = xmlnode_new_child (message, "x");
  xmlnode *decline = xmlnode_new_child (x, "decline");

  xmlnode_set_attrib (message, "to", room);
  xmlnode_set_namespace (x, MUC_USER);
  xmlnode_set_attrib (decline, "to", who);
  send_node (account, message);
}

void
oh_engine_muc_cancel (OhEngineRoom *room)
{
  xmlnode *presence = xmlnode_new ("presence");
  g_autofree char *to = g_strdup_printf ("%s/%s", room->name, room->nick);

  xmlnode_set_attrib (presence, "to", to);
  xmlnode_set_attrib (presence, "type", "unavailable");
  send_node (room->account, presence);
}

/* --- what rooms send --- */

static OhEngineRoom *
find_room (PurpleConnection *connection, const char *from)
{
  g_autofree char *address = from ? g_strndup (from, strcspn (from, "/")) : NULL;

  return address ? oh_engine_find_room (purple_connection_get_account (connection), address) : NULL;
}

/* libpurple takes a bare address for that of another of the user's programs. */
static void
drop_address (xmlnode *presence)
{
  xmlnode *x = xmlnode_get_child_with_namespace (presence, "x", MUC_USER);
  xmlnode *item = x ? xmlnode_get_child (x, "item") : NULL;

  if (item)
    xmlnode_remove_attrib (item, "jid");
}

static void
take_leaving (OhEngineRoom *room, const OhEngineMucPresence *read, xmlnode *presence)
{
  if (read->end != OH_IM_ROOM_REMOVED)
    drop_address (presence);
  oh_engine_room_note_end (room, read->end, read->who, read->text);
  oh_engine_room_gone (room);
}

static gboolean
has_left (const OhEngineRoom *room)
{
  return room->conversation && purple_conv_chat_has_left (PURPLE_CONV_CHAT (room->conversation));
}

/* TRUE: libpurple does not see it. */
static gboolean
on_presence (PurpleConnection *connection, const char *type, const char *from, xmlnode *presence)
{
  OhEngineRoom *room = presence ? find_room (connection, from) : NULL;
  const char *slash = room ? strchr (from, '/') : NULL;
  const char *nick = slash ? slash + 1 : "";
  g_auto (OhEngineMucPresence) read = { 0 };
  gboolean own;

  if (!room)
    return FALSE;
  oh_engine_muc_read (presence, type, &read);
  own = read.self || ((room->seen || read.plain) && *nick && strcmp (nick, room->nick) == 0);
  if (read.refused && !room->told)
    {
      oh_engine_room_note_end (room, read.end, "", read.text);
      oh_engine_notices_swallow ();
    }
  else if (read.left && own && !read.renamed)
    take_leaving (room, &read, presence);
  else if (!read.left && !read.refused && has_left (room))
    return TRUE;
  else if (!read.left && !read.refused && own && *nick && !room->seen)
    oh_engine_room_see (room, nick);
  return FALSE;
}

static gboolean
take_message (OhEngineRoom *room, const char *id, xmlnode *message)
{
  if (!room || !room->conversation || has_left (room))
    return TRUE;
  if (room->caught_up) /* before that some services name who wrote it */
    oh_engine_muc_check_delay (message, room->name);
  if (room->seen && xmlnode_get_child (message, "subject") && !xmlnode_get_child (message, "body"))
    room->caught_up = TRUE;
  reader = room->account;
  message_id = g_strdup (id);
  return FALSE;
}

static gboolean
on_message (PurpleConnection *connection,
            const char *type,
            const char *id,
            const char *from,
            const char *to,
            xmlnode *message)
{
  OhEngineRoom *room = message ? find_room (connection, from) : NULL;
  g_autofree char *text = NULL;

  reader = NULL;
  g_clear_pointer (&message_id, g_free);
  if (message && g_strcmp0 (type, "groupchat") == 0)
    return take_message (room, id, message);
  if (!room || g_strcmp0 (type, "error") != 0 || strchr (from, '/'))
    return FALSE;
  text = oh_engine_muc_read_error (message);
  oh_engine_room_tell_refusal (room, id ? id : "", text);
  return TRUE;
}

void
oh_engine_muc_install (void)
{
  static int handle;

  xmpp = purple_find_prpl ("prpl-jabber");
  if (!xmpp)
    return;
  purple_signal_connect (xmpp, "jabber-sending-xmlnode", &handle, PURPLE_CALLBACK (on_sending),
                         NULL);
  purple_signal_connect (xmpp, "jabber-receiving-presence", &handle, PURPLE_CALLBACK (on_presence),
                         NULL);
  purple_signal_connect (xmpp, "jabber-receiving-message", &handle, PURPLE_CALLBACK (on_message),
                         NULL);
}
