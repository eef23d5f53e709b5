/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/call/oh-call-sound.h"

#include "base/oh-timeline.h"

#define DIGIT_MS 160
#define MIN_PTIME 10 /* as the microphone's blocks */

struct _OhCallSound
{
  OhBaseCall *call; /* owns us */
  const OhCallSoundEvents *events;
  gpointer user_data;
  OhAudio *audio;
  OhSettings *settings;
  OhPeer *peer;
  gboolean ready;    /* the path is open */
  gboolean answered; /* the call is */
  gboolean sounding; /* oh_audio_start() was called last */
  guint figures_timer;
};

static void start_figures (OhCallSound *sound);

/* --- The path --- */

/* Answered and the path is open: both sides hear each other. Last: who hears of it may end the call. */
static void
become_active (OhCallSound *sound)
{
  OhCallState state = oh_call_get_state (OH_CALL (sound->call));

  if (!sound->answered || !sound->ready || state == OH_CALL_ACTIVE || state == OH_CALL_ENDED)
    return;
  oh_timeline_mark ("call-active", oh_call_get_id (OH_CALL (sound->call)));
  start_figures (sound);
  oh_base_call_move (sound->call, OH_CALL_ACTIVE, OH_CALL_REASON_NONE);
}

static void
on_ready (OhPeer *peer, gpointer user_data)
{
  OhCallSound *sound = user_data;

  sound->ready = TRUE;
  become_active (sound);
}

static void
on_far_digit (OhPeer *peer, char digit, gpointer user_data)
{
  oh_base_call_add_far_key (((OhCallSound *)user_data)->call, digit);
}

static void
on_first_sound (OhPeer *peer, gpointer user_data)
{
  OhCallSound *sound = user_data;

  if (sound->events->first_sound)
    sound->events->first_sound (sound->user_data);
}

static void
on_quiet (OhPeer *peer, gpointer user_data)
{
  OhCallSound *sound = user_data;

  if (sound->events->quiet)
    sound->events->quiet (sound->user_data);
}

static void
on_ended (OhPeer *peer, OhPeerEnd reason, const GError *error, gpointer user_data)
{
  OhCallSound *sound = user_data;

  g_message ("the sound's path is gone: %s", error ? error->message : "no reason given");
  sound->events->ended (reason, sound->user_data);
}

static const OhPeerEvents peer_events = {
  .ready = on_ready,
  .digit = on_far_digit,
  .first_sound = on_first_sound,
  .quiet = on_quiet,
  .ended = on_ended,
};

void
oh_call_sound_set_answered (OhCallSound *sound)
{
  if (!sound)
    return;
  sound->answered = TRUE;
  become_active (sound);
}

/* --- The devices --- */

static void
stop (OhCallSound *sound)
{
  sound->sounding = FALSE;
  oh_audio_stop (sound->audio, sound->peer);
}

void
oh_call_sound_prepare (OhCallSound *sound)
{
  oh_audio_prepare (sound->audio, sound->peer);
}

void
oh_call_sound_start (OhCallSound *sound)
{
  if (!sound || sound->sounding || oh_call_is_held (OH_CALL (sound->call)))
    return;
  sound->sounding = TRUE;
  oh_audio_set_muted (sound->audio, oh_call_is_muted (OH_CALL (sound->call)));
  oh_audio_start (sound->audio, sound->peer);
}

static void
on_muted (OhCall *call, GParamSpec *pspec, OhCallSound *sound)
{
  if (sound->sounding)
    oh_audio_set_muted (sound->audio, oh_call_is_muted (call));
}

static void
on_held (OhCall *call, GParamSpec *pspec, OhCallSound *sound)
{
  if (oh_call_is_held (call))
    stop (sound);
  else
    oh_call_sound_start (sound);
}

void
oh_call_sound_send_digit (OhCallSound *sound, char digit)
{
  if (sound)
    oh_peer_send_digit (sound->peer, digit, DIGIT_MS);
}

static OhQuality
get_quality (OhCallSound *sound)
{
  return oh_quality_parse (oh_settings_get_sound_quality (sound->settings));
}

static void
on_quality_chosen (OhSettings *settings, GParamSpec *pspec, OhCallSound *sound)
{
  oh_peer_set_quality (sound->peer, get_quality (sound));
}

/* --- Figures --- */

/* "opus", 48000 -> "Opus 48 kHz" */
static char *
describe_codec (const OhPeerStats *stats)
{
  static const char *const names[][2] = {
    { "opus", "Opus" },        { "G722", "G.722" }, { "PCMU", "G.711 µ-law" },
    { "PCMA", "G.711 A-law" }, { "G729", "G.729" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (stats->codec, names[i][0]) == 0)
      return g_strdup_printf ("%s %u kHz", names[i][1], stats->rate / 1000);
  return g_strdup (stats->codec);
}

static gboolean
on_figures_due (gpointer user_data)
{
  OhCallSound *sound = user_data;
  g_autofree char *codec = NULL;
  OhPeerStats stats;
  float echo = sound->sounding ? oh_audio_get_echo_reduction (sound->audio) : -1;

  oh_peer_get_stats (sound->peer, &stats);
  codec = describe_codec (&stats);
  oh_base_call_set_figures (
      sound->call, &(OhCallFigures){
                       .codec = codec,
                       .cipher = stats.cipher,
                       .key_exchange = stats.key_exchange,
                       .quality = stats.mos,
                       .loss = MAX (stats.loss, 0),
                       .jitter = MAX (stats.jitter_ms, 0),
                       .round_trip = stats.rtt_ms,
                       .echo_reduction = MAX (echo, -1),
                       .bit_rate = stats.bit_rate,
                       .packet_length = stats.ptime,
                       .half_duplex = sound->sounding && oh_audio_is_half_duplex (sound->audio),
                   });
  return G_SOURCE_CONTINUE;
}

static void
start_figures (OhCallSound *sound)
{
  if (sound->figures_timer)
    return;
  on_figures_due (sound);
  sound->figures_timer = g_timeout_add_seconds (1, on_figures_due, sound);
}

/* --- All of it --- */

OhCallSound *
oh_call_sound_new (OhBaseCall *call,
                   OhCore *core,
                   const OhPeerConfig *config,
                   const OhCallSoundEvents *events,
                   gpointer user_data)
{
  OhCallSound *sound = g_new0 (OhCallSound, 1);
  OhPeerConfig own = *config;

  sound->call = call;
  sound->events = events;
  sound->user_data = user_data;
  sound->audio = oh_core_get_audio (core);
  sound->settings = g_object_ref (oh_core_get_settings (core));
  own.events = &peer_events;
  own.user_data = sound;
  own.executor = oh_executor_for_context (NULL);
  own.min_ptime = MIN_PTIME;
  own.quality = get_quality (sound);
  sound->peer = oh_peer_new (oh_core_get_engine (core), &own);
  g_signal_connect (call, "notify::muted", G_CALLBACK (on_muted), sound);
  g_signal_connect (call, "notify::held", G_CALLBACK (on_held), sound);
  g_signal_connect (sound->settings, "notify::sound-quality", G_CALLBACK (on_quality_chosen),
                    sound);
  return sound;
}

void
oh_call_sound_free (OhCallSound *sound)
{
  if (!sound)
    return;
  g_signal_handlers_disconnect_by_data (sound->call, sound);
  g_signal_handlers_disconnect_by_data (sound->settings, sound);
  g_object_unref (sound->settings);
  g_clear_handle_id (&sound->figures_timer, g_source_remove);
  stop (sound);
  oh_peer_close (sound->peer);
  oh_peer_unref (sound->peer);
  g_free (sound);
}

OhPeer *
oh_call_sound_get_peer (OhCallSound *sound)
{
  return sound->peer;
}
