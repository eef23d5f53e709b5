/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/rtp/oh-reception.h"

G_BEGIN_DECLS

#define OH_RTCP_MAX_BYTES 128
#define OH_RTCP_PAST 4 /* reports that are remembered */

/* Reports of one session of two (RFC 3550 6): what was heard of the far end's, and what ours need.
 * One thread. */
typedef struct
{
  char cname[24];
  guint32 last_sr; /* middle of the far end's NTP time stamp */
  gint64 last_sr_at;
  guint32 remote_ssrc;
  float rtt_ms;           /* < 0: unknown */
  guint round_trips;      /* measured so far, by as many of our reports */
  guint32 rtt_sr;         /* the newest of these: its time stamp's middle */
  float remote_loss;      /* 0 to 1 */
  float lasting_loss;     /* the same of some seconds, without what was only out of order */
  guint remote_packets;   /* that it speaks of: since the report before */
  guint32 remote_jitter;  /* as the far end measures it, in our RTP clock */
  guint32 remote_highest; /* newest number there, extended */
  guint heard;            /* reports about us so far */
  struct
  {
    guint32 highest;
    gint32 lost;
  } past[OH_RTCP_PAST]; /* what the reports before told, newest first */
  gboolean bye;
  gint64 due;      /* of our next report */
  gint64 sent_at;  /* our newest one */
  gint64 asked_at; /* our newest one of any kind */
  guint reports;   /* sent so far */
} OhRtcp;

/* What our sender report says. */
typedef struct
{
  guint32 ssrc, timestamp;
  guint64 packets, bytes;
  gboolean bye;
} OhRtcpSender;

void oh_rtcp_init (OhRtcp *rtcp);

/* Writes SR or RR, SDES, and BYE where @sender says so; returns bytes. */
gsize oh_rtcp_write (
    OhRtcp *rtcp, const OhRtcpSender *sender, OhReception *reception, gint64 now, guint8 *data);

/* Reads a compound packet; FALSE when it is malformed. @our_ssrc finds the reports about us. */
gboolean
oh_rtcp_read (OhRtcp *rtcp, const guint8 *data, gsize length, guint32 our_ssrc, gint64 now);

/* Mean opinion score from the E-model (ITU-T G.107), 1 to 4.5. @delay_ms: mouth to ear. */
float oh_rtp_estimate_mos (const char *codec, float delay_ms, float loss);

G_END_DECLS
