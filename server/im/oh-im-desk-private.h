/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/proxy/oh-im-engine.h"
#include "server/im/oh-im-desk.h"

G_BEGIN_DECLS

/* One account of the directory at the engine. */
typedef struct
{
  OhImDesk *desk;
  gint64 login_id;
  char *signature;      /* what it was made of; another one makes it anew */
  char *engine_id;      /* at the engine */
  OhImAccount *account; /* reference; NULL: it is SIP, or could not be made, see `trouble` */
  gboolean sip;         /* it goes by the call server's own SIP */
  char *trouble;
  char *password;
  char *certificate; /* SHA-256 of what was refused, or NULL */
  guint strangers;
  GHashTable *buddies; /* names that were asked for their presence -> whose they are (user id) */
  gboolean online;
  gint64 back_until_us;     /* it went: until then it has to begin to come back */
  gint64 expected_until_us; /* it went, or is only just back: nobody knows who is online there */
} OhImPlace;

/* The messages of one oh_im_desk_offer(); each of them has a reference. */
typedef struct
{
  char *offer_id;
  guint waiting; /* neither left nor failed */
  gboolean left; /* one did */
} OhImBatch;

typedef struct _OhImStop OhImStop;

struct _OhImDesk
{
  int references; /* the owner's, one each message that is on its way */
  OhStore *store;
  char *folder;
  OhExecutor executor; /* of the services thread */
  const OhImDeskEvents *events;
  gpointer user_data;

  OhDirectory *directory;
  guint watch;
  OhImEngine *engine; /* NULL: no account that needs it */
  GHashTable *places; /* gint64* in OhImPlace -> owned OhImPlace */
  guint last_place;
  OhImOffers *offers;
  OhLinks *links;
  OhImCodes *codes;
  GPtrArray *sendings; /* messages under way */
  GHashTable *letters; /* id -> of those, who waits for the SIP thread's answer */
  guint last_letter;
  GHashTable *sip_devices; /* id -> OhSighting, of those that are told by message and signed in */
  GHashTable *sip_agents;  /* id -> User-Agent of those, also when they are gone */
  GPtrArray *held;         /* of OfferJob: for users who are expected back */
  GPtrArray *lost;         /* of OhTold, of the server's last run: who has not heard of it yet */
  GHashTable *programs; /* identity id as gint64* -> what is known of its program (oh-im-seen.c) */
  GPtrArray *to_ask;    /* of those, whose programs are to be asked; borrowed */
  guint ask_timer, keep_timer;
  guint patience_timer;
  GHashTable *seen; /* user id as gint64* -> GBytes of OhSighting that events.presence was told */
  OhImBatch *batch; /* whose messages are being sent; or NULL */
  gboolean stopping;
  OhImStop *stop; /* what waits for the last messages; or NULL */
  guint stop_timer;
};

OhImDesk *oh_im_desk_ref (OhImDesk *desk);
void oh_im_desk_unref (OhImDesk *desk);

/* --- oh-im-places.c: accounts, presence and questions --- */

/* Makes the accounts what the directory says. */
void oh_im_places_sync (OhImDesk *desk);
void oh_im_place_free (gpointer place);
OhImPlace *oh_im_places_find (OhImDesk *desk, gint64 login_id);           /* or NULL */
const OhImIdentity *oh_im_desk_find_identity (OhImDesk *desk, gint64 id); /* or NULL */
const OhImLogin *oh_im_place_get_login (OhImPlace *place);                /* or NULL: it is gone */
/* FALSE: nothing is known of @identity, or it is not verified. */
gboolean oh_im_identity_look (OhImDesk *desk, const OhImIdentity *identity, OhSighting *seen);

/* The options of @login as the protocol wants them; NULL with what is wrong. Transfer floating. */
GVariant *oh_im_options_parse (const OhImProtocol *protocol, char *const *options, GError **error);

/* The person of that name came, went or wrote. */
void oh_im_place_tell (OhImPlace *place, const char *name);

/* --- oh-im-way.c: to the service --- */
gboolean oh_im_place_is_online (OhImPlace *place);

/* As oh_im_account_send_urgent_async(); @done runs once. By SIP it waits for nothing. */
void oh_im_place_send (OhImPlace *place,
                       const char *name,
                       const char *text,
                       OhImUrgency urgency,
                       guint timeout_s,
                       GCancellable *cancellable,
                       OhImDeskFunc done,
                       gpointer user_data);
/* Nobody will answer for what is under way by SIP. */
void oh_im_desk_drop_letters (OhImDesk *desk);
gboolean oh_im_sip_look (OhImDesk *desk, const OhImIdentity *identity, OhSighting *seen);

/* --- oh-im-patience.c --- */
void oh_im_place_note_state (OhImPlace *place, OhImState state);

/* Whether a program of @identity is there, whatever its user says of himself. */
gboolean oh_im_place_has (OhImPlace *place, const OhImIdentity *identity);

/* Whether it will be known in a moment where @user is. */
gboolean oh_im_desk_is_user_expected (OhImDesk *desk, const OhUser *user);

/* Somebody came or went: offers that were held go out, those that nobody can choose from any more are
 * given up in time, and a timer is set for the rest. */
void oh_im_desk_look_around (OhImDesk *desk);
void oh_im_desk_stop_waiting (OhImDesk *desk);

/* --- oh-im-questions.c --- */
void oh_im_desk_answer_question (OhImDesk *desk, OhImQuestion *question);

/* The name that the service's certificate is checked for, of the login's own options and user name.
 * Transfer full. */
char *oh_im_login_dup_host (const OhImLogin *login);

/* --- oh-im-seen.c: which programs people have --- */

/* What the store has of them. */
void oh_im_desk_load_programs (OhImDesk *desk);
const OhSeenProgram *oh_im_desk_find_program (OhImDesk *desk, gint64 identity_id); /* or NULL */

/* @buddy came, or something is known of its program now. */
void oh_im_place_see_program (OhImPlace *place, OhImBuddy *buddy);
/* The SIP program of @name says that it is @agent. */
void oh_im_place_see_agent (OhImPlace *place, const char *name, const char *agent);

/* Nobody is asked any more; what is known is given to the store. */
void oh_im_desk_stop_asking (OhImDesk *desk);

/* --- oh-im-lost.c --- */

/* Says to whom it can be said by now that a call was lost with the server's last run. */
void oh_im_desk_tell_lost (OhImDesk *desk);

/* A message is no longer on its way. */
void oh_im_desk_note_settled (OhImDesk *desk);

/* The offer has left for @name; its outcome has too, or will not. */
void oh_im_desk_note_told (OhImDesk *desk, const char *offer_id, gint64 login_id, const char *name);
void
oh_im_desk_forget_told (OhImDesk *desk, const char *offer_id, gint64 login_id, const char *name);

/* --- oh-im-desk.c --- */
void oh_im_desk_take_message (OhImDesk *desk, OhImPlace *place, const OhImMessage *message);

/* @name is no user's any more, or another's: what is under way to it stays here, its replies count for
 * nothing. */
void oh_im_desk_forget (OhImDesk *desk, gint64 login_id, const char *name);

/* Sends, or gives up, what was held. */
void oh_im_desk_retry_offers (OhImDesk *desk);

/* Tells the exchange what is known of @user's identities, if that changed. */
void oh_im_desk_tell_presence (OhImDesk *desk, const OhUser *user);

G_END_DECLS
