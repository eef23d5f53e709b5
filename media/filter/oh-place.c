/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-place.h"

#include "media/filter/oh-past.h"

#include <math.h>

#define BLOCK OH_PAST_BLOCK
#define TOLERANCE (3 * BLOCK)                /* off by so much is tolerated */
#define PATIENCE 25                          /* blocks in a row before it jumps */
#define NEAREST (BLOCK + OH_PAST_AHEAD + 48) /* 3 ms to spare for a loudspeaker that is fast */
#define EARLY (2 * BLOCK)                    /* what is early is found late; what is late, never */
#define FARTHEST (100 * BLOCK)

/* What the reader wants must be there; a loudspeaker that stands still tells nothing. */
static void
judge (OhPlace *place, gint64 written, double held, double aim)
{
  if (written == place->written)
    return;
  if (place->at - held + BLOCK + OH_PAST_AHEAD > written)
    place->off += PATIENCE / 5;
  else if (fabs (place->at - aim) > TOLERANCE)
    place->off++;
  else
    place->off = 0;
}

gboolean
oh_place_move (OhPlace *place, gint64 written, gsize behind, double held, double ppm)
{
  double aim = written - (double)CLAMP ((gint64)behind - EARLY, NEAREST, FARTHEST);
  gboolean jump;

  place->at += BLOCK * (1 - ppm * 1e-6);
  judge (place, written, held, aim);
  place->written = written;
  jump = !place->known || place->off >= PATIENCE;
  if (jump)
    *place = (OhPlace){ .at = aim, .known = TRUE, .written = written };
  return jump;
}
