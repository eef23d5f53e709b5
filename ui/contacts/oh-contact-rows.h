/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"
#include "ui/contacts/oh-contact-group.h"

G_BEGIN_DECLS

/* The contacts with headings between them: a GListModel of OhContact, each group's after its
 * OhContactGroup. There are headings only while the list is grouped and a group is there. */
#define OH_TYPE_CONTACT_ROWS (oh_contact_rows_get_type ())
G_DECLARE_FINAL_TYPE (OhContactRows, oh_contact_rows, OH, CONTACT_ROWS, GObject)

OhContactRows *oh_contact_rows_new (OhContactList *contacts);

G_END_DECLS
