/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* One line of what a search found in chats: who, when, and the words around it. */
#define OH_TYPE_FOUND_LINE (oh_found_line_get_type ())
G_DECLARE_FINAL_TYPE (OhFoundLine, oh_found_line, OH, FOUND_LINE, AdwBin)

GtkWidget *oh_found_line_new (void);
void oh_found_line_set_found (OhFoundLine *line, OhChatFound *found); /* or NULL */

G_END_DECLS
