/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-offers.h"

OhImOffer *
oh_im_offer_copy (const OhImOffer *from)
{
  OhImOffer *offer = g_new (OhImOffer, 1);

  *offer = *from;
  offer->id = g_strdup (from->id);
  offer->identities = g_memdup2 (from->identities, from->n_identities * sizeof (gint64));
  offer->caller_name = g_strdup (from->caller_name);
  offer->caller_number = g_strdup (from->caller_number);
  offer->call_back = g_strdup (from->call_back);
  offer->called = g_strdup (from->called);
  offer->devices = g_strdup (from->devices);
  offer->answers = g_strdup (from->answers);
  return offer;
}

void
oh_im_offer_free (OhImOffer *offer)
{
  if (!offer)
    return;
  g_free (offer->id);
  g_free (offer->identities);
  g_free (offer->caller_name);
  g_free (offer->caller_number);
  g_free (offer->call_back);
  g_free (offer->called);
  g_free (offer->devices);
  g_free (offer->answers);
  g_free (offer);
}

gboolean
oh_im_offer_is_for (const OhImOffer *offer, gint64 identity_id)
{
  for (guint i = 0; i < offer->n_identities; i++)
    if (offer->identities[i] == identity_id)
      return TRUE;
  return FALSE;
}
