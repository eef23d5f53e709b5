/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-rtp.h"

#include <string.h>

gboolean
oh_rtp_parse (const guint8 *data, gsize length, OhRtpHeader *header)
{
  gsize at, padding = 0;

  if (length < OH_RTP_HEADER_BYTES || data[0] >> 6 != 2)
    return FALSE;
  at = OH_RTP_HEADER_BYTES + (data[0] & 0x0f) * 4;
  if (data[0] & 0x10)
    {
      if (at + 4 > length)
        return FALSE;
      at += 4 + oh_read_16 (data + at + 2) * 4;
    }
  if (at > length)
    return FALSE;
  if (data[0] & 0x20)
    {
      padding = data[length - 1];
      if (padding == 0 || at + padding > length)
        return FALSE;
    }
  *header = (OhRtpHeader){
    .payload_type = data[1] & 0x7f,
    .marker = data[1] >> 7,
    .sequence = oh_read_16 (data + 2),
    .timestamp = oh_read_32 (data + 4),
    .ssrc = oh_read_32 (data + 8),
    .payload_at = at,
    .payload_length = length - at - padding,
  };
  return TRUE;
}

void
oh_rtp_write (guint8 *data, const OhRtpHeader *header)
{
  data[0] = 0x80;
  data[1] = (header->marker ? 0x80 : 0) | (header->payload_type & 0x7f);
  oh_write_16 (data + 2, header->sequence);
  oh_write_32 (data + 4, header->timestamp);
  oh_write_32 (data + 8, header->ssrc);
}

OhRtpKind
oh_rtp_classify (const guint8 *data, gsize length)
{
  if (length < 2)
    return OH_RTP_KIND_UNKNOWN;
  if (data[0] <= 3)
    return OH_RTP_KIND_STUN;
  if (data[0] >= 20 && data[0] <= 63)
    return OH_RTP_KIND_DTLS;
  if (data[0] < 128 || data[0] > 191)
    return OH_RTP_KIND_UNKNOWN;
  return data[1] >= 192 && data[1] <= 223 ? OH_RTP_KIND_RTCP : OH_RTP_KIND_RTP;
}
