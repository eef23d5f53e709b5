/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A page of the settings: where calls reach the account's user, in which order, and what away and do
 * not disturb mean. Each change goes to the call server at once. Without a connection it shows what
 * was known last, and nothing can be changed. */
#define OH_TYPE_RULES_PAGE (oh_rules_page_get_type ())
G_DECLARE_FINAL_TYPE (OhRulesPage, oh_rules_page, OH, RULES_PAGE, AdwBin)

GtkWidget *oh_rules_page_new (OhClient *client, OhAccount *account);

G_END_DECLS
