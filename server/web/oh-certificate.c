/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-certificate.h"

#include "base/oh-error.h"

#include <glib/gstdio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400L
#define AUTHORITY_DAYS 3650
#define LEAF_DAYS 825
#define RENEW_S (30 * DAY_S)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free)

static gboolean
fail (GError **error, const char *what)
{
  char reason[256] = "unknown";
  unsigned long code = ERR_get_error ();

  if (code)
    ERR_error_string_n (code, reason, sizeof reason);
  ERR_clear_error ();
  g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "%s: %s", what, reason);
  return FALSE;
}

/* --- PEM --- */

static X509 *
parse_certificate (const char *pem)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (pem, -1);

  return PEM_read_bio_X509 (bio, NULL, NULL, NULL);
}

static EVP_PKEY *
parse_key (const char *pem)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (pem, -1);

  return PEM_read_bio_PrivateKey (bio, NULL, NULL, "");
}

static char *
take_text (BIO *bio)
{
  char *data;
  long length = BIO_get_mem_data (bio, &data);
  char *text = g_strndup (data, (gsize)length);

  BIO_free (bio);
  return text;
}

static char *
print_certificate (X509 *certificate)
{
  BIO *bio = BIO_new (BIO_s_mem ());

  PEM_write_bio_X509 (bio, certificate);
  return take_text (bio);
}

static char *
print_key (EVP_PKEY *key)
{
  BIO *bio = BIO_new (BIO_s_mem ());

  PEM_write_bio_PrivateKey (bio, key, NULL, NULL, 0, NULL, NULL);
  return take_text (bio);
}

static char *
read_file (const OhServerConfig *config, const char *name)
{
  g_autofree char *path = g_build_filename (config->tls_dir, name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

static gboolean
write_file (const OhServerConfig *config, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (config->tls_dir, name, NULL);

  return g_file_set_contents_full (path, text, (gssize)strlen (text),
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, error);
}

/* --- Making --- */

static gboolean
set_serial_and_time (X509 *certificate, long days)
{
  guint8 bytes[16];
  BIGNUM *number;
  gboolean done;

  if (RAND_bytes (bytes, sizeof bytes) != 1)
    return FALSE;
  bytes[0] &= 0x7f;
  number = BN_bin2bn (bytes, sizeof bytes, NULL);
  done = number && BN_to_ASN1_INTEGER (number, X509_get_serialNumber (certificate))
         && X509_set_version (certificate, 2)
         /* A clock that is a little behind must not make it invalid. */
         && X509_gmtime_adj (X509_getm_notBefore (certificate), -DAY_S)
         && X509_gmtime_adj (X509_getm_notAfter (certificate), days * DAY_S);
  BN_free (number);
  return done;
}

static gboolean
add_extension (X509 *certificate, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;
  gboolean done;

  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  done = extension && X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
  return done;
}

static gboolean
set_name (X509_NAME *name, const char *common)
{
  return X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8, (const guint8 *)common, -1, -1, 0)
         == 1;
}

static gboolean
make_authority (const OhServerConfig *config, GError **error)
{
  g_autoptr (EVP_PKEY) key = EVP_EC_gen ("P-256");
  g_autoptr (X509) certificate = X509_new ();
  g_autofree char *common = NULL;
  g_autofree char *pem = NULL;
  g_autofree char *key_pem = NULL;

  common = g_strdup_printf ("Offhook authority of %.40s", oh_server_config_get_name (config));
  if (!key || !certificate || !set_serial_and_time (certificate, AUTHORITY_DAYS)
      || !set_name (X509_get_subject_name (certificate), common)
      || !X509_set_issuer_name (certificate, X509_get_subject_name (certificate))
      || !X509_set_pubkey (certificate, key)
      || !add_extension (certificate, certificate, NID_basic_constraints,
                         "critical,CA:TRUE,pathlen:0")
      || !add_extension (certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign")
      || !add_extension (certificate, certificate, NID_subject_key_identifier, "hash")
      || !X509_sign (certificate, key, EVP_sha256 ()))
    return fail (error, "cannot make the server's certificate authority");
  pem = print_certificate (certificate);
  key_pem = print_key (key);
  return write_file (config, "ca-key.pem", key_pem, error)
         && write_file (config, "ca.pem", pem, error);
}

/* "DNS:a,DNS:b,IP:127.0.0.1" */
static char *
list_names (const OhServerConfig *config)
{
  GString *names = g_string_new (NULL);
  const char *const wanted[] = { config->public_name, config->domain, "localhost" };

  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (wanted[i] && (i == 0 || g_strcmp0 (wanted[i], wanted[i - 1]) != 0))
      g_string_append_printf (names, "%sDNS:%s", names->len ? "," : "", wanted[i]);
  g_string_append (names, ",IP:127.0.0.1,IP:::1");
  if (config->public_address)
    g_string_append_printf (names, ",IP:%s", config->public_address);
  return g_string_free (names, FALSE);
}

static gboolean
make_leaf (const OhServerConfig *config, GError **error)
{
  g_autofree char *ca_pem = read_file (config, "ca.pem");
  g_autofree char *ca_key_pem = read_file (config, "ca-key.pem");
  g_autoptr (X509) authority = ca_pem ? parse_certificate (ca_pem) : NULL;
  g_autoptr (EVP_PKEY) authority_key = ca_key_pem ? parse_key (ca_key_pem) : NULL;
  g_autoptr (EVP_PKEY) key = EVP_EC_gen ("P-256");
  g_autoptr (X509) leaf = X509_new ();
  g_autofree char *names = list_names (config);
  g_autofree char *key_pem = NULL;
  g_autofree char *leaf_pem = NULL;
  g_autofree char *agent = NULL;

  if (!authority || !authority_key || !key || !leaf || !set_serial_and_time (leaf, LEAF_DAYS)
      || !set_name (X509_get_subject_name (leaf), oh_server_config_get_name (config))
      || !X509_set_issuer_name (leaf, X509_get_subject_name (authority))
      || !X509_set_pubkey (leaf, key)
      || !add_extension (leaf, authority, NID_basic_constraints, "critical,CA:FALSE")
      || !add_extension (leaf, authority, NID_key_usage, "critical,digitalSignature")
      || !add_extension (leaf, authority, NID_ext_key_usage, "serverAuth,clientAuth")
      || !add_extension (leaf, authority, NID_subject_alt_name, names)
      || !add_extension (leaf, authority, NID_subject_key_identifier, "hash")
      || !add_extension (leaf, authority, NID_authority_key_identifier, "keyid")
      || !X509_sign (leaf, authority_key, EVP_sha256 ()))
    return fail (error, "cannot make the server's certificate");
  key_pem = print_key (key);
  leaf_pem = print_certificate (leaf);
  agent = g_strconcat (key_pem, leaf_pem, NULL);
  return write_file (config, "agent.pem", agent, error)
         && write_file (config, "cafile.pem", ca_pem, error);
}

/* --- Judging --- */

static gint64
get_seconds_left (X509 *certificate)
{
  int days = 0, seconds = 0;

  if (!ASN1_TIME_diff (&days, &seconds, NULL, X509_get0_notAfter (certificate)))
    return G_MININT32;
  return days * DAY_S + seconds;
}

static gboolean
is_signed_by (X509 *certificate, X509 *authority)
{
  gboolean right = X509_verify (certificate, X509_get0_pubkey (authority)) == 1;

  ERR_clear_error ();
  return right;
}

static gboolean
has_names (X509 *certificate, const OhServerConfig *config)
{
  const char *name = oh_server_config_get_name (config);

  return X509_check_host (certificate, name, 0, 0, NULL) == 1
         && X509_check_host (certificate, config->domain, 0, 0, NULL) == 1
         && X509_check_host (certificate, "localhost", 0, 0, NULL) == 1
         && (!config->public_address
             || X509_check_ip_asc (certificate, config->public_address, 0) == 1);
}

static gboolean
is_leaf_usable (const OhServerConfig *config)
{
  g_autofree char *pem = read_file (config, "agent.pem");
  g_autofree char *ca_pem = read_file (config, "ca.pem");
  g_autofree char *trusted = read_file (config, "cafile.pem");
  g_autoptr (X509) leaf = pem ? parse_certificate (pem) : NULL;
  g_autoptr (X509) authority = ca_pem ? parse_certificate (ca_pem) : NULL;
  g_autoptr (EVP_PKEY) key = pem ? parse_key (pem) : NULL;
  gboolean usable = leaf && authority && key && g_strcmp0 (trusted, ca_pem) == 0
                    && X509_check_private_key (leaf, key) == 1 && is_signed_by (leaf, authority)
                    && get_seconds_left (leaf) > RENEW_S && has_names (leaf, config);

  ERR_clear_error ();
  return usable;
}

static gboolean
is_authority_usable (const OhServerConfig *config)
{
  g_autofree char *pem = read_file (config, "ca.pem");
  g_autofree char *key_pem = read_file (config, "ca-key.pem");
  g_autoptr (X509) authority = pem ? parse_certificate (pem) : NULL;
  g_autoptr (EVP_PKEY) key = key_pem ? parse_key (key_pem) : NULL;
  gboolean usable = authority && key && X509_check_private_key (authority, key) == 1
                    && get_seconds_left (authority) > RENEW_S;

  ERR_clear_error ();
  return usable;
}

/* --- A configured certificate --- */

static gboolean
import (const OhServerConfig *config, GError **error)
{
  g_autofree char *chain = NULL;
  g_autofree char *key_text = NULL;
  g_autofree char *leaf_pem = NULL;
  g_autofree char *key_pem = NULL;
  g_autofree char *agent = NULL;
  g_autoptr (X509) leaf = NULL;
  g_autoptr (EVP_PKEY) key = NULL;
  const char *rest;

  if (!g_file_get_contents (config->web_certificate, &chain, NULL, error)
      || !g_file_get_contents (config->web_key, &key_text, NULL, error))
    {
      g_prefix_error (error, "[web] certificate and key: ");
      return FALSE;
    }
  leaf = parse_certificate (chain);
  key = parse_key (key_text);
  if (!leaf || !key || X509_check_private_key (leaf, key) != 1)
    {
      ERR_clear_error ();
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "[web] %s and %s are not a PEM certificate and the key that belongs to it "
                   "(without a pass phrase)",
                   config->web_certificate, config->web_key);
      return FALSE;
    }
  leaf_pem = print_certificate (leaf);
  key_pem = print_key (key);
  agent = g_strconcat (key_pem, leaf_pem, NULL);
  rest = strstr (chain, "-----END CERTIFICATE-----");
  rest = rest ? strstr (rest, "-----BEGIN CERTIFICATE-----") : NULL;
  /* Both files must exist for sofia; with no intermediates the leaf stands for itself. */
  return write_file (config, "agent.pem", agent, error)
         && write_file (config, "cafile.pem", rest ? rest : leaf_pem, error);
}

gboolean
oh_certificate_prepare (const OhServerConfig *config, GError **error)
{
  if (g_mkdir_with_parents (config->tls_dir, 0700) != 0)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_DENIED, "cannot make the folder %s: %s",
                   config->tls_dir, g_strerror (errno));
      return FALSE;
    }
  g_chmod (config->tls_dir, 0700);
  if (config->web_certificate)
    return import (config, error);
  if (!is_authority_usable (config) && !make_authority (config, error))
    return FALSE;
  return is_leaf_usable (config) || make_leaf (config, error);
}

char *
oh_certificate_dup_authority (const OhServerConfig *config)
{
  char *pem = config->web_certificate ? NULL : read_file (config, "ca.pem");

  return pem ? pem : g_strdup ("");
}

const char *
oh_certificate_get_name (const OhServerConfig *config)
{
  return oh_server_config_get_name (config);
}

gboolean
oh_certificate_examine (const OhServerConfig *config,
                        gint64 *seconds_left,
                        char **names,
                        GError **error)
{
  g_autofree char *pem = read_file (config, "agent.pem");
  g_autoptr (X509) leaf = pem ? parse_certificate (pem) : NULL;
  char common[256] = "";

  if (!leaf)
    return fail (error, "cannot read the certificate agent.pem in the state folder");
  X509_NAME_get_text_by_NID (X509_get_subject_name (leaf), NID_commonName, common, sizeof common);
  *seconds_left = get_seconds_left (leaf);
  *names = g_strdup (common);
  return TRUE;
}

char *
oh_certificate_dup_fingerprint (const OhServerConfig *config)
{
  g_autofree char *pem = read_file (config, "agent.pem");
  g_autoptr (X509) leaf = pem ? parse_certificate (pem) : NULL;
  guint8 digest[EVP_MAX_MD_SIZE];
  guint length = 0;
  GString *text;

  if (!leaf || X509_digest (leaf, EVP_sha256 (), digest, &length) != 1)
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < length; i++)
    g_string_append_printf (text, "%s%02X", i ? ":" : "", digest[i]);
  return g_string_free (text, FALSE);
}
