/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"
#define SOFIA_EXTEND_AUTH_CLIENT 1

#include "sip/oh-sip-private.h"

#include <sofia-sip/auth_client.h>
#include <sofia-sip/auth_client_plugin.h>
#include <sofia-sip/msg_header.h>

#include <string.h>
#include <sys/random.h>

/* RFC 7616 for sofia's client side, which knows MD5 only: this takes the place of its "Digest".
 * The answer uses the algorithm of the challenge, MD5 or SHA-256, and qop=auth when offered. */
typedef struct
{
  auth_client_t client[1];
  char *nonce, *opaque;
  gboolean sha256, session, qop;
  guint count;
} DigestClient;

static char *
dup_param (su_home_t *home, const msg_auth_t *challenge, const char *name)
{
  const char *value = msg_header_find_param ((const msg_common_t *)challenge, name);
  char *text;
  gsize length;

  if (!value)
    return NULL;
  text = su_strdup (home, value);
  length = strlen (text);
  if (length >= 2 && text[0] == '"' && text[length - 1] == '"')
    {
      memmove (text, text + 1, length - 2);
      text[length - 2] = '\0';
    }
  return text;
}

static gboolean
read_algorithm (const char *algorithm, gboolean *sha256, gboolean *session)
{
  *sha256 = algorithm && g_ascii_strncasecmp (algorithm, "SHA-256", 7) == 0;
  *session = algorithm && g_str_has_suffix (algorithm, "-sess");
  return !algorithm || g_ascii_strcasecmp (algorithm, "MD5") == 0
         || g_ascii_strcasecmp (algorithm, "MD5-sess") == 0
         || g_ascii_strcasecmp (algorithm, "SHA-256") == 0
         || g_ascii_strcasecmp (algorithm, "SHA-256-sess") == 0;
}

/* 2: credentials need to be sent; 1: challenge updated, but the credential had been refused. */
static int
take_challenge (auth_client_t *client, const msg_auth_t *challenge)
{
  DigestClient *digest = (DigestClient *)client;
  su_home_t *home = client->ca_home;
  char *algorithm = dup_param (home, challenge, "algorithm=");
  char *nonce = dup_param (home, challenge, "nonce=");
  char *qop = dup_param (home, challenge, "qop=");
  char *stale = dup_param (home, challenge, "stale=");
  gboolean fresh = digest->nonce == NULL || (stale && g_ascii_strcasecmp (stale, "true") == 0);
  gboolean before = digest->sha256;

  if (!nonce || !read_algorithm (algorithm, &digest->sha256, &digest->session))
    return -1;
  /* The registrar knows the credential's algorithm only once it has seen whose it is. */
  fresh = fresh || digest->sha256 != before;
  digest->qop = FALSE;
  for (const char *p = qop; p && *p; p += strcspn (p, ",") + (strchr (p, ',') != NULL))
    {
      p += strspn (p, " ");
      if (g_ascii_strncasecmp (p, "auth", 4) == 0 && p[4] != '-')
        digest->qop = TRUE;
    }
  if (qop && !digest->qop)
    return -1;
  su_free (home, digest->nonce);
  su_free (home, digest->opaque);
  digest->nonce = nonce;
  digest->opaque = dup_param (home, challenge, "opaque=");
  digest->count = 0;
  return fresh ? 2 : 1;
}

static char *
hash (gboolean sha256, const char *text)
{
  return g_compute_checksum_for_string (sha256 ? G_CHECKSUM_SHA256 : G_CHECKSUM_MD5, text, -1);
}

/* sofia keeps the realm with its quotes. */
static char *
dup_realm (const auth_client_t *client)
{
  gsize length = strlen (client->ca_realm);

  if (length >= 2 && client->ca_realm[0] == '"')
    return g_strndup (client->ca_realm + 1, length - 2);
  return g_strdup (client->ca_realm);
}

/* oh_sip_identity_authenticate() hands names and secrets over in base 64. */
static char *
decode (const char *text)
{
  gsize length;
  guchar *plain = g_base64_decode (text, &length);
  char *copy = g_strndup ((const char *)plain, length);

  g_free (plain);
  return copy;
}

/* As a quoted string. */
static char *
escape (const char *text)
{
  GString *escaped = g_string_new (NULL);

  for (; *text; text++)
    {
      if (*text == '"' || *text == '\\')
        g_string_append_c (escaped, '\\');
      g_string_append_c (escaped, *text);
    }
  return g_string_free (escaped, FALSE);
}

static char *
compute_response (DigestClient *digest,
                  const char *method,
                  const char *uri,
                  const char *cnonce,
                  const char *count)
{
  auth_client_t *client = digest->client;
  g_autofree char *realm = dup_realm (client);
  g_autofree char *user = decode (client->ca_user);
  g_autofree char *secret = decode (client->ca_pass);
  g_autofree char *a1 = g_strdup_printf ("%s:%s:%s", user, realm, secret);
  g_autofree char *ha1 = hash (digest->sha256, a1);
  g_autofree char *a2 = g_strdup_printf ("%s:%s", method, uri);
  g_autofree char *ha2 = hash (digest->sha256, a2);
  g_autofree char *all = NULL;

  if (digest->session)
    {
      g_autofree char *session = g_strdup_printf ("%s:%s:%s", ha1, digest->nonce, cnonce);

      g_free (ha1);
      ha1 = hash (digest->sha256, session);
    }
  all = digest->qop
            ? g_strdup_printf ("%s:%s:%s:%s:auth:%s", ha1, digest->nonce, count, cnonce, ha2)
            : g_strdup_printf ("%s:%s:%s", ha1, digest->nonce, ha2);
  return hash (digest->sha256, all);
}

static char *
make_cnonce (void)
{
  guint8 random[12];
  GString *text = g_string_new (NULL);

  if (getrandom (random, sizeof random, 0) != sizeof random)
    g_error ("no random numbers from the kernel");
  for (guint i = 0; i < sizeof random; i++)
    g_string_append_printf (text, "%02x", random[i]);
  return g_string_free (text, FALSE);
}

/* 1: header made; 0: no credential yet; -1: error. */
static int
authorize (auth_client_t *client,
           su_home_t *home,
           char const *method,
           url_t const *url,
           msg_payload_t const *body,
           msg_header_t **return_headers)
{
  DigestClient *digest = (DigestClient *)client;
  g_autofree char *cnonce = make_cnonce ();
  g_autofree char *count = g_strdup_printf ("%08x", ++digest->count);
  g_autofree char *response = NULL;
  g_autofree char *user = NULL;
  g_autofree char *escaped = NULL;
  g_autofree char *realm = dup_realm (client);
  g_autoptr (GString) text = g_string_new (NULL);
  char *uri;

  if (!client->ca_user || !client->ca_pass || client->ca_clear || !digest->nonce)
    return 0;
  uri = url_as_string (home, url);
  if (!uri)
    return -1;
  response = compute_response (digest, method, uri, cnonce, count);
  user = decode (client->ca_user);
  escaped = escape (user);
  g_string_append_printf (text,
                          "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\","
                          " response=\"%s\", algorithm=%s%s",
                          escaped, realm, digest->nonce, uri, response,
                          digest->sha256 ? "SHA-256" : "MD5", digest->session ? "-sess" : "");
  if (digest->qop)
    g_string_append_printf (text, ", qop=auth, nc=%s", count);
  if (digest->qop || digest->session)
    g_string_append_printf (text, ", cnonce=\"%s\"", cnonce);
  if (digest->opaque)
    g_string_append_printf (text, ", opaque=\"%s\"", digest->opaque);
  *return_headers = msg_header_make (home, client->ca_credential_class, text->str);
  return *return_headers ? 1 : -1;
}

static int
clear_credentials (auth_client_t *client)
{
  client->ca_clear = 1;
  return 1;
}

void
oh_sip_digest_client_register (void)
{
  static const auth_client_plugin_t place_holder = { .auc_plugin_size = sizeof place_holder,
                                                     .auc_size = sizeof (DigestClient),
                                                     .auc_name = "Offhook-Digest",
                                                     .auc_challenge = take_challenge,
                                                     .auc_authorize = authorize,
                                                     .auc_clear = clear_credentials };
  static const auth_client_plugin_t digest = { .auc_plugin_size = sizeof digest,
                                               .auc_size = sizeof (DigestClient),
                                               .auc_name = "Digest",
                                               .auc_challenge = take_challenge,
                                               .auc_authorize = authorize,
                                               .auc_clear = clear_credentials };

  /* sofia 1.12.11 puts a plug-in into the first slot whose name is NOT its own (strcmp mistaken):
   * two steps bring ours into the slot of its Digest and leave the others alone. */
  auc_register_plugin (&place_holder);
  auc_register_plugin (&digest);
}
