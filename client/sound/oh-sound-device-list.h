/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Follows a list of OhAudioDevice and shows it as OhSoundDevice, with "the system's default" (id NULL)
 * in front. Transfer full. */
GListModel *oh_sound_device_list_new (GListModel *devices);

G_END_DECLS
