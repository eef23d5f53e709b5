/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest packet that any codec makes or takes, in ms (RFC 6716: 120), and the most bytes of one
 * encoded packet that a sender needs room for. */
#define OH_CODEC_MAX_MS 120
#define OH_CODEC_MAX_BYTES 1275

/* Work that a new encoder makes of a packet, from 0 to 10. */
#define OH_CODEC_COMPLEXITY 5

/* One sound codec as data. All samples are mono, 16 bit. Encoders and decoders belong to one thread
 * at a time and never block. Every function is mandatory but for those said to be optional, which may
 * be NULL. A negative return value is a packet that cannot be en- or decoded; nothing was written. */
typedef struct _OhCodec
{
  const char *name;    /* as in SDP's rtpmap: "opus", "G722", "PCMU", "PCMA", "G729" */
  guint8 payload_type; /* RTP/AVP's static type (RFC 3551), or 255: dynamic */
  guint clock_rate;    /* Hz of RTP time stamps, as the rtpmap says (G722: 8000, RFC 3551 4.5.2) */
  guint channels_in_sdp; /* rtpmap's third field; opus says 2 whatever is sent (RFC 7587) */
  guint rate; /* Hz of the samples by nature; opus takes 8, 12, 16, 24 and 48 kHz as well */

  /* @rate Hz of the samples that come (a codec with one rate only wants its own); @ptime_ms: 10, 20,
   * 40 or 60. NULL when the codec can't do these. */
  gpointer (*encoder_new) (guint rate, guint ptime_ms);
  /* Encodes one packet of @n samples (ptime_ms of them); returns bytes. */
  gssize (*encode) (gpointer encoder, const gint16 *samples, gsize n, guint8 *out, gsize capacity);
  void (*encoder_free) (gpointer encoder);
  /* The far end loses @percent of the packets: protect them. Optional. */
  void (*encoder_set_loss) (gpointer encoder, guint percent);
  /* From the next packet on; @bit_rate bits a second. Returns what it is then: no more than the sound is
   * worth. A codec that has this encodes packets of 10, 20, 40 and 60 ms in any order, too, whatever
   * ptime_ms said. Optional. */
  guint (*encoder_set_bit_rate) (gpointer encoder, guint bit_rate);
  /* From the next packet on, without a gap; @complexity as OH_CODEC_COMPLEXITY. Optional. */
  void (*encoder_set_complexity) (gpointer encoder, guint complexity);

  gpointer (*decoder_new) (guint rate);
  /* Decodes one packet; returns samples, at most @capacity (OH_CODEC_MAX_MS of them always fit). */
  gssize (*decode) (
      gpointer decoder, const guint8 *data, gsize length, gint16 *out, gsize capacity);
  /* Makes up @n samples for a packet that is lost; returns @n. Fades out: G.711 and G.722 within 80
   * ms, Opus and G.729 within half a second. */
  gssize (*conceal) (gpointer decoder, gint16 *out, gsize n);
  /* Rebuilds @n samples of the lost packet just before @data from what @data carries of it (in-band
   * FEC); then @data itself is decoded as ever. Returns @n (concealment where there is no FEC).
   * Optional. */
  gssize (*recover) (gpointer decoder, const guint8 *data, gsize length, gint16 *out, gsize n);
  void (*decoder_free) (gpointer decoder);

  /* Length of a packet in samples at @rate, without decoding; 0: not a packet of this codec. */
  gsize (*samples_in_packet) (const guint8 *data, gsize length, guint rate);

  const char *fmtp;   /* what our SDP says in a=fmtp, or NULL */
  gboolean redundant; /* frames may be sent twice (RFC 2198); one codec at most */
} OhCodec;

/* @name as in SDP, case ignored; NULL when there is none. From any thread. */
const OhCodec *oh_codec_find (const char *name);

/* Length of a packet of @codec in ticks of its RTP clock; 0: not a packet of it. */
guint32 oh_codec_get_ticks (const OhCodec *codec, const guint8 *data, gsize length);

/* All codecs of this build (G.729 only where libbcg729 was there), best first, NULL-terminated. */
const OhCodec *const *oh_codec_list (void);

/* Their names, "opus, G722, PCMU". To be freed by g_free(). From any thread. */
char *oh_codec_dup_names (void);

G_END_DECLS
