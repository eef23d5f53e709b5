/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include <string.h>

/* Calls that were lost with the server's last run, which could not say so any more. The store knows who was
 * told of a call until he has heard of its outcome; who is left over hears it now, as soon as his account is
 * there, and by SIP he himself. */

#define MAX_AGE_S (24 * 60 * 60) /* a line that names an hour means today */

static const OhImIdentity *
find_identity (OhImDesk *desk, gint64 id)
{
  GPtrArray *identities = oh_directory_get_im_identities (desk->directory);

  for (guint i = 0; i < identities->len; i++)
    if (((const OhImIdentity *)identities->pdata[i])->id == id)
      return identities->pdata[i];
  return NULL;
}

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
  const OhImIdentity *identity = find_identity (desk, told->identity_id);
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
