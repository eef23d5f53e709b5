/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/store/oh-database.h"

G_BEGIN_DECLS

/* The contact lists of accounts in the database, as they were told last. The struct is plain data that
 * crosses threads; the functions belong to the database's thread. */

typedef struct
{
  char *account; /* id */
  char *address, *name, *group;
} OhContactRow;

OhContactRow *
oh_contact_row_new (const char *account, const char *address, const char *name, const char *group);
void oh_contact_row_free (OhContactRow *row);

/* All, by their account. Transfer full. */
GPtrArray *oh_contact_store_load (sqlite3 *db);

/* The list of @account is @rows now, all of that account; empty: it goes. */
void oh_contact_store_save (sqlite3 *db, const char *account, GPtrArray *rows);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhContactRow, oh_contact_row_free)

G_END_DECLS
