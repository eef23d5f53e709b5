/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-quality.h"

G_BEGIN_DECLS

/* How long a sender's packets are and at which rate its codec works, from the far end's reports alone.
 * Delay that grows is congestion: less is sent, in longer packets, soon, and more again late. Loss
 * without it is none of that: OhProtection repairs it (but see oh_pace_allows_copies()). A good path,
 * near and without loss, gets packets of 10 ms where both ends are for it. Pure state of one thread. */

/* What is sent. */
typedef struct
{
  guint ptime;    /* ms of sound a packet: 10, 20, 40 or 60 */
  guint bit_rate; /* of the codec, bits a second */
} OhPaceStep;

/* What both ends bear; 0: not said. */
typedef struct
{
  guint ptime; /* agreed on, ms a packet */
  guint min_ptime, max_ptime;
  guint bit_rate; /* most, of the codec, bits a second */
  guint total;    /* the same with all headers */
} OhPaceLimits;

/* What one report (RFC 3550 6.4.1) tells, and what is known with it. */
typedef struct
{
  float loss;        /* 0 to 1, of... */
  guint packets;     /* ...these */
  float jitter_ms;   /* at the far end */
  float rtt_ms;      /* < 0: the report holds no new one */
  guint heard_ptime; /* ms a packet that the far end sends; 0: unknown */
  guint copies;      /* older frames that go with each packet of ours */
} OhPaceReport;

/* The least of the last half to whole minute. */
typedef struct
{
  gint64 window_end; /* 0: nothing known */
  float least, coming;
} OhPaceFloor;

typedef struct
{
  OhQuality quality;
  OhPaceLimits limits;
  guint level; /* of what is sent: 0 is the most */

  OhPaceFloor rtt;
  float queue_ms;  /* what waits on the way there, by the newest report */
  gboolean grown;  /* it was more than jitter makes */
  gboolean unsure; /* packets got lost, and the round trip since is not known yet */
  gint64 unsure_since;
  gint64 calm_since;
  gint64 changed_at;
  gint64 hold_us; /* of calm before more is tried */
  gboolean trying;

  gint64 good_since;   /* 0: it is not */
  gint64 good_wait_us; /* before short packets are tried */
  gint64 vain_until;   /* short packets were tried, and the far end stayed with longer ones */

  float copied_loss;  /* smoothed, while older frames go with ours */
  gint64 blame_until; /* until then loss is congestion too */

  /* Of what the far end sends: where the newest packet's sound ended, and how much later than the first
   * one packets come. */
  gboolean heard;
  guint32 heard_end;
  gint64 heard_at;
  float lag_now, lag_ms; /* the second one smoothed */
  OhPaceFloor lag;
} OhPace;

void oh_pace_init (OhPace *pace, OhQuality quality);

/* In mid-call as well. */
void oh_pace_set_quality (OhPace *pace, OhQuality quality);
void oh_pace_set_limits (OhPace *pace, const OhPaceLimits *limits);

/* The packets go another way from now on: its delays are not those known. */
void oh_pace_forget_path (OhPace *pace);

/* A packet of the far end's came at @now (us), whose sound ends at @end of its RTP clock, @clock Hz. */
void oh_pace_hear (OhPace *pace, guint32 end, guint clock, gint64 now);

/* A report came at @now (us). */
void oh_pace_report (OhPace *pace, const OhPaceReport *report, gint64 now);

OhPaceStep oh_pace_get (const OhPace *pace);

/* A new round trip is wanted soon at @now (us). */
gboolean oh_pace_is_curious (const OhPace *pace, gint64 now);

/* What the far end sends comes later and later: it had better know soon. */
gboolean oh_pace_hears_growth (const OhPace *pace);

/* The way there is congested (whatever the quality). */
gboolean oh_pace_is_congested (const OhPace *pace);

/* Less must go there than a sender that knows nothing of this way may send: its packets can't pass as they
 * are. */
gboolean oh_pace_is_limited (const OhPace *pace);

/* Whether each packet may carry older frames too (RFC 2198): not into congestion, nor to save data. */
gboolean oh_pace_allows_copies (const OhPace *pace);

G_END_DECLS
