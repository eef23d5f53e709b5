/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The page of the main window with everybody whom one can write to, strangers who wrote first. A row
 * opens the chat; its menu has the rest. Signal "message" (AdwToast). */
#define OH_TYPE_CONTACTS_PAGE (oh_contacts_page_get_type ())
G_DECLARE_FINAL_TYPE (OhContactsPage, oh_contacts_page, OH, CONTACTS_PAGE, AdwBin)

void oh_contacts_page_set_client (OhContactsPage *page, OhClient *client);
void oh_contacts_page_start_search (OhContactsPage *page);

G_END_DECLS
