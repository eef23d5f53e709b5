/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <string.h>

#define RECEIPTS "urn:xmpp:receipts" /* XEP-0184 */

/* libpurple knows nothing of receipts: they are read from and written into XMPP's raw stanzas. */
static PurplePlugin *xmpp;

/* The user does not want to tell. */
static gboolean withheld;

/* The message that is being handed to libpurple right now, by whom and under which id it left. */
static struct
{
  PurpleAccount *account;
  char *id;
} sending;

void
oh_engine_receipts_set_given (gboolean given)
{
  withheld = !given;
}

void
oh_engine_receipts_begin (PurpleAccount *account)
{
  sending.account = account;
}

char *
oh_engine_receipts_end (void)
{
  sending.account = NULL;
  return g_steal_pointer (&sending.id);
}

/* Between two, and with words in it. */
static gboolean
is_message (xmlnode *node)
{
  const char *type = xmlnode_get_attrib (node, "type");

  return strcmp (node->name, "message") == 0 && xmlnode_get_child (node, "body")
         && (!type || g_str_equal (type, "chat") || g_str_equal (type, "normal"));
}

static void
on_sending (PurpleConnection *gc, xmlnode **packet, gpointer data)
{
  xmlnode *node = packet ? *packet : NULL;
  const char *id = node ? xmlnode_get_attrib (node, "id") : NULL;

  if (!id || sending.account != purple_connection_get_account (gc) || !is_message (node))
    return;
  xmlnode_set_namespace (xmlnode_new_child (node, "request"), RECEIPTS);
  g_free (sending.id);
  sending.id = oh_im_clean_line (id, OH_IM_MAX_NAME);
}

/* Only those on the list learn in this way that the user is there. */
static gboolean
is_trusted (PurpleAccount *account, const char *from)
{
  return !withheld && purple_find_buddy (account, from) && !oh_engine_is_blocked (account, from);
}

static void
answer (PurpleConnection *gc, const char *to, const char *id)
{
  xmlnode *message = xmlnode_new ("message");
  xmlnode *received = xmlnode_new_child (message, "received");

  xmlnode_set_attrib (message, "to", to);
  xmlnode_set_namespace (received, RECEIPTS);
  xmlnode_set_attrib (received, "id", id);
  purple_signal_emit (xmpp, "jabber-sending-xmlnode", gc, &message);
  if (message)
    xmlnode_free (message);
}

static void
tell (PurpleAccount *account, const char *from, const char *id)
{
  g_autofree char *with = oh_engine_normalize (account, from);
  g_autofree char *clean = oh_im_clean_line (id, OH_IM_MAX_NAME);

  if (*with && *clean)
    oh_engine_emit ("Receipt",
                    g_variant_new ("(sss)", oh_engine_account_id (account), with, clean));
}

static gboolean
on_receiving (PurpleConnection *gc,
              const char *type,
              const char *id,
              const char *from,
              const char *to,
              xmlnode *message)
{
  PurpleAccount *account = purple_connection_get_account (gc);
  xmlnode *received = from && message
                          ? xmlnode_get_child_with_namespace (message, "received", RECEIPTS)
                          : NULL;
  const char *of = received ? xmlnode_get_attrib (received, "id") : NULL;

  if (of && !oh_engine_is_blocked (account, from) && oh_engine_gate_pass (OH_ENGINE_GATE_NOTICES))
    tell (account, from, of);
  else if (from && id && message && is_message (message)
           && xmlnode_get_child_with_namespace (message, "request", RECEIPTS)
           && is_trusted (account, from) && oh_engine_gate_pass (OH_ENGINE_GATE_NOTICES))
    answer (gc, from, id);
  return FALSE;
}

void
oh_engine_receipts_install (void)
{
  static int handle;

  xmpp = purple_find_prpl ("prpl-jabber");
  if (!xmpp)
    return;
  purple_signal_connect (xmpp, "jabber-sending-xmlnode", &handle, PURPLE_CALLBACK (on_sending),
                         NULL);
  purple_signal_connect (xmpp, "jabber-receiving-message", &handle, PURPLE_CALLBACK (on_receiving),
                         NULL);
}
