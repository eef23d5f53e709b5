/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"

#include <string.h>

/* The two ways of a place to its service: the engine's account, or the call server's own SIP, which
 * lives on the signalling thread. Everything else of the desk need not know which. */

gboolean
oh_im_place_is_online (OhImPlace *place)
{
  if (place->sip)
    return !place->desk->stopping;
  return place->account && oh_im_account_get_state (place->account) == OH_IM_STATE_ONLINE;
}

/* --- Sending --- */

typedef struct
{
  OhImDeskFunc done;
  gpointer user_data;
} Wait;

static void
on_engine_sent (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autofree Wait *wait = user_data;
  g_autoptr (GError) error = NULL;

  oh_im_account_send_finish (OH_IM_ACCOUNT (object), result, NULL, &error);
  wait->done (error, wait->user_data);
}

static void
send_by_sip (OhImPlace *place, const char *name, const char *text, Wait *wait)
{
  OhImDesk *desk = place->desk;
  const OhImLogin *login = oh_im_place_get_login (place);
  guint id = ++desk->last_letter;

  g_hash_table_insert (desk->letters, GUINT_TO_POINTER (id), wait);
  desk->events->send_sip (id, login->username, name, text, desk->user_data);
}

void
oh_im_place_send (OhImPlace *place,
                  const char *name,
                  const char *text,
                  OhImUrgency urgency,
                  guint timeout_s,
                  GCancellable *cancellable,
                  OhImDeskFunc done,
                  gpointer user_data)
{
  Wait *wait = g_new (Wait, 1);

  *wait = (Wait){ done, user_data };
  if (place->sip)
    send_by_sip (place, name, text, wait);
  else
    oh_im_account_send_urgent_async (place->account, name, text, urgency, timeout_s, cancellable,
                                     on_engine_sent, wait);
}

void
oh_im_desk_drop_letters (OhImDesk *desk)
{
  g_autoptr (GError) error = g_error_new (OH_ERROR, OH_ERROR_CLOSED, "the desk is closed");
  g_autoptr (GList) waits = g_hash_table_get_values (desk->letters);

  g_hash_table_remove_all (desk->letters);
  for (GList *l = waits; l; l = l->next)
    {
      g_autofree Wait *wait = l->data;

      wait->done (error, wait->user_data);
    }
}

/* --- News of the signalling thread --- */

typedef struct
{
  OhImDesk *desk;
  guint id;
  gboolean left;
  char *name, *text; /* of a device: its User-Agent */
  OhSighting seen;
} SipNews;

static void
news_free (SipNews *news)
{
  g_free (news->name);
  g_free (news->text);
  g_free (news);
}

static void
take_sent (gpointer data)
{
  SipNews *news = data;
  g_autofree Wait *wait = NULL;
  g_autoptr (GError) error = NULL;

  g_hash_table_steal_extended (news->desk->letters, GUINT_TO_POINTER (news->id), NULL,
                               (gpointer *)&wait);
  if (!news->left)
    error = g_error_new (OH_ERROR, OH_ERROR_FAILED, "no SIP program took it");
  if (wait)
    wait->done (error, wait->user_data);
  news_free (news);
}

void
oh_im_desk_sip_sent (OhImDesk *desk, guint id, gboolean left)
{
  SipNews *news = g_new0 (SipNews, 1);

  *news = (SipNews){ .desk = desk, .id = id, .left = left };
  oh_executor_post (&desk->executor, take_sent, news);
}

static void
for_each_sip_place (OhImDesk *desk,
                    void (*func) (OhImPlace *place, const SipNews *news),
                    const SipNews *news)
{
  g_autoptr (GList) places = g_hash_table_get_values (desk->places);

  for (GList *l = places; l && !desk->stopping; l = l->next)
    if (((OhImPlace *)l->data)->sip)
      func (l->data, news);
}

static void
tell_device (OhImPlace *place, const SipNews *news)
{
  if (news->text)
    oh_im_place_see_agent (place, news->name, news->text);
  oh_im_place_tell (place, news->name);
}

static void
take_device (gpointer data)
{
  SipNews *news = data;

  if (news->seen.presence == OH_PRESENCE_CLOSED)
    g_hash_table_remove (news->desk->sip_devices, news->name);
  else
    g_hash_table_replace (news->desk->sip_devices, g_strdup (news->name),
                          g_memdup2 (&news->seen, sizeof news->seen));
  if (news->text)
    g_hash_table_replace (news->desk->sip_agents, g_strdup (news->name), g_strdup (news->text));
  for_each_sip_place (news->desk, tell_device, news);
  oh_im_desk_tell_lost (news->desk);
  news_free (news);
}

void
oh_im_desk_sip_device (OhImDesk *desk,
                       const char *device_id,
                       OhPresence presence,
                       gint64 active_us,
                       const char *user_agent)
{
  SipNews *news = g_new0 (SipNews, 1);

  news->desk = desk;
  news->name = g_strdup (device_id);
  news->text = g_strdup (user_agent);
  news->seen = (OhSighting){ .presence = presence, .active_us = active_us };
  oh_executor_post (&desk->executor, take_device, news);
}

static void
take_reply (OhImPlace *place, const SipNews *news)
{
  OhImMessage message = { .with = news->name, .text = news->text };

  oh_im_desk_take_message (place->desk, place, &message);
}

static void
take_message (gpointer data)
{
  SipNews *news = data;
  OhSighting *device = g_hash_table_lookup (news->desk->sip_devices, news->name);

  if (device)
    device->active_us = oh_clock_now ();
  for_each_sip_place (news->desk, take_reply, news);
  for_each_sip_place (news->desk, tell_device, news);
  news_free (news);
}

void
oh_im_desk_sip_message (OhImDesk *desk, const char *name, const char *text)
{
  SipNews *news = g_new0 (SipNews, 1);

  news->desk = desk;
  news->name = g_strdup (name);
  news->text = g_strdup (text);
  oh_executor_post (&desk->executor, take_message, news);
}

/* --- Who is there --- */

/* A device is where it is signed in; of an address elsewhere nobody knows anything: a call is tried
 * there, as at a telephone. */
gboolean
oh_im_sip_look (OhImDesk *desk, const OhImIdentity *identity, OhSighting *seen)
{
  const OhSighting *device = g_hash_table_lookup (desk->sip_devices, identity->name);
  gboolean elsewhere = oh_sip_name_is_elsewhere (identity->name);

  seen->identity_id = identity->id;
  seen->presence = elsewhere ? OH_PRESENCE_OPEN : device ? device->presence : OH_PRESENCE_CLOSED;
  seen->mobile = elsewhere;
  seen->active_us = device ? device->active_us : 0;
  return oh_im_place_is_online (oh_im_places_find (desk, identity->login->id));
}
