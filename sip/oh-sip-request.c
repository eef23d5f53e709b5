/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-request-private.h"

#include "base/oh-error.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#include <string.h>

static void
on_event (OhSipOwner *owner, const OhSipEvent *event)
{
  /* The transaction is held by the saved event; nothing else of interest happens to it. */
}

static OhSipRequest *
request_new (const OhSipEvent *event)
{
  OhSipRequest *request = g_new0 (OhSipRequest, 1);

  request->owner.handle = on_event;
  request->sip = oh_sip_ref (event->sip);
  request->owner.agent = event->agent;
  request->nh = event->nh;
  request->parsed = oh_sip_parse (nua_current_request (event->agent->nua), event->message,
                                  oh_sip_agent_transport (event->agent, event->message));
  request->message = event->message;
  nua_save_event (event->agent->nua, request->saved);
  nua_handle_bind (event->nh, &request->owner);
  g_hash_table_add (event->sip->requests, request);
  return request;
}

/* Frees what belongs to the stack's thread. */
static void
let_go (OhSipRequest *request)
{
  if (request->saved[0])
    nua_destroy_event (request->saved);
  if (!request->keep_handle)
    oh_sip_handle_free (&request->nh);
  g_hash_table_remove (request->sip->requests, request);
  request->gone = TRUE;
}

static void
destroy (OhSipRequest *request)
{
  g_free (request->phrase);
  g_strfreev (request->headers);
  g_free (request->body_type);
  g_free (request->body);
  oh_sip_parsed_unref (request->parsed);
  oh_sip_unref (request->sip);
  g_free (request);
}

static void
deliver_request (gpointer data)
{
  OhSipRequest *request = data;
  OhSip *sip = request->sip;

  if (oh_sip_is_heard (sip) && sip->handlers->request)
    sip->handlers->request (sip, request, sip->user_data);
  else
    oh_sip_request_free (request);
}

/* Without a handler OPTIONS is answered like any user agent does. */
static void
answer_alone (const OhSipEvent *event)
{
  gboolean options = event->event == nua_i_options;

  nua_respond (event->nh, options ? 200 : 501, options ? "OK" : "Not Implemented",
               NUTAG_WITH_CURRENT (event->agent->nua), TAG_END ());
  nua_handle_destroy (event->nh);
}

void
oh_sip_request_arrive (const OhSipEvent *event)
{
  OhSip *sip = event->sip;
  OhSipRequest *request;
  int fault;

  if (event->status >= 200)
    {
      nua_handle_destroy (event->nh); /* sofia refused it already */
      return;
    }
  fault = oh_sip_check_request (event->message);
  if (fault)
    {
      nua_respond (event->nh, fault, sip_status_phrase (fault),
                   NUTAG_WITH_CURRENT (event->agent->nua), TAG_END ());
      nua_handle_destroy (event->nh);
      return;
    }
  if (sip->shutting_down || !sip->handlers || !sip->handlers->request)
    {
      answer_alone (event);
      return;
    }
  request = request_new (event);
  if (event->event == nua_i_register)
    oh_sip_agent_note_flow (event->agent, request->parsed);
  oh_sip_deliver (sip, deliver_request, request);
}

const OhSipInfo *
oh_sip_request_get_info (OhSipRequest *request)
{
  return &request->parsed->info;
}

const char *
oh_sip_request_get_header (OhSipRequest *request, const char *name)
{
  return oh_sip_parsed_header (request->parsed, name);
}

char *
oh_sip_join_headers (const char *const *headers)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; headers && headers[i]; i++)
    if (strchr (headers[i], ':') && !strpbrk (headers[i], "\r\n"))
      g_string_append_printf (text, "%s\r\n", headers[i]);
  return g_string_free (text, FALSE);
}

void
oh_sip_request_respond (OhSipRequest *request, guint status, const char *phrase)
{
  g_autofree char *extra = oh_sip_join_headers ((const char *const *)request->headers);
  const OhSipInfo *info = &request->parsed->info;
  g_autofree char *contact = strcmp (info->method, "SUBSCRIBE") == 0 && status < 300
                                 ? oh_sip_agent_make_contact (request->owner.agent,
                                                              info->source_address, info->transport)
                                 : NULL;

  /* sofia reads the phrase later, and keeps no copy. */
  nua_respond (request->nh, (int)status,
               phrase ? g_intern_string (phrase) : sip_status_phrase ((int)status),
               NUTAG_WITH_SAVED (request->saved), TAG_IF (contact, SIPTAG_CONTACT_STR (contact)),
               TAG_IF (*extra, SIPTAG_HEADER_STR (extra)),
               TAG_IF (request->body, SIPTAG_CONTENT_TYPE_STR (request->body_type)),
               TAG_IF (request->body, SIPTAG_PAYLOAD_STR (request->body)), TAG_END ());
}

static void
reply_task (gpointer data)
{
  OhSipRequest *request = data;

  if (!request->gone)
    {
      oh_sip_request_respond (request, request->status, request->phrase);
      let_go (request);
    }
  destroy (request);
}

void
oh_sip_request_reply (OhSipRequest *request,
                      guint status,
                      const char *phrase,
                      const char *const *headers,
                      const char *body_type,
                      const char *body)
{
  g_return_if_fail (status >= 200 && status < 700);
  request->status = status;
  request->phrase = g_strdup (phrase);
  request->headers = g_strdupv ((char **)headers);
  request->body_type = g_strdup (body_type);
  request->body = g_strdup (body);
  oh_sip_post (request->sip, reply_task, request);
}

void
oh_sip_request_free (OhSipRequest *request)
{
  if (request)
    oh_sip_request_reply (request, 500, NULL, NULL, NULL, NULL);
}

void
oh_sip_request_take_handle (OhSipRequest *request)
{
  request->keep_handle = TRUE;
  let_go (request);
  destroy (request);
}

OhSipAuth
oh_sip_request_authenticate (OhSipRequest *request,
                             const char *realm,
                             OhSipDigest default_algorithm,
                             OhSipCredentialFunc func,
                             gpointer user_data)
{
  gboolean proxy = strcmp (request->parsed->info.method, "REGISTER") != 0;
  g_autofree char *auth_user = NULL;
  g_autofree char *challenge = NULL;
  g_autofree char *header = NULL;

  g_return_val_if_fail (oh_sip_is_stack_thread (request->sip), OH_SIP_AUTH_CHALLENGED);
  if (oh_sip_digest_check (request->sip, request->message, realm, default_algorithm, func,
                           user_data, proxy, &auth_user, &challenge))
    {
      oh_sip_parsed_set_auth_user (request->parsed, auth_user);
      return OH_SIP_AUTH_OK;
    }
  header = g_strdup_printf ("%s: %s", proxy ? "Proxy-Authenticate" : "WWW-Authenticate", challenge);
  oh_sip_request_reply (request, proxy ? 407 : 401, NULL, (const char *const[]){ header, NULL },
                        NULL, NULL);
  return OH_SIP_AUTH_CHALLENGED;
}

void
oh_sip_requests_abandon_all (OhSip *sip)
{
  GHashTableIter iter;
  gpointer request;

  g_hash_table_iter_init (&iter, sip->requests);
  while (g_hash_table_iter_next (&iter, &request, NULL))
    {
      OhSipRequest *open = request;

      nua_destroy_event (open->saved);
      oh_sip_handle_free (&open->nh);
      open->gone = TRUE;
      g_hash_table_iter_remove (&iter);
    }
}
