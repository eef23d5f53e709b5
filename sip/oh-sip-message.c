/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-request-private.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

/* One MESSAGE on its way; frees itself when its outcome was told. */
typedef struct
{
  OhSipOwner owner;
  OhSip *sip;
  OhSipIdentity *identity;
  nua_handle_t *nh;
  gboolean heard; /* any response came */
  char *to_uri, *route, *headers, *body_type, *body;
  OhSipDoneFunc done;
  gpointer user_data;
  guint tries;
  guint status;
  char *phrase;
} Sending;

static void
free_sending (Sending *sending)
{
  oh_sip_identity_free (sending->identity);
  g_free (sending->to_uri);
  g_free (sending->route);
  g_free (sending->headers);
  g_free (sending->body_type);
  g_free (sending->body);
  g_free (sending->phrase);
  oh_sip_unref (sending->sip);
  g_free (sending);
}

static void
deliver (gpointer data)
{
  Sending *sending = data;

  if (sending->done && !g_atomic_int_get (&sending->sip->freed))
    sending->done (sending->sip, sending->status, sending->phrase, sending->user_data);
  free_sending (sending);
}

static void
finish (Sending *sending, guint status, const char *phrase)
{
  oh_sip_handle_free (&sending->nh);
  g_hash_table_remove (sending->sip->sendings, sending);
  sending->status = status;
  sending->phrase = g_strdup (phrase);
  oh_sip_deliver (sending->sip, deliver, sending);
}

static void
on_event (OhSipOwner *owner, const OhSipEvent *event)
{
  Sending *sending = (Sending *)owner;

  if (event->event != nua_r_message)
    return;
  sending->heard = sending->heard || event->message;
  if (event->status < 200)
    return;
  if ((event->status == 401 || event->status == 407)
      && oh_sip_identity_authenticate (sending->identity, event, &sending->tries))
    return;
  finish (sending, (guint)event->status, event->phrase);
}

static void
send_task (gpointer data)
{
  Sending *sending = data;
  g_autofree char *target = oh_sip_target (sending->identity, sending->route, sending->to_uri);
  g_autofree char *to = oh_sip_format_address (NULL, sending->to_uri);
  g_autofree char *from = oh_sip_format_address (sending->identity->name, sending->identity->aor);
  g_autoptr (GError) error = NULL;
  OhSipAgent *agent = sending->sip->stopped ? NULL
                                            : oh_sip_agent_for (sending->sip, target, &error);

  if (!agent)
    {
      sending->status = 503;
      sending->phrase = g_strdup (error ? error->message : "Shutting down");
      oh_sip_deliver (sending->sip, deliver, sending);
      return;
    }
  g_hash_table_add (sending->sip->sendings, sending);
  sending->owner.agent = agent;
  sending->nh = nua_handle (agent->nua, &sending->owner, NUTAG_URL (sending->to_uri),
                            SIPTAG_TO_STR (to), SIPTAG_FROM_STR (from), TAG_END ());
  if (!sending->nh)
    {
      finish (sending, 400, "Not an address");
      return;
    }
  nua_message (sending->nh, NUTAG_PROXY (target), SIPTAG_CONTENT_TYPE_STR (sending->body_type),
               SIPTAG_PAYLOAD_STR (sending->body),
               TAG_IF (*sending->headers, SIPTAG_HEADER_STR (sending->headers)), TAG_END ());
}

void
oh_sip_send_message (OhSip *sip,
                     const OhSipMessage *message,
                     OhSipDoneFunc done,
                     gpointer user_data)
{
  Sending *sending = g_new0 (Sending, 1);

  sending->owner.handle = on_event;
  sending->sip = oh_sip_ref (sip);
  sending->identity = oh_sip_identity_new (message->account);
  sending->to_uri = g_strdup (message->to_uri);
  sending->route = g_strdup (message->route);
  sending->headers = oh_sip_join_headers (message->headers);
  sending->body_type = g_strdup (message->body_type);
  sending->body = g_strdup (message->body);
  sending->done = done;
  sending->user_data = user_data;
  oh_sip_post (sip, send_task, sending);
}

void
oh_sip_messages_fail_tls (OhSip *sip, const char *trouble)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->sendings);

  for (GList *l = all; l; l = l->next)
    {
      Sending *sending = l->data;

      if (sending->owner.agent->tls && !sending->heard)
        finish (sending, 503, trouble);
    }
}

void
oh_sip_messages_abandon_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->sendings);

  for (GList *l = all; l; l = l->next)
    finish (l->data, 503, "Shutting down");
}
