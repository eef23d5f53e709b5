/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-base-call.h"
#include "client/provider/oh-core.h"

G_BEGIN_DECLS

/* The sound of one call: its peer, and the devices while they are the call's. Follows what the person does with
 * the call (mute, hold) and the setting of its quality, makes it active once it is answered and the path is open, and tells it the far end's
 * keys and, each second, its figures. Main thread; made and freed by the call, also from within an event. */
typedef struct _OhCallSound OhCallSound;

typedef struct
{
  /* The path is gone, or never came; said in the log. Nothing follows. Mandatory. */
  void (*ended) (OhPeerEnd reason, gpointer user_data);
  /* The first sound of the far end that is louder than silence. Optional. */
  void (*first_sound) (gpointer user_data);
  /* Nothing has come for some seconds; said again while that lasts. The path may be found anew: by an offer after
   * oh_peer_restart_ice(). Optional. */
  void (*quiet) (gpointer user_data);
} OhCallSoundEvents;

/* @config: of the peer, but its events and their executor, which are the sound's own, and its packets and
 * their quality, which are as the person wants them. */
OhCallSound *oh_call_sound_new (OhBaseCall *call,
                                OhCore *core,
                                const OhPeerConfig *config,
                                const OhCallSoundEvents *events,
                                gpointer user_data);

/* Gives the devices back and closes the peer: none of its events comes any more. */
void oh_call_sound_free (OhCallSound *sound);

OhPeer *oh_call_sound_get_peer (OhCallSound *sound); /* borrowed */

/* Opens the playback and readies the microphone, which stays closed. */
void oh_call_sound_prepare (OhCallSound *sound);

/* NULL is fine in what follows: the call has no sound yet. */

/* Both ways, muted as the call is; without effect while it is held. */
void oh_call_sound_start (OhCallSound *sound);

/* The call is answered: it becomes active, now or when the path is open. */
void oh_call_sound_set_answered (OhCallSound *sound);

void oh_call_sound_send_digit (OhCallSound *sound, char digit);

G_END_DECLS
