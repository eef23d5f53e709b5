/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/contact/oh-contact.h"

G_BEGIN_DECLS

/* The contacts of all accounts as one list: a GListModel of OhContact, sorted and searched. Main
 * thread. The client has one (oh_client_get_contacts()), a view that sorts otherwise makes its own.
 * Who comes online, goes offline or changes the group leaves the list and enters it again, also where
 * the place is the same, so that those who count hear of it.
 * Properties, writable, which sort anew:
 *   "grouped" boolean, FALSE: by group first (those without one last); where the group of a row
 *     differs from the row's before, a view shows its name
 *   "online-first" boolean, TRUE: who can be reached now stands before who can't; within, by name
 *   "show-offline" boolean, TRUE
 *   "search" string or NULL: only whose name or address contains it, without regard to case */
#define OH_TYPE_CONTACT_LIST (oh_contact_list_get_type ())
G_DECLARE_FINAL_TYPE (OhContactList, oh_contact_list, OH, CONTACT_LIST, GObject)

/* @accounts: a GListModel of OhAccount; those that are an OhMessenger count. */
OhContactList *oh_contact_list_new (GListModel *accounts);

void oh_contact_list_set_search (OhContactList *list, const char *search);

G_END_DECLS
