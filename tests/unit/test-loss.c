/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/bridge/oh-bridge.h"
#include "media/oh-peer-private.h"
#include "peer-end.h"

#include <string.h>

/* What is done against lost packets: redundancy (RFC 2198) as bytes and as part of calls, when it is
 * asked for, and the jitter buffer that waits for it. */

#define OPUS 111
#define TICKS 960

/* --- The format --- */

static void
fill (guint8 *frame, gsize length, guint8 value)
{
  memset (frame, value, length);
}

static void
test_pack (void)
{
  OhRedSender sender = { 0 };
  guint8 frame[80], out[400],
      expected[] = { 0x80 | OPUS, 1920 >> 6, 0, 3, 0x80 | OPUS, 0, 0, 2, OPUS,
                     1,           1,         1, 2, 2,           9, 9, 9, 9 };
  OhRtpHeader header = { .sequence = 1, .timestamp = 1000 + 2 * TICKS };
  OhRedBlock blocks[OH_RED_MAX_BLOCKS];

  oh_write_16 (expected + 1, 1920 << 2);
  oh_write_16 (expected + 5, TICKS << 2);
  fill (frame, 3, 1);
  oh_red_remember (&sender, 65535, 1000, frame, 3);
  fill (frame, 2, 2);
  oh_red_remember (&sender, 0, 1000 + TICKS, frame, 2);
  fill (frame, 4, 9);
  g_assert_cmpuint (oh_red_pack (&sender, &header, OPUS, 2, TICKS, frame, 4, out, sizeof out), ==,
                    sizeof expected);
  g_assert_cmpmem (out, sizeof expected, expected, sizeof expected);

  g_assert_cmpuint (oh_red_unpack (out, sizeof expected, blocks), ==, 3);
  g_assert_cmpuint (blocks[0].offset, ==, 2 * TICKS);
  g_assert_cmpuint (oh_red_get_age (blocks[0].offset, TICKS), ==, 2);
  g_assert_cmpuint (blocks[1].offset, ==, TICKS);
  g_assert_cmpuint (blocks[1].length, ==, 2);
  g_assert_cmpuint (out[blocks[1].at], ==, 2);
  g_assert_cmpuint (blocks[2].length, ==, 4);
  g_assert_cmpuint (out[blocks[2].at], ==, 9);

  /* One copy; no room but for the newer one; nothing that belongs to it; a pause in between. */
  g_assert_cmpuint (oh_red_pack (&sender, &header, OPUS, 1, TICKS, frame, 4, out, sizeof out), ==,
                    11);
  g_assert_cmpuint (oh_red_pack (&sender, &header, OPUS, 2, TICKS, frame, 4, out, 12), ==, 11);
  g_assert_cmpuint (oh_red_pack (&sender, &header, OPUS, 2, TICKS, frame, 4, out, 10), ==, 0);
  g_assert_cmpuint (oh_red_pack (&sender, &header, OPUS, 0, TICKS, frame, 4, out, sizeof out), ==,
                    0);
  header.timestamp += 10 * TICKS;
  g_assert_cmpuint (oh_red_pack (&sender, &header, OPUS, 2, TICKS, frame, 4, out, sizeof out), ==,
                    0);
  header.sequence = 7;
  g_assert_cmpuint (oh_red_pack (&sender, &header, OPUS, 2, TICKS, frame, 4, out, sizeof out), ==,
                    0);
}

/* As WebRTC sends it (its audio_encoder_copy_red: one older frame), and what nobody should. */
static void
test_unpack (void)
{
  static const guint8 webrtc[] = { 0x80 | OPUS, 0x0f, 0x00, 0x02, OPUS, 0xaa, 0xbb, 0xcc };
  guint8 many[64];
  OhRedBlock blocks[OH_RED_MAX_BLOCKS];

  g_assert_cmpuint (oh_red_unpack (webrtc, sizeof webrtc, blocks), ==, 2);
  g_assert_cmpuint (blocks[0].payload_type, ==, OPUS);
  g_assert_cmpuint (blocks[0].offset, ==, TICKS);
  g_assert_cmpuint (blocks[1].payload_type, ==, OPUS);
  g_assert_cmpuint (blocks[1].at, ==, 7);
  g_assert_cmpuint (blocks[1].length, ==, 1);

  for (gsize length = 0; length < 7; length++) /* cut */
    g_assert_cmpuint (oh_red_unpack (webrtc, length, blocks), ==, 0);
  g_assert_cmpuint (oh_red_unpack (webrtc, 7, blocks), ==, 2); /* an empty own frame */
  g_assert_cmpuint (blocks[1].length, ==, 0);
  memset (many, 0, sizeof many);
  for (guint i = 0; i < OH_RED_MAX_BLOCKS; i++)
    many[i * 4] = 0x80 | OPUS;
  g_assert_cmpuint (oh_red_unpack (many, sizeof many, blocks), ==, 0);
  memset (many, 0xff, sizeof many); /* no last header at all */
  g_assert_cmpuint (oh_red_unpack (many, sizeof many, blocks), ==, 0);

  g_assert_cmpuint (oh_red_get_age (0, TICKS), ==, 0);
  g_assert_cmpuint (oh_red_get_age (TICKS + 1, TICKS), ==, 0);
  g_assert_cmpuint (oh_red_get_age (TICKS, 0), ==, 0);
  g_assert_cmpuint (oh_red_get_age (TICKS * (OH_RED_MAX_AGE + 1), TICKS), ==, 0);
}

static void
test_damage (void)
{
  guint8 data[64];
  OhRedBlock blocks[OH_RED_MAX_BLOCKS];

  for (guint i = 0; i < 200000; i++)
    {
      gsize length = g_test_rand_int_range (0, sizeof data), end = 0;
      guint n;

      for (gsize j = 0; j < length; j++)
        data[j] = g_test_rand_int_range (0, 256) & (j % 4 == 3 ? 0x0f : 0xff);
      n = oh_red_unpack (data, length, blocks);
      g_assert_cmpuint (n, <=, OH_RED_MAX_BLOCKS);
      for (guint j = 0; j < n; j++)
        {
          g_assert_cmpuint (blocks[j].at, >=, end);
          end = blocks[j].at + blocks[j].length;
          g_assert_cmpuint (end, <=, length);
        }
      g_assert_true (n == 0 || end == length);
    }
}

/* Which numbers came, over the wrap, out of order and after a leap. */
static void
test_window (void)
{
  OhRedReceiver receiver = { 0 };

  g_assert_true (oh_red_note (&receiver, 65534));
  g_assert_false (oh_red_note (&receiver, 65534));
  g_assert_true (oh_red_note (&receiver, 1));
  g_assert_true (oh_red_note (&receiver, 65535));
  g_assert_true (oh_red_note (&receiver, 0));
  g_assert_false (oh_red_note (&receiver, 65535));
  g_assert_false (oh_red_note (&receiver, 1));
  g_assert_true (oh_red_note (&receiver, 64));
  g_assert_false (oh_red_note (&receiver, 1));
  g_assert_true (oh_red_note (&receiver, 63));
  g_assert_true (oh_red_note (&receiver, 1000));
  g_assert_true (oh_red_note (&receiver, 999));
  g_assert_false (oh_red_note (&receiver, 999));
  g_assert_true (oh_red_note (&receiver, 64)); /* too long ago to be told */
  oh_red_reset (&receiver);
  g_assert_true (oh_red_note (&receiver, 1000));
}

/* --- When it is asked for --- */

static gint64
report (OhProtection *protection, gint64 now, guint times, float loss)
{
  for (guint i = 0; i < times; i++)
    oh_protection_report (protection, loss, 50, now += G_USEC_PER_SEC);
  return now;
}

static void
test_protection (void)
{
  OhProtection protection = { 0 };
  gint64 now = report (&protection, 5 * G_USEC_PER_SEC, 20, 0);

  g_assert_cmpuint (oh_protection_get_copies (&protection, 20, 0), ==, 0);
  g_assert_cmpuint (oh_protection_get_percent (&protection, FALSE), ==, 0);

  now = report (&protection, now, 2, 0.1);
  g_assert_cmpuint (oh_protection_get_copies (&protection, 20, 0), ==, 1);
  g_assert_cmpuint (oh_protection_get_copies (&protection, 10, 0), ==, 2); /* in time too */
  g_assert_cmpuint (oh_protection_get_copies (&protection, 20, 30), ==, 2);
  g_assert_cmpuint (oh_protection_get_percent (&protection, FALSE), ==, 10);
  g_assert_cmpuint (oh_protection_get_percent (&protection, TRUE), ==, 0);

  /* The codec goes on expecting it for a while, and the copies go after the last loss. */
  now = report (&protection, now, 7, 0);
  g_assert_cmpuint (oh_protection_get_percent (&protection, FALSE), ==, 10);
  g_assert_cmpuint (oh_protection_get_copies (&protection, 20, 0), ==, 1);
  now = report (&protection, now, 20, 0);
  g_assert_cmpuint (oh_protection_get_copies (&protection, 20, 0), ==, 0);
  g_assert_cmpuint (oh_protection_get_percent (&protection, FALSE), <=, 1);

  /* A packet now and then is no reason, nor is a report of next to nothing. */
  now = report (&protection, now, 60, 0.004);
  g_assert_cmpuint (oh_protection_get_copies (&protection, 20, 0), ==, 0);
  oh_protection_report (&protection, 1, 1, now);
  g_assert_cmpuint (oh_protection_get_copies (&protection, 20, 0), ==, 0);
}

/* --- The jitter buffer --- */

/* Frames of a tone, each by itself and once more with the next one; every fourth packet is lost. From
 * the second second on nothing is made up, though the reader leaves no more time than needed. */
static void
test_jitter (void)
{
  const OhCodec *codec = oh_codec_find ("opus");
  gpointer encoder = codec->encoder_new (48000, 20);
  g_autoptr (OhJitter) jitter = oh_jitter_new ();
  guint8 frames[2][400];
  gssize lengths[2] = { 0 };
  gint16 samples[TICKS];
  OhJitterStats before = { 0 }, after;

  g_assert_true (oh_jitter_set_codec (jitter, codec, 48000));
  for (guint i = 0; i < 400; i++)
    {
      OhRtpHeader header = { .sequence = i, .timestamp = i * TICKS };
      gint64 now = G_USEC_PER_SEC + i * 20000;
      guint own = i % 2;

      for (guint j = 0; j < TICKS; j++)
        samples[j] = 8000 * ((i * TICKS + j) % 200 < 100 ? 1 : -1);
      lengths[own] = codec->encode (encoder, samples, TICKS, frames[own], sizeof frames[own]);
      g_assert_cmpint (lengths[own], >, 0);
      if (i % 4 != 3)
        {
          OhRtpHeader older = { .sequence = i - 1, .timestamp = (i - 1) * TICKS };

          older.payload_length = lengths[!own];
          header.payload_length = lengths[own];
          if (i > 0)
            oh_jitter_put_again (jitter, &older, frames[!own], 1, now);
          oh_jitter_put (jitter, &header, frames[own], now);
        }
      oh_jitter_get (jitter, samples, TICKS / 2, now + 1000);
      oh_jitter_get (jitter, samples, TICKS / 2, now + 11000);
      if (i == 100)
        oh_jitter_get_stats (jitter, &before);
    }
  oh_jitter_get_stats (jitter, &after);
  g_assert_cmpuint (after.concealed, ==, before.concealed);
  g_assert_cmpuint (after.lost, ==, before.lost);
  g_assert_cmpfloat (after.buffered_ms, <=, 60);
  codec->encoder_free (encoder);
}

/* The reader is out of step with the packets: of one that is lost, half is made up before the next one is
 * here, and half after. What is made up is what was lost and no more, or each loss would add delay. */
static void
test_made_up (void)
{
  const OhCodec *codec = oh_codec_find ("PCMU");
  g_autoptr (OhJitter) jitter = oh_jitter_new ();
  guint8 payload[160];
  gint16 samples[80];
  OhJitterStats stats;

  memset (payload, 0x55, sizeof payload);
  g_assert_true (oh_jitter_set_codec (jitter, codec, 8000));
  for (guint i = 0; i < 1000; i++)
    {
      gint64 now = G_USEC_PER_SEC + i * 20000;
      OhRtpHeader header = { .sequence = i, .timestamp = i * 160, .payload_length = 160 };

      if (i % 50 != 49)
        oh_jitter_put (jitter, &header, payload, now);
      oh_jitter_get (jitter, samples, 80, now + 1000);
      oh_jitter_get (jitter, samples, 80, now + 11000);
    }
  oh_jitter_get_stats (jitter, &stats);
  g_test_message ("%d samples for %d packets", (int)stats.concealed, (int)stats.lost);
  g_assert_cmpuint (stats.lost, ==, 19);
  g_assert_cmpuint (stats.concealed, ==, 19 * 160 + 80); /* and half of the last one */
}

/* --- Calls --- */

static const OhPeerConfig opus = { .codecs = "opus", .crypto = OH_PEER_CRYPTO_SDES };

static void
set_loss (double loss)
{
  oh_transport_memory_set_wire (&(OhWire){ .loss = loss, .delay_ms = 13, .seed = 7 });
}

/* Both speak for some seconds; @b hears it well, in the mean of the pieces of 4 s after the first one: of
 * a single piece chance has too much to say, for when RTCP goes out, and with it which packets a wire
 * loses, is drawn anew in each run. (What @a hears is higher than Opus keeps at this rate while it
 * protects itself: 0.1, where speech has 0.9.) */
static void
speak (End *a, End *b, guint seconds, double least)
{
  guint pieces = seconds / 4;
  double sum = 0;

  for (guint i = 0; i < pieces; i++)
    {
      double a_heard, b_heard;

      end_talk (a, b, 4000, &a_heard, &b_heard);
      if (i > 0 || pieces == 1)
        sum += b_heard;
    }
  g_assert_cmpfloat (sum / MAX (pieces - 1, 1), >, least);
}

static OhPeerStats
get_stats (End *end)
{
  OhPeerStats stats;

  oh_peer_get_stats (end->peer, &stats);
  return stats;
}

/* Nothing is sent twice on a good path; then the path is bad, what gets lost comes again; then it is
 * good, and that ends. */
static void
test_call (void)
{
  OhWorker *worker = end_worker_new ();
  End *a = end_new (worker, TRUE, &opus), *b = end_new (worker, TRUE, &opus);
  OhPeerStats before, after;

  set_loss (0);
  end_connect (a, b);
  g_assert_nonnull (strstr (a->sdp, " red/48000/2"));
  speak (a, b, 4, 0.95);
  g_assert_cmpuint (get_stats (a).copies, ==, 0);
  g_assert_cmpuint (get_stats (b).recovered_packets, ==, 0);

  set_loss (0.1);
  speak (a, b, 8, 0.95);
  g_assert_cmpuint (get_stats (a).copies, ==, 1);
  before = get_stats (b);
  speak (a, b, 12, 0.95);
  after = get_stats (b);
  g_test_message ("%d came again, %d did not",
                  (int)(after.recovered_packets - before.recovered_packets),
                  (int)(after.lost_packets - before.lost_packets));
  g_assert_cmpuint (after.recovered_packets - before.recovered_packets, >, 30);
  g_assert_cmpuint ((after.lost_packets - before.lost_packets) * 4, <,
                    after.recovered_packets - before.recovered_packets);

  set_loss (0);
  speak (a, b, 24, 0.95);
  g_assert_cmpuint (get_stats (a).copies, ==, 0);
  g_assert_cmpuint (get_stats (b).copies, ==, 0);
  end_free (a);
  end_free (b);
  oh_worker_unref (worker);
  oh_transport_memory_set_wire (NULL);
}

/* Packets that overtake each other are none that are lost: nothing is sent twice, which would cost the
 * far end the delay of a frame for as long as it goes on. */
static void
test_disorder (void)
{
  for (guint seed = 1; seed <= 3; seed++)
    {
      OhWorker *worker = end_worker_new ();
      End *a = end_new (worker, TRUE, &opus), *b = end_new (worker, TRUE, &opus);

      set_loss (0);
      end_connect (a, b);
      oh_transport_memory_set_wire (&(OhWire){ .delay_ms = 13, .jitter_ms = 50, .seed = seed });
      for (guint i = 0; i < 6; i++)
        {
          double a_heard, b_heard;

          end_talk (a, b, 4000, &a_heard, &b_heard);
          g_assert_cmpuint (get_stats (a).copies, ==, 0);
          g_assert_cmpuint (get_stats (b).copies, ==, 0);
        }
      end_free (a);
      end_free (b);
      oh_worker_unref (worker);
    }
  oh_transport_memory_set_wire (NULL);
}

static void
forget_red (char *sdp)
{
  char *red = strstr (sdp, " red/48000");

  g_assert_nonnull (red);
  red[1] = 'x';
}

/* a - [b | c] - d with every wire bad; d or both telephones know no redundancy. What is relayed is
 * never decoded, each leg has what it can take, and what one leg got again goes out on the other. */
static void
test_bridge (gconstpointer data)
{
  gboolean a_knows = GPOINTER_TO_INT (data);
  OhWorker *worker = end_worker_new ();
  End *a = end_new (worker, TRUE, &opus), *b = end_new (worker, TRUE, &opus);
  End *c = end_new (worker, TRUE, &opus), *d = end_new (worker, TRUE, &opus);
  OhBridge *bridge;
  OhPeerStats at_b, at_d;

  set_loss (0);
  end_create_offer (a);
  if (!a_knows)
    forget_red (a->sdp);
  end_create_answer (b, a->sdp);
  g_assert_true ((strstr (b->sdp, " red/") != NULL) == a_knows);
  end_set_answer (a, b->sdp);
  end_create_offer (c);
  end_create_answer (d, c->sdp);
  forget_red (d->sdp);
  end_set_answer (c, d->sdp);
  bridge = oh_bridge_new (b->peer, c->peer);
  set_loss (0.07);
  speak (a, d, 16, a_knows ? 0.9 : 0.84);
  g_assert_true (oh_bridge_is_fast (bridge));
  at_b = get_stats (b);
  at_d = get_stats (d);
  g_test_message ("at b %d came again; at d %.3f lost", (int)at_b.recovered_packets, at_d.loss);
  g_assert_cmpuint (get_stats (c).copies, ==, 0);
  g_assert_cmpuint (at_d.recovered_packets, ==, 0);
  if (a_knows)
    {
      g_assert_cmpuint (at_b.recovered_packets, >, 20);
      g_assert_cmpuint (get_stats (a).copies, ==, 1);
      g_assert_cmpfloat (at_d.loss, <, 0.12); /* of one wire; of two it would be 0.135 */
    }
  else
    g_assert_cmpuint (at_b.recovered_packets, ==, 0);
  oh_bridge_close (bridge);
  end_free (a);
  end_free (b);
  end_free (c);
  end_free (d);
  oh_worker_unref (worker);
  oh_transport_memory_set_wire (NULL);
}

/* The relay itself makes the copies where the leg behind it loses packets. */
static void
test_relay_repeats (void)
{
  OhWorker *worker = end_worker_new ();
  End *a = end_new (worker, TRUE, &opus), *b = end_new (worker, TRUE, &opus);
  End *c = end_new (worker, TRUE, &opus), *d = end_new (worker, TRUE, &opus);
  OhBridge *bridge;

  set_loss (0);
  end_connect (a, b);
  end_connect (c, d);
  bridge = oh_bridge_new (b->peer, c->peer);
  set_loss (0.1);
  speak (a, d, 16, 0.95);
  g_assert_true (oh_bridge_is_fast (bridge));
  g_assert_cmpuint (get_stats (c).copies, ==, 1);
  g_assert_cmpuint (get_stats (d).recovered_packets, >, 20);
  g_assert_cmpuint (get_stats (b).recovered_packets, >, 20);
  oh_bridge_close (bridge);
  end_free (a);
  end_free (b);
  end_free (c);
  end_free (d);
  oh_worker_unref (worker);
  oh_transport_memory_set_wire (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loss/pack", test_pack);
  g_test_add_func ("/loss/unpack", test_unpack);
  g_test_add_func ("/loss/damage", test_damage);
  g_test_add_func ("/loss/window", test_window);
  g_test_add_func ("/loss/protection", test_protection);
  g_test_add_func ("/loss/jitter", test_jitter);
  g_test_add_func ("/loss/made-up", test_made_up);
  g_test_add_func ("/loss/call", test_call);
  g_test_add_func ("/loss/disorder", test_disorder);
  g_test_add_data_func ("/loss/bridge", GINT_TO_POINTER (TRUE), test_bridge);
  g_test_add_data_func ("/loss/bridge-plain", GINT_TO_POINTER (FALSE), test_bridge);
  g_test_add_func ("/loss/relay-repeats", test_relay_repeats);
  return g_test_run ();
}
