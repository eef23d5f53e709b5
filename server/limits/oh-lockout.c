/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-limits"

#include "server/limits/oh-lockout.h"

#include "base/oh-clock.h"

#define FIRST_LOCK_S 60
#define LONGEST_LOCK_S 900
#define FORGET_US (24 * 3600 * (gint64)G_USEC_PER_SEC)

typedef struct
{
  guint wrong; /* since the last lock or right password */
  guint under_way;
  guint locks;  /* so far; the next one is longer */
  gint64 until; /* monotonic us */
  gint64 used;  /* monotonic us */
} Entry;

struct _OhLockout
{
  guint tries, max_keys;
  GHashTable *entries; /* key -> Entry */
};

OhLockout *
oh_lockout_new (guint tries, guint max_keys)
{
  OhLockout *lockout = g_new0 (OhLockout, 1);

  lockout->tries = MAX (tries, 1);
  lockout->max_keys = MAX (max_keys, 1);
  lockout->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return lockout;
}

void
oh_lockout_free (OhLockout *lockout)
{
  if (!lockout)
    return;
  g_hash_table_unref (lockout->entries);
  g_free (lockout);
}

/* Room for one more: what is idle longest goes, but no lock that still holds and no try under way. */
static gboolean
make_room (OhLockout *lockout)
{
  gint64 now = oh_clock_now ();
  GHashTableIter iter;
  gpointer key, value, oldest = NULL;
  gint64 oldest_used = G_MAXINT64;

  if (g_hash_table_size (lockout->entries) < lockout->max_keys)
    return TRUE;
  g_hash_table_iter_init (&iter, lockout->entries);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      Entry *entry = value;

      if (entry->until <= now && !entry->under_way && entry->used < oldest_used)
        {
          oldest = key;
          oldest_used = entry->used;
        }
    }
  return oldest && g_hash_table_remove (lockout->entries, oldest);
}

gboolean
oh_lockout_begin_try (OhLockout *lockout, const char *key, guint *retry_s)
{
  Entry *entry = g_hash_table_lookup (lockout->entries, key);
  gint64 now = oh_clock_now ();

  *retry_s = FIRST_LOCK_S;
  if (!entry)
    {
      if (!make_room (lockout))
        return FALSE;
      entry = g_new0 (Entry, 1);
      g_hash_table_insert (lockout->entries, g_strdup (key), entry);
    }
  if (now - entry->used > FORGET_US)
    entry->wrong = entry->locks = 0;
  if (entry->until > now)
    {
      *retry_s = (guint)((entry->until - now) / G_USEC_PER_SEC) + 1;
      return FALSE;
    }
  if (entry->wrong + entry->under_way >= lockout->tries)
    {
      *retry_s = 1;
      return FALSE;
    }
  entry->used = now;
  entry->under_way++;
  return TRUE;
}

void
oh_lockout_end_try (OhLockout *lockout, const char *key, OhTry outcome)
{
  Entry *entry = g_hash_table_lookup (lockout->entries, key);

  g_return_if_fail (entry && entry->under_way > 0);

  entry->under_way--;
  if (outcome == OH_TRY_RIGHT)
    entry->wrong = entry->locks = 0;
  if (outcome != OH_TRY_WRONG || ++entry->wrong < lockout->tries)
    return;
  entry->until = oh_clock_now ()
                 + (gint64)MIN (FIRST_LOCK_S << MIN (entry->locks, 8), LONGEST_LOCK_S)
                       * G_USEC_PER_SEC;
  entry->locks++;
  entry->wrong = 0;
}
