/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Accounts, sound devices with meters and a test call, what runs in the background. Changes take
 * effect at once. */
#define OH_TYPE_SETTINGS_WINDOW (oh_settings_window_get_type ())
G_DECLARE_FINAL_TYPE (
    OhSettingsWindow, oh_settings_window, OH, SETTINGS_WINDOW, AdwPreferencesWindow)

OhSettingsWindow *oh_settings_window_new (OhClient *client);

G_END_DECLS
