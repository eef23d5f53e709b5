/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-call-list.h"
#include "client/settings/oh-settings.h"
#include "media/device/oh-audio.h"

G_BEGIN_DECLS

/* The client's media engine and sound devices: carries the person's settings over to OhAudio, wraps
 * its devices for windows (OhSoundDevice), and plays what the state of the calls asks for (ring, call
 * waiting, ring-back, busy). Main thread; made by OhClient. Properties "has-microphone",
 * "has-speaker", "error" as OhAudio's. */
#define OH_TYPE_SOUND_DESK (oh_sound_desk_get_type ())
G_DECLARE_FINAL_TYPE (OhSoundDesk, oh_sound_desk, OH, SOUND_DESK, GObject)

/* @backend as for oh_audio_new(). */
OhSoundDesk *oh_sound_desk_new (const char *backend, OhSettings *settings, OhCallList *calls);

OhSettings *oh_sound_desk_get_settings (OhSoundDesk *desk); /* borrowed */
OhWorker *oh_sound_desk_get_engine (OhSoundDesk *desk);
OhAudio *oh_sound_desk_get_audio (OhSoundDesk *desk);
GListModel *oh_sound_desk_get_devices (OhSoundDesk *desk, gboolean capture); /* borrowed */

/* One ring on the RINGER, or a test sound as loud as speech on the SPEAKER; nothing while a call has
 * something to play. */
void oh_sound_desk_play_sample (OhSoundDesk *desk, OhAudioPurpose purpose);

/* @call rings on without a sound here; a later one is heard. */
void oh_sound_desk_silence (OhSoundDesk *desk, OhCall *call);

/* What the calls ask for now, @silenced (hash set of OhCall) left out; separate to be tested. */
typedef enum
{
  OH_CUE_NONE,
  OH_CUE_RING,         /* ringer */
  OH_CUE_CALL_WAITING, /* loudspeaker, softly beside the call */
  OH_CUE_RINGBACK,
  OH_CUE_BUSY,
  OH_CUE_CONGESTION
} OhCue;
OhCue oh_cue_for_calls (GListModel *calls, GHashTable *silenced);

G_END_DECLS
