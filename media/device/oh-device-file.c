/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-timeline.h"
#include "media/device/oh-device.h"
#include "media/filter/oh-resampler.h"
#include "media/record/oh-sound-file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HEADER 44 /* bytes of a plain WAV header */
#define HEADER_EVERY (OH_DEVICE_RATE / 5)
#define BLOCK OH_DEVICE_BLOCK
#define PATIENCE_MS 100
#define ID_IN "file:in"
#define ID_OUT "file:out"

/* A sound card made of two files. While a stream runs its thread ticks every 10 ms in real time: the
 * microphone hears IN once from its start on whenever it is started, then silence; what the loudspeaker
 * plays is added to OUT for as long as it runs. OUT's header is kept true, so that it is valid after a crash. */
typedef struct
{
  OhDeviceBackend base;
  char *in_path, *out_path;
  char *complaint; /* NULL: none */
  pthread_t thread;
  gboolean started;
  atomic_bool quit;

  pthread_mutex_t lock;
  pthread_cond_t changed; /* a stream runs now, or quit */
  GPtrArray *streams;     /* Stream, borrowed; under the lock */

  /* thread */
  int out; /* -1: none */
  guint64 out_samples, out_told;
  gboolean playing;
  gint64 late; /* us by which this tick comes after its time */
} Backend;

typedef struct
{
  OhDeviceStream base;
  gboolean running; /* under the lock */
  gboolean told;    /* microphone: that its first block was heard */
  OhSoundFile *file;
  OhResampler *resampler;
  gint16 left[OH_DEVICE_RATE]; /* read and converted, not yet heard */
  gsize left_at, left_fill;
} Stream;

/* What the file gives next, at the device's rate. */
static void
refill (Stream *stream)
{
  gint16 raw[1024];
  gsize n = oh_sound_file_read (stream->file, raw, G_N_ELEMENTS (raw));

  stream->left_at = 0;
  stream->left_fill = oh_resampler_process (stream->resampler, raw, n, stream->left,
                                            G_N_ELEMENTS (stream->left));
  if (n == 0)
    g_clear_pointer (&stream->file, oh_sound_file_close);
}

/* "file@SAMPLE": which sample of the file the card was at at the time of the mark, where its tick that
 * begins with @first may come late. */
static void
tell_start (Backend *backend, const char *mark, guint64 first)
{
  g_autofree char *place = g_strdup_printf (
      "file@%" G_GUINT64_FORMAT, first + backend->late * OH_DEVICE_RATE / G_USEC_PER_SEC);

  oh_timeline_mark (mark, place);
}

static void
hear_block (Backend *backend, Stream *stream)
{
  gint16 block[BLOCK] = { 0 };
  gsize n = 0;

  if (!stream->told)
    tell_start (backend, "microphone-started", 0);
  stream->told = TRUE;
  while (n < BLOCK && (stream->file || stream->left_at < stream->left_fill))
    {
      gsize part = MIN (BLOCK - n, stream->left_fill - stream->left_at);

      memcpy (block + n, stream->left + stream->left_at, part * sizeof *block);
      stream->left_at += part;
      n += part;
      if (n < BLOCK && stream->file)
        refill (stream);
    }
  oh_device_stream_captured (&stream->base, block, BLOCK);
}

static void
write_header (Backend *backend)
{
  guint32 bytes = GUINT32_TO_LE (backend->out_samples * 2);
  guint32 riff = GUINT32_TO_LE (backend->out_samples * 2 + HEADER - 8);
  guint32 rate = GUINT32_TO_LE (OH_DEVICE_RATE), byte_rate = GUINT32_TO_LE (OH_DEVICE_RATE * 2);
  guint8 header[HEADER + 1] = "RIFF....WAVEfmt \x10\0\0\0\1\0\1\0........\2\0\x10\0data....";

  memcpy (header + 4, &riff, 4);
  memcpy (header + 24, &rate, 4);
  memcpy (header + 28, &byte_rate, 4);
  memcpy (header + 40, &bytes, 4);
  if (pwrite (backend->out, header, HEADER, 0) != HEADER)
    g_debug ("Can't write %s: %s", backend->out_path, g_strerror (errno));
  backend->out_told = backend->out_samples;
}

static void
put_block (Backend *backend, const gint32 *sum)
{
  gint16 block[BLOCK];

  for (guint i = 0; i < BLOCK; i++)
    block[i] = GINT16_TO_LE (CLAMP (sum[i], G_MININT16, G_MAXINT16));
  if (pwrite (backend->out, block, sizeof block, HEADER + backend->out_samples * 2) != sizeof block)
    return;
  backend->out_samples += BLOCK;
  if (backend->out_samples - backend->out_told >= HEADER_EVERY)
    write_header (backend);
}

static gboolean
is_fed (Backend *backend)
{
  gboolean fed = TRUE;

  pthread_mutex_lock (&backend->lock);
  for (guint i = 0; i < backend->streams->len; i++)
    {
      Stream *stream = backend->streams->pdata[i];

      if (stream->running && !stream->base.capture && oh_ring_get_fill (stream->base.ring) < BLOCK)
        fed = FALSE;
    }
  pthread_mutex_unlock (&backend->lock);
  return fed;
}

/* Files can wait where a sound card can't: a machine that is too busy for a moment must not look
 * like a gap in the sound. What was waited is caught up with. */
static void
wait_for_engine (Backend *backend)
{
  for (guint ms = 0; ms < PATIENCE_MS && !is_fed (backend); ms++)
    g_usleep (1000);
}

static void
tick (Backend *backend)
{
  gint32 sum[BLOCK] = { 0 };
  gint16 block[BLOCK];
  guint playing = 0;

  pthread_mutex_lock (&backend->lock);
  for (guint i = 0; i < backend->streams->len; i++)
    {
      Stream *stream = backend->streams->pdata[i];

      if (!stream->running)
        continue;
      if (stream->base.capture)
        {
          hear_block (backend, stream);
          continue;
        }
      oh_device_stream_play (&stream->base, block, BLOCK);
      for (guint k = 0; k < BLOCK; k++)
        sum[k] += block[k];
      playing++;
    }
  pthread_mutex_unlock (&backend->lock);
  if (playing > 0 && backend->out >= 0)
    {
      if (!backend->playing)
        tell_start (backend, "speaker-started", backend->out_samples);
      put_block (backend, sum);
    }
  backend->playing = playing > 0;
}

static gboolean
is_running (Backend *backend)
{
  for (guint i = 0; i < backend->streams->len; i++)
    if (((const Stream *)backend->streams->pdata[i])->running)
      return TRUE;
  return FALSE;
}

/* TRUE if it waited. */
static gboolean
wait_for_stream (Backend *backend)
{
  gboolean waited = FALSE;

  pthread_mutex_lock (&backend->lock);
  while (!is_running (backend) && !atomic_load (&backend->quit))
    {
      backend->playing = FALSE;
      waited = TRUE;
      pthread_cond_wait (&backend->changed, &backend->lock);
    }
  pthread_mutex_unlock (&backend->lock);
  return waited;
}

static gint64
get_us_since (const struct timespec *then)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (now.tv_sec - then->tv_sec) * G_USEC_PER_SEC + (now.tv_nsec - then->tv_nsec) / 1000;
}

static void *
run (void *data)
{
  Backend *backend = data;
  struct timespec next;

  pthread_setname_np (pthread_self (), "oh-file-device");
  clock_gettime (CLOCK_MONOTONIC, &next);
  while (!atomic_load (&backend->quit))
    {
      if (wait_for_stream (backend))
        clock_gettime (CLOCK_MONOTONIC, &next);
      wait_for_engine (backend);
      backend->late = get_us_since (&next);
      tick (backend);
      next.tv_nsec += 10000000;
      if (next.tv_nsec >= 1000000000)
        {
          next.tv_nsec -= 1000000000;
          next.tv_sec++;
        }
      while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
        ;
    }
  if (backend->out >= 0)
    write_header (backend);
  return NULL;
}

/* "IN:OUT"; either may be empty. A colon in a path is no help to anyone: the last one parts. */
static void
take_arguments (Backend *backend, const char *arguments)
{
  const char *colon = strrchr (arguments, ':');

  backend->in_path = colon ? g_strndup (arguments, colon - arguments) : g_strdup (arguments);
  backend->out_path = g_strdup (colon ? colon + 1 : "");
  if (backend->in_path[0])
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (OhSoundFile) file = oh_sound_file_open (backend->in_path, &error);

      if (!file)
        backend->complaint = g_strdup (error->message);
    }
  if (!backend->out_path[0])
    return;
  backend->out = open (backend->out_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (backend->out < 0)
    backend->complaint = g_strdup_printf ("Can't write %s: %s", backend->out_path,
                                          g_strerror (errno));
  else
    write_header (backend);
}

static OhDeviceBackend *
file_open (const char *arguments, OhDeviceWatch *watch)
{
  Backend *backend = g_new0 (Backend, 1);

  backend->base.klass = &oh_device_file;
  backend->base.watch = oh_device_watch_ref (watch);
  backend->streams = g_ptr_array_new ();
  backend->out = -1;
  pthread_mutex_init (&backend->lock, NULL);
  pthread_cond_init (&backend->changed, NULL);
  take_arguments (backend, arguments ? arguments : "");
  if (!backend->complaint)
    backend->started = pthread_create (&backend->thread, NULL, run, backend) == 0;
  oh_device_backend_changed (&backend->base);
  return &backend->base;
}

static void
file_close (OhDeviceBackend *base)
{
  Backend *backend = (Backend *)base;

  pthread_mutex_lock (&backend->lock);
  atomic_store (&backend->quit, TRUE);
  pthread_cond_signal (&backend->changed);
  pthread_mutex_unlock (&backend->lock);
  if (backend->started)
    pthread_join (backend->thread, NULL);
  if (backend->out >= 0)
    close (backend->out);
  pthread_cond_destroy (&backend->changed);
  pthread_mutex_destroy (&backend->lock);
  g_ptr_array_unref (backend->streams);
  g_free (backend->in_path);
  g_free (backend->out_path);
  g_free (backend->complaint);
  oh_device_watch_unref (backend->base.watch);
  g_free (backend);
}

static OhDeviceState
file_get_state (OhDeviceBackend *base, char **message)
{
  Backend *backend = (Backend *)base;

  if (message)
    *message = g_strdup (backend->complaint);
  return backend->started ? OH_DEVICE_READY : OH_DEVICE_FAILED;
}

static GPtrArray *
file_list (OhDeviceBackend *base)
{
  Backend *backend = (Backend *)base;
  GPtrArray *list = oh_device_list_new ();

  if (backend->started && backend->in_path[0])
    g_ptr_array_add (list, oh_device_info_new (ID_IN, backend->in_path, TRUE));
  if (backend->started && backend->out >= 0)
    g_ptr_array_add (list, oh_device_info_new (ID_OUT, backend->out_path, FALSE));
  return list;
}

static OhDeviceStream *
file_stream_open (OhDeviceBackend *base, const char *id, gboolean capture, int wake)
{
  Backend *backend = (Backend *)base;
  Stream *stream = oh_device_stream_new (sizeof *stream, base, id, capture, wake);
  gboolean there = backend->started && (capture ? backend->in_path[0] : backend->out >= 0);

  pthread_mutex_lock (&backend->lock);
  g_ptr_array_add (backend->streams, stream);
  pthread_mutex_unlock (&backend->lock);
  oh_device_stream_set_state (&stream->base, there ? OH_DEVICE_READY : OH_DEVICE_FAILED);
  return &stream->base;
}

static void
rewind_input (Stream *stream)
{
  Backend *backend = (Backend *)stream->base.backend;

  g_clear_pointer (&stream->file, oh_sound_file_close);
  g_clear_pointer (&stream->resampler, oh_resampler_free);
  stream->left_at = stream->left_fill = 0;
  stream->file = oh_sound_file_open (backend->in_path, NULL);
  if (stream->file)
    stream->resampler = oh_resampler_new (oh_sound_file_get_rate (stream->file), OH_DEVICE_RATE);
  stream->told = FALSE;
}

static void
file_stream_run (OhDeviceStream *base, gboolean run_now)
{
  Backend *backend = (Backend *)base->backend;
  Stream *stream = (Stream *)base;

  if (base->state != OH_DEVICE_READY)
    return;
  pthread_mutex_lock (&backend->lock);
  if (base->capture && run_now && !stream->running)
    rewind_input (stream);
  stream->running = run_now;
  pthread_cond_signal (&backend->changed);
  pthread_mutex_unlock (&backend->lock);
}

static void
file_stream_close (OhDeviceStream *base)
{
  Backend *backend = (Backend *)base->backend;
  Stream *stream = (Stream *)base;

  pthread_mutex_lock (&backend->lock);
  g_ptr_array_remove_fast (backend->streams, stream);
  pthread_mutex_unlock (&backend->lock);
  g_clear_pointer (&stream->file, oh_sound_file_close);
  g_clear_pointer (&stream->resampler, oh_resampler_free);
  oh_device_stream_unref (base);
}

const OhDeviceClass oh_device_file = {
  .name = "file",
  .open = file_open,
  .close = file_close,
  .get_state = file_get_state,
  .list = file_list,
  .stream_open = file_stream_open,
  .stream_run = file_stream_run,
  .stream_close = file_stream_close,
};
