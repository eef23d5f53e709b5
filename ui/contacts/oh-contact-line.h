/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One line of the contact list: somebody (OhContact), or the chat with a stranger (OhChat). */
#define OH_TYPE_CONTACT_LINE (oh_contact_line_get_type ())
G_DECLARE_FINAL_TYPE (OhContactLine, oh_contact_line, OH, CONTACT_LINE, GtkBox)

GObject *oh_contact_line_get_item (OhContactLine *line); /* or NULL; borrowed */

/* @item: OhContact or OhChat. @chats says what of theirs is unread. */
void oh_contact_line_set_item (OhContactLine *line, OhChats *chats, GObject *item);

G_END_DECLS
