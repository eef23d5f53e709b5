/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-call-private.h"
#include "sip/oh-sip-request-private.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#include <arpa/inet.h>
#include <string.h>

#define RETRY_AFTER_S 5
#define ROOM_BYTES (96 * 1024)

/* --- Arriving --- */

static void
deliver_arrival (gpointer data)
{
  OhSipCall *call = data;
  OhSip *sip = call->sip;

  if (oh_sip_is_heard (sip) && sip->handlers->call)
    {
      sip->handlers->call (sip, call, sip->user_data);
      return;
    }
  oh_sip_call_reject (call, 480, NULL, NULL);
  oh_sip_call_unref (call);
}

static void
refuse (const OhSipEvent *event, int status, guint retry_s)
{
  char retry_after[16];

  g_snprintf (retry_after, sizeof retry_after, "%u", retry_s);
  nua_respond (event->nh, status, sip_status_phrase (status),
               TAG_IF (retry_s, SIPTAG_RETRY_AFTER_STR (retry_after)),
               TAG_IF (status == 415, SIPTAG_ACCEPT_STR (OH_SIP_BODY_TYPES)), TAG_END ());
  nua_handle_destroy (event->nh);
}

/* Under a flood this is all that is done for a call, so it comes first and takes no memory. */
static gboolean
is_admitted (const OhSipEvent *event, guint *retry_s)
{
  OhSip *sip = event->sip;
  msg_t *msg = nua_current_request (event->agent->nua);
  char address[INET6_ADDRSTRLEN];
  OhSipArrival arrival = {
    .transport = oh_sip_agent_transport (event->agent, event->message),
    .source_port = oh_sip_read_source (msg, address, sizeof address),
    .source_address = address,
    .request_user = event->message->sip_request->rq_url->url_user,
    .waited_us = -1,
    .beginning = sip->beginning,
  };

  if (!oh_sip_is_heard (sip) || !sip->handlers->admit)
    return TRUE;
  if (strcmp (arrival.transport, "udp") == 0)
    arrival.waited_us = oh_sip_inbox_get_wait (event->agent);
  return sip->handlers->admit (sip, &arrival, retry_s, sip->user_data);
}

/* The heap of a thread that is not the first one grows a page at a time, with a system call for each. What is
 * taken and given back at once makes it grow by as much as the next calls will take. */
static void
make_room (void)
{
  g_free (g_malloc (ROOM_BYTES));
}

void
oh_sip_call_arrive (const OhSipEvent *event)
{
  OhSip *sip = event->sip;
  g_autofree char *source = NULL;
  OhSipCall *call;
  guint retry_s = RETRY_AFTER_S;
  int fault;

  if (event->status >= 200)
    {
      nua_handle_destroy (event->nh); /* sofia refused it already */
      return;
    }
  if (sip->shutting_down || g_hash_table_size (sip->calls) >= sip->max_calls
      || !is_admitted (event, &retry_s))
    {
      refuse (event, 503, retry_s);
      return;
    }
  fault = oh_sip_check_request (event->message);
  if (!fault)
    fault = oh_sip_check_offer (event->message);
  if (fault)
    {
      refuse (event, fault, 0);
      return;
    }
  if (!sip->handlers || !sip->handlers->call)
    {
      refuse (event, 501, 0);
      return;
    }
  make_room ();
  call = oh_sip_call_new (sip, TRUE);
  call->owner.agent = event->agent;
  call->nh = event->nh;
  call->parsed = oh_sip_parse (nua_current_request (event->agent->nua), event->message,
                               oh_sip_agent_transport (event->agent, event->message));
  call->beginning = TRUE;
  sip->beginning++;
  nua_handle_bind (event->nh, &call->owner);
  g_hash_table_add (sip->calls, oh_sip_call_ref (call));
  oh_sip_call_move (call, OH_SIP_CALL_ARRIVED);
  source = oh_sip_dup_source (call->parsed, event->message);
  if (source)
    nua_set_hparams (call->nh, NUTAG_PROXY (source), TAG_END ());
  oh_sip_call_note_session (call, event->message);

  oh_sip_call_ref (call);
  call->message = event->message;
  oh_sip_deliver (sip, deliver_arrival, call);
  call->message = NULL;
  oh_sip_call_unref (call);
}

OhSipAuth
oh_sip_call_authenticate (OhSipCall *call,
                          const char *realm,
                          OhSipDigest default_algorithm,
                          OhSipCredentialFunc func,
                          gpointer user_data)
{
  g_autofree char *auth_user = NULL;
  g_autofree char *challenge = NULL;

  g_return_val_if_fail (call->message && oh_sip_is_stack_thread (call->sip),
                        OH_SIP_AUTH_CHALLENGED);
  if (oh_sip_digest_check (call->sip, call->message, realm, default_algorithm, func, user_data,
                           TRUE, &auth_user, &challenge))
    {
      oh_sip_parsed_set_auth_user (call->parsed, auth_user);
      return OH_SIP_AUTH_OK;
    }
  nua_respond (call->nh, SIP_407_PROXY_AUTH_REQUIRED, SIPTAG_PROXY_AUTHENTICATE_STR (challenge),
               TAG_END ());
  oh_sip_call_set_handlers (call, NULL, NULL);
  oh_sip_call_end (call, 407, NULL, FALSE, NULL);
  oh_sip_call_let_go (call);
  oh_sip_call_unref (call);
  return OH_SIP_AUTH_CHALLENGED;
}

/* --- Replying, from any thread --- */

typedef struct
{
  OhSipCall *call;
  guint status;
  char *phrase, *sdp, *headers;
} Reply;

static void
free_reply (Reply *reply)
{
  oh_sip_call_unref (reply->call);
  g_free (reply->phrase);
  g_free (reply->sdp);
  g_free (reply->headers);
  g_free (reply);
}

static void
respond (const Reply *reply)
{
  OhSipCall *call = reply->call;
  /* sofia reads the phrase later and keeps no copy: ours, or the far end's, would be gone by then. */
  const char *phrase = sip_status_phrase ((int)reply->status);
  g_autofree char *contact = reply->status < 300
                                 ? oh_sip_agent_make_contact (call->owner.agent,
                                                              call->parsed->info.source_address,
                                                              call->parsed->info.transport)
                                 : NULL;

  nua_respond (call->nh, (int)reply->status, phrase ? phrase : "Refused",
               TAG_IF (contact, SIPTAG_CONTACT_STR (contact)),
               TAG_IF (reply->headers, SIPTAG_HEADER_STR (reply->headers)),
               TAG_IF (reply->sdp, SIPTAG_CONTENT_TYPE_STR ("application/sdp")),
               TAG_IF (reply->sdp, SIPTAG_PAYLOAD_STR (reply->sdp)), TAG_END ());
}

static void
reply_task (gpointer data)
{
  Reply *reply = data;
  OhSipCall *call = reply->call;

  if (!call->nh || oh_sip_call_get_state (call) != OH_SIP_CALL_ARRIVED)
    {
      free_reply (reply);
      return;
    }
  respond (reply);
  oh_sip_call_has_begun (call);
  if (reply->status >= 300)
    {
      call->hung_up = TRUE;
      oh_sip_call_end (call, reply->status, reply->phrase, FALSE, NULL);
    }
  else if (reply->status >= 200)
    oh_sip_call_move (call, OH_SIP_CALL_ANSWERED);
  free_reply (reply);
}

static void
post_reply (OhSipCall *call, guint status, const char *phrase, const char *sdp, char *headers)
{
  Reply *reply = g_new0 (Reply, 1);

  reply->call = oh_sip_call_ref (call);
  reply->status = status;
  reply->phrase = g_strdup (phrase);
  reply->sdp = g_strdup (sdp);
  reply->headers = headers;
  oh_sip_post (call->sip, reply_task, reply);
}

void
oh_sip_call_ring (OhSipCall *call)
{
  post_reply (call, 180, NULL, NULL, NULL);
}

void
oh_sip_call_progress (OhSipCall *call, const char *sdp)
{
  post_reply (call, 183, NULL, sdp, NULL);
}

void
oh_sip_call_answer (OhSipCall *call, const char *sdp)
{
  post_reply (call, 200, NULL, sdp, NULL);
}

void
oh_sip_call_reject (OhSipCall *call, guint status, const char *phrase, const char *const *headers)
{
  g_return_if_fail (status >= 300 && status < 700);
  post_reply (call, status, phrase, NULL, headers ? oh_sip_join_headers (headers) : NULL);
}

/* --- An offer within the call --- */

static void
answer_offer_task (gpointer data)
{
  Reply *reply = data;
  OhSipCall *call = reply->call;

  if (call->nh && call->offer_held)
    {
      call->offer_held = FALSE;
      nua_respond (call->nh, (int)reply->status, sip_status_phrase ((int)reply->status),
                   NUTAG_WITH_SAVED (call->offer_saved),
                   TAG_IF (reply->sdp, SIPTAG_CONTENT_TYPE_STR ("application/sdp")),
                   TAG_IF (reply->sdp, SIPTAG_PAYLOAD_STR (reply->sdp)), TAG_END ());
      nua_destroy_event (call->offer_saved);
      call->answer_due = call->answer_due && reply->status < 300;
    }
  free_reply (reply);
}

void
oh_sip_call_accept_offer (OhSipCall *call, const char *sdp)
{
  Reply *reply = g_new0 (Reply, 1);

  reply->call = oh_sip_call_ref (call);
  reply->status = 200;
  reply->sdp = g_strdup (sdp);
  oh_sip_post (call->sip, answer_offer_task, reply);
}

void
oh_sip_call_refuse_offer (OhSipCall *call, guint status)
{
  Reply *reply = g_new0 (Reply, 1);

  reply->call = oh_sip_call_ref (call);
  reply->status = status;
  oh_sip_post (call->sip, answer_offer_task, reply);
}
