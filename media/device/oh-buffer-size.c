/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/device/oh-buffer-size.h"

#define LEAST_MS                                                                                   \
  (2 * OH_BUFFER_SIZE_STEP_MS) /* one step is played while the next one is asked for */
#define MOST_MS 60
#define SETTLE_US (G_USEC_PER_SEC / 2)
#define QUIET_US (60 * G_USEC_PER_SEC)
#define QUIET_MAX_US (16 * QUIET_US)

void
oh_buffer_size_start (OhBufferSize *size, guint before, gint64 now)
{
  *size = (OhBufferSize){ .ms = MAX (before, LEAST_MS), .since = now, .quiet = QUIET_US };
}

gboolean
oh_buffer_size_note_gap (OhBufferSize *size, gint64 now)
{
  if (now - size->since < SETTLE_US)
    return FALSE;
  if (size->shortened)
    size->quiet = MIN (2 * size->quiet, QUIET_MAX_US);
  size->shortened = FALSE;
  size->since = now;
  if (size->ms >= MOST_MS)
    return FALSE;
  size->ms += OH_BUFFER_SIZE_STEP_MS;
  return TRUE;
}

gboolean
oh_buffer_size_try_less (OhBufferSize *size, gint64 now)
{
  if (size->ms <= LEAST_MS || now - size->since < size->quiet)
    return FALSE;
  size->ms -= OH_BUFFER_SIZE_STEP_MS;
  size->since = now;
  size->shortened = TRUE;
  return TRUE;
}
