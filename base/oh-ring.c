/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-ring.h"

#include <stdatomic.h>
#include <string.h>

/* `head` and `tail` only grow; their difference is the fill. Each side publishes its own with
 * release order and reads the other's with acquire order (Lamport 1983). */
struct _OhRing
{
  gsize mask;
  gint16 *samples;
  _Atomic guint64 dropped;
  _Alignas(64) _Atomic gsize head; /* written by the writer */
  _Alignas(64) _Atomic gsize tail; /* written by the reader */
};

OhRing *
oh_ring_new (gsize capacity)
{
  gsize size = 64;
  OhRing *ring;

  while (size < capacity)
    size *= 2;

  ring = g_aligned_alloc0 (1, sizeof *ring, 64);
  ring->mask = size - 1;
  ring->samples = g_new0 (gint16, size);
  return ring;
}

void
oh_ring_free (OhRing *ring)
{
  if (!ring)
    return;
  g_free (ring->samples);
  g_aligned_free (ring);
}

gsize
oh_ring_write (OhRing *ring, const gint16 *samples, gsize n)
{
  gsize head = atomic_load_explicit (&ring->head, memory_order_relaxed);
  gsize tail = atomic_load_explicit (&ring->tail, memory_order_acquire);
  gsize space = ring->mask + 1 - (head - tail);
  gsize taken = MIN (n, space);
  gsize at = head & ring->mask;
  gsize first = MIN (taken, ring->mask + 1 - at);

  memcpy (ring->samples + at, samples, first * sizeof *samples);
  memcpy (ring->samples, samples + first, (taken - first) * sizeof *samples);
  atomic_store_explicit (&ring->head, head + taken, memory_order_release);
  if (taken < n)
    atomic_fetch_add_explicit (&ring->dropped, n - taken, memory_order_relaxed);
  return taken;
}

gsize
oh_ring_read (OhRing *ring, gint16 *samples, gsize n)
{
  gsize tail = atomic_load_explicit (&ring->tail, memory_order_relaxed);
  gsize head = atomic_load_explicit (&ring->head, memory_order_acquire);
  gsize given = MIN (n, head - tail);
  gsize at = tail & ring->mask;
  gsize first = MIN (given, ring->mask + 1 - at);

  memcpy (samples, ring->samples + at, first * sizeof *samples);
  memcpy (samples + first, ring->samples, (given - first) * sizeof *samples);
  atomic_store_explicit (&ring->tail, tail + given, memory_order_release);
  return given;
}

gsize
oh_ring_skip (OhRing *ring, gsize n)
{
  gsize tail = atomic_load_explicit (&ring->tail, memory_order_relaxed);
  gsize head = atomic_load_explicit (&ring->head, memory_order_acquire);
  gsize skipped = MIN (n, head - tail);

  atomic_store_explicit (&ring->tail, tail + skipped, memory_order_release);
  return skipped;
}

gsize
oh_ring_get_fill (OhRing *ring)
{
  gsize tail = atomic_load_explicit (&ring->tail, memory_order_acquire);
  gsize head = atomic_load_explicit (&ring->head, memory_order_acquire);

  return head - tail;
}

guint64
oh_ring_get_dropped (OhRing *ring)
{
  return atomic_load_explicit (&ring->dropped, memory_order_relaxed);
}
