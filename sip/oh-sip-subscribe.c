/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#define RETRY_MS 30000
#define EXPIRES "600"

/* Our interest in someone's state (RFC 6665), kept up: a subscription that ends is begun anew.
 * References: the user's, the table's, one an event on its way. */
struct _OhSipSubscription
{
  OhSipOwner owner;
  gatomicrefcount refs;
  OhSip *sip;
  OhSipIdentity *identity;
  char *to_uri, *event;
  OhSipNotifyFunc notify;
  gpointer user_data;
  gint closed; /* atomic */

  nua_handle_t *nh;
  guint tries, timer;
  gboolean heard; /* any response or NOTIFY came to this handle */
  gboolean ending;
};

static void
subscription_unref (OhSipSubscription *subscription)
{
  if (!g_atomic_ref_count_dec (&subscription->refs))
    return;
  oh_sip_identity_free (subscription->identity);
  g_free (subscription->to_uri);
  g_free (subscription->event);
  oh_sip_unref (subscription->sip);
  g_free (subscription);
}

typedef struct
{
  OhSipSubscription *subscription;
  char *body_type, *body;
} Told;

static void
deliver (gpointer data)
{
  Told *told = data;
  OhSipSubscription *subscription = told->subscription;

  if (!g_atomic_int_get (&subscription->sip->freed) && !g_atomic_int_get (&subscription->closed))
    subscription->notify (subscription, told->body_type, told->body, subscription->user_data);
  subscription_unref (subscription);
  g_free (told->body_type);
  g_free (told->body);
  g_free (told);
}

static void
tell (OhSipSubscription *subscription, const sip_t *message)
{
  Told *told;

  if (!message || !message->sip_payload || !message->sip_payload->pl_data)
    return;
  told = g_new (Told, 1);
  g_atomic_ref_count_inc (&subscription->refs);
  told->subscription = subscription;
  told->body_type = g_strdup (message->sip_content_type ? message->sip_content_type->c_type
                                                        : "text/plain");
  told->body = g_strndup (message->sip_payload->pl_data, message->sip_payload->pl_len);
  oh_sip_deliver (subscription->sip, deliver, told);
}

static void
start (gpointer data)
{
  OhSipSubscription *subscription = data;
  OhSipIdentity *identity = subscription->identity;
  g_autofree char *from = oh_sip_format_address (identity->name, identity->aor);
  g_autofree char *to = oh_sip_format_address (NULL, subscription->to_uri);
  g_autofree char *target = oh_sip_target (identity, NULL, subscription->to_uri);
  OhSipAgent *agent = oh_sip_agent_for (subscription->sip, target, NULL);
  g_autofree char *contact = NULL;

  subscription->timer = 0;
  subscription->tries = 0;
  subscription->heard = FALSE;
  oh_sip_handle_free (&subscription->nh);
  subscription->owner.agent = agent;
  if (!agent)
    {
      subscription->timer = oh_sip_add_timer (subscription->sip, RETRY_MS, start, subscription);
      return;
    }
  contact = oh_sip_agent_make_contact_for (agent, target, NULL);
  subscription->nh = nua_handle (agent->nua, &subscription->owner, NUTAG_URL (subscription->to_uri),
                                 SIPTAG_TO_STR (to), SIPTAG_FROM_STR (from), TAG_END ());
  nua_subscribe (subscription->nh, NUTAG_PROXY (target), SIPTAG_EVENT_STR (subscription->event),
                 TAG_IF (contact, SIPTAG_CONTACT_STR (contact)), SIPTAG_EXPIRES_STR (EXPIRES),
                 TAG_END ());
}

static void
let_go (OhSipSubscription *subscription)
{
  oh_sip_cancel_timer (subscription->sip, subscription->timer);
  subscription->timer = 0;
  oh_sip_handle_free (&subscription->nh);
  if (g_hash_table_remove (subscription->sip->subscriptions, subscription))
    subscription_unref (subscription);
}

static void
begin_anew_later (OhSipSubscription *subscription)
{
  if (!subscription->timer)
    subscription->timer = oh_sip_add_timer (subscription->sip, RETRY_MS, start, subscription);
}

static gboolean
has_terminated (const OhSipEvent *event)
{
  int state = nua_substate_active;

  tl_gets (event->tags, NUTAG_SUBSTATE_REF (state), TAG_END ());
  return state == nua_substate_terminated;
}

static void
on_event (OhSipOwner *owner, const OhSipEvent *event)
{
  OhSipSubscription *subscription = (OhSipSubscription *)owner;
  gboolean response = event->event == nua_r_subscribe || event->event == nua_r_unsubscribe;

  subscription->heard = subscription->heard || event->message;
  if (event->event == nua_i_notify)
    tell (subscription, event->message);
  if (response && (event->status == 401 || event->status == 407)
      && oh_sip_identity_authenticate (subscription->identity, event, &subscription->tries))
    return;
  if (event->event == nua_r_unsubscribe && event->status >= 200)
    let_go (subscription);
  else if (subscription->ending)
    return;
  else if (event->event == nua_r_subscribe && event->status >= 300)
    begin_anew_later (subscription);
  else if (event->event == nua_r_subscribe && event->status >= 200)
    subscription->tries = 0;
  else if (event->event == nua_i_notify && has_terminated (event))
    begin_anew_later (subscription);
}

static void
add_task (gpointer data)
{
  OhSipSubscription *subscription = data;

  if (subscription->sip->stopped || subscription->sip->shutting_down)
    {
      subscription_unref (subscription);
      return;
    }
  g_hash_table_add (subscription->sip->subscriptions, subscription);
  start (subscription);
}

OhSipSubscription *
oh_sip_subscribe (OhSip *sip,
                  const OhSipAccount *account,
                  const char *to_uri,
                  const char *event,
                  OhSipNotifyFunc notify,
                  gpointer user_data)
{
  OhSipSubscription *subscription = g_new0 (OhSipSubscription, 1);

  g_atomic_ref_count_init (&subscription->refs);
  g_atomic_ref_count_inc (&subscription->refs); /* the table's */
  subscription->owner.handle = on_event;
  subscription->sip = oh_sip_ref (sip);
  subscription->identity = oh_sip_identity_new (account);
  subscription->to_uri = g_strdup (to_uri);
  subscription->event = g_strdup (event);
  subscription->notify = notify;
  subscription->user_data = user_data;
  oh_sip_post (sip, add_task, subscription);
  return subscription;
}

static void
end (OhSipSubscription *subscription)
{
  subscription->ending = TRUE;
  oh_sip_cancel_timer (subscription->sip, subscription->timer);
  subscription->timer = 0;
  subscription->tries = 0;
  if (subscription->nh && nua_handle_has_subscribe (subscription->nh))
    nua_unsubscribe (subscription->nh, TAG_END ());
  else
    let_go (subscription);
}

static void
end_task (gpointer data)
{
  OhSipSubscription *subscription = data;

  if (!subscription->sip->stopped
      && g_hash_table_contains (subscription->sip->subscriptions, subscription)
      && !subscription->ending)
    end (subscription);
  subscription_unref (subscription);
}

void
oh_sip_subscription_end (OhSipSubscription *subscription)
{
  if (!subscription)
    return;
  g_atomic_int_set (&subscription->closed, 1);
  oh_sip_post (subscription->sip, end_task, subscription);
}

void
oh_sip_subscriptions_end_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->subscriptions);

  for (GList *l = all; l; l = l->next)
    if (!((OhSipSubscription *)l->data)->ending)
      end (l->data);
}

void
oh_sip_subscriptions_fail_tls (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->subscriptions);

  for (GList *l = all; l; l = l->next)
    {
      OhSipSubscription *subscription = l->data;

      if (!subscription->nh || !subscription->owner.agent->tls || subscription->heard)
        continue;
      oh_sip_handle_free (&subscription->nh);
      if (subscription->ending)
        let_go (subscription);
      else
        begin_anew_later (subscription);
    }
}

void
oh_sip_subscriptions_abandon_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->subscriptions);

  for (GList *l = all; l; l = l->next)
    let_go (l->data);
}
