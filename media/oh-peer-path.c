/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "media/oh-peer-private.h"

#include <openssl/crypto.h>

#include <string.h>

/* Between the transport and the packets: tells kinds apart, runs the handshake, en- and decrypts. */

void
oh_peer_check_ready (OhPeer *peer)
{
  gboolean encrypted = peer->agreed.dtls || peer->agreed.sdes;

  if (peer->ready || peer->over || !peer->negotiated || !peer->path_open
      || (encrypted && !peer->srtp))
    return;
  peer->ready = TRUE;
  peer->receive.received_at = oh_clock_now ();
  peer->rtcp.due = oh_clock_now () + G_USEC_PER_SEC / 2;
  oh_peer_update_clock (peer);
  oh_bridge_update (peer);
  oh_peer_publish_stats (peer);
  oh_peer_tell_ready (peer);
}

/* --- DTLS --- */

static void
send_dtls (const guint8 *data, gsize length, gpointer user_data)
{
  OhPeer *peer = user_data;

  if (peer->transport)
    peer->transport->klass->send (peer->transport, OH_TRANSPORT_RTP, data, length);
}

static void
follow_dtls (OhPeer *peer)
{
  const char *why;
  OhDtlsState state = oh_dtls_get_state (peer->dtls, &why);
  gint64 wait = oh_dtls_get_timeout (peer->dtls);
  g_autoptr (GError) error = NULL;

  if (wait >= 0)
    oh_worker_set_timer (peer->worker, &peer->dtls_timer, oh_clock_now () + wait);
  else
    oh_worker_clear_timer (peer->worker, &peer->dtls_timer);
  if (state == OH_DTLS_FAILED && !peer->srtp)
    {
      g_set_error (&error, OH_ERROR, OH_ERROR_FAILED, "DTLS: %s", why);
      oh_peer_fail (peer, OH_PEER_END_CRYPTO, error);
    }
  if (state != OH_DTLS_DONE || peer->srtp)
    return;
  peer->srtp = oh_dtls_make_srtp (peer->dtls, &error);
  if (peer->srtp)
    oh_peer_check_ready (peer);
  else
    oh_peer_fail (peer, OH_PEER_END_CRYPTO, error);
}

void
oh_peer_on_dtls_timer (OhTimer *timer)
{
  OhPeer *peer = OH_PEER_OF (dtls_timer, timer);

  oh_dtls_timer_expired (peer->dtls);
  follow_dtls (peer);
}

static OhDtls *
ensure_dtls (OhPeer *peer)
{
  if (!peer->dtls && peer->abilities.dtls)
    {
      peer->dtls = oh_dtls_new (send_dtls, peer);
      if (peer->path_open)
        oh_dtls_path_open (peer->dtls);
    }
  return peer->dtls;
}

static gboolean
is_same_key (const OhSdpCrypto *a, const OhSdpCrypto *b)
{
  return strcmp (a->suite, b->suite) == 0 && a->key_length == b->key_length
         && CRYPTO_memcmp (a->key, b->key, a->key_length) == 0;
}

/* SDES. Only the direction whose key is another one begins anew. */
static gboolean
apply_keys (OhPeer *peer, const OhSdpCrypto *send, const OhSdpCrypto *receive, GError **error)
{
  const guint8 *send_key = send->key, *receive_key = receive->key;

  if (!peer->srtp)
    peer->srtp = oh_srtp_new (send->suite, send_key, receive->suite, receive_key, error);
  else
    {
      if (is_same_key (send, &peer->send_crypto))
        send_key = NULL;
      if (is_same_key (receive, &peer->receive_crypto))
        receive_key = NULL;
      if (!oh_srtp_rekey (peer->srtp, send->suite, send_key, receive->suite, receive_key, error))
        return FALSE;
    }
  if (!peer->srtp)
    return FALSE;
  peer->send_crypto = *send;
  peer->receive_crypto = *receive;
  return TRUE;
}

gboolean
oh_peer_apply_security (OhPeer *peer, const OhSdp *remote, GError **error)
{
  const OhSdpAgreed *agreed = &peer->agreed;

  if (!agreed->dtls)
    return apply_keys (peer, &agreed->send_crypto, &agreed->receive_crypto, error);
  ensure_dtls (peer);
  oh_dtls_start (peer->dtls, agreed->dtls_client, remote->fingerprint);
  if (!oh_dtls_expects (peer->dtls, remote->fingerprint))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "another certificate in mid-call");
      return FALSE;
    }
  follow_dtls (peer);
  return TRUE;
}

/* --- From the transport --- */

static void
take_packet (OhPeer *peer, OhTransportChannel channel, guint8 *data, gsize length)
{
  gboolean rtcp = oh_rtp_classify (data, length) == OH_RTP_KIND_RTCP;

  if (!peer->negotiated || (channel == OH_TRANSPORT_RTCP && !rtcp))
    return;
  if (peer->agreed.dtls || peer->agreed.sdes)
    {
      if (!peer->srtp || !oh_srtp_unprotect (peer->srtp, rtcp, data, &length))
        return;
    }
  peer->receive.packet_at = oh_worker_get_now (peer->worker);
  if (rtcp)
    oh_peer_take_rtcp (peer, data, length);
  else
    oh_peer_take_rtp (peer, data, length);
}

static void
on_received (OhTransportChannel channel, guint8 *data, gsize length, gpointer user_data)
{
  OhPeer *peer = user_data;

  if (peer->over)
    return;
  switch (oh_rtp_classify (data, length))
    {
    case OH_RTP_KIND_DTLS:
      if (channel == OH_TRANSPORT_RTP && ensure_dtls (peer))
        {
          oh_dtls_received (peer->dtls, data, length);
          follow_dtls (peer);
        }
      break;
    case OH_RTP_KIND_RTP:
    case OH_RTP_KIND_RTCP:
      take_packet (peer, channel, data, length);
      break;
    case OH_RTP_KIND_STUN:
    case OH_RTP_KIND_UNKNOWN:
      break;
    }
}

static void
on_gathered (const GError *error, gpointer user_data)
{
  OhPeer *peer = user_data;

  if (error)
    oh_peer_fail (peer, OH_PEER_END_NETWORK, error);
  peer->gathered = TRUE;
  oh_peer_run_requests (peer);
}

static void
on_connected (gpointer user_data)
{
  OhPeer *peer = user_data;

  peer->path_open = TRUE;
  peer->path_lost = FALSE;
  if (peer->dtls)
    {
      oh_dtls_path_open (peer->dtls);
      follow_dtls (peer);
    }
  oh_peer_check_ready (peer);
}

static void
on_failed (const GError *error, gpointer user_data)
{
  OhPeer *peer = user_data;

  if ((peer->next && !peer->next_failed) || oh_peer_has_hope (peer))
    peer->path_lost = TRUE;
  else
    oh_peer_fail (peer, OH_PEER_END_NETWORK, error);
}

const OhTransportEvents oh_peer_transport_events = {
  .received = on_received,
  .gathered = on_gathered,
  .connected = on_connected,
  .failed = on_failed,
};

/* --- To the transport --- */

static gboolean
send_packet (OhPeer *peer, gboolean rtcp, guint8 *data, gsize length)
{
  OhTransportChannel channel = rtcp && !peer->agreed.rtcp_mux ? OH_TRANSPORT_RTCP
                                                              : OH_TRANSPORT_RTP;

  if (!peer->ready || peer->over)
    return FALSE;
  if (peer->srtp && !oh_srtp_protect (peer->srtp, rtcp, data, &length))
    return FALSE;
  return peer->transport->klass->send (peer->transport, channel, data, length);
}

gboolean
oh_peer_send_rtp (OhPeer *peer, guint8 *data, gsize length)
{
  gsize payload = length - OH_RTP_HEADER_BYTES;

  if (!send_packet (peer, FALSE, data, length))
    return FALSE;
  peer->send.packets++;
  peer->send.bytes += payload;
  peer->send.sent_at = oh_clock_now ();
  return TRUE;
}

gboolean
oh_peer_send_rtcp (OhPeer *peer, guint8 *data, gsize length)
{
  return send_packet (peer, TRUE, data, length);
}
