/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The twelve telephone keys with their letters. Signal "digit" (char as uint): a key was pressed. */
#define OH_TYPE_KEYPAD (oh_keypad_get_type ())
G_DECLARE_FINAL_TYPE (OhKeypad, oh_keypad, OH, KEYPAD, GtkWidget)

GtkWidget *oh_keypad_new (void);

G_END_DECLS
