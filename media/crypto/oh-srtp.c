/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/crypto/oh-srtp.h"

#include "base/oh-error.h"

#include <srtp2/srtp.h>

#include <string.h>

#define REPLAY_WINDOW 512

const char *const oh_srtp_suites[OH_SRTP_N_SUITES] = {
  "AEAD_AES_128_GCM",
  "AES_CM_128_HMAC_SHA1_80",
  "AES_CM_128_HMAC_SHA1_32",
};
static const gsize key_lengths[OH_SRTP_N_SUITES] = { 28, 30, 30 };

struct _OhSrtp
{
  const char *suite; /* of what is sent */
  srtp_t send, receive;
};

static gpointer
start_library (gpointer data)
{
  if (srtp_init () != srtp_err_status_ok)
    g_error ("libsrtp2 does not start");
  return NULL;
}

static gint
find_suite (const char *suite)
{
  for (gint i = 0; i < OH_SRTP_N_SUITES; i++)
    if (strcmp (oh_srtp_suites[i], suite) == 0)
      return i;
  return -1;
}

gsize
oh_srtp_get_key_length (const char *suite)
{
  gint i = find_suite (suite);

  return i < 0 ? 0 : key_lengths[i];
}

static gboolean
open_direction (srtp_t *session, gboolean out, const char *suite, const guint8 *key)
{
  srtp_policy_t policy = { 0 };
  guint8 copy[SRTP_MAX_KEY_LEN] = { 0 };
  srtp_err_status_t status;

  switch (find_suite (suite))
    {
    case 0:
      srtp_crypto_policy_set_aes_gcm_128_16_auth (&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth (&policy.rtcp);
      break;
    case 1:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy.rtcp);
      break;
    case 2:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32 (&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy.rtcp); /* RFC 4568 6.2 */
      break;
    default:
      return FALSE;
    }
  memcpy (copy, key, oh_srtp_get_key_length (suite));
  policy.ssrc.type = out ? ssrc_any_outbound : ssrc_any_inbound;
  policy.key = copy;
  policy.window_size = REPLAY_WINDOW;
  status = srtp_create (session, &policy);
  explicit_bzero (copy, sizeof copy);
  return status == srtp_err_status_ok;
}

gboolean
oh_srtp_rekey (OhSrtp *srtp,
               const char *suite,
               const guint8 *send_key,
               const char *receive_suite,
               const guint8 *receive_key,
               GError **error)
{
  srtp_t send = NULL, receive = NULL;

  if (find_suite (suite) < 0 || find_suite (receive_suite) < 0
      || (send_key && !open_direction (&send, TRUE, suite, send_key))
      || (receive_key && !open_direction (&receive, FALSE, receive_suite, receive_key)))
    {
      if (send)
        srtp_dealloc (send);
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "SRTP %s can't be set up", suite);
      return FALSE;
    }
  if (send && srtp->send)
    srtp_dealloc (srtp->send);
  if (receive && srtp->receive)
    srtp_dealloc (srtp->receive);
  if (send)
    {
      srtp->send = send;
      srtp->suite = oh_srtp_suites[find_suite (suite)];
    }
  if (receive)
    srtp->receive = receive;
  return TRUE;
}

OhSrtp *
oh_srtp_new (const char *suite,
             const guint8 *send_key,
             const char *receive_suite,
             const guint8 *receive_key,
             GError **error)
{
  static GOnce once = G_ONCE_INIT;
  g_autoptr (OhSrtp) srtp = g_new0 (OhSrtp, 1);

  g_once (&once, start_library, NULL);
  return oh_srtp_rekey (srtp, suite, send_key, receive_suite, receive_key, error)
             ? g_steal_pointer (&srtp)
             : NULL;
}

void
oh_srtp_free (OhSrtp *srtp)
{
  if (!srtp)
    return;
  if (srtp->send)
    srtp_dealloc (srtp->send);
  if (srtp->receive)
    srtp_dealloc (srtp->receive);
  g_free (srtp);
}

const char *
oh_srtp_get_suite (OhSrtp *srtp)
{
  return srtp->suite;
}

gboolean
oh_srtp_protect (OhSrtp *srtp, gboolean rtcp, guint8 *data, gsize *length)
{
  int n = *length;
  srtp_err_status_t status = rtcp ? srtp_protect_rtcp (srtp->send, data, &n)
                                  : srtp_protect (srtp->send, data, &n);

  *length = n;
  return status == srtp_err_status_ok;
}

gboolean
oh_srtp_unprotect (OhSrtp *srtp, gboolean rtcp, guint8 *data, gsize *length)
{
  int n = *length;
  srtp_err_status_t status = rtcp ? srtp_unprotect_rtcp (srtp->receive, data, &n)
                                  : srtp_unprotect (srtp->receive, data, &n);

  *length = n;
  return status == srtp_err_status_ok;
}
