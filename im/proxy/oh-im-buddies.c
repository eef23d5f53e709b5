/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-private.h"

/* The list of one account: what the service tells, and what was added here and is asked for again
 * of each new process. Owned by the account. */
struct _OhImBuddies
{
  OhImProcess *process;
  char *account;
  GListStore *list;  /* of OhImBuddy */
  GHashTable *names; /* name -> OhImBuddy */
  GHashTable *added; /* name -> GVariant (alias, group, message) */
};

OhImBuddies *
oh_im_buddies_new (OhImProcess *process, const char *account)
{
  OhImBuddies *buddies = g_new0 (OhImBuddies, 1);

  buddies->process = g_object_ref (process);
  buddies->account = g_strdup (account);
  buddies->list = g_list_store_new (OH_TYPE_IM_BUDDY);
  buddies->names = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  buddies->added = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify)g_variant_unref);
  return buddies;
}

void
oh_im_buddies_free (OhImBuddies *buddies)
{
  g_object_unref (buddies->process);
  g_free (buddies->account);
  g_hash_table_unref (buddies->names);
  g_object_unref (buddies->list);
  g_hash_table_unref (buddies->added);
  g_free (buddies);
}

GListModel *
oh_im_buddies_get_list (OhImBuddies *buddies)
{
  return G_LIST_MODEL (buddies->list);
}

OhImBuddy *
oh_im_buddies_find (OhImBuddies *buddies, const char *name)
{
  return g_hash_table_lookup (buddies->names, name);
}

void
oh_im_buddies_update (OhImBuddies *buddies, GVariant *list)
{
  gsize count = MIN (g_variant_n_children (list), OH_IM_MAX_BUDDIES);
  g_autoptr (GPtrArray) fresh = g_ptr_array_new ();

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (GVariant) dict = g_variant_get_child_value (list, i);
      g_autofree char *name = oh_im_parse_line (dict, "name");
      OhImBuddy *buddy = g_hash_table_lookup (buddies->names, name);

      if (!buddy && *name && g_hash_table_size (buddies->names) < OH_IM_MAX_BUDDIES)
        {
          buddy = oh_im_buddy_new (name);
          g_hash_table_insert (buddies->names, (gpointer)oh_im_buddy_get_name (buddy), buddy);
          g_ptr_array_add (fresh, buddy);
        }
      if (buddy)
        oh_im_buddy_update (buddy, dict);
    }
  g_list_store_splice (buddies->list, g_list_model_get_n_items (G_LIST_MODEL (buddies->list)), 0,
                       fresh->pdata, fresh->len);
}

void
oh_im_buddies_gone (OhImBuddies *buddies, const char *name)
{
  OhImBuddy *buddy = g_hash_table_lookup (buddies->names, name);
  guint position;

  if (buddy && g_list_store_find (buddies->list, buddy, &position))
    {
      g_hash_table_steal (buddies->names, name);
      g_list_store_remove (buddies->list, position);
      g_object_unref (buddy);
    }
}

void
oh_im_buddies_lose (OhImBuddies *buddies)
{
  GHashTableIter iter;
  gpointer buddy;

  g_hash_table_iter_init (&iter, buddies->names);
  while (g_hash_table_iter_next (&iter, NULL, &buddy))
    oh_im_buddy_lose (buddy);
}

static void
ask (OhImBuddies *buddies, const char *name, GVariant *wish)
{
  const char *alias, *group, *message;

  g_variant_get (wish, "(&s&s&s)", &alias, &group, &message);
  oh_im_process_tell (buddies->process, "AddBuddy",
                      g_variant_new ("(sssss)", buddies->account, name, alias, group, message));
}

void
oh_im_buddies_add (OhImBuddies *buddies,
                   const char *name,
                   const char *alias,
                   const char *group,
                   const char *message,
                   gboolean online)
{
  GVariant *wish;

  if (alias && !*alias)
    alias = name;
  if (group && !*group)
    group = OH_IM_NO_GROUP;
  wish = g_variant_ref_sink (
      g_variant_new ("(sss)", alias ? alias : "", group ? group : "", message ? message : ""));
  /* What the service has on its list already, it keeps. */
  if (!online || !g_hash_table_contains (buddies->names, name)
      || g_hash_table_contains (buddies->added, name))
    g_hash_table_insert (buddies->added, g_strdup (name), g_variant_ref (wish));
  if (online)
    ask (buddies, name, wish);
  g_variant_unref (wish);
}

void
oh_im_buddies_remove (OhImBuddies *buddies, const char *name, gboolean online)
{
  g_hash_table_remove (buddies->added, name);
  if (online)
    oh_im_process_tell (buddies->process, "RemoveBuddy",
                        g_variant_new ("(ss)", buddies->account, name));
}

void
oh_im_buddies_add_again (OhImBuddies *buddies)
{
  GHashTableIter iter;
  gpointer name, wish;

  g_hash_table_iter_init (&iter, buddies->added);
  while (g_hash_table_iter_next (&iter, &name, &wish))
    ask (buddies, name, wish);
}
