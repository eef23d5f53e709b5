/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The player under the history: shows itself while a message is loaded. Delete is the action
 * "history.delete" of the page around it. */
#define OH_TYPE_VOICEMAIL_BAR (oh_voicemail_bar_get_type ())
G_DECLARE_FINAL_TYPE (OhVoicemailBar, oh_voicemail_bar, OH, VOICEMAIL_BAR, GtkWidget)

void oh_voicemail_bar_set_client (OhVoicemailBar *bar, OhClient *client);

G_END_DECLS
