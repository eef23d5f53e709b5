/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-phone-call-private.h"

#include <string.h>

static void
on_first_sound (gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (call->far_sdp && !call->answered && !oh_call_is_incoming (OH_CALL (call)))
    oh_base_call_set_early_media (OH_BASE_CALL (call), TRUE);
}

static void
on_sound_ended (OhPeerEnd reason, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  oh_phone_call_fail (call, reason == OH_PEER_END_CRYPTO ? 488 : 500,
                      reason == OH_PEER_END_CRYPTO ? OH_CALL_REASON_REFUSED
                                                   : OH_CALL_REASON_NETWORK);
}

/* The connection to the server may be dead, too: that first. */
static void
on_quiet (gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (call->answered && !call->renewing)
    oh_phone_account_check_path (call->account);
}

static const OhCallSoundEvents sound_events = {
  .ended = on_sound_ended,
  .first_sound = on_first_sound,
  .quiet = on_quiet,
};

/* Our call server speaks ICE and DTLS; another SIP service is met as it offers. */
static void
suit_offer (OhPeerConfig *config, const char *offer)
{
  if (offer && !strstr (offer, "a=ice-ufrag:"))
    config->net = OH_PEER_NET_PLAIN;
  if (!offer || strstr (offer, "a=fingerprint:"))
    return;
  config->crypto = strstr (offer, "a=crypto:") ? OH_PEER_CRYPTO_SDES : OH_PEER_CRYPTO_NONE;
}

void
oh_phone_call_make_peer (OhPhoneCall *call, const char *offer)
{
  OhCore *core = oh_phone_account_get_core (call->account);
  OhPeerConfig config = {
    .net = OH_PEER_NET_ICE,
    .crypto = OH_PEER_CRYPTO_DTLS,
    .loopback = oh_phone_account_is_local (call->account),
  };

  oh_relay_info_fill (oh_phone_account_get_relay (call->account), &config);
  suit_offer (&config, offer);
  call->ice = config.net == OH_PEER_NET_ICE;
  call->sound = oh_call_sound_new (OH_BASE_CALL (call), core, &config, &sound_events, call);
}

void
oh_phone_call_note_far_sdp (OhPhoneCall *call, const char *sdp)
{
  call->info_digits = !strstr (sdp, "telephone-event");
}

void
oh_phone_call_drop_peer (OhPhoneCall *call)
{
  call->renewing = FALSE;
  g_clear_pointer (&call->sound, oh_call_sound_free);
}
