/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-red.h"

#include <string.h>

#define HEAD_BYTES 4      /* of an older frame */
#define MAX_OFFSET 0x3fff /* 14 bits */
#define MAX_LENGTH 0x3ff  /* 10 bits */
#define WINDOW 64         /* numbers whose arrival is known */

G_STATIC_ASSERT (OH_RED_MAX_FRAME <= MAX_LENGTH);

/* --- The format (RFC 2198 3) --- */

guint
oh_red_unpack (const guint8 *payload, gsize length, OhRedBlock blocks[OH_RED_MAX_BLOCKS])
{
  gsize at = 0;
  guint n = 0;

  for (;;)
    {
      if (at >= length || n == OH_RED_MAX_BLOCKS)
        return 0;
      blocks[n] = (OhRedBlock){ .payload_type = payload[at] & 0x7f };
      if (!(payload[at] & 0x80))
        break;
      if (length - at < HEAD_BYTES)
        return 0;
      blocks[n].offset = oh_read_16 (payload + at + 1) >> 2;
      blocks[n++].length = oh_read_16 (payload + at + 2) & MAX_LENGTH;
      at += HEAD_BYTES;
    }
  at++;
  for (guint i = 0; i < n; i++)
    {
      if (length - at < blocks[i].length)
        return 0;
      blocks[i].at = at;
      at += blocks[i].length;
    }
  blocks[n].at = at;
  blocks[n].length = length - at;
  return n + 1;
}

guint
oh_red_get_age (guint32 offset, guint32 ticks)
{
  if (ticks == 0 || offset % ticks != 0 || offset / ticks > OH_RED_MAX_AGE)
    return 0;
  return offset / ticks;
}

/* --- Sending --- */

void
oh_red_remember (
    OhRedSender *sender, guint16 sequence, guint32 timestamp, const guint8 *data, gsize length)
{
  OhRedFrame *frame = &sender->past[sequence % OH_RED_PAST];

  frame->used = length > 0 && length <= OH_RED_MAX_FRAME;
  if (!frame->used)
    return;
  frame->sequence = sequence;
  frame->timestamp = timestamp;
  frame->length = length;
  memcpy (frame->data, data, length);
}

/* The frame sent @age packets before @header's, if it is known and nothing but time lies between. */
static const OhRedFrame *
find_frame (const OhRedSender *sender, const OhRtpHeader *header, guint age, guint32 ticks)
{
  guint16 sequence = header->sequence - age;
  const OhRedFrame *frame = &sender->past[sequence % OH_RED_PAST];

  return frame->used && frame->sequence == sequence
                 && header->timestamp - frame->timestamp == age * ticks && age * ticks <= MAX_OFFSET
             ? frame
             : NULL;
}

gsize
oh_red_pack (const OhRedSender *sender,
             const OhRtpHeader *header,
             guint8 payload_type,
             guint copies,
             guint32 ticks,
             const guint8 *data,
             gsize length,
             guint8 *out,
             gsize capacity)
{
  const OhRedFrame *frames[OH_RED_MAX_COPIES];
  gsize needed = 1 + length, at = 0;
  guint n = 0;

  for (guint age = 1; age <= MIN (copies, OH_RED_MAX_COPIES); age++)
    {
      const OhRedFrame *frame = find_frame (sender, header, age, ticks);

      if (!frame || needed + HEAD_BYTES + frame->length > capacity)
        continue;
      needed += HEAD_BYTES + frame->length;
      frames[n++] = frame;
    }
  if (n == 0)
    return 0;
  for (guint i = n; i-- > 0; at += HEAD_BYTES)
    {
      guint32 offset = header->timestamp - frames[i]->timestamp;

      oh_write_32 (out + at, (guint32)(0x80 | payload_type) << 24 | offset << 10
                                 | (guint32)frames[i]->length);
    }
  out[at++] = payload_type;
  for (guint i = n; i-- > 0; at += frames[i]->length)
    memcpy (out + at, frames[i]->data, frames[i]->length);
  memcpy (out + at, data, length);
  return at + length;
}

/* --- Receiving --- */

void
oh_red_reset (OhRedReceiver *receiver)
{
  receiver->started = FALSE;
}

gboolean
oh_red_note (OhRedReceiver *receiver, guint16 sequence)
{
  guint16 ahead = sequence - receiver->newest, behind = receiver->newest - sequence;
  guint64 bit;

  if (!receiver->started)
    {
      *receiver = (OhRedReceiver){ TRUE, sequence, 1 };
      return TRUE;
    }
  if (ahead != 0 && ahead < 0x8000)
    {
      receiver->seen = ahead < WINDOW ? receiver->seen << ahead | 1 : 1;
      receiver->newest = sequence;
      return TRUE;
    }
  if (behind >= WINDOW)
    return TRUE;
  bit = G_GUINT64_CONSTANT (1) << behind;
  if (receiver->seen & bit)
    return FALSE;
  receiver->seen |= bit;
  return TRUE;
}
