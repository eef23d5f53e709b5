/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/device/oh-device.h"

#include "base/oh-clock.h"

#include <glib-object.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct _OhDeviceWatch
{
  GMainContext *context;
  GWeakRef owner;
  void (*changed) (gpointer owner);
  atomic_bool pending;
};

const OhDeviceClass *
oh_device_class_find (const char *name)
{
  static const OhDeviceClass *const classes[] = {
    &oh_device_pulse,
    &oh_device_portaudio,
    &oh_device_file,
    &oh_device_fake,
  };

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    if (strcmp (classes[i]->name, name) == 0)
      return classes[i];
  return NULL;
}

OhDeviceWatch *
oh_device_watch_new (gpointer owner, void (*changed) (gpointer owner))
{
  OhDeviceWatch *watch = g_atomic_rc_box_new0 (OhDeviceWatch);

  watch->context = g_main_context_ref_thread_default ();
  g_weak_ref_init (&watch->owner, owner);
  watch->changed = changed;
  return watch;
}

OhDeviceWatch *
oh_device_watch_ref (OhDeviceWatch *watch)
{
  return g_atomic_rc_box_acquire (watch);
}

static void
watch_clear (gpointer data)
{
  OhDeviceWatch *watch = data;

  g_weak_ref_clear (&watch->owner);
  g_main_context_unref (watch->context);
}

void
oh_device_watch_unref (OhDeviceWatch *watch)
{
  if (watch)
    g_atomic_rc_box_release_full (watch, watch_clear);
}

static gboolean
tell_changed (gpointer data)
{
  OhDeviceWatch *watch = data;
  g_autoptr (GObject) owner = NULL;

  atomic_store (&watch->pending, FALSE);
  owner = g_weak_ref_get (&watch->owner);
  if (owner)
    watch->changed (owner);
  return G_SOURCE_REMOVE;
}

void
oh_device_backend_changed (OhDeviceBackend *backend)
{
  OhDeviceWatch *watch = backend->watch;
  g_autoptr (GSource) source = NULL;

  if (atomic_exchange (&watch->pending, TRUE))
    return;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, tell_changed, oh_device_watch_ref (watch),
                         (GDestroyNotify)oh_device_watch_unref);
  g_source_attach (source, watch->context);
}

OhDeviceInfo *
oh_device_info_new (const char *id, const char *name, gboolean capture)
{
  OhDeviceInfo *info = g_new0 (OhDeviceInfo, 1);

  info->id = g_strdup (id);
  info->name = g_strdup (name);
  info->capture = capture;
  return info;
}

void
oh_device_info_free (OhDeviceInfo *info)
{
  if (!info)
    return;
  g_free (info->id);
  g_free (info->name);
  g_free (info);
}

GPtrArray *
oh_device_list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)oh_device_info_free);
}

gpointer
oh_device_stream_new (
    gsize size, OhDeviceBackend *backend, const char *id, gboolean capture, int wake)
{
  OhDeviceStream *stream = g_malloc0 (size);

  stream->klass = backend->klass;
  stream->backend = backend;
  g_atomic_int_set (&stream->refs, 1);
  stream->capture = capture;
  stream->id = g_strdup (id);
  stream->ring = oh_ring_new (OH_DEVICE_RING);
  stream->wake = fcntl (wake, F_DUPFD_CLOEXEC, 3); /* a late callback may outlive the engine */
  stream->period = OH_DEVICE_BLOCK;
  return stream;
}

OhDeviceStream *
oh_device_stream_ref (OhDeviceStream *stream)
{
  g_atomic_int_inc (&stream->refs);
  return stream;
}

void
oh_device_stream_unref (OhDeviceStream *stream)
{
  if (!stream || !g_atomic_int_dec_and_test (&stream->refs))
    return;
  if (stream->wake >= 0)
    close (stream->wake);
  oh_ring_free (stream->ring);
  g_free (stream->id);
  g_free (stream);
}

void
oh_device_stream_wake (OhDeviceStream *stream)
{
  const guint64 one = 1;

  atomic_store_explicit (&stream->moved_at, oh_clock_now (), memory_order_relaxed);
  if (write (stream->wake, &one, sizeof one) < 0)
    return; /* only when the counter is full: the engine has been woken often enough */
}

void
oh_device_stream_captured (OhDeviceStream *stream, const gint16 *samples, gsize n)
{
  oh_ring_write (stream->ring, samples, n);
  oh_device_stream_wake (stream);
}

void
oh_device_stream_play (OhDeviceStream *stream, gint16 *samples, gsize n)
{
  gsize given = oh_ring_read (stream->ring, samples, n);

  if (given < n)
    {
      memset (samples + given, 0, (n - given) * sizeof *samples);
      atomic_fetch_add_explicit (&stream->underruns, 1, memory_order_relaxed);
    }
  oh_device_stream_wake (stream);
}

void
oh_device_stream_set_state (OhDeviceStream *stream, OhDeviceState state)
{
  if (atomic_exchange (&stream->state, state) != (gint)state)
    oh_device_backend_changed (stream->backend);
}
