/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#define RETRY_MS 30000
#define EXPIRES "600"

/* A state of ours at a presence server (RFC 3903). sofia refreshes it and keeps its entity tag; a
 * failed one is published anew. The user's pointer and the table's are one reference: both end in
 * the same task. */
struct _OhSipPublication
{
  OhSipOwner owner;
  OhSip *sip;
  OhSipIdentity *identity;
  char *event, *body_type, *body;
  nua_handle_t *nh;
  guint tries, timer;
  gboolean heard;   /* any response came to this handle */
  gboolean leaving; /* un-PUBLISH is on its way: the user ended it, or the stack shuts down */
  gboolean published, ending, abandoned;
};

static void
publication_free (OhSipPublication *publication)
{
  oh_sip_identity_free (publication->identity);
  g_free (publication->event);
  g_free (publication->body_type);
  g_free (publication->body);
  oh_sip_unref (publication->sip);
  g_free (publication);
}

static void
send_publish (OhSipPublication *publication)
{
  g_autofree char *target = oh_sip_target (publication->identity, NULL,
                                           publication->identity->registrar);

  nua_publish (publication->nh, NUTAG_PROXY (target), SIPTAG_EVENT_STR (publication->event),
               SIPTAG_EXPIRES_STR (EXPIRES), SIPTAG_CONTENT_TYPE_STR (publication->body_type),
               SIPTAG_PAYLOAD_STR (publication->body), TAG_END ());
}

static void
start (gpointer data)
{
  OhSipPublication *publication = data;
  OhSipIdentity *identity = publication->identity;
  OhSip *sip = publication->sip;
  g_autofree char *address = oh_sip_format_address (NULL, identity->aor);
  g_autofree char *target = oh_sip_target (identity, NULL, identity->registrar);
  OhSipAgent *agent = oh_sip_agent_for (sip, target, NULL);

  publication->timer = 0;
  publication->tries = 0;
  publication->heard = FALSE;
  oh_sip_handle_free (&publication->nh);
  publication->owner.agent = agent;
  if (!agent)
    {
      publication->timer = oh_sip_add_timer (sip, RETRY_MS, start, publication);
      return;
    }
  publication->nh = nua_handle (agent->nua, &publication->owner, NUTAG_URL (identity->aor),
                                SIPTAG_TO_STR (address), SIPTAG_FROM_STR (address), TAG_END ());
  send_publish (publication);
}

static void
let_go (OhSipPublication *publication)
{
  oh_sip_cancel_timer (publication->sip, publication->timer);
  publication->timer = 0;
  oh_sip_handle_free (&publication->nh);
  g_hash_table_remove (publication->sip->publications, publication);
  publication->abandoned = TRUE;
  if (publication->ending)
    publication_free (publication);
}

static void
on_event (OhSipOwner *owner, const OhSipEvent *event)
{
  OhSipPublication *publication = (OhSipPublication *)owner;

  if (event->event != nua_r_publish && event->event != nua_r_unpublish)
    return;
  publication->heard = publication->heard || event->message;
  if (event->status < 200)
    return;
  if ((event->status == 401 || event->status == 407)
      && oh_sip_identity_authenticate (publication->identity, event, &publication->tries))
    return;
  if (publication->leaving)
    {
      if (event->event == nua_r_unpublish)
        let_go (publication);
      return;
    }
  publication->published = event->status < 300;
  publication->tries = 0;
  if (!publication->published && !publication->timer && event->status != 401 && event->status != 403
      && event->status != 489)
    publication->timer = oh_sip_add_timer (publication->sip, RETRY_MS, start, publication);
}

static void
add_task (gpointer data)
{
  OhSipPublication *publication = data;

  if (publication->sip->stopped || publication->sip->shutting_down)
    {
      publication->abandoned = TRUE;
      return;
    }
  g_hash_table_add (publication->sip->publications, publication);
  start (publication);
}

OhSipPublication *
oh_sip_publish (OhSip *sip,
                const OhSipAccount *account,
                const char *event,
                const char *body_type,
                const char *body)
{
  OhSipPublication *publication = g_new0 (OhSipPublication, 1);

  publication->owner.handle = on_event;
  publication->sip = oh_sip_ref (sip);
  publication->identity = oh_sip_identity_new (account);
  publication->event = g_strdup (event);
  publication->body_type = g_strdup (body_type);
  publication->body = g_strdup (body);
  oh_sip_post (sip, add_task, publication);
  return publication;
}

typedef struct
{
  OhSipPublication *publication;
  char *body;
} Update;

static void
update_task (gpointer data)
{
  g_autofree Update *update = data;
  OhSipPublication *publication = update->publication;

  g_free (publication->body);
  publication->body = update->body;
  if (!publication->abandoned && !publication->leaving && publication->nh)
    send_publish (publication);
}

void
oh_sip_publication_update (OhSipPublication *publication, const char *body)
{
  Update *update = g_new (Update, 1);

  update->publication = publication;
  update->body = g_strdup (body);
  oh_sip_post (publication->sip, update_task, update);
}

static void
say_goodbye (OhSipPublication *publication)
{
  if (publication->leaving)
    return;
  publication->leaving = TRUE;
  oh_sip_cancel_timer (publication->sip, publication->timer);
  publication->timer = 0;
  publication->tries = 0;
  if (publication->nh && publication->published)
    nua_unpublish (publication->nh, TAG_END ());
  else
    let_go (publication);
}

static void
end_task (gpointer data)
{
  OhSipPublication *publication = data;

  publication->ending = TRUE;
  if (publication->abandoned)
    publication_free (publication);
  else
    say_goodbye (publication);
}

void
oh_sip_publication_end (OhSipPublication *publication)
{
  if (publication)
    oh_sip_post (publication->sip, end_task, publication);
}

void
oh_sip_publications_end_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->publications);

  for (GList *l = all; l; l = l->next)
    say_goodbye (l->data);
}

/* Tried again later, like after any other failure. */
void
oh_sip_publications_fail_tls (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->publications);

  for (GList *l = all; l; l = l->next)
    {
      OhSipPublication *publication = l->data;

      if (!publication->nh || !publication->owner.agent->tls || publication->heard
          || publication->leaving)
        continue;
      oh_sip_handle_free (&publication->nh);
      publication->timer = oh_sip_add_timer (sip, RETRY_MS, start, publication);
    }
}

void
oh_sip_publications_abandon_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->publications);

  for (GList *l = all; l; l = l->next)
    let_go (l->data);
}
