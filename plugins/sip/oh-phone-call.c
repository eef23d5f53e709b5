/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-phone-call-private.h"

#include "base/oh-clock.h"
#include "base/oh-timeline.h"
#include "plugins/sip/oh-offer-headers.h"
#include "plugins/sip/oh-phone-chat.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (OhPhoneCall, oh_phone_call, OH_TYPE_BASE_CALL)

#define DIGIT_MS 160 /* of a key that goes by SIP INFO */

/* The call lets itself go: nothing of the stack points to it any more. */
static void
release (OhPhoneCall *call)
{
  if (!call->kept)
    return;
  call->kept = FALSE;
  g_object_unref (call);
}

/* Everything ends here once; the leg's own end follows and drops the last reference. */
static void
end (OhPhoneCall *call, OhCallReason reason)
{
  oh_phone_call_drop_peer (call);
  oh_base_call_move (OH_BASE_CALL (call), OH_CALL_ENDED, reason);
  oh_phone_account_refresh_soon (call->account);
  if (!call->leg)
    release (call);
}

static gboolean
is_over (OhPhoneCall *call)
{
  return oh_call_get_state (OH_CALL (call)) == OH_CALL_ENDED;
}

void
oh_phone_call_fail (OhPhoneCall *call, guint status, OhCallReason reason)
{
  if (is_over (call))
    return;
  if (call->leg && oh_call_get_state (OH_CALL (call)) == OH_CALL_INCOMING)
    oh_sip_call_reject (call->leg, status, NULL, NULL);
  else if (call->leg)
    oh_sip_call_hang_up (call->leg, 0, NULL);
  end (call, reason);
}

/* --- The leg tells --- */

static void
on_leg_ended (OhSipCall *leg, const OhSipEnd *leg_end, gpointer user_data)
{
  OhPhoneCall *call = user_data;
  OhPhoneEnd why = { .incoming = oh_call_is_incoming (OH_CALL (call)),
                     .answered = call->answered,
                     .end = *leg_end };

  if (!is_over (call))
    end (call, oh_phone_reason (&why));
  g_clear_pointer (&call->leg, oh_sip_call_unref);
  release (call);
}

static void
on_far_answer_taken (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (!error)
    return;
  g_message ("the far end's answer can't be used: %s", error->message);
  oh_phone_call_fail (call, 488, OH_CALL_REASON_REFUSED);
}

static void
take_far_sdp (OhPhoneCall *call, const char *sdp)
{
  if (!sdp || call->far_sdp || !call->sound)
    return;
  call->far_sdp = TRUE;
  oh_phone_call_note_far_sdp (call, sdp);
  oh_peer_set_answer (oh_call_sound_get_peer (call->sound), sdp, on_far_answer_taken, call);
  oh_call_sound_start (call->sound);
}

static void
on_leg_progress (
    OhSipCall *leg, guint status, const char *phrase, const char *sdp, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (is_over (call) || status <= 100)
    return;
  take_far_sdp (call, sdp);
  oh_base_call_move (OH_BASE_CALL (call), OH_CALL_RINGING, OH_CALL_REASON_NONE);
}

static void
on_leg_answered (OhSipCall *leg, const char *sdp, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (is_over (call) || oh_call_is_incoming (OH_CALL (call)))
    return;
  call->answered = TRUE;
  take_far_sdp (call, sdp);
  oh_base_call_move (OH_BASE_CALL (call), OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
  oh_call_sound_set_answered (call->sound);
}

static void
on_new_answer (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (!call->leg)
    return;
  if (sdp)
    oh_sip_call_accept_offer (call->leg, sdp);
  else
    oh_sip_call_refuse_offer (call->leg, 488);
}

static void
on_leg_offer (OhSipCall *leg, const char *sdp, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (!call->sound)
    oh_sip_call_refuse_offer (leg, 488);
  else if (sdp)
    oh_peer_create_answer (oh_call_sound_get_peer (call->sound), sdp, on_new_answer, call);
  else
    oh_peer_create_offer (oh_call_sound_get_peer (call->sound), on_new_answer, call);
}

/* The answer to an offer of ours, which the far end may have asked for. */
static void
on_leg_offer_done (OhSipCall *leg, const char *sdp, guint status, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (call->sound && sdp)
    oh_peer_set_answer (oh_call_sound_get_peer (call->sound), sdp, NULL, NULL);
  oh_phone_call_path_agreed (call, status);
}

static void
on_leg_digit (OhSipCall *leg, char digit, gpointer user_data)
{
  oh_base_call_add_far_key (user_data, digit);
}

/* The call server asks for the answer: its user replied so to the message that told of the call. */
static void
on_leg_talk (OhSipCall *leg, gpointer user_data)
{
  oh_base_call_answer_by_reply (user_data);
}

static const OhSipCallHandlers leg_handlers = {
  .progress = on_leg_progress,
  .answered = on_leg_answered,
  .offer = on_leg_offer,
  .offer_done = on_leg_offer_done,
  .digit = on_leg_digit,
  .talk = on_leg_talk,
  .ended = on_leg_ended,
};

/* --- Verbs --- */

static void
answer_now (OhPhoneCall *call)
{
  call->answered = TRUE;
  oh_sip_call_answer (call->leg, call->sdp);
  oh_call_sound_start (call->sound);
  oh_call_sound_set_answered (call->sound);
}

static void
refuse (OhPhoneCall *call, OhCallOption option)
{
  g_autofree char *choice = g_strdup_printf ("Offhook-Choice: %d", option);
  const char *const headers[] = { choice, NULL };

  oh_sip_call_reject (call->leg, 603, NULL, headers);
  end (call,
       option == OH_CALL_OPTION_VOICEMAIL ? OH_CALL_REASON_VOICEMAIL : OH_CALL_REASON_DECLINED);
}

static void
choose (OhBaseCall *base, OhCallOption option)
{
  OhPhoneCall *call = OH_PHONE_CALL (base);

  if (!call->leg)
    return;
  if (option != OH_CALL_OPTION_ANSWER)
    {
      refuse (call, option);
      return;
    }
  oh_timeline_mark ("answer-pressed", oh_call_get_id (OH_CALL (call)));
  call->answer = TRUE;
  oh_base_call_move (base, OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
  if (call->sdp)
    answer_now (call);
}

static void
hang_up (OhBaseCall *base)
{
  OhPhoneCall *call = OH_PHONE_CALL (base);

  if (call->leg)
    oh_sip_call_hang_up (call->leg, 0, NULL);
  end (call, OH_CALL_REASON_HUNG_UP);
}

static void
send_digit (OhBaseCall *base, char digit)
{
  OhPhoneCall *call = OH_PHONE_CALL (base);

  if (call->info_digits && call->leg)
    oh_sip_call_send_digit (call->leg, digit, DIGIT_MS);
  else
    oh_call_sound_send_digit (call->sound, digit);
}

static void
dispose (GObject *object)
{
  OhPhoneCall *call = OH_PHONE_CALL (object);

  oh_phone_call_drop_peer (call);
  g_clear_pointer (&call->leg, oh_sip_call_unref);
  g_clear_object (&call->account);
  G_OBJECT_CLASS (oh_phone_call_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhPhoneCall *call = OH_PHONE_CALL (object);

  g_free (call->uri);
  g_free (call->sdp);
  G_OBJECT_CLASS (oh_phone_call_parent_class)->finalize (object);
}

static void
oh_phone_call_class_init (OhPhoneCallClass *klass)
{
  OhBaseCallClass *base_class = OH_BASE_CALL_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  base_class->choose = choose;
  base_class->hang_up = hang_up;
  base_class->send_digit = send_digit;
}

static void
oh_phone_call_init (OhPhoneCall *call)
{
}

/* Signing out ends what the account carries; after the server was lost it is the network's fault. */
static void
on_account_state (OhAccount *account, GParamSpec *pspec, OhPhoneCall *call)
{
  OhAccountState state = oh_account_get_state (account);

  if (state != OH_ACCOUNT_OFFLINE)
    call->server_lost = state == OH_ACCOUNT_RETRYING;
  else if (!is_over (call))
    oh_phone_call_fail (call, 480,
                        call->server_lost ? OH_CALL_REASON_NETWORK : OH_CALL_REASON_SIGNED_OUT);
}

gboolean
oh_phone_call_give_way (OhCall *same, OhPhoneAccount *account)
{
  OhPhoneCall *call = OH_IS_PHONE_CALL (same) ? OH_PHONE_CALL (same) : NULL;

  if (!call || call->account != account || call->answered || !oh_call_is_incoming (same))
    return FALSE;
  oh_phone_call_fail (call, 480, OH_CALL_REASON_NETWORK);
  return TRUE;
}

static OhPhoneCall *
new_call (OhPhoneAccount *account)
{
  OhPhoneCall *call = g_object_new (OH_TYPE_PHONE_CALL, NULL);

  call->kept = TRUE;
  call->account = g_object_ref (account);
  g_signal_connect_object (account, "notify::state", G_CALLBACK (on_account_state), call, 0);
  g_signal_connect_object (account, "moved", G_CALLBACK (oh_phone_call_renew_path), call,
                           G_CONNECT_SWAPPED);
  return call;
}

/* --- Incoming --- */

static void
set_caller (OhPhoneCall *call)
{
  const OhSipInfo *info = oh_sip_call_get_info (call->leg);
  const char *number = info->identity_user ? info->identity_user : info->from_user;
  const char *name = info->identity_name ? info->identity_name : info->from_name;
  OhOfferHeaders headers;
  OhCallFacts facts = { .incoming = TRUE };

  oh_offer_headers_parse (&headers, info->offer_id,
                          oh_sip_call_get_header (call->leg, "Offhook-Called"),
                          oh_sip_call_get_header (call->leg, "Offhook-Deadline"),
                          oh_sip_call_get_header (call->leg, "Offhook-Default"),
                          oh_sip_call_get_header (call->leg, "Offhook-Options"),
                          oh_sip_call_get_header (call->leg, "Offhook-Peer"));
  facts.id = headers.id;
  facts.name = info->withheld || g_strcmp0 (name, number) == 0 ? NULL : name;
  facts.number = info->withheld ? NULL : number;
  facts.withheld = info->withheld;
  facts.called = headers.called;
  facts.account = oh_account_get_id (OH_ACCOUNT (call->account));
  facts.peer = info->withheld ? NULL : headers.peer;
  facts.deadline = headers.deadline_s
                       ? oh_clock_now () + (gint64)headers.deadline_s * G_USEC_PER_SEC
                       : 0;
  facts.default_option = headers.default_option;
  facts.options = headers.options;
  oh_base_call_set_facts (OH_BASE_CALL (call), &facts);
  oh_offer_headers_clear (&headers);
}

static void
on_answer_made (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhPhoneCall *call = user_data;

  if (is_over (call))
    return;
  if (!sdp)
    {
      g_message ("the offer can't be answered: %s", error->message);
      oh_phone_call_fail (call, 488, OH_CALL_REASON_REFUSED);
      return;
    }
  call->sdp = g_strdup (sdp);
  oh_call_sound_prepare (call->sound);
  if (call->answer)
    answer_now (call);
  else
    oh_sip_call_progress (call->leg, sdp);
}

/* Rings, and makes the answer for what @leg offers. */
static void
take_leg (OhPhoneCall *call, OhSipCall *leg)
{
  const OhSipInfo *info = oh_sip_call_get_info (leg);

  call->leg = leg;
  oh_sip_call_set_handlers (leg, &leg_handlers, call);
  if (info->offer_id && oh_phone_account_may_talk (call->account))
    oh_sip_call_allow_talk (leg); /* only the call server of the user has replies of his */
  oh_sip_call_ring (leg);
  oh_phone_call_note_far_sdp (call, info->body);
  oh_phone_call_make_peer (call, info->body);
  oh_peer_create_answer (oh_call_sound_get_peer (call->sound), info->body, on_answer_made, call);
}

static void
on_former_leg_ended (OhSipCall *leg, const OhSipEnd *leg_end, gpointer user_data)
{
  oh_sip_call_unref (leg);
}

/* The server offers the call anew when it lost the connection by which it did so before: the former
 * way leads nowhere, not even for an answer that was given by it. FALSE: @same is not to be moved. */
static gboolean
move_to_leg (OhCall *same, OhPhoneAccount *account, OhSipCall *leg)
{
  static const OhSipCallHandlers former_handlers = { .ended = on_former_leg_ended };
  OhCallState state = oh_call_get_state (same);
  OhPhoneCall *call = OH_IS_PHONE_CALL (same) ? OH_PHONE_CALL (same) : NULL;
  OhSipCall *former;

  if (!call || call->account != account || !call->leg || !oh_call_is_incoming (same)
      || (state != OH_CALL_INCOMING && state != OH_CALL_CONNECTING))
    return FALSE;
  former = g_steal_pointer (&call->leg);
  oh_sip_call_set_handlers (former, &former_handlers, NULL);
  if (call->answered)
    oh_sip_call_hang_up (former, 0, NULL);
  else
    oh_sip_call_reject (former, 482, NULL, NULL);
  oh_phone_call_drop_peer (call);
  g_clear_pointer (&call->sdp, g_free);
  call->answered = FALSE;
  take_leg (call, leg);
  return TRUE;
}

void
oh_phone_call_take_incoming (OhPhoneAccount *account, OhSipCall *leg)
{
  const OhSipInfo *info = oh_sip_call_get_info (leg);
  OhCall *same = oh_core_find_call (oh_phone_account_get_core (account), info->offer_id);
  OhPhoneCall *call;

  /* One offer is one call, by however many ways it comes. */
  if (same && info->body && move_to_leg (same, account, leg))
    return;
  if (same || !info->body)
    {
      oh_sip_call_reject (leg, same ? 482 : 488, NULL, NULL);
      oh_sip_call_unref (leg);
      return;
    }
  oh_timeline_mark ("offer-received", info->offer_id);
  call = new_call (account);
  call->leg = leg;
  set_caller (call);
  take_leg (call, leg);
  oh_core_add_call (oh_phone_account_get_core (account), OH_ACCOUNT (account), OH_CALL (call));
}

/* --- Outgoing --- */

static void
on_offer_made (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhPhoneCall *call = user_data;
  OhSip *sip = oh_phone_account_get_sip (call->account);
  OhSipInvite invite = { .account = oh_phone_account_get_identity (call->account),
                         .to_uri = call->uri,
                         .sdp = sdp };

  if (is_over (call))
    return;
  if (!sdp || !sip)
    {
      g_message ("no call: %s", error ? error->message : "signed out");
      end (call, sip ? OH_CALL_REASON_REFUSED : OH_CALL_REASON_SIGNED_OUT);
      return;
    }
  oh_call_sound_prepare (call->sound);
  call->leg = oh_sip_call_invite (sip, &invite, &leg_handlers, call);
}

char *
oh_phone_call_dup_peer (OhPhoneAccount *account, const char *uri)
{
  const char *domain = strchr (oh_phone_account_get_identity (account)->aor, '@');
  g_autofree char *address = oh_phone_address_normalize (uri, NULL);

  return domain && g_ascii_isalpha (*address)
                 && g_ascii_strcasecmp (strchr (address, '@'), domain) == 0
             ? g_steal_pointer (&address)
             : NULL;
}

void
oh_phone_call_start_outgoing (OhPhoneAccount *account,
                              const char *target,
                              const char *uri,
                              const char *peer)
{
  OhPhoneCall *call = new_call (account);
  const char *shown = g_str_has_prefix (target, "sip:") ? target + 4 : target;
  OhCallFacts facts = { .number = shown,
                        .account = oh_account_get_id (OH_ACCOUNT (account)),
                        .peer = peer };

  call->uri = g_strdup (uri);
  oh_base_call_set_facts (OH_BASE_CALL (call), &facts);
  oh_phone_call_make_peer (call, NULL);
  oh_core_add_call (oh_phone_account_get_core (account), OH_ACCOUNT (account), OH_CALL (call));
  oh_peer_create_offer (oh_call_sound_get_peer (call->sound), on_offer_made, call);
}
