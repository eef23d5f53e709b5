/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/call/oh-call-sound.h"

#define DIGIT_MS 160

struct _OhCallSound
{
  OhBaseCall *call; /* owns us */
  OhAudio *audio;
  OhPeer *peer;
  gboolean sounding; /* oh_audio_start() was called last */
  guint figures_timer;
};

OhCallSound *
oh_call_sound_new (OhBaseCall *call, OhAudio *audio, OhWorker *engine, const OhPeerConfig *config)
{
  OhCallSound *sound = g_new0 (OhCallSound, 1);

  sound->call = call;
  sound->audio = audio;
  sound->peer = oh_peer_new (engine, config);
  return sound;
}

void
oh_call_sound_free (OhCallSound *sound)
{
  if (!sound)
    return;
  g_clear_handle_id (&sound->figures_timer, g_source_remove);
  oh_call_sound_stop (sound);
  oh_peer_close (sound->peer);
  oh_peer_unref (sound->peer);
  g_free (sound);
}

OhPeer *
oh_call_sound_get_peer (OhCallSound *sound)
{
  return sound->peer;
}

void
oh_call_sound_prepare (OhCallSound *sound)
{
  oh_audio_prepare (sound->audio, sound->peer);
}

void
oh_call_sound_start (OhCallSound *sound)
{
  if (sound->sounding || oh_call_is_held (OH_CALL (sound->call)))
    return;
  sound->sounding = TRUE;
  oh_audio_set_muted (sound->audio, oh_call_is_muted (OH_CALL (sound->call)));
  oh_audio_start (sound->audio, sound->peer);
}

void
oh_call_sound_stop (OhCallSound *sound)
{
  sound->sounding = FALSE;
  oh_audio_stop (sound->audio, sound->peer);
}

void
oh_call_sound_set_muted (OhCallSound *sound, gboolean muted)
{
  if (sound && sound->sounding)
    oh_audio_set_muted (sound->audio, muted);
}

void
oh_call_sound_set_held (OhCallSound *sound, gboolean held)
{
  if (sound && held)
    oh_call_sound_stop (sound);
  else if (sound)
    oh_call_sound_start (sound);
}

void
oh_call_sound_send_digit (OhCallSound *sound, char digit)
{
  if (sound)
    oh_peer_send_digit (sound->peer, digit, DIGIT_MS);
}

/* --- Figures --- */

/* "opus", 48000 -> "Opus 48 kHz" */
static char *
describe_codec (const OhPeerStats *stats)
{
  static const char *const names[][2] = {
    { "opus", "Opus" }, { "G722", "G.722" }, { "PCMU", "G.711 µ-law" }, { "PCMA", "G.711 A-law" }
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
  oh_base_call_set_figures (sound->call, &(OhCallFigures){
                                             .codec = codec,
                                             .cipher = stats.cipher,
                                             .key_exchange = stats.key_exchange,
                                             .quality = stats.mos,
                                             .loss = MAX (stats.loss, 0),
                                             .jitter = MAX (stats.jitter_ms, 0),
                                             .round_trip = stats.rtt_ms,
                                             .echo_reduction = MAX (echo, -1),
                                         });
  return G_SOURCE_CONTINUE;
}

void
oh_call_sound_start_figures (OhCallSound *sound)
{
  if (sound->figures_timer)
    return;
  on_figures_due (sound);
  sound->figures_timer = g_timeout_add_seconds (1, on_figures_due, sound);
}
