/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A microphone or loudspeaker as the settings show it. Immutable; properties "id", "name". The one
 * with id NULL stands for "follow the system's default". */
#define OH_TYPE_SOUND_DEVICE (oh_sound_device_get_type ())
G_DECLARE_FINAL_TYPE (OhSoundDevice, oh_sound_device, OH, SOUND_DEVICE, GObject)

OhSoundDevice *oh_sound_device_new (const char *id, const char *name);
const char *oh_sound_device_get_id (OhSoundDevice *device);   /* or NULL */
const char *oh_sound_device_get_name (OhSoundDevice *device); /* for people; NULL where id is */

G_END_DECLS
