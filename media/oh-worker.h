/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-executor.h"

G_BEGIN_DECLS

/* A media thread. It owns the sockets, timers and sound of all peers made on it; other threads talk
 * to it by posting. The call server has one a core (epoll, no GMainContext); the client has one, as
 * its "engine", which also runs a GMainContext for libnice. */
typedef struct _OhWorker OhWorker;

typedef enum
{
  OH_WORKER_PLAIN,  /* epoll loop, by ticks of 1 ms with many peers: UDP and ICE-lite */
  OH_WORKER_GLIB,   /* a GMainLoop with the same epoll set as one source: full ICE too */
  OH_WORKER_STEPPED /* for tests: no thread and no clock of its own, see oh_worker_step() */
} OhWorkerKind;

OhWorker *oh_worker_new (const char *name, OhWorkerKind kind);
OhWorker *oh_worker_ref (OhWorker *worker);

/* The last reference ends the thread: every peer must have been closed before. */
void oh_worker_unref (OhWorker *worker);

/* Queues @task for the worker's thread and wakes it at once (eventfd), ticks or not. From any thread. */
void oh_worker_post (OhWorker *worker, OhTask task, gpointer data);

/* Runs @task (@data) on @executor after everything that @worker was asked to do and had to tell
 * before this call: what it might still touch can go then. From any thread. */
void oh_worker_fence (OhWorker *worker, const OhExecutor *executor, OhTask task, gpointer data);
OhExecutor oh_worker_get_executor (OhWorker *worker);

/* OH_WORKER_STEPPED: this thread is the worker's; runs what is due in the next @us of a clock that
 * oh_clock_now() tells and that moves here alone, so that the same happens each time, as fast as the
 * processor can. One such worker at a time; of descriptors only those in its GMainContext are looked
 * at, so peers need the in-memory wire. */
void oh_worker_step (OhWorker *worker, gint64 us);

/* The engine's context; NULL for OH_WORKER_PLAIN. Borrowed. */
GMainContext *oh_worker_get_context (OhWorker *worker);

gboolean oh_worker_is_current (OhWorker *worker);

/* Peers alive on it, to spread calls over several workers. From any thread. */
guint oh_worker_get_load (OhWorker *worker);

/* How late the latest of its timers (ticks of sound) came since the last question, us; 0 also where
 * there are none. From any thread. */
gint64 oh_worker_take_lateness (OhWorker *worker);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhWorker, oh_worker_unref)

G_END_DECLS
