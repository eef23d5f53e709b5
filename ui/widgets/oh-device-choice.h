/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A drop-down list of microphones or loudspeakers, bound both ways to a setting. Signal "settled": the
 * devices or the setting have changed and the list shows it. */
#define OH_TYPE_DEVICE_CHOICE (oh_device_choice_get_type ())
G_DECLARE_FINAL_TYPE (OhDeviceChoice, oh_device_choice, OH, DEVICE_CHOICE, GtkWidget)

/* @property: of OhSettings, "microphone", "speaker" or "ringer". @name: accessible name, translated. */
void oh_device_choice_set_source (OhDeviceChoice *choice,
                                  OhClient *client,
                                  const char *property,
                                  const char *name);

/* Whether the setting names a device that is not plugged in now; the system's default stands in. */
gboolean oh_device_choice_is_missing (OhDeviceChoice *choice);

G_END_DECLS
