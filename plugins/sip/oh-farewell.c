/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-farewell.h"

#define SHUT_DOWN_MS 2000

static GMutex lock;
static GCond ended;
static guint running; /* under lock */

static gpointer
say_goodbye (gpointer data)
{
  oh_sip_shut_down (data, SHUT_DOWN_MS);
  oh_sip_free (data);
  g_mutex_lock (&lock);
  running--;
  g_cond_broadcast (&ended);
  g_mutex_unlock (&lock);
  return NULL;
}

void
oh_farewell_begin (OhSip *sip)
{
  g_mutex_lock (&lock);
  running++;
  g_mutex_unlock (&lock);
  g_thread_unref (g_thread_new ("sign-out", say_goodbye, sip));
}

void
oh_farewell_wait (void)
{
  g_mutex_lock (&lock);
  while (running > 0)
    g_cond_wait (&ended, &lock);
  g_mutex_unlock (&lock);
}
