/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-sip.h"

#include <string.h>

typedef struct
{
  guint id;
  guint64 due;
  OhTask task;
  gpointer data;
  GDestroyNotify free_data;
} Timer;

static void
timer_free (gpointer data)
{
  Timer *timer = data;

  if (timer->free_data)
    timer->free_data (timer->data);
  g_free (timer);
}

struct _OhSip
{
  const OhSipHandlers *handlers;
  gpointer user_data;
  GPtrArray *calls; /* owns a reference of each */
  GList *timers;
  guint64 now;
  guint last_id;
};

struct _OhSipCall
{
  guint refs;
  gboolean outgoing, over;
  OhSipInfo info;
  char *from, *to, *contact;
  char **headers;
  const OhSipCallHandlers *handlers;
  gpointer user_data;
  GString *log;
  OhSipEnd end; /* on its way */
};

struct _OhSipRequest
{
  OhSipInfo info;
  char *contact, *expires;
};

static const char *const no_diversions[] = { NULL };

OhSip *
fake_sip_new (const OhSipHandlers *handlers, gpointer user_data)
{
  OhSip *sip = g_new0 (OhSip, 1);

  sip->handlers = handlers;
  sip->user_data = user_data;
  sip->calls = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_sip_call_unref);
  return sip;
}

void
oh_sip_free (OhSip *sip)
{
  g_list_free_full (sip->timers, timer_free);
  g_ptr_array_unref (sip->calls);
  g_free (sip);
}

void
oh_sip_post (OhSip *sip, OhTask task, gpointer data)
{
  task (data);
}

OhExecutor
oh_sip_get_executor (OhSip *sip)
{
  return oh_executor_for_context (NULL);
}

guint
oh_sip_add_timer (OhSip *sip, guint ms, OhTask task, gpointer data)
{
  return oh_sip_add_timer_full (sip, ms, task, data, NULL);
}

guint
oh_sip_add_timer_full (OhSip *sip, guint ms, OhTask task, gpointer data, GDestroyNotify free_data)
{
  Timer *timer = g_new (Timer, 1);

  *timer = (Timer){ ++sip->last_id, sip->now + ms, task, data, free_data };
  sip->timers = g_list_append (sip->timers, timer);
  return timer->id;
}

guint
oh_sip_get_inbox (OhSip *sip)
{
  return 0;
}

void
oh_sip_set_learned_address (OhSip *sip, const char *address)
{
}

void
oh_sip_cancel_timer (OhSip *sip, guint id)
{
  for (GList *l = sip->timers; l; l = l->next)
    if (((Timer *)l->data)->id == id)
      {
        timer_free (l->data);
        sip->timers = g_list_delete_link (sip->timers, l);
        return;
      }
}

void
fake_sip_pass (OhSip *sip, guint ms)
{
  guint64 end = sip->now + ms;

  for (;;)
    {
      Timer *next = NULL;

      for (GList *l = sip->timers; l; l = l->next)
        {
          Timer *timer = l->data;

          if (timer->due <= end && (!next || timer->due < next->due))
            next = timer;
        }
      if (!next)
        break;
      sip->now = next->due;
      sip->timers = g_list_remove (sip->timers, next);
      next->task (next->data);
      timer_free (next);
    }
  sip->now = end;
}

/* --- Calls --- */

static OhSipCall *
call_new (OhSip *sip)
{
  OhSipCall *call = g_new0 (OhSipCall, 1);

  call->refs = 1;
  call->log = g_string_new (NULL);
  g_ptr_array_add (sip->calls, oh_sip_call_ref (call));
  return call;
}

OhSipCall *
oh_sip_call_ref (OhSipCall *call)
{
  call->refs++;
  return call;
}

void
oh_sip_call_unref (OhSipCall *call)
{
  if (--call->refs > 0)
    return;
  g_string_free (call->log, TRUE);
  g_strfreev (call->headers);
  g_free (call->from);
  g_free (call->to);
  g_free (call->contact);
  g_free (call);
}

static void
note (OhSipCall *call, const char *format, ...)
{
  va_list args;

  if (call->log->len)
    g_string_append_c (call->log, ' ');
  va_start (args, format);
  g_string_append_vprintf (call->log, format, args);
  va_end (args);
}

const char *
fake_call_get_log (OhSipCall *call)
{
  return call->log->str;
}

const char *
fake_call_get_header_sent (OhSipCall *call, const char *start)
{
  for (char **header = call->headers; header && *header; header++)
    if (g_str_has_prefix (*header, start))
      return *header;
  return NULL;
}

static void
tell_end (gpointer data)
{
  OhSipCall *call = data;

  if (call->handlers)
    call->handlers->ended (call, &call->end, call->user_data);
  oh_sip_call_unref (call);
}

static void
end_later (OhSipCall *call, guint status, gboolean by_peer, guint choice)
{
  OhExecutor executor = oh_executor_for_context (NULL);

  if (call->over)
    return;
  call->over = TRUE;
  call->end = (OhSipEnd){ .status = status, .by_peer = by_peer, .choice = choice };
  oh_executor_post (&executor, tell_end, oh_sip_call_ref (call));
}

OhSipCall *
fake_sip_arrive (OhSip *sip, const char *from, const char *to)
{
  return fake_sip_arrive_as (sip, from, "Demo Caller", NULL, to);
}

OhSipCall *
fake_sip_arrive_as (
    OhSip *sip, const char *from, const char *name, const char *identity, const char *to)
{
  OhSipCall *call = call_new (sip);

  call->from = g_strdup (from);
  call->to = g_strdup (to);
  call->info = (OhSipInfo){
    .method = "INVITE",
    .call_id = "fake",
    .request_uri = "",
    .request_user = call->to,
    .request_host = "127.0.0.1",
    .from_uri = "",
    .from_user = call->from,
    .from_host = "127.0.0.1",
    .from_name = name,
    .identity_user = identity,
    .to_uri = "",
    .to_user = call->to,
    .to_host = "",
    .diversions = no_diversions,
    .transport = "udp",
    .source_address = "127.0.0.9",
    .source_port = 5060,
    .body_type = "application/sdp",
    .body = "v=0\r\nm=audio 4000 RTP/AVP 0\r\n",
    .body_length = 30,
  };
  sip->handlers->call (sip, call, sip->user_data);
  return call;
}

OhSipCall *
oh_sip_call_invite (OhSip *sip,
                    const OhSipInvite *invite,
                    const OhSipCallHandlers *handlers,
                    gpointer user_data)
{
  OhSipCall *call = call_new (sip);

  call->outgoing = TRUE;
  call->contact = g_strdup (invite->to_uri);
  call->headers = g_strdupv ((char **)invite->headers);
  call->handlers = handlers;
  call->user_data = user_data;
  return call;
}

OhSipCall *
fake_sip_find_outgoing (OhSip *sip, const char *device)
{
  g_autofree char *start = g_strdup_printf ("sip:%s@", device);

  for (guint i = 0; i < sip->calls->len; i++)
    {
      OhSipCall *call = g_ptr_array_index (sip->calls, i);

      if (call->outgoing && !call->over && g_str_has_prefix (call->contact, start))
        return call;
    }
  return NULL;
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
  return &call->info;
}

const char *
oh_sip_call_get_header (OhSipCall *call, const char *name)
{
  return NULL;
}

void
oh_sip_call_ring (OhSipCall *call)
{
  note (call, "180");
}

void
oh_sip_call_progress (OhSipCall *call, const char *sdp)
{
  note (call, "183");
}

void
oh_sip_call_answer (OhSipCall *call, const char *sdp)
{
  note (call, "200");
}

void
oh_sip_call_reject (OhSipCall *call, guint status, const char *phrase, const char *const *headers)
{
  note (call, "%u", status);
  end_later (call, status, FALSE, 0);
}

void
oh_sip_call_hang_up (OhSipCall *call, guint cause, const char *text)
{
  if (!call->over)
    note (call, "hang-up:%u", cause);
  end_later (call, cause, FALSE, 0);
}

void
oh_sip_call_ask_to_talk (OhSipCall *call)
{
  note (call, "talk");
}

void
fake_call_asked (OhSipCall *call, guint status)
{
  call->handlers->asked (call, status, call->user_data);
}

void
oh_sip_call_accept_offer (OhSipCall *call, const char *sdp)
{
  note (call, "accept");
}

void
oh_sip_call_refuse_offer (OhSipCall *call, guint status)
{
  note (call, "refuse");
}

OhSipAuth
oh_sip_call_authenticate (OhSipCall *call,
                          const char *realm,
                          OhSipDigest default_algorithm,
                          OhSipCredentialFunc func,
                          gpointer user_data)
{
  oh_sip_call_unref (call);
  return OH_SIP_AUTH_CHALLENGED;
}

void
fake_call_ring (OhSipCall *call)
{
  call->handlers->progress (call, 180, "Ringing", NULL, call->user_data);
}

void
fake_call_answer (OhSipCall *call)
{
  if (!call->over)
    call->handlers->answered (call, call->outgoing ? "v=0" : NULL, call->user_data);
}

void
fake_call_end (OhSipCall *call, guint status, guint choice)
{
  end_later (call, status, TRUE, choice);
}

void
fake_call_break (OhSipCall *call)
{
  end_later (call, 503, FALSE, 0);
}

/* --- Requests --- */

void
fake_sip_register (OhSip *sip, const char *device, const char *alias, guint16 port, guint expires)
{
  OhSipRequest *request = g_new0 (OhSipRequest, 1);

  request->contact = g_strdup_printf ("sip:%s@127.0.0.1:%u", device, port);
  request->expires = g_strdup_printf ("%u", expires);
  request->info = (OhSipInfo){
    .method = "REGISTER",
    .to_user = alias,
    .from_user = alias,
    .request_user = "",
    .contact_uri = request->contact,
    .transport = "tls",
    .source_address = "127.0.0.1",
    .source_port = port,
    .auth_user = device,
    .diversions = no_diversions,
  };
  sip->handlers->request (sip, request, sip->user_data);
}

const OhSipInfo *
oh_sip_request_get_info (OhSipRequest *request)
{
  return &request->info;
}

const char *
oh_sip_request_get_header (OhSipRequest *request, const char *name)
{
  return g_str_equal (name, "Contact")   ? request->contact
         : g_str_equal (name, "Expires") ? request->expires
                                         : NULL;
}

OhSipAuth
oh_sip_request_authenticate (OhSipRequest *request,
                             const char *realm,
                             OhSipDigest default_algorithm,
                             OhSipCredentialFunc func,
                             gpointer user_data)
{
  OhSipCredential credential;

  g_assert_true (func (request->info.auth_user, &credential, user_data));
  return OH_SIP_AUTH_OK;
}

void
oh_sip_request_reply (OhSipRequest *request,
                      guint status,
                      const char *phrase,
                      const char *const *headers,
                      const char *body_type,
                      const char *body)
{
  g_assert_cmpuint (status, ==, 200);
  g_free (request->contact);
  g_free (request->expires);
  g_free (request);
}

/* --- What these tests never reach --- */

void
oh_sip_request_free (OhSipRequest *request)
{
  g_assert_null (request);
}

void
oh_sip_send_message (OhSip *sip,
                     const OhSipMessage *message,
                     OhSipDoneFunc done,
                     gpointer user_data)
{
  g_assert_not_reached ();
}

OhSipWatcher *
oh_sip_request_accept_subscription (OhSipRequest *request, guint expires)
{
  g_assert_not_reached ();
}

void
oh_sip_watcher_notify (OhSipWatcher *watcher, const char *body_type, const char *body)
{
  g_assert_not_reached ();
}

gboolean
oh_sip_watcher_is_alive (OhSipWatcher *watcher)
{
  g_assert_not_reached ();
}

void
oh_sip_watcher_end (OhSipWatcher *watcher, const char *reason)
{
  g_assert_not_reached ();
}

OhSipRegistration *
oh_sip_register (OhSip *sip,
                 const OhSipAccount *account,
                 const OhSipRegistrationHandlers *handlers,
                 gpointer user_data)
{
  g_assert_not_reached ();
}

void
oh_sip_registration_end (OhSipRegistration *registration, gboolean tell)
{
  g_assert_not_reached ();
}
