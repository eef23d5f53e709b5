/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#define CAPABILITIES "http://jabber.org/protocol/caps" /* XEP-0115 */
#define DELAY "urn:xmpp:delay"                         /* XEP-0203 */
#define CLIENT_KEY "offhook-client"

/* The account whose message is being read and has waited, or NULL. libpurple marks only those of
 * chats. */
static PurpleAccount *delayed;

/* The node of the capabilities names the program: "https://gajim.org", "http://pidgin.im/". */
static gboolean
on_presence (PurpleConnection *gc, const char *type, const char *from, xmlnode *presence)
{
  xmlnode *capabilities = presence ? xmlnode_get_child_with_namespace (presence, "c", CAPABILITIES)
                                   : NULL;
  const char *node = capabilities ? xmlnode_get_attrib (capabilities, "node") : NULL;
  PurpleBuddy *buddy = node && from ? purple_find_buddy (purple_connection_get_account (gc), from)
                                    : NULL;

  if (buddy)
    {
      g_autofree char *client = oh_im_clean_line (node, OH_IM_MAX_NAME);

      purple_blist_node_set_string ((PurpleBlistNode *)buddy, CLIENT_KEY, client);
      oh_engine_buddy_changed (buddy);
    }
  return FALSE; /* libpurple goes on with it */
}

static gboolean
on_message (PurpleConnection *gc,
            const char *type,
            const char *id,
            const char *from,
            const char *to,
            xmlnode *message)
{
  xmlnode *delay = message ? xmlnode_get_child_with_namespace (message, "delay", DELAY) : NULL;

  delayed = delay ? purple_connection_get_account (gc) : NULL;
  return FALSE;
}

gboolean
oh_engine_xmpp_is_delayed (PurpleAccount *account)
{
  return delayed == account;
}

const char *
oh_engine_xmpp_client (PurpleBuddy *buddy)
{
  return purple_blist_node_get_string ((PurpleBlistNode *)buddy, CLIENT_KEY);
}

void
oh_engine_xmpp_install (void)
{
  static int handle;
  PurplePlugin *xmpp = purple_find_prpl ("prpl-jabber");

  if (!xmpp)
    return;
  purple_signal_connect (xmpp, "jabber-receiving-presence", &handle, PURPLE_CALLBACK (on_presence),
                         NULL);
  purple_signal_connect (xmpp, "jabber-receiving-message", &handle, PURPLE_CALLBACK (on_message),
                         NULL);
}
