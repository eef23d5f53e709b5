/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What is wrong with one account, and the button that mends it; folded away while nothing is. */
#define OH_TYPE_ACCOUNT_BAR (oh_account_bar_get_type ())
G_DECLARE_FINAL_TYPE (OhAccountBar, oh_account_bar, OH, ACCOUNT_BAR, AdwBin)

/* @account NULL: there is none. @named: it says which one, as there are others. */
GtkWidget *oh_account_bar_new (OhClient *client, OhAccount *account, gboolean named);

G_END_DECLS
