/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <oh-config.h>

#include "base/oh-error.h"
#include "media/oh-peer-private.h"
#include "media/tone/oh-tone.h"
#include "peer-end.h"

#include <string.h>

/* Peers on a stepped worker and the in-memory wire: no socket, no second that really passes. What one
 * plays is looked for in what the other hears, each direction by itself. The same over real sockets
 * is tests/flow/test-peer-net.c. */

typedef struct
{
  const char *path;
  OhPeerCrypto crypto;
  const char *codecs, *cipher;
  OhWire wire;
  double enough, mos;
} Pair;

#define GCM "AEAD_AES_128_GCM"

static const Pair pairs[] = {
  { "/peer/pcmu", OH_PEER_CRYPTO_NONE, "PCMU", "", { 0 }, 0.99, 4 },
  { "/peer/g722", OH_PEER_CRYPTO_NONE, "G722", "", { 0 }, 0.99, 4 },
#if OH_HAVE_G729
  { "/peer/g729", OH_PEER_CRYPTO_NONE, "G729", "", { 0 }, 0.9, 3.5 },
#endif
  { "/peer/opus", OH_PEER_CRYPTO_NONE, "opus", "", { 0 }, 0.95, 4 },
  { "/peer/sdes-pcma", OH_PEER_CRYPTO_SDES, "PCMA", GCM, { 0 }, 0.99, 4 },
  { "/peer/dtls-opus", OH_PEER_CRYPTO_DTLS, "opus", GCM, { 0 }, 0.95, 4 },
  { "/peer/delay", OH_PEER_CRYPTO_NONE, "PCMU", "", { .delay_ms = 80 }, 0.99, 4 },
  { "/peer/disorder", OH_PEER_CRYPTO_SDES, "PCMU", GCM, { .jitter_ms = 50, .seed = 1 }, 0.8, 4 },
  { "/peer/duplicates", OH_PEER_CRYPTO_SDES, "PCMU", GCM, { .duplicate = 0.3 }, 0.99, 4 },
  { "/peer/loss", OH_PEER_CRYPTO_NONE, "opus", "", { .loss = 0.05, .seed = 2 }, 0.8, 2.5 },
};

static void
test_pair (gconstpointer data)
{
  const Pair *pair = data;
  OhWorker *worker = end_worker_new ();
  const OhPeerConfig config = { .crypto = pair->crypto, .codecs = pair->codecs };
  End *a = end_new (worker, TRUE, &config), *b = end_new (worker, TRUE, &config);
  double a_heard, b_heard;
  OhPeerStats stats;

  end_connect (a, b);
  oh_transport_memory_set_wire (&pair->wire);
  end_talk (a, b, 3000, &a_heard, &b_heard);
  g_assert_cmpfloat (a_heard, >, pair->enough);
  g_assert_cmpfloat (b_heard, >, pair->enough);
  oh_peer_send_digit (a->peer, '5', 0);
  oh_peer_send_digit (a->peer, '#', 80);
  oh_peer_send_digit (b->peer, 'A', 0);
  end_wait_digits (b, "5#");
  end_wait_digits (a, "A");
  oh_peer_get_stats (a->peer, &stats);
  g_test_message ("%s %s: rtt %.1f jitter %.1f buffer %.0f loss %.3f mos %.2f", stats.codec,
                  stats.cipher, stats.rtt_ms, stats.jitter_ms, stats.buffer_ms, stats.loss,
                  stats.mos);
  g_assert_cmpstr (stats.cipher, ==, pair->cipher);
  g_assert_cmpuint (stats.received_packets, >, 100);
  g_assert_cmpfloat (stats.rtt_ms, >=, 2 * pair->wire.delay_ms);
  g_assert_cmpfloat (stats.mos, >, pair->mos);
  end_free (a);
  end_free (b);
  oh_transport_memory_set_wire (NULL);
  oh_worker_unref (worker);
}

/* A wire that goes dead ends the peer after its time, not before. */
static void
test_silence (void)
{
  OhWorker *worker = end_worker_new ();
  const OhPeerConfig config = { .codecs = "PCMU", .idle_timeout_ms = 4000 };
  End *a = end_new (worker, TRUE, &config), *b = end_new (worker, TRUE, &config);

  end_connect (a, b);
  oh_worker_step (worker, 30 * G_USEC_PER_SEC); /* comfort packets are enough */
  g_assert_false (a->ended || b->ended);
  oh_transport_memory_set_wire (&(OhWire){ .loss = 1 });
  oh_worker_step (worker, 3800 * 1000);
  g_assert_false (a->ended || b->ended);
  oh_worker_step (worker, 500 * 1000);
  g_assert_true (a->ended && b->ended);
  end_free (a);
  end_free (b);
  oh_transport_memory_set_wire (NULL);
  oh_worker_unref (worker);
}

/* Comfort packets are packets, but nothing that anyone hears. */
static void
test_first_sound (gconstpointer data)
{
  OhWorker *worker = end_worker_new ();
  const OhPeerConfig config = { .codecs = data };
  End *a = end_new (worker, TRUE, &config), *b = end_new (worker, TRUE, &config);
  g_autoptr (OhSource) speech = chirp_new (300, 1200);
  Heard *heard = heard_new ();

  oh_peer_set_sink (b->peer, &heard->parent);
  end_connect (a, b);
  oh_worker_step (worker, 2 * G_USEC_PER_SEC);
  g_assert_true (b->packet);
  g_assert_false (b->sound);
  oh_peer_set_source (a->peer, speech);
  oh_worker_step (worker, G_USEC_PER_SEC / 5);
  g_assert_true (b->sound);
  end_free (a);
  end_free (b);
  oh_sink_unref (&heard->parent);
  oh_worker_unref (worker);
}

/* What a codec still holds of a sound when it is over comes with its end, not with the next packet, which would
 * be a click in the silence; and nothing is made up after it. */
static void
test_end_of_sound (gconstpointer data)
{
  OhWorker *worker = end_worker_new ();
  const OhPeerConfig config = { .codecs = data };
  End *a = end_new (worker, TRUE, &config), *b = end_new (worker, TRUE, &config);
  g_autoptr (OhSource) beep = oh_tone_new (OH_TONE_BEEP, 16000, 1);
  Heard *heard = heard_new ();
  gsize first = END_HEARD, last = 0;

  end_connect (a, b);
  oh_peer_set_sink (b->peer, &heard->parent);
  oh_peer_set_source (a->peer, beep);
  oh_worker_step (worker, 305 * 1000); /* nothing is asked of the source after its end */
  oh_peer_set_source (a->peer, NULL);
  oh_worker_step (worker, G_USEC_PER_SEC);
  for (gsize i = 0; i < heard->n; i++)
    if (ABS (heard->samples[i]) > 20)
      {
        first = MIN (first, i);
        last = i;
      }
  g_test_message ("%.1f ms", (last - (double)first) * 1000 / END_RATE);
  g_assert_cmpuint (last - first, >, END_RATE * 290 / 1000);
  g_assert_cmpuint (last - first, <, END_RATE * 330 / 1000);
  end_free (a);
  end_free (b);
  oh_sink_unref (&heard->parent);
  oh_worker_unref (worker);
}

/* Speech after a silence of any length must not look late to the far end, whose jitter buffer would
 * make all of it wait. */
static void
test_pause (void)
{
  OhWorker *worker = end_worker_new ();
  const OhPeerConfig config = { .codecs = "PCMU" };
  End *a = end_new (worker, TRUE, &config), *b = end_new (worker, TRUE, &config);
  g_autoptr (OhSource) speech = chirp_new (300, 1200);
  Heard *heard = heard_new ();
  OhJitterStats stats;

  end_connect (a, b);
  oh_peer_set_sink (b->peer, &heard->parent);
  for (guint i = 0; i < 20; i++)
    {
      oh_worker_step (worker, G_USEC_PER_SEC + i * 23000);
      oh_peer_set_source (a->peer, speech);
      oh_worker_step (worker, G_USEC_PER_SEC / 2);
      oh_jitter_get_stats (b->peer->receive.jitter, &stats);
      g_test_message ("%u: target %.0f ms", i, stats.target_ms);
      g_assert_cmpfloat (stats.target_ms, <=, 40);
      oh_peer_set_source (a->peer, NULL);
    }
  end_free (a);
  end_free (b);
  oh_sink_unref (&heard->parent);
  oh_worker_unref (worker);
}

/* The answerer's SDP with another key in it; transfer full. */
static char *
change_key (const char *sdp)
{
  char *changed = g_strdup (sdp), *key = strstr (changed, "inline:");

  g_assert_nonnull (key);
  key[10] = key[10] == 'A' ? 'B' : 'A';
  return changed;
}

/* A key stays in mid-call unless its own side changes it, and the count of packets that it covers goes
 * on: past the wrap of the sequence number the far end knows nothing of a new beginning. */
static void
test_keys_stay (void)
{
  OhWorker *worker = end_worker_new ();
  const OhPeerConfig config = { .codecs = "PCMU", .crypto = OH_PEER_CRYPTO_SDES };
  End *a = end_new (worker, TRUE, &config), *b = end_new (worker, TRUE, &config);
  g_autofree char *answer = NULL, *other = NULL;
  double a_heard, b_heard;

  a->peer->send.sequence = b->peer->send.sequence = 65500;
  end_connect (a, b);
  end_talk (a, b, 2000, &a_heard, &b_heard);
  g_assert_cmpuint (a->peer->send.sequence, <, 1000);

  /* The far end says that it has another key now, and then lies: we go on with ours. */
  answer = g_strdup (b->sdp);
  other = change_key (answer);
  end_set_answer (a, other);
  end_talk (a, b, 2000, &a_heard, &b_heard);
  g_assert_cmpfloat (a_heard, <, 0.5);
  g_assert_cmpfloat (b_heard, >, 0.99);

  /* Who has answered once answers and offers with the same key again. */
  end_create_offer (a);
  end_create_answer (b, a->sdp);
  g_assert_cmpstr (strstr (b->sdp, "inline:"), ==, strstr (answer, "inline:"));
  end_create_offer (b);
  other[0] = '\0';
  g_strlcpy (other, strstr (answer, "inline:"), 40);
  g_assert_nonnull (strstr (b->sdp, other));
  end_free (a);
  end_free (b);
  oh_worker_unref (worker);
}

/* --- Another address --- */

typedef struct
{
  OhWorker *worker;
  End *a, *b;
} Moving;

static void
moving_set_up (Moving *m, gconstpointer data)
{
  const OhPeerConfig config = { .codecs = "opus", .crypto = OH_PEER_CRYPTO_DTLS };

  m->worker = end_worker_new ();
  m->a = end_new (m->worker, TRUE, &config);
  m->b = end_new (m->worker, TRUE, &config);
  end_connect (m->a, m->b);
}

static void
moving_tear_down (Moving *m, gconstpointer data)
{
  end_free (m->a);
  end_free (m->b);
  oh_worker_unref (m->worker);
}

static void
assert_both_heard (Moving *m)
{
  double a_heard, b_heard;

  end_talk (m->a, m->b, 2000, &a_heard, &b_heard);
  g_assert_cmpfloat (a_heard, >, 0.95);
  g_assert_cmpfloat (b_heard, >, 0.95);
  g_assert_false (m->a->ended || m->b->ended);
}

/* A new transport, the keys of before: nobody hears anything of it. */
static void
test_move (Moving *m, gconstpointer data)
{
  OhPeer *peer = m->a->peer;
  const OhTransport *former = peer->transport;
  const OhDtls *dtls = peer->dtls;
  const OhSrtp *srtp = peer->srtp;

  assert_both_heard (m);
  oh_peer_restart_ice (peer);
  end_create_offer (m->a);
  g_assert_true (peer->transport == former);
  g_assert_nonnull (peer->next);
  assert_both_heard (m); /* nobody has answered yet */
  end_create_answer (m->b, m->a->sdp);
  end_set_answer (m->a, m->b->sdp);
  assert_both_heard (m);
  g_assert_true (peer->transport != former);
  g_assert_null (peer->next);
  g_assert_true (peer->dtls == dtls && peer->srtp == srtp);

  end_create_offer (m->a); /* no other restart without a word */
  g_assert_null (peer->next);
}

/* The first try is never answered: the next one counts. */
static void
test_move_again (Moving *m, gconstpointer data)
{
  OhPeer *peer = m->a->peer;
  const OhTransport *former = peer->transport;

  oh_peer_restart_ice (peer);
  end_create_offer (m->a);
  oh_peer_restart_ice (peer);
  end_negotiate (m->a, m->b);
  assert_both_heard (m);
  g_assert_true (peer->transport != former);
  g_assert_null (peer->next);
}

static void
fail (OhTransport *transport)
{
  g_autoptr (GError) error = g_error_new (OH_ERROR, OH_ERROR_NETWORK, "the cable is out");

  transport->events->failed (error, transport->user_data);
}

/* The path in use is lost while another one is looked for: it is waited for. */
static void
test_move_after_loss (Moving *m, gconstpointer data)
{
  oh_peer_restart_ice (m->a->peer);
  end_create_offer (m->a);
  fail (m->a->peer->transport);
  end_pass (m->a);
  g_assert_false (m->a->ended);
  end_create_answer (m->b, m->a->sdp);
  end_set_answer (m->a, m->b->sdp);
  assert_both_heard (m);
}

/* The other one leads nowhere: the one in use goes on, and where it is lost, too, the call ends. */
static void
test_move_in_vain (Moving *m, gconstpointer data)
{
  const OhTransport *former = m->a->peer->transport;

  oh_peer_restart_ice (m->a->peer);
  end_create_offer (m->a);
  fail (m->a->peer->next);
  assert_both_heard (m);
  g_assert_true (m->a->peer->transport == former);
  g_assert_null (m->a->peer->next);

  oh_peer_restart_ice (m->a->peer);
  end_create_offer (m->a);
  fail (m->a->peer->transport);
  fail (m->a->peer->next);
  for (guint i = 0; i < 10 && !m->a->ended; i++)
    end_pass (m->a);
  g_assert_true (m->a->ended);
  g_assert_cmpint (m->a->reason, ==, OH_PEER_END_NETWORK);
}

/* --- A path that brings nothing any more --- */

static guint n_quiet;

static void
on_quiet (OhPeer *peer, gpointer user_data)
{
  n_quiet++;
}

static void
quiet_set_up (Moving *m, gconstpointer data)
{
  moving_set_up (m, data);
  n_quiet = 0;
  m->a->peer->events.quiet = on_quiet;
}

static void
quiet_tear_down (Moving *m, gconstpointer data)
{
  oh_transport_memory_set_wire (NULL);
  moving_tear_down (m, data);
}

static void
pass_ms (Moving *m, guint ms)
{
  oh_worker_step (m->worker, ms * 1000);
}

/* Told soon and again, long before the end, which comes at its time. */
static void
test_quiet (Moving *m, gconstpointer data)
{
  pass_ms (m, 20000); /* comfort packets are enough */
  g_assert_cmpuint (n_quiet, ==, 0);
  oh_transport_memory_set_wire (&(OhWire){ .loss = 1 });
  pass_ms (m, 3700);
  g_assert_cmpuint (n_quiet, ==, 0);
  pass_ms (m, 600);
  g_assert_cmpuint (n_quiet, ==, 1);
  pass_ms (m, 7000);
  g_assert_cmpuint (n_quiet, ==, 1);
  pass_ms (m, 1500);
  g_assert_cmpuint (n_quiet, ==, 2);
  g_assert_false (m->a->ended);

  oh_transport_memory_set_wire (NULL);
  pass_ms (m, 20000); /* nobody protects what is sent against loss any more */
  assert_both_heard (m);
  g_assert_cmpuint (n_quiet, ==, 2);
  oh_transport_memory_set_wire (&(OhWire){ .loss = 1 });
  pass_ms (m, 4300);
  g_assert_cmpuint (n_quiet, ==, 3);
  pass_ms (m, 25000);
  g_assert_false (m->a->ended);
  pass_ms (m, 1500);
  g_assert_true (m->a->ended);
  g_assert_cmpint (m->a->reason, ==, OH_PEER_END_NETWORK);
}

/* The far end holds the call: its reports alone are enough. */
static void
test_quiet_held (Moving *m, gconstpointer data)
{
  g_autofree char *offer = NULL;
  char *line;

  end_create_offer (m->b);
  offer = g_strdup (m->b->sdp);
  line = strstr (offer, "a=sendrecv");
  g_assert_nonnull (line);
  memcpy (line, "a=inactive", strlen ("a=inactive"));
  end_create_answer (m->a, offer);
  end_set_answer (m->b, m->a->sdp);
  pass_ms (m, 60000);
  g_assert_cmpuint (n_quiet, ==, 0);
  oh_transport_memory_set_wire (&(OhWire){ .loss = 1 });
  pass_ms (m, 17000);
  g_assert_cmpuint (n_quiet, >, 0);
  g_assert_false (m->a->ended);
}

/* Known to be gone, and another one in vain: the third serves. */
static void
test_quiet_lost (Moving *m, gconstpointer data)
{
  fail (m->a->peer->transport);
  pass_ms (m, 200);
  g_assert_cmpuint (n_quiet, ==, 1);
  oh_peer_restart_ice (m->a->peer);
  end_create_offer (m->a);
  pass_ms (m, 7000);
  g_assert_cmpuint (n_quiet, ==, 1); /* it has its time */
  fail (m->a->peer->next);
  pass_ms (m, 1500);
  g_assert_null (m->a->peer->next);
  g_assert_cmpuint (n_quiet, ==, 2);
  g_assert_false (m->a->ended);
  oh_peer_restart_ice (m->a->peer);
  end_negotiate (m->a, m->b);
  assert_both_heard (m);
}

/* Answers to offers of other paths that lead nowhere put nothing off. */
static void
test_quiet_in_vain (Moving *m, gconstpointer data)
{
  oh_transport_memory_set_wire (&(OhWire){ .loss = 1 });
  for (guint i = 0; i < 3; i++)
    {
      pass_ms (m, 9000);
      g_assert_false (m->a->ended);
      oh_peer_restart_ice (m->a->peer);
      end_negotiate (m->a, m->b);
    }
  pass_ms (m, 4000);
  g_assert_true (m->a->ended);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_test_add_data_func (pairs[i].path, &pairs[i], test_pair);
  g_test_add_func ("/peer/silence", test_silence);
  g_test_add_data_func ("/peer/first-sound-pcmu", "PCMU", test_first_sound);
  g_test_add_data_func ("/peer/first-sound-pcma", "PCMA", test_first_sound);
  g_test_add_data_func ("/peer/first-sound-g722", "G722", test_first_sound);
  g_test_add_data_func ("/peer/first-sound-opus", "opus", test_first_sound);
  g_test_add_data_func ("/peer/end-of-sound-pcmu", "PCMU", test_end_of_sound);
  g_test_add_data_func ("/peer/end-of-sound-g722", "G722", test_end_of_sound);
  g_test_add_data_func ("/peer/end-of-sound-opus", "opus", test_end_of_sound);
  g_test_add_func ("/peer/pause", test_pause);
  g_test_add_func ("/peer/keys-stay", test_keys_stay);
  g_test_add ("/peer/move", Moving, NULL, moving_set_up, test_move, moving_tear_down);
  g_test_add ("/peer/move/again", Moving, NULL, moving_set_up, test_move_again, moving_tear_down);
  g_test_add ("/peer/move/after-loss", Moving, NULL, moving_set_up, test_move_after_loss,
              moving_tear_down);
  g_test_add ("/peer/move/in-vain", Moving, NULL, moving_set_up, test_move_in_vain,
              moving_tear_down);
  g_test_add ("/peer/quiet", Moving, NULL, quiet_set_up, test_quiet, quiet_tear_down);
  g_test_add ("/peer/quiet/held", Moving, NULL, quiet_set_up, test_quiet_held, quiet_tear_down);
  g_test_add ("/peer/quiet/lost", Moving, NULL, quiet_set_up, test_quiet_lost, quiet_tear_down);
  g_test_add ("/peer/quiet/in-vain", Moving, NULL, quiet_set_up, test_quiet_in_vain,
              quiet_tear_down);
  return g_test_run ();
}
