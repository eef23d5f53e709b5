/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/codec/oh-codec-private.h"

#include <opus.h>

#include <string.h>

/* "Audio" keeps the wave as it is; "voip" would put a moving high-pass over it, and cleaning is the
 * filter chain's task. Towards G.711 the 8 kHz API needs less of everything (docs/libraries.md). */
#define BIT_RATE_WIDE 32000
#define BIT_RATE_NARROW 16000
#define LOSS_EXPECTED 5 /* percent; above 0 so that in-band FEC is there from the start */

/* Packets of 10 ms are for paths without loss where delay counts: CELT alone makes them ("restricted low
 * delay"), with 2.5 ms of look-ahead instead of 6.5, a third of the work and, from 40 kbit/s on, as good
 * a sound. It has no in-band FEC: as soon as loss is expected the other one makes them. */
typedef struct
{
  OpusEncoder *usual;
  OpusEncoder *quick; /* NULL until there is need of it */
  gboolean hurries;   /* the newest packet was that one's */
  guint rate;
  int bit_rate;
  int complexity;
  gboolean lossy;
} Encoder;

static gboolean
is_rate (guint rate)
{
  return rate == 8000 || rate == 12000 || rate == 16000 || rate == 24000 || rate == 48000;
}

static OpusEncoder *
create_encoder (const Encoder *encoder, int application)
{
  int error;
  OpusEncoder *opus = opus_encoder_create (encoder->rate, 1, application, &error);

  if (!opus)
    return NULL;
  opus_encoder_ctl (opus, OPUS_SET_BITRATE (encoder->bit_rate));
  opus_encoder_ctl (opus, OPUS_SET_COMPLEXITY (encoder->complexity));
  opus_encoder_ctl (opus, OPUS_SET_INBAND_FEC (1));
  opus_encoder_ctl (opus, OPUS_SET_PACKET_LOSS_PERC (LOSS_EXPECTED));
  opus_encoder_ctl (opus, OPUS_SET_SIGNAL (OPUS_SIGNAL_VOICE));
  return opus;
}

static void
encoder_free (gpointer data)
{
  Encoder *encoder = data;

  if (!encoder)
    return;
  g_clear_pointer (&encoder->usual, opus_encoder_destroy);
  g_clear_pointer (&encoder->quick, opus_encoder_destroy);
  g_free (encoder);
}

static gpointer
encoder_new (guint rate, guint ptime_ms)
{
  Encoder *encoder;

  if (!is_rate (rate) || ptime_ms == 0 || ptime_ms > 60)
    return NULL;
  encoder = g_new0 (Encoder, 1);
  encoder->rate = rate;
  encoder->bit_rate = rate > 8000 ? BIT_RATE_WIDE : BIT_RATE_NARROW;
  encoder->complexity = OH_CODEC_COMPLEXITY;
  encoder->usual = create_encoder (encoder, OPUS_APPLICATION_AUDIO);
  if (!encoder->usual)
    g_clear_pointer (&encoder, encoder_free);
  return encoder;
}

/* The one for a packet of @n samples. Who takes over begins anew: the decoder goes from one to the other
 * by itself. */
static OpusEncoder *
choose (Encoder *encoder, gsize n)
{
  gboolean hurries = n == encoder->rate / 100 && encoder->rate > 8000 && !encoder->lossy;

  if (hurries && !encoder->quick)
    encoder->quick = create_encoder (encoder, OPUS_APPLICATION_RESTRICTED_LOWDELAY);
  hurries = hurries && encoder->quick;
  if (hurries != encoder->hurries)
    opus_encoder_ctl (hurries ? encoder->quick : encoder->usual, OPUS_RESET_STATE);
  encoder->hurries = hurries;
  return hurries ? encoder->quick : encoder->usual;
}

static gssize
encode (gpointer encoder, const gint16 *samples, gsize n, guint8 *out, gsize capacity)
{
  int length = opus_encode (choose (encoder, n), samples, n, out,
                            MIN (capacity, OH_CODEC_MAX_BYTES));

  return length > 0 ? length : -1;
}

static void
encoder_set_loss (gpointer data, guint percent)
{
  Encoder *encoder = data;
  int expected = CLAMP (percent, LOSS_EXPECTED, 50);

  encoder->lossy = percent > LOSS_EXPECTED;
  opus_encoder_ctl (encoder->usual, OPUS_SET_PACKET_LOSS_PERC (expected));
}

static guint
encoder_set_bit_rate (gpointer data, guint bit_rate)
{
  Encoder *encoder = data;

  encoder->bit_rate = encoder->rate > 8000 ? bit_rate : MIN (bit_rate, BIT_RATE_NARROW);
  opus_encoder_ctl (encoder->usual, OPUS_SET_BITRATE (encoder->bit_rate));
  if (encoder->quick)
    opus_encoder_ctl (encoder->quick, OPUS_SET_BITRATE (encoder->bit_rate));
  return encoder->bit_rate;
}

static void
encoder_set_complexity (gpointer data, guint complexity)
{
  Encoder *encoder = data;

  encoder->complexity = MIN (complexity, 10);
  opus_encoder_ctl (encoder->usual, OPUS_SET_COMPLEXITY (encoder->complexity));
  if (encoder->quick)
    opus_encoder_ctl (encoder->quick, OPUS_SET_COMPLEXITY (encoder->complexity));
}

static gpointer
decoder_new (guint rate)
{
  int error;

  return is_rate (rate) ? opus_decoder_create (rate, 1, &error) : NULL;
}

static gssize
decode (gpointer decoder, const guint8 *data, gsize length, gint16 *out, gsize capacity)
{
  int n;

  if (length == 0) /* libopus would take that for a lost packet */
    return -1;
  n = opus_decode (decoder, data, length, out, capacity, 0);
  return n >= 0 ? n : -1;
}

static int
get_rate (OpusDecoder *decoder)
{
  opus_int32 rate = 48000;

  opus_decoder_ctl (decoder, OPUS_GET_SAMPLE_RATE (&rate));
  return rate;
}

/* libopus makes up multiples of 2.5 ms, at most 120 ms at once: the rest of @n is taken from a block
 * that is cut. */
static gssize
conceal (gpointer decoder, gint16 *out, gsize n)
{
  gsize rate = get_rate (decoder);
  gsize unit = rate / 400;
  gsize longest = rate / 50;
  gsize done = 0;

  while (done < n)
    {
      gint16 block[48000 / 50] = { 0 };
      gsize want = MIN (n - done, longest);
      gsize whole = (want + unit - 1) / unit * unit;
      int made = opus_decode (decoder, NULL, 0, block, whole, 0);

      if (made < (int)want)
        return -1;
      memcpy (out + done, block, want * sizeof *block);
      done += want;
    }
  return n;
}

static gssize
recover (gpointer decoder, const guint8 *data, gsize length, gint16 *out, gsize n)
{
  gsize unit = get_rate (decoder) / 400;

  if (length == 0 || n % unit != 0)
    return conceal (decoder, out, n);
  return opus_decode (decoder, data, length, out, n, 1) == (int)n ? (gssize)n : -1;
}

static void
decoder_free (gpointer decoder)
{
  if (decoder)
    opus_decoder_destroy (decoder);
}

static gsize
samples_in_packet (const guint8 *data, gsize length, guint rate)
{
  int n = length > 0 ? opus_packet_get_nb_samples (data, length, rate) : 0;

  return MAX (n, 0);
}

const OhCodec oh_codec_opus = {
  .name = "opus",
  .payload_type = 255,
  .clock_rate = 48000,
  .channels_in_sdp = 2,
  .rate = 48000,
  .encoder_new = encoder_new,
  .encode = encode,
  .encoder_free = encoder_free,
  .encoder_set_loss = encoder_set_loss,
  .encoder_set_bit_rate = encoder_set_bit_rate,
  .encoder_set_complexity = encoder_set_complexity,
  .decoder_new = decoder_new,
  .decode = decode,
  .conceal = conceal,
  .recover = recover,
  .decoder_free = decoder_free,
  .samples_in_packet = samples_in_packet,
  .fmtp = "minptime=10;useinbandfec=1",
  .redundant = TRUE,
};
