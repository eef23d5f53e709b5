/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-request-private.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#include <string.h>

/* Someone else's subscription to a state of ours. The user owns it until oh_sip_watcher_end(). */
struct _OhSipWatcher
{
  OhSipOwner owner;
  OhSip *sip;
  nua_handle_t *nh;
  char *event, *body_type, *body; /* what was notified last */
  char *source;                   /* where it must be sent, if not to the Contact */
  char *contact;                  /* ours, if sofia's would not do */
  guint expires;
  gint alive; /* atomic */
};

static void
watcher_free (OhSipWatcher *watcher)
{
  g_free (watcher->event);
  g_free (watcher->source);
  g_free (watcher->contact);
  g_free (watcher->body_type);
  g_free (watcher->body);
  oh_sip_unref (watcher->sip);
  g_free (watcher);
}

static void
let_go (OhSipWatcher *watcher)
{
  g_atomic_int_set (&watcher->alive, 0);
  oh_sip_handle_free (&watcher->nh);
  g_hash_table_remove (watcher->sip->watchers, watcher);
}

static void
send_notify (OhSipWatcher *watcher, int state)
{
  nua_notify (watcher->nh, SIPTAG_EVENT_STR (watcher->event), NUTAG_SUBSTATE (state),
              TAG_IF (watcher->source, NUTAG_PROXY (watcher->source)),
              TAG_IF (watcher->contact, SIPTAG_CONTACT_STR (watcher->contact)),
              TAG_IF (watcher->body, SIPTAG_CONTENT_TYPE_STR (watcher->body_type)),
              TAG_IF (watcher->body, SIPTAG_PAYLOAD_STR (watcher->body)), TAG_END ());
}

static guint
asked_expires (const sip_t *message, guint most)
{
  return message->sip_expires ? (guint)MIN (message->sip_expires->ex_delta, most) : most;
}

/* A refresh, or the end, of this subscription. */
static void
refresh (OhSipWatcher *watcher, const OhSipEvent *event)
{
  guint expires = asked_expires (event->message, watcher->expires);
  g_autofree char *text = g_strdup_printf ("%u", expires);

  if (event->status < 200)
    nua_respond (watcher->nh, SIP_200_OK, NUTAG_WITH_CURRENT (event->agent->nua),
                 SIPTAG_EXPIRES_STR (text), TAG_END ());
  send_notify (watcher, expires ? nua_substate_active : nua_substate_terminated);
  if (!expires)
    g_atomic_int_set (&watcher->alive, 0);
}

static void
on_event (OhSipOwner *owner, const OhSipEvent *event)
{
  OhSipWatcher *watcher = (OhSipWatcher *)owner;
  int state = nua_substate_active;

  if (event->event == nua_i_subscribe)
    refresh (watcher, event);
  else if (event->event == nua_r_notify && event->status >= 200)
    {
      tl_gets (event->tags, NUTAG_SUBSTATE_REF (state), TAG_END ());
      if (event->status >= 300 || state == nua_substate_terminated)
        let_go (watcher);
    }
}

typedef struct
{
  OhSipWatcher *watcher;
  OhSipRequest *request;
  char *body_type, *body;
} Order;

static void
accept_task (gpointer data)
{
  g_autofree Order *order = data;
  OhSipWatcher *watcher = order->watcher;
  OhSipRequest *request = order->request;
  g_autofree char *expires = g_strdup_printf ("Expires: %u", watcher->expires);

  if (request->gone)
    {
      g_atomic_int_set (&watcher->alive, 0);
      oh_sip_request_free (request);
      return;
    }
  watcher->nh = request->nh;
  watcher->owner.agent = request->owner.agent;
  watcher->source = oh_sip_dup_source (request->parsed, request->message);
  watcher->contact = oh_sip_agent_make_contact (
      request->owner.agent, request->parsed->info.source_address, request->parsed->info.transport);
  g_hash_table_add (watcher->sip->watchers, watcher);
  request->headers = g_strdupv ((char *[]){ expires, NULL });
  oh_sip_request_respond (request, 202, "Accepted");
  nua_handle_bind (watcher->nh, &watcher->owner);
  oh_sip_request_take_handle (request);
}

OhSipWatcher *
oh_sip_request_accept_subscription (OhSipRequest *request, guint expires)
{
  const char *event = oh_sip_request_get_header (request, "Event");
  const char *asked = oh_sip_request_get_header (request, "Expires");
  OhSipWatcher *watcher;
  Order *order;

  if (!event || (asked && atoi (asked) == 0))
    {
      oh_sip_request_reply (request, event ? 200 : 489, NULL,
                            event ? (const char *const[]){ "Expires: 0", NULL } : NULL, NULL, NULL);
      return NULL;
    }
  watcher = g_new0 (OhSipWatcher, 1);
  watcher->owner.handle = on_event;
  watcher->sip = oh_sip_ref (request->sip);
  watcher->event = g_strdup (event);
  watcher->expires = asked ? (guint)MIN (expires, g_ascii_strtoull (asked, NULL, 10)) : expires;
  watcher->alive = 1;
  order = g_new0 (Order, 1);
  order->watcher = watcher;
  order->request = request;
  oh_sip_post (watcher->sip, accept_task, order);
  return watcher;
}

static void
notify_task (gpointer data)
{
  g_autofree Order *order = data;
  OhSipWatcher *watcher = order->watcher;

  g_free (watcher->body_type);
  g_free (watcher->body);
  watcher->body_type = order->body_type;
  watcher->body = order->body;
  if (watcher->nh && g_atomic_int_get (&watcher->alive))
    send_notify (watcher, nua_substate_active);
}

void
oh_sip_watcher_notify (OhSipWatcher *watcher, const char *body_type, const char *body)
{
  Order *order = g_new0 (Order, 1);

  order->watcher = watcher;
  order->body_type = g_strdup (body_type);
  order->body = g_strdup (body);
  oh_sip_post (watcher->sip, notify_task, order);
}

gboolean
oh_sip_watcher_is_alive (OhSipWatcher *watcher)
{
  return g_atomic_int_get (&watcher->alive);
}

static void
end_task (gpointer data)
{
  OhSipWatcher *watcher = data;

  if (watcher->nh && g_atomic_int_get (&watcher->alive))
    send_notify (watcher, nua_substate_terminated);
  let_go (watcher);
  watcher_free (watcher);
}

void
oh_sip_watcher_end (OhSipWatcher *watcher, const char *reason)
{
  if (watcher)
    oh_sip_post (watcher->sip, end_task, watcher);
}

void
oh_sip_watchers_end_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->watchers);

  for (GList *l = all; l; l = l->next)
    {
      send_notify (l->data, nua_substate_terminated);
      let_go (l->data);
    }
}

void
oh_sip_watchers_abandon_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->watchers);

  for (GList *l = all; l; l = l->next)
    let_go (l->data);
}
