/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which part of the far signal is heard with the microphone's, as far as the devices tell: so many
 * samples behind what was given to the loudspeaker last. What they tell jitters, so the place runs on
 * steadily, at the rate of both clocks as it is known, and jumps only when it is off for long by more
 * than the canceller's tail forgives. One thread; 16 kHz, 10 ms blocks. */
typedef struct
{
  double at; /* number of the sample that the next block begins with */
  gboolean known;
  gint64 written;
  guint off; /* how long it has been wrong */
} OhPlace;

/* Goes on by a block. @written: samples of the far signal so far; @behind: how many of them came
 * after what is heard at the beginning of this block; 0: unknown; @held: by how much the reader is behind the
 * place; @ppm: by which the loudspeaker's clock is slower. TRUE: it jumped. */
gboolean oh_place_move (OhPlace *place, gint64 written, gsize behind, double held, double ppm);

G_END_DECLS
