/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/crypto/oh-dtls.h"

#include "base/oh-error.h"
#include "media/crypto/oh-dtls-context.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <string.h>

#define LINK_MTU 1200
#define MAX_DATAGRAM 1500
#define EARLY 4 /* datagrams kept until the far end's SDP is here */
#define FIRST_TIMEOUT_US 100000
#define LAST_TIMEOUT_US (3 * G_USEC_PER_SEC)
#define MAX_KEYS 64

struct _OhDtls
{
  SSL *ssl;
  OhDtlsSend send;
  gpointer user_data;
  gboolean client, started, path_open;
  guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES];
  OhDtlsState state;
  const char *why;

  const guint8 *incoming; /* the datagram in hand, for the BIO */
  gsize incoming_length;
  guint8 *early[EARLY];
  gsize early_lengths[EARLY];
  guint n_early;
};

/* --- A BIO where one read or write is one datagram (a memory BIO would glue them) --- */

static int
write_datagram (BIO *bio, const char *data, int length)
{
  OhDtls *dtls = BIO_get_data (bio);

  BIO_clear_retry_flags (bio);
  dtls->send ((const guint8 *)data, length, dtls->user_data);
  return length; /* what is lost is sent again by the timer */
}

static int
read_datagram (BIO *bio, char *data, int length)
{
  OhDtls *dtls = BIO_get_data (bio);
  int n = MIN ((gsize)length, dtls->incoming_length);

  BIO_clear_retry_flags (bio);
  if (!dtls->incoming)
    {
      BIO_set_retry_read (bio);
      return -1;
    }
  memcpy (data, dtls->incoming, n);
  dtls->incoming = NULL;
  return n;
}

static long
control (BIO *bio, int command, long number, void *pointer)
{
  switch (command)
    {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
      return LINK_MTU;
    default:
      return 0;
    }
}

static gpointer
make_method (gpointer data)
{
  BIO_METHOD *method = BIO_meth_new (BIO_get_new_index () | BIO_TYPE_SOURCE_SINK, "datagram");

  BIO_meth_set_write (method, write_datagram);
  BIO_meth_set_read (method, read_datagram);
  BIO_meth_set_ctrl (method, control);
  return method;
}

/* RFC 6347's second is long for somebody who waits for a voice. */
static unsigned int
next_timeout (SSL *ssl, unsigned int last_us)
{
  return last_us == 0 ? FIRST_TIMEOUT_US : MIN (last_us * 2, LAST_TIMEOUT_US);
}

OhDtls *
oh_dtls_new (OhDtlsSend send, gpointer user_data)
{
  static GOnce once = G_ONCE_INIT;
  OhDtls *dtls = g_new0 (OhDtls, 1);
  BIO *bio = BIO_new (g_once (&once, make_method, NULL));

  dtls->send = send;
  dtls->user_data = user_data;
  dtls->ssl = SSL_new (oh_dtls_get_context ());
  if (!dtls->ssl || !bio)
    g_error ("OpenSSL: no memory");
  BIO_set_data (bio, dtls);
  BIO_set_init (bio, 1);
  SSL_set_bio (dtls->ssl, bio, bio);
  DTLS_set_link_mtu (dtls->ssl, LINK_MTU);
  DTLS_set_timer_cb (dtls->ssl, next_timeout);
  return dtls;
}

void
oh_dtls_free (OhDtls *dtls)
{
  if (!dtls)
    return;
  for (guint i = 0; i < dtls->n_early; i++)
    g_free (dtls->early[i]);
  SSL_free (dtls->ssl);
  g_free (dtls);
}

static void
fail (OhDtls *dtls, const char *why)
{
  if (dtls->state == OH_DTLS_FAILED)
    return;
  dtls->state = OH_DTLS_FAILED;
  dtls->why = why;
}

static void
check_far_end (OhDtls *dtls)
{
  g_autofree guint8 *fingerprint = g_malloc0 (OH_DTLS_FINGERPRINT_BYTES);
  X509 *certificate = SSL_get1_peer_certificate (dtls->ssl);
  gboolean same = certificate && oh_dtls_hash (certificate, fingerprint)
                  && CRYPTO_memcmp (fingerprint, dtls->fingerprint, OH_DTLS_FINGERPRINT_BYTES) == 0;

  X509_free (certificate);
  if (!same)
    fail (dtls, "the certificate is not the one of the SDP");
  else if (!SSL_get_selected_srtp_profile (dtls->ssl))
    fail (dtls, "no SRTP profile in common");
  else
    dtls->state = OH_DTLS_DONE;
}

static void
advance (OhDtls *dtls)
{
  guint8 unused[64];
  int result;

  if (!dtls->started || dtls->state == OH_DTLS_FAILED)
    return;
  ERR_clear_error ();
  result = SSL_is_init_finished (dtls->ssl) ? SSL_read (dtls->ssl, unused, sizeof unused)
                                            : SSL_do_handshake (dtls->ssl);
  dtls->incoming = NULL;
  if (dtls->state == OH_DTLS_WAITING && SSL_is_init_finished (dtls->ssl))
    check_far_end (dtls);
  else if (result <= 0)
    {
      int reason = SSL_get_error (dtls->ssl, result);

      if (reason == SSL_ERROR_SSL && dtls->state == OH_DTLS_WAITING)
        fail (dtls, ERR_reason_error_string (ERR_peek_last_error ()));
    }
}

void
oh_dtls_received (OhDtls *dtls, const guint8 *data, gsize length)
{
  if (!dtls->started)
    {
      if (dtls->n_early < EARLY && length <= MAX_DATAGRAM)
        {
          dtls->early[dtls->n_early] = g_memdup2 (data, length);
          dtls->early_lengths[dtls->n_early++] = length;
        }
      return;
    }
  dtls->incoming = data;
  dtls->incoming_length = length;
  advance (dtls);
}

void
oh_dtls_start (OhDtls *dtls, gboolean client, const guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES])
{
  if (dtls->started)
    return;
  dtls->started = TRUE;
  dtls->client = client;
  memcpy (dtls->fingerprint, fingerprint, OH_DTLS_FINGERPRINT_BYTES);
  if (client)
    SSL_set_connect_state (dtls->ssl);
  else
    SSL_set_accept_state (dtls->ssl);
  for (guint i = 0; i < dtls->n_early; i++)
    {
      oh_dtls_received (dtls, dtls->early[i], dtls->early_lengths[i]);
      g_free (dtls->early[i]);
    }
  dtls->n_early = 0;
  if (client && dtls->path_open)
    advance (dtls);
}

gboolean
oh_dtls_expects (OhDtls *dtls, const guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES])
{
  return CRYPTO_memcmp (fingerprint, dtls->fingerprint, OH_DTLS_FINGERPRINT_BYTES) == 0;
}

gboolean
oh_dtls_is_started (OhDtls *dtls)
{
  return dtls->started;
}

void
oh_dtls_path_open (OhDtls *dtls)
{
  gboolean first = !dtls->path_open;

  dtls->path_open = TRUE;
  if (first && dtls->client)
    advance (dtls);
}

void
oh_dtls_timer_expired (OhDtls *dtls)
{
  if (!dtls->started || dtls->state == OH_DTLS_FAILED)
    return;
  ERR_clear_error ();
  if (DTLSv1_handle_timeout (dtls->ssl) < 0 && dtls->state == OH_DTLS_WAITING)
    fail (dtls, "the handshake timed out");
}

gint64
oh_dtls_get_timeout (OhDtls *dtls)
{
  struct timeval wait;

  if (!dtls->started || dtls->state == OH_DTLS_FAILED || !DTLSv1_get_timeout (dtls->ssl, &wait))
    return -1;
  return wait.tv_sec * G_USEC_PER_SEC + wait.tv_usec;
}

OhDtlsState
oh_dtls_get_state (OhDtls *dtls, const char **why)
{
  if (why)
    *why = dtls->why ? dtls->why : "handshake failed";
  return dtls->state;
}

gboolean
oh_dtls_is_client (OhDtls *dtls)
{
  return dtls->client;
}

/* RFC 5764 4.2: client key, server key, client salt, server salt. */
OhSrtp *
oh_dtls_make_srtp (OhDtls *dtls, GError **error)
{
  static const char label[] = "EXTRACTOR-dtls_srtp";
  SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile (dtls->ssl);
  gboolean gcm = profile && profile->id == SRTP_AEAD_AES_128_GCM;
  const char *suite = gcm ? oh_srtp_suites[0] : oh_srtp_suites[1];
  gsize salt = oh_srtp_get_key_length (suite) - 16;
  guint8 material[MAX_KEYS], client[MAX_KEYS], server[MAX_KEYS];
  OhSrtp *srtp;

  if (!profile
      || SSL_export_keying_material (dtls->ssl, material, 2 * (16 + salt), label, sizeof label - 1,
                                     NULL, 0, 0)
             != 1)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "no keys from the handshake");
      return NULL;
    }
  memcpy (client, material, 16);
  memcpy (server, material + 16, 16);
  memcpy (client + 16, material + 32, salt);
  memcpy (server + 16, material + 32 + salt, salt);
  srtp = oh_srtp_new (suite, dtls->client ? client : server, suite, dtls->client ? server : client,
                      error);
  explicit_bzero (material, sizeof material);
  explicit_bzero (client, sizeof client);
  explicit_bzero (server, sizeof server);
  return srtp;
}
