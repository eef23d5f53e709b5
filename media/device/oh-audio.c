/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/device/oh-audio.h"

#include "base/oh-clock.h"
#include "media/device/oh-audio-device-private.h"
#include "media/device/oh-audio-engine.h"
#include "media/device/oh-device.h"

#include <math.h>
#include <string.h>

/* A stream that failed is tried again when the list changes, or after RETRY_MS, then twice as long. */
#define RETRY_MS 500
#define RETRY_MAX_MS 30000
#define METER_FLOOR_DB 60

typedef enum
{
  LOCAL_NONE,
  LOCAL_METER,
  LOCAL_LOOPBACK
} Local;

/* Decides, on the main thread, which devices are open; reconcile() is the one place that acts on
 * it, after every change of wishes or of the back ends' news. Owns back ends and streams. With no
 * back end asked for it holds libpulse and, when that has no server, PortAudio beside it; the first
 * of them that works is the active one. */
struct _OhAudio
{
  GObject parent_instance;

  OhWorker *worker;
  OhAudioEngine *engine;
  OhDeviceWatch *watch;
  OhDeviceBackend *backends[2];
  OhDeviceBackend *active; /* one of them; NULL: none works */
  gboolean choose;         /* no back end was asked for */
  GListStore *devices[2];  /* [capture] */

  /* wishes */
  char *wanted[OH_AUDIO_N_PURPOSES];
  gboolean toned[OH_AUDIO_N_PURPOSES];
  OhPeer *prepared, *started;
  Local local;
  OhFilterOptions filter;

  OhDeviceStream *streams[OH_AUDIO_N_PURPOSES];
  gboolean running[OH_AUDIO_N_PURPOSES];
  guint retry_ms[OH_AUDIO_N_PURPOSES]; /* after the last failure; 0: it works or was never tried */
  gint64 retry_at[OH_AUDIO_N_PURPOSES];
  guint retry_id;

  gboolean has[2]; /* [capture] */
  char *error;
};

enum
{
  PROP_0,
  PROP_HAS_MICROPHONE,
  PROP_HAS_SPEAKER,
  PROP_ERROR,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (OhAudio, oh_audio, G_TYPE_OBJECT)

/* --- streams --- */

static gboolean
is_capture (OhAudioPurpose purpose)
{
  return purpose == OH_AUDIO_MICROPHONE;
}

static gboolean
shall_be_open (OhAudio *audio, OhAudioPurpose purpose)
{
  gboolean call = audio->prepared || audio->started;

  if (!audio->active || !audio->has[is_capture (purpose)])
    return FALSE;
  if (purpose == OH_AUDIO_MICROPHONE)
    return call || audio->local != LOCAL_NONE;
  if (purpose == OH_AUDIO_SPEAKER)
    return call || audio->toned[purpose] || audio->local == LOCAL_LOOPBACK;
  return audio->toned[purpose];
}

/* The microphone is ready before the answer, but dark. */
static gboolean
shall_run (OhAudio *audio, OhAudioPurpose purpose)
{
  return purpose != OH_AUDIO_MICROPHONE || audio->started || audio->local != LOCAL_NONE;
}

/* The device asked for while it is there, else the default. */
static const char *
get_effective_id (OhAudio *audio, OhAudioPurpose purpose)
{
  const char *id = audio->wanted[purpose];

  return id && oh_audio_device_is_in_store (audio->devices[is_capture (purpose)], id) ? id : NULL;
}

static void
close_stream (OhAudio *audio, OhAudioPurpose purpose)
{
  OhDeviceStream *stream = g_steal_pointer (&audio->streams[purpose]);

  if (!stream)
    return;
  oh_audio_engine_set_stream (audio->engine, purpose, NULL);
  stream->klass->stream_close (stream);
  audio->running[purpose] = FALSE;
}

static gboolean on_retry (gpointer data);

static void
note_failure (OhAudio *audio, OhAudioPurpose purpose)
{
  guint ms = CLAMP (audio->retry_ms[purpose] * 2, RETRY_MS, RETRY_MAX_MS);

  audio->retry_ms[purpose] = ms;
  audio->retry_at[purpose] = oh_clock_now () + ms * 1000;
  if (audio->retry_id == 0)
    audio->retry_id = g_timeout_add (RETRY_MS, on_retry, audio);
}

static gboolean
may_try (OhAudio *audio, OhAudioPurpose purpose)
{
  return audio->retry_ms[purpose] == 0 || oh_clock_now () >= audio->retry_at[purpose];
}

static void
open_stream (OhAudio *audio, OhAudioPurpose purpose)
{
  OhDeviceStream *stream = audio->active->klass->stream_open (
      audio->active, get_effective_id (audio, purpose), is_capture (purpose),
      oh_audio_engine_get_wake (audio->engine));

  audio->streams[purpose] = stream;
  oh_audio_engine_set_stream (audio->engine, purpose, stream);
}

static void
reconcile_stream (OhAudio *audio, OhAudioPurpose purpose)
{
  gboolean open = shall_be_open (audio, purpose), run = shall_run (audio, purpose);
  OhDeviceStream *stream = audio->streams[purpose];

  if (stream && (!open || g_strcmp0 (stream->id, get_effective_id (audio, purpose)) != 0))
    close_stream (audio, purpose);
  else if (stream && stream->state == OH_DEVICE_FAILED)
    {
      note_failure (audio, purpose);
      close_stream (audio, purpose);
    }
  else if (stream && stream->state == OH_DEVICE_READY)
    audio->retry_ms[purpose] = 0;
  if (open && !audio->streams[purpose] && may_try (audio, purpose))
    open_stream (audio, purpose);
  if (audio->streams[purpose] && audio->running[purpose] != run)
    {
      stream = audio->streams[purpose];
      stream->klass->stream_run (stream, run);
      audio->running[purpose] = run;
    }
}

static void
reconcile (OhAudio *audio)
{
  for (OhAudioPurpose purpose = 0; purpose < OH_AUDIO_N_PURPOSES; purpose++)
    reconcile_stream (audio, purpose);
}

/* Runs on while a stream waits for its next try. */
static gboolean
on_retry (gpointer data)
{
  OhAudio *audio = data;

  reconcile (audio);
  for (OhAudioPurpose purpose = 0; purpose < OH_AUDIO_N_PURPOSES; purpose++)
    if (shall_be_open (audio, purpose) && audio->retry_ms[purpose] > 0)
      return G_SOURCE_CONTINUE;
  audio->retry_id = 0;
  return G_SOURCE_REMOVE;
}

/* --- back ends --- */

static OhDeviceState
get_state (OhDeviceBackend *backend)
{
  return backend ? backend->klass->get_state (backend, NULL) : OH_DEVICE_FAILED;
}

static void
choose_active (OhAudio *audio)
{
  OhDeviceBackend *best = NULL;

  if (audio->choose && !audio->backends[1] && get_state (audio->backends[0]) == OH_DEVICE_FAILED)
    audio->backends[1] = oh_device_portaudio.open (NULL, audio->watch);
  for (guint i = G_N_ELEMENTS (audio->backends); i-- > 0;)
    if (get_state (audio->backends[i]) == OH_DEVICE_READY)
      best = audio->backends[i];
  if (best == audio->active)
    return;
  for (OhAudioPurpose purpose = 0; purpose < OH_AUDIO_N_PURPOSES; purpose++)
    close_stream (audio, purpose);
  audio->active = best;
}

static void
update_lists (OhAudio *audio)
{
  g_autoptr (GPtrArray) list = audio->active ? audio->active->klass->list (audio->active)
                                             : oh_device_list_new ();
  gboolean changed = FALSE;

  for (guint capture = 0; capture < 2; capture++)
    if (oh_audio_device_update_store (audio->devices[capture], list, capture))
      changed = TRUE;
  if (changed)
    memset (audio->retry_ms, 0, sizeof audio->retry_ms);
}

static void
update_has (OhAudio *audio, gboolean capture, guint prop)
{
  gboolean has = g_list_model_get_n_items (G_LIST_MODEL (audio->devices[capture])) > 0;

  if (audio->has[capture] == has)
    return;
  audio->has[capture] = has;
  g_object_notify_by_pspec (G_OBJECT (audio), props[prop]);
}

static void
update_error (OhAudio *audio)
{
  gboolean silent = !audio->has[FALSE] && !audio->has[TRUE];
  g_autofree char *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (audio->backends) && !error && silent; i++)
    if (audio->backends[i])
      audio->backends[i]->klass->get_state (audio->backends[i], &error);
  if (g_strcmp0 (error, audio->error) == 0)
    return;
  g_free (audio->error);
  audio->error = g_steal_pointer (&error);
  g_object_notify_by_pspec (G_OBJECT (audio), props[PROP_ERROR]);
}

static void
on_backend_changed (gpointer owner)
{
  OhAudio *audio = OH_AUDIO (owner);

  if (!audio->engine)
    return;
  choose_active (audio);
  update_lists (audio);
  update_has (audio, TRUE, PROP_HAS_MICROPHONE);
  update_has (audio, FALSE, PROP_HAS_SPEAKER);
  update_error (audio);
  reconcile (audio);
}

static void
open_backend (OhAudio *audio, const char *wish)
{
  g_autofree char *name = NULL;
  const char *colon = wish ? strchr (wish, ':') : NULL;
  const OhDeviceClass *klass;

  audio->choose = wish == NULL;
  if (wish)
    name = colon ? g_strndup (wish, colon - wish) : g_strdup (wish);
  klass = oh_device_class_find (name ? name : "pulse");
  if (klass)
    audio->backends[0] = klass->open (colon ? colon + 1 : NULL, audio->watch);
  else
    audio->error = g_strdup_printf ("There is no audio back end \"%s\"", name);
}

/* --- object --- */

static void
oh_audio_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhAudio *audio = OH_AUDIO (object);

  switch (id)
    {
    case PROP_HAS_MICROPHONE:
      g_value_set_boolean (value, audio->has[TRUE]);
      break;
    case PROP_HAS_SPEAKER:
      g_value_set_boolean (value, audio->has[FALSE]);
      break;
    case PROP_ERROR:
      g_value_set_string (value, audio->error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
oh_audio_dispose (GObject *object)
{
  OhAudio *audio = OH_AUDIO (object);

  g_clear_handle_id (&audio->retry_id, g_source_remove);
  for (OhAudioPurpose purpose = 0; purpose < OH_AUDIO_N_PURPOSES; purpose++)
    close_stream (audio, purpose);
  for (guint i = 0; i < G_N_ELEMENTS (audio->backends); i++)
    if (audio->backends[i])
      audio->backends[i]->klass->close (audio->backends[i]);
  memset (audio->backends, 0, sizeof audio->backends);
  audio->active = NULL;
  g_clear_pointer (&audio->prepared, oh_peer_unref);
  g_clear_pointer (&audio->started, oh_peer_unref);
  g_clear_pointer (&audio->engine, oh_audio_engine_close);
  g_clear_pointer (&audio->worker, oh_worker_unref);
  g_clear_pointer (&audio->watch, oh_device_watch_unref);
  G_OBJECT_CLASS (oh_audio_parent_class)->dispose (object);
}

static void
oh_audio_finalize (GObject *object)
{
  OhAudio *audio = OH_AUDIO (object);

  g_clear_object (&audio->devices[0]);
  g_clear_object (&audio->devices[1]);
  for (OhAudioPurpose purpose = 0; purpose < OH_AUDIO_N_PURPOSES; purpose++)
    g_free (audio->wanted[purpose]);
  g_free (audio->error);
  G_OBJECT_CLASS (oh_audio_parent_class)->finalize (object);
}

static void
oh_audio_class_init (OhAudioClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = oh_audio_get_property;
  object_class->dispose = oh_audio_dispose;
  object_class->finalize = oh_audio_finalize;
  props[PROP_HAS_MICROPHONE] = g_param_spec_boolean ("has-microphone", NULL, NULL, FALSE, flags);
  props[PROP_HAS_SPEAKER] = g_param_spec_boolean ("has-speaker", NULL, NULL, FALSE, flags);
  props[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
oh_audio_init (OhAudio *audio)
{
  audio->devices[0] = g_list_store_new (OH_TYPE_AUDIO_DEVICE);
  audio->devices[1] = g_list_store_new (OH_TYPE_AUDIO_DEVICE);
  audio->filter = (OhFilterOptions){ .echo = TRUE, .noise = TRUE, .gain = TRUE };
}

OhAudio *
oh_audio_new (OhWorker *worker, const char *backend)
{
  OhAudio *audio;

  g_return_val_if_fail (oh_worker_get_context (worker) != NULL, NULL);

  audio = g_object_new (OH_TYPE_AUDIO, NULL);
  audio->worker = oh_worker_ref (worker);
  audio->engine = oh_audio_engine_new (worker, &oh_filter_voice);
  oh_audio_engine_set_filter (audio->engine, &audio->filter);
  audio->watch = oh_device_watch_new (audio, on_backend_changed);
  open_backend (audio, backend ? backend : g_getenv ("OFFHOOK_AUDIO"));
  return audio;
}

GListModel *
oh_audio_get_devices (OhAudio *audio, gboolean capture)
{
  g_return_val_if_fail (OH_IS_AUDIO (audio), NULL);

  return G_LIST_MODEL (audio->devices[!!capture]);
}

void
oh_audio_set_device (OhAudio *audio, OhAudioPurpose purpose, const char *id)
{
  g_return_if_fail (OH_IS_AUDIO (audio) && purpose < OH_AUDIO_N_PURPOSES);

  if (g_strcmp0 (id, audio->wanted[purpose]) == 0)
    return;
  g_free (audio->wanted[purpose]);
  audio->wanted[purpose] = g_strdup (id);
  audio->retry_ms[purpose] = 0;
  reconcile (audio);
}

const char *
oh_audio_get_device (OhAudio *audio, OhAudioPurpose purpose)
{
  g_return_val_if_fail (OH_IS_AUDIO (audio) && purpose < OH_AUDIO_N_PURPOSES, NULL);

  return audio->wanted[purpose];
}

void
oh_audio_set_echo_cancellation (OhAudio *audio, gboolean on)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  audio->filter.echo = on;
  oh_audio_engine_set_filter (audio->engine, &audio->filter);
}

void
oh_audio_set_half_duplex (OhAudio *audio, gboolean on)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  audio->filter.half_duplex = on;
  oh_audio_engine_set_filter (audio->engine, &audio->filter);
}

void
oh_audio_set_noise_suppression (OhAudio *audio, gboolean on)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  audio->filter.noise = on;
  oh_audio_engine_set_filter (audio->engine, &audio->filter);
}

void
oh_audio_set_gain_control (OhAudio *audio, gboolean on)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  audio->filter.gain = on;
  oh_audio_engine_set_filter (audio->engine, &audio->filter);
}

void
oh_audio_set_tone_volume (OhAudio *audio, float volume)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  oh_audio_engine_set_tone_volume (audio->engine, volume);
}

void
oh_audio_prepare (OhAudio *audio, OhPeer *peer)
{
  g_return_if_fail (OH_IS_AUDIO (audio) && peer != NULL);

  oh_peer_ref (peer);
  g_clear_pointer (&audio->prepared, oh_peer_unref);
  audio->prepared = peer;
  reconcile (audio);
}

void
oh_audio_start (OhAudio *audio, OhPeer *peer)
{
  g_return_if_fail (OH_IS_AUDIO (audio) && peer != NULL);

  oh_peer_ref (peer);
  if (audio->prepared == peer)
    g_clear_pointer (&audio->prepared, oh_peer_unref);
  g_clear_pointer (&audio->started, oh_peer_unref);
  audio->started = peer;
  audio->local = LOCAL_NONE;
  oh_audio_engine_set_loopback (audio->engine, 0);
  oh_audio_engine_set_peer (audio->engine, peer);
  reconcile (audio);
}

void
oh_audio_stop (OhAudio *audio, OhPeer *peer)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  if (audio->prepared == peer)
    g_clear_pointer (&audio->prepared, oh_peer_unref);
  if (audio->started == peer)
    {
      g_clear_pointer (&audio->started, oh_peer_unref);
      oh_audio_engine_set_peer (audio->engine, NULL);
    }
  reconcile (audio);
}

void
oh_audio_set_muted (OhAudio *audio, gboolean muted)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  oh_audio_engine_set_muted (audio->engine, muted);
}

static void
play (OhAudio *audio, OhAudioPurpose purpose, OhSource *source, gboolean soft)
{
  audio->toned[purpose] = source != NULL;
  oh_audio_engine_set_tone (audio->engine, purpose, source, soft);
  reconcile (audio);
}

void
oh_audio_play (OhAudio *audio, OhAudioPurpose purpose, OhSource *source)
{
  g_return_if_fail (OH_IS_AUDIO (audio));
  g_return_if_fail (purpose == OH_AUDIO_SPEAKER || purpose == OH_AUDIO_RINGER);

  play (audio, purpose, source, TRUE);
}

void
oh_audio_play_recording (OhAudio *audio, OhSource *source)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  play (audio, OH_AUDIO_SPEAKER, source, FALSE);
}

static void
set_local (OhAudio *audio, Local local, guint delay_ms)
{
  audio->local = local;
  oh_audio_engine_set_loopback (audio->engine, delay_ms);
  reconcile (audio);
}

void
oh_audio_start_meter (OhAudio *audio)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  set_local (audio, LOCAL_METER, 0);
}

void
oh_audio_start_loopback (OhAudio *audio, guint delay_ms)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  if (!audio->started) /* in a call the far end would be in it */
    set_local (audio, LOCAL_LOOPBACK, MAX (delay_ms, 10));
}

void
oh_audio_stop_local (OhAudio *audio)
{
  g_return_if_fail (OH_IS_AUDIO (audio));

  set_local (audio, LOCAL_NONE, 0);
}

float
oh_audio_get_level (OhAudio *audio, gboolean capture)
{
  float peak;

  g_return_val_if_fail (OH_IS_AUDIO (audio), 0);

  peak = oh_audio_engine_get_peak (audio->engine, capture);
  if (peak <= 0)
    return 0;
  return CLAMP (20 * log10f (peak) / METER_FLOOR_DB + 1, 0, 1);
}

gboolean
oh_audio_has (OhAudio *audio, OhAudioPurpose purpose)
{
  g_return_val_if_fail (OH_IS_AUDIO (audio) && purpose < OH_AUDIO_N_PURPOSES, FALSE);

  return audio->has[is_capture (purpose)];
}

gboolean
oh_audio_has_headset (OhAudio *audio)
{
  OhDeviceStream *speaker;

  g_return_val_if_fail (OH_IS_AUDIO (audio), FALSE);

  speaker = audio->streams[OH_AUDIO_SPEAKER];
  return speaker && atomic_load (&speaker->worn);
}

gboolean
oh_audio_is_half_duplex (OhAudio *audio)
{
  g_return_val_if_fail (OH_IS_AUDIO (audio), FALSE);

  return audio->filter.echo && audio->filter.half_duplex && !oh_audio_has_headset (audio);
}

float
oh_audio_get_echo_reduction (OhAudio *audio)
{
  g_return_val_if_fail (OH_IS_AUDIO (audio), -1);

  return oh_audio_engine_get_echo_reduction (audio->engine);
}
