/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "media/oh-peer-private.h"

#include <openssl/rand.h>

#include <string.h>

struct _OhPeerRequest
{
  OhPeerRequestKind kind;
  char *sdp;
  OhPeerSdpFunc func;
  gpointer user_data;
};

static void
free_request (OhPeerRequest *request)
{
  g_free (request->sdp);
  g_free (request);
}

/* A fresh key for each suite that has none in @before: what is sent with the old ones goes on. */
static void
add_keys (OhSdp *sdp, const OhSdp *before)
{
  for (guint i = 0; i < OH_SRTP_N_SUITES; i++)
    {
      OhSdpCrypto *crypto = &sdp->cryptos[i];

      g_strlcpy (crypto->suite, oh_srtp_suites[i], sizeof crypto->suite);
      crypto->key_length = oh_srtp_get_key_length (crypto->suite);
      if (RAND_bytes (crypto->key, crypto->key_length) != 1)
        g_error ("no random numbers");
      for (guint j = 0; before && j < before->n_cryptos; j++)
        if (strcmp (before->cryptos[j].suite, crypto->suite) == 0)
          *crypto = before->cryptos[j];
      crypto->tag = i + 1;
    }
  sdp->n_cryptos = OH_SRTP_N_SUITES;
}

/* The one of which offers and answers tell. */
static OhTransport *
get_told (OhPeer *peer)
{
  return peer->next ? peer->next : peer->transport;
}

/* What our side said last; NULL: nothing yet. */
static OhSdp *
read_said (OhPeer *peer)
{
  g_autoptr (GError) error = NULL;
  OhSdp *said = peer->said ? oh_sdp_parse (peer->said, &error) : NULL;

  if (error)
    g_critical ("media: cannot read its own description: %s", error->message);
  return said;
}

static void
say (OhPeer *peer, const OhSdp *sdp)
{
  g_free (peer->said);
  peer->said = oh_sdp_write (sdp);
}

/* Our side as it is now, before anything is agreed. */
static OhSdp *
describe (OhPeer *peer)
{
  OhTransport *transport = get_told (peer);
  g_autoptr (OhSdp) before = read_said (peer);
  OhSdp *sdp = g_new0 (OhSdp, 1);

  if (before)
    {
      sdp->session_id = before->session_id;
      sdp->version = before->version + 1;
    }
  else
    {
      sdp->session_id = (guint64)g_random_int () << 20 | (g_random_int () & 0xfffff);
      sdp->version = 1;
    }
  transport->klass->describe (transport, sdp);
  if (peer->abilities.dtls)
    {
      oh_dtls_get_fingerprint (sdp->fingerprint);
      sdp->has_fingerprint = TRUE;
    }
  if (peer->abilities.sdes)
    add_keys (sdp, before);
  return sdp;
}

static gboolean
apply (OhPeer *peer, const OhSdp *remote, const OhSdpAgreed *agreed, GError **error)
{
  OhTransport *transport = get_told (peer);

  if (!transport->klass->set_remote (transport, remote, peer->controlling, agreed->rtcp_mux, error))
    return FALSE;
  if (agreed->dtls || agreed->sdes)
    {
      OhSdpAgreed before = peer->agreed;

      peer->agreed = *agreed;
      if (!oh_peer_apply_security (peer, remote, error))
        {
          peer->agreed = before;
          return FALSE;
        }
    }
  peer->agreed = *agreed;
  if (!agreed->may_receive && peer->receive.jitter)
    oh_jitter_reset (peer->receive.jitter); /* nothing old is heard after a hold */
  /* Answers alone do not feed the hope for another path. */
  if (!oh_peer_has_hope (peer))
    peer->receive.received_at = oh_clock_now ();
  if (strcmp (peer->remote_ufrag, remote->ufrag) != 0)
    oh_pace_forget_path (&peer->send.pace);
  g_strlcpy (peer->remote_ufrag, remote->ufrag, sizeof peer->remote_ufrag);
  peer->negotiated = TRUE;
  oh_peer_start_sending (peer, remote);
  oh_peer_check_ready (peer);
  if (peer->other)
    oh_bridge_update (peer);
  oh_peer_publish_stats (peer);
  return TRUE;
}

static void
restart_ice (OhPeer *peer)
{
  OhTransport *transport = get_told (peer);

  peer->restart = FALSE;
  if (transport->klass->restart)
    transport->klass->restart (transport);
}

static gboolean
create_offer (OhPeer *peer, GError **error)
{
  g_autoptr (OhSdp) offer = NULL;

  if (peer->restart && peer->negotiated)
    restart_ice (peer);
  offer = describe (peer);
  oh_sdp_make_offer (offer, &peer->abilities);
  say (peer, offer);
  peer->offered = TRUE;
  return TRUE;
}

static gboolean
create_answer (OhPeer *peer, const char *text, GError **error)
{
  g_autoptr (OhSdp) offer = oh_sdp_parse (text, error);
  g_autoptr (OhSdp) answer = NULL;
  OhSdpAgreed agreed;

  if (!offer)
    return FALSE;
  if (*peer->remote_ufrag && *offer->ufrag && strcmp (peer->remote_ufrag, offer->ufrag) != 0)
    restart_ice (peer);
  answer = describe (peer);
  if (peer->dtls && oh_dtls_is_started (peer->dtls)) /* roles stay in a session */
    answer->setup = oh_dtls_is_client (peer->dtls) ? OH_SDP_SETUP_ACTIVE : OH_SDP_SETUP_PASSIVE;
  if (!oh_sdp_make_answer (offer, &peer->abilities, answer, &agreed, error))
    return FALSE;
  peer->controlling = FALSE;
  if (!apply (peer, offer, &agreed, error))
    return FALSE;
  say (peer, answer);
  peer->offered = FALSE;
  return TRUE;
}

static gboolean
set_answer (OhPeer *peer, const char *text, GError **error)
{
  g_autoptr (OhSdp) answer = oh_sdp_parse (text, error);
  g_autoptr (OhSdp) offer = answer && peer->offered ? read_said (peer) : NULL;
  OhSdpAgreed agreed;

  if (!answer)
    return FALSE;
  if (!offer)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "an answer without an offer");
      return FALSE;
    }
  if (!oh_sdp_read_answer (offer, &peer->abilities, answer, &agreed, error))
    return FALSE;
  peer->controlling = TRUE;
  return apply (peer, answer, &agreed, error);
}

static void
run_request (OhPeer *peer, OhPeerRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gboolean good = FALSE;

  if (peer->over)
    g_set_error (&error, OH_ERROR, OH_ERROR_CLOSED, "the path has ended");
  else if (request->kind == OH_PEER_CREATE_OFFER)
    good = create_offer (peer, &error);
  else if (request->kind == OH_PEER_CREATE_ANSWER)
    good = create_answer (peer, request->sdp, &error);
  else
    good = set_answer (peer, request->sdp, &error);

  if (good && request->func)
    text = g_strdup (peer->said);
  if (request->func)
    oh_peer_tell_sdp (peer, request->func, request->user_data, text, error);
  else if (error)
    g_message ("media: %s", error->message);
}

/* An offer that restarts ICE tells of addresses that are still to be found. */
static gboolean
wants_to_move (OhPeer *peer, const OhPeerRequest *request)
{
  return request->kind == OH_PEER_CREATE_OFFER && peer->restart && peer->negotiated && !peer->over
         && peer->transport->klass->stays;
}

void
oh_peer_run_requests (OhPeer *peer)
{
  OhPeerRequest *request;

  while (peer->gathered && (request = g_queue_peek_head (&peer->requests)))
    if (wants_to_move (peer, request))
      oh_peer_begin_move (peer); /* and goes on when it has gathered */
    else
      {
        g_queue_pop_head (&peer->requests);
        run_request (peer, request);
        free_request (request);
      }
}

void
oh_peer_request (
    OhPeer *peer, OhPeerRequestKind kind, char *sdp, OhPeerSdpFunc func, gpointer user_data)
{
  OhPeerRequest *request = g_new (OhPeerRequest, 1);

  *request = (OhPeerRequest){ kind, sdp, func, user_data };
  g_queue_push_tail (&peer->requests, request);
  if (!peer->transport)
    {
      peer->transport = peer->transport_new (peer->worker, &peer->net_config,
                                             &oh_peer_transport_events, peer);
      peer->transport->klass->gather (peer->transport);
    }
  oh_peer_run_requests (peer);
}

void
oh_peer_drop_requests (OhPeer *peer)
{
  OhPeerRequest *request;

  while ((request = g_queue_pop_head (&peer->requests)))
    free_request (request);
}
