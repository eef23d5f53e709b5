/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/record/oh-recorder.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "base/oh-ring.h"
#include "media/record/oh-file-thread.h"
#include "media/record/oh-loudness.h"
#include "media/record/oh-opus-writer.h"

#include <stdatomic.h>

#define RING_MS 8000 /* a disk may be busy for so long and nothing is lost */
#define SYNC_US G_USEC_PER_SEC
#define FRAME OH_OPUS_WRITER_FRAME
#define FRAME_MS 20

/*   worker: sink write -> ring -> file thread: step() -> Opus -> pages -> disk
 *
 * The user and the sink's holders share one reference count; the file thread has one of its own
 * until the file is closed. */
struct _OhRecorder
{
  OhSink sink;
  OhRecorderConfig config;
  OhRing *ring;
  atomic_bool stopping; /* nothing more is taken */

  /* file thread */
  OhOpusWriter *writer;
  gint16 frame[FRAME];
  gsize fill;
  guint64 taken; /* samples */
  guint64 speech_ms;
  guint quiet_ms; /* since the last speech */
  gint64 synced;  /* oh_clock_now() */
};

typedef struct
{
  OhRecorder *recorder;
  OhRecorderEnd reason;
  OhRecording recording;
  GError *error;
} Ended;

static void
tell_ended (gpointer data)
{
  Ended *ended = data;
  OhRecorder *recorder = ended->recorder;

  recorder->config.ended (recorder, ended->reason, &ended->recording, ended->error,
                          recorder->config.user_data);
  g_clear_error (&ended->error);
  oh_recorder_unref (recorder);
  g_free (ended);
}

/* Closes the file, tells, and gives up the file thread's reference. */
static void
end (OhRecorder *recorder, OhRecorderEnd reason, GError *error)
{
  Ended *ended = g_new0 (Ended, 1);

  atomic_store (&recorder->stopping, TRUE);
  if (reason != OH_RECORDER_ERROR
      && !oh_opus_writer_finish (recorder->writer, recorder->frame, recorder->fill, &error))
    reason = OH_RECORDER_ERROR;
  ended->recorder = recorder;
  ended->reason = reason;
  ended->error = error;
  ended->recording.duration_ms = oh_opus_writer_get_duration (recorder->writer);
  ended->recording.speech_ms = MIN (recorder->speech_ms, ended->recording.duration_ms);
  g_clear_pointer (&recorder->writer, oh_opus_writer_free);

  if (recorder->config.ended && recorder->config.executor.post)
    {
      oh_executor_post (&recorder->config.executor, tell_ended, ended);
      return;
    }
  if (error)
    g_warning ("Recording ended: %s", error->message);
  g_clear_error (&ended->error);
  g_free (ended);
  oh_recorder_unref (recorder);
}

static void
listen (OhRecorder *recorder)
{
  float limit = recorder->config.silence_level;

  if (oh_loudness_of (recorder->frame, FRAME) > (limit < 0 ? limit : OH_LOUDNESS_SILENCE))
    {
      recorder->speech_ms += FRAME_MS;
      recorder->quiet_ms = 0;
    }
  else
    recorder->quiet_ms += FRAME_MS;
}

static gsize
samples_left (OhRecorder *recorder)
{
  guint64 most = (guint64)recorder->config.max_ms * OH_OPUS_WRITER_RATE / 1000;

  return most == 0 ? FRAME : most - MIN (most, recorder->taken);
}

/* Takes from the ring what makes one frame. Returns FALSE when the ring is empty, the recording is
 * full or the disk complains. */
static gboolean
take_frame (OhRecorder *recorder, GError **error)
{
  gsize want = MIN (FRAME - recorder->fill, samples_left (recorder));
  gsize n = oh_ring_read (recorder->ring, recorder->frame + recorder->fill, want);

  recorder->fill += n;
  recorder->taken += n;
  if (recorder->fill < FRAME)
    return FALSE;
  listen (recorder);
  recorder->fill = 0;
  return oh_opus_writer_write (recorder->writer, recorder->frame, error);
}

static gboolean
is_silent (OhRecorder *recorder)
{
  return recorder->config.silence_ms > 0 && recorder->quiet_ms >= recorder->config.silence_ms;
}

static gboolean
step (gpointer data)
{
  OhRecorder *recorder = data;
  gboolean stopping = atomic_load (&recorder->stopping); /* before the ring is emptied */
  GError *error = NULL;

  while (!is_silent (recorder) && take_frame (recorder, &error))
    ;
  if (!error && oh_clock_now () - recorder->synced >= SYNC_US)
    {
      oh_opus_writer_sync (recorder->writer, &error);
      recorder->synced = oh_clock_now ();
    }

  if (error)
    end (recorder, OH_RECORDER_ERROR, error);
  else if (samples_left (recorder) == 0)
    end (recorder, OH_RECORDER_LIMIT, NULL);
  else if (is_silent (recorder))
    end (recorder, OH_RECORDER_SILENCE, NULL);
  else if (stopping)
    end (recorder, OH_RECORDER_STOPPED, NULL);
  else
    return G_SOURCE_CONTINUE;
  return G_SOURCE_REMOVE;
}

static void
recorder_write (OhSink *sink, const gint16 *samples, gsize n)
{
  OhRecorder *recorder = (OhRecorder *)sink;

  if (!atomic_load_explicit (&recorder->stopping, memory_order_relaxed))
    oh_ring_write (recorder->ring, samples, n);
}

static void
recorder_finalize (OhSink *sink)
{
  OhRecorder *recorder = (OhRecorder *)sink;

  oh_ring_free (recorder->ring);
}

static const OhSinkClass recorder_class = {
  .name = "recorder",
  .write = recorder_write,
  .finalize = recorder_finalize,
};

OhRecorder *
oh_recorder_new (const char *path, const OhRecorderConfig *config, GError **error)
{
  OhRecorder *recorder;
  OhOpusWriter *writer;

  g_return_val_if_fail (path != NULL && config != NULL, NULL);

  writer = oh_opus_writer_new (path, error);
  if (!writer)
    return NULL;
  recorder = g_new0 (OhRecorder, 1);
  oh_sink_init (&recorder->sink, &recorder_class, OH_OPUS_WRITER_RATE);
  recorder->config = *config;
  recorder->writer = writer;
  recorder->ring = oh_ring_new (RING_MS * OH_OPUS_WRITER_RATE / 1000);
  recorder->synced = oh_clock_now ();
  oh_sink_ref (&recorder->sink);
  oh_file_thread_add (OH_FILE_THREAD_WRITE, step, recorder);
  return recorder;
}

OhSink *
oh_recorder_get_sink (OhRecorder *recorder)
{
  g_return_val_if_fail (recorder != NULL, NULL);

  return &recorder->sink;
}

void
oh_recorder_stop (OhRecorder *recorder)
{
  g_return_if_fail (recorder != NULL);

  atomic_store (&recorder->stopping, TRUE);
  oh_file_thread_kick (OH_FILE_THREAD_WRITE);
}

void
oh_recorder_unref (OhRecorder *recorder)
{
  if (recorder)
    oh_sink_unref (&recorder->sink);
}
