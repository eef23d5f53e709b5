/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Shows how others see the user, and lets them choose it, with a message. */
#define OH_TYPE_STATUS_BUTTON (oh_status_button_get_type ())
G_DECLARE_FINAL_TYPE (OhStatusButton, oh_status_button, OH, STATUS_BUTTON, AdwBin)

void oh_status_button_set_client (OhStatusButton *button, OhClient *client);

G_END_DECLS
