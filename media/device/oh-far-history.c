/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/device/oh-far-history.h"

#include <string.h>

#define TOLERANCE 3 /* blocks off that are tolerated */
#define PATIENCE 25 /* blocks in a row before the reader jumps */

struct _OhFarHistory
{
  gsize block, length; /* samples */
  gint16 *samples;     /* ring, indexed by sample number modulo `length` */
  guint64 written, read;
  gboolean placed;
  guint off; /* blocks in a row */
};

OhFarHistory *
oh_far_history_new (gsize block, gsize blocks)
{
  OhFarHistory *history = g_new0 (OhFarHistory, 1);

  history->block = block;
  history->length = block * blocks;
  history->samples = g_new0 (gint16, history->length);
  return history;
}

void
oh_far_history_free (OhFarHistory *history)
{
  if (!history)
    return;
  g_free (history->samples);
  g_free (history);
}

void
oh_far_history_reset (OhFarHistory *history)
{
  history->placed = FALSE;
  history->off = 0;
}

void
oh_far_history_write (OhFarHistory *history, const gint16 *samples)
{
  memcpy (history->samples + history->written % history->length, samples,
          history->block * sizeof *samples);
  history->written += history->block;
}

/* Where the reader should be: a block that is heard with the microphone's, never a future one. */
static guint64
get_aim (OhFarHistory *history, gsize behind)
{
  guint64 back = MAX (behind, history->block);

  back = MIN (back, history->length - history->block);
  return history->written > back ? history->written - back : 0;
}

static void
keep_in_step (OhFarHistory *history, guint64 aim)
{
  gint64 error = (gint64)history->read - (gint64)aim;
  gboolean lost = history->read + history->block > history->written
                  || history->read + history->length < history->written + history->block;

  history->off = ABS (error) > (gint64)(TOLERANCE * history->block) ? history->off + 1 : 0;
  if (history->placed && !lost && history->off < PATIENCE)
    return;
  history->read = aim;
  history->placed = TRUE;
  history->off = 0;
}

void
oh_far_history_read (OhFarHistory *history, gsize behind, gint16 *samples)
{
  keep_in_step (history, get_aim (history, behind));
  if (history->read + history->block > history->written)
    {
      memset (samples, 0, history->block * sizeof *samples); /* nothing has been played yet */
      return;
    }
  for (gsize i = 0; i < history->block; i++)
    samples[i] = history->samples[(history->read + i) % history->length];
  history->read += history->block;
}
