/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-peer.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The sound devices of a desktop as the client uses them: choice per purpose, one call's microphone
 * and loudspeaker joined to a peer through the filter chain, ringing and tones, level meters.
 *
 *   capture callback -> ring -> [echo, noise, gain] -> oh_peer_write()
 *   oh_peer_read() + tones -> ring -> playback callback
 *
 * Device threads touch rings, atomics and one eventfd; the rest runs on the engine (OH_WORKER_GLIB).
 * Functions and signals belong to the main thread (the context it was made in). */
#define OH_TYPE_AUDIO (oh_audio_get_type ())
G_DECLARE_FINAL_TYPE (OhAudio, oh_audio, OH, AUDIO, GObject)

typedef enum
{
  OH_AUDIO_MICROPHONE,
  OH_AUDIO_SPEAKER,
  OH_AUDIO_RINGER,
  OH_AUDIO_N_PURPOSES
} OhAudioPurpose;

/* One device as a person knows it. Immutable. */
#define OH_TYPE_AUDIO_DEVICE (oh_audio_device_get_type ())
G_DECLARE_FINAL_TYPE (OhAudioDevice, oh_audio_device, OH, AUDIO_DEVICE, GObject)
const char *oh_audio_device_get_id (OhAudioDevice *device);   /* "pulse:alsa_input..." */
const char *oh_audio_device_get_name (OhAudioDevice *device); /* for people */
gboolean oh_audio_device_is_capture (OhAudioDevice *device);

/* @backend: "pulse", "portaudio", "file", "fake" or NULL = the best that works here. The file back
 * end is "file:IN.wav:OUT.wav": the microphone hears IN, the loudspeaker writes OUT. Opening is
 * asynchronous: devices arrive by the list's items-changed. */
OhAudio *oh_audio_new (OhWorker *engine, const char *backend);

/* Of OhAudioDevice; capture and playback devices; changes by hot plug. Borrowed. */
GListModel *oh_audio_get_devices (OhAudio *audio, gboolean capture);

/* @id NULL: follow the system's default. A device that is gone falls back to the default until it
 * returns. Takes effect in a running call, one direction at a time. */
void oh_audio_set_device (OhAudio *audio, OhAudioPurpose purpose, const char *id);
const char *oh_audio_get_device (OhAudio *audio, OhAudioPurpose purpose);

/* Each may be changed in a call. */
/* Echo cancellation is off by itself while the loudspeaker is a headset, as far as the back end knows
 * (pulse: the port that is active, or the device's form factor). */
void oh_audio_set_echo_cancellation (OhAudio *audio, gboolean on);

/* Half duplex: only one side is heard at a time. Off by itself where the echo canceller is, and FALSE
 * unless it was switched on. */
void oh_audio_set_half_duplex (OhAudio *audio, gboolean on);
void oh_audio_set_noise_suppression (OhAudio *audio, gboolean on);
void oh_audio_set_gain_control (OhAudio *audio, gboolean on);
void oh_audio_set_tone_volume (OhAudio *audio, float volume); /* 0 to 1, ringer and tones */

/* Opens playback and readies (not starts) the microphone, so that start() costs nothing. */
void oh_audio_prepare (OhAudio *audio, OhPeer *peer);

/* Opens the sound both ways with @peer, at once. One peer at a time has the devices: another one
 * that had them is left playing nothing. */
void oh_audio_start (OhAudio *audio, OhPeer *peer);
void oh_audio_stop (OhAudio *audio, OhPeer *peer);

/* Sends silence (comfort packets) instead of the microphone; meters go on. */
void oh_audio_set_muted (OhAudio *audio, gboolean muted);

/* Ring or tone on the ringer or the loudspeaker until stopped, at the tones' volume. Replaces what
 * played there. NULL stops. The source is used at its own rate. */
void oh_audio_play (OhAudio *audio, OhAudioPurpose purpose, OhSource *source);

/* The same for a recording or test sound on the loudspeaker, which is as loud as it is. */
void oh_audio_play_recording (OhAudio *audio, OhSource *source);

/* Opens the microphone for the meter only (settings page), or the local test call: what the
 * microphone hears comes back from the loudspeaker @delay_ms later. Nothing leaves this computer. */
void oh_audio_start_meter (OhAudio *audio);
void oh_audio_start_loopback (OhAudio *audio, guint delay_ms);
void oh_audio_stop_local (OhAudio *audio); /* ends either */

/* 0 to 1 (peak of the last 50 ms, -60 dBFS = 0). Cheap; polled by meters while they are seen. */
float oh_audio_get_level (OhAudio *audio, gboolean capture);

/* Whether this computer has a usable microphone / loudspeaker now (property notify too:
 * "has-microphone", "has-speaker"). "error" (string, NULL when fine) says in English what the back
 * end complains of. */
gboolean oh_audio_has (OhAudio *audio, OhAudioPurpose purpose);

/* Whether the loudspeaker, while it is open, is known to be a headset. */
gboolean oh_audio_has_headset (OhAudio *audio);

/* Whether only one side is heard at a time now. */
gboolean oh_audio_is_half_duplex (OhAudio *audio);

/* dB of echo removed in the last second (ERLE); < 0: there is none, or it is unknown. */
float oh_audio_get_echo_reduction (OhAudio *audio);

G_END_DECLS
