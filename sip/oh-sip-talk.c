/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-call-private.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#include <string.h>

/* Answering from afar: NOTIFY of the event package "talk" within the dialog of an INVITE that still
 * rings, which many desk phones know. Nobody has subscribed to anything, so that it says at once that
 * there is no subscription. sofia only makes an early dialog of a reliable response (RFC 3262), so that
 * one is waited for. */

#define PACKAGE "talk"

/* --- The side that asks --- */

static void
tell_asked (OhSipCall *call, guint status, const char *phrase)
{
  oh_sip_call_tell (call, OH_SIP_TELL_ASKED, status, phrase, NULL, 0);
}

static void
ask (OhSipCall *call)
{
  call->ask_later = FALSE;
  nua_method (call->nh, NUTAG_METHOD ("NOTIFY"), SIPTAG_EVENT_STR (PACKAGE),
              SIPTAG_SUBSCRIPTION_STATE_STR ("terminated;reason=noresource"), TAG_END ());
}

static void
ask_task (gpointer data)
{
  OhSipCall *call = data;
  OhSipCallState state = oh_sip_call_get_state (call);

  if (!call->nh || (state != OH_SIP_CALL_CALLING && state != OH_SIP_CALL_RINGING))
    tell_asked (call, 481, "It does not ring");
  else if (call->reliable)
    ask (call);
  else
    call->ask_later = TRUE;
  oh_sip_call_unref (call);
}

void
oh_sip_call_note_reliable (OhSipCall *call)
{
  call->reliable = TRUE;
  if (call->ask_later)
    ask (call);
}

void
oh_sip_call_ask_to_talk (OhSipCall *call)
{
  oh_sip_post (call->sip, ask_task, oh_sip_call_ref (call));
}

void
oh_sip_call_on_method_response (OhSipCall *call, const OhSipEvent *event)
{
  if (event->status >= 200)
    tell_asked (call, (guint)event->status, event->phrase);
}

/* --- The side that is asked --- */

static void
allow_task (gpointer data)
{
  OhSipCall *call = data;

  call->talk = TRUE;
  if (call->nh)
    nua_set_hparams (call->nh, NUTAG_APPL_METHOD (OH_SIP_APPL_METHODS ", NOTIFY"), TAG_END ());
  oh_sip_call_unref (call);
}

void
oh_sip_call_allow_talk (OhSipCall *call)
{
  oh_sip_post (call->sip, allow_task, oh_sip_call_ref (call));
}

static gboolean
is_talk (const sip_t *message)
{
  return message && message->sip_event
         && g_ascii_strcasecmp (message->sip_event->o_type, PACKAGE) == 0;
}

void
oh_sip_call_on_notify (OhSipCall *call, const OhSipEvent *event)
{
  gboolean right = call->talk && is_talk (event->message);
  gboolean early = oh_sip_call_get_state (call) == OH_SIP_CALL_ARRIVED;
  int status = !right ? 489 : !early ? 481 : 200;

  if (event->status >= 200)
    return;
  nua_respond (call->nh, status, sip_status_phrase (status), NUTAG_WITH_CURRENT (event->agent->nua),
               TAG_END ());
  if (status == 200)
    oh_sip_call_tell (call, OH_SIP_TELL_TALK, 0, NULL, NULL, 0);
}
