/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/oh-living.h"

#include <openssl/ssl.h>

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t living_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t living_fewer = PTHREAD_COND_INITIALIZER;
static guint living; /* under the lock, as is the next */
static gboolean at_exit;

static void
wait_for_living (void)
{
  struct timespec until;
  int error = 0;

  clock_gettime (CLOCK_REALTIME, &until);
  until.tv_sec += 1;
  pthread_mutex_lock (&living_lock);
  while (living > 0 && error == 0)
    error = pthread_cond_timedwait (&living_fewer, &living_lock, &until);
  pthread_mutex_unlock (&living_lock);
}

void
oh_living_begin (void)
{
  pthread_mutex_lock (&living_lock);
  if (!at_exit)
    {
      OPENSSL_init_ssl (0, NULL); /* its own end is to come after ours */
      at_exit = atexit (wait_for_living) == 0;
    }
  living++;
  pthread_mutex_unlock (&living_lock);
}

void
oh_living_end (void)
{
  pthread_mutex_lock (&living_lock);
  living--;
  pthread_cond_signal (&living_fewer);
  pthread_mutex_unlock (&living_lock);
}
