/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A device or address in the user's own order, with buttons that move it. Signal "move" (gint): -1
 * up, 1 down. */
#define OH_TYPE_PLACE_ROW (oh_place_row_get_type ())
G_DECLARE_FINAL_TYPE (OhPlaceRow, oh_place_row, OH, PLACE_ROW, AdwActionRow)

/* The first can't go up, the last not down. */
GtkWidget *oh_place_row_new (const OhRulesPlace *place, gboolean first, gboolean last);

const char *oh_place_row_get_key (OhPlaceRow *row);

/* Whether it can be moved now; at first it can. */
void oh_place_row_set_changeable (OhPlaceRow *row, gboolean changeable);

/* The keyboard comes to the button that moves it @way, or to the other one where it can't. */
void oh_place_row_focus (OhPlaceRow *row, int way);

G_END_DECLS
