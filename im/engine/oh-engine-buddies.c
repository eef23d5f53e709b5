/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <libintl.h>

/* Buddies that changed since the parent was last told. A roster of thousands arrives as thousands
 * of changes, several for each; an idle sends them in lots. */
static GHashTable *changed; /* of PurpleBuddy, a set */
static guint flush_id;

/* Services of other protocols than XMPP, which has told of its list when the account is signed in, do
 * not say when theirs is through. */
#define LIST_WAIT_S 20
static GHashTable *waiting; /* PurpleAccount -> its timer, until its list counts as told */

static OhImPresence
translate_presence (PurpleBuddy *buddy)
{
  static const OhImPresence presences[PURPLE_STATUS_NUM_PRIMITIVES] = {
    [PURPLE_STATUS_OFFLINE] = OH_IM_PRESENCE_OFFLINE,
    [PURPLE_STATUS_AVAILABLE] = OH_IM_PRESENCE_AVAILABLE,
    [PURPLE_STATUS_UNAVAILABLE] = OH_IM_PRESENCE_BUSY,
    [PURPLE_STATUS_INVISIBLE] = OH_IM_PRESENCE_INVISIBLE,
    [PURPLE_STATUS_AWAY] = OH_IM_PRESENCE_AWAY,
    [PURPLE_STATUS_EXTENDED_AWAY] = OH_IM_PRESENCE_EXTENDED_AWAY,
    [PURPLE_STATUS_MOBILE] = OH_IM_PRESENCE_MOBILE,
  };
  PurplePresence *presence = purple_buddy_get_presence (buddy);
  PurpleStatus *status = presence ? purple_presence_get_active_status (presence) : NULL;
  PurpleStatusPrimitive primitive = status ? purple_status_type_get_primitive (
                                        purple_status_get_type (status))
                                           : PURPLE_STATUS_UNSET;

  if (!purple_account_is_connected (purple_buddy_get_account (buddy)))
    return OH_IM_PRESENCE_UNKNOWN;
  return primitive < PURPLE_STATUS_NUM_PRIMITIVES ? presences[primitive] : OH_IM_PRESENCE_UNKNOWN;
}

static void
describe_status (GVariantBuilder *dict, PurpleBuddy *buddy)
{
  PurplePresence *presence = purple_buddy_get_presence (buddy);
  PurpleStatus *status = presence ? purple_presence_get_active_status (presence) : NULL;
  const char *message = status ? purple_status_get_attr_string (status, "message") : NULL;
  g_autofree char *plain = message ? purple_markup_strip_html (message) : NULL;

  g_variant_builder_add (
      dict, "{sv}", "presence",
      g_variant_new_string (oh_im_presence_to_word (translate_presence (buddy))));
  oh_im_dict_add (dict, "message", plain, OH_IM_MAX_STATUS);
  if (presence && purple_presence_is_idle (presence))
    g_variant_builder_add (dict, "{sv}", "idle-since",
                           g_variant_new_int64 (purple_presence_get_idle_time (presence)));
}

/* libpurple makes it in the language of the process, other programs in others. */
static gboolean
is_no_group (const char *name)
{
  return g_str_equal (name, OH_IM_NO_GROUP) || g_str_equal (name, dgettext ("pidgin", "Buddies"));
}

static GVariant *
describe (PurpleBuddy *buddy)
{
  PurpleAccount *account = purple_buddy_get_account (buddy);
  PurpleGroup *group = purple_buddy_get_group (buddy);
  g_autofree char *name = oh_engine_normalize (account, purple_buddy_get_name (buddy));
  g_autofree char *alias = oh_im_clean_line (purple_buddy_get_alias (buddy), OH_IM_MAX_NAME);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  oh_im_dict_add (&dict, "name", name, OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "alias", alias, OH_IM_MAX_NAME);
  if (group && !is_no_group (purple_group_get_name (group)))
    oh_im_dict_add (&dict, "group", purple_group_get_name (group), OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "client", oh_engine_xmpp_client (buddy), OH_IM_MAX_NAME);
  oh_engine_program_describe (&dict, buddy);
  describe_status (&dict, buddy);
  return g_variant_builder_end (&dict);
}

static void
send_lot (const char *id, GVariantBuilder *lot)
{
  oh_engine_emit ("Buddies", g_variant_new ("(s@aa{sv})", id, g_variant_builder_end (lot)));
}

static void
flush_account (PurpleAccount *account)
{
  const char *id = oh_engine_account_id (account);
  GVariantBuilder lot;
  GHashTableIter iter;
  gpointer buddy;
  guint count = 0;

  g_variant_builder_init (&lot, G_VARIANT_TYPE ("aa{sv}"));
  g_hash_table_iter_init (&iter, changed);
  while (g_hash_table_iter_next (&iter, &buddy, NULL))
    if (purple_buddy_get_account (buddy) == account)
      {
        g_variant_builder_add_value (&lot, describe (buddy));
        g_hash_table_iter_remove (&iter);
        if (++count % OH_IM_BUDDIES_A_SIGNAL == 0)
          {
            send_lot (id, &lot);
            g_variant_builder_init (&lot, G_VARIANT_TYPE ("aa{sv}"));
          }
      }
  if (count % OH_IM_BUDDIES_A_SIGNAL != 0)
    send_lot (id, &lot);
  else
    g_variant_builder_clear (&lot);
}

static gboolean
on_flush (gpointer user_data)
{
  flush_id = 0;
  for (GList *l = purple_accounts_get_all (); l && g_hash_table_size (changed) > 0; l = l->next)
    flush_account (l->data);
  g_hash_table_remove_all (changed);
  return G_SOURCE_REMOVE;
}

void
oh_engine_buddy_changed (PurpleBuddy *buddy)
{
  oh_engine_pulse ();
  if (!*oh_engine_account_id (purple_buddy_get_account (buddy)))
    return;
  g_hash_table_add (changed, buddy);
  if (flush_id == 0)
    flush_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_flush, NULL, NULL);
}

static void
on_node_updated (PurpleBuddyList *list, PurpleBlistNode *node)
{
  if (node && purple_blist_node_get_type (node) == PURPLE_BLIST_BUDDY_NODE)
    oh_engine_buddy_changed ((PurpleBuddy *)node);
}

/* Said at each sign-out too, when the buddy stays. */
static void
on_node_removed (PurpleBuddyList *list, PurpleBlistNode *node)
{
  g_hash_table_remove (changed, node);
}

static void
on_buddy_removed (PurpleBuddy *buddy, gpointer data)
{
  PurpleAccount *account = purple_buddy_get_account (buddy);
  const char *name = purple_buddy_get_name (buddy);
  GSList *left = purple_find_buddies (account, name);

  left = g_slist_remove (left, buddy);
  g_hash_table_remove (changed, buddy);
  if (!left && *oh_engine_account_id (account))
    {
      g_autofree char *normal = oh_engine_normalize (account, name);

      oh_engine_emit ("BuddyGone", g_variant_new ("(ss)", oh_engine_account_id (account), normal));
    }
  g_slist_free (left);
}

/* --- the whole list --- */

static void
tell_complete (PurpleAccount *account)
{
  const char *id = oh_engine_account_id (account);

  if (!*id)
    return;
  flush_account (account);
  oh_engine_emit ("BuddiesComplete", g_variant_new ("(s)", id));
}

static gboolean
on_list_due (gpointer account)
{
  g_hash_table_remove (waiting, account);
  tell_complete (account);
  return G_SOURCE_REMOVE;
}

static void
stop_waiting (PurpleAccount *account)
{
  guint timer = GPOINTER_TO_UINT (g_hash_table_lookup (waiting, account));

  if (timer)
    g_source_remove (timer);
  g_hash_table_remove (waiting, account);
}

static void
on_signed_on (PurpleConnection *gc, gpointer data)
{
  PurpleAccount *account = purple_connection_get_account (gc);

  stop_waiting (account);
  if (g_str_equal (purple_account_get_protocol_id (account), "prpl-jabber"))
    tell_complete (account);
  else
    g_hash_table_insert (
        waiting, account,
        GUINT_TO_POINTER (g_timeout_add_seconds (LIST_WAIT_S, on_list_due, account)));
}

static void
on_signed_off (PurpleConnection *gc, gpointer data)
{
  stop_waiting (purple_connection_get_account (gc));
}

/* --- what the parent wants --- */

static PurpleGroup *
get_group (const char *name)
{
  const char *wanted = *name ? name : OH_IM_NO_GROUP;
  PurpleGroup *group = purple_find_group (wanted);

  if (!group)
    {
      group = purple_group_new (wanted);
      purple_blist_add_group (group, NULL);
    }
  return group;
}

/* libpurple tells the service of another group by itself, of another name only when asked. */
static void
change_buddy (PurpleBuddy *buddy, const char *alias, const char *group)
{
  if (*group && purple_find_group (group) != purple_buddy_get_group (buddy))
    purple_blist_add_buddy (buddy, NULL, get_group (group), NULL);
  if (!*alias)
    return;
  purple_blist_alias_buddy (buddy, alias);
  serv_alias_buddy (buddy);
}

gboolean
oh_engine_add_buddy (const char *id,
                     const char *name,
                     const char *alias,
                     const char *group,
                     const char *message,
                     GError **error)
{
  PurpleAccount *account = oh_engine_find_online (id, error);
  PurpleBuddy *buddy;

  if (!account)
    return FALSE;
  if (!oh_im_name_is_good (name) || (*group && !oh_im_name_is_good (group))
      || (*alias && !oh_im_name_is_good (alias)))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a name for a buddy");
      return FALSE;
    }
  oh_engine_roster_add (account, name);
  buddy = purple_find_buddy (account, name);
  if (!buddy)
    {
      buddy = purple_buddy_new (account, name, *alias ? alias : NULL);
      purple_blist_add_buddy (buddy, NULL, get_group (group), NULL);
    }
  else
    change_buddy (buddy, alias, group);
  if (!oh_engine_roster_has (account, name))
    purple_account_add_buddy_with_invite (account, buddy, *message ? message : NULL);
  return TRUE;
}

gboolean
oh_engine_remove_buddy (const char *id, const char *name, GError **error)
{
  PurpleAccount *account = oh_engine_find_online (id, error);
  GSList *buddies = account && *name ? purple_find_buddies (account, name) : NULL;

  if (!account)
    return FALSE;
  if (!buddies)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "no such buddy");
      return FALSE;
    }
  oh_engine_roster_forget (account, name);
  for (GSList *l = buddies; l; l = l->next)
    {
      purple_account_remove_buddy (account, l->data, purple_buddy_get_group (l->data));
      purple_blist_remove_buddy (l->data);
    }
  g_slist_free (buddies);
  return TRUE;
}

void
oh_engine_forget_buddies (PurpleAccount *account)
{
  GSList *buddies = purple_find_buddies (account, NULL);

  for (GSList *l = buddies; l; l = l->next)
    purple_blist_remove_buddy (l->data);
  g_slist_free (buddies);
}

static void
save_no_node (PurpleBlistNode *node)
{
}

static void
save_no_account (PurpleAccount *account)
{
}

void
oh_engine_buddies_install (void)
{
  static PurpleBlistUiOps ops = {
    .update = on_node_updated,
    .remove = on_node_removed,
    .save_node = save_no_node,
    .remove_node = save_no_node,
    .save_account = save_no_account,
  };

  changed = g_hash_table_new (NULL, NULL);
  waiting = g_hash_table_new (NULL, NULL);
  purple_blist_set_ui_ops (&ops);
}

void
oh_engine_buddies_listen (void)
{
  static int handle;

  purple_signal_connect (purple_blist_get_handle (), "buddy-removed", &handle,
                         PURPLE_CALLBACK (on_buddy_removed), NULL);
  purple_signal_connect (purple_connections_get_handle (), "signed-on", &handle,
                         PURPLE_CALLBACK (on_signed_on), NULL);
  purple_signal_connect (purple_connections_get_handle (), "signed-off", &handle,
                         PURPLE_CALLBACK (on_signed_off), NULL);
}
