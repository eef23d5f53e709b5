/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/sound/oh-sound-desk.h"

#include "client/sound/oh-sound-device-list.h"
#include "media/tone/oh-tone.h"

#define TONE_RATE 48000
#define SAMPLE_MS 2500 /* one ring, the test sound and its last echo */

struct _OhSoundDesk
{
  GObject parent;
  OhSettings *settings;
  OhCallList *calls;
  OhWorker *engine;
  OhAudio *audio;
  GListModel *devices[2]; /* playback, capture */
  OhCue cue;
  GHashTable *silenced; /* OhCall that ring without a sound; held while they ring */
  guint sample_timer;
  OhAudioPurpose sample_purpose; /* where it plays, while the timer is set */
};

enum
{
  PROP_0,
  PROP_HAS_MICROPHONE,
  PROP_HAS_SPEAKER,
  PROP_ERROR
};

G_DEFINE_FINAL_TYPE (OhSoundDesk, oh_sound_desk, G_TYPE_OBJECT)

static const struct
{
  OhToneKind tone;
  OhAudioPurpose purpose;
} cues[] = {
  [OH_CUE_RING] = { OH_TONE_RINGER, OH_AUDIO_RINGER },
  [OH_CUE_CALL_WAITING] = { OH_TONE_CALL_WAITING, OH_AUDIO_SPEAKER },
  [OH_CUE_RINGBACK] = { OH_TONE_RINGBACK, OH_AUDIO_SPEAKER },
  [OH_CUE_BUSY] = { OH_TONE_BUSY, OH_AUDIO_SPEAKER },
  [OH_CUE_CONGESTION] = { OH_TONE_CONGESTION, OH_AUDIO_SPEAKER },
};

static void
play (OhSoundDesk *desk, OhCue cue)
{
  g_autoptr (OhSource) source = oh_tone_new (cues[cue].tone, TONE_RATE, 1.0f);

  oh_audio_play (desk->audio, cues[cue].purpose, source);
}

static void
stop_sample (OhSoundDesk *desk)
{
  if (!desk->sample_timer)
    return;
  g_clear_handle_id (&desk->sample_timer, g_source_remove);
  oh_audio_play (desk->audio, desk->sample_purpose, NULL);
}

static void
update_cue (OhSoundDesk *desk)
{
  OhCue cue = oh_cue_for_calls (G_LIST_MODEL (desk->calls), desk->silenced);

  if (cue == desk->cue)
    return;
  stop_sample (desk);
  if (desk->cue != OH_CUE_NONE
      && (cue == OH_CUE_NONE || cues[cue].purpose != cues[desk->cue].purpose))
    oh_audio_play (desk->audio, cues[desk->cue].purpose, NULL);
  desk->cue = cue;
  if (cue != OH_CUE_NONE)
    play (desk, cue);
}

static void
on_call_changed (OhCallList *calls, OhCall *call, OhSoundDesk *desk)
{
  if (oh_call_get_state (call) != OH_CALL_INCOMING)
    g_hash_table_remove (desk->silenced, call);
  update_cue (desk);
}

static void
on_calls_items_changed (GListModel *calls, guint at, guint gone, guint added, OhSoundDesk *desk)
{
  update_cue (desk);
}

static void
apply_settings (OhSoundDesk *desk)
{
  OhSettings *settings = desk->settings;
  OhAudio *audio = desk->audio;

  oh_audio_set_device (audio, OH_AUDIO_MICROPHONE, oh_settings_get_microphone (settings));
  oh_audio_set_device (audio, OH_AUDIO_SPEAKER, oh_settings_get_speaker (settings));
  oh_audio_set_device (audio, OH_AUDIO_RINGER, oh_settings_get_ringer (settings));
  oh_audio_set_echo_cancellation (audio, oh_settings_get_echo_cancellation (settings));
  oh_audio_set_half_duplex (audio, oh_settings_get_half_duplex (settings));
  oh_audio_set_noise_suppression (audio, oh_settings_get_noise_suppression (settings));
  oh_audio_set_gain_control (audio, oh_settings_get_gain_control (settings));
  oh_audio_set_tone_volume (audio, oh_settings_get_tone_volume (settings));
}

static void
on_setting_changed (OhSettings *settings, GParamSpec *pspec, OhSoundDesk *desk)
{
  const char *name = pspec->name;

  if (g_str_equal (name, "microphone"))
    oh_audio_set_device (desk->audio, OH_AUDIO_MICROPHONE, oh_settings_get_microphone (settings));
  else if (g_str_equal (name, "speaker"))
    oh_audio_set_device (desk->audio, OH_AUDIO_SPEAKER, oh_settings_get_speaker (settings));
  else if (g_str_equal (name, "ringer"))
    oh_audio_set_device (desk->audio, OH_AUDIO_RINGER, oh_settings_get_ringer (settings));
  else if (g_str_equal (name, "echo-cancellation"))
    oh_audio_set_echo_cancellation (desk->audio, oh_settings_get_echo_cancellation (settings));
  else if (g_str_equal (name, "half-duplex"))
    oh_audio_set_half_duplex (desk->audio, oh_settings_get_half_duplex (settings));
  else if (g_str_equal (name, "noise-suppression"))
    oh_audio_set_noise_suppression (desk->audio, oh_settings_get_noise_suppression (settings));
  else if (g_str_equal (name, "gain-control"))
    oh_audio_set_gain_control (desk->audio, oh_settings_get_gain_control (settings));
  else if (g_str_equal (name, "tone-volume"))
    oh_audio_set_tone_volume (desk->audio, oh_settings_get_tone_volume (settings));
}

static void
on_audio_changed (OhAudio *audio, GParamSpec *pspec, OhSoundDesk *desk)
{
  static const char *const names[] = { "has-microphone", "has-speaker", "error" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (pspec->name, names[i]))
      g_object_notify (G_OBJECT (desk), names[i]);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhSoundDesk *desk = OH_SOUND_DESK (object);

  switch (id)
    {
    case PROP_HAS_MICROPHONE:
      g_value_set_boolean (value, oh_audio_has (desk->audio, OH_AUDIO_MICROPHONE));
      break;
    case PROP_HAS_SPEAKER:
      g_value_set_boolean (value, oh_audio_has (desk->audio, OH_AUDIO_SPEAKER));
      break;
    default:
      g_object_get_property (G_OBJECT (desk->audio), "error", value);
      break;
    }
}

static void
dispose (GObject *object)
{
  OhSoundDesk *desk = OH_SOUND_DESK (object);

  g_clear_handle_id (&desk->sample_timer, g_source_remove);
  if (desk->audio)
    g_signal_handlers_disconnect_by_data (desk->audio, desk);
  if (desk->calls)
    g_signal_handlers_disconnect_by_data (desk->calls, desk);
  if (desk->settings)
    g_signal_handlers_disconnect_by_data (desk->settings, desk);
  g_clear_object (&desk->devices[0]);
  g_clear_object (&desk->devices[1]);
  g_clear_object (&desk->audio);
  g_clear_pointer (&desk->engine, oh_worker_unref);
  g_clear_pointer (&desk->silenced, g_hash_table_unref);
  g_clear_object (&desk->calls);
  g_clear_object (&desk->settings);
  G_OBJECT_CLASS (oh_sound_desk_parent_class)->dispose (object);
}

static void
oh_sound_desk_class_init (OhSoundDeskClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  g_object_class_install_property (
      object_class, PROP_HAS_MICROPHONE,
      g_param_spec_boolean ("has-microphone", NULL, NULL, FALSE, flags));
  g_object_class_install_property (object_class, PROP_HAS_SPEAKER,
                                   g_param_spec_boolean ("has-speaker", NULL, NULL, FALSE, flags));
  g_object_class_install_property (object_class, PROP_ERROR,
                                   g_param_spec_string ("error", NULL, NULL, NULL, flags));
}

static void
oh_sound_desk_init (OhSoundDesk *desk)
{
  desk->silenced = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
}

OhSoundDesk *
oh_sound_desk_new (const char *backend, OhSettings *settings, OhCallList *calls)
{
  OhSoundDesk *desk = g_object_new (OH_TYPE_SOUND_DESK, NULL);

  desk->settings = g_object_ref (settings);
  desk->calls = g_object_ref (calls);
  desk->engine = oh_worker_new ("engine", OH_WORKER_GLIB);
  desk->audio = oh_audio_new (desk->engine, backend);
  apply_settings (desk);
  for (int capture = 0; capture < 2; capture++)
    desk->devices[capture] = oh_sound_device_list_new (oh_audio_get_devices (desk->audio, capture));
  g_signal_connect (settings, "notify", G_CALLBACK (on_setting_changed), desk);
  g_signal_connect (desk->audio, "notify", G_CALLBACK (on_audio_changed), desk);
  g_signal_connect (calls, "changed", G_CALLBACK (on_call_changed), desk);
  g_signal_connect (calls, "items-changed", G_CALLBACK (on_calls_items_changed), desk);
  return desk;
}

OhSettings *
oh_sound_desk_get_settings (OhSoundDesk *desk)
{
  g_return_val_if_fail (OH_IS_SOUND_DESK (desk), NULL);
  return desk->settings;
}

OhWorker *
oh_sound_desk_get_engine (OhSoundDesk *desk)
{
  g_return_val_if_fail (OH_IS_SOUND_DESK (desk), NULL);
  return desk->engine;
}

OhAudio *
oh_sound_desk_get_audio (OhSoundDesk *desk)
{
  g_return_val_if_fail (OH_IS_SOUND_DESK (desk), NULL);
  return desk->audio;
}

GListModel *
oh_sound_desk_get_devices (OhSoundDesk *desk, gboolean capture)
{
  g_return_val_if_fail (OH_IS_SOUND_DESK (desk), NULL);
  return desk->devices[!!capture];
}

static gboolean
on_sample_over (gpointer user_data)
{
  OhSoundDesk *desk = user_data;

  stop_sample (desk);
  return G_SOURCE_REMOVE;
}

void
oh_sound_desk_play_sample (OhSoundDesk *desk, OhAudioPurpose purpose)
{
  g_autoptr (OhSource) sound = NULL;

  g_return_if_fail (OH_IS_SOUND_DESK (desk));
  g_return_if_fail (purpose == OH_AUDIO_SPEAKER || purpose == OH_AUDIO_RINGER);
  if (desk->cue != OH_CUE_NONE)
    return;
  stop_sample (desk);
  sound = oh_tone_new (purpose == OH_AUDIO_RINGER ? OH_TONE_RINGER : OH_TONE_TEST, TONE_RATE, 1.0f);
  if (purpose == OH_AUDIO_RINGER)
    oh_audio_play (desk->audio, purpose, sound);
  else
    oh_audio_play_recording (desk->audio, sound);
  desk->sample_purpose = purpose;
  desk->sample_timer = g_timeout_add (SAMPLE_MS, on_sample_over, desk);
}

void
oh_sound_desk_silence (OhSoundDesk *desk, OhCall *call)
{
  g_return_if_fail (OH_IS_SOUND_DESK (desk) && OH_IS_CALL (call));
  if (oh_call_get_state (call) != OH_CALL_INCOMING)
    return;
  g_hash_table_add (desk->silenced, g_object_ref (call));
  update_cue (desk);
}
