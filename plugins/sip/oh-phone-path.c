/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-phone-call-private.h"

#include "base/oh-timeline.h"

/* The network is another one, or nothing comes by it any more: in mid-call another path is looked for, while the
 * sound goes on by the one there is as long as it can.
 *
 *   REGISTER, answered - ICE restarts (RFC 8839 4.4.1.1.1) - re-INVITE with a new Contact - answer - the peer
 *   changes its paths
 *
 * REGISTER comes first because the server answers by the connection that it came by. A re-INVITE that is lost
 * with its connection is said again by the next one (oh_sip_call_relocate()). One that met one of the far end's comes
 * back as 491 when it may be made anew (RFC 3261 14.1). What is refused otherwise is tried again when nothing comes
 * for some seconds more. */

static gboolean
can_renew (OhPhoneCall *call)
{
  return call->answered && call->ice && call->sound && call->leg
         && oh_sip_call_get_state (call->leg) == OH_SIP_CALL_ANSWERED;
}

static void
on_offer_made (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  call->renewing = sdp && can_renew (call);
  if (call->renewing)
    oh_sip_call_relocate (call->leg, oh_phone_account_get_identity (call->account), sdp);
  else if (error)
    g_message ("no other path can be offered: %s", error->message);
}

void
oh_phone_call_renew_path (OhPhoneCall *call)
{
  call->renew_again = call->renewing; /* one offer at a time */
  if (call->renewing || !can_renew (call))
    return;
  call->renewing = TRUE;
  oh_peer_restart_ice (oh_call_sound_get_peer (call->sound));
  oh_peer_create_offer (oh_call_sound_get_peer (call->sound), on_offer_made, call);
}

void
oh_phone_call_path_agreed (OhPhoneCall *call, guint status)
{
  if (!call->renewing)
    return;
  call->renewing = FALSE;
  if (status < 300)
    oh_timeline_mark ("path-renewed", oh_call_get_id (OH_CALL (call)));
  else
    g_message ("the far end takes no other path: %u", status);
  if (call->renew_again || status == 491)
    oh_phone_call_renew_path (call);
}
