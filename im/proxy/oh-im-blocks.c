/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-private.h"

/* Whom one account has blocked: what the user wanted here, and what the process tells of the list that
 * the service keeps. Owned by the account. */
struct _OhImBlocks
{
  OhImProcess *process;
  char *account;
  GHashTable *names; /* a set */
  GHashTable
      *wishes; /* name -> Wish: what the service has not heard yet, or its list may not have */
};

/* When an account signs in the service's list comes, made before it heard of the wish: what it says
 * otherwise is not believed once. */
typedef enum
{
  WISH_BLOCKED = 1 << 0,
  WISH_CONTRADICTED = 1 << 1, /* that list was here */
  WISH_TOLD = 1 << 2          /* the service hears of it */
} Wish;

OhImBlocks *
oh_im_blocks_new (OhImProcess *process, const char *account)
{
  OhImBlocks *blocks = g_new0 (OhImBlocks, 1);

  blocks->process = g_object_ref (process);
  blocks->account = g_strdup (account);
  blocks->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  blocks->wishes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return blocks;
}

void
oh_im_blocks_free (OhImBlocks *blocks)
{
  g_object_unref (blocks->process);
  g_free (blocks->account);
  g_hash_table_unref (blocks->names);
  g_hash_table_unref (blocks->wishes);
  g_free (blocks);
}

gboolean
oh_im_blocks_contains (OhImBlocks *blocks, const char *name)
{
  return g_hash_table_contains (blocks->names, name);
}

static void
tell (OhImBlocks *blocks, const char *name, gboolean blocked)
{
  oh_im_process_tell (blocks->process, "SetBlocked",
                      g_variant_new ("(ssb)", blocks->account, name, blocked));
}

static gboolean
take (OhImBlocks *blocks, const char *name, gboolean blocked)
{
  if (!blocked)
    return g_hash_table_remove (blocks->names, name);
  return g_hash_table_size (blocks->names) < OH_IM_MAX_BLOCKED
         && g_hash_table_add (blocks->names, g_strdup (name));
}

gboolean
oh_im_blocks_hear (OhImBlocks *blocks, const char *name, gboolean blocked)
{
  gpointer found;
  Wish wish;

  if (!g_hash_table_lookup_extended (blocks->wishes, name, NULL, &found))
    return take (blocks, name, blocked);
  wish = GPOINTER_TO_INT (found);
  if (wish & WISH_TOLD)
    g_hash_table_remove (blocks->wishes, name);
  else if (blocked != ((wish & WISH_BLOCKED) != 0))
    g_hash_table_insert (blocks->wishes, g_strdup (name),
                         GINT_TO_POINTER (wish | WISH_CONTRADICTED));
  return FALSE; /* it is as it was wished */
}

gboolean
oh_im_blocks_set (
    OhImBlocks *blocks, const char *name, gboolean blocked, gboolean known, gboolean online)
{
  if (!oh_im_name_is_good (name) || !take (blocks, name, blocked))
    return FALSE;
  if (known)
    tell (blocks, name, blocked);
  if (online)
    g_hash_table_remove (blocks->wishes, name);
  else
    g_hash_table_insert (blocks->wishes, g_strdup (name),
                         GINT_TO_POINTER (blocked ? WISH_BLOCKED : 0));
  return TRUE;
}

void
oh_im_blocks_tell_all (OhImBlocks *blocks)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, blocks->names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    tell (blocks, name, TRUE);
}

void
oh_im_blocks_tell_wishes (OhImBlocks *blocks)
{
  GHashTableIter iter;
  gpointer name, found;

  g_hash_table_iter_init (&iter, blocks->wishes);
  while (g_hash_table_iter_next (&iter, &name, &found))
    {
      Wish wish = GPOINTER_TO_INT (found);

      if (!(wish & WISH_TOLD))
        tell (blocks, name, wish & WISH_BLOCKED);
      if (wish & (WISH_TOLD | WISH_CONTRADICTED))
        g_hash_table_iter_remove (&iter);
      else
        g_hash_table_iter_replace (&iter, GINT_TO_POINTER (wish | WISH_TOLD));
    }
}
