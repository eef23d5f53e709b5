/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/oh-timer-heap.h"

static void
place (OhTimerHeap *heap, OhTimer *timer, guint at)
{
  heap->timers[at] = timer;
  timer->place = at;
}

static void
sift_up (OhTimerHeap *heap, OhTimer *timer, guint at)
{
  while (at > 1 && heap->timers[at / 2]->due > timer->due)
    {
      place (heap, heap->timers[at / 2], at);
      at /= 2;
    }
  place (heap, timer, at);
}

static void
sift_down (OhTimerHeap *heap, OhTimer *timer, guint at)
{
  while (2 * at <= heap->n)
    {
      guint child = 2 * at;

      if (child < heap->n && heap->timers[child + 1]->due < heap->timers[child]->due)
        child++;
      if (heap->timers[child]->due >= timer->due)
        break;
      place (heap, heap->timers[child], at);
      at = child;
    }
  place (heap, timer, at);
}

void
oh_timer_heap_clear (OhTimerHeap *heap)
{
  for (guint i = 1; i <= heap->n; i++)
    heap->timers[i]->place = 0;
  g_clear_pointer (&heap->timers, g_free);
  heap->n = heap->capacity = 0;
}

void
oh_timer_heap_remove (OhTimerHeap *heap, OhTimer *timer)
{
  guint at = timer->place;
  OhTimer *last;

  if (at == 0)
    return;
  timer->place = 0;
  last = heap->timers[heap->n--];
  if (last == timer)
    return;
  if (at > 1 && heap->timers[at / 2]->due > last->due)
    sift_up (heap, last, at);
  else
    sift_down (heap, last, at);
}

void
oh_timer_heap_set (OhTimerHeap *heap, OhTimer *timer, gint64 due)
{
  oh_timer_heap_remove (heap, timer);
  if (heap->n + 1 >= heap->capacity)
    {
      heap->capacity = MAX (64, heap->capacity * 2);
      heap->timers = g_renew (OhTimer *, heap->timers, heap->capacity);
    }
  timer->due = due;
  heap->n++;
  sift_up (heap, timer, heap->n);
}

OhTimer *
oh_timer_heap_peek (const OhTimerHeap *heap)
{
  return heap->n > 0 ? heap->timers[1] : NULL;
}
