/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-call-private.h"
#include "sip/oh-sip-request-private.h"

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#include <string.h>

#define DEFAULT_TIMEOUT_MS 180000
#define REPEAT_S 1 /* a re-INVITE that was lost with its connection */
#define REPEATS 30 /* by then its sound was away for too long */
#define MAX_CROSSINGS 4

static OhSipOrder *
copy_order (const OhSipInvite *invite)
{
  OhSipOrder *order = g_new0 (OhSipOrder, 1);

  order->to_uri = g_strdup (invite->to_uri);
  order->route = g_strdup (invite->route);
  order->from_uri = g_strdup (invite->from_uri);
  order->from_name = g_strdup (invite->from_name);
  order->offer_id = g_strdup (invite->offer_id);
  order->sdp = g_strdup (invite->sdp);
  order->headers = g_strdupv ((char **)invite->headers);
  order->withhold = invite->withhold;
  order->timeout_ms = invite->timeout_ms ? invite->timeout_ms : DEFAULT_TIMEOUT_MS;
  return order;
}

static gboolean
has_identity (const OhSipOrder *order)
{
  static const char name[] = "P-Asserted-Identity:";

  for (guint i = 0; order->headers && order->headers[i]; i++)
    if (g_ascii_strncasecmp (order->headers[i], name, sizeof name - 1) == 0)
      return TRUE;
  return FALSE;
}

/* Withheld (RFC 3323, 3325): anonymous to the called one, the truth to a trusted next hop; the
 * user's own word goes first, and there is one identity only. */
static char *
make_extra_headers (const OhSipOrder *order, const char *identity)
{
  g_autofree char *own = oh_sip_join_headers ((const char *const *)order->headers);
  GString *text = g_string_new (own);

  if (order->offer_id && !strpbrk (order->offer_id, "\r\n"))
    g_string_append_printf (text, "Offhook-Offer: %s\r\n", order->offer_id);
  if (order->withhold)
    g_string_append (text, "Privacy: id\r\n");
  if (identity && !has_identity (order) && !strstr (identity, "@anonymous.invalid>"))
    g_string_append_printf (text, "P-Asserted-Identity: %s\r\n", identity);
  return g_string_free (text, FALSE);
}

static void
send_invite (OhSipCall *call, const char *target)
{
  OhSipOrder *order = call->order;
  const char *aor = call->identity ? call->identity->aor : NULL;
  const char *from_uri = order->from_uri ? order->from_uri : aor;
  const char *from_name = order->from_name ? order->from_name
                          : call->identity ? call->identity->name
                                           : NULL;
  g_autofree char *true_from = oh_sip_format_address (
      from_name, from_uri ? from_uri : "sip:anonymous@anonymous.invalid");
  g_autofree char *extra = make_extra_headers (order, order->withhold || order->from_uri ? true_from
                                                                                         : NULL);
  g_autofree char *to = oh_sip_format_address (NULL, order->to_uri);
  const char *from = order->withhold ? "\"Anonymous\" <sip:anonymous@anonymous.invalid>"
                                     : true_from;
  g_autofree char *contact = oh_sip_agent_make_contact_for (call->owner.agent, target, NULL);

  call->nh = nua_handle (call->owner.agent->nua, &call->owner, NUTAG_URL (order->to_uri),
                         SIPTAG_TO_STR (to), SIPTAG_FROM_STR (from), TAG_END ());
  nua_invite (call->nh, NUTAG_PROXY (target), TAG_IF (contact, SIPTAG_CONTACT_STR (contact)),
              TAG_IF (*extra, SIPTAG_HEADER_STR (extra)),
              TAG_IF (order->sdp, SIPTAG_CONTENT_TYPE_STR ("application/sdp")),
              TAG_IF (order->sdp, SIPTAG_PAYLOAD_STR (order->sdp)), TAG_END ());
}

static void
start_task (gpointer data)
{
  OhSipCall *call = data;
  OhSip *sip = call->sip;
  g_autofree char *target = oh_sip_target (call->identity, call->order->route, call->order->to_uri);
  g_autoptr (GError) error = NULL;

  if (oh_sip_call_get_state (call) != OH_SIP_CALL_CALLING)
    {
      oh_sip_call_unref (call);
      return;
    }
  call->owner.agent = sip->stopped || sip->shutting_down ? NULL
                                                         : oh_sip_agent_for (sip, target, &error);
  if (!call->owner.agent)
    {
      oh_sip_call_end (call, 503, error ? error->message : "Shutting down", FALSE, NULL);
      oh_sip_call_unref (call);
      return;
    }
  g_hash_table_add (sip->calls, call); /* takes the reference of the task */
  send_invite (call, target);
  oh_sip_call_start_timer (call, call->order->timeout_ms);
}

OhSipCall *
oh_sip_call_invite (OhSip *sip,
                    const OhSipInvite *invite,
                    const OhSipCallHandlers *handlers,
                    gpointer user_data)
{
  OhSipCall *call;

  g_return_val_if_fail (invite->to_uri && (invite->account || invite->from_uri), NULL);
  call = oh_sip_call_new (sip, FALSE);
  call->identity = invite->account ? oh_sip_identity_new (invite->account) : NULL;
  call->order = copy_order (invite);
  oh_sip_call_set_handlers (call, handlers, user_data);
  oh_sip_call_move (call, OH_SIP_CALL_CALLING);
  oh_sip_post (sip, start_task, oh_sip_call_ref (call));
  return call;
}

/* Where a re-INVITE is lost with its connection sofia would hang up, by the 503 that it makes up itself. It
 * repeats instead what a Retry-After asks it to (RFC 3261 20.33), and puts one into such a 503 where it keeps a
 * blacklist: as long as a call of this agent moves, then. Other requests that get lost meanwhile are repeated
 * three times. */
void
oh_sip_call_insist (OhSipCall *call, gboolean insists)
{
  OhSipAgent *agent = call->owner.agent;

  if (call->insists == insists)
    return;
  call->insists = insists;
  agent->insistent += insists ? 1 : -1;
  nua_set_params (agent->nua, NTATAG_BLACKLIST (agent->insistent ? REPEAT_S : 0), TAG_END ());
}

/* --- Responses --- */

static void
offer_done (OhSipCall *call, guint status, const char *phrase, const char *sdp)
{
  call->offer_sent = FALSE;
  oh_sip_call_insist (call, FALSE);
  oh_sip_call_tell (call, OH_SIP_TELL_OFFER_DONE, status, phrase, sdp, 0);
}

static void
send_offer_now (OhSipCall *call)
{
  nua_invite (call->nh, TAG_IF (call->offer_contact, SIPTAG_CONTACT_STR (call->offer_contact)),
              SIPTAG_CONTENT_TYPE_STR ("application/sdp"), SIPTAG_PAYLOAD_STR (call->offer_sdp),
              TAG_END ());
}

void
oh_sip_call_stop_crossing (OhSipCall *call)
{
  oh_sip_cancel_timer (call->sip, call->crossed_timer);
  call->crossed_timer = 0;
}

/* What was agreed on by their offer since is newer than ours: that has to be made anew. */
static void
on_crossed (gpointer data)
{
  OhSipCall *call = data;

  call->crossed_timer = 0;
  if (call->offer_stale || call->offer_held)
    offer_done (call, 491, "Request Pending", NULL);
  else
    send_offer_now (call);
}

/* It met one of theirs, and both were refused. Who made the call is the later one to try again (RFC 3261 14.1). */
static void
wait_after_crossing (OhSipCall *call)
{
  guint ms = 10
             * (guint)(call->incoming ? g_random_int_range (0, 200)
                                      : g_random_int_range (210, 401));

  call->crossings++;
  oh_sip_call_stop_crossing (call);
  call->crossed_timer = oh_sip_add_timer (call->sip, MAX (ms, 1), on_crossed, call);
}

static void
on_reinvite_response (OhSipCall *call, const OhSipEvent *event)
{
  g_autofree char *sdp = event->status < 300 ? oh_sip_dup_sdp (event->message) : NULL;

  if (event->status < 200 || !call->offer_sent)
    return;
  if (event->status == 491 && call->crossings < MAX_CROSSINGS)
    wait_after_crossing (call);
  else
    offer_done (call, (guint)event->status, event->phrase, sdp);
}

static gboolean
is_reliable (const sip_t *message)
{
  return message && message->sip_rseq != NULL;
}

static void
on_progress (OhSipCall *call, const OhSipEvent *event)
{
  g_autofree char *sdp = oh_sip_dup_sdp (event->message);

  if (event->status == 100)
    return;
  oh_sip_call_move (call, OH_SIP_CALL_RINGING);
  if (is_reliable (event->message))
    {
      call->sdp_given = call->sdp_given || sdp;
      oh_sip_call_note_reliable (call);
    }
  oh_sip_call_tell (call, OH_SIP_TELL_PROGRESS, (guint)event->status, event->phrase, sdp, 0);
}

static void
on_answer (OhSipCall *call, const OhSipEvent *event)
{
  g_autofree char *sdp = call->sdp_given ? NULL : oh_sip_dup_sdp (event->message);

  if (call->hung_up)
    {
      nua_bye (call->nh, TAG_END ()); /* it crossed with our CANCEL */
      return;
    }
  oh_sip_cancel_timer (call->sip, call->timer);
  call->timer = 0;
  oh_sip_call_note_session (call, event->message);
  if (oh_sip_call_move (call, OH_SIP_CALL_ANSWERED))
    oh_sip_call_tell (call, OH_SIP_TELL_ANSWERED, 200, NULL, sdp, 0);
}

/* A connection that TLS refused looks like any lost one; say what is known. */
static const char *
explain (OhSipCall *call, const OhSipEvent *event)
{
  const char *trouble = event->status == 503 && call->owner.agent->tls
                                && !oh_sip_event_is_from_peer (event)
                            ? oh_sip_tls_get_trouble (call->sip)
                            : NULL;

  return trouble ? trouble : event->phrase;
}

void
oh_sip_call_on_invite_response (OhSipCall *call, const OhSipEvent *event)
{
  if (oh_sip_event_is_from_peer (event))
    call->heard = TRUE;
  if (oh_sip_call_get_state (call) == OH_SIP_CALL_ANSWERED)
    on_reinvite_response (call, event);
  else if (event->status < 200)
    on_progress (call, event);
  else if (event->status < 300)
    on_answer (call, event);
  else if ((event->status == 401 || event->status == 407) && !call->hung_up
           && oh_sip_identity_authenticate (call->identity, event, &call->tries))
    return;
  else
    {
      oh_sip_call_end (call, (guint)event->status, explain (call, event),
                       oh_sip_event_is_from_peer (event), event->message);
      oh_sip_call_let_go (call);
    }
}

void
oh_sip_calls_fail_tls (OhSip *sip, const char *trouble)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->calls);

  for (GList *l = all; l; l = l->next)
    {
      OhSipCall *call = l->data;

      if (call->incoming || !call->owner.agent->tls || call->heard
          || oh_sip_call_get_state (call) != OH_SIP_CALL_CALLING)
        continue;
      oh_sip_call_end (call, 503, trouble, FALSE, NULL);
      oh_sip_call_let_go (call);
    }
}

/* --- Within the call --- */

typedef struct
{
  OhSipCall *call;
  char *sdp;
  char *target; /* of a call that moves */
  char digit;
  guint ms;
} InCall;

static void
free_in_call (InCall *order)
{
  oh_sip_call_unref (order->call);
  g_free (order->sdp);
  g_free (order->target);
  g_free (order);
}

static gboolean
is_answered (OhSipCall *call)
{
  return call->nh && oh_sip_call_get_state (call) == OH_SIP_CALL_ANSWERED;
}

static void
send_offer (OhSipCall *call, const char *contact, const char *sdp)
{
  oh_sip_call_stop_crossing (call);
  g_free (call->offer_contact);
  g_free (call->offer_sdp);
  call->offer_contact = g_strdup (contact);
  call->offer_sdp = g_strdup (sdp);
  call->offer_sent = TRUE;
  call->offer_stale = FALSE;
  call->crossings = 0;
  send_offer_now (call);
}

static void
send_offer_task (gpointer data)
{
  InCall *order = data;

  if (is_answered (order->call))
    send_offer (order->call, NULL, order->sdp);
  free_in_call (order);
}

void
oh_sip_call_send_offer (OhSipCall *call, const char *sdp)
{
  InCall *order = g_new0 (InCall, 1);

  order->call = oh_sip_call_ref (call);
  order->sdp = g_strdup (sdp);
  oh_sip_post (call->sip, send_offer_task, order);
}

static void
relocate_task (gpointer data)
{
  InCall *order = data;
  OhSipCall *call = order->call;
  OhSipAgent *agent = oh_sip_agent_for (call->sip, order->target, NULL);
  g_autofree char *contact = NULL;

  if (is_answered (call) && agent == call->owner.agent)
    {
      contact = oh_sip_agent_make_contact_for (agent, order->target, NULL);
      nua_set_hparams (call->nh, NUTAG_PROXY (order->target), NUTAG_RETRY_COUNT (REPEATS),
                       TAG_END ());
      oh_sip_call_insist (call, TRUE);
      send_offer (call, contact, order->sdp);
    }
  else /* its handle is bound to another one */
    oh_sip_call_tell (call, OH_SIP_TELL_OFFER_DONE, 503, NULL, NULL, 0);
  free_in_call (order);
}

void
oh_sip_call_relocate (OhSipCall *call, const OhSipAccount *account, const char *sdp)
{
  OhSipIdentity *identity = oh_sip_identity_new (account);
  InCall *order = g_new0 (InCall, 1);

  order->call = oh_sip_call_ref (call);
  order->sdp = g_strdup (sdp);
  order->target = g_strdup (identity->target);
  oh_sip_identity_free (identity);
  oh_sip_post (call->sip, relocate_task, order);
}

static void
send_digit_task (gpointer data)
{
  InCall *order = data;
  g_autofree char *body = g_strdup_printf ("Signal=%c\r\nDuration=%u\r\n", order->digit, order->ms);

  if (is_answered (order->call))
    nua_info (order->call->nh, SIPTAG_CONTENT_TYPE_STR ("application/dtmf-relay"),
              SIPTAG_PAYLOAD_STR (body), TAG_END ());
  free_in_call (order);
}

void
oh_sip_call_send_digit (OhSipCall *call, char digit, guint ms)
{
  InCall *order = g_new0 (InCall, 1);

  order->call = oh_sip_call_ref (call);
  order->digit = digit;
  order->ms = ms ? ms : 160;
  oh_sip_post (call->sip, send_digit_task, order);
}
