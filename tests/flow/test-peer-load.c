/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit/peer-end.h"

#include "media/bridge/oh-bridge.h"

#include <stdatomic.h>

/* Bridged calls on two workers, their far ends on two others, and meanwhile all that signalling, persons and
 * windows full of figures do to them, from threads of their own: for the thread sanitizer to see. Of the sound no
 * more is judged than that it goes on.
 *
 *   telephone -> trunk [ bridge ] leg -> program
 */

#define CALLS 4
#define LOAD_US (3 * G_USEC_PER_SEC)
#define ALIVE 20      /* packets that must come after it */
#define PATIENCE 3000 /* looks, 10 ms each: 30 s */
#define MAX_DIGITS 20 /* of each call: an End keeps no more than 32 */

typedef struct
{
  End *telephone, *trunk, *leg, *program;
  OhBridge *bridge;
  guint64 telephone_had, program_had; /* packets */
} Call;

typedef struct
{
  OhWorker *bridges[2], *telephones, *programs;
  Call calls[CALLS];
  _Atomic gboolean stop;
} Load;

static void
give_speech (End *end)
{
  g_autoptr (OhSource) speech = chirp_new (300, 1200);

  oh_peer_set_source (end->peer, speech);
}

static guint64
count_packets (End *end)
{
  OhPeerStats stats;

  oh_peer_get_stats (end->peer, &stats);
  return stats.received_packets;
}

static End *
open_end (OhWorker *worker, OhPeerNet net, const char *codecs)
{
  gboolean plain = net == OH_PEER_NET_PLAIN;

  return end_new (worker, FALSE,
                  &(OhPeerConfig){ .net = net,
                                   .crypto = plain ? OH_PEER_CRYPTO_SDES : OH_PEER_CRYPTO_DTLS,
                                   .address = "127.0.0.1",
                                   .codecs = codecs,
                                   .loopback = TRUE });
}

/* Every other call must be decoded. */
static void
open_call (Load *load, guint i)
{
  Call *call = &load->calls[i];
  const char *codecs = i % 2 ? "opus" : "PCMU";

  call->telephone = open_end (load->telephones, OH_PEER_NET_PLAIN, "PCMU");
  call->trunk = open_end (load->bridges[i / 2], OH_PEER_NET_PLAIN, "PCMU");
  call->leg = open_end (load->bridges[i / 2], OH_PEER_NET_ICE_LITE, codecs);
  call->program = open_end (load->programs, OH_PEER_NET_ICE, codecs);
  end_connect (call->telephone, call->trunk);
  end_connect (call->program, call->leg);
  call->bridge = oh_bridge_new (call->trunk->peer, call->leg->peer);
  give_speech (call->telephone);
  give_speech (call->program);
}

/* --- What goes on --- */

static gpointer
look_at_figures (gpointer data)
{
  Load *load = data;

  while (!load->stop)
    {
      for (guint i = 0; i < CALLS; i++)
        {
          count_packets (load->calls[i].telephone);
          count_packets (load->calls[i].trunk);
          count_packets (load->calls[i].leg);
          count_packets (load->calls[i].program);
        }
      oh_worker_take_lateness (load->bridges[0]);
      g_usleep (500);
    }
  return NULL;
}

/* Recorders come and go, which decides how packets pass. */
static void
record (Call *call, gboolean on)
{
  Heard *heard = on ? heard_new () : NULL;

  oh_peer_set_sink (call->leg->peer, on ? &heard->parent : NULL);
  if (on)
    oh_sink_unref (&heard->parent);
}

static gpointer
press_keys (gpointer data)
{
  static const OhQuality qualities[] = { OH_QUALITY_AUTOMATIC, OH_QUALITY_SAVE_DATA,
                                         OH_QUALITY_BEST };
  Load *load = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint n = 0; !load->stop; n++)
    {
      Call *call = &load->calls[n % CALLS];

      if (n % 50 < CALLS && n / 50 < MAX_DIGITS)
        oh_peer_send_digit (call->program->peer, '5', 40);
      oh_peer_set_quality (call->program->peer,
                           qualities[g_rand_int_range (rand, 0, G_N_ELEMENTS (qualities))]);
      record (call, g_rand_boolean (rand));
      if (g_rand_int_range (rand, 0, 8) == 0)
        give_speech (call->telephone);
      g_usleep (3000);
    }
  return NULL;
}

static gpointer
join_anew (gpointer data)
{
  Load *load = data;

  for (guint n = 0; !load->stop; n++)
    {
      Call *call = &load->calls[n % CALLS];

      oh_bridge_is_fast (call->bridge);
      oh_bridge_close (call->bridge);
      call->bridge = oh_bridge_new (call->trunk->peer, call->leg->peer);
      g_usleep (20000);
    }
  return NULL;
}

/* This thread's part: the programs' computers get other addresses. */
static void
move_programs (Load *load)
{
  gint64 until = g_get_monotonic_time () + LOAD_US;

  for (guint n = 0; n < CALLS || g_get_monotonic_time () < until; n++)
    {
      Call *call = &load->calls[n % CALLS];

      oh_peer_restart_ice (call->program->peer);
      end_negotiate (call->program, call->leg);
    }
}

/* --- The end --- */

static void
on_fence (gpointer data)
{
  atomic_store ((_Atomic gboolean *)data, TRUE);
}

static void
wait_for_worker (OhWorker *worker)
{
  OhExecutor executor = oh_worker_get_executor (worker);
  _Atomic gboolean done = FALSE;

  oh_worker_fence (worker, &executor, on_fence, &done);
  while (!done)
    g_usleep (1000);
}

static gpointer
close_telephones (gpointer data)
{
  Load *load = data;

  for (guint i = 0; i < CALLS; i++)
    {
      oh_peer_close (load->calls[i].telephone->peer);
      oh_peer_close (load->calls[i].trunk->peer);
    }
  return NULL;
}

/* Both sides at once, and whatever they have to tell is told before they are freed. */
static void
close_calls (Load *load)
{
  GThread *other = g_thread_new ("close", close_telephones, load);

  for (guint i = 0; i < CALLS; i++)
    {
      oh_peer_close (load->calls[i].leg->peer);
      oh_peer_close (load->calls[i].program->peer);
      oh_bridge_close (load->calls[i].bridge);
    }
  g_thread_join (other);
  wait_for_worker (load->bridges[0]);
  wait_for_worker (load->bridges[1]);
  wait_for_worker (load->telephones);
  wait_for_worker (load->programs);
  for (guint i = 0; i < CALLS; i++)
    {
      Call *call = &load->calls[i];

      end_free (call->telephone);
      end_free (call->trunk);
      end_free (call->leg);
      end_free (call->program);
    }
}

static void
note_packets (Load *load)
{
  for (guint i = 0; i < CALLS; i++)
    {
      load->calls[i].telephone_had = count_packets (load->calls[i].telephone);
      load->calls[i].program_had = count_packets (load->calls[i].program);
    }
}

static gboolean
goes_on (const Call *call)
{
  return count_packets (call->telephone) > call->telephone_had + ALIVE
         && count_packets (call->program) > call->program_had + ALIVE;
}

static void
wait_alive (const Call *call)
{
  for (guint i = 0; i < PATIENCE && !goes_on (call); i++)
    g_usleep (10000);
  g_assert_false (call->telephone->ended || call->trunk->ended || call->leg->ended
                  || call->program->ended);
  g_assert_true (goes_on (call));
}

static void
test_load (void)
{
  static const GThreadFunc others[] = { look_at_figures, press_keys, join_anew };
  GThread *threads[G_N_ELEMENTS (others)];
  g_autofree Load *load = g_new0 (Load, 1);

  load->bridges[0] = oh_worker_new ("bridge-0", OH_WORKER_PLAIN);
  load->bridges[1] = oh_worker_new ("bridge-1", OH_WORKER_PLAIN);
  load->telephones = oh_worker_new ("telephones", OH_WORKER_PLAIN);
  load->programs = oh_worker_new ("programs", OH_WORKER_GLIB);
  for (guint i = 0; i < CALLS; i++)
    open_call (load, i);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    threads[i] = g_thread_new ("load", others[i], load);
  move_programs (load);
  load->stop = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_thread_join (threads[i]);
  note_packets (load);
  for (guint i = 0; i < CALLS; i++)
    wait_alive (&load->calls[i]);
  close_calls (load);
  oh_worker_unref (load->bridges[0]);
  oh_worker_unref (load->bridges[1]);
  oh_worker_unref (load->telephones);
  oh_worker_unref (load->programs);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/load/bridges", test_load);
  return g_test_run ();
}
