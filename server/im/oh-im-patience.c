/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include "base/oh-clock.h"

#include <string.h>

/* Who is gone for a moment only: an engine or a service that is just being reached again, whose
 * identities count as where they were meanwhile; and a person whose program connects anew while a call
 * waits for the reply. */

#define RETURN_MS 5000   /* that an account has to come back */
#define ATTEMPT_MS 10000 /* and as long as an attempt to come back, begun within those, goes on */
#define PRESENCE_MS 1500 /* and then, until it knows who is online */

void
oh_im_place_note_state (OhImPlace *place, OhImState state)
{
  gint64 now = oh_clock_now ();
  gboolean online = state == OH_IM_STATE_ONLINE;

  if (online && !place->online)
    place->expected_until_us = now + PRESENCE_MS * 1000;
  else if (!online && place->online)
    place->expected_until_us = place->back_until_us = now + RETURN_MS * 1000;
  else if (state == OH_IM_STATE_CONNECTING && now < place->back_until_us)
    place->expected_until_us = now + ATTEMPT_MS * 1000;
  else if (!online)
    place->expected_until_us = place->back_until_us;
  place->online = online;
}

static gboolean
is_expected (OhImDesk *desk, const OhImIdentity *identity)
{
  const OhImPlace *place = identity->verified ? oh_im_places_find (desk, identity->login->id)
                                              : NULL;

  return place && oh_clock_now () < place->expected_until_us;
}

gboolean
oh_im_desk_is_user_expected (OhImDesk *desk, const OhUser *user)
{
  for (guint i = 0; i < user->identities->len; i++)
    if (is_expected (desk, user->identities->pdata[i]))
      return TRUE;
  return FALSE;
}

gboolean
oh_im_place_has (OhImPlace *place, const OhImIdentity *identity)
{
  const char *name = identity->name;
  OhSighting seen = { 0 };
  OhImBuddy *buddy = place->account
                             && oh_im_account_get_state (place->account) == OH_IM_STATE_ONLINE
                         ? oh_im_account_find_buddy (place->account, name)
                         : NULL;

  if (place->sip)
    return oh_im_sip_look (place->desk, identity, &seen) && seen.presence != OH_PRESENCE_CLOSED;
  switch (buddy ? oh_im_buddy_get_presence (buddy) : OH_IM_PRESENCE_UNKNOWN)
    {
    case OH_IM_PRESENCE_AVAILABLE:
    case OH_IM_PRESENCE_AWAY:
    case OH_IM_PRESENCE_EXTENDED_AWAY:
    case OH_IM_PRESENCE_MOBILE:
    case OH_IM_PRESENCE_BUSY:
      return TRUE;
    case OH_IM_PRESENCE_UNKNOWN:
    case OH_IM_PRESENCE_OFFLINE:
    case OH_IM_PRESENCE_INVISIBLE:
    default:
      return FALSE;
    }
}

static gboolean
is_reachable (gint64 login_id, const char *name, gpointer user_data)
{
  OhImDesk *desk = user_data;
  OhImPlace *place = oh_im_places_find (desk, login_id);
  const OhImLogin *login = place ? oh_im_place_get_login (place) : NULL;
  const OhImIdentity *identity = login
                                     ? oh_directory_find_im_identity (desk->directory, login, name)
                                     : NULL;

  if (!identity || !identity->verified)
    return FALSE;
  return is_expected (desk, identity) || oh_im_place_has (place, identity);
}

static gint64
find_next_return (OhImDesk *desk)
{
  gint64 next = G_MAXINT64, now = oh_clock_now ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, desk->places);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const OhImPlace *place = value;

      if (place->expected_until_us > now)
        next = MIN (next, place->expected_until_us);
    }
  return next;
}

static gboolean
on_patience (gpointer user_data)
{
  OhImDesk *desk = user_data;
  GPtrArray *users = oh_directory_get_users (desk->directory);

  desk->patience_timer = 0;
  for (guint i = 0; i < users->len; i++)
    oh_im_desk_tell_presence (desk, users->pdata[i]);
  oh_im_desk_look_around (desk);
  return G_SOURCE_REMOVE;
}

void
oh_im_desk_stop_waiting (OhImDesk *desk)
{
  g_clear_handle_id (&desk->patience_timer, g_source_remove);
}

void
oh_im_desk_look_around (OhImDesk *desk)
{
  gint64 now = oh_clock_now (), next;

  if (desk->stopping)
    return;
  oh_im_desk_retry_offers (desk);
  next = oh_im_offers_watch (desk->offers, is_reachable, desk);
  next = MIN (next, find_next_return (desk));
  oh_im_desk_stop_waiting (desk);
  if (next < G_MAXINT64)
    desk->patience_timer = g_timeout_add ((guint)(MAX (next - now, 0) / 1000 + 1), on_patience,
                                          desk);
}
