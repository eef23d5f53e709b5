/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/codec/oh-codec-private.h"
#include "media/codec/oh-concealer.h"

#include <spandsp.h>

#define RATE 8000

/* G.711 has no state of its own; an encoder is only a token that is not NULL. */
static gpointer
encoder_new (guint rate, guint ptime_ms)
{
  static const char token[] = "G.711";

  return rate == RATE && ptime_ms > 0 ? (gpointer)token : NULL;
}

static void
encoder_free (gpointer encoder)
{
}

static gpointer
decoder_new (guint rate)
{
  return rate == RATE ? oh_concealer_new (rate) : NULL;
}

static void
decoder_free (gpointer decoder)
{
  oh_concealer_free (decoder);
}

static gssize
conceal (gpointer decoder, gint16 *out, gsize n)
{
  oh_concealer_lost (decoder, out, n);
  return n;
}

static gsize
samples_in_packet (const guint8 *data, gsize length, guint rate)
{
  return length * rate / RATE;
}

static gssize
encode_ulaw (gpointer encoder, const gint16 *samples, gsize n, guint8 *out, gsize capacity)
{
  if (n > capacity)
    return -1;
  for (gsize i = 0; i < n; i++)
    out[i] = linear_to_ulaw (samples[i]);
  return n;
}

static gssize
encode_alaw (gpointer encoder, const gint16 *samples, gsize n, guint8 *out, gsize capacity)
{
  if (n > capacity)
    return -1;
  for (gsize i = 0; i < n; i++)
    out[i] = linear_to_alaw (samples[i]);
  return n;
}

static gssize
decode_ulaw (gpointer decoder, const guint8 *data, gsize length, gint16 *out, gsize capacity)
{
  if (length > capacity)
    return -1;
  for (gsize i = 0; i < length; i++)
    out[i] = ulaw_to_linear (data[i]);
  oh_concealer_received (decoder, out, length);
  return length;
}

static gssize
decode_alaw (gpointer decoder, const guint8 *data, gsize length, gint16 *out, gsize capacity)
{
  if (length > capacity)
    return -1;
  for (gsize i = 0; i < length; i++)
    out[i] = alaw_to_linear (data[i]);
  oh_concealer_received (decoder, out, length);
  return length;
}

const OhCodec oh_codec_pcmu = {
  .name = "PCMU",
  .payload_type = 0,
  .clock_rate = RATE,
  .channels_in_sdp = 1,
  .rate = RATE,
  .encoder_new = encoder_new,
  .encode = encode_ulaw,
  .encoder_free = encoder_free,
  .decoder_new = decoder_new,
  .decode = decode_ulaw,
  .conceal = conceal,
  .decoder_free = decoder_free,
  .samples_in_packet = samples_in_packet,
};

const OhCodec oh_codec_pcma = {
  .name = "PCMA",
  .payload_type = 8,
  .clock_rate = RATE,
  .channels_in_sdp = 1,
  .rate = RATE,
  .encoder_new = encoder_new,
  .encode = encode_alaw,
  .encoder_free = encoder_free,
  .decoder_new = decoder_new,
  .decode = decode_alaw,
  .conceal = conceal,
  .decoder_free = decoder_free,
  .samples_in_packet = samples_in_packet,
};
