/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-im.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* One address of the user at an IM service: its state; opens to type the code, to ask for another, to
 * say whether callers' numbers may be shown there, to remove it. What the person wants is said by
 * signals: "verify" (char *code), "send-code" (), "show-number" (gboolean), "remove" (). */
#define OH_TYPE_IM_ROW (oh_im_row_get_type ())
G_DECLARE_FINAL_TYPE (OhImRow, oh_im_row, OH, IM_ROW, AdwExpanderRow)

/* @address and @service are only read now; @service may be NULL. */
GtkWidget *oh_im_row_new (const OhImAddress *address, const OhImService *service);

gint64 oh_im_row_get_id (OhImRow *row);
const char *oh_im_row_get_name (OhImRow *row);

/* Marks the typed code as wrong and says @words to those who hear the window. */
void oh_im_row_refuse_code (OhImRow *row, const char *words);

/* The code is to be typed next. */
void oh_im_row_focus_code (OhImRow *row);

G_END_DECLS
