/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-im.h"
#include "client/account/oh-messenger.h"
#include "client/provider/oh-core.h"

G_BEGIN_DECLS

/* Makes calls of the messages by which call servers offer them. A message is believed when it comes
 * from an IM account that the call server of one of our accounts named, over HTTPS, as its own, holds a
 * link of that server, and the link says that the call waits. One call is shown once, by however many
 * messages and ways it comes. Main thread; made by OhClient. */
#define OH_TYPE_OFFER_DESK (oh_offer_desk_get_type ())
G_DECLARE_FINAL_TYPE (OhOfferDesk, oh_offer_desk, OH, OFFER_DESK, GObject)

OhOfferDesk *oh_offer_desk_new (OhCore *core,
                                GListModel *accounts); /* of OhAccount; both outlive it */

/* What the call server of account @id says of itself, taken; NULL: the account is no more. */
void oh_offer_desk_set_server (OhOfferDesk *desk, const char *id, OhAccountIm *im);

/* Whether @from is an IM account by which one of our call servers writes to @messenger. */
gboolean oh_offer_desk_is_server (OhOfferDesk *desk, OhMessenger *messenger, const char *from);

typedef enum
{
  OH_OFFER_KIND_NONE,
  OH_OFFER_KIND_FORGED, /* looks like an offer, and is of none of our call servers */
  OH_OFFER_KIND_OWN,    /* of ours, with its link: oh_offer_desk_take_async() */
  OH_OFFER_KIND_NEWS    /* what became of an offer that is or was shown just now */
} OhOfferKind;

/* Of @text, which @from wrote to @messenger. Asks nobody. */
OhOfferKind
oh_offer_desk_judge (OhOfferDesk *desk, OhMessenger *messenger, const char *from, const char *text);

/* Of an OWN one: asks the link, and shows the call if it waits. */
void oh_offer_desk_take_async (OhOfferDesk *desk,
                               OhMessenger *messenger,
                               const char *from,
                               const char *text,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* Whether the call is shown. */
gboolean oh_offer_desk_take_finish (OhOfferDesk *desk, GAsyncResult *result, GError **error);

G_END_DECLS
