/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/settings/oh-settings.h"

G_BEGIN_DECLS

/* Keeps the desktop's autostart entry in step with the property "autostart" while @settings lives. */
void oh_autostart_follow (OhSettings *settings);

G_END_DECLS
