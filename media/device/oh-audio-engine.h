/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/device/oh-audio.h"
#include "media/device/oh-device.h"
#include "media/filter/oh-filter.h"
#include "media/oh-peer.h"

G_BEGIN_DECLS

/* What OhAudio does on the engine's thread: moves sound between the devices' rings and one peer.
 *
 *   microphone ring -> 16 kHz -> filter -> meter -> oh_peer_write() | local loopback
 *   oh_peer_read() + tone + loopback -> meter -> filter (echo; its turn?) -> loudspeaker ring
 *   tone -> ringer ring
 *
 * It runs when a device has moved a block (one eventfd for all). Functions post, from OhAudio's
 * thread, unless they say otherwise. */
typedef struct _OhAudioEngine OhAudioEngine;

/* @worker must live until after oh_audio_engine_close (). */
OhAudioEngine *oh_audio_engine_new (OhWorker *worker, const OhFilterClass *filter);

/* Ends it; rings, sources and peer are let go on the engine's thread. */
void oh_audio_engine_close (OhAudioEngine *engine);

/* The eventfd that streams wake; from any thread. */
int oh_audio_engine_get_wake (OhAudioEngine *engine);

/* @stream NULL: none. */
void
oh_audio_engine_set_stream (OhAudioEngine *engine, OhAudioPurpose purpose, OhDeviceStream *stream);

/* @source NULL: none; for SPEAKER or RINGER. @soft: as loud as the tones' volume says. */
void oh_audio_engine_set_tone (OhAudioEngine *engine,
                               OhAudioPurpose purpose,
                               OhSource *source,
                               gboolean soft);

/* Whose call it is; NULL: nobody's. */
void oh_audio_engine_set_peer (OhAudioEngine *engine, OhPeer *peer);

/* What the microphone hears comes back after @delay_ms; 0: no. */
void oh_audio_engine_set_loopback (OhAudioEngine *engine, guint delay_ms);

void oh_audio_engine_set_filter (OhAudioEngine *engine, const OhFilterOptions *options);
void oh_audio_engine_set_tone_volume (OhAudioEngine *engine, float volume);
void oh_audio_engine_set_muted (OhAudioEngine *engine, gboolean muted);

/* From any thread: peak of the last 50 ms, 0 to 1 of full scale; dB, < 0 unknown. */
float oh_audio_engine_get_peak (OhAudioEngine *engine, gboolean capture);
float oh_audio_engine_get_echo_reduction (OhAudioEngine *engine);

G_END_DECLS
