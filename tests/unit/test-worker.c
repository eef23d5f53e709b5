/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A media worker's loop: what it says of its lateness, and that it misses nothing of what comes fast, nor
 * wakes for each packet where many come; that its encoders make less of a packet where it is full. */
#include "base/oh-clock.h"
#include "media/net/oh-udp.h"
#include "media/oh-peer-private.h"
#include "media/oh-worker-private.h"
#include "peer-end.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_US (30 * G_USEC_PER_SEC)
#define PACKETS 6000
#define PAUSE_US 200 /* between two */
#define MANY_PEERS 200
#define TICK_US 1000

typedef struct
{
  OhTimer timer;
  OhWorker *worker;
  gint64 due;
  gint expired; /* atomic */
} Alarm;

static void
on_expired (OhTimer *timer)
{
  g_atomic_int_set (&((Alarm *)timer)->expired, 1);
}

static void
set_alarm (gpointer data)
{
  Alarm *alarm = data;

  oh_worker_set_timer (alarm->worker, &alarm->timer, alarm->due);
}

static void
wait_for (gint *flag, gint value)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;

  while (g_atomic_int_get (flag) < value && g_get_monotonic_time () < end)
    g_usleep (1000);
  g_assert_cmpint (g_atomic_int_get (flag), >=, value);
}

static void
ring_at (OhWorker *worker, gint64 due)
{
  Alarm alarm = { .timer.expired = on_expired, .worker = worker, .due = due };

  oh_worker_post (worker, set_alarm, &alarm);
  wait_for (&alarm.expired, 1);
}

static void
test_lateness (void)
{
  OhWorker *worker = oh_worker_new ("late", OH_WORKER_PLAIN);

  g_assert_cmpint (oh_worker_take_lateness (worker), ==, 0);
  ring_at (worker, oh_clock_now () - 60000);
  g_assert_cmpint (oh_worker_take_lateness (worker), >=, 60000);
  g_assert_cmpint (oh_worker_take_lateness (worker), ==, 0);
  ring_at (worker, 1); /* which means at once */
  g_assert_cmpint (oh_worker_take_lateness (worker), ==, 0);
  oh_worker_unref (worker);
}

typedef struct
{
  OhUdp udp;
  OhWorker *worker;
  guint16 port;
  guint32 next;
  guint wakes; /* that brought packets */
  gint64 woken;
  gint opened, received, tasks, closed; /* atomic */
} Ear;

static void
on_received (OhUdp *udp, guint8 *data, gsize length, const OhAddress *from)
{
  Ear *ear = (Ear *)udp;
  guint32 number;

  g_assert_cmpuint (length, ==, sizeof number);
  memcpy (&number, data, sizeof number);
  g_assert_cmpuint (number, ==, ear->next++);
  ear->wakes += ear->woken != oh_worker_get_now (ear->worker);
  ear->woken = oh_worker_get_now (ear->worker);
  g_atomic_int_inc (&ear->received);
}

static void
open_ear (gpointer data)
{
  Ear *ear = data;
  g_autoptr (GError) error = NULL;

  ear->udp.worker = ear->worker;
  ear->udp.received = on_received;
  oh_udp_open (&ear->udp, "127.0.0.1", 0, &error);
  g_assert_no_error (error);
  ear->port = oh_udp_get_port (&ear->udp);
  g_atomic_int_set (&ear->opened, 1);
}

static void
close_ear (gpointer data)
{
  Ear *ear = data;

  oh_udp_close (&ear->udp);
  g_atomic_int_set (&ear->closed, 1);
}

static void
count_task (gpointer data)
{
  g_atomic_int_inc (&((Ear *)data)->tasks);
}

static void
speak (int fd, const Ear *ear, guint32 number)
{
  OhAddress to;

  oh_address_set (&to, "127.0.0.1", ear->port);
  g_assert_cmpint (sendto (fd, &number, sizeof number, 0, &to.any, oh_address_get_length (&to)), ==,
                   sizeof number);
}

/* Packets come fast, in a burst, and one alone after that; commands come between. */
static void
test_packets (gconstpointer data)
{
  Ear ear = { .worker = oh_worker_new ("packets", OH_WORKER_PLAIN) };
  int peers = GPOINTER_TO_INT (data), fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gint64 begin = g_get_monotonic_time ();
  guint32 number = 0, ticks;

  oh_worker_add_load (ear.worker, peers);
  oh_worker_post (ear.worker, open_ear, &ear);
  wait_for (&ear.opened, 1);
  while (number < PACKETS)
    {
      speak (fd, &ear, number++);
      if (number % 100 == 0)
        oh_worker_post (ear.worker, count_task, &ear);
      g_usleep (PAUSE_US);
    }
  for (guint i = 0; i < 50; i++)
    speak (fd, &ear, number++);
  wait_for (&ear.received, PACKETS + 50);
  wait_for (&ear.tasks, PACKETS / 100);
  ticks = (guint32)((g_get_monotonic_time () - begin) / TICK_US);
  g_usleep (300000);
  ring_at (ear.worker, 1);
  ring_at (ear.worker, oh_clock_now () + 3300);
  speak (fd, &ear, number++);
  wait_for (&ear.received, PACKETS + 51);
  oh_worker_post (ear.worker, close_ear, &ear);
  wait_for (&ear.closed, 1);
  g_test_message ("%u ticks, %u wakes", ticks, ear.wakes);
  if (peers >= MANY_PEERS) /* each task wakes it, too */
    g_assert_cmpuint (ear.wakes, <=, ticks + PACKETS / 100 + 3);
  oh_worker_add_load (ear.worker, -peers);
  close (fd);
  oh_worker_unref (ear.worker);
}

/* --- Load --- */

typedef struct
{
  OhWorker *worker;
  OhPeer *speaker; /* its worker keeps it until it is closed */
  gint complexity; /* of its encoder; atomic, as are the others */
  gint rests, rested;
} Toil;

/* Leaves the worker no moment in which to wait. */
static void
toil_on (gpointer data)
{
  Toil *toil = data;

  if (toil->speaker->send.encoder)
    g_atomic_int_set (&toil->complexity, (gint)toil->speaker->send.complexity);
  g_usleep (1000);
  if (g_atomic_int_get (&toil->rests))
    g_atomic_int_set (&toil->rested, 1);
  else
    oh_worker_post (toil->worker, toil_on, toil);
}

static void
test_load (void)
{
  const OhPeerConfig config = { .codecs = "opus", .address = "127.0.0.1" };
  g_autoptr (OhSource) chirp = chirp_new (300, 1200);
  Toil toil = { .worker = oh_worker_new ("load", OH_WORKER_PLAIN), .complexity = 11 };
  End *speaker = end_new (toil.worker, FALSE, &config);
  End *listener = end_new (toil.worker, FALSE, &config);
  gint64 end = g_get_monotonic_time () + WAIT_US;

  end_connect (speaker, listener);
  toil.speaker = speaker->peer;
  oh_peer_set_source (speaker->peer, chirp);
  oh_worker_post (toil.worker, toil_on, &toil);
  while (g_atomic_int_get (&toil.complexity) > 0 && g_get_monotonic_time () < end)
    g_usleep (10000);
  g_assert_cmpint (g_atomic_int_get (&toil.complexity), ==, 0);
  g_atomic_int_set (&toil.rests, 1);
  wait_for (&toil.rested, 1);
  end_free (speaker);
  end_free (listener);
  oh_worker_unref (toil.worker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker/lateness", test_lateness);
  g_test_add_data_func ("/worker/packets", GINT_TO_POINTER (0), test_packets);
  g_test_add_data_func ("/worker/packets-of-many", GINT_TO_POINTER (MANY_PEERS), test_packets);
  g_test_add_func ("/worker/load", test_load);
  return g_test_run ();
}
