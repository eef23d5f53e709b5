/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-links.h"

#include "base/oh-clock.h"

#include <sodium.h>

#include <string.h>

#define TOKEN_BYTES 16
#define TOKEN_LENGTH 22 /* of them in base64url, without padding */
#define MAX_OPEN 20000
#define MAX_OVER 5000
#define TELL_US (10 * 60 * G_TIME_SPAN_SECOND) /* that the outcome is told */

typedef struct
{
  OhLink link;
  char *hash; /* of the token */
  gint64 over_us;
} Entry;

struct _OhLinks
{
  char *base;           /* or NULL */
  GHashTable *entries;  /* hash in Entry -> owned Entry */
  GHashTable *by_offer; /* offer id -> GPtrArray of Entry: those that are open */
  GQueue over;          /* of Entry, the oldest first */
  OhLinkChosen chosen;
  gpointer chosen_data;
  OhLinksEnded ended;
  gpointer ended_data;
};

static void
free_entry (gpointer data)
{
  Entry *entry = data;
  OhLink *link = &entry->link;

  g_free (link->offer_id);
  g_free (link->who);
  g_free (link->language);
  g_free (link->caller_name);
  g_free (link->caller_number);
  g_free (link->call_back);
  g_free (link->called);
  g_free (link->devices);
  g_free (link->device);
  g_free (link->time);
  g_free (entry->hash);
  g_free (entry);
}

OhLinks *
oh_links_new (void)
{
  OhLinks *links = g_new0 (OhLinks, 1);

  links->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_entry);
  links->by_offer = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify)g_ptr_array_unref);
  g_queue_init (&links->over);
  return links;
}

void
oh_links_free (OhLinks *links)
{
  if (!links)
    return;
  g_queue_clear (&links->over);
  g_hash_table_unref (links->by_offer);
  g_hash_table_unref (links->entries);
  g_free (links->base);
  g_free (links);
}

void
oh_links_set_base (OhLinks *links, const char *base)
{
  g_free (links->base);
  links->base = g_strdup (base);
}

const char *
oh_links_get_base (OhLinks *links)
{
  return links->base;
}

void
oh_links_take (OhLinks *links, OhLinkChosen chosen, gpointer user_data)
{
  links->chosen = chosen;
  links->chosen_data = user_data;
}

void
oh_links_watch (OhLinks *links, OhLinksEnded ended, gpointer user_data)
{
  links->ended = ended;
  links->ended_data = user_data;
}

static guint
count_open (OhLinks *links)
{
  return g_hash_table_size (links->entries) - g_queue_get_length (&links->over);
}

guint
oh_links_count_open (OhLinks *links)
{
  return count_open (links);
}

/* --- Adding --- */

/* RFC 4648, section 5 */
static char *
make_token (void)
{
  guchar bytes[TOKEN_BYTES];
  char *token;

  randombytes_buf (bytes, sizeof bytes);
  token = g_base64_encode (bytes, sizeof bytes);
  token[TOKEN_LENGTH] = '\0';
  return g_strdelimit (g_strdelimit (token, "+", '-'), "/", '_');
}

static char *
hash_token (const char *token)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);
}

/* What is over since long is forgotten, and of the rest only so much is kept. */
static void
forget_old (OhLinks *links)
{
  gint64 now = oh_clock_now ();
  Entry *entry;

  while ((entry = g_queue_peek_head (&links->over))
         && (now - entry->over_us > TELL_US || g_queue_get_length (&links->over) > MAX_OVER))
    {
      g_queue_pop_head (&links->over);
      g_hash_table_remove (links->entries, entry->hash);
    }
}

static void
add_to_offer (OhLinks *links, Entry *entry)
{
  GPtrArray *of_offer = g_hash_table_lookup (links->by_offer, entry->link.offer_id);

  if (!of_offer)
    {
      of_offer = g_ptr_array_new ();
      g_hash_table_insert (links->by_offer, g_strdup (entry->link.offer_id), of_offer);
    }
  g_ptr_array_add (of_offer, entry);
}

char *
oh_links_add (OhLinks *links, const OhLink *link)
{
  g_autofree char *token = NULL;
  Entry *entry;

  forget_old (links);
  if (!links->base || count_open (links) >= MAX_OPEN)
    return NULL;
  token = make_token ();
  entry = g_new0 (Entry, 1);
  entry->hash = hash_token (token);
  entry->link = (OhLink){ .offer_id = g_strdup (link->offer_id),
                          .user_id = link->user_id,
                          .identity_id = link->identity_id,
                          .who = g_strdup (link->who),
                          .language = g_strdup (link->language),
                          .caller_name = g_strdup (link->caller_name),
                          .caller_number = g_strdup (link->caller_number),
                          .call_back = g_strdup (link->call_back),
                          .called = g_strdup (link->called),
                          .devices = g_strdup (link->devices),
                          .options = link->options,
                          .default_option = link->default_option,
                          .deadline_us = link->deadline_us };
  g_hash_table_insert (links->entries, entry->hash, entry);
  add_to_offer (links, entry);
  return g_strconcat (links->base, "/o/", token, NULL);
}

/* --- Using --- */

static Entry *
find (OhLinks *links, const char *token)
{
  g_autofree char *hash = NULL;

  if (!token || strlen (token) != TOKEN_LENGTH)
    return NULL;
  forget_old (links);
  hash = hash_token (token);
  return g_hash_table_lookup (links->entries, hash);
}

const OhLink *
oh_links_find (OhLinks *links, const char *token)
{
  Entry *entry = find (links, token);

  return entry ? &entry->link : NULL;
}

gboolean
oh_links_choose (OhLinks *links, const char *token, OhOption option)
{
  Entry *entry = find (links, token);

  if (!entry || entry->link.is_over || entry->link.chosen || !links->chosen || option <= 0
      || option > 9 || !(entry->link.options & (1u << option)))
    return FALSE;
  entry->link.chosen = option;
  links->chosen (&entry->link, option, links->chosen_data);
  return TRUE;
}

static void
end (OhLinks *links, Entry *entry, OhImOutcome outcome, const char *device)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  entry->over_us = oh_clock_now ();
  entry->link.is_over = TRUE;
  entry->link.outcome = outcome;
  entry->link.device = g_strdup (device);
  entry->link.time = g_date_time_format (now, "%H:%M");
  g_queue_push_tail (&links->over, entry);
}

void
oh_links_forget (OhLinks *links, const char *who)
{
  GHashTableIter iter;
  gpointer of_offer;

  g_hash_table_iter_init (&iter, links->by_offer);
  while (g_hash_table_iter_next (&iter, NULL, &of_offer))
    for (guint i = ((GPtrArray *)of_offer)->len; i > 0; i--)
      {
        const Entry *entry = ((GPtrArray *)of_offer)->pdata[i - 1];

        if (strcmp (entry->link.who, who) != 0)
          continue;
        g_ptr_array_remove_index (of_offer, i - 1);
        g_hash_table_remove (links->entries, entry->hash);
      }
}

void
oh_links_end (OhLinks *links, const char *offer_id, OhImOutcome outcome, const char *device)
{
  g_autoptr (GPtrArray) of_offer = NULL;
  g_autofree char *id = NULL;

  if (!g_hash_table_steal_extended (links->by_offer, offer_id, (gpointer *)&id,
                                    (gpointer *)&of_offer))
    return;
  for (guint i = 0; i < of_offer->len; i++)
    end (links, of_offer->pdata[i], outcome, device);
  forget_old (links);
  if (links->ended)
    links->ended (id, links->ended_data);
}
