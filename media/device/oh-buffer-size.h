/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How much sound a sound server holds for a loudspeaker: as little as it can without gaps. A gap makes
 * that more by a step; a minute without any makes it less again, and where a gap follows that, the next
 * try waits twice as long. No clock of its own: @now in microseconds. One thread. */
typedef struct
{
  guint ms;
  gint64 since;       /* the last gap or change */
  gint64 quiet;       /* so long without a gap, and it is tried with less */
  gboolean shortened; /* the last change was such a try */
} OhBufferSize;

#define OH_BUFFER_SIZE_STEP_MS 5

/* From @now on what was enough @before, 0: as little as may be. */
void oh_buffer_size_start (OhBufferSize *size, guint before, gint64 now);

/* A gap was heard. TRUE: ms is more than it was. Just after a change there may be gaps. */
gboolean oh_buffer_size_note_gap (OhBufferSize *size, gint64 now);

/* Told now and then. TRUE: ms is less than it was. */
gboolean oh_buffer_size_try_less (OhBufferSize *size, gint64 now);

G_END_DECLS
