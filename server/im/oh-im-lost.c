/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include <string.h>

/* Calls that are lost with the server. The store knows who was told of a call until he has heard of its
 * outcome. An orderly end lets those messages go first that are on their way; who is left over all the same
 * hears of it from the next run, as soon as his account is there, and by SIP he himself. */

#define MAX_AGE_S (24 * 60 * 60) /* a line that names an hour means today */
#define LAST_WORDS_MS 1000

/* Whether what is said to @identity now gets there, or waits for it at the account or the service. */
static gboolean
can_hear (OhImDesk *desk, const OhImIdentity *identity)
{
  OhImPlace *place = oh_im_places_find (desk, identity->login->id);
  OhSighting seen = { 0 };

  if (!place || !place->sip)
    return place && place->account;
  return oh_im_sip_look (desk, identity, &seen) && seen.presence != OH_PRESENCE_CLOSED;
}

/* TRUE: nothing is left to be said of it. */
static gboolean
tell (OhImDesk *desk, const OhTold *told)
{
  const OhImIdentity *identity = oh_im_desk_find_identity (desk, told->identity_id);
  gint64 age_s = g_get_real_time () / G_USEC_PER_SEC - told->lost;

  if (!identity || !identity->verified || age_s > MAX_AGE_S)
    {
      oh_store_forget_told (desk->store, told->offer_id, told->identity_id);
      return TRUE;
    }
  if (!can_hear (desk, identity))
    return FALSE;
  oh_im_offers_lose (desk->offers, told, identity);
  return TRUE;
}

void
oh_im_desk_tell_lost (OhImDesk *desk)
{
  for (guint i = desk->lost->len; i > 0 && !desk->stopping; i--)
    if (tell (desk, desk->lost->pdata[i - 1]))
      g_ptr_array_remove_index (desk->lost, i - 1);
}

void
oh_im_desk_note_told (OhImDesk *desk, const char *offer_id, gint64 login_id, const char *name)
{
  OhTold told;

  if (oh_im_offers_get_told (desk->offers, offer_id, login_id, name, &told))
    oh_store_note_told (desk->store, &told);
}

void
oh_im_desk_forget_told (OhImDesk *desk, const char *offer_id, gint64 login_id, const char *name)
{
  OhImPlace *place = oh_im_places_find (desk, login_id);
  const OhImLogin *login = place ? oh_im_place_get_login (place) : NULL;
  const OhImIdentity *identity = login
                                     ? oh_directory_find_im_identity (desk->directory, login, name)
                                     : NULL;

  if (identity)
    oh_store_forget_told (desk->store, offer_id, identity->id);
}

/* --- The end --- */

struct _OhImStop
{
  OhImDesk *desk; /* a reference */
  OhTask done;
  gpointer user_data;
};

static void
on_shut_down (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autofree OhImStop *stop = user_data;

  oh_im_engine_shut_down_finish (OH_IM_ENGINE (object), result, NULL);
  stop->done (stop->user_data);
  oh_im_desk_unref (stop->desk);
}

static void
shut_down (OhImDesk *desk)
{
  g_clear_handle_id (&desk->stop_timer, g_source_remove);
  oh_im_engine_shut_down_async (desk->engine, on_shut_down, g_steal_pointer (&desk->stop));
}

static gboolean
on_last_words_over (gpointer user_data)
{
  OhImDesk *desk = user_data;

  desk->stop_timer = 0;
  shut_down (desk);
  return G_SOURCE_REMOVE;
}

void
oh_im_desk_note_settled (OhImDesk *desk)
{
  if (desk->stop && desk->sendings->len == 0)
    shut_down (desk);
}

void
oh_im_desk_stop (OhImDesk *desk, OhTask done, gpointer user_data)
{
  desk->stopping = TRUE;
  oh_im_desk_stop_waiting (desk);
  oh_im_desk_stop_asking (desk);
  oh_im_desk_drop_letters (desk);
  if (desk->watch)
    oh_store_unwatch (desk->store, desk->watch);
  desk->watch = 0;
  if (!desk->engine)
    {
      done (user_data);
      return;
    }
  desk->stop = g_new (OhImStop, 1);
  *desk->stop = (OhImStop){ oh_im_desk_ref (desk), done, user_data };
  desk->stop_timer = g_timeout_add (LAST_WORDS_MS, on_last_words_over, desk);
  oh_im_desk_note_settled (desk);
}
