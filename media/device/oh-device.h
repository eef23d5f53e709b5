/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-ring.h"

#include <stdatomic.h>

G_BEGIN_DECLS

/* The seam between OhAudio and what makes sound on this computer: a const struct of functions for
 * each back end. Everything is mono at OH_DEVICE_RATE; a back end converts where its devices differ.
 *
 * A stream is one direction of one device. Its sound goes through a ring, and its callback, on a
 * thread of the back end, only moves samples, sets atomics and writes one eventfd:
 *
 *   capture:  device -> callback -> ring -> engine        playback: engine -> ring -> callback -> device */

#define OH_DEVICE_RATE 48000
#define OH_DEVICE_BLOCK (OH_DEVICE_RATE / 100) /* 10 ms, what the engine works in */
#define OH_DEVICE_RING (OH_DEVICE_RATE / 2)

typedef struct _OhDeviceClass OhDeviceClass;
typedef struct _OhDeviceBackend OhDeviceBackend;
typedef struct _OhDeviceStream OhDeviceStream;
typedef struct _OhDeviceWatch OhDeviceWatch;

typedef struct
{
  char *id;   /* stays the same while the device comes and goes: "pulse:alsa_input.usb..." */
  char *name; /* for people */
  gboolean capture;
  gboolean worn; /* a loudspeaker on or in the ears: no microphone hears it */
} OhDeviceInfo;

typedef enum
{
  OH_DEVICE_OPENING,
  OH_DEVICE_READY,
  OH_DEVICE_FAILED /* final; closed and opened anew by OhAudio */
} OhDeviceState;

/* All functions are mandatory, run on OhAudio's thread (main) and return at once; whoever needs to
 * wait does so on a thread of its own. */
struct _OhDeviceClass
{
  const char *name; /* prefix of ids and what oh_audio_new() takes */

  /* Begins to open; @arguments is what stands behind "name:", NULL: nothing. Never NULL: failing is
   * a state. The back end calls oh_device_backend_changed() whenever state or list change. */
  OhDeviceBackend *(*open) (const char *arguments, OhDeviceWatch *watch);
  /* Closes everything; all streams have been closed before. No news after this. */
  void (*close) (OhDeviceBackend *backend);

  /* @message: in English, what it complains of (FAILED); transfer full; may be NULL. */
  OhDeviceState (*get_state) (OhDeviceBackend *backend, char **message);
  /* The devices there are now: OhDeviceInfo, with a free function. Transfer full. */
  GPtrArray *(*list) (OhDeviceBackend *backend);

  /* Makes a stream that is not started yet: no sound moves and the desktop's microphone lamp stays
   * dark. @id NULL: the system's default, and follow it. Blocks are as short as the device can.
   * @wake: eventfd that the callback writes after each block. */
  OhDeviceStream *(*stream_open) (OhDeviceBackend *backend,
                                  const char *id,
                                  gboolean capture,
                                  int wake);
  /* Start or pause; may be called while the stream still opens, and takes effect then. */
  void (*stream_run) (OhDeviceStream *stream, gboolean run);
  /* Ends it and gives up the caller's reference. A callback that is on its way may still touch the
   * ring, which lives as long as any reference. */
  void (*stream_close) (OhDeviceStream *stream);
};

/* First member of each back end. */
struct _OhDeviceBackend
{
  const OhDeviceClass *klass;
  OhDeviceWatch *watch;
};

/* First member of each stream. The engine keeps a reference while it uses the ring. */
struct _OhDeviceStream
{
  const OhDeviceClass *klass;
  OhDeviceBackend *backend;
  gint refs;
  gboolean capture;
  char *id; /* as asked for; NULL: default */
  OhRing *ring;
  int wake;                /* eventfd, a duplicate of our own */
  _Atomic gint state;      /* OhDeviceState */
  _Atomic guint period;    /* samples that the device moves at once, as far as known */
  _Atomic guint latency;   /* samples: capture: age of the newest one in the ring; playback: from
                              the ring to the ear; 0: unknown */
  _Atomic gint64 moved_at; /* oh_clock_now() of the last block, 0: none yet */
  _Atomic gint worn;       /* playback: the device it is on is worn, as far as known */
  _Atomic guint underruns; /* playback: blocks that found the ring empty */
};

/* --- For OhAudio --- */

const OhDeviceClass *oh_device_class_find (const char *name);
extern const OhDeviceClass oh_device_pulse, oh_device_portaudio, oh_device_file, oh_device_fake;

/* Tells @changed (@owner) on the thread-default context of the caller, once for several changes in a
 * row; forgets @owner when it dies. */
OhDeviceWatch *oh_device_watch_new (gpointer owner, void (*changed) (gpointer owner));
OhDeviceWatch *oh_device_watch_ref (OhDeviceWatch *watch);
void oh_device_watch_unref (OhDeviceWatch *watch);

OhDeviceStream *oh_device_stream_ref (OhDeviceStream *stream);
void oh_device_stream_unref (OhDeviceStream *stream);

/* --- For back ends --- */

OhDeviceInfo *oh_device_info_new (const char *id, const char *name, gboolean capture);
void oh_device_info_free (OhDeviceInfo *info);
GPtrArray *oh_device_list_new (void);

/* From any thread but a sound callback. */
void oh_device_backend_changed (OhDeviceBackend *backend);

/* @size: of the back end's own struct. One reference. */
gpointer oh_device_stream_new (
    gsize size, OhDeviceBackend *backend, const char *id, gboolean capture, int wake);

/* In the callback: moves @n samples, notes time and underruns, wakes the engine. What playback does
 * not find in the ring is silence. */
void oh_device_stream_captured (OhDeviceStream *stream, const gint16 *samples, gsize n);
void oh_device_stream_play (OhDeviceStream *stream, gint16 *samples, gsize n);
/* The same where nothing is moved this time. */
void oh_device_stream_wake (OhDeviceStream *stream);

/* From any thread but a sound callback. */
void oh_device_stream_set_state (OhDeviceStream *stream, OhDeviceState state);

G_END_DECLS
