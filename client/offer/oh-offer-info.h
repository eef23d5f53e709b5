/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-call.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What a call offer's link says of its call (docs/protocol.md, "A call offer's link"). */
typedef enum
{
  OH_OFFER_OPEN,
  OH_OFFER_CHOSEN, /* by this link, and on its way to the call */
  OH_OFFER_OVER
} OhOfferState;

typedef struct
{
  char *id;
  OhOfferState state;
  char *name, *number, *called; /* each or NULL; both first ones NULL: withheld, or not for here */
  guint options;                /* bit set, 1 << OhCallOption */
  OhCallOption default_option;
  guint seconds_left;
  gboolean devices;    /* devices of the user ring too */
  OhCallReason reason; /* OVER: what became of it, for who has not answered it */
} OhOfferInfo;

/* From outside: each value is brought into its range. NULL and OH_ERROR_INVALID for what is no
 * description. */
OhOfferInfo *oh_offer_info_from_json (JsonNode *node, GError **error);
void oh_offer_info_free (OhOfferInfo *info);

/* The token of the first link in @text that begins with @base ("https://phone.example.org:8443", case
 * and a port 443 that is left out do not matter); NULL: there is none. Transfer full; it is all the
 * authority that the link asks for, never log it. */
char *oh_offer_find_token (const char *text, const char *base);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhOfferInfo, oh_offer_info_free)

G_END_DECLS
