/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/codec/oh-codec-private.h"
#include "media/codec/oh-concealer.h"

#include <spandsp.h>

#define RATE 16000
#define BIT_RATE 64000

typedef struct
{
  g722_decode_state_t *g722;
  OhConcealer *concealer;
} Decoder;

static gpointer
encoder_new (guint rate, guint ptime_ms)
{
  return rate == RATE && ptime_ms > 0 ? g722_encode_init (NULL, BIT_RATE, 0) : NULL;
}

static gssize
encode (gpointer encoder, const gint16 *samples, gsize n, guint8 *out, gsize capacity)
{
  if (n / 2 > capacity || n % 2 != 0)
    return -1;
  return g722_encode (encoder, out, samples, n);
}

static void
encoder_free (gpointer encoder)
{
  if (encoder)
    g722_encode_free (encoder);
}

static gpointer
decoder_new (guint rate)
{
  Decoder *decoder;

  if (rate != RATE)
    return NULL;
  decoder = g_new0 (Decoder, 1);
  decoder->g722 = g722_decode_init (NULL, BIT_RATE, 0);
  decoder->concealer = oh_concealer_new (rate);
  return decoder;
}

static gssize
decode (gpointer data_, const guint8 *data, gsize length, gint16 *out, gsize capacity)
{
  Decoder *decoder = data_;
  gsize n;

  if (length * 2 > capacity)
    return -1;
  n = g722_decode (decoder->g722, out, data, length);
  oh_concealer_received (decoder->concealer, out, n);
  return n;
}

static gssize
conceal (gpointer data, gint16 *out, gsize n)
{
  Decoder *decoder = data;

  oh_concealer_lost (decoder->concealer, out, n);
  return n;
}

static void
decoder_free (gpointer data)
{
  Decoder *decoder = data;

  if (!decoder)
    return;
  g722_decode_free (decoder->g722);
  oh_concealer_free (decoder->concealer);
  g_free (decoder);
}

static gsize
samples_in_packet (const guint8 *data, gsize length, guint rate)
{
  return length * 2 * rate / RATE;
}

const OhCodec oh_codec_g722 = {
  .name = "G722",
  .payload_type = 9,
  .clock_rate = 8000, /* an old mistake that RFC 3551 4.5.2 keeps */
  .channels_in_sdp = 1,
  .rate = RATE,
  .encoder_new = encoder_new,
  .encode = encode,
  .encoder_free = encoder_free,
  .decoder_new = decoder_new,
  .decode = decode,
  .conceal = conceal,
  .decoder_free = decoder_free,
  .samples_in_packet = samples_in_packet,
};
