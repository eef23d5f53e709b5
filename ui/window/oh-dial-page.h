/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The dial pad: an entry, the keys, the call button. Signal "message" (AdwToast). */
#define OH_TYPE_DIAL_PAGE (oh_dial_page_get_type ())
G_DECLARE_FINAL_TYPE (OhDialPage, oh_dial_page, OH, DIAL_PAGE, AdwBin)

void oh_dial_page_set_client (OhDialPage *page, OhClient *client);

/* Puts @text into the entry and the focus behind it. */
void oh_dial_page_start (OhDialPage *page, const char *text);

G_END_DECLS
