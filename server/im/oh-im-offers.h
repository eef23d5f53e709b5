/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/im/oh-im-words.h"
#include "server/store/oh-store.h"

G_BEGIN_DECLS

/* The call offers that went out by IM: which identity was told of which call, what it may still
 * choose, and what it has been told since. Knows no service: it sends and chooses through its
 * events. Belongs to the services thread; the desk makes it. */
typedef struct _OhImOffers OhImOffers;

/* One call for one user. */
typedef struct
{
  char *id; /* of the call offer */
  gint64 user_id;
  gint64 *identities; /* OhImIdentity.id of who is to be told */
  guint n_identities;
  char *caller_name, *caller_number; /* "": withheld */
  char *call_back;                   /* link to the caller (oh_call_back_dup_link()), or NULL */
  char *called;
  char *devices; /* names of those that ring or will, "laptop, desktop" */
  char *answers; /* name of the one that answers for a reply, or NULL */
  guint32 options;
  OhOption default_option;
  gint64 deadline_us; /* oh_clock_now() time */
} OhImOffer;

OhImOffer *oh_im_offer_copy (const OhImOffer *from);
void oh_im_offer_free (OhImOffer *offer);
gboolean oh_im_offer_is_for (const OhImOffer *offer, gint64 identity_id);

typedef enum
{
  OH_IM_SAY_OFFER,
  OH_IM_SAY_ANSWER, /* to a reply */
  OH_IM_SAY_OUTCOME /* once, after which nobody needs the offer any more */
} OhImSay;

typedef struct
{
  /* Sends @text to @name by the account @login_id. @offer_id: NULL for an answer. Mandatory. */
  void (*send) (gint64 login_id,
                const char *name,
                const char *text,
                guint timeout_s,
                const char *offer_id,
                OhImSay say,
                gpointer user_data);
  /* A valid reply; whether it wins is told by oh_im_offers_end(), that nothing could answer for it by
   * oh_im_offers_refuse_answer(). Mandatory. */
  void (*choose) (
      const char *offer_id, gint64 login_id, const char *name, OhOption option, gpointer user_data);
  /* The address of a page of @offer for that identity, transfer full; NULL: it gets none. Optional. */
  char *(*link) (const OhImOffer *offer, const OhImIdentity *identity, gpointer user_data);
  /* The program seen there; without it nothing is known of any. Optional. */
  OhImProgramKind (*program) (const OhImIdentity *identity, gpointer user_data);
  /* Nobody who was told of it can be reached any more; once an offer. Mandatory. */
  void (*lost) (const char *offer_id, gpointer user_data);
} OhImOffersEvents;

/* @events: static. */
OhImOffers *oh_im_offers_new (const OhImOffersEvents *events, gpointer user_data);
void oh_im_offers_free (OhImOffers *offers);

/* Tells @identities (of const OhImIdentity*, which need not live longer) of @offer, which is copied. The
 * same offer may come again for further ones. */
void oh_im_offers_add (OhImOffers *offers, const OhImOffer *offer, GPtrArray *identities);

/* The call has an outcome: everyone who was told of it hears the outcome line. @device: name of who
 * answered, or NULL. An unknown @id is none of ours. */
void oh_im_offers_end (OhImOffers *offers, const char *id, OhImOutcome outcome, const char *device);

/* What @name was told of the call @id, for the store: its texts are borrowed from @offers. FALSE: nothing, or
 * its outcome too. */
gboolean oh_im_offers_get_told (
    OhImOffers *offers, const char *id, gint64 login_id, const char *name, OhTold *told);

/* A call of the server's last run, which @told says that @identity was told of: it hears that it is lost. As
 * with others that are over, replies come too late. */
void oh_im_offers_lose (OhImOffers *offers, const OhTold *told, const OhImIdentity *identity);

/* 'Answer' was chosen, and nothing could: who chose it is told what there is to do. @devices: names of
 * those that ring. */
void oh_im_offers_refuse_answer (OhImOffers *offers, const char *id, const char *devices);

/* What @name wrote to the account @login_id. @written: Unix seconds where it waited at the service
 * meanwhile, and so may be about an older call than those that are open; else 0. */
void oh_im_offers_take_reply (
    OhImOffers *offers, gint64 login_id, const char *name, const char *text, gint64 written);

/* @name is no longer the user's: what it was told, and may reply to, is forgotten. */
void oh_im_offers_forget (OhImOffers *offers, gint64 login_id, const char *name);

/* Whether @name is there, as far as the account @login_id knows. */
typedef gboolean (*OhImReachable) (gint64 login_id, const char *name, gpointer user_data);

/* Looks who of those that were told can still be reached: programs that lose their connection have some
 * seconds to come back. When to look again, oh_clock_now() time; G_MAXINT64: when somebody comes or
 * goes. */
gint64 oh_im_offers_watch (OhImOffers *offers, OhImReachable reachable, gpointer user_data);

/* How many have no outcome yet. */
guint oh_im_offers_count_open (OhImOffers *offers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImOffers, oh_im_offers_free)

G_END_DECLS
