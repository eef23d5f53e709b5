/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Reads a sound file as mono samples: Ogg Opus by opusfile, everything else by libsndfile. Blocks on
 * disk; one thread at a time. */
typedef struct _OhSoundFile OhSoundFile;

OhSoundFile *oh_sound_file_open (const char *path, GError **error);
void oh_sound_file_close (OhSoundFile *file);

guint oh_sound_file_get_rate (OhSoundFile *file);     /* Hz */
guint oh_sound_file_get_channels (OhSoundFile *file); /* of the file; what is read is mono */
guint64 oh_sound_file_get_length (OhSoundFile *file); /* samples; 0: unknown */

/* Returns how many samples were read; 0: the end (damaged data ends the file too). */
gsize oh_sound_file_read (OhSoundFile *file, gint16 *samples, gsize n);
gboolean oh_sound_file_seek (OhSoundFile *file, guint64 sample);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSoundFile, oh_sound_file_close)

G_END_DECLS
