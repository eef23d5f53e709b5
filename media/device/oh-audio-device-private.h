/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/device/oh-audio.h"
#include "media/device/oh-device.h"

G_BEGIN_DECLS

OhAudioDevice *oh_audio_device_new (const OhDeviceInfo *info);

/* Makes @store, a list of OhAudioDevice, say what @list says of one direction, touching only what
 * differs. Returns whether anything did. */
gboolean oh_audio_device_update_store (GListStore *store, GPtrArray *list, gboolean capture);

gboolean oh_audio_device_is_in_store (GListStore *store, const char *id);

G_END_DECLS
