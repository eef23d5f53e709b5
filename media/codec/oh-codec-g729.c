/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/codec/oh-codec-private.h"

#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
#include <string.h>

/* RFC 3551 4.5.6: frames of 10 ms in 10 bytes each, and after them at most one that describes the
 * background noise (G.729 annex B) in 2. */
#define RATE 8000
#define FRAME 80
#define FRAME_BYTES 10
#define NOISE_BYTES 2

typedef struct
{
  bcg729DecoderChannelContextStruct *g729;
  gboolean heard;     /* something was decoded */
  gint16 rest[FRAME]; /* made up and not given out yet: the last n_rest of it */
  guint n_rest;
} Decoder;

static gpointer
encoder_new (guint rate, guint ptime_ms)
{
  /* No noise frames: our SDP says annexb=no. */
  return rate == RATE && ptime_ms > 0 ? initBcg729EncoderChannel (0) : NULL;
}

static gssize
encode (gpointer encoder, const gint16 *samples, gsize n, guint8 *out, gsize capacity)
{
  gsize bytes = 0;

  if (n % FRAME != 0 || n / FRAME * FRAME_BYTES > capacity)
    return -1;
  for (gsize at = 0; at < n; at += FRAME)
    {
      guint8 length = 0;

      bcg729Encoder (encoder, samples + at, out + bytes, &length);
      bytes += length;
    }
  return bytes;
}

static void
encoder_free (gpointer encoder)
{
  if (encoder)
    closeBcg729EncoderChannel (encoder);
}

static gpointer
decoder_new (guint rate)
{
  Decoder *decoder;

  if (rate != RATE)
    return NULL;
  decoder = g_new0 (Decoder, 1);
  decoder->g729 = initBcg729DecoderChannel ();
  return decoder;
}

static gsize
samples_in_packet (const guint8 *data, gsize length, guint rate)
{
  gsize frames = length / FRAME_BYTES;

  if (length % FRAME_BYTES == NOISE_BYTES)
    frames++;
  else if (length % FRAME_BYTES != 0)
    return 0;
  return frames * FRAME * rate / RATE;
}

static gssize
decode (gpointer data_, const guint8 *data, gsize length, gint16 *out, gsize capacity)
{
  Decoder *decoder = data_;
  gsize n = samples_in_packet (data, length, RATE);

  if (n == 0 || n > capacity)
    return -1;
  for (gsize i = 0; i < n / FRAME; i++)
    {
      const guint8 *frame = data + i * FRAME_BYTES;
      gsize left = length - i * FRAME_BYTES;

      bcg729Decoder (decoder->g729, frame, MIN (left, FRAME_BYTES), FALSE, left == NOISE_BYTES,
                     FALSE, out + i * FRAME);
    }
  decoder->heard = TRUE;
  decoder->n_rest = 0;
  return n;
}

/* G.729 4.4: the decoder itself goes on from what it heard, and fades. */
static gssize
conceal (gpointer data, gint16 *out, gsize n)
{
  Decoder *decoder = data;

  if (!decoder->heard)
    {
      memset (out, 0, n * sizeof *out);
      return n;
    }
  for (gsize at = 0; at < n;)
    {
      gsize part;

      if (decoder->n_rest == 0)
        {
          bcg729Decoder (decoder->g729, NULL, 0, TRUE, FALSE, FALSE, decoder->rest);
          decoder->n_rest = FRAME;
        }
      part = MIN (decoder->n_rest, n - at);
      memcpy (out + at, decoder->rest + FRAME - decoder->n_rest, part * sizeof *out);
      decoder->n_rest -= part;
      at += part;
    }
  return n;
}

static void
decoder_free (gpointer data)
{
  Decoder *decoder = data;

  if (!decoder)
    return;
  closeBcg729DecoderChannel (decoder->g729);
  g_free (decoder);
}

const OhCodec oh_codec_g729 = {
  .name = "G729",
  .payload_type = 18,
  .clock_rate = RATE,
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
  .fmtp = "annexb=no", /* RFC 4856 2.1.9: we send no noise frames; taken they are all the same */
};
