/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-clock.h"
#include "media/device/oh-buffer-size.h"
#include "media/device/oh-device.h"

#include <pulse/pulseaudio.h>

#include <string.h>

#define PREFIX "pulse:"
#define RETRY_US (3 * PA_USEC_PER_SEC)
#define STEP (OH_DEVICE_RATE / 1000 * OH_BUFFER_SIZE_STEP_MS)
#define MS_BYTES (OH_DEVICE_RATE / 1000 * sizeof (gint16))

/* A PulseAudio or PipeWire server by libpulse's own thread. All fields but the first are guarded by
 * the main loop's lock. A server that goes away is looked for again every few seconds. */
typedef struct
{
  OhDeviceBackend base;
  pa_threaded_mainloop *loop;
  pa_context *context;
  pa_time_event *retry;
  OhDeviceState state;
  char *complaint;
  GPtrArray *devices; /* OhDeviceInfo; what is told */
  GPtrArray *coming;  /* OhDeviceInfo; NULL while no list is on its way */
  gboolean stale;     /* something changed while a list was on its way */
  GPtrArray *streams; /* Stream, borrowed */
  guint buffer_ms;    /* what was enough for the loudspeaker last; 0: not known */
} Backend;

typedef struct
{
  OhDeviceStream base;
  pa_stream *pulse;
  gboolean running; /* wanted */
  uint32_t home; /* the device asked for, as the sound server counts; each time it comes, another */
  gboolean lost; /* that one is gone, and the sound server has moved the stream elsewhere */
  OhBufferSize size; /* playback */
} Stream;

static void connect_server (Backend *backend);
static void ask_for_devices (Backend *backend);

/* --- the list --- */

static void
forget_operation (pa_operation *operation)
{
  if (operation)
    pa_operation_unref (operation);
}

static void
add_device (
    Backend *backend, const char *name, const char *description, gboolean capture, gboolean worn)
{
  g_autofree char *id = g_strconcat (PREFIX, name, NULL);
  OhDeviceInfo *info;

  if (!backend->coming)
    return;
  info = oh_device_info_new (id, description, capture);
  info->worn = worn;
  g_ptr_array_add (backend->coming, info);
}

/* By what it is plugged into, or else by what it is. */
static gboolean
is_worn (const pa_sink_info *info)
{
  const char *form = pa_proplist_gets (info->proplist, PA_PROP_DEVICE_FORM_FACTOR);
  int port = info->active_port ? info->active_port->type : PA_DEVICE_PORT_TYPE_UNKNOWN;

  if (port == PA_DEVICE_PORT_TYPE_HEADPHONES || port == PA_DEVICE_PORT_TYPE_HEADSET
      || port == PA_DEVICE_PORT_TYPE_HANDSET || port == PA_DEVICE_PORT_TYPE_EARPIECE)
    return TRUE;
  if (port == PA_DEVICE_PORT_TYPE_SPEAKER)
    return FALSE;
  return g_strcmp0 (form, "headset") == 0 || g_strcmp0 (form, "headphone") == 0
         || g_strcmp0 (form, "handset") == 0;
}

/* On which device a stream is, which may have moved, is known to it alone. */
static void
note_worn (Backend *backend, Stream *stream)
{
  const char *name;
  gboolean worn = FALSE;

  if (stream->base.capture || !stream->pulse
      || pa_stream_get_state (stream->pulse) != PA_STREAM_READY)
    return;
  name = pa_stream_get_device_name (stream->pulse);
  for (guint i = 0; name && i < backend->devices->len; i++)
    {
      OhDeviceInfo *info = backend->devices->pdata[i];

      if (!info->capture && g_str_equal (info->id + strlen (PREFIX), name))
        worn = info->worn;
    }
  atomic_store (&stream->base.worn, worn);
}

static gboolean
is_there (Backend *backend, const char *id, gboolean capture)
{
  for (guint i = 0; i < backend->devices->len; i++)
    {
      OhDeviceInfo *info = backend->devices->pdata[i];

      if (info->capture == capture && g_str_equal (info->id, id))
        return TRUE;
    }
  return FALSE;
}

/* To the device that it was opened for, when that went and came again between two lists: no list has shown
 * that it was away. Where one has, OhAudio closes the stream and opens another. */
static void
bring_home (Backend *backend, Stream *stream)
{
  const char *id = stream->base.id;
  uint32_t index;

  if (!stream->lost || !stream->pulse || !is_there (backend, id, stream->base.capture))
    return;
  stream->lost = FALSE;
  index = pa_stream_get_index (stream->pulse);
  id += strlen (PREFIX);
  forget_operation (
      stream->base.capture
          ? pa_context_move_source_output_by_name (backend->context, index, id, NULL, NULL)
          : pa_context_move_sink_input_by_name (backend->context, index, id, NULL, NULL));
}

static void
note_home (Stream *stream)
{
  const char *id = stream->base.id, *name = pa_stream_get_device_name (stream->pulse);

  if (id && g_strcmp0 (id + strlen (PREFIX), name) == 0)
    stream->home = pa_stream_get_device_index (stream->pulse);
}

static void
note_removal (Backend *backend, uint32_t index, gboolean capture)
{
  for (guint i = 0; i < backend->streams->len; i++)
    {
      Stream *stream = backend->streams->pdata[i];

      if (stream->base.capture == capture && stream->home == index)
        {
          stream->home = PA_INVALID_INDEX;
          stream->lost = TRUE;
        }
    }
}

static void
finish_list (Backend *backend)
{
  g_clear_pointer (&backend->devices, g_ptr_array_unref);
  backend->devices = g_steal_pointer (&backend->coming);
  backend->state = OH_DEVICE_READY;
  for (guint i = 0; i < backend->streams->len; i++)
    {
      note_worn (backend, backend->streams->pdata[i]);
      bring_home (backend, backend->streams->pdata[i]);
    }
  oh_device_backend_changed (&backend->base);
  if (backend->stale)
    ask_for_devices (backend);
}

static void
on_source_info (pa_context *context, const pa_source_info *info, int eol, void *data)
{
  Backend *backend = data;

  if (eol == 0 && info->monitor_of_sink == PA_INVALID_INDEX)
    add_device (backend, info->name, info->description, TRUE, FALSE);
  else if (eol != 0 && backend->coming)
    finish_list (backend);
}

static void
on_sink_info (pa_context *context, const pa_sink_info *info, int eol, void *data)
{
  Backend *backend = data;

  if (eol == 0)
    add_device (backend, info->name, info->description, FALSE, is_worn (info));
}

/* Replies come in the order of the questions: sinks, then sources. */
static void
ask_for_devices (Backend *backend)
{
  backend->stale = backend->coming != NULL;
  if (backend->stale)
    return;
  backend->coming = oh_device_list_new ();
  forget_operation (pa_context_get_sink_info_list (backend->context, on_sink_info, backend));
  forget_operation (pa_context_get_source_info_list (backend->context, on_source_info, backend));
}

static void
on_event (pa_context *context, pa_subscription_event_type_t type, uint32_t index, void *data)
{
  pa_subscription_event_type_t what = type & PA_SUBSCRIPTION_EVENT_FACILITY_MASK;

  if ((type & PA_SUBSCRIPTION_EVENT_TYPE_MASK) == PA_SUBSCRIPTION_EVENT_REMOVE)
    note_removal (data, index, what == PA_SUBSCRIPTION_EVENT_SOURCE);
  ask_for_devices (data);
}

/* --- the connection --- */

static void
on_retry (pa_mainloop_api *api, pa_time_event *event, const struct timeval *time, void *data)
{
  Backend *backend = data;

  api->time_free (event);
  backend->retry = NULL;
  connect_server (backend);
}

static void
fail (Backend *backend)
{
  pa_mainloop_api *api = pa_threaded_mainloop_get_api (backend->loop);
  struct timeval when;

  g_free (backend->complaint);
  backend->complaint = g_strdup_printf ("The sound server: %s",
                                        pa_strerror (pa_context_errno (backend->context)));
  backend->state = OH_DEVICE_FAILED;
  g_clear_pointer (&backend->coming, g_ptr_array_unref);
  g_ptr_array_set_size (backend->devices, 0);
  for (guint i = 0; i < backend->streams->len; i++)
    oh_device_stream_set_state (backend->streams->pdata[i], OH_DEVICE_FAILED);
  oh_device_backend_changed (&backend->base);
  if (!backend->retry)
    backend->retry = api->time_new (api, pa_timeval_add (pa_gettimeofday (&when), RETRY_US),
                                    on_retry, backend);
}

static void
on_context_state (pa_context *context, void *data)
{
  const pa_subscription_mask_t mask = PA_SUBSCRIPTION_MASK_SINK | PA_SUBSCRIPTION_MASK_SOURCE
                                      | PA_SUBSCRIPTION_MASK_SERVER;
  Backend *backend = data;
  pa_context_state_t state = pa_context_get_state (context);

  if (state == PA_CONTEXT_READY)
    {
      g_clear_pointer (&backend->complaint, g_free);
      pa_context_set_subscribe_callback (context, on_event, backend);
      forget_operation (pa_context_subscribe (context, mask, NULL, NULL));
      ask_for_devices (backend);
    }
  else if (!PA_CONTEXT_IS_GOOD (state))
    fail (backend);
}

static void
drop_context (Backend *backend)
{
  if (!backend->context)
    return;
  pa_context_set_state_callback (backend->context, NULL, NULL);
  pa_context_set_subscribe_callback (backend->context, NULL, NULL);
  pa_context_disconnect (backend->context);
  g_clear_pointer (&backend->context, pa_context_unref);
}

static void
connect_server (Backend *backend)
{
  drop_context (backend);
  backend->context = pa_context_new (pa_threaded_mainloop_get_api (backend->loop), "Offhook");
  pa_context_set_state_callback (backend->context, on_context_state, backend);
  if (pa_context_connect (backend->context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) < 0
      && backend->state != OH_DEVICE_FAILED)
    fail (backend);
}

static OhDeviceBackend *
pulse_open (const char *arguments, OhDeviceWatch *watch)
{
  Backend *backend = g_new0 (Backend, 1);

  backend->base.klass = &oh_device_pulse;
  backend->base.watch = oh_device_watch_ref (watch);
  backend->devices = oh_device_list_new ();
  backend->streams = g_ptr_array_new ();
  backend->loop = pa_threaded_mainloop_new ();
  pa_threaded_mainloop_set_name (backend->loop, "oh-pulse");
  pa_threaded_mainloop_lock (backend->loop);
  connect_server (backend);
  pa_threaded_mainloop_unlock (backend->loop);
  if (pa_threaded_mainloop_start (backend->loop) < 0)
    g_warning ("Can't start the thread of libpulse");
  return &backend->base;
}

static void
pulse_close (OhDeviceBackend *base)
{
  Backend *backend = (Backend *)base;

  pa_threaded_mainloop_lock (backend->loop);
  if (backend->retry)
    pa_threaded_mainloop_get_api (backend->loop)->time_free (backend->retry);
  drop_context (backend);
  pa_threaded_mainloop_unlock (backend->loop);
  pa_threaded_mainloop_stop (backend->loop);
  pa_threaded_mainloop_free (backend->loop);
  g_clear_pointer (&backend->coming, g_ptr_array_unref);
  g_ptr_array_unref (backend->devices);
  g_ptr_array_unref (backend->streams);
  g_free (backend->complaint);
  oh_device_watch_unref (backend->base.watch);
  g_free (backend);
}

static OhDeviceState
pulse_get_state (OhDeviceBackend *base, char **message)
{
  Backend *backend = (Backend *)base;
  OhDeviceState state;

  pa_threaded_mainloop_lock (backend->loop);
  state = backend->state;
  if (message)
    *message = g_strdup (backend->complaint);
  pa_threaded_mainloop_unlock (backend->loop);
  return state;
}

static GPtrArray *
pulse_list (OhDeviceBackend *base)
{
  Backend *backend = (Backend *)base;
  GPtrArray *list = oh_device_list_new ();

  pa_threaded_mainloop_lock (backend->loop);
  for (guint i = 0; i < backend->devices->len; i++)
    {
      OhDeviceInfo *info = backend->devices->pdata[i];

      g_ptr_array_add (list, oh_device_info_new (info->id, info->name, info->capture));
    }
  pa_threaded_mainloop_unlock (backend->loop);
  return list;
}

/* --- streams; callbacks run on libpulse's thread with its lock held --- */

static void
note_latency (Stream *stream)
{
  pa_usec_t latency;
  int negative;

  if (pa_stream_get_latency (stream->pulse, &latency, &negative) == 0 && !negative)
    atomic_store_explicit (&stream->base.latency, latency * OH_DEVICE_RATE / PA_USEC_PER_SEC,
                           memory_order_relaxed);
}

static void
on_captured (pa_stream *pulse, size_t bytes, void *data)
{
  static const gint16 silence[OH_DEVICE_BLOCK];
  Stream *stream = data;
  const void *samples;

  while (pa_stream_peek (pulse, &samples, &bytes) == 0 && bytes > 0)
    {
      if (samples)
        oh_device_stream_captured (&stream->base, samples, bytes / sizeof (gint16));
      else /* a hole */
        oh_device_stream_captured (&stream->base, silence,
                                   MIN (bytes / sizeof (gint16), G_N_ELEMENTS (silence)));
      pa_stream_drop (pulse);
    }
  note_latency (stream);
}

/* What the server holds for the loudspeaker, asked for in steps; 10 ms of microphone at a time. */
static pa_buffer_attr
get_buffer_attr (const Stream *stream)
{
  return (pa_buffer_attr){ .maxlength = (uint32_t)-1,
                           .tlength = stream->size.ms * MS_BYTES,
                           .prebuf = 0,
                           .minreq = STEP * sizeof (gint16),
                           .fragsize = OH_DEVICE_BLOCK * sizeof (gint16) };
}

static void
apply_size (Stream *stream)
{
  const pa_buffer_attr attr = get_buffer_attr (stream);

  ((Backend *)stream->base.backend)->buffer_ms = stream->size.ms;
  forget_operation (pa_stream_set_buffer_attr (stream->pulse, &attr, NULL, NULL));
}

static void
on_underflow (pa_stream *pulse, void *data)
{
  Stream *stream = data;

  if (stream->running && oh_buffer_size_note_gap (&stream->size, oh_clock_now ()))
    apply_size (stream);
}

/* The server still has a step to play when it asks for the next one: so much may come a turn later,
 * where the engine is late. */
static gsize
get_sendable (Stream *stream, gsize wanted)
{
  gsize ready = oh_ring_get_fill (stream->base.ring);

  return ready < wanted && wanted <= ready + STEP ? ready : wanted;
}

static void
on_wanted (pa_stream *pulse, size_t bytes, void *data)
{
  Stream *stream = data;

  note_latency (stream);
  if (oh_buffer_size_try_less (&stream->size, oh_clock_now ()))
    apply_size (stream);
  bytes = get_sendable (stream, bytes / sizeof (gint16)) * sizeof (gint16);
  if (bytes == 0)
    oh_device_stream_wake (&stream->base);
  while (bytes > 0)
    {
      size_t part = bytes;
      void *samples;

      if (pa_stream_begin_write (pulse, &samples, &part) < 0)
        return;
      part = MIN (part, bytes) / sizeof (gint16) * sizeof (gint16);
      if (part == 0)
        {
          pa_stream_cancel_write (pulse);
          return;
        }
      oh_device_stream_play (&stream->base, samples, part / sizeof (gint16));
      if (pa_stream_write (pulse, samples, part, NULL, 0, PA_SEEK_RELATIVE) < 0)
        return;
      bytes -= part;
    }
}

static void
apply_running (Stream *stream)
{
  stream->size.since = oh_clock_now (); /* it begins with an empty buffer */
  if (pa_stream_get_state (stream->pulse) == PA_STREAM_READY)
    forget_operation (pa_stream_cork (stream->pulse, !stream->running, NULL, NULL));
}

static void
on_stream_moved (pa_stream *pulse, void *data)
{
  Stream *stream = data;

  note_home (stream);
  note_worn ((Backend *)stream->base.backend, stream);
}

static void
on_stream_state (pa_stream *pulse, void *data)
{
  Stream *stream = data;
  const pa_buffer_attr *attr;

  switch (pa_stream_get_state (pulse))
    {
    case PA_STREAM_READY:
      attr = pa_stream_get_buffer_attr (pulse);
      if (attr)
        stream->base.period = (stream->base.capture ? attr->fragsize : attr->minreq)
                              / sizeof (gint16);
      apply_running (stream);
      note_home (stream);
      note_worn ((Backend *)stream->base.backend, stream);
      oh_device_stream_set_state (&stream->base, OH_DEVICE_READY);
      break;
    case PA_STREAM_FAILED:
    case PA_STREAM_TERMINATED:
      oh_device_stream_set_state (&stream->base, OH_DEVICE_FAILED);
      break;
    case PA_STREAM_UNCONNECTED:
    case PA_STREAM_CREATING:
      break;
    }
}

static gboolean
connect_stream (Stream *stream)
{
  const pa_sample_spec spec = { PA_SAMPLE_S16NE, OH_DEVICE_RATE, 1 };
  const pa_stream_flags_t flags = PA_STREAM_START_CORKED | PA_STREAM_ADJUST_LATENCY
                                  | PA_STREAM_INTERPOLATE_TIMING | PA_STREAM_AUTO_TIMING_UPDATE;
  pa_buffer_attr attr;
  Backend *backend = (Backend *)stream->base.backend;
  pa_proplist *properties;
  const char *device = stream->base.id ? stream->base.id + strlen (PREFIX) : NULL;

  if (!backend->context || pa_context_get_state (backend->context) != PA_CONTEXT_READY)
    return FALSE;
  properties = pa_proplist_new ();
  pa_proplist_sets (properties, PA_PROP_MEDIA_ROLE, "phone");
  stream->pulse = pa_stream_new_with_proplist (backend->context,
                                               stream->base.capture ? "Microphone" : "Loudspeaker",
                                               &spec, NULL, properties);
  pa_proplist_free (properties);
  if (!stream->pulse)
    return FALSE;
  pa_stream_set_state_callback (stream->pulse, on_stream_state, stream);
  pa_stream_set_moved_callback (stream->pulse, on_stream_moved, stream);
  oh_buffer_size_start (&stream->size, backend->buffer_ms, oh_clock_now ());
  attr = get_buffer_attr (stream);
  if (stream->base.capture)
    {
      pa_stream_set_read_callback (stream->pulse, on_captured, stream);
      return pa_stream_connect_record (stream->pulse, device, &attr, flags) == 0;
    }
  pa_stream_set_write_callback (stream->pulse, on_wanted, stream);
  pa_stream_set_underflow_callback (stream->pulse, on_underflow, stream);
  return pa_stream_connect_playback (stream->pulse, device, &attr, flags, NULL, NULL) == 0;
}

static OhDeviceStream *
pulse_stream_open (OhDeviceBackend *base, const char *id, gboolean capture, int wake)
{
  Backend *backend = (Backend *)base;
  Stream *stream = oh_device_stream_new (sizeof *stream, base, id, capture, wake);

  stream->home = PA_INVALID_INDEX;
  pa_threaded_mainloop_lock (backend->loop);
  g_ptr_array_add (backend->streams, stream);
  if (!connect_stream (stream))
    oh_device_stream_set_state (&stream->base, OH_DEVICE_FAILED);
  pa_threaded_mainloop_unlock (backend->loop);
  return &stream->base;
}

static void
pulse_stream_run (OhDeviceStream *base, gboolean run)
{
  Backend *backend = (Backend *)base->backend;
  Stream *stream = (Stream *)base;

  pa_threaded_mainloop_lock (backend->loop);
  stream->running = run;
  if (stream->pulse)
    apply_running (stream);
  pa_threaded_mainloop_unlock (backend->loop);
}

static void
pulse_stream_close (OhDeviceStream *base)
{
  Backend *backend = (Backend *)base->backend;
  Stream *stream = (Stream *)base;

  pa_threaded_mainloop_lock (backend->loop);
  g_ptr_array_remove_fast (backend->streams, stream);
  if (stream->pulse)
    {
      pa_stream_set_state_callback (stream->pulse, NULL, NULL);
      pa_stream_set_moved_callback (stream->pulse, NULL, NULL);
      pa_stream_set_read_callback (stream->pulse, NULL, NULL);
      pa_stream_set_write_callback (stream->pulse, NULL, NULL);
      pa_stream_set_underflow_callback (stream->pulse, NULL, NULL);
      pa_stream_disconnect (stream->pulse);
      g_clear_pointer (&stream->pulse, pa_stream_unref);
    }
  pa_threaded_mainloop_unlock (backend->loop);
  oh_device_stream_unref (base);
}

const OhDeviceClass oh_device_pulse = {
  .name = "pulse",
  .open = pulse_open,
  .close = pulse_close,
  .get_state = pulse_get_state,
  .list = pulse_list,
  .stream_open = pulse_stream_open,
  .stream_run = pulse_stream_run,
  .stream_close = pulse_stream_close,
};
