/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-worker-private.h"

G_BEGIN_DECLS

/* A binary heap of the timers of one worker, the next one on top. One thread. */
typedef struct
{
  OhTimer **timers; /* from 1 */
  guint n, capacity;
} OhTimerHeap;

void oh_timer_heap_clear (OhTimerHeap *heap);
void oh_timer_heap_set (OhTimerHeap *heap, OhTimer *timer, gint64 due);
void oh_timer_heap_remove (OhTimerHeap *heap, OhTimer *timer);

/* The next timer, or NULL. */
OhTimer *oh_timer_heap_peek (const OhTimerHeap *heap);

G_END_DECLS
