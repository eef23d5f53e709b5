/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/store/oh-database.h"

G_BEGIN_DECLS

/* Keeps the contact lists of accounts whose service tells of them after the sign-in (who, name, group) in
 * the database, and gives each account what it had when the program ran last, as offline. A second after
 * a change the list of its account is written anew. Main thread; made by OhClient. */
#define OH_TYPE_CONTACT_KEEP (oh_contact_keep_get_type ())
G_DECLARE_FINAL_TYPE (OhContactKeep, oh_contact_keep, OH, CONTACT_KEEP, GObject)

/* @database outlives it, or until it is disposed of; @accounts: a GListModel of OhAccount. */
OhContactKeep *oh_contact_keep_new (OhDatabase *database, GListModel *accounts);

/* Drops what is kept of an account that is forgotten, after it has left the list. */
void oh_contact_keep_forget (OhContactKeep *keep, const char *account);

G_END_DECLS
