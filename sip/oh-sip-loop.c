/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <sofia-sip/su_log.h>
#include <sofia-sip/su_time.h>

#include <time.h>

/* sofia's clock hooks, exported by the library but declared in none of its headers. */
extern void (*_su_time) (su_time_t *tv);
extern uint64_t (*_su_nanotime) (uint64_t *);

extern su_log_t su_log_default[];

/* Whole milliseconds of monotonic time, put on the wall clock of the start: sofia's timers count
 * in whole milliseconds and would spin through the rest of each; and a step of the wall clock
 * would move every SIP timer. */
static guint64 wall_offset_ns;

static guint64
now_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return ((guint64)t.tv_sec * 1000 + (guint64)t.tv_nsec / 1000000) * 1000000 + wall_offset_ns;
}

static uint64_t
tell_nanotime (uint64_t *return_time)
{
  guint64 now = now_ns ();

  if (return_time)
    *return_time = now;
  return now;
}

/* SU_TIME_EPOCH: sofia counts seconds from 1900. */
static void
tell_time (su_time_t *tv)
{
  guint64 now = now_ns ();

  tv->tv_sec = (unsigned long)(now / 1000000000u + 2208988800u);
  tv->tv_usec = (unsigned long)(now % 1000000000u / 1000u);
}

void
oh_sip_loop_init (void)
{
  static gsize once;

  if (!g_once_init_enter (&once))
    return;
  wall_offset_ns = (guint64)(g_get_real_time () - g_get_monotonic_time ()) / 1000u * 1000000u;
  _su_time = tell_time;
  _su_nanotime = tell_nanotime;
  oh_sip_digest_client_register ();
  g_once_init_leave (&once, 1);
}

/* --- Tasks from other threads --- */

typedef struct
{
  OhTask task;
  gpointer data;
} Posted;

static void
run_posted (su_root_magic_t *magic, su_msg_r message, su_msg_arg_t *arg)
{
  Posted *posted = (Posted *)arg;

  posted->task (posted->data);
}

gboolean
oh_sip_is_stack_thread (OhSip *sip)
{
  return g_thread_self () == g_atomic_pointer_get (&sip->self);
}

static void
send_to_loop (OhSip *sip, OhTask task, gpointer data)
{
  su_msg_r message = SU_MSG_R_INIT;
  Posted *posted;

  if (su_msg_create (message, su_root_task (sip->root), su_root_task (sip->root), run_posted,
                     sizeof *posted)
      < 0)
    g_error ("out of memory");
  posted = (Posted *)su_msg_data (message);
  posted->task = task;
  posted->data = data;
  su_msg_send (message);
}

/* Called and left with the lock held, not held while a task runs. */
static void
drain_late (OhSip *sip)
{
  Posted *posted;

  sip->draining = TRUE;
  while ((posted = g_queue_pop_head (&sip->late)))
    {
      g_mutex_unlock (&sip->lock);
      posted->task (posted->data);
      g_free (posted);
      g_mutex_lock (&sip->lock);
    }
  sip->draining = FALSE;
}

/* Once the stack is gone everything has let go of sofia, and what is left is to free memory. */
static void
keep_for_later (OhSip *sip, OhTask task, gpointer data)
{
  Posted *posted = g_new (Posted, 1);

  *posted = (Posted){ task, data };
  g_queue_push_tail (&sip->late, posted);
  if (sip->gone && !sip->draining)
    drain_late (sip);
}

void
oh_sip_loop_end (OhSip *sip)
{
  g_atomic_pointer_set (&sip->self, NULL);
  g_mutex_lock (&sip->lock);
  drain_late (sip);
  sip->gone = TRUE;
  g_mutex_unlock (&sip->lock);
}

void
oh_sip_post (OhSip *sip, OhTask task, gpointer data)
{
  g_return_if_fail (sip);
  if (oh_sip_is_stack_thread (sip))
    {
      task (data);
      return;
    }
  oh_sip_ref (sip); /* the task may drop the last one */
  g_mutex_lock (&sip->lock);
  if (sip->stopped)
    keep_for_later (sip, task, data);
  else
    send_to_loop (sip, task, data);
  g_mutex_unlock (&sip->lock);
  oh_sip_unref (sip);
}

static void
post_to_stack (gpointer target, OhTask task, gpointer data)
{
  oh_sip_post (target, task, data);
}

OhExecutor
oh_sip_get_executor (OhSip *sip)
{
  return (OhExecutor){ .post = post_to_stack, .target = sip };
}

/* --- Timers --- */

typedef struct
{
  OhSip *sip;
  guint id;
  su_timer_t *timer;
  OhTask task;
  gpointer data;
  GDestroyNotify free_data; /* or NULL */
} Timer;

static void
free_timer (gpointer data)
{
  Timer *timer = data;

  su_timer_destroy (timer->timer);
  if (timer->free_data)
    timer->free_data (timer->data);
  g_free (timer);
}

static void
on_timer (su_root_magic_t *magic, su_timer_t *su_timer, su_timer_arg_t *arg)
{
  Timer *timer = (Timer *)arg;

  g_hash_table_steal (timer->sip->timers, GUINT_TO_POINTER (timer->id));
  timer->task (timer->data);
  free_timer (timer);
}

guint
oh_sip_add_timer (OhSip *sip, guint ms, OhTask task, gpointer data)
{
  return oh_sip_add_timer_full (sip, ms, task, data, NULL);
}

guint
oh_sip_add_timer_full (OhSip *sip, guint ms, OhTask task, gpointer data, GDestroyNotify free_data)
{
  Timer *timer = g_new0 (Timer, 1);

  g_return_val_if_fail (oh_sip_is_stack_thread (sip), 0);
  if (!sip->timers)
    sip->timers = g_hash_table_new_full (NULL, NULL, NULL, free_timer);
  do
    timer->id = ++sip->next_timer;
  while (timer->id == 0 || g_hash_table_contains (sip->timers, GUINT_TO_POINTER (timer->id)));
  timer->sip = sip;
  timer->task = task;
  timer->data = data;
  timer->free_data = free_data;
  timer->timer = su_timer_create (su_root_task (sip->root), MAX (ms, 1));
  g_hash_table_insert (sip->timers, GUINT_TO_POINTER (timer->id), timer);
  su_timer_set_interval (timer->timer, on_timer, (su_timer_arg_t *)timer, MAX (ms, 1));
  return timer->id;
}

void
oh_sip_cancel_timer (OhSip *sip, guint id)
{
  g_return_if_fail (oh_sip_is_stack_thread (sip));
  if (id && sip->timers)
    g_hash_table_remove (sip->timers, GUINT_TO_POINTER (id));
}

void
oh_sip_loop_clear_timers (OhSip *sip)
{
  g_clear_pointer (&sip->timers, g_hash_table_unref);
}
