/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-sound.h"

G_BEGIN_DECLS

/* Writes received sound to an Ogg Opus file (RFC 7845) page by page, so that a crash costs at most
 * the last two seconds. It is a sink; files are written by a thread of its own, never by the
 * worker. */
typedef struct _OhRecorder OhRecorder;

typedef enum
{
  OH_RECORDER_STOPPED, /* oh_recorder_stop() */
  OH_RECORDER_LIMIT,   /* max_ms reached */
  OH_RECORDER_SILENCE, /* nobody spoke for silence_ms */
  OH_RECORDER_ERROR    /* disk full, ... */
} OhRecorderEnd;

typedef struct
{
  guint64 duration_ms; /* of what stands in the file */
  guint64 speech_ms;   /* of it, louder than silence */
} OhRecording;

typedef struct
{
  guint max_ms;        /* 0: no limit */
  guint silence_ms;    /* 0: silence never ends it */
  float silence_level; /* dBFS; 0: -45 */
  OhExecutor executor; /* where @ended runs */
  /* Told once, when the file is closed and synced to disk. */
  void (*ended) (OhRecorder *recorder,
                 OhRecorderEnd reason,
                 const OhRecording *recording,
                 const GError *error,
                 gpointer user_data);
  gpointer user_data;
} OhRecorderConfig;

/* Creates @path (must not exist). NULL and @error when it can't. */
OhRecorder *oh_recorder_new (const char *path, const OhRecorderConfig *config, GError **error);
OhSink *oh_recorder_get_sink (OhRecorder *recorder); /* borrowed */

/* Ends the file in order; `ended` follows. Take the sink off the peer as well. From any thread. */
void oh_recorder_stop (OhRecorder *recorder);
void oh_recorder_unref (OhRecorder *recorder);

/* After a crash: makes @path end at its last whole page and tells how long it is. Blocks on disk. */
gboolean oh_recording_repair (const char *path, OhRecording *recording, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRecorder, oh_recorder_unref)

G_END_DECLS
