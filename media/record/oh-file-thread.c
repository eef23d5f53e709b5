/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/record/oh-file-thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

typedef struct
{
  OhFileJob run;
  gpointer data;
} Job;

typedef struct
{
  const char *name;
  pthread_mutex_t lock;
  pthread_cond_t wake; /* waited for by CLOCK_REALTIME: a clock step delays one step at most */
  GArray *arrived;     /* Job; under the lock */
  gboolean started;    /* under the lock */
  atomic_bool kicked;
} Thread;

static Thread threads[] = {
  [OH_FILE_THREAD_WRITE] = { "oh-file-write", PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER },
  [OH_FILE_THREAD_READ] = { "oh-file-read", PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER },
};

static void
wait_for_step (Thread *thread, gboolean idle)
{
  struct timespec until;

  clock_gettime (CLOCK_REALTIME, &until);
  until.tv_nsec += OH_FILE_THREAD_STEP_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;

  while (thread->arrived->len == 0 && !atomic_load (&thread->kicked))
    if (idle)
      pthread_cond_wait (&thread->wake, &thread->lock);
    else if (pthread_cond_timedwait (&thread->wake, &thread->lock, &until) == ETIMEDOUT)
      return;
}

static void *
run_thread (void *data)
{
  Thread *thread = data;
  g_autoptr (GArray) jobs = g_array_new (FALSE, FALSE, sizeof (Job));

  pthread_setname_np (pthread_self (), thread->name);
  for (;;)
    {
      pthread_mutex_lock (&thread->lock);
      wait_for_step (thread, jobs->len == 0);
      g_array_append_vals (jobs, thread->arrived->data, thread->arrived->len);
      g_array_set_size (thread->arrived, 0);
      pthread_mutex_unlock (&thread->lock);
      atomic_store (&thread->kicked, FALSE);

      for (guint i = jobs->len; i-- > 0;)
        {
          Job *job = &g_array_index (jobs, Job, i);

          if (!job->run (job->data))
            g_array_remove_index_fast (jobs, i);
        }
    }
  return NULL;
}

static void
start (Thread *thread)
{
  pthread_t id;

  thread->arrived = g_array_new (FALSE, FALSE, sizeof (Job));
  thread->started = pthread_create (&id, NULL, run_thread, thread) == 0;
  if (thread->started)
    pthread_detach (id);
  else
    g_error ("Can't start the thread %s", thread->name);
}

void
oh_file_thread_add (OhFileThread which, OhFileJob run, gpointer data)
{
  Thread *thread = &threads[which];
  Job job = { run, data };

  pthread_mutex_lock (&thread->lock);
  if (!thread->started)
    start (thread);
  g_array_append_val (thread->arrived, job);
  pthread_cond_signal (&thread->wake);
  pthread_mutex_unlock (&thread->lock);
}

void
oh_file_thread_kick (OhFileThread which)
{
  atomic_store (&threads[which].kicked, TRUE);
  pthread_cond_signal (&threads[which].wake);
}
