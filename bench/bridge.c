/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/oh-figure.h"
#include "media/bridge/oh-bridge.h"
#include "media/crypto/oh-dtls-context.h"

#include <string.h>
#include <time.h>

/* What a bridged call costs the media worker of a call server, as CPU time of that thread alone: a
 * telephone (PCMU, plain RTP) joined with a desktop program (ICE, DTLS-SRTP) or with another telephone.
 * Both ends live on other threads of this process and speak all the time. Prints one JSON object a
 * figure.
 *
 *   telephone -> plain [ bridge on the measured worker ] ICE-lite, DTLS <- program
 *   telephone -> plain [ bridge on the measured worker ] plain <- telephone
 */

#define MAX_CALLS 200
#define MEASURE_US (3 * G_USEC_PER_SEC)
#define PACKETS_PER_SECOND 100 /* of one call, both directions */
#define SETTLE_US (700 * 1000)
#define PATIENCE_US (10 * G_USEC_PER_SEC)
#define SPEECH_RATE 8000

typedef struct
{
  OhPeer *peer;
  char *sdp;
  _Atomic gboolean told, ready;
} End;

typedef struct
{
  End telephone, trunk, leg, far;
  OhBridge *bridge;
} Call;

/* One that DTLS-SRTP can agree on. */
typedef struct
{
  const char *name; /* as OhPeerStats tells it */
  const char *offered;
} Cipher;

typedef struct
{
  const char *name;
  guint calls;
  const char *codecs;   /* of the far end's leg */
  const Cipher *cipher; /* of a program; NULL: the far end is a telephone too */
  gboolean fast;
  double asterisk; /* % of a core per call that it takes */
  double part;     /* of that: the goal */
} Case;

typedef struct
{
  OhWorker *measured, *telephones, *far_ends;
  OhSource *speech[2 * MAX_CALLS];
  Call calls[MAX_CALLS];
} Bench;

/* --- Ends --- */

static gsize
read_noise (OhSource *source, gint16 *samples, gsize n)
{
  guint *seed = (guint *)(source + 1);

  for (gsize i = 0; i < n; i++)
    {
      *seed = *seed * 1664525u + 1013904223u;
      samples[i] = (gint16)(*seed >> 19);
    }
  return n;
}

static OhSource *
noise_new (guint seed)
{
  static const OhSourceClass klass = { .name = "noise", .read = read_noise };
  OhSource *source = g_malloc0 (sizeof *source + sizeof seed);

  oh_source_init (source, &klass, SPEECH_RATE);
  memcpy (source + 1, &seed, sizeof seed);
  return source;
}

static void
on_ready (OhPeer *peer, gpointer user_data)
{
  ((End *)user_data)->ready = TRUE;
}

static void
on_sdp (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  End *end = user_data;

  if (error)
    g_error ("%s", error->message);
  g_free (end->sdp);
  end->sdp = g_strdup (sdp);
  end->told = TRUE;
}

static void
wait_for (_Atomic gboolean *flag, const char *what)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE_US;

  while (!*flag && g_get_monotonic_time () < deadline)
    g_usleep (200);
  if (!*flag)
    g_error ("%s took too long", what);
  *flag = FALSE;
}

static void
open_end (End *end, OhWorker *worker, OhPeerNet net, const char *codecs)
{
  static const OhPeerEvents events = { .ready = on_ready };
  const OhPeerConfig config = { .net = net,
                                .crypto = net == OH_PEER_NET_PLAIN ? OH_PEER_CRYPTO_NONE
                                                                   : OH_PEER_CRYPTO_DTLS,
                                .address = "127.0.0.1",
                                .codecs = codecs,
                                .loopback = TRUE,
                                .events = &events,
                                .user_data = end };

  end->peer = oh_peer_new (worker, &config);
}

static void
close_end (End *end)
{
  oh_peer_close (end->peer);
  oh_peer_unref (end->peer);
  g_free (end->sdp);
  *end = (End){ 0 };
}

static void
connect_ends (End *a, End *b)
{
  oh_peer_create_offer (a->peer, on_sdp, a);
  wait_for (&a->told, "an offer");
  oh_peer_create_answer (b->peer, a->sdp, on_sdp, b);
  wait_for (&b->told, "an answer");
  oh_peer_set_answer (a->peer, b->sdp, on_sdp, a);
  wait_for (&a->told, "an answer's taking");
}

/* --- Figures --- */

typedef struct
{
  double seconds;
  _Atomic gboolean told;
} Cpu;

static void
read_cpu (gpointer data)
{
  Cpu *cpu = data;
  struct timespec used;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &used);
  cpu->seconds = used.tv_sec + used.tv_nsec * 1e-9;
  cpu->told = TRUE;
}

static double
get_cpu (OhWorker *worker)
{
  Cpu cpu = { 0 };

  oh_worker_post (worker, read_cpu, &cpu);
  wait_for (&cpu.told, "the worker");
  return cpu.seconds;
}

typedef struct
{
  guint64 sent, taken; /* by the measured worker */
  double missed;       /* share that the numbers of the packets show as lost, at the ends told of */
} Count;

static void
add_end (Count *count, const End *end, gboolean ours, gboolean judge)
{
  OhPeerStats stats;

  oh_peer_get_stats (end->peer, &stats);
  count->sent += ours ? stats.sent_packets : 0;
  count->taken += ours ? stats.received_packets : 0;
  count->missed += judge ? stats.loss : 0;
}

/* Loss is read from the packets' numbers and not from a balance of counters: what a far end, which
 * shares the processors, has not read yet is not lost. A relayed packet keeps its place in the row, so
 * the far ends see every loss; otherwise the row begins anew on the worker: both halves count, and
 * what the worker took without sending as much. */
static Count
count_packets (Bench *bench, const Case *c)
{
  Count count = { 0 };

  for (guint i = 0; i < c->calls; i++)
    {
      Call *call = &bench->calls[i];

      add_end (&count, &call->trunk, TRUE, !c->fast);
      add_end (&count, &call->leg, TRUE, !c->fast);
      add_end (&count, &call->telephone, FALSE, TRUE);
      add_end (&count, &call->far, FALSE, TRUE);
    }
  count.missed /= 2 * c->calls;
  return count;
}

static void
print (const Case *c, const char *what, OhFigure figure)
{
  g_autofree char *name = g_strdup_printf ("bridge: %s, %u calls, %s", c->name, c->calls, what);

  figure.name = name;
  figure.limit = "max";
  oh_figure_print (&figure);
}

static void
check_call (const Case *c, const Call *call)
{
  OhPeerStats stats;

  oh_peer_get_stats (call->leg.peer, &stats);
  if (oh_bridge_is_fast (call->bridge) != c->fast)
    g_error ("%s: a call takes the wrong path", c->name);
  if (strcmp (stats.cipher, c->cipher ? c->cipher->name : "") != 0)
    g_error ("%s: a call has the cipher \"%s\"", c->name, stats.cipher);
}

/* A busy machine makes the far ends send less than they should; so the cost is that of a packet times
 * the packets of a call. */
static void
measure (Bench *bench, const Case *c)
{
  Count before, after;
  double cpu, missed;

  g_usleep (SETTLE_US);
  before = count_packets (bench, c);
  cpu = get_cpu (bench->measured);
  g_usleep (MEASURE_US);
  cpu = get_cpu (bench->measured) - cpu;
  after = count_packets (bench, c);
  for (guint i = 0; i < c->calls; i++)
    check_call (c, &bench->calls[i]);
  if (after.sent == before.sent)
    g_error ("nothing came through");
  print (c, "CPU of the media worker",
         (OhFigure){ .value = 100 * cpu / (after.sent - before.sent) * PACKETS_PER_SECOND,
                     .unit = "% of a core per call",
                     .goal = c->asterisk * c->part,
                     .peer = "Asterisk elsewhere",
                     .peer_value = c->asterisk });
  missed = after.missed;
  if (!c->fast)
    missed += MAX (0, 1 - (after.sent - before.sent) / (double)(after.taken - before.taken));
  print (c, "packets lost between the far ends",
         (OhFigure){ .value = 100 * missed, .unit = "%", .goal = 3 });
}

static void
open_call (Bench *bench, const Case *c, guint i)
{
  Call *call = &bench->calls[i];

  open_end (&call->telephone, bench->telephones, OH_PEER_NET_PLAIN, "PCMU");
  open_end (&call->trunk, bench->measured, OH_PEER_NET_PLAIN, "PCMU");
  open_end (&call->leg, bench->measured, c->cipher ? OH_PEER_NET_ICE_LITE : OH_PEER_NET_PLAIN,
            c->codecs);
  open_end (&call->far, bench->far_ends, c->cipher ? OH_PEER_NET_ICE : OH_PEER_NET_PLAIN,
            c->codecs);
  connect_ends (&call->telephone, &call->trunk);
  connect_ends (&call->leg, &call->far);
  call->bridge = oh_bridge_new (call->trunk.peer, call->leg.peer);
  wait_for (&call->far.ready, "the path to the far end");
  bench->speech[2 * i] = noise_new (2 * i);
  bench->speech[2 * i + 1] = noise_new (2 * i + 1);
  oh_peer_set_source (call->telephone.peer, bench->speech[2 * i]);
  oh_peer_set_source (call->far.peer, bench->speech[2 * i + 1]);
}

static void
close_call (Bench *bench, guint i)
{
  Call *call = &bench->calls[i];

  oh_bridge_close (call->bridge);
  close_end (&call->telephone);
  close_end (&call->trunk);
  close_end (&call->leg);
  close_end (&call->far);
  oh_source_unref (bench->speech[2 * i]);
  oh_source_unref (bench->speech[2 * i + 1]);
}

static void
run (const Case *c)
{
  g_autofree Bench *bench = g_new0 (Bench, 1);

  /* The process's own context, so of both ends; no peer is there yet. 0 is success here. */
  if (c->cipher && SSL_CTX_set_tlsext_use_srtp (oh_dtls_get_context (), c->cipher->offered) != 0)
    g_error ("OpenSSL without %s", c->cipher->offered);
  bench->measured = oh_worker_new ("bridge", OH_WORKER_PLAIN);
  bench->telephones = oh_worker_new ("telephones", OH_WORKER_PLAIN);
  bench->far_ends = oh_worker_new ("far ends", c->cipher ? OH_WORKER_GLIB : OH_WORKER_PLAIN);
  for (guint i = 0; i < c->calls; i++)
    open_call (bench, c, i);
  measure (bench, c);
  for (guint i = 0; i < c->calls; i++)
    close_call (bench, i);
  oh_worker_unref (bench->measured);
  oh_worker_unref (bench->telephones);
  oh_worker_unref (bench->far_ends);
}

int
main (int argc, char **argv)
{
  static const Cipher gcm = { "AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM" };
  static const Cipher cm = { "AES_CM_128_HMAC_SHA1_80", "SRTP_AES128_CM_SHA1_80" };
  /* Asterisk's are the middle of 0.22 to 0.28 and 0.62 to 0.82, of the process as a whole. */
  static const Case cases[] = {
    { "PCMU relayed, plain to plain", 200, "PCMU", NULL, TRUE, 0.25, 1 / 3.0 },
    { "PCMU relayed, plain to ICE and DTLS", 30, "PCMU", &gcm, TRUE, 0.72, 1 / 4.0 },
    { "PCMU relayed, plain to ICE and DTLS", 50, "PCMU", &gcm, TRUE, 0.72, 1 / 4.0 },
    { "PCMU relayed, plain to ICE and DTLS", 200, "PCMU", &gcm, TRUE, 0.72, 1 / 4.0 },
    { "PCMU relayed, plain to ICE and DTLS with AES-CM", 30, "PCMU", &cm, TRUE, 0.72, 1 / 3.0 },
    { "PCMU to Opus, plain to ICE and DTLS", 25, "opus", &gcm, FALSE, 1.4, 1 / 2.0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    run (&cases[i]);
  return 0;
}
