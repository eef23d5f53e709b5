/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-settings.h"
#include "client/offer/oh-offer-info.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The link of one call offer: asks and chooses over HTTPS, and opens its WebSocket, always at the
 * server that the account names and with the certificate that counts for it, wherever the link's text
 * pointed. Answers are limited (16 KiB), redirects not followed. Main thread. */
#define OH_TYPE_OFFER_LINK (oh_offer_link_get_type ())
G_DECLARE_FINAL_TYPE (OhOfferLink, oh_offer_link, OH, OFFER_LINK, GObject)

OhOfferLink *oh_offer_link_new (const OhAccountSettings *settings, const char *token);

/* The server is this computer. */
gboolean oh_offer_link_is_local (OhOfferLink *link);

/* What the link says now; @option 0: changes nothing, else the choice is posted first. OH_ERROR
 * NOT_FOUND: no such call, or it is over since long. */
void oh_offer_link_ask_async (OhOfferLink *link,
                              OhCallOption option,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
OhOfferInfo *oh_offer_link_ask_finish (OhOfferLink *link, GAsyncResult *result, GError **error);

/* @resume: the secret of a connection that broke in the call, or NULL. */
void oh_offer_link_connect_async (OhOfferLink *link,
                                  const char *resume,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
SoupWebsocketConnection *
oh_offer_link_connect_finish (OhOfferLink *link, GAsyncResult *result, GError **error);

G_END_DECLS
