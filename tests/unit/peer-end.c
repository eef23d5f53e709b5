/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer-end.h"

#include "media/oh-peer-private.h"

#include <math.h>
#include <string.h>

#define PASS_US 10000
#define PATIENCE 4500 /* passes: 45 s */
#define PIECES 4
#define STEP 3
#define A_FROM 300
#define A_TO 1200
#define B_FROM 2400
#define B_TO 1400

typedef struct
{
  OhSource parent;
  double phase, from, to;
  gsize at, length;
} Chirp;

/* --- Sounds --- */

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

OhSource *
chirp_new (double from, double to)
{
  static const OhSourceClass klass = { .name = "chirp", .read = read_chirp };
  Chirp *chirp = g_new0 (Chirp, 1);

  oh_source_init (&chirp->parent, &klass, END_RATE);
  chirp->from = from;
  chirp->to = to;
  chirp->length = END_RATE;
  return &chirp->parent;
}

static void
write_heard (OhSink *sink, const gint16 *samples, gsize n)
{
  Heard *heard = (Heard *)sink;
  gsize taken = MIN (n, END_HEARD - heard->n);

  memcpy (heard->samples + heard->n, samples, taken * sizeof *samples);
  heard->n += taken;
}

Heard *
heard_new (void)
{
  static const OhSinkClass klass = { .name = "heard", .write = write_heard };
  Heard *heard = g_new0 (Heard, 1);

  oh_sink_init (&heard->parent, &klass, END_RATE);
  return heard;
}

/* The best correlation of @pattern with what was heard, over all delays: by each STEPth sample. Nine tenths
 * of a test's time under the thread sanitizer went here, where nothing is shared. */
__attribute__ ((no_sanitize ("thread"))) static double
find_piece (const Heard *heard, const gint16 *pattern, gsize n)
{
  gsize length = heard->n;
  g_autofree gint64 *energy = g_new0 (gint64, length + STEP); /* of all that lie STEPs before */
  double aa = 1, best = 0;

  for (gsize i = 0; i < length; i++)
    energy[i + STEP] = energy[i] + heard->samples[i] * heard->samples[i];
  for (gsize i = 0; i < n; i += STEP)
    aa += pattern[i] * pattern[i];
  for (gsize delay = 0; delay + n < length; delay++)
    {
      const gint16 *piece = heard->samples + delay;
      gint64 ab = 0, bb = 1 + energy[delay + (n + STEP - 1) / STEP * STEP] - energy[delay];

      for (gsize i = 0; i < n; i += STEP)
        ab += pattern[i] * piece[i];
      best = MAX (best, ab / sqrt (aa * bb));
    }
  return best;
}

double
heard_find_chirp (const Heard *heard, double from, double to)
{
  g_autofree gint16 *pattern = g_new (gint16, END_RATE);
  g_autoptr (OhSource) source = chirp_new (from, to);
  double sum = 0;

  read_chirp (source, pattern, END_RATE);
  for (guint i = 0; i < PIECES; i++)
    sum += find_piece (heard, pattern + i * END_RATE / PIECES, END_RATE / PIECES);
  return sum / PIECES;
}

/* --- Events --- */

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
on_first_packet (OhPeer *peer, gpointer user_data)
{
  ((End *)user_data)->packet = TRUE;
}

static void
on_first_sound (OhPeer *peer, gpointer user_data)
{
  ((End *)user_data)->sound = TRUE;
}

static void
on_ended (OhPeer *peer, OhPeerEnd reason, const GError *error, gpointer user_data)
{
  g_test_message ("ended %d: %s", reason, error ? error->message : "");
  ((End *)user_data)->reason = reason;
  ((End *)user_data)->ended = TRUE;
}

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

/* --- Ends --- */

OhWorker *
end_worker_new (void)
{
  const char *seed = g_getenv ("OFFHOOK_TEST_SEED");

  g_random_set_seed (seed ? (guint32)g_ascii_strtoull (seed, NULL, 10) : 1);
  return oh_worker_new ("test", OH_WORKER_STEPPED);
}

End *
end_new (OhWorker *worker, gboolean stepped, const OhPeerConfig *config)
{
  static const OhPeerEvents events = { .ready = on_ready,
                                       .digit = on_digit,
                                       .first_packet = on_first_packet,
                                       .first_sound = on_first_sound,
                                       .ended = on_ended };
  End *end = g_new0 (End, 1);
  OhPeerConfig full = *config;

  full.events = &events;
  full.user_data = end;
  end->stepped = stepped ? worker : NULL;
  end->peer = stepped ? oh_peer_new_with_transport (worker, &full, oh_transport_memory_new)
                      : oh_peer_new (worker, &full);
  return end;
}

void
end_free (End *end)
{
  oh_peer_close (end->peer);
  oh_peer_unref (end->peer);
  if (end->stepped)
    end_pass (end);
  g_free (end->sdp);
  g_clear_error (&end->error);
  g_free (end);
}

void
end_pass (End *end)
{
  if (end->stepped)
    oh_worker_step (end->stepped, PASS_US);
  else
    g_usleep (PASS_US);
}

/* Waits until the peer @did it. */
static void
wait_for (End *end, _Atomic gboolean *flag, const char *did)
{
  for (guint i = 0; i < PATIENCE && !*flag; i++)
    end_pass (end);
  if (!*flag)
    g_error ("%s: waited in vain until the peer %s%s; its SDP is\n%s", g_test_get_path (), did,
             end->ended ? " (it has ended)" : "", end->sdp ? end->sdp : "none");
}

static void
wait_sdp (End *end)
{
  wait_for (end, &end->told, "tells its SDP");
  end->told = FALSE;
  g_assert_no_error (end->error);
  g_assert_nonnull (end->sdp);
}

void
end_create_offer (End *end)
{
  oh_peer_create_offer (end->peer, on_sdp, end);
  wait_sdp (end);
}

void
end_fail_offer (End *end)
{
  oh_peer_create_offer (end->peer, on_sdp, end);
  wait_for (end, &end->ended, "ends");
  wait_for (end, &end->told, "tells that there is no SDP");
  g_assert_nonnull (end->error);
  g_assert_null (end->sdp);
}

void
end_create_answer (End *end, const char *offer)
{
  oh_peer_create_answer (end->peer, offer, on_sdp, end);
  wait_sdp (end);
}

void
end_set_answer (End *end, const char *answer)
{
  oh_peer_set_answer (end->peer, answer, on_sdp, end);
  wait_sdp (end);
}

void
end_negotiate (End *a, End *b)
{
  end_create_offer (a);
  end_create_answer (b, a->sdp);
  end_set_answer (a, b->sdp);
}

void
end_connect (End *a, End *b)
{
  end_negotiate (a, b);
  wait_for (a, &a->ready, "is ready");
  wait_for (b, &b->ready, "is ready");
}

void
end_talk (End *a, End *b, guint ms, double *a_heard, double *b_heard)
{
  g_autoptr (OhSource) from_a = chirp_new (A_FROM, A_TO);
  g_autoptr (OhSource) from_b = chirp_new (B_FROM, B_TO);
  Heard *at_a = heard_new (), *at_b = heard_new ();
  gsize wanted = END_RATE * ms / 1000;

  oh_peer_set_sink (a->peer, &at_a->parent);
  oh_peer_set_sink (b->peer, &at_b->parent);
  oh_peer_set_source (a->peer, from_a);
  oh_peer_set_source (b->peer, from_b);
  for (guint i = 0; i < PATIENCE && (at_a->n < wanted || at_b->n < wanted); i++)
    end_pass (a);
  oh_peer_set_source (a->peer, NULL);
  oh_peer_set_source (b->peer, NULL);
  oh_peer_set_sink (a->peer, NULL);
  oh_peer_set_sink (b->peer, NULL);
  *a_heard = heard_find_chirp (at_a, B_FROM, B_TO);
  *b_heard = heard_find_chirp (at_b, A_FROM, A_TO);
  g_test_message ("a heard %.3f, b heard %.3f", *a_heard, *b_heard);
  oh_sink_unref (&at_a->parent);
  oh_sink_unref (&at_b->parent);
}

void
end_wait_digits (End *end, const char *digits)
{
  for (guint i = 0; i < PATIENCE && end->n_digits < strlen (digits); i++)
    end_pass (end);
  g_assert_cmpstr (end->digits, ==, digits);
}
