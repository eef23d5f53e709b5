/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* One call that is being made or is on: who, how long, how well, and the buttons. Closing the window
 * does not end the call; the main window leads back. It closes itself some seconds after the end. */
#define OH_TYPE_CALL_WINDOW (oh_call_window_get_type ())
G_DECLARE_FINAL_TYPE (OhCallWindow, oh_call_window, OH, CALL_WINDOW, AdwWindow)

OhCallWindow *oh_call_window_new (GtkApplication *application, OhClient *client, OhCall *call);
OhCall *oh_call_window_get_call (OhCallWindow *window);

G_END_DECLS
