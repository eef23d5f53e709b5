/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <string.h>

/* Whose presence an XMPP account gets by its service's own word (RFC 6121, 2.1.2.5), which libpurple
 * keeps to itself. To ask for it once more makes a server write the whole roster anew. */

#define ROSTER "jabber:iq:roster"

static GHashTable *rosters; /* PurpleAccount -> set of bare JIDs */

static GHashTable *
find_roster (PurpleAccount *account)
{
  GHashTable *roster = g_hash_table_lookup (rosters, account);

  if (!roster)
    {
      roster = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (rosters, account, roster);
    }
  return roster;
}

static void
read_item (PurpleAccount *account, xmlnode *item)
{
  const char *name = xmlnode_get_attrib (item, "jid");
  const char *subscription = xmlnode_get_attrib (item, "subscription");
  GHashTable *roster = find_roster (account);
  g_autofree char *jid = name ? oh_engine_normalize (account, name) : NULL;

  if (!jid || !*jid)
    return;
  if (g_strcmp0 (subscription, "to") == 0 || g_strcmp0 (subscription, "both") == 0)
    {
      if (g_hash_table_size (roster) < OH_IM_MAX_BUDDIES)
        g_hash_table_add (roster, g_steal_pointer (&jid));
    }
  else
    g_hash_table_remove (roster, jid);
}

/* Only the account's own server may tell of its roster (RFC 6121, 2.1.6). */
static gboolean
is_own (PurpleAccount *account, const char *from)
{
  g_autofree char *sender = from ? oh_engine_normalize (account, from) : NULL;
  g_autofree char *own = oh_engine_normalize (account, purple_account_get_username (account));

  return !from || (g_str_equal (sender, own) && !strchr (from, '/'));
}

static gboolean
on_iq (PurpleConnection *gc, const char *type, const char *id, const char *from, xmlnode *iq)
{
  PurpleAccount *account = purple_connection_get_account (gc);
  xmlnode *query = iq ? xmlnode_get_child_with_namespace (iq, "query", ROSTER) : NULL;
  gboolean told = g_strcmp0 (type, "result") == 0 || g_strcmp0 (type, "set") == 0;

  if (!query || !told || !is_own (account, from))
    return FALSE;
  for (xmlnode *item = xmlnode_get_child (query, "item"); item; item = xmlnode_get_next_twin (item))
    read_item (account, item);
  return FALSE; /* libpurple goes on with it */
}

static void
on_signed_off (PurpleConnection *gc)
{
  g_hash_table_remove (rosters, purple_connection_get_account (gc));
}

gboolean
oh_engine_roster_has (PurpleAccount *account, const char *name)
{
  GHashTable *roster = g_hash_table_lookup (rosters, account);
  g_autofree char *jid = roster ? oh_engine_normalize (account, name) : NULL;

  return jid && g_hash_table_contains (roster, jid);
}

void
oh_engine_roster_forget (PurpleAccount *account, const char *name)
{
  GHashTable *roster = g_hash_table_lookup (rosters, account);
  g_autofree char *jid = roster ? oh_engine_normalize (account, name) : NULL;

  if (jid)
    g_hash_table_remove (roster, jid);
}

void
oh_engine_roster_install (void)
{
  static int handle;
  PurplePlugin *xmpp = purple_find_prpl ("prpl-jabber");

  rosters = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_hash_table_unref);
  if (!xmpp)
    return;
  purple_signal_connect (xmpp, "jabber-receiving-iq", &handle, PURPLE_CALLBACK (on_iq), NULL);
  purple_signal_connect (purple_connections_get_handle (), "signed-off", &handle,
                         PURPLE_CALLBACK (on_signed_off), NULL);
}
