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

/* The same of many in one step: @contacts of OhContact, no address twice. */
void oh_base_messenger_add_contacts (OhBaseMessenger *messenger, GPtrArray *contacts);
void oh_base_messenger_drop_contact (OhBaseMessenger *messenger, const char *address);

/* OhMessenger.know_contacts of an account whose service keeps the list and tells of it after the sign-in:
 * the subclass names it in its interface. They stay until the service has told of them, or of all. */
void oh_base_messenger_know_contacts (OhMessenger *messenger, GPtrArray *contacts);

/* The service has told of its whole list: who is on it no more goes. */
void oh_base_messenger_list_complete (OhBaseMessenger *messenger);

/* The account is not signed in any more: nobody's presence is known. */
void oh_base_messenger_lose_presence (OhBaseMessenger *messenger);

G_END_DECLS
