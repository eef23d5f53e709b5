/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* One account in the settings: address, server, state; opens to connect, disconnect or forget it. */
#define OH_TYPE_ACCOUNT_ROW (oh_account_row_get_type ())
G_DECLARE_FINAL_TYPE (OhAccountRow, oh_account_row, OH, ACCOUNT_ROW, AdwExpanderRow)

GtkWidget *oh_account_row_new (OhClient *client, OhAccount *account);

G_END_DECLS
