/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <string.h>

#define CAPABILITIES "http://jabber.org/protocol/caps"     /* XEP-0115 */
#define DELAY "urn:xmpp:delay"                             /* XEP-0203 */
#define DISCO_INFO "http://jabber.org/protocol/disco#info" /* XEP-0030 */
#define BLOCKING "urn:xmpp:blocking"                       /* XEP-0191 */
#define OWN_FEATURE "urn:offhook:client:1" /* that all programs of ours name in answers to it */
#define OWN_NAME "Offhook"
#define CLIENT_KEY "offhook-client"
#define SEEN_KEY "offhook-seen" /* the address with the program that said so */
#define BLOCKING_KEY "offhook-blocking"

/* The account whose message is being read and has waited, or NULL. libpurple marks only those of
 * chats. */
static PurpleAccount *delayed;

/* The account whose message is being read, and from whom the service says that it comes. */
static PurpleAccount *reader;
static char *sender;

/* Another program, or the same one with other capabilities. */
static void
note_program (PurpleBuddy *buddy, const char *from, const char *node)
{
  PurpleBlistNode *entry = (PurpleBlistNode *)buddy;
  g_autofree char *client = oh_im_clean_line (node, OH_IM_MAX_NAME);
  gboolean same = g_strcmp0 (from, oh_engine_xmpp_seen (buddy)) == 0;

  if (same && (!node || g_strcmp0 (client, purple_blist_node_get_string (entry, CLIENT_KEY)) == 0))
    return;
  purple_blist_node_set_string (entry, CLIENT_KEY, client);
  purple_blist_node_set_string (entry, SEEN_KEY, from);
  oh_engine_program_forget (buddy);
  oh_engine_buddy_changed (buddy);
}

/* The node of the capabilities names the program: "https://gajim.org", "http://pidgin.im/". */
static gboolean
on_presence (PurpleConnection *gc, const char *type, const char *from, xmlnode *presence)
{
  xmlnode *capabilities = presence ? xmlnode_get_child_with_namespace (presence, "c", CAPABILITIES)
                                   : NULL;
  const char *node = capabilities ? xmlnode_get_attrib (capabilities, "node") : NULL;
  PurpleBuddy *buddy = presence && !type && from && strchr (from, '/')
                           ? purple_find_buddy (purple_connection_get_account (gc), from)
                           : NULL;

  oh_engine_pulse ();
  if (buddy)
    note_program (buddy, from, node);
  return FALSE; /* libpurple goes on with it */
}

/* libpurple takes "<body/>" for a text that is not there, with criticals. */
static void
drop_empty_bodies (xmlnode *message)
{
  xmlnode *next;

  for (xmlnode *body = xmlnode_get_child (message, "body"); body; body = next)
    {
      g_autofree char *text = xmlnode_get_data (body);

      next = xmlnode_get_next_twin (body);
      if (!text)
        xmlnode_free (body);
    }
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

  oh_engine_pulse ();
  if (message)
    drop_empty_bodies (message);
  delayed = delay ? purple_connection_get_account (gc) : NULL;
  reader = purple_connection_get_account (gc);
  g_free (sender);
  sender = g_strdup (from);
  return FALSE;
}

const char *
oh_engine_xmpp_sender (PurpleAccount *account)
{
  return reader == account ? sender : NULL;
}

gboolean
oh_engine_xmpp_is_delayed (PurpleAccount *account)
{
  return delayed == account;
}

static gboolean
has_feature (xmlnode *query, const char *wanted)
{
  for (xmlnode *feature = xmlnode_get_child (query, "feature"); feature;
       feature = xmlnode_get_next_twin (feature))
    if (g_strcmp0 (xmlnode_get_attrib (feature, "var"), wanted) == 0)
      return TRUE;
  return FALSE;
}

/* libpurple asks what the capabilities stand for, once each, and checks and keeps the answer. Nothing is
 * known of it yet: what is told of the buddy is told when this has been read. */
static void
note_features (PurpleAccount *account, const char *from)
{
  PurpleBuddy *buddy = purple_find_buddy (account, from);

  if (buddy)
    oh_engine_buddy_changed (buddy);
}

/* libpurple asks the service what it can do at each sign-in, and tells nobody. */
static gboolean
on_iq (PurpleConnection *gc, const char *type, const char *id, const char *from, xmlnode *iq)
{
  PurpleAccount *account = purple_connection_get_account (gc);
  const char *domain = strchr (purple_account_get_username (account), '@');
  xmlnode *query = iq ? xmlnode_get_child_with_namespace (iq, "query", DISCO_INFO) : NULL;

  if (query && domain && g_strcmp0 (type, "result") == 0 && from
      && g_ascii_strncasecmp (from, domain + 1, strcspn (domain + 1, "/")) == 0
      && strlen (from) == strcspn (domain + 1, "/"))
    purple_account_set_ui_bool (account, OH_ENGINE_UI, BLOCKING_KEY, has_feature (query, BLOCKING));
  else if (query && from && g_strcmp0 (type, "result") == 0)
    note_features (account, from);
  return FALSE;
}

gboolean
oh_engine_xmpp_has_blocking (PurpleAccount *account)
{
  return purple_account_get_ui_bool (account, OH_ENGINE_UI, BLOCKING_KEY, FALSE);
}

/* The node is the same for all programs that use libpurple. */
static gboolean
is_own (PurpleBuddy *buddy)
{
  PurplePlugin *xmpp = purple_find_prpl ("prpl-jabber");
  const char *seen = oh_engine_xmpp_seen (buddy);
  gboolean called = FALSE;

  return seen && xmpp
         && purple_plugin_ipc_call (xmpp, "contact_has_feature", &called,
                                    purple_buddy_get_account (buddy), seen, OWN_FEATURE)
         && called;
}

const char *
oh_engine_xmpp_seen (PurpleBuddy *buddy)
{
  return purple_blist_node_get_string ((PurpleBlistNode *)buddy, SEEN_KEY);
}

const char *
oh_engine_xmpp_client (PurpleBuddy *buddy)
{
  return is_own (buddy) ? OWN_NAME
                        : purple_blist_node_get_string ((PurpleBlistNode *)buddy, CLIENT_KEY);
}

void
oh_engine_xmpp_install (void)
{
  static int handle;
  PurplePlugin *xmpp = purple_find_prpl ("prpl-jabber");

  if (!xmpp)
    return;
  purple_plugin_ipc_call (xmpp, "add_feature", NULL, OWN_FEATURE);
  purple_signal_connect (xmpp, "jabber-receiving-presence", &handle, PURPLE_CALLBACK (on_presence),
                         NULL);
  purple_signal_connect (xmpp, "jabber-receiving-message", &handle, PURPLE_CALLBACK (on_message),
                         NULL);
  purple_signal_connect (xmpp, "jabber-receiving-iq", &handle, PURPLE_CALLBACK (on_iq), NULL);
}
