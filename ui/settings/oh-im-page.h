/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A page over the settings: where one account's user is told of calls by instant messaging. The list
 * lives at the call server; each change is made there and fetched again. */
#define OH_TYPE_IM_PAGE (oh_im_page_get_type ())
G_DECLARE_FINAL_TYPE (OhImPage, oh_im_page, OH, IM_PAGE, AdwBin)

GtkWidget *oh_im_page_new (OhClient *client, OhAccount *account);

G_END_DECLS
