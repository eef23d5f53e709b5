/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-call-private.h"

#include "base/oh-state-table.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#include <string.h>

/* Longer than sofia's own transactions take to give up. */
#define LET_GO_MS 40000

static const char *const state_names[] = { "new",      "arrived", "calling", "ringing",
                                           "answered", "ended",   NULL };
#define BIT(state) (1u << OH_SIP_CALL_##state)
static const guint32 next_states[] = {
  [OH_SIP_CALL_NEW] = BIT (ARRIVED) | BIT (CALLING) | BIT (ENDED),
  [OH_SIP_CALL_ARRIVED] = BIT (ANSWERED) | BIT (ENDED),
  [OH_SIP_CALL_CALLING] = BIT (RINGING) | BIT (ANSWERED) | BIT (ENDED),
  [OH_SIP_CALL_RINGING] = BIT (ANSWERED) | BIT (ENDED),
  [OH_SIP_CALL_ANSWERED] = BIT (ENDED),
  [OH_SIP_CALL_ENDED] = 0,
};
static const OhStateTable states = { "sip call", state_names, next_states };

gboolean
oh_sip_call_move (OhSipCall *call, OhSipCallState state)
{
  guint now = (guint)g_atomic_int_get (&call->state);

  if (!oh_state_table_move (&states, &now, state))
    return FALSE;
  g_atomic_int_set (&call->state, (gint)now);
  return TRUE;
}

OhSipCallState
oh_sip_call_get_state (OhSipCall *call)
{
  return (OhSipCallState)g_atomic_int_get (&call->state);
}

void
oh_sip_call_has_begun (OhSipCall *call)
{
  if (!call->beginning)
    return;
  call->beginning = FALSE;
  call->sip->beginning--;
}

OhSipCall *
oh_sip_call_ref (OhSipCall *call)
{
  g_atomic_ref_count_inc (&call->refs);
  return call;
}

void
oh_sip_order_free (OhSipOrder *order)
{
  if (!order)
    return;
  g_free (order->to_uri);
  g_free (order->route);
  g_free (order->from_uri);
  g_free (order->from_name);
  g_free (order->offer_id);
  g_free (order->sdp);
  g_strfreev (order->headers);
  g_free (order);
}

void
oh_sip_call_unref (OhSipCall *call)
{
  if (!call || !g_atomic_ref_count_dec (&call->refs))
    return;
  oh_sip_identity_free (call->identity);
  oh_sip_order_free (call->order);
  g_free (call->offer_contact);
  g_free (call->offer_sdp);
  oh_sip_parsed_unref (call->parsed);
  oh_sip_unref (call->sip);
  g_free (call);
}

void
oh_sip_call_set_handlers (OhSipCall *call, const OhSipCallHandlers *handlers, gpointer user_data)
{
  call->handlers = handlers;
  call->user_data = user_data;
}

const OhSipInfo *
oh_sip_call_get_info (OhSipCall *call)
{
  return call->parsed ? &call->parsed->info : NULL;
}

const char *
oh_sip_call_get_header (OhSipCall *call, const char *name)
{
  return call->parsed ? oh_sip_parsed_header (call->parsed, name) : NULL;
}

char *
oh_sip_dup_sdp (const sip_t *message)
{
  const char *sdp;
  gsize length;

  if (oh_sip_body_find_sdp (message, &sdp, &length) != OH_SIP_BODY_SDP)
    return NULL;
  return g_strndup (sdp, length);
}

/* --- Telling --- */

typedef struct
{
  OhSipCall *call;
  OhSipTell what;
  guint status;
  char *phrase, *sdp;
  char digit;
} Told;

static void
tell_handler (OhSipCall *call, const OhSipCallHandlers *handlers, const Told *told)
{
  switch (told->what)
    {
    case OH_SIP_TELL_PROGRESS:
      if (handlers->progress)
        handlers->progress (call, told->status, told->phrase, told->sdp, call->user_data);
      break;
    case OH_SIP_TELL_ANSWERED:
      if (handlers->answered)
        handlers->answered (call, told->sdp, call->user_data);
      break;
    case OH_SIP_TELL_OFFER:
      if (handlers->offer)
        handlers->offer (call, told->sdp, call->user_data);
      else
        oh_sip_call_refuse_offer (call, 488);
      break;
    case OH_SIP_TELL_OFFER_DONE:
      if (handlers->offer_done)
        handlers->offer_done (call, told->sdp, told->status, call->user_data);
      break;
    case OH_SIP_TELL_DIGIT:
      if (handlers->digit)
        handlers->digit (call, told->digit, call->user_data);
      break;
    case OH_SIP_TELL_TALK:
      if (handlers->talk)
        handlers->talk (call, call->user_data);
      break;
    case OH_SIP_TELL_ASKED:
      if (handlers->asked)
        handlers->asked (call, told->status, call->user_data);
      break;
    }
}

static void
deliver (gpointer data)
{
  Told *told = data;
  OhSipCall *call = told->call;

  if (!g_atomic_int_get (&call->sip->freed) && call->handlers && !call->told_ended)
    tell_handler (call, call->handlers, told);
  g_free (told->phrase);
  g_free (told->sdp);
  g_free (told);
  oh_sip_call_unref (call);
}

void
oh_sip_call_tell (
    OhSipCall *call, OhSipTell what, guint status, const char *phrase, const char *sdp, char digit)
{
  Told *told;

  if (oh_sip_call_get_state (call) == OH_SIP_CALL_ENDED)
    return;
  told = g_new0 (Told, 1);
  told->call = oh_sip_call_ref (call);
  told->what = what;
  told->status = status;
  told->phrase = g_strdup (phrase);
  told->sdp = g_strdup (sdp);
  told->digit = digit;
  oh_sip_deliver (call->sip, deliver, told);
}

typedef struct
{
  OhSipCall *call;
  OhSipEnd end;
  char *phrase, *reason_text;
} ToldEnd;

static void
deliver_end (gpointer data)
{
  ToldEnd *told = data;
  OhSipCall *call = told->call;

  if (!g_atomic_int_get (&call->sip->freed) && !call->told_ended)
    {
      call->told_ended = TRUE;
      if (call->handlers && call->handlers->ended)
        call->handlers->ended (call, &told->end, call->user_data);
    }
  g_free (told->phrase);
  g_free (told->reason_text);
  g_free (told);
  oh_sip_call_unref (call);
}

static guint
find_choice (const sip_t *message)
{
  for (const sip_unknown_t *h = message ? message->sip_unknown : NULL; h; h = h->un_next)
    if (h->un_name && h->un_value && g_ascii_strcasecmp (h->un_name, "Offhook-Choice") == 0)
      return (guint)MIN (g_ascii_strtoull (h->un_value, NULL, 10), 999);
  return 0;
}

static char *
unquote (const char *text)
{
  if (text && text[0] == '"')
    return g_strndup (text + 1, strcspn (text + 1, "\""));
  return g_strdup (text);
}

void
oh_sip_call_end (
    OhSipCall *call, guint status, const char *phrase, gboolean by_peer, const sip_t *message)
{
  const sip_reason_t *reason = message ? message->sip_reason : NULL;
  ToldEnd *told;

  if (!oh_sip_call_move (call, OH_SIP_CALL_ENDED))
    return;
  oh_sip_call_has_begun (call);
  oh_sip_cancel_timer (call->sip, call->timer);
  call->timer = 0;
  if (call->offer_held)
    nua_destroy_event (call->offer_saved);
  call->offer_held = FALSE;
  oh_sip_call_insist (call, FALSE);
  oh_sip_call_stop_crossing (call);

  told = g_new0 (ToldEnd, 1);
  told->call = oh_sip_call_ref (call);
  told->phrase = g_strdup (phrase);
  for (; reason; reason = reason->re_next)
    if (reason->re_protocol && g_ascii_strcasecmp (reason->re_protocol, "SIP") == 0
        && reason->re_cause)
      {
        told->end.reason_cause = (guint)g_ascii_strtoull (reason->re_cause, NULL, 10);
        told->reason_text = unquote (reason->re_text);
        break;
      }
  told->end.status = status;
  told->end.phrase = told->phrase;
  told->end.by_peer = by_peer;
  told->end.reason_text = told->reason_text;
  told->end.choice = find_choice (message);
  oh_sip_deliver (call->sip, deliver_end, told);
  if (call->nh)
    oh_sip_call_start_timer (call, LET_GO_MS);
}

void
oh_sip_call_let_go (OhSipCall *call)
{
  if (!call->nh)
    return;
  oh_sip_cancel_timer (call->sip, call->timer);
  call->timer = 0;
  if (call->offer_held)
    nua_destroy_event (call->offer_saved);
  call->offer_held = FALSE;
  oh_sip_handle_free (&call->nh);
  g_hash_table_remove (call->sip->calls, call);
  oh_sip_call_unref (call);
}

/* The time of a call that was not answered, or of sofia's goodbyes, is over. */
static void
on_timeout (gpointer data)
{
  OhSipCall *call = data;

  call->timer = 0;
  if (oh_sip_call_get_state (call) == OH_SIP_CALL_ENDED)
    {
      oh_sip_call_let_go (call);
      return;
    }
  call->hung_up = TRUE;
  nua_cancel (call->nh, TAG_END ());
  oh_sip_call_end (call, 408, "Request Timeout", FALSE, NULL);
}

void
oh_sip_call_start_timer (OhSipCall *call, guint ms)
{
  oh_sip_cancel_timer (call->sip, call->timer);
  call->timer = oh_sip_add_timer (call->sip, ms, on_timeout, call);
}

/* --- Events of a call --- */

static void
on_cancel (OhSipCall *call, const OhSipEvent *event)
{
  oh_sip_call_end (call, 487, "Request Terminated", TRUE, event->message);
}

static void
on_bye (OhSipCall *call, const OhSipEvent *event)
{
  oh_sip_call_end (call, 200, NULL, TRUE, event->message);
}

static void
on_ack (OhSipCall *call, const OhSipEvent *event)
{
  g_autofree char *sdp = oh_sip_dup_sdp (event->message);

  if (call->incoming && !call->acknowledged)
    {
      call->acknowledged = TRUE;
      oh_sip_call_tell (call, OH_SIP_TELL_ANSWERED, 200, NULL, sdp, 0);
    }
  else if (call->answer_due)
    {
      call->answer_due = FALSE;
      oh_sip_call_tell (call, OH_SIP_TELL_OFFER_DONE, sdp ? 200 : 488, NULL, sdp, 0);
    }
}

static void
on_terminated (OhSipCall *call, const OhSipEvent *event)
{
  guint status = event->status >= 300 ? (guint)event->status : 487;

  oh_sip_call_end (call, status, event->phrase, !call->hung_up, event->message);
  oh_sip_call_let_go (call);
}

static void
on_bye_done (OhSipCall *call, const OhSipEvent *event)
{
  if (event->status < 200)
    return;
  oh_sip_call_end (call, 200, NULL, FALSE, NULL);
  oh_sip_call_let_go (call);
}

/* sofia refreshes by UPDATE without asking whether the far end knows that, which then ends the call: 501. A call
 * of ours is refreshed by its INVITE instead. One that came in has no INVITE to be said again: there it is the
 * far end's to refresh (RFC 4028 9: who doesn't support the timer answers without it). */
static void
avoid_update (OhSipCall *call)
{
  if (call->incoming)
    nua_set_hparams (call->nh, SIPTAG_SUPPORTED_STR ("100rel"), TAG_END ());
  else
    nua_set_hparams (call->nh, NUTAG_UPDATE_REFRESH (0), TAG_END ());
}

void
oh_sip_call_note_session (OhSipCall *call, const sip_t *message)
{
  const sip_session_expires_t *told = message->sip_session_expires;
  gulong s = told ? told->x_delta : 0;

  if (message->sip_request)
    s = MIN (s, call->sip->session_s);
  if (s >= call->sip->min_session_s && s <= OH_SIP_MAX_SESSION_S)
    nua_set_hparams (call->nh, NUTAG_SESSION_TIMER ((unsigned)s), TAG_END ());
  if (told && oh_sip_call_get_state (call) != OH_SIP_CALL_ANSWERED
      && !sip_is_allowed (message->sip_allow, sip_method_update, "UPDATE"))
    avoid_update (call);
}

/* A device that has another connection now is reached by that from now on. */
static void
follow_device (OhSipCall *call, const OhSipEvent *event)
{
  g_autofree char *flow = oh_sip_agent_dup_flow (event->agent, event->message);

  if (flow)
    nua_set_hparams (call->nh, NUTAG_PROXY (flow), TAG_END ());
}

/* re-INVITE or UPDATE. Without SDP the first asks for an offer of ours, whose answer comes with ACK,
 * and the second only keeps the session alive. */
static void
on_offer (OhSipCall *call, const OhSipEvent *event)
{
  g_autofree char *sdp = oh_sip_dup_sdp (event->message);
  gboolean update = event->event == nua_i_update;
  int fault;

  if (event->status >= 200)
    return;
  follow_device (call, event);
  oh_sip_call_note_session (call, event->message);
  fault = oh_sip_check_offer (event->message);
  if (fault)
    {
      nua_respond (call->nh, fault, sip_status_phrase (fault),
                   NUTAG_WITH_CURRENT (event->agent->nua),
                   TAG_IF (fault == 415, SIPTAG_ACCEPT_STR (OH_SIP_BODY_TYPES)), TAG_END ());
      return;
    }
  if (!sdp && update)
    {
      nua_respond (call->nh, SIP_200_OK, NUTAG_WITH_CURRENT (event->agent->nua), TAG_END ());
      return;
    }
  if (call->offer_held || oh_sip_call_get_state (call) == OH_SIP_CALL_ENDED)
    {
      nua_respond (call->nh, SIP_491_REQUEST_PENDING, NUTAG_WITH_CURRENT (event->agent->nua),
                   TAG_END ());
      return;
    }
  nua_save_event (event->agent->nua, call->offer_saved);
  call->offer_held = TRUE;
  call->offer_stale = TRUE;
  call->answer_due = !sdp;
  oh_sip_call_tell (call, OH_SIP_TELL_OFFER, 0, NULL, sdp, 0);
}

static char
find_digit (const sip_t *message)
{
  const char *type = message && message->sip_content_type ? message->sip_content_type->c_type
                                                          : NULL;
  g_autofree char *body = NULL;
  const char *signal;

  if (!type || !message->sip_payload || !message->sip_payload->pl_data)
    return 0;
  body = g_strndup (message->sip_payload->pl_data, message->sip_payload->pl_len);
  if (g_ascii_strcasecmp (type, "application/dtmf") == 0)
    signal = body;
  else if (g_ascii_strcasecmp (type, "application/dtmf-relay") == 0)
    {
      signal = strstr (body, "Signal=");
      if (!signal)
        return 0;
      signal += strlen ("Signal=");
    }
  else
    return 0;
  signal += strspn (signal, " \t");
  return *signal && strchr ("0123456789*#ABCDabcd", *signal) ? g_ascii_toupper (*signal) : 0;
}

static void
on_info (OhSipCall *call, const OhSipEvent *event)
{
  char digit = find_digit (event->message);

  if (digit)
    oh_sip_call_tell (call, OH_SIP_TELL_DIGIT, 0, NULL, NULL, digit);
}

static void
on_other_request (OhSipCall *call, const OhSipEvent *event)
{
  gboolean options = event->event == nua_i_options;

  if (event->status < 200)
    nua_respond (call->nh, options ? 200 : 501, options ? "OK" : "Not Implemented",
                 NUTAG_WITH_CURRENT (event->agent->nua), TAG_END ());
}

static const struct
{
  nua_event_t event;
  void (*handle) (OhSipCall *call, const OhSipEvent *event);
} call_events[] = {
  { nua_r_invite, oh_sip_call_on_invite_response },
  { nua_i_ack, on_ack },
  { nua_i_cancel, on_cancel },
  { nua_i_bye, on_bye },
  { nua_r_bye, on_bye_done },
  { nua_i_invite, on_offer },
  { nua_i_update, on_offer },
  { nua_i_info, on_info },
  { nua_i_notify, oh_sip_call_on_notify },
  { nua_r_method, oh_sip_call_on_method_response },
  { nua_i_terminated, on_terminated },
  { nua_i_options, on_other_request },
  { nua_i_message, on_other_request },
  { nua_i_subscribe, on_other_request },
  { nua_i_publish, on_other_request },
};

static void
on_event (OhSipOwner *owner, const OhSipEvent *event)
{
  OhSipCall *call = (OhSipCall *)owner;

  for (guint i = 0; i < G_N_ELEMENTS (call_events); i++)
    if (call_events[i].event == event->event)
      {
        oh_sip_call_ref (call);
        call_events[i].handle (call, event);
        oh_sip_call_unref (call);
        return;
      }
}

/* With one reference, the user's. */
OhSipCall *
oh_sip_call_new (OhSip *sip, gboolean incoming)
{
  OhSipCall *call = g_new0 (OhSipCall, 1);

  g_atomic_ref_count_init (&call->refs);
  call->owner.handle = on_event;
  call->sip = oh_sip_ref (sip);
  call->incoming = incoming;
  return call;
}

/* --- Ending --- */

void
oh_sip_call_hang_up_now (OhSipCall *call, guint cause, const char *text)
{
  OhSipCallState state = oh_sip_call_get_state (call);
  g_autofree char *clean = g_strdelimit (g_strdup (text ? text : ""), "\"\\\r\n", ' ');
  g_autofree char *reason = cause ? g_strdup_printf ("SIP;cause=%u;text=\"%s\"", cause, clean)
                                  : NULL;

  if (state == OH_SIP_CALL_ENDED)
    return;
  call->hung_up = TRUE;
  if (!call->nh)
    {
      oh_sip_call_end (call, 487, "Request Terminated", FALSE, NULL);
      return;
    }
  if (state == OH_SIP_CALL_ANSWERED)
    {
      nua_bye (call->nh, TAG_IF (reason, SIPTAG_REASON_STR (reason)), TAG_END ());
      oh_sip_call_end (call, 200, NULL, FALSE, NULL);
    }
  else if (call->incoming)
    {
      nua_respond (call->nh, SIP_480_TEMPORARILY_UNAVAILABLE,
                   TAG_IF (reason, SIPTAG_REASON_STR (reason)), TAG_END ());
      oh_sip_call_end (call, 480, "Temporarily Unavailable", FALSE, NULL);
    }
  else
    {
      nua_cancel (call->nh, TAG_IF (reason, SIPTAG_REASON_STR (reason)), TAG_END ());
      oh_sip_call_end (call, 487, "Request Terminated", FALSE, NULL);
    }
}

typedef struct
{
  OhSipCall *call;
  guint cause;
  char *text;
} HangUp;

static void
hang_up_task (gpointer data)
{
  HangUp *order = data;

  oh_sip_call_hang_up_now (order->call, order->cause, order->text);
  oh_sip_call_unref (order->call);
  g_free (order->text);
  g_free (order);
}

void
oh_sip_call_hang_up (OhSipCall *call, guint cause, const char *text)
{
  HangUp *order = g_new (HangUp, 1);

  order->call = oh_sip_call_ref (call);
  order->cause = cause;
  order->text = g_strdup (text);
  oh_sip_post (call->sip, hang_up_task, order);
}

void
oh_sip_calls_end_all (OhSip *sip)
{
  g_autoptr (GList) calls = g_hash_table_get_keys (sip->calls);

  for (GList *l = calls; l; l = l->next)
    oh_sip_call_hang_up_now (l->data, 0, NULL);
}

void
oh_sip_calls_abandon_all (OhSip *sip)
{
  g_autoptr (GList) calls = g_hash_table_get_keys (sip->calls);

  for (GList *l = calls; l; l = l->next)
    {
      oh_sip_call_end (l->data, 503, "Service Unavailable", FALSE, NULL);
      oh_sip_call_let_go (l->data);
    }
}
