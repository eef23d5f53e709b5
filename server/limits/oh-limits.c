/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-limits"

#include "server/limits/oh-limits.h"

#include "base/oh-clock.h"

#include <gio/gio.h>

#include <string.h>

#define MINUTE_US (60 * G_USEC_PER_SEC)

/* ::ffff:0:0/96, IPv4 on a socket that takes both (RFC 4291, 2.5.5.2) */
static const guint8 v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

typedef struct
{
  char *key;
  double tokens;
  gint64 filled; /* monotonic us at which `tokens` was right; also when it was used last */
  GList link;    /* in `order` */
} Bucket;

struct _OhLimits
{
  double per_us;
  double burst;
  guint max_keys;
  guint64 refused;
  GHashTable *buckets; /* key in Bucket -> Bucket */
  GQueue order;        /* idle longest first */
};

static void
free_bucket (gpointer data)
{
  Bucket *bucket = data;

  g_free (bucket->key);
  g_free (bucket);
}

OhLimits *
oh_limits_new (guint per_minute, guint burst, guint max_keys)
{
  OhLimits *limits = g_new0 (OhLimits, 1);

  limits->per_us = (double)per_minute / MINUTE_US;
  limits->burst = MAX (burst, 1);
  limits->max_keys = MAX (max_keys, 1);
  limits->buckets = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_bucket);
  g_queue_init (&limits->order);
  return limits;
}

void
oh_limits_free (OhLimits *limits)
{
  if (!limits)
    return;
  g_hash_table_unref (limits->buckets); /* the links of `order` stand inside the buckets */
  g_free (limits);
}

static Bucket *
add_bucket (OhLimits *limits, const char *key)
{
  Bucket *bucket;

  if (g_hash_table_size (limits->buckets) >= limits->max_keys)
    {
      GList *oldest = g_queue_pop_head_link (&limits->order);

      g_hash_table_remove (limits->buckets, ((Bucket *)oldest->data)->key);
    }
  bucket = g_new0 (Bucket, 1);
  bucket->key = g_strdup (key);
  bucket->tokens = limits->burst;
  bucket->filled = oh_clock_now ();
  bucket->link.data = bucket;
  g_hash_table_insert (limits->buckets, bucket->key, bucket);
  g_queue_push_tail_link (&limits->order, &bucket->link);
  return bucket;
}

static Bucket *
fill_bucket (OhLimits *limits, const char *key)
{
  Bucket *bucket = g_hash_table_lookup (limits->buckets, key);
  gint64 now = oh_clock_now ();

  if (!bucket)
    return add_bucket (limits, key);
  bucket->tokens += (double)(now - bucket->filled) * limits->per_us;
  bucket->tokens = MIN (bucket->tokens, limits->burst);
  bucket->filled = now;
  g_queue_unlink (&limits->order, &bucket->link);
  g_queue_push_tail_link (&limits->order, &bucket->link);
  return bucket;
}

gboolean
oh_limits_take (OhLimits *limits, const char *key, guint *retry_s)
{
  Bucket *bucket;

  if (limits->per_us <= 0)
    return TRUE;

  bucket = fill_bucket (limits, key);
  if (bucket->tokens >= 1)
    {
      bucket->tokens -= 1;
      return TRUE;
    }
  limits->refused++;
  if (retry_s)
    *retry_s = (guint)((1 - bucket->tokens) / limits->per_us / G_USEC_PER_SEC) + 1;
  return FALSE;
}

char *
oh_limits_dup_source (const char *address)
{
  g_autoptr (GInetAddress) parsed = g_inet_address_new_from_string (address);
  g_autoptr (GInetAddress) network = NULL;
  guint8 bytes[16];

  if (!parsed || g_inet_address_get_family (parsed) != G_SOCKET_FAMILY_IPV6)
    return g_strdup (address);
  memcpy (bytes, g_inet_address_to_bytes (parsed), sizeof bytes);
  if (memcmp (bytes, v4_mapped, sizeof v4_mapped) == 0)
    network = g_inet_address_new_from_bytes (bytes + sizeof v4_mapped, G_SOCKET_FAMILY_IPV4);
  else
    {
      memset (bytes + 8, 0, 8);
      network = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
    }
  return g_inet_address_to_string (network);
}

guint64
oh_limits_get_refused (OhLimits *limits)
{
  return limits->refused;
}

guint
oh_limits_get_size (OhLimits *limits)
{
  return g_hash_table_size (limits->buckets);
}
