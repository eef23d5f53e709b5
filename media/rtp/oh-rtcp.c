/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-rtcp.h"

#include <string.h>

enum
{
  SENDER_REPORT = 200,
  RECEIVER_REPORT = 201,
  SOURCE_DESCRIPTION = 202,
  GOODBYE = 203
};

#define BLOCK_BYTES 24
#define CNAME 1
#define NTP_TO_UNIX 2208988800u
#define MANY_PACKETS 10000 /* between two reports: another stream, or nonsense */
#define LASTING 150        /* packets, of which those few hardly count that are only out of order */

void
oh_rtcp_init (OhRtcp *rtcp)
{
  memset (rtcp, 0, sizeof *rtcp);
  rtcp->rtt_ms = -1;
  /* RFC 7022 4.2: random, says nothing of the person or the machine. */
  g_snprintf (rtcp->cname, sizeof rtcp->cname, "%08x%08x", g_random_int (), g_random_int ());
}

static gsize
write_head (guint8 *p, guint count, guint type, gsize length)
{
  p[0] = 0x80 | count;
  p[1] = type;
  oh_write_16 (p + 2, length / 4 - 1);
  return length;
}

static void
write_block (guint8 *p, OhRtcp *rtcp, OhReception *reception, gint64 now)
{
  gint64 lost = (gint64)oh_reception_get_expected (reception)
                - (gint64)(reception->received - reception->before);
  gint32 clamped = CLAMP (lost, -0x800000, 0x7fffff);
  gint64 since = rtcp->last_sr ? now - rtcp->last_sr_at : 0;

  oh_write_32 (p, reception->ssrc);
  oh_write_32 (p + 4, (guint32)clamped & 0xffffff);
  p[4] = oh_reception_take_fraction (reception);
  oh_write_32 (p + 8, oh_reception_get_extended (reception));
  oh_write_32 (p + 12, (guint32)reception->jitter);
  oh_write_32 (p + 16, rtcp->last_sr);
  oh_write_32 (p + 20, (guint32)(since * 65536 / G_USEC_PER_SEC));
}

/* Both halves come from the monotonic clock with a fixed offset: only differences are ever used. */
static void
write_sender_info (guint8 *p, const OhRtcpSender *sender, gint64 now)
{
  oh_write_32 (p, (guint32)(now / G_USEC_PER_SEC) + NTP_TO_UNIX);
  oh_write_32 (p + 4, (guint32)(((guint64)(now % G_USEC_PER_SEC) << 32) / G_USEC_PER_SEC));
  oh_write_32 (p + 8, sender->timestamp);
  oh_write_32 (p + 12, (guint32)sender->packets);
  oh_write_32 (p + 16, (guint32)sender->bytes);
}

gsize
oh_rtcp_write (
    OhRtcp *rtcp, const OhRtcpSender *sender, OhReception *reception, gint64 now, guint8 *data)
{
  gboolean sends = sender->packets > 0;
  gsize block = reception->started ? BLOCK_BYTES : 0, at = 8 + (sends ? 20 : 0), name, chunk;

  oh_write_32 (data + 4, sender->ssrc);
  if (sends)
    write_sender_info (data + 8, sender, now);
  if (block)
    write_block (data + at, rtcp, reception, now);
  at = write_head (data, block ? 1 : 0, sends ? SENDER_REPORT : RECEIVER_REPORT, at + block);

  name = strlen (rtcp->cname);
  chunk = (4 + 2 + name + 4) / 4 * 4; /* at least one null ends the list */
  memset (data + at + 4, 0, chunk);
  oh_write_32 (data + at + 4, sender->ssrc);
  data[at + 8] = CNAME;
  data[at + 9] = name;
  memcpy (data + at + 10, rtcp->cname, name);
  at += write_head (data + at, 1, SOURCE_DESCRIPTION, 4 + chunk);
  if (sender->bye)
    {
      oh_write_32 (data + at + 4, sender->ssrc);
      at += write_head (data + at, 1, GOODBYE, 8);
    }
  return at;
}

/* A report's own figure takes for lost what has been overtaken and is still on its way, and the next one
 * does not take it back. The number of all that was ever lost does (RFC 3550 6.4.1). */
static float
get_lasting_loss (const OhRtcp *rtcp, guint32 highest, gint32 lost)
{
  guint known = MIN (rtcp->heard, OH_RTCP_PAST), at = 0;
  guint32 packets;

  while (at + 1 < known && highest - rtcp->past[at].highest < LASTING)
    at++;
  packets = highest - rtcp->past[at].highest;
  if (known == 0 || packets > MANY_PACKETS
      || (rtcp->remote_loss > 0 && lost <= rtcp->past[0].lost)) /* it does not count so */
    return rtcp->remote_loss;
  return CLAMP (lost - rtcp->past[at].lost, 0, (gint32)packets) / (float)MAX (packets, LASTING);
}

static void
remember_report (OhRtcp *rtcp, guint32 highest, gint32 lost)
{
  memmove (rtcp->past + 1, rtcp->past, (OH_RTCP_PAST - 1) * sizeof *rtcp->past);
  rtcp->past[0].highest = highest;
  rtcp->past[0].lost = lost;
}

static void
read_block (OhRtcp *rtcp, const guint8 *p, gint64 now)
{
  guint32 last_sr = oh_read_32 (p + 16), delay = oh_read_32 (p + 20);
  guint32 now_ntp = ((guint32)(now / G_USEC_PER_SEC) + NTP_TO_UNIX) << 16
                    | (guint32)(((guint64)(now % G_USEC_PER_SEC) << 16) / G_USEC_PER_SEC);
  gint32 rtt = (gint32)(now_ntp - last_sr - delay);
  guint32 highest = oh_read_32 (p + 8);
  guint32 packets = highest - rtcp->remote_highest;
  gint32 lost = (gint32)(oh_read_32 (p + 4) << 8) >> 8;

  rtcp->remote_loss = p[4] / 256.0f;
  rtcp->lasting_loss = get_lasting_loss (rtcp, highest, lost);
  remember_report (rtcp, highest, lost);
  rtcp->remote_packets = rtcp->heard > 0 && packets <= MANY_PACKETS ? packets : 1;
  rtcp->remote_highest = highest;
  rtcp->remote_jitter = oh_read_32 (p + 12);
  rtcp->heard++;
  if (last_sr == 0 || rtt < 0 || rtt >= 60 * 65536)
    return;
  rtcp->rtt_ms = rtt * 1000.0f / 65536;
  rtcp->round_trips += last_sr != rtcp->rtt_sr;
  rtcp->rtt_sr = last_sr;
}

static void
read_packet (OhRtcp *rtcp, const guint8 *p, gsize length, guint32 our_ssrc, gint64 now)
{
  guint count = p[0] & 0x1f, type = p[1];
  gsize at = type == SENDER_REPORT ? 28 : 8;

  if (type == GOODBYE && length >= 8 && oh_read_32 (p + 4) == rtcp->remote_ssrc)
    rtcp->bye = TRUE;
  if (type != SENDER_REPORT && type != RECEIVER_REPORT)
    return;
  if (type == SENDER_REPORT && length >= 28)
    {
      rtcp->remote_ssrc = oh_read_32 (p + 4);
      rtcp->last_sr = oh_read_32 (p + 8) << 16 | oh_read_32 (p + 12) >> 16;
      rtcp->last_sr_at = now;
    }
  for (guint i = 0; i < count && at + BLOCK_BYTES <= length; i++, at += BLOCK_BYTES)
    if (oh_read_32 (p + at) == our_ssrc)
      read_block (rtcp, p + at, now);
}

gboolean
oh_rtcp_read (OhRtcp *rtcp, const guint8 *data, gsize length, guint32 our_ssrc, gint64 now)
{
  for (gsize at = 0; at < length;)
    {
      gsize size;

      if (length - at < 4 || data[at] >> 6 != 2)
        return FALSE;
      size = (oh_read_16 (data + at + 2) + 1) * 4;
      if (size > length - at)
        return FALSE;
      read_packet (rtcp, data + at, size, our_ssrc, now);
      at += size;
    }
  return TRUE;
}

/* Equipment impairment and robustness to loss (G.113 appendix I for G.711 with concealment and for
 * G.729A; Opus and G.722 by likeness, on the same narrow-band scale). */
static const struct
{
  const char *codec;
  float impairment, robustness;
} impairments[] = {
  { "PCMU", 0, 25.1f }, { "PCMA", 0, 25.1f }, { "G722", 0, 20 },
  { "opus", 0, 30 },    { "G729", 11, 19 },
};

float
oh_rtp_estimate_mos (const char *codec, float delay_ms, float loss)
{
  float impairment = 5, robustness = 15, percent = loss * 100, r;

  for (guint i = 0; i < G_N_ELEMENTS (impairments); i++)
    if (g_ascii_strcasecmp (codec, impairments[i].codec) == 0)
      {
        impairment = impairments[i].impairment;
        robustness = impairments[i].robustness;
      }
  r = 93.2f - 0.024f * delay_ms - (delay_ms > 177.3f ? 0.11f * (delay_ms - 177.3f) : 0) - impairment
      - (95 - impairment) * percent / (percent + robustness);
  r = CLAMP (r, 0, 100);
  return CLAMP (1 + 0.035f * r + 7e-6f * r * (r - 60) * (100 - r), 1, 4.5f);
}
