/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/rtp/oh-rtp.h"

G_BEGIN_DECLS

/* Counting what one sender's packets say of the path (RFC 3550 A.1, A.3, A.8). One thread. */
typedef struct
{
  gboolean started;
  guint32 ssrc;
  guint16 max_sequence;
  guint32 cycles;                         /* of 65,536 */
  guint32 first;                          /* extended */
  guint64 received, bytes;                /* of all senders there were */
  guint64 before;                         /* received of the senders before this one */
  guint32 prior_expected, prior_received; /* at the last report */
  gboolean has_transit;
  guint32 transit;
  float jitter; /* RTP clock */
  guint clock_rate;
  guint32 other_ssrc; /* a new sender shows up: believed at its second packet in a row */
  guint16 other_sequence;
  /* The last five seconds, one a slot. */
  guint32 past_expected[5], past_received[5];
  guint slot;
} OhReception;

/* @clock_rate 0: a packet whose time stamp says nothing of its time (a key).
 * FALSE: a packet of a stranger, not to be used (yet). @new_sender: the stream began anew. */
gboolean oh_reception_add (OhReception *reception,
                           const OhRtpHeader *header,
                           guint clock_rate,
                           gint64 now,
                           gboolean *new_sender);
guint32 oh_reception_get_expected (const OhReception *reception);
guint32 oh_reception_get_extended (const OhReception *reception);

/* Since the last call, in 1/256 (RFC 3550 6.4.1). */
guint8 oh_reception_take_fraction (OhReception *reception);

/* Packets that are missing since the last call of oh_reception_take_fraction(); 0: none. */
guint32 oh_reception_get_missing (const OhReception *reception);

/* To be called once a second; and what the last five lost, 0 to 1. */
void oh_reception_turn (OhReception *reception);
float oh_reception_get_loss (const OhReception *reception);
float oh_reception_get_jitter_ms (const OhReception *reception);

G_END_DECLS
