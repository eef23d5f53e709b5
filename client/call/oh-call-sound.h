/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-base-call.h"
#include "media/device/oh-audio.h"

G_BEGIN_DECLS

/* The sound of one call: its peer, and the devices while they are the call's. Tells the call its
 * figures each second. Main thread; made and freed by the call, which @config's events may end. */
typedef struct _OhCallSound OhCallSound;

OhCallSound *
oh_call_sound_new (OhBaseCall *call, OhAudio *audio, OhWorker *engine, const OhPeerConfig *config);

/* Gives the devices back and closes the peer: none of its events comes any more. */
void oh_call_sound_free (OhCallSound *sound);

OhPeer *oh_call_sound_get_peer (OhCallSound *sound); /* borrowed */

/* Opens the playback and readies the microphone, which stays closed. */
void oh_call_sound_prepare (OhCallSound *sound);

/* Both ways, muted as the call is; without effect while it is held. */
void oh_call_sound_start (OhCallSound *sound);
void oh_call_sound_stop (OhCallSound *sound);

/* What a call's verbs do with it. NULL is fine: it has no sound yet. */
void oh_call_sound_set_muted (OhCallSound *sound, gboolean muted);
void oh_call_sound_set_held (OhCallSound *sound, gboolean held);
void oh_call_sound_send_digit (OhCallSound *sound, char digit);
void oh_call_sound_start_figures (OhCallSound *sound);

G_END_DECLS
