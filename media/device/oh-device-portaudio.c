/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "media/oh-living.h"
#include "media/device/oh-device.h"

#include <portaudio.h>

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define PREFIX "portaudio:"
#define HANG_US (4 * G_USEC_PER_SEC) /* an order that takes longer never comes back */
#define WATCH_MS 1000
/* ALSA's plug-ins tell of no under-run: with the 9 ms that PortAudio calls low, sound through them breaks
 * up as soon as the machine has something else to do. */
#define LATENCY_S 0.03

/* PortAudio may block for seconds, or for ever, in anything but its callback (Pa_Initialize opens
 * every device; starting hangs on a dead sound server), and two threads must not be in it at once.
 * So all orders go through a queue to a servant thread; one that hangs is left behind with its
 * streams, and a new one takes over. */
typedef struct
{
  gint refs;
  GAsyncQueue *orders;       /* Order */
  _Atomic gint64 busy_since; /* 0: waits */
} Servant;

typedef struct
{
  OhDeviceBackend base;
  Servant *servant;
  GPtrArray *streams; /* Stream, borrowed */
  guint watch_id;

  pthread_mutex_t lock; /* guards what follows */
  gint refs;            /* main and servants */
  OhDeviceState state;
  char *complaint;
  GPtrArray *devices; /* OhDeviceInfo */
} Backend;

typedef struct
{
  OhDeviceStream base;
  Backend *backend;
  PaStream *portaudio; /* servant */
} Stream;

typedef enum
{
  ORDER_INITIALIZE,
  ORDER_OPEN,
  ORDER_START,
  ORDER_STOP,
  ORDER_CLOSE,
  ORDER_QUIT
} OrderKind;

typedef struct
{
  OrderKind kind;
  Backend *backend; /* one reference */
  Stream *stream;   /* one reference, or NULL */
} Order;

static void
backend_unref (Backend *backend)
{
  if (!g_atomic_int_dec_and_test (&backend->refs))
    return;
  pthread_mutex_destroy (&backend->lock);
  g_ptr_array_unref (backend->devices);
  g_free (backend->complaint);
  oh_device_watch_unref (backend->base.watch);
  g_free (backend);
}

static void
servant_unref (Servant *servant)
{
  if (!g_atomic_int_dec_and_test (&servant->refs))
    return;
  g_async_queue_unref (servant->orders);
  g_free (servant);
}

/* --- the servant's thread --- */

static void
set_backend_state (Backend *backend, OhDeviceState state, PaError error, GPtrArray *devices)
{
  pthread_mutex_lock (&backend->lock);
  backend->state = state;
  g_free (backend->complaint);
  backend->complaint = error ? g_strdup_printf ("PortAudio: %s", Pa_GetErrorText (error)) : NULL;
  if (devices)
    {
      g_ptr_array_unref (backend->devices);
      backend->devices = devices;
    }
  pthread_mutex_unlock (&backend->lock);
  oh_device_backend_changed (&backend->base);
}

static void
say_nothing (const char *message, ...)
{
}

/* ALSA and JACK write about every device that they can't open on standard error. */
static void
silence_libraries (void)
{
  void (*set_jack) (void (*handler) (const char *, ...)) = dlsym (RTLD_DEFAULT,
                                                                  "jack_set_error_function");
  int (*set_alsa) (void (*handler) (const char *, ...)) = dlsym (RTLD_DEFAULT,
                                                                 "snd_lib_error_set_handler");

  if (set_jack)
    set_jack (say_nothing);
  if (set_alsa)
    set_alsa (say_nothing);
}

static GPtrArray *
make_list (void)
{
  GPtrArray *devices = oh_device_list_new ();
  int n = Pa_GetDeviceCount ();

  for (int i = 0; i < n; i++)
    {
      const PaDeviceInfo *info = Pa_GetDeviceInfo (i);
      g_autofree char *id = g_strconcat (PREFIX, info->name, NULL);

      if (info->maxInputChannels > 0)
        g_ptr_array_add (devices, oh_device_info_new (id, info->name, TRUE));
      if (info->maxOutputChannels > 0)
        g_ptr_array_add (devices, oh_device_info_new (id, info->name, FALSE));
    }
  return devices;
}

static void
initialize (Backend *backend)
{
  PaError error;

  silence_libraries ();
  error = Pa_Initialize ();
  if (error == paNoError)
    set_backend_state (backend, OH_DEVICE_READY, error, make_list ());
  else
    set_backend_state (backend, OH_DEVICE_FAILED, error, NULL);
}

static PaDeviceIndex
find_device (const char *id, gboolean capture)
{
  int n = Pa_GetDeviceCount ();

  if (!id)
    return capture ? Pa_GetDefaultInputDevice () : Pa_GetDefaultOutputDevice ();
  for (int i = 0; i < n; i++)
    {
      const PaDeviceInfo *info = Pa_GetDeviceInfo (i);

      if (strcmp (info->name, id + strlen (PREFIX)) == 0
          && (capture ? info->maxInputChannels : info->maxOutputChannels) > 0)
        return i;
    }
  return paNoDevice;
}

/* PortAudio's thread. The time information is zero through ALSA's pulse plug-in. */
static int
on_block (const void *input,
          void *output,
          unsigned long n,
          const PaStreamCallbackTimeInfo *time,
          PaStreamCallbackFlags flags,
          void *data)
{
  Stream *stream = data;
  double delay = stream->base.capture ? time->currentTime - time->inputBufferAdcTime
                                      : time->outputBufferDacTime - time->currentTime;

  if (delay > 0 && delay < 1 && time->currentTime > 0)
    atomic_store_explicit (&stream->base.latency, delay * OH_DEVICE_RATE, memory_order_relaxed);
  if (stream->base.capture)
    oh_device_stream_captured (&stream->base, input, n);
  else
    oh_device_stream_play (&stream->base, output, n);
  return paContinue;
}

static void
open_stream (Stream *stream)
{
  gboolean capture = stream->base.capture;
  PaStreamParameters parameters = {
    .device = find_device (stream->base.id, capture),
    .channelCount = 1,
    .sampleFormat = paInt16,
  };
  const PaDeviceInfo *info = parameters.device == paNoDevice ? NULL
                                                             : Pa_GetDeviceInfo (parameters.device);
  PaError error = paInvalidDevice;

  if (info)
    {
      parameters.suggestedLatency = MAX (LATENCY_S, capture ? info->defaultLowInputLatency
                                                            : info->defaultLowOutputLatency);
      error = Pa_OpenStream (&stream->portaudio, capture ? &parameters : NULL,
                             capture ? NULL : &parameters, OH_DEVICE_RATE, OH_DEVICE_BLOCK,
                             paNoFlag, on_block, stream);
    }
  if (error != paNoError)
    g_debug ("PortAudio can't open %s: %s", stream->base.id ? stream->base.id : "the default",
             Pa_GetErrorText (error));
  oh_device_stream_set_state (&stream->base,
                              error == paNoError ? OH_DEVICE_READY : OH_DEVICE_FAILED);
}

static void
start_stream (Stream *stream)
{
  PaError error;

  if (!stream->portaudio || Pa_IsStreamActive (stream->portaudio) == 1)
    return;
  error = Pa_StartStream (stream->portaudio);
  if (error != paNoError)
    oh_device_stream_set_state (&stream->base, OH_DEVICE_FAILED);
}

static void
carry_out (Order *order)
{
  Stream *stream = order->stream;

  switch (order->kind)
    {
    case ORDER_INITIALIZE:
      initialize (order->backend);
      break;
    case ORDER_OPEN:
      open_stream (stream);
      break;
    case ORDER_START:
      start_stream (stream);
      break;
    case ORDER_STOP:
      if (stream->portaudio && Pa_IsStreamStopped (stream->portaudio) == 0)
        Pa_AbortStream (stream->portaudio);
      break;
    case ORDER_CLOSE:
      if (stream->portaudio)
        Pa_CloseStream (stream->portaudio);
      stream->portaudio = NULL;
      break;
    case ORDER_QUIT:
      if (order->backend->state == OH_DEVICE_READY)
        Pa_Terminate ();
      break;
    }
}

static void *
serve (void *data)
{
  Servant *servant = data;
  OrderKind kind;

  pthread_setname_np (pthread_self (), "oh-portaudio");
  do
    {
      Order *order = g_async_queue_pop (servant->orders);

      kind = order->kind;
      atomic_store (&servant->busy_since, oh_clock_now ());
      carry_out (order);
      atomic_store (&servant->busy_since, 0);
      if (order->stream)
        oh_device_stream_unref (&order->stream->base);
      backend_unref (order->backend);
      g_free (order);
    }
  while (kind != ORDER_QUIT);
  servant_unref (servant);
  oh_living_end ();
  return NULL;
}

/* --- the main thread --- */

static void
give_order (Backend *backend, OrderKind kind, Stream *stream)
{
  Order *order = g_new0 (Order, 1);

  order->kind = kind;
  order->backend = backend;
  g_atomic_int_inc (&backend->refs);
  if (stream)
    {
      oh_device_stream_ref (&stream->base);
      order->stream = stream;
    }
  g_async_queue_push (backend->servant->orders, order);
}

static void
hire_servant (Backend *backend)
{
  Servant *servant = g_new0 (Servant, 1);
  pthread_t thread;

  g_atomic_int_set (&servant->refs, 1);
  servant->orders = g_async_queue_new ();
  backend->servant = servant;
  g_atomic_int_inc (&servant->refs);
  oh_living_begin ();
  if (pthread_create (&thread, NULL, serve, servant) == 0)
    {
      pthread_detach (thread);
      return;
    }
  oh_living_end ();
  servant_unref (servant);
}

/* The one that hangs keeps its references for ever: that is what hanging costs. */
static gboolean
on_watch (gpointer data)
{
  Backend *backend = data;
  gint64 since = atomic_load (&backend->servant->busy_since);

  if (since == 0 || oh_clock_now () - since < HANG_US)
    return G_SOURCE_CONTINUE;
  g_warning ("PortAudio hangs; its streams are made anew");
  servant_unref (backend->servant);
  hire_servant (backend);
  if (backend->state == OH_DEVICE_OPENING)
    set_backend_state (backend, OH_DEVICE_FAILED, paTimedOut, NULL);
  for (guint i = 0; i < backend->streams->len; i++)
    oh_device_stream_set_state (backend->streams->pdata[i], OH_DEVICE_FAILED);
  return G_SOURCE_CONTINUE;
}

static OhDeviceBackend *
portaudio_open (const char *arguments, OhDeviceWatch *watch)
{
  Backend *backend = g_new0 (Backend, 1);

  backend->base.klass = &oh_device_portaudio;
  backend->base.watch = oh_device_watch_ref (watch);
  g_atomic_int_set (&backend->refs, 1);
  pthread_mutex_init (&backend->lock, NULL);
  backend->devices = oh_device_list_new ();
  backend->streams = g_ptr_array_new ();
  hire_servant (backend);
  give_order (backend, ORDER_INITIALIZE, NULL);
  backend->watch_id = g_timeout_add (WATCH_MS, on_watch, backend);
  return &backend->base;
}

static void
portaudio_close (OhDeviceBackend *base)
{
  Backend *backend = (Backend *)base;

  g_source_remove (backend->watch_id);
  give_order (backend, ORDER_QUIT, NULL);
  servant_unref (backend->servant);
  g_ptr_array_unref (backend->streams);
  backend_unref (backend);
}

static OhDeviceState
portaudio_get_state (OhDeviceBackend *base, char **message)
{
  Backend *backend = (Backend *)base;
  OhDeviceState state;

  pthread_mutex_lock (&backend->lock);
  state = backend->state;
  if (message)
    *message = g_strdup (backend->complaint);
  pthread_mutex_unlock (&backend->lock);
  return state;
}

static GPtrArray *
portaudio_list (OhDeviceBackend *base)
{
  Backend *backend = (Backend *)base;
  GPtrArray *list = oh_device_list_new ();

  pthread_mutex_lock (&backend->lock);
  for (guint i = 0; i < backend->devices->len; i++)
    {
      OhDeviceInfo *info = backend->devices->pdata[i];

      g_ptr_array_add (list, oh_device_info_new (info->id, info->name, info->capture));
    }
  pthread_mutex_unlock (&backend->lock);
  return list;
}

static OhDeviceStream *
portaudio_stream_open (OhDeviceBackend *base, const char *id, gboolean capture, int wake)
{
  Backend *backend = (Backend *)base;
  Stream *stream = oh_device_stream_new (sizeof *stream, base, id, capture, wake);

  stream->backend = backend;
  g_ptr_array_add (backend->streams, stream);
  give_order (backend, ORDER_OPEN, stream);
  return &stream->base;
}

static void
portaudio_stream_run (OhDeviceStream *base, gboolean run)
{
  Stream *stream = (Stream *)base;

  give_order (stream->backend, run ? ORDER_START : ORDER_STOP, stream);
}

static void
portaudio_stream_close (OhDeviceStream *base)
{
  Stream *stream = (Stream *)base;

  g_ptr_array_remove_fast (stream->backend->streams, stream);
  give_order (stream->backend, ORDER_CLOSE, stream);
  oh_device_stream_unref (base);
}

const OhDeviceClass oh_device_portaudio = {
  .name = "portaudio",
  .open = portaudio_open,
  .close = portaudio_close,
  .get_state = portaudio_get_state,
  .list = portaudio_list,
  .stream_open = portaudio_stream_open,
  .stream_run = portaudio_stream_run,
  .stream_close = portaudio_stream_close,
};
