/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What can be done with somebody: the menu, its actions ("contact.…" of the owner) and the questions
 * that go with them. Signal "message" (AdwToast): to be shown by whoever has the toasts. */
#define OH_TYPE_CONTACT_MENU (oh_contact_menu_get_type ())
G_DECLARE_FINAL_TYPE (OhContactMenu, oh_contact_menu, OH, CONTACT_MENU, GObject)

/* @owner: the widget that holds it, not referenced. Made before the owner's template, unless that is a
 * window: what lies in it would not find the actions. */
OhContactMenu *oh_contact_menu_new (GtkWidget *owner);
void oh_contact_menu_set_client (OhContactMenu *menu, OhClient *client);

/* Whom it is about: OhContact, OhChat (with a contact or a stranger) or NULL. */
void oh_contact_menu_set_item (OhContactMenu *menu, GObject *item);

/* What is there to choose; kept up to date by set_item. Borrowed. @writing: 'write a message' too. */
GMenuModel *oh_contact_menu_get_model (OhContactMenu *menu, gboolean writing);

/* Opens it at @widget, a descendant of the owner; @x and @y in it, or negative: under it. */
void oh_contact_menu_popup (OhContactMenu *menu, GtkWidget *widget, double x, double y);

G_END_DECLS
