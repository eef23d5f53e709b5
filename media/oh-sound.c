/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/oh-sound.h"

OhSource *
oh_source_ref (OhSource *source)
{
  g_return_val_if_fail (source != NULL, NULL);

  g_atomic_int_inc (&source->refs);
  return source;
}

void
oh_source_unref (OhSource *source)
{
  if (!source || !g_atomic_int_dec_and_test (&source->refs))
    return;
  if (source->klass->finalize)
    source->klass->finalize (source);
  g_free (source);
}

void
oh_source_set_ended (OhSource *source, const OhExecutor *executor, OhTask ended, gpointer data)
{
  g_return_if_fail (source != NULL);

  source->ended_on = executor ? *executor : (OhExecutor){ 0 };
  source->ended = ended;
  source->ended_data = data;
}

void
oh_source_init (OhSource *source, const OhSourceClass *klass, guint rate)
{
  g_return_if_fail (klass->read != NULL);

  source->klass = klass;
  source->rate = rate;
  g_atomic_int_set (&source->refs, 1);
}

void
oh_source_end (OhSource *source)
{
  OhTask ended = g_steal_pointer (&source->ended);

  if (ended && source->ended_on.post)
    oh_executor_post (&source->ended_on, ended, source->ended_data);
}

OhSink *
oh_sink_ref (OhSink *sink)
{
  g_return_val_if_fail (sink != NULL, NULL);

  g_atomic_int_inc (&sink->refs);
  return sink;
}

void
oh_sink_unref (OhSink *sink)
{
  if (!sink || !g_atomic_int_dec_and_test (&sink->refs))
    return;
  if (sink->klass->finalize)
    sink->klass->finalize (sink);
  g_free (sink);
}

void
oh_sink_init (OhSink *sink, const OhSinkClass *klass, guint rate)
{
  g_return_if_fail (klass->write != NULL);

  sink->klass = klass;
  sink->rate = rate;
  g_atomic_int_set (&sink->refs, 1);
}
