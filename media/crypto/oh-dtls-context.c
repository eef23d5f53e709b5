/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/crypto/oh-dtls-context.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#define DAY (24 * 60 * 60)
#define LIFETIME (3650L * DAY) /* of the process at most; nobody checks more than the fingerprint */

static guint8 own_fingerprint[OH_DTLS_FINGERPRINT_BYTES];

/* Whoever answers is known by its fingerprint from the SDP, not by a chain (RFC 5763 5). */
static int
accept_any_chain (int preverified, X509_STORE_CTX *store)
{
  return 1;
}

static X509 *
make_certificate (EVP_PKEY *key)
{
  X509 *certificate = X509_new ();
  X509_NAME *name = X509_get_subject_name (certificate);
  guint32 serial;

  if (RAND_bytes ((guchar *)&serial, sizeof serial) != 1)
    g_error ("no random numbers");
  X509_set_version (certificate, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), serial >> 1);
  X509_gmtime_adj (X509_getm_notBefore (certificate), -DAY); /* clocks differ */
  X509_gmtime_adj (X509_getm_notAfter (certificate), LIFETIME);
  X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC, (const guchar *)"offhook", -1, -1, 0);
  X509_set_issuer_name (certificate, name);
  X509_set_pubkey (certificate, key);
  if (X509_sign (certificate, key, EVP_sha256 ()) == 0)
    g_error ("no DTLS certificate");
  return certificate;
}

static gpointer
make_context (gpointer data)
{
  SSL_CTX *context = SSL_CTX_new (DTLS_method ());
  EVP_PKEY *key = EVP_EC_gen ("P-256");
  X509 *certificate;

  if (!context || !key)
    g_error ("OpenSSL does not start");
  certificate = make_certificate (key);
  SSL_CTX_use_certificate (context, certificate);
  SSL_CTX_use_PrivateKey (context, key);
  oh_dtls_hash (certificate, own_fingerprint);
  X509_free (certificate);
  EVP_PKEY_free (key);

  SSL_CTX_set_min_proto_version (context, DTLS1_2_VERSION);
  SSL_CTX_set_verify (context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any_chain);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options (context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION
                                    | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set1_groups_list (context, "X25519:P-256");
  SSL_CTX_set_cipher_list (context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  /* The server's order decides; 0 is success here. */
  if (SSL_CTX_set_tlsext_use_srtp (context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") != 0)
    g_error ("OpenSSL without DTLS-SRTP");
  return context;
}

SSL_CTX *
oh_dtls_get_context (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, make_context, NULL);
}

gboolean
oh_dtls_hash (X509 *certificate, guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES])
{
  guchar digest[EVP_MAX_MD_SIZE];
  guint length = 0;

  if (X509_digest (certificate, EVP_sha256 (), digest, &length) != 1
      || length != OH_DTLS_FINGERPRINT_BYTES)
    return FALSE;
  memcpy (fingerprint, digest, length);
  return TRUE;
}

void
oh_dtls_get_fingerprint (guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES])
{
  oh_dtls_get_context ();
  memcpy (fingerprint, own_fingerprint, OH_DTLS_FINGERPRINT_BYTES);
}
