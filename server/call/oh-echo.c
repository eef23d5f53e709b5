/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-echo.h"

#include "base/oh-ring.h"

#include <string.h>

#define ECHO_RATE 16000
#define ECHO_CAPACITY (ECHO_RATE * 4) /* samples; the delay is less */

/* Shared by the two parts, which may go in any order. */
typedef struct
{
  gatomicrefcount refs;
  OhRing *ring;
  gsize delay; /* samples that wait before the first one goes back */
  gboolean flowing;
} Line;

typedef struct
{
  OhSink sink;
  Line *line;
} EchoSink;

typedef struct
{
  OhSource source;
  Line *line;
} EchoSource;

static void
line_unref (Line *line)
{
  if (!g_atomic_ref_count_dec (&line->refs))
    return;
  oh_ring_free (line->ring);
  g_free (line);
}

static void
write_sink (OhSink *sink, const gint16 *samples, gsize n)
{
  oh_ring_write (((EchoSink *)sink)->line->ring, samples, n);
}

/* The delay is made by waiting for the first samples; a ring that ran dry fills up again. */
static gsize
read_source (OhSource *source, gint16 *samples, gsize n)
{
  Line *line = ((EchoSource *)source)->line;
  gsize fill = oh_ring_get_fill (line->ring);

  if (!line->flowing && fill < line->delay)
    {
      memset (samples, 0, n * sizeof *samples);
      return n;
    }
  line->flowing = fill >= n;
  if (fill > line->delay * 2 + n)
    oh_ring_skip (line->ring, fill - line->delay - n);
  return oh_ring_read (line->ring, samples, n);
}

static void
finalize_sink (OhSink *sink)
{
  line_unref (((EchoSink *)sink)->line);
}

static void
finalize_source (OhSource *source)
{
  line_unref (((EchoSource *)source)->line);
}

static const OhSinkClass sink_class = { .name = "echo",
                                        .write = write_sink,
                                        .finalize = finalize_sink };
static const OhSourceClass source_class = { .name = "echo",
                                            .read = read_source,
                                            .finalize = finalize_source };

void
oh_echo_new (guint delay_ms, OhSink **sink, OhSource **source)
{
  Line *line = g_new0 (Line, 1);
  EchoSink *in = g_new0 (EchoSink, 1);
  EchoSource *out = g_new0 (EchoSource, 1);

  g_atomic_ref_count_init (&line->refs);
  g_atomic_ref_count_inc (&line->refs);
  line->ring = oh_ring_new (ECHO_CAPACITY);
  line->delay = MIN ((gsize)delay_ms * ECHO_RATE / 1000, ECHO_CAPACITY / 4);
  in->line = line;
  out->line = line;
  oh_sink_init (&in->sink, &sink_class, ECHO_RATE);
  oh_source_init (&out->source, &source_class, ECHO_RATE);
  *sink = &in->sink;
  *source = &out->source;
}
