/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/oh-worker.h"

#include "base/oh-clock.h"
#include "media/codec/oh-codec.h"
#include "media/oh-effort.h"
#include "media/oh-living.h"
#include "media/oh-timer-heap.h"
#include "media/oh-worker-private.h"

#include <glib-unix.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define GRID_US 5000
#define MAX_EVENTS 256 /* as many as a tick brings */
#define FORGOTTEN_US (10 * G_USEC_PER_SEC)
#define MANY_PEERS 200 /* 100 bridged calls: 10,000 packets a second */
#define TICK_US 1000   /* what a packet may wait for others, then */
#define SPAN_US (500 * 1000)
#define NICENESS -11 /* as sound servers have */

/* A task on its way to the thread. */
typedef struct _Message Message;
struct _Message
{
  Message *next;
  OhTask task;
  gpointer data;
};

/* One media thread with everything that its peers share. Made and given up by any thread; runs
 * tasks, descriptors and timers on its own.
 *
 *   post() -> queue -> eventfd --+
 *   sockets ---------------------+-> epoll -> [GMainContext of OH_WORKER_GLIB] -> handlers
 *   timer heap -> timerfd -------+
 *
 * With many peers OH_WORKER_PLAIN looks at sockets a tick after it last did, no sooner, so that one wake-up
 * serves several packets. The other two it heeds at once.
 */
struct _OhWorker
{
  gatomicrefcount refs;
  OhWorkerKind kind;
  char name[16];
  pthread_t thread;
  _Atomic guint load;
  _Atomic gint64 lateness; /* us, of the latest timer since somebody asked */
  _Atomic gboolean stopping;

  int epoll_fd;
  OhWatch wake;  /* eventfd */
  OhWatch alarm; /* timerfd */

  pthread_mutex_t lock; /* guards first, last */
  Message *first, *last;

  /* The worker's thread only. */
  OhTimerHeap timers;
  gint64 armed;     /* what the timerfd is set to; 0: nothing */
  gboolean turning; /* its end runs what is due and sets the timerfd */
  gint64 now;
  gint64 woken;    /* when the last turn began */
  gint64 measured; /* when the span ended that `complexity` goes by */
  gint64 busy_us;  /* since then */
  OhEffort effort;
  guint complexity;
  struct epoll_event events[MAX_EVENTS];
  int n_events;
  GMainContext *context;
  GMainLoop *loop;
};

static _Thread_local OhWorker *current;

/* Of OH_WORKER_STEPPED. */
static _Atomic gint64 stepped_now;

static gint64
get_stepped_now (void)
{
  return stepped_now;
}

/* --- Timers --- */

static void
arm (OhWorker *worker)
{
  OhTimer *next = oh_timer_heap_peek (&worker->timers);
  struct itimerspec spec = { 0 };
  gint64 wait;

  if (!next || worker->kind == OH_WORKER_STEPPED
      || (worker->armed != 0 && worker->armed <= next->due))
    return; /* an early alarm costs one wake-up, setting it again a system call */
  wait = MAX (1, next->due - oh_clock_now ());
  spec.it_value.tv_sec = wait / G_USEC_PER_SEC;
  spec.it_value.tv_nsec = wait % G_USEC_PER_SEC * 1000;
  timerfd_settime (worker->alarm.fd, 0, &spec, NULL);
  worker->armed = MAX (1, next->due);
}

/* Of those that are due the first one has waited longest; what is set for "at once" stands in a past
 * that never was. Whoever asks may do so in between, and misses one then: no harm. */
static void
note_lateness (OhWorker *worker)
{
  OhTimer *timer = oh_timer_heap_peek (&worker->timers);
  gint64 late = timer ? worker->now - timer->due : 0;

  if (late > worker->lateness && late < FORGOTTEN_US)
    worker->lateness = late;
}

static void
run_timers (OhWorker *worker)
{
  OhTimer *timer = oh_timer_heap_peek (&worker->timers);

  if (!timer)
    return;
  worker->now = oh_clock_now ();
  note_lateness (worker);
  while ((timer = oh_timer_heap_peek (&worker->timers)) && timer->due <= worker->now)
    {
      oh_timer_heap_remove (&worker->timers, timer);
      timer->expired (timer);
    }
}

static void
on_alarm (OhWatch *watch)
{
  OhWorker *worker = current;
  guint64 expirations;

  if (read (watch->fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN)
    g_warning ("timerfd: %s", g_strerror (errno));
  worker->armed = 0;
}

void
oh_worker_set_timer (OhWorker *worker, OhTimer *timer, gint64 due)
{
  g_return_if_fail (oh_worker_is_current (worker));

  oh_timer_heap_set (&worker->timers, timer, due);
  if (!worker->turning)
    arm (worker);
}

void
oh_worker_clear_timer (OhWorker *worker, OhTimer *timer)
{
  g_return_if_fail (oh_worker_is_current (worker));

  oh_timer_heap_remove (&worker->timers, timer);
}

gint64
oh_worker_on_grid (gint64 due)
{
  return (due + GRID_US - 1) / GRID_US * GRID_US;
}

gint64
oh_worker_get_now (OhWorker *worker)
{
  return worker->now;
}

void
oh_worker_refresh_now (OhWorker *worker)
{
  worker->now = oh_clock_now ();
}

/* --- Descriptors --- */

gboolean
oh_worker_watch (OhWorker *worker, OhWatch *watch)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

  if (epoll_ctl (worker->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
    return TRUE;
  g_warning ("epoll_ctl: %s", g_strerror (errno));
  return FALSE;
}

void
oh_worker_unwatch (OhWorker *worker, OhWatch *watch)
{
  g_return_if_fail (oh_worker_is_current (worker));

  epoll_ctl (worker->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  for (int i = 0; i < worker->n_events; i++)
    if (worker->events[i].data.ptr == watch)
      worker->events[i].data.ptr = NULL;
}

/* --- The loop --- */

static void
on_wake (OhWatch *watch)
{
  OhWorker *worker = current;
  guint64 count;
  Message *message;

  if (read (watch->fd, &count, sizeof count) < 0 && errno != EAGAIN)
    g_warning ("eventfd: %s", g_strerror (errno));

  pthread_mutex_lock (&worker->lock);
  message = worker->first;
  worker->first = worker->last = NULL;
  pthread_mutex_unlock (&worker->lock);

  while (message)
    {
      Message *next = message->next;

      message->task (message->data);
      g_free (message);
      message = next;
    }
}

/* What is set for "at once" while it runs has no need of the timerfd, nor of another turn. */
static void
turn (OhWorker *worker, int timeout)
{
  worker->n_events = epoll_wait (worker->epoll_fd, worker->events, MAX_EVENTS, timeout);
  worker->now = worker->woken = oh_clock_now ();
  worker->turning = TRUE;
  for (int i = 0; i < worker->n_events; i++)
    {
      OhWatch *watch = worker->events[i].data.ptr;

      if (watch)
        watch->ready (watch);
    }
  worker->n_events = 0;
  run_timers (worker);
  worker->turning = FALSE;
  arm (worker);
}

/* Until a tick after the last turn began; less, if somebody posts or a timer is due. It reads nothing: what
 * comes before, in it or after it leaves its descriptor readable until the next turn, which waits for no
 * tick. So nothing is missed, whatever comes when. */
static void
doze (OhWorker *worker)
{
  struct pollfd urgent[] = { { worker->wake.fd, POLLIN, 0 }, { worker->alarm.fd, POLLIN, 0 } };
  gint64 wait = worker->woken + TICK_US - oh_clock_now ();
  struct timespec tick = { .tv_nsec = wait * 1000 };

  if (wait > 0)
    ppoll (urgent, G_N_ELEMENTS (urgent), &tick, NULL);
}

/* Busy is who does not wait, though others may have the processor meanwhile. */
static void
measure (OhWorker *worker)
{
  gint64 now = oh_clock_now (), us = now - worker->measured;

  worker->busy_us += now - worker->woken;
  if (us < SPAN_US)
    return;
  worker->complexity = oh_effort_note (&worker->effort, us, (guint)(worker->busy_us * 100 / us));
  worker->measured = now;
  worker->busy_us = 0;
}

static void
run_plain (OhWorker *worker)
{
  while (!worker->stopping)
    {
      if (worker->load >= MANY_PEERS)
        doze (worker);
      turn (worker, -1);
      measure (worker);
    }
}

static gboolean
on_epoll_ready (int fd, GIOCondition condition, gpointer user_data)
{
  OhWorker *worker = user_data;

  turn (worker, 0);
  if (worker->stopping)
    g_main_loop_quit (worker->loop);
  return G_SOURCE_CONTINUE;
}

static void
run_glib (OhWorker *worker)
{
  g_autoptr (GSource) source = g_unix_fd_source_new (worker->epoll_fd, G_IO_IN);

  g_main_context_push_thread_default (worker->context);
  g_source_set_callback (source, G_SOURCE_FUNC (on_epoll_ready), worker, NULL);
  g_source_set_can_recurse (source, TRUE); /* else each turn wakes its own thread, twice */
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_attach (source, worker->context);
  g_main_loop_run (worker->loop);
  g_source_destroy (source);
  /* What others have queued for their own end (closing agents) gets its turn. */
  for (int i = 0; i < 100 && g_main_context_iteration (worker->context, FALSE); i++)
    ;
  g_main_context_pop_thread_default (worker->context);
}

void
oh_worker_step (OhWorker *worker, gint64 us)
{
  gint64 until = stepped_now + us;

  g_return_if_fail (worker->kind == OH_WORKER_STEPPED && oh_worker_is_current (worker));

  for (;;)
    {
      OhTimer *next;

      do
        on_wake (&worker->wake);
      while (g_main_context_iteration (worker->context, FALSE));
      next = oh_timer_heap_peek (&worker->timers);
      if (!next || next->due > until)
        break;
      stepped_now = MAX (stepped_now, next->due);
      run_timers (worker);
    }
  stepped_now = worker->now = until;
}

static void
destroy (OhWorker *worker)
{
  g_warn_if_fail (worker->load == 0);
  oh_timer_heap_clear (&worker->timers);
  close (worker->epoll_fd);
  close (worker->wake.fd);
  close (worker->alarm.fd);
  g_clear_pointer (&worker->loop, g_main_loop_unref);
  g_clear_pointer (&worker->context, g_main_context_unref);
  pthread_mutex_destroy (&worker->lock);
  g_free (worker);
  oh_living_end ();
}

static void *
run (void *data)
{
  OhWorker *worker = data;

  current = worker;
  pthread_setname_np (pthread_self (), worker->name);
  /* Sound is due at its moment, signalling can wait. Of this thread alone on Linux; without the right to
   * (CAP_SYS_NICE, RLIMIT_NICE) it stays as it is. */
  setpriority (PRIO_PROCESS, 0, NICENESS);
  if (worker->kind == OH_WORKER_GLIB)
    run_glib (worker);
  else
    run_plain (worker);
  on_wake (&worker->wake); /* tasks that came after the last turn */
  current = NULL;
  return NULL;
}

/* --- Public --- */

OhWorker *
oh_worker_new (const char *name, OhWorkerKind kind)
{
  OhWorker *worker = g_new0 (OhWorker, 1);

  g_atomic_ref_count_init (&worker->refs);
  worker->kind = kind;
  g_strlcpy (worker->name, name, sizeof worker->name);
  pthread_mutex_init (&worker->lock, NULL);
  worker->complexity = OH_CODEC_COMPLEXITY;
  worker->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  worker->wake = (OhWatch){ eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK), on_wake };
  worker->alarm = (OhWatch){ timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                             on_alarm };
  if (worker->epoll_fd < 0 || worker->wake.fd < 0 || worker->alarm.fd < 0)
    g_error ("media worker: %s", g_strerror (errno));
  oh_worker_watch (worker, &worker->wake);
  oh_worker_watch (worker, &worker->alarm);
  if (kind != OH_WORKER_PLAIN)
    worker->context = g_main_context_new ();
  if (kind == OH_WORKER_GLIB)
    worker->loop = g_main_loop_new (worker->context, FALSE);
  oh_living_begin ();
  if (kind == OH_WORKER_STEPPED)
    {
      current = worker;
      stepped_now = G_USEC_PER_SEC; /* 0 means never in many places */
      oh_clock_set_source (get_stepped_now);
    }
  else if (pthread_create (&worker->thread, NULL, run, worker) != 0)
    g_error ("media worker: no thread");
  return worker;
}

OhWorker *
oh_worker_ref (OhWorker *worker)
{
  g_atomic_ref_count_inc (&worker->refs);
  return worker;
}

static void
stop (gpointer data)
{
  OhWorker *worker = data;

  worker->stopping = TRUE;
}

static void *
reap (void *data)
{
  OhWorker *worker = data;

  pthread_join (worker->thread, NULL);
  destroy (worker);
  return NULL;
}

void
oh_worker_unref (OhWorker *worker)
{
  if (!worker || !g_atomic_ref_count_dec (&worker->refs))
    return;
  if (worker->kind == OH_WORKER_STEPPED)
    {
      current = NULL;
      oh_clock_set_source (NULL);
      destroy (worker);
      return;
    }
  oh_worker_post (worker, stop, worker);
  if (oh_worker_is_current (worker))
    {
      pthread_t reaper; /* a thread can't join itself */

      if (pthread_create (&reaper, NULL, reap, worker) == 0)
        pthread_detach (reaper);
    }
  else
    reap (worker);
}

void
oh_worker_post (OhWorker *worker, OhTask task, gpointer data)
{
  Message *message = g_new (Message, 1);
  guint64 one = 1;
  gboolean wake;

  *message = (Message){ NULL, task, data };
  pthread_mutex_lock (&worker->lock);
  wake = worker->first == NULL;
  if (worker->last)
    worker->last->next = message;
  else
    worker->first = message;
  worker->last = message;
  /* Under the lock: after it the thread may already have run the task that ends the worker. */
  if (wake && write (worker->wake.fd, &one, sizeof one) < 0)
    g_warning ("eventfd: %s", g_strerror (errno));
  pthread_mutex_unlock (&worker->lock);
}

typedef struct
{
  OhExecutor executor;
  OhTask task;
  gpointer data;
} Fence;

static void
pass_fence (gpointer data)
{
  Fence *fence = data;

  oh_executor_post (&fence->executor, fence->task, fence->data);
  g_free (fence);
}

void
oh_worker_fence (OhWorker *worker, const OhExecutor *executor, OhTask task, gpointer data)
{
  Fence *fence = g_new (Fence, 1);

  *fence = (Fence){ .executor = *executor, .task = task, .data = data };
  oh_worker_post (worker, pass_fence, fence);
}

static void
post_to_worker (gpointer target, OhTask task, gpointer data)
{
  oh_worker_post (target, task, data);
}

OhExecutor
oh_worker_get_executor (OhWorker *worker)
{
  return (OhExecutor){ post_to_worker, worker };
}

GMainContext *
oh_worker_get_context (OhWorker *worker)
{
  return worker->context;
}

gboolean
oh_worker_is_current (OhWorker *worker)
{
  return current == worker;
}

guint
oh_worker_get_load (OhWorker *worker)
{
  return worker->load;
}

guint
oh_worker_get_complexity (OhWorker *worker)
{
  return worker->complexity;
}

gint64
oh_worker_take_lateness (OhWorker *worker)
{
  return atomic_exchange (&worker->lateness, 0);
}

void
oh_worker_add_load (OhWorker *worker, int change)
{
  worker->load += change;
}
