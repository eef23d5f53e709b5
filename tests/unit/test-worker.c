/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A media worker's loop: what it says of its lateness, and that it misses nothing of what comes fast. */
#include "base/oh-clock.h"
#include "media/net/oh-udp.h"
#include "media/oh-worker-private.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_US (30 * G_USEC_PER_SEC)
#define PACKETS 6000
#define PAUSE_US 100 /* between two */

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
test_packets (void)
{
  Ear ear = { .worker = oh_worker_new ("packets", OH_WORKER_PLAIN) };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  guint32 number = 0;

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
  g_usleep (300000);
  speak (fd, &ear, number++);
  wait_for (&ear.received, PACKETS + 51);
  oh_worker_post (ear.worker, close_ear, &ear);
  wait_for (&ear.closed, 1);
  close (fd);
  oh_worker_unref (ear.worker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker/lateness", test_lateness);
  g_test_add_func ("/worker/packets", test_packets);
  return g_test_run ();
}
