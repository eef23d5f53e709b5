/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Shows one ringing call and what can be done with it. The application builds and realizes one at
 * start, so that presenting it later costs a frame. Signal "finished": the call was answered, or its
 * outcome has been shown; the window is hidden and can take the next call. Signal "put-off" (OhCall):
 * the person closed the window while it rings. */
#define OH_TYPE_INCOMING_WINDOW (oh_incoming_window_get_type ())
G_DECLARE_FINAL_TYPE (OhIncomingWindow, oh_incoming_window, OH, INCOMING_WINDOW, AdwWindow)

OhIncomingWindow *oh_incoming_window_new (GtkApplication *application);

/* Shows @call until it no longer rings. */
void oh_incoming_window_show_call (OhIncomingWindow *window, OhCall *call);

OhCall *oh_incoming_window_get_call (OhIncomingWindow *window); /* or NULL: free for the next */

G_END_DECLS
