/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The main window: history, dial pad and contacts, over them what is wrong with the account and the call that
 * is on. */
#define OH_TYPE_WINDOW (oh_window_get_type ())
G_DECLARE_FINAL_TYPE (OhWindow, oh_window, OH, WINDOW, AdwApplicationWindow)

OhWindow *oh_window_new (GtkApplication *application, OhClient *client);

/* @target may be NULL; else it is put into the entry. */
void oh_window_show_dial_pad (OhWindow *window, const char *target);
void oh_window_show_history (OhWindow *window);
void oh_window_show_contacts (OhWindow *window); /* if any account has some */
void oh_window_start_search (OhWindow *window);
void oh_window_say (OhWindow *window, const char *words);

G_END_DECLS
