/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/oh-effort.h"

#include "media/codec/oh-codec.h"

#define CALM_US (5 * G_USEC_PER_SEC)
#define FULL 90 /* percent */

/* A packet of speech of 8 kHz costs 0.32, 0.24, 0.18 and 0.15 % of a core with these. */
static const struct
{
  guint complexity;
  guint limit; /* percent; with more the next one's turn has come */
} levels[] = { { OH_CODEC_COMPLEXITY, 60 }, { 3, 70 }, { 1, 80 }, { 0, 100 } };

#define LAST (G_N_ELEMENTS (levels) - 1)

static gboolean
has_room (const OhEffort *effort, guint busy)
{
  return effort->level > 0 && busy < levels[effort->level - 1].limit / 2;
}

guint
oh_effort_note (OhEffort *effort, gint64 us, guint busy)
{
  if (busy >= FULL)
    effort->level = LAST;
  else if (busy > levels[effort->level].limit)
    effort->level++;
  effort->calm_us = has_room (effort, busy) ? effort->calm_us + us : 0;
  for (; effort->calm_us >= CALM_US && has_room (effort, busy); effort->calm_us -= CALM_US)
    effort->level--;
  return levels[effort->level].complexity;
}
