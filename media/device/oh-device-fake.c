/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/device/oh-device-fake.h"

#include <string.h>

#define PREFIX "fake:"

typedef struct
{
  OhDeviceBackend base;
  GPtrArray *devices; /* OhDeviceInfo */
  GPtrArray *streams; /* Stream, borrowed */
  char *defaults[2];  /* names; [capture] */
  guint latency[2];
  guint period; /* samples */
} Backend;

typedef struct
{
  OhDeviceStream base;
  gboolean running;
} Stream;

static Backend *opened; /* the last one */

static OhDeviceBackend *
fake_open (const char *arguments, OhDeviceWatch *watch)
{
  Backend *backend = g_new0 (Backend, 1);

  backend->base.klass = &oh_device_fake;
  backend->base.watch = oh_device_watch_ref (watch);
  backend->devices = oh_device_list_new ();
  backend->streams = g_ptr_array_new ();
  backend->period = OH_DEVICE_BLOCK;
  opened = backend;
  oh_device_fake_plug ("microphone", TRUE);
  oh_device_fake_plug ("speaker", FALSE);
  oh_device_fake_set_default ("microphone", TRUE);
  oh_device_fake_set_default ("speaker", FALSE);
  return &backend->base;
}

static void
fake_close (OhDeviceBackend *base)
{
  Backend *backend = (Backend *)base;

  if (opened == backend)
    opened = NULL;
  g_ptr_array_unref (backend->devices);
  g_ptr_array_unref (backend->streams);
  g_free (backend->defaults[0]);
  g_free (backend->defaults[1]);
  oh_device_watch_unref (backend->base.watch);
  g_free (backend);
}

static OhDeviceState
fake_get_state (OhDeviceBackend *base, char **message)
{
  return OH_DEVICE_READY;
}

static GPtrArray *
fake_list (OhDeviceBackend *base)
{
  Backend *backend = (Backend *)base;
  GPtrArray *list = oh_device_list_new ();

  for (guint i = 0; i < backend->devices->len; i++)
    {
      OhDeviceInfo *info = backend->devices->pdata[i];

      g_ptr_array_add (list, oh_device_info_new (info->id, info->name, info->capture));
    }
  return list;
}

static gboolean
find_device (Backend *backend, const char *name, gboolean capture, guint *at)
{
  for (guint i = 0; i < backend->devices->len; i++)
    {
      OhDeviceInfo *info = backend->devices->pdata[i];

      if (info->capture == capture && g_strcmp0 (info->name, name) == 0)
        {
          if (at)
            *at = i;
          return TRUE;
        }
    }
  return FALSE;
}

/* Where the stream is now: its own device or the default. */
static const char *
get_place (Stream *stream)
{
  Backend *backend = (Backend *)stream->base.backend;

  if (stream->base.id)
    return stream->base.id + strlen (PREFIX);
  return backend->defaults[stream->base.capture];
}

static void
settle (Stream *stream)
{
  Backend *backend = (Backend *)stream->base.backend;
  guint at = 0;
  gboolean there = find_device (backend, get_place (stream), stream->base.capture, &at);

  if (there)
    stream->base.worn = ((OhDeviceInfo *)backend->devices->pdata[at])->worn;
  oh_device_stream_set_state (&stream->base, there ? OH_DEVICE_READY : OH_DEVICE_FAILED);
}

static OhDeviceStream *
fake_stream_open (OhDeviceBackend *base, const char *id, gboolean capture, int wake)
{
  Backend *backend = (Backend *)base;
  Stream *stream = oh_device_stream_new (sizeof *stream, base, id, capture, wake);

  stream->base.latency = backend->latency[capture];
  stream->base.period = backend->period;
  g_ptr_array_add (backend->streams, stream);
  settle (stream);
  return &stream->base;
}

static void
fake_stream_run (OhDeviceStream *stream, gboolean run)
{
  ((Stream *)stream)->running = run;
}

static void
fake_stream_close (OhDeviceStream *stream)
{
  Backend *backend = (Backend *)stream->backend;

  g_ptr_array_remove_fast (backend->streams, stream);
  oh_device_stream_unref (stream);
}

const OhDeviceClass oh_device_fake = {
  .name = "fake",
  .open = fake_open,
  .close = fake_close,
  .get_state = fake_get_state,
  .list = fake_list,
  .stream_open = fake_stream_open,
  .stream_run = fake_stream_run,
  .stream_close = fake_stream_close,
};

gboolean
oh_device_fake_plug (const char *name, gboolean capture)
{
  g_autofree char *id = g_strconcat (PREFIX, name, NULL);

  if (!opened)
    return FALSE;
  if (!find_device (opened, name, capture, NULL))
    g_ptr_array_add (opened->devices, oh_device_info_new (id, name, capture));
  oh_device_backend_changed (&opened->base);
  return TRUE;
}

static void
settle_all (Backend *backend)
{
  for (guint i = 0; i < backend->streams->len; i++)
    settle (backend->streams->pdata[i]);
  oh_device_backend_changed (&backend->base);
}

gboolean
oh_device_fake_unplug (const char *name, gboolean capture)
{
  guint at;

  if (!opened || !find_device (opened, name, capture, &at))
    return FALSE;
  g_ptr_array_remove_index (opened->devices, at);
  settle_all (opened);
  return TRUE;
}

void
oh_device_fake_set_default (const char *name, gboolean capture)
{
  if (!opened)
    return;
  g_free (opened->defaults[capture]);
  opened->defaults[capture] = g_strdup (name);
  settle_all (opened);
}

static Stream *
find_stream (const char *name, gboolean capture, gboolean running)
{
  for (guint i = 0; opened && i < opened->streams->len; i++)
    {
      Stream *stream = opened->streams->pdata[i];

      if (stream->base.capture == capture && (!running || stream->running)
          && stream->base.state == OH_DEVICE_READY
          && (!name || g_strcmp0 (get_place (stream), name) == 0))
        return stream;
    }
  return NULL;
}

gboolean
oh_device_fake_hear (const char *name, const gint16 *samples, gsize n)
{
  Stream *stream = find_stream (name, TRUE, TRUE);

  if (stream)
    oh_device_stream_captured (&stream->base, samples, n);
  return stream != NULL;
}

gboolean
oh_device_fake_play (const char *name, gint16 *samples, gsize n)
{
  Stream *stream = find_stream (name, FALSE, TRUE);

  if (stream)
    oh_device_stream_play (&stream->base, samples, n);
  else
    memset (samples, 0, n * sizeof *samples);
  return stream != NULL;
}

gboolean
oh_device_fake_is_open (const char *name, gboolean capture)
{
  return find_stream (name, capture, FALSE) != NULL;
}

gboolean
oh_device_fake_is_running (const char *name, gboolean capture)
{
  return find_stream (name, capture, TRUE) != NULL;
}

void
oh_device_fake_set_latency (guint capture, guint playback)
{
  if (!opened)
    return;
  opened->latency[TRUE] = capture;
  opened->latency[FALSE] = playback;
}

void
oh_device_fake_set_period (guint samples)
{
  if (opened)
    opened->period = samples;
}

void
oh_device_fake_set_worn (const char *name, gboolean worn)
{
  guint at;

  if (!opened || !find_device (opened, name, FALSE, &at))
    return;
  ((OhDeviceInfo *)opened->devices->pdata[at])->worn = worn;
  settle_all (opened);
}
