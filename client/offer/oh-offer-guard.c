/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/offer/oh-offer-guard.h"

#include <string.h>

#define MAX_LOOKED_AT 2000 /* bytes of a message: an offer stands at its begin */

/* The link's token is 128 bits in base64url; the options keep their numbers for ever. */
#define LINK "https?://[^\\s/]+/o/[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])"
#define OPTIONS "(?:^|[^\\pL\\pN])1 \\pL+.*[^\\pL\\pN][39] \\pL+"
#define CALL "(?:call|anruf)\\b"

/* The first line, unlike that of an outcome without a colon, and what resembles it. */
#define BEGIN "^(?:call|anruf)\\b.* (?:from|von) .* (?:for|für) [^:]*\\.$"
#define LIKE_BEGIN "\\b" CALL ".*\\b(?:from|von)\\b"

struct _OhOfferGuard
{
  GHashTable *servers; /* account id -> OhAccountIm */
};

OhOfferGuard *
oh_offer_guard_new (void)
{
  OhOfferGuard *guard = g_new0 (OhOfferGuard, 1);

  guard->servers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify)oh_account_im_free);
  return guard;
}

void
oh_offer_guard_free (OhOfferGuard *guard)
{
  if (!guard)
    return;
  g_hash_table_destroy (guard->servers);
  g_free (guard);
}

void
oh_offer_guard_set (OhOfferGuard *guard, const char *id, OhAccountIm *im)
{
  if (im)
    g_hash_table_replace (guard->servers, g_strdup (id), im);
  else
    g_hash_table_remove (guard->servers, id);
}

gboolean
oh_offer_guard_has_link (const char *text)
{
  g_autofree char *begin = g_utf8_make_valid (text, (gssize)strnlen (text, MAX_LOOKED_AT));

  return g_regex_match_simple (LINK, begin, G_REGEX_CASELESS, 0);
}

gboolean
oh_offer_guard_may_begin (const char *text, gboolean named)
{
  g_autofree char *line = g_utf8_make_valid (text, (gssize)strnlen (text, MAX_LOOKED_AT));

  /* In a server's own line a link can only be the caller's name. */
  return !strchr (line, '\n') && (named || !oh_offer_guard_looks_like (line))
         && g_regex_match_simple (named ? BEGIN : LIKE_BEGIN, g_strstrip (line), G_REGEX_CASELESS,
                                  0);
}

gboolean
oh_offer_guard_looks_like (const char *text)
{
  g_autofree char *begin = g_utf8_make_valid (text, (gssize)strnlen (text, MAX_LOOKED_AT));

  return oh_offer_guard_has_link (begin)
         || (g_regex_match_simple (CALL, begin, G_REGEX_CASELESS, 0)
             && g_regex_match_simple (OPTIONS, begin, G_REGEX_CASELESS | G_REGEX_MULTILINE, 0));
}

static const char *
get_host (const char *address)
{
  const char *at = address ? strrchr (address, '@') : NULL;

  return at ? at + 1 : "";
}

/* Addresses are compared as the service writes them. Where it writes names alone (IRC), the name must
 * be the same and the service the one where the user is. */
static gboolean
is_same (OhMessenger *messenger, const char *address, const char *from)
{
  const char *own = oh_account_get_address (OH_ACCOUNT (messenger));
  g_autofree char *whole = oh_messenger_normalize (messenger, address);
  g_autofree char *name = NULL;

  if (strchr (from, '@') || !strchr (address, '@'))
    return strcmp (whole, from) == 0;
  name = g_strndup (address, strrchr (address, '@') - address);
  return g_ascii_strcasecmp (get_host (address), get_host (own)) == 0
         && g_ascii_strcasecmp (name, from) == 0;
}

static gboolean
is_of (const OhAccountIm *im, OhMessenger *messenger, const char *from)
{
  const char *protocol = oh_account_get_protocol (OH_ACCOUNT (messenger));

  for (guint i = 0; i < im->services->len; i++)
    {
      const OhImService *service = g_ptr_array_index (im->services, i);

      if (g_strcmp0 (service->protocol, protocol) == 0
          && is_same (messenger, service->address, from))
        return TRUE;
    }
  return FALSE;
}

const char *
oh_offer_guard_find (OhOfferGuard *guard,
                     OhMessenger *messenger,
                     const char *from,
                     const OhAccountIm **im)
{
  g_autofree char *who = oh_messenger_normalize (messenger, from);
  GHashTableIter iter;
  gpointer id, known;

  g_hash_table_iter_init (&iter, guard->servers);
  while (g_hash_table_iter_next (&iter, &id, &known))
    if (is_of (known, messenger, who))
      {
        if (im)
          *im = known;
        return id;
      }
  return NULL;
}
