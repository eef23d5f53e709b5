/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#define CAPABILITIES "http://jabber.org/protocol/caps" /* XEP-0115 */
#define CLIENT_KEY "offhook-client"

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

  if (xmpp)
    purple_signal_connect (xmpp, "jabber-receiving-presence", &handle,
                           PURPLE_CALLBACK (on_presence), NULL);
}
