/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A ring of mono 16-bit samples between one writing and one reading thread: no lock, no allocation,
 * safe in a sound callback. What does not fit is dropped by the writer and counted. */
typedef struct _OhRing OhRing;

/* @capacity: samples, rounded up to a power of two. */
OhRing *oh_ring_new (gsize capacity);
void oh_ring_free (OhRing *ring);

/* Writer's thread. Returns the samples taken, fewer than @n when full. */
gsize oh_ring_write (OhRing *ring, const gint16 *samples, gsize n);

/* Reader's thread. Returns the samples given, fewer than @n when empty. */
gsize oh_ring_read (OhRing *ring, gint16 *samples, gsize n);

/* Reader's thread: forgets up to @n of the oldest samples; returns how many. */
gsize oh_ring_skip (OhRing *ring, gsize n);

/* Either thread: samples that wait to be read / that were dropped since creation. */
gsize oh_ring_get_fill (OhRing *ring);
guint64 oh_ring_get_dropped (OhRing *ring);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRing, oh_ring_free)

G_END_DECLS
