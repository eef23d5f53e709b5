/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-offer"

#include "server/offer/oh-call-offer.h"

struct _OhCallOffer
{
  char *id;
  char *call_id;
  gint64 user_id;
  guint32 options;
  gint64 deadline_us;
  guint ways;
  guint best_status;
  OhOption choice;
  char *winner;
};

OhCallOffer *
oh_call_offer_new (
    const char *id, const char *call_id, gint64 user_id, guint32 options, gint64 deadline_us)
{
  OhCallOffer *offer = g_new0 (OhCallOffer, 1);

  offer->id = g_strdup (id);
  offer->call_id = g_strdup (call_id);
  offer->user_id = user_id;
  offer->options = options;
  offer->deadline_us = deadline_us;
  return offer;
}

void
oh_call_offer_free (OhCallOffer *offer)
{
  if (!offer)
    return;
  g_free (offer->id);
  g_free (offer->call_id);
  g_free (offer->winner);
  g_free (offer);
}

const char *
oh_call_offer_get_id (OhCallOffer *offer)
{
  return offer->id;
}

char *
oh_call_offer_dup_options (OhCallOffer *offer)
{
  GString *text = g_string_new (NULL);

  for (guint option = 1; option < 32; option++)
    if (offer->options & (1u << option))
      g_string_append_printf (text, "%s%u", text->len ? "," : "", option);
  return g_string_free (text, FALSE);
}

guint32
oh_call_offer_get_options (OhCallOffer *offer)
{
  return offer->options;
}

gint64
oh_call_offer_get_deadline (OhCallOffer *offer)
{
  return offer->deadline_us;
}

guint
oh_call_offer_get_seconds_left (OhCallOffer *offer, gint64 now_us)
{
  gint64 left = (offer->deadline_us - now_us + G_USEC_PER_SEC / 2) / G_USEC_PER_SEC;

  return left > 0 ? (guint)left : 0;
}

void
oh_call_offer_add_way (OhCallOffer *offer)
{
  offer->ways++;
}

/* How much a failure tells the caller; higher is more. */
static guint
rank (guint status)
{
  switch (status)
    {
    case 486:
    case 600:
      return 5;
    case 403:
    case 404:
    case 410:
    case 484:
    case 604:
      return 4;
    case 603:
      return 3;
    case 480:
      return 2;
    case 0:
      return 0;
    default:
      return 1;
    }
}

gboolean
oh_call_offer_lose_way (OhCallOffer *offer, guint status)
{
  g_return_val_if_fail (offer->ways > 0, FALSE);

  offer->ways--;
  if (rank (status) > rank (offer->best_status))
    offer->best_status = status;
  return offer->ways == 0 && !offer->choice;
}

guint
oh_call_offer_get_best_status (OhCallOffer *offer)
{
  return offer->best_status ? offer->best_status : 480;
}

gboolean
oh_call_offer_choose (OhCallOffer *offer, OhOption option, const char *by)
{
  if (offer->choice || option >= 32 || !(offer->options & (1u << option)))
    return FALSE;
  offer->choice = option;
  offer->winner = g_strdup (by);
  return TRUE;
}

gboolean
oh_call_offer_is_chosen (OhCallOffer *offer)
{
  return offer->choice != 0;
}

OhOption
oh_call_offer_get_choice (OhCallOffer *offer)
{
  return offer->choice;
}

const char *
oh_call_offer_get_winner (OhCallOffer *offer)
{
  return offer->winner;
}
