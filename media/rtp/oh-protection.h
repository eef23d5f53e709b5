/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a sender does against loss, from the far end's reports alone: how much the codec is told to
 * expect, and how many older frames go with each packet. It begins at once and ends late: loss comes
 * in spells. Pure state of one thread; zeroes are a path that loses nothing. */
typedef struct
{
  float loss; /* smoothed, 0 to 1 */
  float held; /* the most there was lately */
  gint64 held_at;
  gint64 lossy_at; /* the last report that spoke of loss worth a copy */
  gboolean copies;
} OhProtection;

/* A report (RFC 3550 6.4.1) at @now (us) of the @packets since the one before: @loss, 0 to 1, without what
 * was only out of order, which no copy would help (OhRtcp.lasting_loss). */
void oh_protection_report (OhProtection *protection, float loss, guint packets, gint64 now);

/* For the codec's own protection, in percent. @copied: the far end takes copies; while it gets some, what
 * is lost comes again, and the codec had better spend its bits on the sound (docs/performance.md). */
guint oh_protection_get_percent (const OhProtection *protection, gboolean copied);

/* Older frames a packet, where each is @frame_ms long and the far end reports @jitter_ms: those that
 * arrive in time to be played. */
guint oh_protection_get_copies (const OhProtection *protection, guint frame_ms, float jitter_ms);

G_END_DECLS
