/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-base-account.h"
#include "client/account/oh-messenger.h"

G_BEGIN_DECLS

/* What every provider's OhMessenger shares: the list of contacts. A subclass implements the other
 * members of the interface. Main thread. */
#define OH_TYPE_BASE_MESSENGER (oh_base_messenger_get_type ())
G_DECLARE_DERIVABLE_TYPE (OhBaseMessenger, oh_base_messenger, OH, BASE_MESSENGER, OhBaseAccount)

struct _OhBaseMessengerClass
{
  OhBaseAccountClass parent;
};

/* @address has these facts now; a new one enters the list. */
void oh_base_messenger_put_contact (OhBaseMessenger *messenger,
                                    const char *address,
                                    const OhContactFacts *facts);

/* Many new ones in one step: @contacts of OhContact whose addresses are not on the list. */
void oh_base_messenger_add_contacts (OhBaseMessenger *messenger, GPtrArray *contacts);
void oh_base_messenger_drop_contact (OhBaseMessenger *messenger, const char *address);

/* The account is not signed in any more: nobody's presence is known. */
void oh_base_messenger_lose_presence (OhBaseMessenger *messenger);

G_END_DECLS
