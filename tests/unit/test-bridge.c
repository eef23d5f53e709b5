/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-clock.h"
#include "media/bridge/oh-bridge.h"
#include "media/oh-peer-private.h"
#include "peer-end.h"

#include <string.h>

/* Two pairs of peers on a stepped worker and the in-memory wire, joined in the middle:
 * a - [b | c] - d. */

typedef struct
{
  OhWorker *worker;
  End *a, *b, *c, *d;
  OhBridge *bridge;
} Bridged;

static Bridged
bridged_new (const char *codec_d)
{
  OhWorker *worker = end_worker_new ();
  const OhPeerConfig plain = { .codecs = "PCMU" };
  const OhPeerConfig other = { .codecs = codec_d, .crypto = OH_PEER_CRYPTO_SDES };
  Bridged self = { worker, end_new (worker, TRUE, &plain), end_new (worker, TRUE, &plain),
                   end_new (worker, TRUE, &other), end_new (worker, TRUE, &other) };

  end_connect (self.a, self.b);
  end_connect (self.c, self.d);
  self.bridge = oh_bridge_new (self.b->peer, self.c->peer);
  return self;
}

static void
bridged_free (Bridged *self)
{
  oh_bridge_close (self->bridge);
  end_free (self->a);
  end_free (self->b);
  end_free (self->c);
  end_free (self->d);
  oh_worker_unref (self->worker);
}

static void
check_heard (Bridged *self)
{
  double a_heard, d_heard;

  end_talk (self->a, self->d, 2000, &a_heard, &d_heard);
  g_assert_cmpfloat (a_heard, >, 0.9);
  g_assert_cmpfloat (d_heard, >, 0.9);
}

static void
test_bridge (gconstpointer data)
{
  const char *codec_d = data;
  Bridged self = bridged_new (codec_d);
  Heard *tap = heard_new ();

  check_heard (&self);
  g_assert_cmpint (oh_bridge_is_fast (self.bridge), ==, strcmp (codec_d, "PCMU") == 0);

  /* A tap forces the sound through the codecs, and lets go again. */
  oh_peer_set_sink (self.b->peer, &tap->parent);
  check_heard (&self);
  g_assert_false (oh_bridge_is_fast (self.bridge));
  g_assert_cmpfloat (heard_find_chirp (tap, 300, 1200), >, 0.9);
  oh_peer_set_sink (self.b->peer, NULL);
  check_heard (&self);

  oh_peer_send_digit (self.a->peer, '7', 600);
  oh_peer_send_digit (self.a->peer, '8', 60);
  end_wait_digits (self.d, "78");
  end_wait_digits (self.b, "78");
  bridged_free (&self);
  oh_sink_unref (&tap->parent);
}

/* Wherever packets fall between the bridge's ticks, they soon wait for them no longer than they must. */
static void
test_wait (void)
{
  for (guint ms = 1; ms <= 20; ms++)
    {
      Bridged self;
      OhPeerStats stats;

      oh_transport_memory_set_wire (&(OhWire){ .delay_ms = ms });
      self = bridged_new ("opus");
      check_heard (&self);
      oh_worker_step (self.worker, 3 * G_USEC_PER_SEC);
      check_heard (&self);
      g_assert_false (oh_bridge_is_fast (self.bridge));
      g_assert_cmpint (oh_jitter_get_lead (self.b->peer->receive.jitter), <, 5000);
      g_assert_cmpint (oh_jitter_get_lead (self.c->peer->receive.jitter), <, 5000);
      oh_peer_get_stats (self.b->peer, &stats);
      g_assert_cmpuint (stats.lost_packets, ==, 0);
      bridged_free (&self);
    }
  oh_transport_memory_set_wire (NULL);
}

static char *
replace (const char *text, const char *old, const char *new)
{
  g_auto (GStrv) parts = g_strsplit (text, old, 2);

  g_assert_nonnull (parts[1]);
  return g_strjoinv (new, parts);
}

/* The telephone at a holds the call, or lets it go on, by an offer with @line in it; the answer says
 * @expected. */
static void
hold (Bridged *self, const char *old, const char *line, const char *expected)
{
  g_autofree char *offer = NULL;

  end_create_offer (self->a);
  offer = replace (self->a->sdp, old, line);
  end_create_answer (self->b, offer);
  g_assert_nonnull (strstr (self->b->sdp, expected));
  end_set_answer (self->a, self->b->sdp);
}

/* Nothing but RTCP goes to who holds a call, and nothing is taken that was not agreed; no silence ends
 * it, and afterwards sound flows again. */
static void
check_hold (Bridged *self, const char *old, const char *line, const char *expected, gboolean music)
{
  double a_heard, d_heard;
  OhPeerStats before, after;

  hold (self, old, line, expected);
  oh_worker_step (self->worker, 100 * 1000); /* what was on its way */
  oh_peer_get_stats (self->b->peer, &before);
  end_talk (self->a, self->d, 2000, &a_heard, &d_heard);
  oh_peer_send_digit (self->d->peer, '1', 0);
  oh_worker_step (self->worker, 40 * G_USEC_PER_SEC);
  oh_peer_get_stats (self->b->peer, &after);
  g_assert_cmpuint (after.sent_packets, ==, before.sent_packets);
  g_assert_cmpint (self->a->peer->rtcp.last_sr_at, >, oh_clock_now () - 10 * G_USEC_PER_SEC);
  g_assert_cmpfloat (a_heard, <, 0.5);
  g_assert_true (music ? d_heard > 0.9 : d_heard < 0.5);
  g_assert_cmpuint (self->a->n_digits, ==, 0);
  g_assert_false (self->a->ended || self->b->ended || self->d->ended);
  hold (self, "a=sendrecv", "a=sendrecv", "a=sendrecv");
  check_heard (self);
}

static void
test_hold (gconstpointer data)
{
  Bridged self = bridged_new (data);

  check_heard (&self);
  check_hold (&self, "a=sendrecv", "a=sendonly", "a=recvonly", TRUE);
  check_hold (&self, "a=sendrecv", "a=inactive", "a=inactive", FALSE);
  check_hold (&self, "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", "a=recvonly", TRUE);
  oh_peer_send_digit (self.d->peer, '2', 0);
  end_wait_digits (self.a, "2");
  bridged_free (&self);
}

/* Numbers are compared with the first one's only as long as that makes sense, and wrap: a call of
 * twelve minutes is past half of them, one of 24 has used them all. No packet gets lost by that. */
static void
test_long_call (void)
{
  Bridged self = bridged_new ("PCMU");
  g_autoptr (OhSource) speech = chirp_new (300, 1200);
  guint64 sent, received;

  oh_peer_set_source (self.a->peer, speech);
  oh_worker_step (self.worker, G_USEC_PER_SEC);
  /* As they are: what is published is some hundred ms old, each end's of another moment. */
  sent = self.a->peer->send.packets;
  received = self.d->peer->receive.reception.received;
  oh_worker_step (self.worker, 24 * 60 * G_USEC_PER_SEC);
  g_assert_true (oh_bridge_is_fast (self.bridge));
  g_assert_cmpuint (self.a->peer->send.packets - sent, >, 70000);
  g_assert_cmpuint (self.d->peer->receive.reception.received - received, ==,
                    self.a->peer->send.packets - sent);
  check_heard (&self);
  bridged_free (&self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/bridge/fast", "PCMU", test_bridge);
  g_test_add_data_func ("/bridge/transcoding", "opus", test_bridge);
  g_test_add_func ("/bridge/wait", test_wait);
  g_test_add_data_func ("/bridge/hold-fast", "PCMU", test_hold);
  g_test_add_data_func ("/bridge/hold-transcoding", "opus", test_hold);
  g_test_add_func ("/bridge/long-call", test_long_call);
  return g_test_run ();
}
