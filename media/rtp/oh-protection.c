/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-protection.h"

#define RISE 50.0f /* packets of a report after which it counts fully */
#define FALL 250.0f
#define COPY_FROM 0.025f /* of loss: below, the codec's own protection is enough */
#define COPY_UNTIL 0.01f
#define HOLD_US (8 * G_USEC_PER_SEC)
#define WAIT_MS 20 /* that a receiver will wait for a frame to come again */

void
oh_protection_report (OhProtection *protection, float loss, guint packets, gint64 now)
{
  float weight = packets / (loss > protection->loss ? RISE : FALL);

  protection->loss += (loss - protection->loss) * MIN (weight, 1);
  if (protection->loss >= protection->held || now - protection->held_at > HOLD_US)
    {
      protection->held = protection->loss;
      protection->held_at = now;
    }
  if (loss >= COPY_UNTIL)
    protection->lossy_at = now;
  if (protection->loss >= COPY_FROM)
    protection->copies = TRUE;
  else if (now - protection->lossy_at > HOLD_US)
    protection->copies = FALSE;
}

guint
oh_protection_get_percent (const OhProtection *protection, gboolean copied)
{
  return copied && protection->copies ? 0 : protection->held * 100 + 0.5f;
}

guint
oh_protection_get_copies (const OhProtection *protection, guint frame_ms, float jitter_ms)
{
  if (!protection->copies)
    return 0;
  return 2 * frame_ms <= WAIT_MS + jitter_ms * 2 ? 2 : 1;
}
