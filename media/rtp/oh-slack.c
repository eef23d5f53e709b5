/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-slack.h"

#include <string.h>

#define WINDOW_US (3 * G_USEC_PER_SEC / 2)
#define EVEN_WINDOW_US (G_USEC_PER_SEC / 2)

void
oh_slack_reset (OhSlack *slack)
{
  memset (slack, 0, sizeof *slack);
}

void
oh_slack_add (OhSlack *slack, gint64 us, gint64 now, gboolean even)
{
  if (slack->begun == 0 || now - slack->begun >= (even ? EVEN_WINDOW_US : WINDOW_US))
    {
      slack->known = slack->begun != 0;
      slack->least = slack->known ? slack->coming : us;
      slack->coming = us;
      slack->begun = now;
    }
  slack->least = MIN (slack->least, us);
  slack->coming = MIN (slack->coming, us);
}

void
oh_slack_shift (OhSlack *slack, gint64 us)
{
  slack->least += us;
  slack->coming += us;
}

float
oh_slack_get_ms (const OhSlack *slack)
{
  return slack->known ? MAX (slack->least, 0) / 1000.0f : 0;
}
