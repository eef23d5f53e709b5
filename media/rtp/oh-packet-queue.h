/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/rtp/oh-rtp.h"

G_BEGIN_DECLS

#define OH_PACKET_QUEUE_MAX 64     /* packets */
#define OH_PACKET_QUEUE_BYTES 1280 /* of one: OH_CODEC_MAX_BYTES and a little */
#define OH_PACKET_QUEUE_OTHERS 64  /* numbers remembered that were no sound */

/* One packet that waits. */
typedef struct
{
  OhRtpHeader header;
  gint64 arrival;
  gint64 again;     /* when it came once more, or `arrival` */
  gboolean copy;    /* it came only within another packet... */
  gboolean awaited; /* ...soon enough to be waited for; else its wait is not one that is needed */
  guint8 *data;
} OhQueuedPacket;

/* The packets of one sender that wait for their turn, by time stamp, and which numbers of his were no
 * sound. Fields are read freely. One thread; no allocation after init(). */
typedef struct
{
  OhQueuedPacket packets[OH_PACKET_QUEUE_MAX]; /* the buffers of the others lie in `spare` */
  guint n;
  guint8 *spare[OH_PACKET_QUEUE_MAX];
  guint n_spare;
  guint8 *memory;
  guint16 others[OH_PACKET_QUEUE_OTHERS];
  guint n_others; /* ever */
} OhPacketQueue;

void oh_packet_queue_init (OhPacketQueue *queue);
void oh_packet_queue_clear (OhPacketQueue *queue);

/* Copies @payload. Returns where it waits, also when there was such a one already (*@fresh says), NULL:
 * there is no room. A full queue lets its first go. */
OhQueuedPacket *oh_packet_queue_insert (OhPacketQueue *queue,
                                        const OhRtpHeader *header,
                                        const guint8 *payload,
                                        gint64 now,
                                        gboolean *fresh);

/* The first @n are done with. */
void oh_packet_queue_drop_first (OhPacketQueue *queue, guint n);

/* The packet of number @sequence is no sound. */
void oh_packet_queue_note_other (OhPacketQueue *queue, guint16 sequence);

/* Whether the packet of number @sequence waits here or was no sound. */
gboolean oh_packet_queue_knows (const OhPacketQueue *queue, guint16 sequence);

/* Sound packets between numbers @last and @sequence that have not come. */
guint16 oh_packet_queue_count_missing (const OhPacketQueue *queue, guint16 last, guint16 sequence);

G_END_DECLS
