/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Counts what still runs on threads that nobody joins: workers whose last reference went on their
 * own thread, PortAudio's servant. The program must not tear its libraries down under them, so its
 * end waits for all of them, at most a second. Any thread. */
void oh_living_begin (void);

/* The thread's last word: it touches no library after this. */
void oh_living_end (void);

G_END_DECLS
