/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A drop-down list of microphones or loudspeakers, bound both ways to a setting. */
#define OH_TYPE_DEVICE_CHOICE (oh_device_choice_get_type ())
G_DECLARE_FINAL_TYPE (OhDeviceChoice, oh_device_choice, OH, DEVICE_CHOICE, GtkWidget)

/* @property: of OhSettings, "microphone", "speaker" or "ringer". @name: accessible name, translated. */
void oh_device_choice_set_source (OhDeviceChoice *choice,
                                  OhClient *client,
                                  const char *property,
                                  const char *name);

G_END_DECLS
