/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OH_LOUDNESS_SILENCE (-45.0f) /* dBFS; a quieter frame holds no speech */

/* Mean level of a frame in dBFS (a full-scale square wave is 0); -100 for digital silence. */
float oh_loudness_of (const gint16 *samples, gsize n);

G_END_DECLS
