/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-packet-queue.h"

#include <string.h>

/* Pages that no packet needs are never touched: buffers are taken last in, first out. */
void
oh_packet_queue_init (OhPacketQueue *queue)
{
  memset (queue, 0, sizeof *queue);
  queue->memory = g_malloc (OH_PACKET_QUEUE_MAX * OH_PACKET_QUEUE_BYTES);
  for (guint i = 0; i < OH_PACKET_QUEUE_MAX; i++)
    queue->spare[i] = queue->memory + (OH_PACKET_QUEUE_MAX - 1 - i) * OH_PACKET_QUEUE_BYTES;
  queue->n_spare = OH_PACKET_QUEUE_MAX;
}

void
oh_packet_queue_clear (OhPacketQueue *queue)
{
  g_free (queue->memory);
}

void
oh_packet_queue_drop_first (OhPacketQueue *queue, guint n)
{
  for (guint i = 0; i < n; i++)
    queue->spare[queue->n_spare++] = queue->packets[i].data;
  queue->n -= n;
  memmove (queue->packets, queue->packets + n, queue->n * sizeof *queue->packets);
}

OhQueuedPacket *
oh_packet_queue_insert (OhPacketQueue *queue,
                        const OhRtpHeader *header,
                        const guint8 *payload,
                        gint64 now,
                        gboolean *fresh)
{
  OhQueuedPacket *packet;
  guint at = queue->n;

  *fresh = FALSE;
  while (at > 0 && (gint32)(header->timestamp - queue->packets[at - 1].header.timestamp) < 0)
    at--;
  if (at > 0 && queue->packets[at - 1].header.timestamp == header->timestamp)
    return &queue->packets[at - 1]; /* duplicate */
  if (queue->n == OH_PACKET_QUEUE_MAX)
    {
      if (at == 0)
        return NULL;
      oh_packet_queue_drop_first (queue, 1);
      at--;
    }
  packet = &queue->packets[at];
  memmove (packet + 1, packet, (queue->n - at) * sizeof *packet);
  queue->n++;
  packet->data = queue->spare[--queue->n_spare];
  packet->header = *header;
  packet->arrival = packet->again = now;
  packet->copy = FALSE;
  packet->awaited = TRUE;
  memcpy (packet->data, payload, header->payload_length);
  *fresh = TRUE;
  return packet;
}

void
oh_packet_queue_note_other (OhPacketQueue *queue, guint16 sequence)
{
  queue->others[queue->n_others++ % OH_PACKET_QUEUE_OTHERS] = sequence;
}

gboolean
oh_packet_queue_knows (const OhPacketQueue *queue, guint16 sequence)
{
  for (guint i = 0; i < queue->n; i++)
    if (queue->packets[i].header.sequence == sequence)
      return TRUE;
  for (guint i = 0; i < MIN (queue->n_others, OH_PACKET_QUEUE_OTHERS); i++)
    if (queue->others[i] == sequence)
      return TRUE;
  return FALSE;
}

guint16
oh_packet_queue_count_missing (const OhPacketQueue *queue, guint16 last, guint16 sequence)
{
  guint16 missing = sequence - last - 1;
  guint16 others = 0;

  for (guint i = 0; i < MIN (queue->n_others, OH_PACKET_QUEUE_OTHERS); i++)
    if ((guint16)(queue->others[i] - last - 1) < missing)
      others++;
  return missing - MIN (others, missing);
}
