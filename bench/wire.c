/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/oh-peer-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sound through a call over a wire that is bad for a while:
 *
 *   wire [--no-redundancy] [--fixed] [--short] SEED SAID HEARD SECONDS:LOSS:JITTER_MS[:KBIT_S]...
 *
 * SAID (16 bit, mono, 48 kHz, without a header) is said again and again by one peer, what comes out at
 * the other one is written to HEARD from the same moment on. The phases follow each other: LOSS is a
 * part of the packets, 0 to 1, in both directions, reports included; KBIT_S is most that the first one gets
 * through, with a queue of QUEUE_MS before it. What is sent follows that, but --fixed; --short lets packets
 * be of 10 ms. The clock is a stepped worker's, so
 * the same seed gives the same sound on each machine. Prints one JSON object a phase, as at its end. */

#define RATE 48000
#define STEP_US 10000
#define QUEUE_MS 400
#define WIRE_MS 13 /* no whole number of packets: reader and writer share one grid */

typedef struct
{
  OhSource parent;
  gint16 *samples;
  gsize n, at;
} Said;

typedef struct
{
  OhSink parent;
  FILE *file;
} Heard;

typedef struct
{
  OhWorker *worker;
  char *sdp;
  gboolean red;
} Bench;

static gsize
read_said (OhSource *source, gint16 *samples, gsize n)
{
  Said *said = (Said *)source;

  for (gsize i = 0; i < n; i++)
    samples[i] = said->samples[said->at++ % said->n];
  return n;
}

static void
write_heard (OhSink *sink, const gint16 *samples, gsize n)
{
  fwrite (samples, sizeof *samples, n, ((Heard *)sink)->file);
}

static OhSource *
open_said (const char *path)
{
  static const OhSourceClass klass = { .name = "said", .read = read_said };
  Said *said = g_new0 (Said, 1);
  g_autoptr (GError) error = NULL;
  gsize bytes;

  if (!g_file_get_contents (path, (char **)&said->samples, &bytes, &error) || bytes < 2)
    g_error ("%s", error ? error->message : "nothing to say");
  oh_source_init (&said->parent, &klass, RATE);
  said->n = bytes / sizeof *said->samples;
  return &said->parent;
}

static OhSink *
open_heard (const char *path)
{
  static const OhSinkClass klass = { .name = "heard", .write = write_heard };
  Heard *heard = g_new0 (Heard, 1);

  oh_sink_init (&heard->parent, &klass, RATE);
  heard->file = fopen (path, "wb");
  if (!heard->file)
    g_error ("%s can't be written", path);
  return &heard->parent;
}

static void
on_sdp (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  Bench *bench = user_data;
  char *red;

  if (error)
    g_error ("%s", error->message);
  bench->sdp = g_strdup (sdp);
  red = strstr (bench->sdp, " red/");
  if (red && !bench->red)
    red[1] = 'x';
}

static char *
wait_sdp (Bench *bench)
{
  while (!bench->sdp)
    oh_worker_step (bench->worker, STEP_US);
  return g_steal_pointer (&bench->sdp);
}

static void
connect_peers (Bench *bench, OhPeer *a, OhPeer *b)
{
  g_autofree char *offer = NULL, *answer = NULL, *done = NULL;

  oh_peer_create_offer (a, on_sdp, bench);
  offer = wait_sdp (bench);
  oh_peer_create_answer (b, offer, on_sdp, bench);
  answer = wait_sdp (bench);
  oh_peer_set_answer (a, answer, on_sdp, bench);
  done = wait_sdp (bench);
  oh_worker_step (bench->worker, G_USEC_PER_SEC);
}

static void
run_phase (Bench *bench, const char *phase, guint32 seed, OhPeer *from, OhPeer *to)
{
  g_auto (GStrv) parts = g_strsplit (phase, ":", 4);
  guint n = g_strv_length (parts);
  OhWire wire = { .delay_ms = WIRE_MS, .seed = seed };
  OhPeerStats before, sent, got;

  if (n < 3)
    g_error ("%s is no phase", phase);
  wire.loss = g_ascii_strtod (parts[1], NULL);
  wire.jitter_ms = atoi (parts[2]);
  wire.kbit_s = n > 3 ? atoi (parts[3]) : 0;
  wire.queue_ms = QUEUE_MS;
  wire.one_way = TRUE;
  oh_transport_memory_set_wire (&wire);
  oh_peer_get_stats (from, &before);
  for (gint64 us = atoi (parts[0]) * G_USEC_PER_SEC; us > 0; us -= STEP_US)
    oh_worker_step (bench->worker, STEP_US);
  oh_peer_get_stats (from, &sent);
  oh_peer_get_stats (to, &got);
  g_print ("{\"phase\": \"%s\", \"copies\": %u, \"ptime\": %u, \"bit_rate\": %u, \"kbit_s\": %d, "
           "\"lost\": %d, \"recovered\": %d}\n",
           phase, sent.copies, sent.ptime, sent.bit_rate,
           (int)((sent.sent_bytes - before.sent_bytes) * 8 / 1000 / MAX (atoi (parts[0]), 1)),
           (int)got.lost_packets, (int)got.recovered_packets);
}

int
main (int argc, char **argv)
{
  Bench bench = { .red = TRUE };
  OhPeerConfig config = { .codecs = "opus", .crypto = OH_PEER_CRYPTO_SDES };
  g_autoptr (OhSource) said = NULL;
  g_autoptr (OhSink) heard = NULL;
  OhPeer *from, *to;

  for (; argc > 1 && g_str_has_prefix (argv[1], "--"); argc--, argv++)
    if (strcmp (argv[1], "--no-redundancy") == 0)
      bench.red = FALSE;
    else if (strcmp (argv[1], "--fixed") == 0)
      config.quality = OH_QUALITY_BALANCED;
    else if (strcmp (argv[1], "--short") == 0)
      config.min_ptime = 10;
  if (argc < 5)
    g_error ("usage: wire [OPTION...] SEED SAID HEARD SECONDS:LOSS:JITTER_MS[:KBIT_S]...");
  oh_transport_memory_set_wire (&(OhWire){ .delay_ms = WIRE_MS });
  bench.worker = oh_worker_new ("wire", OH_WORKER_STEPPED);
  from = oh_peer_new_with_transport (bench.worker, &config, oh_transport_memory_new);
  to = oh_peer_new_with_transport (bench.worker, &config, oh_transport_memory_new);
  connect_peers (&bench, from, to);
  said = open_said (argv[2]);
  heard = open_heard (argv[3]);
  oh_peer_set_source (from, said);
  oh_peer_set_sink (to, heard);
  for (int i = 4; i < argc; i++)
    run_phase (&bench, argv[i], atoi (argv[1]), from, to);
  oh_peer_close (from);
  oh_peer_close (to);
  oh_peer_unref (from);
  oh_peer_unref (to);
  oh_worker_step (bench.worker, STEP_US);
  oh_worker_unref (bench.worker);
  fclose (((Heard *)heard)->file);
  return 0;
}
