/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/im/oh-im-codes.h"
#include "server/im/oh-im-offers.h"
#include "server/im/oh-im-program.h"
#include "server/im/oh-links.h"
#include "server/routing/oh-sighting.h"
#include "server/store/oh-store.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The call server at its IM services: keeps the directory's IM accounts signed in through one engine
 * (which only runs while there are accounts), watches the presence of verified identities, sends
 * call offers and takes replies. Questions are answered by rule: a certificate that the administrator
 * named is trusted, known identities may see the accounts' presence, everything else is refused.
 * Lives on the services thread; the server makes it. */
typedef struct _OhImDesk OhImDesk;

/* What the telephone exchange is told, on the services thread; all mandatory. */
typedef struct
{
  /* What is known of that user's verified identities now, instead of what was told before. */
  void (*presence) (gint64 user_id, const OhSighting *seen, guint n_seen, gpointer user_data);
  /* A message of an offer left for @where. */
  void (*sent) (const char *offer_id, const char *where, gpointer user_data);
  /* None of the messages of one oh_im_desk_offer() could be sent. */
  void (*failed) (const char *offer_id, gpointer user_data);
  /* Nobody who was told of it so far can be reached any more. */
  void (*lost) (const char *offer_id, gpointer user_data);
  /* A valid choice of @who, by reply or by link; @identity_id: 0 if it is his no more. */
  void (*chosen) (const char *offer_id,
                  OhOption option,
                  gint64 identity_id,
                  const char *who,
                  gpointer user_data);
  /* @text is to go from @username by SIP to the device or address @name; answered by
   * oh_im_desk_sip_sent(). */
  void (*send_sip) (
      guint id, const char *username, const char *name, const char *text, gpointer user_data);
} OhImDeskEvents;

/* @folder: the engine's own, made if it is missing. @links: outlive it; what they choose is its to
 * take. */
OhImDesk *oh_im_desk_new (OhStore *store, const char *folder, OhLinks *links);

/* @events: static. From now on. Before anything else happens to the desk. */
void oh_im_desk_start (OhImDesk *desk, const OhImDeskEvents *events, gpointer user_data);

/* Signs everything out; @done runs once, a few seconds later at most. */
void oh_im_desk_stop (OhImDesk *desk, OhTask done, gpointer user_data);
void oh_im_desk_free (OhImDesk *desk);

/* --- any thread --- */

/* Those identities of @offer that are online are told of it (in addition to those that it named before);
 * it is copied. */
void oh_im_desk_offer (OhImDesk *desk, const OhImOffer *offer);

/* SIP, whose devices live on the signalling thread. What became of events.send_sip; a device that is
 * told of calls by message is there now (CLOSED: no more), with the program that its REGISTER names; what it, or somebody at an address elsewhere, wrote to the
 * account's address. */
void oh_im_desk_sip_sent (OhImDesk *desk, guint id, gboolean left);
void oh_im_desk_sip_device (OhImDesk *desk,
                            const char *device_id,
                            OhPresence presence,
                            gint64 active_us,
                            const char *user_agent);
void oh_im_desk_sip_message (OhImDesk *desk, const char *name, const char *text);

/* The call of that offer has an outcome. */
void oh_im_desk_end_offer (OhImDesk *desk,
                           const char *offer_id,
                           OhImOutcome outcome,
                           const char *device);

/* --- whose a name is --- */

/* @error NULL: it was done. Runs once, on the services thread. */
typedef void (*OhImDeskFunc) (const GError *error, gpointer user_data);

/* Sends @claim a new code, in @language; @done may run before this returns. FALSE: too many were asked
 * for, @done does not run, *@retry_s says when the next may be. */
gboolean oh_im_desk_send_code (OhImDesk *desk,
                               const OhImClaim *claim,
                               const char *language,
                               guint *retry_s,
                               OhImDeskFunc done,
                               gpointer user_data);
OhImCodes *oh_im_desk_get_codes (OhImDesk *desk); /* borrowed */
gboolean oh_im_desk_is_online (OhImDesk *desk, const OhImLogin *login);

/* Nothing could answer for the reply that chose it. @devices: names of those that ring. */
void oh_im_desk_refuse_answer (OhImDesk *desk, const char *offer_id, const char *devices);

/* --- for offhookctl --- */

/* Adds "state" (offline, connecting, online, failed), "reason", "certificate" (SHA-256 of the last one
 * that was refused), "waiting" and "strangers" (refused buddy requests and messages). */
void oh_im_desk_describe_account (OhImDesk *desk, const OhImLogin *login, JsonObject *object);

/* The presence of @identity in a word of the wire ("available"), "unknown" where nothing is known. */
const char *oh_im_desk_get_presence (OhImDesk *desk, const OhImIdentity *identity);

/* The program that was seen there last, as far as the service tells. Transfer full. */
OhImProgram *oh_im_desk_dup_program (OhImDesk *desk, const OhImIdentity *identity);

/* When its person was last seen to do something, Unix s; 0: never. */
gint64 oh_im_desk_get_activity (OhImDesk *desk, const OhImIdentity *identity);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImDesk, oh_im_desk_free)

G_END_DECLS
