/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-call.h"

G_BEGIN_DECLS

/* What the call server's own headers say of an incoming call; pure functions, every value from outside
 * is brought into its range. */
typedef struct
{
  char *id;         /* Offhook-Offer, or NULL */
  char *called;     /* Offhook-Called, or NULL */
  char *peer;       /* Offhook-Peer, a user's name at the server, or NULL */
  guint deadline_s; /* Offhook-Deadline, 0: none; at most an hour */
  OhCallOption default_option;
  guint options; /* bits; always at least answer and decline */
} OhOfferHeaders;

/* Values as they stand in the headers, each may be NULL. */
void oh_offer_headers_parse (OhOfferHeaders *headers,
                             const char *offer,
                             const char *called,
                             const char *deadline,
                             const char *default_option,
                             const char *options,
                             const char *peer);
void oh_offer_headers_clear (OhOfferHeaders *headers);

/* Voice-Message: of RFC 3842: the new ones; FALSE if the body says nothing of it. */
gboolean oh_message_summary_parse (const char *body, guint *n_new);

G_END_DECLS
