/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Past calls and messages in one list, with search and filter. Signal "message" (AdwToast): something
 * to tell in the window's overlay. */
#define OH_TYPE_HISTORY_PAGE (oh_history_page_get_type ())
G_DECLARE_FINAL_TYPE (OhHistoryPage, oh_history_page, OH, HISTORY_PAGE, AdwBin)

void oh_history_page_set_client (OhHistoryPage *page, OhClient *client);
void oh_history_page_start_search (OhHistoryPage *page);

G_END_DECLS
