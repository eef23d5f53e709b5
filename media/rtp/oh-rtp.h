/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OH_RTP_HEADER_BYTES 12

/* RFC 3550 5.1, and where the payload lies (after CSRCs and extensions, before the padding). */
typedef struct
{
  guint8 payload_type;
  gboolean marker;
  guint16 sequence;
  guint32 timestamp;
  guint32 ssrc;
  gsize payload_at, payload_length;
} OhRtpHeader;

/* FALSE when @data is no well-formed RTP packet. */
gboolean oh_rtp_parse (const guint8 *data, gsize length, OhRtpHeader *header);

/* Writes the twelve bytes; no CSRC, extension or padding. */
void oh_rtp_write (guint8 *data, const OhRtpHeader *header);

/* What a datagram on a shared port is (RFC 7983, RFC 5761 4). */
typedef enum
{
  OH_RTP_KIND_UNKNOWN,
  OH_RTP_KIND_STUN,
  OH_RTP_KIND_DTLS,
  OH_RTP_KIND_RTP,
  OH_RTP_KIND_RTCP
} OhRtpKind;

OhRtpKind oh_rtp_classify (const guint8 *data, gsize length);

/* Big-endian numbers at any alignment. */
static inline guint16
oh_read_16 (const guint8 *p)
{
  return (guint16)(p[0] << 8 | p[1]);
}

static inline guint32
oh_read_32 (const guint8 *p)
{
  return (guint32)p[0] << 24 | (guint32)p[1] << 16 | (guint32)p[2] << 8 | p[3];
}

static inline void
oh_write_16 (guint8 *p, guint16 value)
{
  p[0] = value >> 8;
  p[1] = value & 0xff;
}

static inline void
oh_write_32 (guint8 *p, guint32 value)
{
  p[0] = value >> 24;
  p[1] = value >> 16 & 0xff;
  p[2] = value >> 8 & 0xff;
  p[3] = value & 0xff;
}

G_END_DECLS
