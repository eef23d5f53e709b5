/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/crypto/oh-srtp.h"
#include "media/rtp/oh-digit.h"
#include "media/rtp/oh-jitter.h"
#include "media/rtp/oh-rtcp.h"
#include "media/rtp/oh-stretch.h"

#include <math.h>
#include <string.h>

#define FRAME 160 /* 20 ms at 8 kHz */
#define FRAME_US 20000

/* --- The jitter buffer on a wire that is only memory --- */

typedef struct
{
  const char *path;
  double loss;     /* share of packets */
  guint jitter_ms; /* spread evenly */
  gboolean duplicates;
  gint drift_ppm;    /* of the sender's clock */
  double continuity; /* share of 20 ms windows that hold the tone */
  float max_depth_ms;
} Wire;

static const Wire wires[] = {
  { "/jitter/clean", 0, 0, FALSE, 0, 0.99, 60 },
  { "/jitter/lossy", 0.1, 0, FALSE, 0, 0.97, 60 },
  { "/jitter/jittery", 0, 60, FALSE, 0, 0.95, 180 },
  { "/jitter/all-at-once", 0.05, 50, TRUE, 0, 0.9, 180 },
  { "/jitter/fast-sender", 0, 0, FALSE, 500, 0.99, 90 },
  { "/jitter/slow-sender", 0, 0, FALSE, -500, 0.97, 90 },
};

typedef struct
{
  gint64 at;
  guint number;
} Arrival;

static gint
compare_arrivals (gconstpointer a, gconstpointer b)
{
  gint64 difference = ((const Arrival *)a)->at - ((const Arrival *)b)->at;

  return difference < 0 ? -1 : difference > 0;
}

static void
put_tone (OhJitter *jitter,
          const OhCodec *codec,
          gpointer encoder,
          guint number,
          gint64 now,
          gint16 level)
{
  gint16 samples[FRAME];
  guint8 payload[FRAME];
  OhRtpHeader header = { .sequence = 65530 + number,
                         .timestamp = 4294960000u + number * FRAME,
                         .ssrc = 1,
                         .payload_length = FRAME };

  for (guint i = 0; i < FRAME; i++)
    samples[i] = level * sin (2 * G_PI * 500 * (number * FRAME + i) / 8000);
  g_assert_cmpint (codec->encode (encoder, samples, FRAME, payload, sizeof payload), ==, FRAME);
  oh_jitter_put (jitter, &header, payload, now);
}

static void
test_wire (gconstpointer data)
{
  const Wire *wire = data;
  const OhCodec *codec = oh_codec_find ("PCMU");
  gpointer encoder = codec->encoder_new (8000, 20);
  g_autoptr (OhJitter) jitter = oh_jitter_new ();
  g_autoptr (GArray) arrivals = g_array_new (FALSE, FALSE, sizeof (Arrival));
  guint n = 1500, next = 0, good = 0, judged = 0;
  float deepest = 0;
  OhJitterStats stats;

  for (guint i = 0; i < n; i++)
    {
      gint64 sent = i * (gint64)FRAME_US * (1000000 - wire->drift_ppm) / 1000000;
      Arrival arrival = { sent + g_test_rand_int_range (0, wire->jitter_ms * 1000 + 1), i };

      if (g_test_rand_double () < wire->loss)
        continue;
      g_array_append_val (arrivals, arrival);
      if (wire->duplicates && i % 10 == 0)
        g_array_append_val (arrivals, arrival);
    }
  g_array_sort (arrivals, compare_arrivals);
  g_assert_true (oh_jitter_set_codec (jitter, codec, 8000));
  for (guint turn = 0; turn < n - 20; turn++)
    {
      gint64 now = turn * (gint64)FRAME_US + 7000;
      gint16 out[FRAME];
      double power = 0;

      for (; next < arrivals->len && g_array_index (arrivals, Arrival, next).at <= now; next++)
        put_tone (jitter, codec, encoder, g_array_index (arrivals, Arrival, next).number,
                  g_array_index (arrivals, Arrival, next).at, 8000);
      oh_jitter_get (jitter, out, FRAME, now);
      for (guint i = 0; i < FRAME; i++)
        power += (double)out[i] * out[i] / FRAME;
      oh_jitter_get_stats (jitter, &stats);
      if (turn < 100)
        continue;
      judged++;
      good += sqrt (power) > 3000;
      deepest = MAX (deepest, stats.buffered_ms);
    }
  g_test_message ("good %.4f lost %" G_GUINT64_FORMAT " late %" G_GUINT64_FORMAT
                  " deepest %.0f target %.0f ms",
                  good / (double)judged, stats.lost, stats.late, deepest, stats.target_ms);
  g_assert_cmpfloat (good / (double)judged, >=, wire->continuity);
  g_assert_cmpfloat (deepest, <=, wire->max_depth_ms);
  codec->encoder_free (encoder);
}

/* A louder packet each second shows when it is heard. The network was bad for a while, and is good
 * again; the reader's turns of 10 ms lie @phase behind the packets'. No more delay may be left than
 * packets need. */
static void
test_delay (gconstpointer data)
{
  gint64 phase = GPOINTER_TO_UINT (data), sent = 0;
  const OhCodec *codec = oh_codec_find ("PCMU");
  gpointer encoder = codec->encoder_new (8000, 20);
  g_autoptr (OhJitter) jitter = oh_jitter_new ();
  gint16 out[FRAME / 2];
  double delay = 0;
  guint found = 0;

  g_assert_true (oh_jitter_set_codec (jitter, codec, 8000));
  for (guint turn = 0; turn < 2500; turn++)
    {
      gint64 now = turn * (gint64)FRAME_US / 2 + phase;
      gboolean bad = turn >= 504 && turn < 1504;
      guint number = turn / 2, i;

      for (guint late = bad ? 4 : 1; turn % (bad ? 8 : 2) == 0 && late-- > 0;)
        put_tone (jitter, codec, encoder, number - late, now - phase,
                  (number - late) % 50 == 0 ? 24000 : 8000);
      sent = turn % 100 == 0 ? now - phase : sent;
      oh_jitter_get (jitter, out, FRAME / 2, now);
      for (i = 0; i < FRAME / 2 && out[i] < 16000; i++)
        ;
      if (turn < 2000 || i == FRAME / 2 || sent == 0)
        continue;
      delay = MAX (delay, (now - sent) / 1000.0 + i / 8.0);
      sent = 0;
      found++;
    }
  g_test_message ("%.1f ms in %u", delay, found);
  g_assert_cmpuint (found, >=, 4);
  g_assert_cmpfloat (delay, <, 15); /* a turn, what is not worth a stretch, and the finding */
  codec->encoder_free (encoder);
}

#define MARK 10 /* packets from one that is louder to the next */

/* How late the latest of the louder packets from turn @judged on is heard, ms, where those of @stalled turns
 * from @from on come all at once after these: a machine was busy. Turns are 10 ms, for 12 s, and lie @phase
 * behind the packets. */
static double
follow_stall (gint64 phase, guint from, guint stalled, guint judged)
{
  const OhCodec *codec = oh_codec_find ("PCMU");
  gpointer encoder = codec->encoder_new (8000, 20);
  g_autoptr (OhJitter) jitter = oh_jitter_new ();
  gint64 sent = 0;
  double delay = 0;
  guint next = 0, found = 0;

  g_assert_true (oh_jitter_set_codec (jitter, codec, 8000));
  for (guint turn = 0; turn < 1200; turn++)
    {
      gint64 now = G_USEC_PER_SEC + turn * (gint64)FRAME_US / 2;
      gint16 out[FRAME / 2];
      guint i;

      if (turn % (2 * MARK) == 0)
        sent = now;
      for (; next <= turn / 2 && (turn < from || turn >= from + stalled); next++)
        put_tone (jitter, codec, encoder, next, now, next % MARK == 0 ? 24000 : 8000);
      oh_jitter_get (jitter, out, FRAME / 2, now + phase);
      for (i = 0; i < FRAME / 2 && out[i] < 16000; i++)
        ;
      if (i == FRAME / 2 || sent == 0)
        continue;
      if (turn >= judged)
        {
          delay = MAX (delay, (now + phase - sent) / 1000.0 + i / 8.0);
          found++;
        }
      sent = 0;
    }
  g_assert_cmpuint (found, >=, (1200 - judged) / (2 * MARK) - 1);
  codec->encoder_free (encoder);
  return delay;
}

/* What one stall made late is made good in two seconds, and what was so at the begin in one and a half. */
static void
test_stall (void)
{
  double begin = 0, later = 0;

  for (guint stalled = 2; stalled <= 8; stalled++)
    for (gint64 phase = 500; phase < 10000; phase += 1500)
      {
        begin = MAX (begin, follow_stall (phase, 0, stalled, 150));
        later = MAX (later, follow_stall (phase, 600, stalled, 600 + stalled + 200));
      }
  g_test_message ("%.1f ms after a late begin, %.1f after a stall", begin, later);
  g_assert_cmpfloat (begin, <, 18); /* a turn, and what is not worth a stretch */
  g_assert_cmpfloat (later, <, 18);
}

/* A voice as low as men's are finds a whole period in a packet of 20 ms, and no step is heard. */
static void
test_stretch (void)
{
  for (guint hz = 70; hz <= 380; hz += 10)
    {
      gint16 samples[FRAME * 6 * 3 / 2];
      gsize n = FRAME * 6, left;
      gint most = 0, step = 0;

      for (gsize i = 0; i < n; i++)
        {
          double phase = 2 * G_PI * hz * i / 48000;

          samples[i] = 6000 * sin (phase) + 3000 * sin (2 * phase);
        }
      for (gsize i = 1; i < n; i++)
        most = MAX (most, ABS (samples[i] - samples[i - 1]));
      left = oh_stretch_shorten (samples, n, n, 48000, FALSE);
      g_assert_cmpuint (left, <=, n - 48000 / 400);
      g_assert_cmpuint (left, >=, n - 48000 / 1000 * 15);
      for (gsize i = 1; i < left; i++)
        step = MAX (step, ABS (samples[i] - samples[i - 1]));
      g_assert_cmpint (step, <, most * 3 / 2 + 20);
    }
}

/* The first packets come late and all at once, and a low voice goes on without a pause: what that left is
 * given up in packets of either length. */
static void
test_low_voice (gconstpointer data)
{
  const OhCodec *codec = oh_codec_find ("PCMU");
  guint ticks = GPOINTER_TO_UINT (data), late = 8;
  gpointer encoder = codec->encoder_new (8000, ticks / 8);

  for (guint hz = 75; hz <= 120; hz += 9)
    {
      g_autoptr (OhJitter) jitter = oh_jitter_new ();
      OhJitterStats stats;
      guint next = 0;

      g_assert_true (oh_jitter_set_codec (jitter, codec, 8000));
      for (guint turn = 0; turn < 500; turn++)
        {
          gint64 now = G_USEC_PER_SEC + turn * (gint64)FRAME_US / 2;
          gint16 samples[FRAME];

          for (; turn >= late && next * ticks <= turn * FRAME / 2; next++)
            {
              guint8 payload[FRAME];
              OhRtpHeader header = { .sequence = next, .timestamp = next * ticks };

              for (guint i = 0; i < ticks; i++)
                {
                  double phase = 2 * G_PI * hz * (next * ticks + i) / 8000;

                  samples[i] = 5000 * sin (phase) + 4000 * sin (2 * phase) + 3000 * sin (5 * phase);
                }
              header.payload_length = codec->encode (encoder, samples, ticks, payload, FRAME);
              oh_jitter_put (jitter, &header, payload, now);
            }
          oh_jitter_get (jitter, samples, FRAME / 2, now + 3000);
        }
      oh_jitter_get_stats (jitter, &stats);
      g_test_message ("%u Hz: %.1f ms", hz, stats.buffered_ms);
      g_assert_cmpfloat (stats.buffered_ms, <, 25);
      g_assert_cmpuint (stats.concealed, ==, 0);
    }
  codec->encoder_free (encoder);
}

/* Packets are there long before the reader's turns: these come earlier, and nothing is lost by it. */
static void
test_lead (void)
{
  const OhCodec *codec = oh_codec_find ("PCMU");
  gpointer encoder = codec->encoder_new (8000, 20);
  g_autoptr (OhJitter) jitter = oh_jitter_new ();
  gint64 phase = 15000;
  OhJitterStats stats;

  g_assert_true (oh_jitter_set_codec (jitter, codec, 8000));
  for (guint turn = 0; turn < 500; turn++)
    {
      gint64 sent = turn * (gint64)FRAME_US;
      gint16 out[FRAME];

      put_tone (jitter, codec, encoder, turn, sent, 8000);
      oh_jitter_get (jitter, out, FRAME, sent + phase);
      g_assert_true (turn > 50 || oh_jitter_get_lead (jitter) == 0); /* not known yet */
      if (turn != 250)
        continue;
      g_assert_cmpint (oh_jitter_get_lead (jitter), >, 12000);
      g_assert_cmpint (oh_jitter_get_lead (jitter), <, 15000);
      phase -= 10000;
      oh_jitter_come_earlier (jitter, 10000);
      g_assert_cmpint (oh_jitter_get_lead (jitter), <, 5000);
    }
  g_assert_cmpint (oh_jitter_get_lead (jitter), <, 5000);
  oh_jitter_get_stats (jitter, &stats);
  g_assert_cmpuint (stats.lost + stats.late + stats.concealed, ==, 0);
  codec->encoder_free (encoder);
}

/* --- Packets --- */

static void
test_parse_damage (void)
{
  guint8 data[64];
  OhRtpHeader header;
  OhRtcp rtcp;

  oh_rtcp_init (&rtcp);
  for (guint i = 0; i < 200000; i++)
    {
      gsize length = g_test_rand_int_range (0, sizeof data);

      for (gsize j = 0; j < length; j++)
        data[j] = g_test_rand_int_range (0, 256);
      data[0] = (data[0] & 0x3f) | 0x80;
      if (oh_rtp_parse (data, length, &header))
        g_assert_cmpuint (header.payload_at + header.payload_length, <=, length);
      oh_rtcp_read (&rtcp, data, length, 1, 0);
    }
}

static void
test_reports (void)
{
  OhRtcp a, b;
  OhReception at_a = { 0 }, at_b = { 0 };
  OhRtcpSender from_a = { .ssrc = 1, .packets = 10 }, from_b = { .ssrc = 2, .packets = 10 };
  OhRtpHeader header = { .ssrc = 1 };
  guint8 data[OH_RTCP_MAX_BYTES];
  gboolean new_sender;
  gsize length;

  oh_rtcp_init (&a);
  oh_rtcp_init (&b);
  for (guint i = 0; i < 100; i++, header.sequence++, header.timestamp += 160)
    if (i % 4)
      oh_reception_add (&at_b, &header, 8000, i * 20000, &new_sender);
  length = oh_rtcp_write (&a, &from_a, &at_a, 5000000, data);
  g_assert_true (oh_rtcp_read (&b, data, length, 2, 5030000));
  length = oh_rtcp_write (&b, &from_b, &at_b, 5530000, data);
  g_assert_true (oh_rtcp_read (&a, data, length, 1, 5560000));
  g_assert_cmpfloat (fabsf (a.rtt_ms - 60), <, 1);
  g_assert_cmpfloat (fabsf (a.remote_loss - 0.25f), <, 0.02f);

  /* What is told as lost is this sender's (RFC 3550 6.4.1), not a balance with the one before. */
  header.ssrc = 3;
  for (guint i = 0; i < 20; i++, header.sequence += i == 10 ? 6 : 1)
    oh_reception_add (&at_b, &header, 8000, 5740000 + i * 20000, &new_sender);
  oh_rtcp_write (&b, &from_b, &at_b, 5590000, data);
  g_assert_cmpuint (oh_read_32 (data + 28 + 4) & 0xffffff, ==, 5);
  from_b.bye = TRUE;
  length = oh_rtcp_write (&b, &from_b, &at_b, 5600000, data);
  g_assert_true (oh_rtcp_read (&a, data, length, 1, 5600000));
  g_assert_true (a.bye);
}

/* At each second report two packets have been overtaken and are still on their way: no loss that lasts.
 * From the tenth report on one in ten is lost as well, and from the twentieth on the far end counts no
 * total, so that its parts alone are to be believed. */
static void
test_disorder (void)
{
  OhRtcp a, b;
  OhReception at_b = { 0 };
  OhRtcpSender from_b = { .ssrc = 2, .packets = 10 };
  guint8 data[OH_RTCP_MAX_BYTES];
  gboolean new_sender;

  oh_rtcp_init (&a);
  oh_rtcp_init (&b);
  for (guint i = 0; i < 1500; i++)
    {
      guint place = i % 50, turn = i / 50, number = i;
      gboolean disorder = turn % 2 == 0 && turn < 20;

      if (disorder && place >= 47) /* 49, 47, 48 */
        number = place == 47 ? i + 2 : i - 1;
      if (turn < 10 || i % 10 != 3)
        oh_reception_add (&at_b, &(OhRtpHeader){ .ssrc = 1, .sequence = 65000 + number }, 8000,
                          i * 20000, &new_sender);
      if (place != (disorder ? 47 : 49))
        continue;
      oh_rtcp_write (&b, &from_b, &at_b, i * 20000, data);
      if (turn >= 20)
        memset (data + 28 + 5, 0, 3);
      g_assert_true (oh_rtcp_read (&a, data, 28 + 24, 1, i * 20000));
      if (turn > 0 && turn < 10)
        {
          g_assert_true (disorder == (a.remote_loss > 0.03f));
          g_assert_cmpfloat (a.lasting_loss, <, 0.02f);
        }
      else if (turn > 13)
        g_assert_cmpfloat (fabsf (a.lasting_loss - 0.1f), <, 0.03f);
    }
}

static void
test_digits (void)
{
  OhDigitSender sender = { 0 };
  OhDigitReceiver receiver = { 0 };
  guint8 payload[OH_DIGIT_BYTES];
  gboolean first;
  guint32 timestamp = 4294967000u;
  g_autoptr (GString) got = g_string_new (NULL);

  for (const char *p = "15*#d"; *p; p++)
    g_assert_true (oh_digit_push (&sender, *p, 100));
  g_assert_false (oh_digit_push (&sender, 'x', 100));
  while (oh_digit_start (&sender, timestamp))
    {
      guint n = 0;

      while (oh_digit_step (&sender, 20, 8000, payload, &first))
        {
          char digit = n++ == 1 ? '\0' /* lost */
                                : oh_digit_receive (&receiver, timestamp, payload, sizeof payload);

          if (digit)
            g_string_append_c (got, digit);
        }
      g_assert_cmpuint (n, ==, 7); /* 5 of 20 ms, the last one three times */
      timestamp += 1600;
    }
  g_assert_cmpstr (got->str, ==, "15*#D");
}

/* Held for so long that its events come in segments, it is still one key. */
static void
test_long_digit (void)
{
  OhDigitReceiver receiver = { 0 };
  guint8 payload[OH_DIGIT_BYTES] = { 5, 10 };
  guint32 timestamp = 4294960000u;
  guint told = 0;

  for (guint ms = 20; ms <= 4000; ms += 20)
    {
      guint32 since = ms * 48 - (timestamp - 4294960000u);

      oh_write_16 (payload + 2, MIN (since, 65535));
      payload[1] = ms == 4000 ? 0x8a : 10;
      told += oh_digit_receive (&receiver, timestamp, payload, sizeof payload) == '5';
      if (since >= 65535)
        timestamp += 65535;
    }
  g_assert_cmpuint (told, ==, 1);
  g_assert_true (receiver.ended);
  g_assert_cmpuint (receiver.duration, ==, 4000 * 48);
  timestamp += 65535; /* pressed again, long after */
  g_assert_cmpint (oh_digit_receive (&receiver, timestamp, payload, sizeof payload), ==, '5');
}

/* What one end presses reaches another one through a sender that only hears of it: as long as it was,
 * by the packets' own figures, though news is @step ms apart and the end may be lost. */
static guint
relay_digit (guint ms, guint step, gboolean lose_end)
{
  OhDigitSender from = { 0 }, to = { 0 };
  OhDigitReceiver between = { 0 }, at = { 0 };
  guint8 payload[OH_DIGIT_BYTES];
  gboolean first;

  g_assert_true (oh_digit_push (&from, '7', ms));
  g_assert_true (oh_digit_start (&from, 1000));
  for (guint t = 0; from.active || to.active; t += 20)
    {
      if (t % step == 0 && oh_digit_step (&from, step, 8000, payload, &first)
          && !(lose_end && (payload[1] & 0x80)))
        {
          char digit = oh_digit_receive (&between, 1000, payload, sizeof payload);

          if (digit)
            g_assert_true (oh_digit_push_held (&to, digit, between.duration / 8));
          oh_digit_hold (&to, between.duration / 8, between.ended);
          if (digit)
            g_assert_true (oh_digit_start (&to, 5000));
        }
      if (oh_digit_step (&to, 20, 48000, payload, &first))
        oh_digit_receive (&at, 5000, payload, sizeof payload);
    }
  g_assert_true (at.ended);
  return at.duration / 48;
}

static void
test_held_digits (void)
{
  OhDigitSender queue = { 0 };

  g_assert_cmpuint (relay_digit (60, 20, FALSE), ==, 60);
  g_assert_cmpuint (relay_digit (100, 20, FALSE), ==, 100);
  g_assert_cmpuint (relay_digit (700, 60, FALSE), ==, 700);
  g_assert_cmpuint (relay_digit (400, 20, TRUE), <=, 400 + 200);

  /* One that waits behind another key has its length too; a key of our own keeps its own. */
  g_assert_true (oh_digit_push (&queue, '1', 100));
  g_assert_true (oh_digit_push_held (&queue, '2', 20));
  g_assert_true (oh_digit_push (&queue, '3', 90));
  oh_digit_hold (&queue, 300, TRUE);
  oh_digit_hold (&queue, 900, FALSE);
  g_assert_cmpuint (queue.lengths[0], ==, 100);
  g_assert_cmpuint (queue.lengths[1], ==, 300);
  g_assert_cmpuint (queue.lengths[2], ==, 90);
}

static void
test_srtp (void)
{
  for (guint suite = 0; suite < OH_SRTP_N_SUITES; suite++)
    {
      guint8 one[46] = { 1, 2, 3 }, two[46] = { 4, 5, 6 }, packet[400] = { 0 }, copy[400];
      g_autoptr (OhSrtp) a = oh_srtp_new (oh_srtp_suites[suite], one, oh_srtp_suites[suite], two,
                                          NULL);
      g_autoptr (OhSrtp) b = oh_srtp_new (oh_srtp_suites[suite], two, oh_srtp_suites[suite], one,
                                          NULL);
      OhRtpHeader header = { .sequence = 7, .timestamp = 8, .ssrc = 9 };
      gsize length = 172, again;

      oh_rtp_write (packet, &header);
      memset (packet + 12, 0x55, 160);
      g_assert_true (oh_srtp_protect (a, FALSE, packet, &length));
      g_assert_cmpuint (length, >, 172);
      memcpy (copy, packet, sizeof copy);
      again = length;
      copy[50] ^= 1;
      g_assert_false (oh_srtp_unprotect (b, FALSE, copy, &again));
      memcpy (copy, packet, sizeof copy);
      again = length;
      g_assert_true (oh_srtp_unprotect (b, FALSE, copy, &again));
      g_assert_cmpuint (again, ==, 172);
      g_assert_cmpuint (copy[100], ==, 0x55);
      g_assert_false (oh_srtp_unprotect (b, FALSE, packet, &length)); /* replayed */
    }
  g_assert_null (oh_srtp_new ("NULL", NULL, "NULL", NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (wires); i++)
    g_test_add_data_func (wires[i].path, &wires[i], test_wire);
  g_test_add_data_func ("/jitter/delay-0", GUINT_TO_POINTER (0), test_delay);
  g_test_add_data_func ("/jitter/delay-9", GUINT_TO_POINTER (9000), test_delay);
  g_test_add_func ("/jitter/stall", test_stall);
  g_test_add_func ("/jitter/stretch", test_stretch);
  g_test_add_data_func ("/jitter/low-voice-10", GUINT_TO_POINTER (FRAME / 2), test_low_voice);
  g_test_add_data_func ("/jitter/low-voice-20", GUINT_TO_POINTER (FRAME), test_low_voice);
  g_test_add_func ("/jitter/lead", test_lead);
  g_test_add_func ("/rtp/damage", test_parse_damage);
  g_test_add_func ("/rtp/reports", test_reports);
  g_test_add_func ("/rtp/reports/disorder", test_disorder);
  g_test_add_func ("/rtp/digits", test_digits);
  g_test_add_func ("/rtp/long-digit", test_long_digit);
  g_test_add_func ("/rtp/held-digits", test_held_digits);
  g_test_add_func ("/rtp/srtp", test_srtp);
  return g_test_run ();
}
