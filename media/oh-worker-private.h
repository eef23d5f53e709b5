/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-worker.h"

G_BEGIN_DECLS

/* What lives on a worker's thread: descriptors and timers, embedded in their owners so that neither
 * a packet nor a tick allocates. All of it is for the worker's own thread only. */
typedef struct _OhWatch OhWatch;
typedef struct _OhTimer OhTimer;

struct _OhWatch
{
  int fd;
  void (*ready) (OhWatch *watch); /* level-triggered: readable, or an error to be read */
};

struct _OhTimer
{
  void (*expired) (OhTimer *timer); /* the timer is clear again when this runs */
  gint64 due;                       /* oh_clock_now() */
  guint place;                      /* in the heap, from 1; 0: clear */
};

gboolean oh_worker_watch (OhWorker *worker, OhWatch *watch);
void oh_worker_unwatch (OhWorker *worker, OhWatch *watch);

/* Sets or moves @timer. One heap and one timerfd a worker, whatever the number of peers. */
void oh_worker_set_timer (OhWorker *worker, OhTimer *timer, gint64 due);
void oh_worker_clear_timer (OhWorker *worker, OhTimer *timer);

/* @due rounded up to the worker's grid of 5 ms, so that the ticks of many calls share wake-ups. */
gint64 oh_worker_on_grid (gint64 due);

/* Counted in oh_worker_get_load(). */
void oh_worker_add_load (OhWorker *worker, int change);

/* For OhCodec.encoder_set_complexity(), by how busy the thread of OH_WORKER_PLAIN is; else the usual. */
guint oh_worker_get_complexity (OhWorker *worker);

/* The newest oh_clock_now(), read once a wake-up; refresh: by whoever was woken by the GMainContext
 * and not by a watch or a timer. */
gint64 oh_worker_get_now (OhWorker *worker);
void oh_worker_refresh_now (OhWorker *worker);

G_END_DECLS
