/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-sound.h"

G_BEGIN_DECLS

/* A source that plays a sound file: Ogg Opus (opusfile) or anything libsndfile reads, mixed to mono
 * and resampled to @rate when it is opened or read ahead on a thread of its own; the worker never
 * touches a disk. NULL and @error when the file can't be played. Transfer full. */
OhSource *oh_player_new (const char *path, guint rate, gboolean loop, GError **error);

/* ms played so far / in all. From any thread. */
guint64 oh_player_get_position (OhSource *player);
guint64 oh_player_get_duration (OhSource *player);

/* From any thread. */
void oh_player_seek (OhSource *player, guint64 ms);

G_END_DECLS
