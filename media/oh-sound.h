/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-executor.h"

G_BEGIN_DECLS

/* The seam between what makes or takes sound (player, recorder, tone, bridge) and a peer: mono
 * 16-bit samples at a rate that the part fixes at its creation; the peer resamples where its codec
 * differs. Everything runs on the worker's thread that the peer belongs to, except creation. */
typedef struct _OhSource OhSource;
typedef struct _OhSink OhSink;

typedef struct
{
  const char *name;
  /* Fills up to @n samples and returns how many. Fewer: nothing more for now (silence follows).
   * Mandatory. */
  gsize (*read) (OhSource *source, gint16 *samples, gsize n);
  /* Frees what the part added. Optional. */
  void (*finalize) (OhSource *source);
} OhSourceClass;

/* First member of each kind of source. */
struct _OhSource
{
  const OhSourceClass *klass;
  gatomicrefcount refs;
  guint rate; /* Hz */
  /* Told once, by executor, when a source that has an end reached it. */
  OhExecutor ended_on;
  OhTask ended;
  gpointer ended_data;
};

OhSource *oh_source_ref (OhSource *source);
void oh_source_unref (OhSource *source);

/* @ended runs once on @executor when the last sample has been read (not when it is taken off).
 * Set before the source is given to a peer. @data is borrowed. */
void
oh_source_set_ended (OhSource *source, const OhExecutor *executor, OhTask ended, gpointer data);

typedef struct
{
  const char *name;
  /* Takes @n samples that were received; a gap arrives as concealment or zeroes. Mandatory. */
  void (*write) (OhSink *sink, const gint16 *samples, gsize n);
  void (*finalize) (OhSink *sink);
} OhSinkClass;

struct _OhSink
{
  const OhSinkClass *klass;
  gatomicrefcount refs;
  guint rate; /* Hz */
};

OhSink *oh_sink_ref (OhSink *sink);
void oh_sink_unref (OhSink *sink);

/* For the kinds: sets the first member up with one reference. */
void oh_source_init (OhSource *source, const OhSourceClass *klass, guint rate);
void oh_sink_init (OhSink *sink, const OhSinkClass *klass, guint rate);

/* For the kinds: tells `ended`, the first time only. */
void oh_source_end (OhSource *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSource, oh_source_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSink, oh_sink_unref)

G_END_DECLS
