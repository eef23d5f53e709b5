/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-leg.h"

#include "media/sdp/oh-sdp.h"

#include <string.h>

/* Without a path of its own to ask (ICE), silence is no proof that the other end is gone: a
 * telephone on hold may send nothing. Session timers end such calls. */
#define PLAIN_IDLE_MS (24u * 3600 * 1000)

typedef enum
{
  WANT_NOTHING,
  WANT_PROGRESS,
  WANT_ANSWER
} Want;

struct _OhLeg
{
  guint refs;
  OhLegConfig config;
  char *address, *public_address, *stun_server, *codecs;

  OhSipCall *call; /* its `ended` drops the reference that it holds on us */
  OhPeer *peer;
  char *sdp; /* ours, once it is ready */
  gboolean incoming;
  gboolean web_caller; /* calls, and has no SIP */
  gboolean late_offer; /* incoming without SDP: we offer in the 200 */
  gboolean sdes;       /* this attempt encrypts by SDES */
  gboolean retried;    /* the other protection was tried */
  gboolean remote_set; /* the far end's SDP is known */
  gboolean answered;
  gboolean ask_later; /* to talk, once it is invited */
  gboolean over;      /* told the end, or hung up: silent from now on */
  Want want;
};

static const OhPeerEvents peer_events;
static const OhSipCallHandlers call_handlers;

static void say (OhLeg *leg, gboolean answered);

OhLeg *
oh_leg_ref (OhLeg *leg)
{
  leg->refs++;
  return leg;
}

void
oh_leg_unref (OhLeg *leg)
{
  if (!leg || --leg->refs > 0)
    return;
  if (leg->peer)
    {
      oh_peer_close (leg->peer);
      oh_peer_unref (leg->peer);
    }
  g_clear_pointer (&leg->call, oh_sip_call_unref);
  g_free (leg->sdp);
  g_free (leg->address);
  g_free (leg->public_address);
  g_free (leg->stun_server);
  g_free (leg->codecs);
  g_free (leg);
}

void
oh_leg_set_events (OhLeg *leg, const OhLegEvents *events, gpointer user_data)
{
  leg->config.events = events;
  leg->config.user_data = user_data;
}

OhPeer *
oh_leg_get_peer (OhLeg *leg)
{
  return leg->peer;
}

OhSipCall *
oh_leg_get_call (OhLeg *leg)
{
  return leg->call;
}

gboolean
oh_leg_is_answered (OhLeg *leg)
{
  return leg->answered;
}

gboolean
oh_leg_has_early_media (OhLeg *leg)
{
  return leg->remote_set;
}

/* The last word to whoever owns the leg. */
static void
tell_ended (OhLeg *leg, const OhSipEnd *end)
{
  if (leg->over)
    return;
  leg->over = TRUE;
  oh_peer_close (leg->peer);
  if (leg->config.events->ended)
    leg->config.events->ended (leg, end, leg->config.user_data);
}

/* Our own trouble: the call is ended on both sides. */
static void
fail (OhLeg *leg, guint status, const char *phrase)
{
  OhSipEnd end = { .status = status, .phrase = phrase };

  oh_leg_ref (leg);
  tell_ended (leg, &end);
  if (leg->call)
    {
      if (leg->incoming && !leg->answered)
        oh_sip_call_reject (leg->call, status, phrase, NULL);
      else
        oh_sip_call_hang_up (leg->call, status, phrase);
    }
  oh_leg_unref (leg);
}

static OhLeg *
leg_new (const OhLegConfig *config)
{
  OhLeg *leg = g_new0 (OhLeg, 1);

  leg->refs = 1;
  leg->config = *config;
  leg->address = g_strdup (config->address);
  leg->public_address = g_strdup (config->public_address);
  leg->stun_server = g_strdup (config->stun_server);
  leg->codecs = g_strdup (config->codecs);
  leg->config.address = leg->address;
  leg->config.public_address = leg->public_address;
  leg->config.stun_server = leg->stun_server;
  leg->config.codecs = leg->codecs;
  return leg;
}

static void
make_peer (OhLeg *leg)
{
  OhPeerConfig config = {
    .net = leg->config.webrtc ? OH_PEER_NET_ICE_LITE : OH_PEER_NET_PLAIN,
    .crypto = leg->config.webrtc ? OH_PEER_CRYPTO_DTLS
              : leg->sdes        ? OH_PEER_CRYPTO_SDES
                                 : OH_PEER_CRYPTO_NONE,
    .address = leg->address,
    .public_address = leg->public_address,
    .stun_server = leg->stun_server,
    .port_min = leg->config.port_min,
    .port_max = leg->config.port_max,
    .codecs = leg->codecs,
    .quality = leg->config.webrtc ? OH_QUALITY_AUTOMATIC : OH_QUALITY_BALANCED,
    .idle_timeout_ms = leg->config.webrtc ? 0 : PLAIN_IDLE_MS,
    .events = &peer_events,
    .user_data = leg,
    .executor = oh_sip_get_executor (leg->config.sip),
  };

  if (leg->peer)
    {
      oh_peer_close (leg->peer);
      oh_peer_unref (leg->peer);
    }
  leg->peer = oh_peer_new (leg->config.worker, &config);
}

/* --- Incoming --- */

static void
carry_out (OhLeg *leg)
{
  if (!leg->sdp || leg->over || leg->answered)
    return;
  if (leg->want == WANT_ANSWER)
    {
      leg->answered = TRUE;
      oh_sip_call_answer (leg->call, leg->sdp);
    }
  else if (leg->want == WANT_PROGRESS && !leg->late_offer)
    oh_sip_call_progress (leg->call, leg->sdp);
}

static void
on_sdp_ready (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  g_autoptr (OhLeg) leg = oh_leg_ref (user_data);

  if (leg->over)
    return;
  if (error)
    {
      g_info ("an offer was refused: %s", error->message);
      fail (leg, 488, NULL);
      return;
    }
  leg->sdp = g_strdup (sdp);
  leg->remote_set = !leg->late_offer;
  if (leg->config.events->ready)
    leg->config.events->ready (leg, leg->config.user_data);
  carry_out (leg);
}

/* How an offer wants its sound carried: by its first media line (RFC 4566 5.14). */
typedef enum
{
  CARRIED_PLAIN,
  CARRIED_SDES,
  CARRIED_DTLS
} Carried;

static Carried
read_transport (const char *sdp)
{
  const char *media = strstr (sdp, "m=audio ");
  g_autofree char *line = media ? g_strndup (media, strcspn (media, "\r\n")) : g_strdup ("");

  if (strstr (line, " UDP/TLS/RTP/") || strstr (sdp, "a=fingerprint:"))
    return CARRIED_DTLS;
  return strstr (line, " RTP/SAVP") ? CARRIED_SDES : CARRIED_PLAIN;
}

/* FALSE: the rule of this leg forbids it. */
static gboolean
choose_transport (OhLeg *leg, const char *sdp)
{
  Carried carried = read_transport (sdp);

  leg->config.webrtc = carried == CARRIED_DTLS;
  leg->sdes = carried == CARRIED_SDES;
  if (carried == CARRIED_SDES)
    return leg->config.srtp != OH_LEG_SRTP_OFF;
  return carried == CARRIED_DTLS || leg->config.srtp != OH_LEG_SRTP_REQUIRED;
}

OhLeg *
oh_leg_new_incoming (const OhLegConfig *config, OhSipCall *call)
{
  const OhSipInfo *info = oh_sip_call_get_info (call);
  gboolean has_sdp = info->body && info->body_type
                     && g_ascii_strncasecmp (info->body_type, "application/sdp", 15) == 0;
  OhLeg *leg = leg_new (config);

  leg->incoming = TRUE;
  leg->late_offer = !has_sdp;
  leg->sdes = !has_sdp && config->srtp == OH_LEG_SRTP_REQUIRED;
  if (has_sdp && !choose_transport (leg, info->body))
    {
      oh_sip_call_reject (call, 488, NULL, NULL);
      oh_sip_call_unref (call);
      oh_leg_unref (leg);
      return NULL;
    }
  leg->call = call;
  oh_sip_call_set_handlers (call, &call_handlers, oh_leg_ref (leg));
  make_peer (leg);
  if (has_sdp)
    oh_peer_create_answer (leg->peer, info->body, on_sdp_ready, leg);
  else
    oh_peer_create_offer (leg->peer, on_sdp_ready, leg);
  return leg;
}

char *
oh_leg_dup_codec (OhLeg *leg)
{
  return leg->sdp && !leg->late_offer ? oh_sdp_dup_codec (leg->sdp) : NULL;
}

void
oh_leg_progress (OhLeg *leg, gboolean rings)
{
  if (leg->over || leg->answered || leg->want != WANT_NOTHING)
    return;
  leg->want = WANT_PROGRESS;
  if (leg->web_caller)
    {
      say (leg, FALSE);
      return;
    }
  if (rings || leg->late_offer)
    oh_sip_call_ring (leg->call);
  carry_out (leg);
}

void
oh_leg_answer (OhLeg *leg)
{
  if (leg->over)
    return;
  leg->want = WANT_ANSWER;
  if (leg->web_caller)
    say (leg, TRUE);
  else
    carry_out (leg);
}

void
oh_leg_reject (OhLeg *leg, guint status, const char *phrase, const char *const *headers)
{
  if (leg->over)
    return;
  leg->over = TRUE;
  oh_peer_close (leg->peer);
  if (leg->call)
    oh_sip_call_reject (leg->call, status, phrase, headers);
}

/* --- Outgoing --- */

static void
on_offer_ready (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (leg->over)
    return;
  if (error)
    {
      g_warning ("no offer could be made: %s", error->message);
      fail (leg, 500, NULL);
      return;
    }
  g_free (leg->sdp);
  leg->sdp = g_strdup (sdp);
  leg->call = leg->config.events->invite (leg, sdp, &call_handlers, leg, leg->config.user_data);
  if (!leg->call)
    {
      fail (leg, 500, NULL);
      return;
    }
  oh_leg_ref (leg);
  if (leg->ask_later)
    oh_sip_call_ask_to_talk (leg->call);
  leg->ask_later = FALSE;
}

OhLeg *
oh_leg_new_outgoing (const OhLegConfig *config)
{
  OhLeg *leg = leg_new (config);

  leg->sdes = config->srtp != OH_LEG_SRTP_OFF;
  make_peer (leg);
  oh_peer_create_offer (leg->peer, on_offer_ready, leg);
  return leg;
}

/* The answer of a 183 or 200; the first one counts. */
static void
take_answer (OhLeg *leg, const char *sdp)
{
  if (!sdp || leg->remote_set)
    return;
  leg->remote_set = TRUE;
  oh_peer_set_answer (leg->peer, sdp, NULL, NULL);
}

static void
on_progress (OhSipCall *call, guint status, const char *phrase, const char *sdp, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (leg->over || status < 180)
    return;
  take_answer (leg, sdp);
  if (leg->config.events->ringing)
    leg->config.events->ringing (leg, sdp != NULL, leg->config.user_data);
}

static void
on_answered (OhSipCall *call, const char *sdp, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (leg->over)
    return;
  if (!leg->incoming || leg->late_offer)
    take_answer (leg, sdp);
  if (!leg->remote_set)
    {
      fail (leg, 488, "No SDP in the answer");
      return;
    }
  leg->answered = TRUE;
  if (leg->config.events->answered)
    leg->config.events->answered (leg, leg->config.user_data);
}

/* A far end that does not know our protection says so with these (RFC 3261 21.4.26). */
static gboolean
is_about_media (guint status)
{
  return status == 488 || status == 606 || status == 415;
}

/* SDES that may be left out is offered first; whoever refuses gets plain RTP. */
static gboolean
try_plain (OhLeg *leg, const OhSipEnd *end)
{
  if (leg->incoming || leg->answered || leg->retried || !leg->sdes || leg->over
      || leg->config.srtp != OH_LEG_SRTP_OPTIONAL || !is_about_media (end->status))
    return FALSE;
  leg->retried = TRUE;
  leg->sdes = FALSE;
  leg->remote_set = FALSE;
  make_peer (leg);
  oh_peer_create_offer (leg->peer, on_offer_ready, leg);
  return TRUE;
}

static void
on_ended (OhSipCall *call, const OhSipEnd *end, gpointer user_data)
{
  OhLeg *leg = user_data;

  g_clear_pointer (&leg->call, oh_sip_call_unref);
  if (!try_plain (leg, end))
    tell_ended (leg, end);
  oh_leg_unref (leg);
}

/* --- A browser --- */

static void
on_web_answer_over (gpointer data)
{
  g_autoptr (OhLeg) leg = data;

  if (!leg->over && leg->config.events->answered)
    leg->config.events->answered (leg, leg->config.user_data);
}

/* A WebSocket keeps its order, so what was said needs no ACK; but it is told later, as one would be. */
static void
say (OhLeg *leg, gboolean answered)
{
  OhExecutor executor = oh_sip_get_executor (leg->config.sip);

  if (leg->over || leg->answered)
    return;
  leg->answered = answered;
  leg->config.events->say (leg, answered, leg->config.user_data);
  if (answered)
    oh_executor_post (&executor, on_web_answer_over, oh_leg_ref (leg));
}

/* A caller's first offer is answered: whoever owns the leg begins with the call. */
static void
begin_web_call (OhLeg *leg, const char *sdp)
{
  leg->sdp = g_strdup (sdp);
  if (leg->config.events->ready)
    leg->config.events->ready (leg, leg->config.user_data);
}

static void
on_browser_sdp_ready (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  g_autoptr (OhLeg) leg = oh_leg_ref (user_data);

  if (leg->over)
    return;
  if (error)
    g_info ("a browser's offer was refused: %s", error->message);
  if (error && !leg->remote_set)
    {
      fail (leg, 488, "The browser's sound cannot be taken");
      return;
    }
  leg->remote_set = TRUE;
  if (leg->config.events->sdp)
    leg->config.events->sdp (leg, sdp, leg->config.user_data);
  if (leg->web_caller && !leg->sdp && !leg->over)
    begin_web_call (leg, sdp);
}

OhLeg *
oh_leg_new_browser (const OhLegConfig *config, const char *offer)
{
  OhLeg *leg = leg_new (config);

  leg->config.webrtc = TRUE;
  make_peer (leg);
  if (offer)
    oh_leg_take_offer (leg, offer);
  return leg;
}

OhLeg *
oh_leg_new_caller (const OhLegConfig *config, const char *offer)
{
  OhLeg *leg = oh_leg_new_browser (config, NULL);

  leg->web_caller = TRUE;
  oh_leg_take_offer (leg, offer);
  return leg;
}

void
oh_leg_take_offer (OhLeg *leg, const char *offer)
{
  if (!leg->over)
    oh_peer_create_answer (leg->peer, offer, on_browser_sdp_ready, leg);
}

void
oh_leg_take_end (OhLeg *leg, const OhSipEnd *end)
{
  g_autoptr (OhLeg) held = oh_leg_ref (leg);

  tell_ended (held, end);
}

/* --- Both --- */

static void
on_later_answer_ready (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (leg->over || !leg->call)
    return;
  if (error)
    oh_sip_call_refuse_offer (leg->call, 488);
  else
    oh_sip_call_accept_offer (leg->call, sdp);
}

/* Hold, another codec, another address: the peer knows what to do with it. */
static void
on_offer (OhSipCall *call, const char *sdp, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (leg->over)
    oh_sip_call_refuse_offer (call, 481);
  else if (!sdp)
    oh_peer_create_offer (leg->peer, on_later_answer_ready, leg);
  else
    oh_peer_create_answer (leg->peer, sdp, on_later_answer_ready, leg);
}

/* The answer to an offer that the far end had asked for. */
static void
on_offer_done (OhSipCall *call, const char *sdp, guint status, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (!leg->over && sdp)
    oh_peer_set_answer (leg->peer, sdp, NULL, NULL);
}

static void
on_digit (OhSipCall *call, char digit, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (!leg->over && leg->config.events->digit)
    leg->config.events->digit (leg, digit, TRUE, leg->config.user_data);
}

static void
on_peer_digit (OhPeer *peer, char digit, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (!leg->over && leg->config.events->digit)
    leg->config.events->digit (leg, digit, FALSE, leg->config.user_data);
}

static void
on_peer_first_sound (OhPeer *peer, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (!leg->over && leg->config.events->sound)
    leg->config.events->sound (leg, leg->config.user_data);
}

static void
on_peer_ended (OhPeer *peer, OhPeerEnd reason, const GError *error, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (leg->over)
    return;
  g_info ("the sound's path ended: %s", error ? error->message : "closed");
  fail (leg, 503, "Media path lost");
}

void
oh_leg_hang_up (OhLeg *leg, guint cause, const char *text)
{
  if (leg->over)
    return;
  leg->over = TRUE;
  oh_peer_close (leg->peer);
  if (leg->call)
    oh_sip_call_hang_up (leg->call, cause, text);
}

void
oh_leg_ask_to_talk (OhLeg *leg)
{
  if (!leg->over && leg->call)
    oh_sip_call_ask_to_talk (leg->call);
  else
    leg->ask_later = TRUE;
}

static void
on_asked (OhSipCall *call, guint status, gpointer user_data)
{
  OhLeg *leg = user_data;

  if (!leg->over && leg->config.events->asked)
    leg->config.events->asked (leg, status, leg->config.user_data);
}

static const OhPeerEvents peer_events = {
  .digit = on_peer_digit,
  .first_sound = on_peer_first_sound,
  .ended = on_peer_ended,
};

static const OhSipCallHandlers call_handlers = {
  .progress = on_progress,
  .answered = on_answered,
  .offer = on_offer,
  .offer_done = on_offer_done,
  .digit = on_digit,
  .asked = on_asked,
  .ended = on_ended,
};
