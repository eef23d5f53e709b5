/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-peer.h"

G_BEGIN_DECLS

/* Plays one file or tone to a peer and tells when it is over. Files are opened on the services
 * thread: signalling never touches a disk. Belongs to the signalling thread. */
typedef struct _OhPlayback OhPlayback;

/* Threads that a playback passes through. Copied. */
typedef struct
{
  OhWorker *worker; /* of the peer */
  OhExecutor signalling;
  OhExecutor services;
} OhPlaybackThreads;

/* @error NULL: it was played to its end. The playback is gone after this. */
typedef void (*OhPlaybackFunc) (const GError *error, gpointer user_data);

OhPlayback *oh_playback_new_file (const OhPlaybackThreads *threads,
                                  OhPeer *peer,
                                  const char *path,
                                  OhPlaybackFunc done,
                                  gpointer user_data);
/* Takes @source. */
OhPlayback *oh_playback_new_source (const OhPlaybackThreads *threads,
                                    OhPeer *peer,
                                    OhSource *source,
                                    OhPlaybackFunc done,
                                    gpointer user_data);

/* Stops and frees; `done` does not run. NULL is fine. */
void oh_playback_cancel (OhPlayback *playback);

G_END_DECLS
