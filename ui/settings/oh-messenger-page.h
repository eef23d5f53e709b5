/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A page over the settings: adds an account at an IM service, with what the service's own plug-in asks
 * for. Goes when the account is there; whether it signs in tells the account's row. */
#define OH_TYPE_MESSENGER_PAGE (oh_messenger_page_get_type ())
G_DECLARE_FINAL_TYPE (OhMessengerPage, oh_messenger_page, OH, MESSENGER_PAGE, AdwBin)

GtkWidget *oh_messenger_page_new (OhClient *client);

G_END_DECLS
