/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/rtp/oh-rtp.h"

G_BEGIN_DECLS

/* Redundant audio (RFC 2198): a packet carries older frames beside its own. Pure state and functions
 * of one thread; nothing allocates.
 *
 *   |1| type | offset | length | ...of each older frame   |0| type |   older frames, oldest first, own */

#define OH_RED_MAX_BLOCKS 5  /* of one packet that is taken, its own frame included */
#define OH_RED_MAX_AGE 8     /* packets; older ones are of no use any more */
#define OH_RED_MAX_COPIES 2  /* older frames that we send */
#define OH_RED_PAST 4        /* a power of 2, so that sequence numbers wrap well */
#define OH_RED_MAX_FRAME 512 /* bytes; a longer frame is not sent twice */

/* One frame in a packet. */
typedef struct
{
  guint8 payload_type;
  guint32 offset; /* of its time stamp, back from the packet's; the last one's is 0 */
  gsize at, length;
} OhRedBlock;

/* Finds the frames of a redundant payload, the packet's own one last, all within @length bytes.
 * Returns their number; 0 when it is malformed or has more than OH_RED_MAX_BLOCKS. */
guint oh_red_unpack (const guint8 *payload, gsize length, OhRedBlock blocks[OH_RED_MAX_BLOCKS]);

/* How many packets ago a frame was sent that lies @offset back, where frames are @ticks long; 0 when
 * that can't be told or is more than OH_RED_MAX_AGE. */
guint oh_red_get_age (guint32 offset, guint32 ticks);

/* --- What was sent --- */

typedef struct
{
  gboolean used;
  guint16 sequence;
  guint32 timestamp;
  gsize length;
  guint8 data[OH_RED_MAX_FRAME];
} OhRedFrame;

typedef struct
{
  OhRedFrame past[OH_RED_PAST]; /* by sequence number */
} OhRedSender;

/* Keeps a frame for the packets that follow. */
void oh_red_remember (
    OhRedSender *sender, guint16 sequence, guint32 timestamp, const guint8 *data, gsize length);

/* Writes what is known of the @copies frames before @sequence, and @data, which is its own frame, as
 * one payload of at most @capacity bytes; frames are @ticks long. Returns its bytes; 0 when no older
 * frame is there or fits: the frame goes out by itself. */
gsize oh_red_pack (const OhRedSender *sender,
                   const OhRtpHeader *header,
                   guint8 payload_type,
                   guint copies,
                   guint32 ticks,
                   const guint8 *data,
                   gsize length,
                   guint8 *out,
                   gsize capacity);

/* --- What was received --- */

/* Which of the newest 64 sequence numbers came, by themselves or within another packet. */
typedef struct
{
  gboolean started;
  guint16 newest;
  guint64 seen; /* bit n: newest - n */
} OhRedReceiver;

void oh_red_reset (OhRedReceiver *receiver);

/* A packet or frame of that number came; FALSE: another one did before. One older than can be told, and
 * what was sent before the first one, count as new. */
gboolean oh_red_note (OhRedReceiver *receiver, guint16 sequence);

G_END_DECLS
