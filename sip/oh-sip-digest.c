/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include "base/oh-clock.h"

#include <sofia-sip/msg_header.h>

#include <string.h>

#define NONCE_LIFE_S 600
#define MAX_NONCES 100000

/* Our nonces are "TIME.COUNTER.MAC": what was not made by us is refused without a table. Only the
 * nonces that were used are kept, with the highest count seen, until they are too old. */
typedef struct
{
  guint32 highest_count;
  gint64 made;
} Nonce;

static GChecksumType
checksum_type (OhSipDigest algorithm)
{
  return algorithm == OH_SIP_DIGEST_SHA256 ? G_CHECKSUM_SHA256 : G_CHECKSUM_MD5;
}

char *
oh_sip_ha1 (OhSipDigest algorithm, const char *user, const char *realm, const char *secret)
{
  g_autofree char *text = g_strdup_printf ("%s:%s:%s", user, realm, secret);

  return g_compute_checksum_for_string (checksum_type (algorithm), text, -1);
}

static char *
sign_nonce (OhSip *sip, const char *text)
{
  char *mac = g_compute_hmac_for_string (G_CHECKSUM_SHA256, sip->nonce_key, sizeof sip->nonce_key,
                                         text, -1);

  mac[32] = '\0';
  return mac;
}

static char *
make_nonce (OhSip *sip)
{
  static guint32 counter;
  g_autofree char *text = g_strdup_printf ("%08" G_GINT64_MODIFIER "x.%x",
                                           oh_clock_now () / G_USEC_PER_SEC, ++counter);
  g_autofree char *mac = sign_nonce (sip, text);

  return g_strdup_printf ("%s.%s", text, mac);
}

static gboolean
equal_in_constant_time (const char *a, const char *b)
{
  gsize length = strlen (a);
  guint8 difference = 0;

  if (strlen (b) != length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    difference |= (guint8)(g_ascii_tolower (a[i]) ^ g_ascii_tolower (b[i]));
  return difference == 0;
}

static gboolean
is_our_nonce (OhSip *sip, const char *nonce, gint64 *made)
{
  const char *dot = strrchr (nonce, '.');
  g_autofree char *text = dot ? g_strndup (nonce, (gsize)(dot - nonce)) : NULL;
  g_autofree char *mac = text ? sign_nonce (sip, text) : NULL;

  if (!mac || !equal_in_constant_time (mac, dot + 1))
    return FALSE;
  *made = (gint64)g_ascii_strtoull (text, NULL, 16);
  return TRUE;
}

static gboolean
is_old (gpointer key, gpointer value, gpointer user_data)
{
  return oh_clock_now () / G_USEC_PER_SEC - ((Nonce *)value)->made > NONCE_LIFE_S;
}

/* Counts must rise; a retransmission never comes here, sofia answers it itself. Without qop there
 * is no count: then a nonce serves once. */
static gboolean
use_nonce (OhSip *sip, const char *text, gint64 made, guint32 count)
{
  Nonce *nonce = g_hash_table_lookup (sip->nonces, text);

  if (!nonce)
    {
      if (g_hash_table_size (sip->nonces) >= MAX_NONCES)
        g_hash_table_foreach_remove (sip->nonces, is_old, NULL);
      if (g_hash_table_size (sip->nonces) >= MAX_NONCES)
        g_hash_table_remove_all (sip->nonces);
      nonce = g_new0 (Nonce, 1);
      nonce->made = made;
      g_hash_table_insert (sip->nonces, g_strdup (text), nonce);
    }
  if (count <= nonce->highest_count)
    return FALSE;
  nonce->highest_count = count;
  return TRUE;
}

typedef struct
{
  char *user, *realm, *nonce, *uri, *response, *algorithm, *qop, *count, *cnonce;
} Answer;

static void
clear_answer (Answer *answer)
{
  g_free (answer->user);
  g_free (answer->realm);
  g_free (answer->nonce);
  g_free (answer->uri);
  g_free (answer->response);
  g_free (answer->algorithm);
  g_free (answer->qop);
  g_free (answer->count);
  g_free (answer->cnonce);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, clear_answer)

static char *
dup_param (const msg_auth_t *header, const char *name)
{
  const char *value = msg_header_find_param ((const msg_common_t *)header, name);
  GString *text;

  if (!value)
    return NULL;
  if (value[0] != '"')
    return g_strdup (value);
  text = g_string_new (NULL);
  for (value++; *value && *value != '"'; value++)
    {
      if (*value == '\\' && value[1])
        value++;
      g_string_append_c (text, *value);
    }
  return g_string_free (text, FALSE);
}

/* The Digest answer for our realm among those sent (proxies on the way have theirs). */
static gboolean
find_answer (const msg_auth_t *header, const char *realm, Answer *answer)
{
  for (; header; header = header->au_next)
    {
      g_autofree char *its_realm = dup_param (header, "realm=");

      if (g_ascii_strcasecmp (header->au_scheme, "Digest") != 0 || !its_realm
          || strcmp (its_realm, realm) != 0)
        continue;
      answer->realm = g_steal_pointer (&its_realm);
      answer->user = dup_param (header, "username=");
      answer->nonce = dup_param (header, "nonce=");
      answer->uri = dup_param (header, "uri=");
      answer->response = dup_param (header, "response=");
      answer->algorithm = dup_param (header, "algorithm=");
      answer->qop = dup_param (header, "qop=");
      answer->count = dup_param (header, "nc=");
      answer->cnonce = dup_param (header, "cnonce=");
      return answer->user && answer->nonce && answer->uri && answer->response;
    }
  return FALSE;
}

static char *
expected_response (const OhSipCredential *credential, const Answer *answer, const char *method)
{
  GChecksumType type = checksum_type (credential->algorithm);
  g_autofree char *a2 = g_strdup_printf ("%s:%s", method, answer->uri);
  g_autofree char *ha2 = g_compute_checksum_for_string (type, a2, -1);
  g_autofree char *all = NULL;

  if (answer->qop)
    all = g_strdup_printf ("%s:%s:%s:%s:%s:%s", credential->ha1, answer->nonce,
                           answer->count ? answer->count : "", answer->cnonce ? answer->cnonce : "",
                           answer->qop, ha2);
  else
    all = g_strdup_printf ("%s:%s:%s", credential->ha1, answer->nonce, ha2);
  return g_compute_checksum_for_string (type, all, -1);
}

static gboolean
names_algorithm (const Answer *answer, OhSipDigest algorithm)
{
  const char *name = algorithm == OH_SIP_DIGEST_SHA256 ? "SHA-256" : "MD5";

  if (!answer->algorithm)
    return algorithm == OH_SIP_DIGEST_MD5;
  return g_ascii_strcasecmp (answer->algorithm, name) == 0;
}

typedef enum
{
  WRONG,
  STALE,
  RIGHT
} Verdict;

static Verdict
judge (OhSip *sip, const Answer *answer, const OhSipCredential *credential, const char *method)
{
  g_autofree char *expected = expected_response (credential, answer, method);
  gint64 made = 0;
  guint32 count = answer->qop && answer->count ? (guint32)g_ascii_strtoull (answer->count, NULL, 16)
                                               : G_MAXUINT32;

  /* We guessed the algorithm before the user was known: not the peer's fault, it may try anew. */
  if (!names_algorithm (answer, credential->algorithm))
    return STALE;
  if (!equal_in_constant_time (expected, answer->response)
      || (answer->qop && g_ascii_strcasecmp (answer->qop, "auth") != 0))
    return WRONG;
  if (!is_our_nonce (sip, answer->nonce, &made)
      || oh_clock_now () / G_USEC_PER_SEC - made > NONCE_LIFE_S
      || !use_nonce (sip, answer->nonce, made, count))
    return STALE;
  return RIGHT;
}

static char *
format_challenge (OhSip *sip, const char *realm, OhSipDigest algorithm, gboolean stale)
{
  g_autofree char *nonce = make_nonce (sip);

  return g_strdup_printf ("Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, qop=\"auth\"%s", realm,
                          nonce, algorithm == OH_SIP_DIGEST_SHA256 ? "SHA-256" : "MD5",
                          stale ? ", stale=true" : "");
}

/* Whose algorithm a challenge without a credential names: that of the user in From, when the
 * credential has that name; everyone else gets the default, known or not. */
static OhSipDigest
guess_algorithm (const sip_t *message,
                 const Answer *answer,
                 OhSipDigest fallback,
                 OhSipCredentialFunc func,
                 gpointer user_data)
{
  OhSipCredential credential = { .algorithm = fallback };
  const char *user = answer->user        ? answer->user
                     : message->sip_from ? message->sip_from->a_url->url_user
                                         : NULL;

  if (user && func (user, &credential, user_data))
    return credential.algorithm;
  return fallback;
}

gboolean
oh_sip_digest_check (OhSip *sip,
                     const sip_t *message,
                     const char *realm,
                     OhSipDigest default_algorithm,
                     OhSipCredentialFunc func,
                     gpointer user_data,
                     gboolean proxy,
                     char **auth_user,
                     char **challenge)
{
  const msg_auth_t *header = proxy ? message->sip_proxy_authorization : message->sip_authorization;
  g_auto (Answer) answer = { 0 };
  OhSipCredential credential = { .algorithm = default_algorithm };
  Verdict verdict = WRONG;

  if (find_answer (header, realm, &answer) && func (answer.user, &credential, user_data))
    verdict = judge (sip, &answer, &credential, message->sip_request->rq_method_name);
  if (verdict == RIGHT)
    {
      *auth_user = g_strdup (answer.user);
      return TRUE;
    }
  *challenge = format_challenge (
      sip, realm, guess_algorithm (message, &answer, default_algorithm, func, user_data),
      verdict == STALE);
  return FALSE;
}
