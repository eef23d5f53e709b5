/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-sound.h"

G_BEGIN_DECLS

/* Keeps what a peer hears in memory (at most ten minutes) with the times that tests need. Written
 * by the media worker, read by the main thread: one small lock. */
#define OH_TAPE_RATE 16000
typedef struct _OhTape OhTape;

/* @echo: what is heard can be said back (oh_noted_source_new()). */
OhTape *oh_tape_new (gboolean echo);
OhSink *oh_tape_get_sink (OhTape *tape); /* borrowed */
void oh_tape_unref (OhTape *tape);

/* ms of sound on the tape so far. */
gint64 oh_tape_get_length_ms (OhTape *tape);

/* Monotonic us of the first sample, and of the first loud one (above -40 dBFS); 0: none yet. */
gint64 oh_tape_get_start (OhTape *tape);
gint64 oh_tape_get_first_sound (OhTape *tape);

/* Begins to look for the first loud sample anew (the ring-back tone is not an answer). */
void oh_tape_forget_first_sound (OhTape *tape);

gboolean oh_tape_save (OhTape *tape, const char *path, GError **error);

/* A source that notes when it was first asked for sound; passes on @inner (a reference of its own)
 * or, when @inner is NULL, what @echo hears, @delay_ms later. */
OhSource *oh_noted_source_new (OhSource *inner, OhTape *echo, guint delay_ms);

/* Monotonic us at which its first sample was read; 0: not yet. From any thread. */
gint64 oh_noted_source_get_start (OhSource *source);

G_END_DECLS
