/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-clock.h"
#include "media/bridge/oh-bridge.h"
#include "media/oh-peer.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Two peers of this process talk over real sockets on loopback; what one plays is looked for in what
 * the other hears, each direction by itself. */

#define RATE 8000
#define HEARD (RATE * 6)
#define DEADLINE_US (10 * G_USEC_PER_SEC)

typedef struct
{
  OhSource parent;
  double phase, from, to;
  gsize at, length;
} Chirp;

typedef struct
{
  OhSink parent;
  _Atomic gsize n;
  gint16 samples[HEARD];
} Memory;

typedef struct
{
  OhPeer *peer;
  _Atomic gboolean ready, ended;
  _Atomic guint n_digits;
  char digits[32];
  char *sdp;
  GError *error;
  _Atomic gboolean told;
} End;

static gsize
read_chirp (OhSource *source, gint16 *samples, gsize n)
{
  Chirp *chirp = (Chirp *)source;

  for (gsize i = 0; i < n; i++, chirp->at++)
    {
      double part = (chirp->at % chirp->length) / (double)chirp->length;

      chirp->phase += 2 * G_PI * (chirp->from + (chirp->to - chirp->from) * part) / source->rate;
      samples[i] = 8000 * sin (chirp->phase);
    }
  return n;
}

static OhSource *
chirp_new (double from, double to)
{
  static const OhSourceClass klass = { .name = "chirp", .read = read_chirp };
  Chirp *chirp = g_new0 (Chirp, 1);

  oh_source_init (&chirp->parent, &klass, RATE);
  chirp->from = from;
  chirp->to = to;
  chirp->length = RATE;
  return &chirp->parent;
}

static void
write_memory (OhSink *sink, const gint16 *samples, gsize n)
{
  Memory *memory = (Memory *)sink;
  gsize taken = MIN (n, HEARD - memory->n);

  memcpy (memory->samples + memory->n, samples, taken * sizeof *samples);
  memory->n += taken;
}

static Memory *
memory_new (void)
{
  static const OhSinkClass klass = { .name = "memory", .write = write_memory };
  Memory *memory = g_new0 (Memory, 1);

  oh_sink_init (&memory->parent, &klass, RATE);
  return memory;
}

/* The best correlation of @pattern with what was heard, over all delays. */
static double
find_piece (const Memory *memory, const gint16 *pattern, gsize n)
{
  double best = 0;

  for (gsize delay = 0; delay + n < memory->n; delay++)
    {
      double ab = 0, aa = 1, bb = 1;

      for (gsize i = 0; i < n; i += 3)
        {
          double a = pattern[i], b = memory->samples[delay + i];

          ab += a * b;
          aa += a * a;
          bb += b * b;
        }
      best = MAX (best, ab / sqrt (aa * bb));
    }
  return best;
}

/* Mean over four pieces of one second of the chirp: a busy machine makes the jitter buffer stretch
 * sound here and there, which moves pieces but keeps them whole. */
static double
find_chirp (const Memory *memory, double from, double to)
{
  g_autofree gint16 *pattern = g_new (gint16, RATE);
  g_autoptr (OhSource) source = chirp_new (from, to);
  double sum = 0;

  read_chirp (source, pattern, RATE);
  for (guint i = 0; i < 4; i++)
    sum += find_piece (memory, pattern + i * RATE / 4, RATE / 4);
  return sum / 4;
}

/* --- Ends --- */

static void
on_ready (OhPeer *peer, gpointer user_data)
{
  ((End *)user_data)->ready = TRUE;
}

static void
on_digit (OhPeer *peer, char digit, gpointer user_data)
{
  End *end = user_data;

  end->digits[end->n_digits] = digit;
  end->n_digits++;
}

static void
on_ended (OhPeer *peer, OhPeerEnd reason, const GError *error, gpointer user_data)
{
  g_test_message ("ended %d: %s", reason, error ? error->message : "");
  ((End *)user_data)->ended = TRUE;
}

static const OhPeerEvents events = { .ready = on_ready, .digit = on_digit, .ended = on_ended };

static void
on_sdp (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  End *end = user_data;

  g_free (end->sdp);
  g_clear_error (&end->error);
  end->sdp = g_strdup (sdp);
  end->error = error ? g_error_copy (error) : NULL;
  end->told = TRUE;
}

static void
wait_until (_Atomic gboolean *flag)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_US;

  while (!*flag && g_get_monotonic_time () < deadline)
    g_usleep (1000);
  g_assert_true (*flag);
}

static void
wait_sdp (End *end)
{
  wait_until (&end->told);
  end->told = FALSE;
  g_assert_no_error (end->error);
  g_assert_nonnull (end->sdp);
}

static End *
end_new (OhWorker *worker, OhPeerNet net, OhPeerCrypto crypto, const char *codecs)
{
  End *end = g_new0 (End, 1);
  OhPeerConfig config = { .net = net,
                          .crypto = crypto,
                          .address = "127.0.0.1",
                          .codecs = codecs,
                          .loopback = TRUE,
                          .events = &events,
                          .user_data = end };

  end->peer = oh_peer_new (worker, &config);
  return end;
}

static void
end_free (End *end)
{
  oh_peer_close (end->peer);
  oh_peer_unref (end->peer);
  g_free (end->sdp);
  g_clear_error (&end->error);
  g_free (end);
}

static void
connect_ends (End *a, End *b)
{
  oh_peer_create_offer (a->peer, on_sdp, a);
  wait_sdp (a);
  oh_peer_create_answer (b->peer, a->sdp, on_sdp, b);
  wait_sdp (b);
  oh_peer_set_answer (a->peer, b->sdp, on_sdp, a);
  wait_sdp (a);
  wait_until (&a->ready);
  wait_until (&b->ready);
}

static void
wait_heard (Memory *memory, gsize n)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_US;

  while (memory->n < n && g_get_monotonic_time () < deadline)
    g_usleep (10000);
}

static void
talk (End *a, End *b, double enough)
{
  g_autoptr (OhSource) from_a = chirp_new (300, 1200);
  g_autoptr (OhSource) from_b = chirp_new (2400, 1400);
  Memory *at_a = memory_new (), *at_b = memory_new ();
  double a_heard, b_heard;

  oh_peer_set_sink (a->peer, &at_a->parent);
  oh_peer_set_sink (b->peer, &at_b->parent);
  oh_peer_set_source (a->peer, from_a);
  oh_peer_set_source (b->peer, from_b);
  wait_heard (at_a, RATE * 2);
  wait_heard (at_b, RATE * 2);
  oh_peer_set_source (a->peer, NULL);
  oh_peer_set_source (b->peer, NULL);
  oh_peer_set_sink (a->peer, NULL);
  oh_peer_set_sink (b->peer, NULL);
  a_heard = find_chirp (at_a, 2400, 1400);
  b_heard = find_chirp (at_b, 300, 1200);
  g_test_message ("a heard %.3f, b heard %.3f", a_heard, b_heard);
  g_assert_cmpfloat (a_heard, >, enough);
  g_assert_cmpfloat (b_heard, >, enough);
  oh_sink_unref (&at_a->parent);
  oh_sink_unref (&at_b->parent);
}

typedef struct
{
  const char *path;
  OhPeerNet net_a, net_b;
  OhPeerCrypto crypto;
  const char *codecs, *cipher;
  double enough;
} Pair;

static const Pair pairs[] = {
  { "/peer/plain-pcmu", OH_PEER_NET_PLAIN, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_NONE, "PCMU", "",
    0.9 },
  { "/peer/plain-g722", OH_PEER_NET_PLAIN, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_NONE, "G722", "",
    0.9 },
  { "/peer/sdes-pcma", OH_PEER_NET_PLAIN, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_SDES, "PCMA",
    "AEAD_AES_128_GCM", 0.9 },
  { "/peer/dtls-plain", OH_PEER_NET_PLAIN, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_DTLS, "opus",
    "AEAD_AES_128_GCM", 0.8 },
  { "/peer/ice-to-lite", OH_PEER_NET_ICE, OH_PEER_NET_ICE_LITE, OH_PEER_CRYPTO_DTLS, NULL,
    "AEAD_AES_128_GCM", 0.8 },
  { "/peer/lite-to-ice", OH_PEER_NET_ICE_LITE, OH_PEER_NET_ICE, OH_PEER_CRYPTO_DTLS, NULL,
    "AEAD_AES_128_GCM", 0.8 },
  { "/peer/ice-to-ice", OH_PEER_NET_ICE, OH_PEER_NET_ICE, OH_PEER_CRYPTO_DTLS, NULL,
    "AEAD_AES_128_GCM", 0.8 },
};

static void
test_pair (gconstpointer data)
{
  const Pair *pair = data;
  OhWorker *worker = oh_worker_new ("test", OH_WORKER_GLIB);
  End *a = end_new (worker, pair->net_a, pair->crypto, pair->codecs);
  End *b = end_new (worker, pair->net_b, pair->crypto, pair->codecs);
  OhPeerStats stats;

  connect_ends (a, b);
  talk (a, b, pair->enough);
  oh_peer_send_digit (a->peer, '5', 0);
  oh_peer_send_digit (a->peer, '#', 80);
  oh_peer_send_digit (b->peer, 'A', 0);
  for (guint i = 0; i < 2000 && (b->n_digits < 2 || a->n_digits < 1); i++)
    g_usleep (1000);
  g_assert_cmpstr (b->digits, ==, "5#");
  g_assert_cmpstr (a->digits, ==, "A");
  oh_peer_get_stats (a->peer, &stats);
  g_assert_cmpstr (stats.cipher, ==, pair->cipher);
  g_assert_cmpuint (stats.received_packets, >, 100);
  g_assert_cmpfloat (stats.rtt_ms, >=, 0);
  g_assert_cmpfloat (stats.mos, >, 3.8);
  g_test_message ("%s %s: %s/%s rtt %.1f jitter %.1f buffer %.0f mos %.2f", stats.codec,
                  stats.cipher, stats.local_candidate, stats.remote_candidate, stats.rtt_ms,
                  stats.jitter_ms, stats.buffer_ms, stats.mos);
  end_free (a);
  end_free (b);
  oh_worker_unref (worker);
}

/* --- Bridge: a - [b | c] - d --- */

static void
test_bridge (gconstpointer data)
{
  const char *codec_d = data;
  OhWorker *phones = oh_worker_new ("phones", OH_WORKER_PLAIN);
  OhWorker *server = oh_worker_new ("server", OH_WORKER_PLAIN);
  End *a = end_new (phones, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_NONE, "PCMU");
  End *b = end_new (server, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_NONE, "PCMU");
  End *c = end_new (server, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_SDES, codec_d);
  End *d = end_new (phones, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_SDES, codec_d);
  OhBridge *bridge;
  Memory *tap = memory_new ();

  connect_ends (a, b);
  connect_ends (c, d);
  bridge = oh_bridge_new (b->peer, c->peer);
  talk (a, d, 0.8);
  g_assert_cmpint (oh_bridge_is_fast (bridge), ==, strcmp (codec_d, "PCMU") == 0);

  /* A tap forces the sound through the codecs, and lets go again. */
  oh_peer_set_sink (b->peer, &tap->parent);
  talk (a, d, 0.8);
  g_assert_false (oh_bridge_is_fast (bridge));
  g_assert_cmpfloat (find_chirp (tap, 300, 1200), >, 0.8);
  oh_peer_set_sink (b->peer, NULL);
  talk (a, d, 0.8);

  oh_peer_send_digit (a->peer, '7', 0);
  for (guint i = 0; i < 2000 && d->n_digits < 1; i++)
    g_usleep (1000);
  g_assert_cmpstr (d->digits, ==, "7");
  g_assert_cmpstr (b->digits, ==, "7");
  oh_bridge_close (bridge);
  end_free (a);
  end_free (b);
  end_free (c);
  end_free (d);
  oh_worker_unref (phones);
  oh_worker_unref (server);
  oh_sink_unref (&tap->parent);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_test_add_data_func (pairs[i].path, &pairs[i], test_pair);
  g_test_add_data_func ("/bridge/fast", "PCMU", test_bridge);
  g_test_add_data_func ("/bridge/transcoding", "opus", test_bridge);
  return g_test_run ();
}
