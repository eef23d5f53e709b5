/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <oh-config.h>

#include "media/codec/oh-codec.h"
#include "media/filter/oh-resampler.h"

#include <math.h>
#include <string.h>

#define SECONDS 2

/* Something like a voice: a gliding fundamental with harmonics, loud and soft by turns. */
static void
make_voice (gint16 *samples, gsize n, guint rate)
{
  double phase = 0;

  for (gsize i = 0; i < n; i++)
    {
      double t = i / (double)rate;
      double value = 0;

      phase += 2 * G_PI * (140 + 30 * sin (2 * G_PI * 1.3 * t)) / rate;
      for (guint k = 1; k <= 12; k++)
        value += sin (k * phase) / k;
      samples[i] = 4000 * value * (0.6 + 0.4 * sin (2 * G_PI * 2.1 * t));
    }
}

/* dB by which @heard, moved by the best delay up to @most samples, resembles @said; the level may
 * differ. */
static double
resemblance (const gint16 *said, const gint16 *heard, gsize n, gsize most)
{
  double best = -100;

  for (gsize delay = 0; delay <= most; delay++)
    {
      double cross = 0, a = 1e-9, b = 1e-9, r;

      for (gsize i = n / 4; i + most < n; i++)
        {
          cross += (double)said[i] * heard[i + delay];
          a += (double)said[i] * said[i];
          b += (double)heard[i + delay] * heard[i + delay];
        }
      r = cross / sqrt (a * b);
      best = MAX (best, -10 * log10 (MAX (1 - r * r, 1e-9)));
    }
  return best;
}

/* Says SECONDS through the codec; every @lose-th packet is lost (0: none). */
static double
pass_through (const OhCodec *codec, guint rate, guint ptime, guint lose, gboolean fec)
{
  gsize n = (gsize)rate * SECONDS, frame = (gsize)rate * ptime / 1000;
  g_autofree gint16 *said = g_new0 (gint16, n), *heard = g_new0 (gint16, n + frame);
  gpointer encoder = codec->encoder_new (rate, ptime), decoder = codec->decoder_new (rate);
  guint8 data[OH_CODEC_MAX_BYTES];
  gboolean lost = FALSE;
  double db;

  g_assert_nonnull (encoder);
  g_assert_nonnull (decoder);
  make_voice (said, n, rate);
  if (lose && codec->encoder_set_loss)
    codec->encoder_set_loss (encoder, 100 / lose);
  for (gsize at = 0, packet = 1; at + frame <= n; at += frame, packet++)
    {
      gssize length = codec->encode (encoder, said + at, frame, data, sizeof data);

      g_assert_cmpint (length, >, 0);
      g_assert_cmpuint (codec->samples_in_packet (data, length, rate), ==, frame);
      if (lost && fec)
        g_assert_cmpint (codec->recover (decoder, data, length, heard + at - frame, frame), ==,
                         frame);
      else if (lost)
        g_assert_cmpint (codec->conceal (decoder, heard + at - frame, frame), ==, frame);
      lost = lose && packet % lose == 0;
      if (!lost)
        g_assert_cmpint (codec->decode (decoder, data, length, heard + at, frame), ==, frame);
    }
  db = resemblance (said, heard, n - frame, rate / 100);
  codec->encoder_free (encoder);
  codec->decoder_free (decoder);
  return db;
}

static void
test_quality (void)
{
  struct
  {
    const char *name;
    guint rate;
    double least;
  } cases[] = { { "PCMU", 8000, 30 },  { "PCMA", 8000, 30 },  { "G722", 16000, 17 },
                { "opus", 48000, 10 }, { "opus", 16000, 10 }, { "opus", 8000, 10 },
                { "G729", 8000, 3 } }; /* CELP keeps the sound, not the wave */

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint ptime = 10; ptime <= 40; ptime *= 2)
      {
        const OhCodec *codec = oh_codec_find (cases[i].name);
        double db = codec ? pass_through (codec, cases[i].rate, ptime, 0, FALSE) : 0;

        if (!codec) /* a build without G.729 */
          continue;
        g_test_message ("%s at %u Hz, %u ms: %.1f dB", codec->name, cases[i].rate, ptime, db);
        g_assert_cmpfloat (db, >, cases[i].least);
      }
}

/* A tenth of the packets is lost: what is made up must be better than a hole (about 10 dB). Of G.729
 * the wave says nothing: test_gap_level(). */
static void
test_loss (void)
{
  for (guint i = 0; oh_codec_list ()[i]; i++)
    {
      const OhCodec *codec = oh_codec_list ()[i];
      double db = pass_through (codec, codec->rate, 20, 10, FALSE);

      g_test_message ("%s, every tenth lost: %.1f dB", codec->name, db);
      if (!g_str_equal (codec->name, "G729"))
        g_assert_cmpfloat (db, >, 10);
    }
}

/* Samples by which what comes out of Opus lies behind what went in, from packets of @ptime; @loss is what
 * the encoder is told, percent. */
static gint
find_opus_delay (guint ptime, guint loss)
{
  const gsize rate = 16000, n = rate * SECONDS, frame = rate * ptime / 1000, most = rate / 50;
  g_autofree gint16 *said = g_new0 (gint16, n), *heard = g_new0 (gint16, n);
  const OhCodec *codec = oh_codec_find ("opus");
  gpointer encoder = codec->encoder_new (rate, ptime);
  gpointer decoder = codec->decoder_new (rate);
  guint8 data[OH_CODEC_MAX_BYTES];
  double best = 0;
  gint found = -1;

  make_voice (said, n, rate);
  codec->encoder_set_loss (encoder, loss);
  for (gsize at = 0; at + frame <= n; at += frame)
    {
      gssize length = codec->encode (encoder, said + at, frame, data, sizeof data);

      g_assert_cmpint (codec->decode (decoder, data, length, heard + at, frame), ==, frame);
    }
  for (gsize delay = 0; delay <= most; delay++)
    {
      double cross = 0;

      for (gsize i = n / 4; i + most < n; i++)
        cross += (double)said[i] * heard[i + delay];
      if (cross > best)
        found = delay;
      best = MAX (best, cross);
    }
  codec->encoder_free (encoder);
  codec->decoder_free (decoder);
  return found;
}

/* Short packets are for a good path: without look-ahead, unless loss is expected. */
static void
test_opus_delay (void)
{
  g_assert_cmpint (ABS (find_opus_delay (20, 0) - 104), <, 8);
  g_assert_cmpint (ABS (find_opus_delay (10, 0) - 40), <, 8);
  g_assert_cmpint (ABS (find_opus_delay (10, 5) - 40), <, 8);
  g_assert_cmpint (ABS (find_opus_delay (10, 20) - 104), <, 8);
}

/* Packets become short in mid-word, loss comes, and they become long again: nothing clicks, and what is
 * heard between is what was said. */
static void
test_opus_changes (void)
{
  const gsize rate = 16000, n = rate * SECONDS;
  g_autofree gint16 *said = g_new0 (gint16, n), *heard = g_new0 (gint16, n);
  const OhCodec *codec = oh_codec_find ("opus");
  gpointer encoder = codec->encoder_new (rate, 20);
  gpointer decoder = codec->decoder_new (rate);
  guint8 data[OH_CODEC_MAX_BYTES];
  int steepest = 0, steepest_heard = 0;
  gsize at = 0;

  make_voice (said, n, rate);
  while (at + rate / 50 <= n)
    {
      guint part = at * 8 / n; /* long and short by turns, every second time of loss */
      gsize frame = part % 2 ? rate / 100 : rate / 50;
      gssize length;

      codec->encoder_set_loss (encoder, part % 4 == 3 ? 20 : 0);
      length = codec->encode (encoder, said + at, frame, data, sizeof data);
      g_assert_cmpint (codec->decode (decoder, data, length, heard + at, frame), ==, frame);
      at += frame;
    }
  for (gsize i = rate / 10; i < at; i++)
    {
      steepest = MAX (steepest, ABS (said[i] - said[i - 1]));
      steepest_heard = MAX (steepest_heard, ABS (heard[i] - heard[i - 1]));
    }
  g_test_message ("steepest %d, heard %d", steepest, steepest_heard);
  g_assert_cmpint (steepest_heard, <, steepest * 3 / 2);
  codec->encoder_free (encoder);
  codec->decoder_free (decoder);
}

/* An encoder has less time and more again in mid-word, each 160 ms. */
static void
say_by_turns (guint rate, guint ptime)
{
  static const guint turns[] = { OH_CODEC_COMPLEXITY, 3, 1, 0, OH_CODEC_COMPLEXITY, 0, 3, 0 };
  const gsize n = (gsize)rate * SECONDS, frame = (gsize)rate * ptime / 1000;
  g_autofree gint16 *said = g_new0 (gint16, n), *heard = g_new0 (gint16, n);
  const OhCodec *codec = oh_codec_find ("opus");
  gpointer steady = codec->encoder_new (rate, ptime), changing = codec->encoder_new (rate, ptime);
  gpointer decoder = codec->decoder_new (rate);
  double steady_db = pass_through (codec, rate, ptime, 0, FALSE), db;
  int steepest = 0, steepest_heard = 0;
  guint others = 0;

  make_voice (said, n, rate);
  for (gsize at = 0; at + frame <= n; at += frame)
    {
      guint8 data[OH_CODEC_MAX_BYTES], other[OH_CODEC_MAX_BYTES];
      gssize length, other_length = codec->encode (steady, said + at, frame, other, sizeof other);

      codec->encoder_set_complexity (changing, turns[at * 100 / rate / 16 % G_N_ELEMENTS (turns)]);
      length = codec->encode (changing, said + at, frame, data, sizeof data);
      others += length != other_length || memcmp (data, other, length) != 0;
      g_assert_cmpint (codec->decode (decoder, data, length, heard + at, frame), ==, frame);
    }
  for (gsize i = rate / 10; i < n; i++)
    {
      steepest = MAX (steepest, ABS (said[i] - said[i - 1]));
      steepest_heard = MAX (steepest_heard, ABS (heard[i] - heard[i - 1]));
    }
  db = resemblance (said, heard, n - frame, rate / 100);
  g_test_message ("%u Hz, %u ms: %.1f dB, steady %.1f, steepest %d of %d, %u other packets", rate,
                  ptime, db, steady_db, steepest_heard, steepest, others);
  g_assert_cmpfloat (db, >, steady_db - 5); /* as much as least work costs throughout */
  g_assert_cmpint (steepest_heard, <, steepest * 3 / 2);
  g_assert_cmpuint (others, >, 20);
  codec->encoder_free (steady);
  codec->encoder_free (changing);
  codec->decoder_free (decoder);
}

/* Less work makes other packets, in which nothing clicks and not much is worse. */
static void
test_opus_complexity (void)
{
  const guint rates[] = { 8000, 16000, 48000 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    for (guint ptime = 10; ptime <= 40; ptime *= 2)
      say_by_turns (rates[i], ptime);
}

static double
loudness (const gint16 *samples, gsize n)
{
  double energy = 1;

  for (gsize i = 0; i < n; i++)
    energy += (double)samples[i] * samples[i];
  return 10 * log10 (energy / n);
}

/* One lost packet of 20 ms is filled about as loud as what came before it, and what comes after it
 * is decoded as loud as ever. */
static void
test_gap_level (void)
{
  for (guint i = 0; oh_codec_list ()[i]; i++)
    {
      const OhCodec *codec = oh_codec_list ()[i];
      gsize frame = codec->rate / 50;
      g_autofree gint16 *said = g_new (gint16, frame * 30), *out = g_new (gint16, frame * 30);
      gpointer encoder = codec->encoder_new (codec->rate, 20);
      gpointer decoder = codec->decoder_new (codec->rate);
      guint8 data[OH_CODEC_MAX_BYTES];
      double before, gap, after;

      make_voice (said, frame * 30, codec->rate);
      for (guint k = 0; k < 30; k++)
        {
          gssize n = codec->encode (encoder, said + k * frame, frame, data, sizeof data);

          if (k == 25)
            codec->conceal (decoder, out + k * frame, frame);
          else
            codec->decode (decoder, data, n, out + k * frame, frame);
        }
      before = loudness (out + 24 * frame, frame);
      gap = loudness (out + 25 * frame, frame);
      after = loudness (out + 27 * frame, 3 * frame);
      g_test_message ("%s: %.1f dB, in the gap %.1f, after it %.1f", codec->name, before, gap,
                      after);
      g_assert_cmpfloat (fabs (gap - before), <, 6);
      g_assert_cmpfloat (fabs (after - loudness (said + 27 * frame, 3 * frame)), <, 6);
      codec->encoder_free (encoder);
      codec->decoder_free (decoder);
    }
}

static void
test_fec (void)
{
  const OhCodec *opus = oh_codec_find ("opus");
  double without = pass_through (opus, 48000, 20, 5, FALSE);
  double with = pass_through (opus, 48000, 20, 5, TRUE);

  g_test_message ("opus, every fifth lost: %.1f dB concealed, %.1f dB with FEC", without, with);
  g_assert_cmpfloat (with, >, without);
}

static void
test_rubbish (void)
{
  gint16 out[48000 * OH_CODEC_MAX_MS / 1000];
  guint8 data[1500];

  for (guint i = 0; oh_codec_list ()[i]; i++)
    {
      const OhCodec *codec = oh_codec_list ()[i];
      gpointer decoder = codec->decoder_new (codec->rate);
      gsize room = codec->rate * OH_CODEC_MAX_MS / 1000;

      for (guint round = 0; round < 500; round++)
        {
          gsize length = g_test_rand_int_range (0, sizeof data);

          for (gsize k = 0; k < length; k++)
            data[k] = g_test_rand_int ();
          g_assert_cmpint (codec->decode (decoder, data, length, out, room), <=, (gssize)room);
          codec->samples_in_packet (data, length, codec->rate);
          g_assert_cmpint (codec->conceal (decoder, out, 77), <=, 77);
          if (codec->recover)
            codec->recover (decoder, data, length, out, codec->rate / 50);
        }
      codec->decoder_free (decoder);
    }
}

/* After 300 ms of nothing a gap is all but silent (Opus fades slowest), and no packet at all is silence as well. */
static void
test_long_gap (void)
{
  for (guint i = 0; oh_codec_list ()[i]; i++)
    {
      const OhCodec *codec = oh_codec_list ()[i];
      gsize frame = codec->rate / 50;
      g_autofree gint16 *said = g_new (gint16, frame * 25), *out = g_new (gint16, frame);
      gpointer encoder = codec->encoder_new (codec->rate, 20);
      gpointer decoder = codec->decoder_new (codec->rate);
      guint8 data[OH_CODEC_MAX_BYTES];
      double energy = 0;

      g_assert_cmpint (codec->conceal (decoder, out, frame), ==, frame);
      for (gsize k = 0; k < frame; k++)
        g_assert_cmpint (ABS (out[k]), <, 10);
      make_voice (said, frame * 25, codec->rate);
      for (guint k = 0; k < 25; k++)
        {
          gssize n = codec->encode (encoder, said + k * frame, frame, data, sizeof data);

          codec->decode (decoder, data, n, out, frame);
        }
      for (guint k = 0; k < 15; k++)
        codec->conceal (decoder, out, frame);
      for (gsize k = 0; k < frame; k++)
        energy += out[k] * out[k];
      g_assert_cmpfloat (sqrt (energy / frame), <, 500);
      codec->encoder_free (encoder);
      codec->decoder_free (decoder);
    }
}

static void
test_find (void)
{
  g_assert_cmpstr (oh_codec_find ("OPUS")->name, ==, "opus");
  g_assert_cmpuint (oh_codec_find ("pcmu")->payload_type, ==, 0);
  g_assert_cmpuint (oh_codec_find ("G722")->clock_rate, ==, 8000);
  g_assert_null (oh_codec_find ("G728"));
  g_assert_cmpint (oh_codec_find ("G729") != NULL, ==, OH_HAVE_G729);
  g_assert_null (oh_codec_find ("PCMU")->encoder_new (48000, 20));
}

/* dB by which the parts at @hz[2] stand over all that is in @samples besides; whole periods. */
static double
purity (const gint16 *samples, gsize n, guint rate, const double hz[2])
{
  double all = 0, wanted = 0;

  for (guint k = 0; k < 2; k++)
    {
      double re = 0, im = 0;

      for (gsize i = 0; i < n; i++)
        {
          re += samples[i] * cos (2 * G_PI * hz[k] * i / rate);
          im += samples[i] * sin (2 * G_PI * hz[k] * i / rate);
        }
      wanted += 2 * (re * re + im * im) / n;
    }
  for (gsize i = 0; i < n; i++)
    all += (double)samples[i] * samples[i];
  return 10 * log10 (wanted / MAX (all - wanted, 1));
}

static void
test_resampler (void)
{
  const guint rates[] = { 8000, 16000, 44100, 48000 };
  const double hz[] = { 700, 1900 };

  for (guint a = 0; a < G_N_ELEMENTS (rates); a++)
    for (guint b = 0; b < G_N_ELEMENTS (rates); b++)
      {
        gsize in_block = rates[a] / 100, out_block = rates[b] / 100, blocks = 100;
        g_autofree gint16 *in = g_new0 (gint16, in_block * blocks);
        g_autofree gint16 *back = g_new0 (gint16, in_block * blocks);
        g_autoptr (OhResampler) there = oh_resampler_new (rates[a], rates[b]);
        g_autoptr (OhResampler) home = oh_resampler_new (rates[b], rates[a]);
        gint16 middle[1024];
        double db;

        for (gsize i = 0; i < in_block * blocks; i++)
          in[i] = 8000 * sin (2 * G_PI * hz[0] * i / rates[a])
                  + 4000 * sin (2 * G_PI * hz[1] * i / rates[a]);
        for (gsize i = 0; i < blocks; i++)
          {
            gsize n = oh_resampler_process (there, in + i * in_block, in_block, middle,
                                            G_N_ELEMENTS (middle));

            g_assert_cmpuint (n, ==, out_block);
            n = oh_resampler_process (home, middle, n, back + i * in_block, in_block);
            g_assert_cmpuint (n, ==, in_block);
          }
        db = purity (back + in_block * 20, in_block * 80, rates[a], hz);
        g_test_message ("%u Hz by %u Hz: %.1f dB", rates[a], rates[b], db);
        g_assert_cmpfloat (db, >, 40);
      }
}

static void
test_drift (void)
{
  g_autoptr (OhResampler) resampler = oh_resampler_new (16000, 16000);
  gint16 in[160] = { 0 }, out[200];
  gsize total = 0;

  oh_resampler_set_drift (resampler, 500);
  for (guint i = 0; i < 1000; i++)
    total += oh_resampler_process (resampler, in, 160, out, G_N_ELEMENTS (out));
  g_assert_cmpuint (ABS ((gint)total - 160080), <=, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/codec/find", test_find);
  g_test_add_func ("/codec/quality", test_quality);
  g_test_add_func ("/codec/loss", test_loss);
  g_test_add_func ("/codec/opus/delay", test_opus_delay);
  g_test_add_func ("/codec/opus/changes", test_opus_changes);
  g_test_add_func ("/codec/opus/complexity", test_opus_complexity);
  g_test_add_func ("/codec/gap-level", test_gap_level);
  g_test_add_func ("/codec/fec", test_fec);
  g_test_add_func ("/codec/long-gap", test_long_gap);
  g_test_add_func ("/codec/rubbish", test_rubbish);
  g_test_add_func ("/resampler/round-trip", test_resampler);
  g_test_add_func ("/resampler/drift", test_drift);
  return g_test_run ();
}
