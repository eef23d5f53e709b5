/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Puts somebody on the contact list, or changes name and group of one who is there. Signal "done"
 * (string: what was done, in words), before it closes. */
#define OH_TYPE_CONTACT_DIALOG (oh_contact_dialog_get_type ())
G_DECLARE_FINAL_TYPE (OhContactDialog, oh_contact_dialog, OH, CONTACT_DIALOG, AdwWindow)

/* @account and @address: whom to add, or NULL: the person fills that in. */
GtkWidget *oh_contact_dialog_new_add (GtkWindow *parent,
                                      OhClient *client,
                                      OhAccount *account,
                                      const char *address);
GtkWidget *oh_contact_dialog_new_edit (GtkWindow *parent, OhClient *client, OhContact *contact);

G_END_DECLS
