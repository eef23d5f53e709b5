/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <string.h>

/* Whose presence an XMPP account gets by its service's own word (RFC 6121, 2.1.2.5), which libpurple
 * keeps to itself. To ask for it once more makes a server write the whole roster anew. */

#define ROSTER "jabber:iq:roster"

static GHashTable *rosters; /* PurpleAccount -> Roster */

/* Both are sets of bare JIDs. */
typedef struct
{
  GHashTable *seen;
  GHashTable *going; /* removed here, which the service has not confirmed yet */
} Roster;

static void
free_roster (gpointer data)
{
  Roster *roster = data;

  g_hash_table_unref (roster->seen);
  g_hash_table_unref (roster->going);
  g_free (roster);
}

static Roster *
find_roster (PurpleAccount *account)
{
  Roster *roster = g_hash_table_lookup (rosters, account);

  if (!roster)
    {
      roster = g_new0 (Roster, 1);
      roster->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      roster->going = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (rosters, account, roster);
    }
  return roster;
}

static void
add (GHashTable *set, const char *jid)
{
  if (g_hash_table_size (set) < OH_IM_MAX_BUDDIES)
    g_hash_table_add (set, g_strdup (jid));
}

/* FALSE: libpurple must not hear of it. The service confirms a change of the time before the removal, and
 * libpurple would take that for a new buddy. */
static gboolean
read_item (PurpleAccount *account, xmlnode *item)
{
  const char *name = xmlnode_get_attrib (item, "jid");
  const char *subscription = xmlnode_get_attrib (item, "subscription");
  Roster *roster = find_roster (account);
  g_autofree char *jid = name ? oh_engine_normalize (account, name) : NULL;

  oh_engine_pulse ();
  if (!jid || !*jid)
    return TRUE;
  if (g_strcmp0 (subscription, "remove") == 0)
    g_hash_table_remove (roster->going, jid);
  else if (g_hash_table_contains (roster->going, jid))
    return FALSE;
  if (g_strcmp0 (subscription, "to") == 0 || g_strcmp0 (subscription, "both") == 0)
    add (roster->seen, jid);
  else
    g_hash_table_remove (roster->seen, jid);
  return TRUE;
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
  for (xmlnode *item = xmlnode_get_child (query, "item"), *next; item; item = next)
    {
      next = xmlnode_get_next_twin (item);
      if (!read_item (account, item))
        xmlnode_free (item);
    }
  return FALSE; /* libpurple goes on with what is left of it */
}

static void
on_signed_off (PurpleConnection *gc)
{
  g_hash_table_remove (rosters, purple_connection_get_account (gc));
}

gboolean
oh_engine_roster_has (PurpleAccount *account, const char *name)
{
  Roster *roster = g_hash_table_lookup (rosters, account);
  g_autofree char *jid = roster ? oh_engine_normalize (account, name) : NULL;

  return jid && g_hash_table_contains (roster->seen, jid);
}

void
oh_engine_roster_add (PurpleAccount *account, const char *name)
{
  Roster *roster = g_hash_table_lookup (rosters, account);
  g_autofree char *jid = roster ? oh_engine_normalize (account, name) : NULL;

  if (jid)
    g_hash_table_remove (roster->going, jid);
}

void
oh_engine_roster_forget (PurpleAccount *account, const char *name)
{
  Roster *roster = g_hash_table_lookup (rosters, account);
  g_autofree char *jid = roster ? oh_engine_normalize (account, name) : NULL;

  if (!jid)
    return;
  if (g_hash_table_remove (roster->seen, jid))
    add (roster->going, jid);
}

void
oh_engine_roster_install (void)
{
  static int handle;
  PurplePlugin *xmpp = purple_find_prpl ("prpl-jabber");

  rosters = g_hash_table_new_full (NULL, NULL, NULL, free_roster);
  if (!xmpp)
    return;
  purple_signal_connect (xmpp, "jabber-receiving-iq", &handle, PURPLE_CALLBACK (on_iq), NULL);
  purple_signal_connect (purple_connections_get_handle (), "signed-off", &handle,
                         PURPLE_CALLBACK (on_signed_off), NULL);
}
