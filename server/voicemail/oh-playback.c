/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-voicemail"

#include "server/voicemail/oh-playback.h"

#include "media/record/oh-player.h"

#define PLAY_RATE 16000

struct _OhPlayback
{
  OhPlaybackThreads threads;
  OhPeer *peer;
  char *path;
  OhSource *source; /* once it is open */
  GError *error;    /* of the opening */
  OhPlaybackFunc done;
  gpointer user_data;
  gboolean opening; /* the services thread has it */
  gboolean cancelled;
};

static void
playback_free (gpointer data)
{
  OhPlayback *playback = data;

  g_clear_pointer (&playback->source, oh_source_unref);
  g_clear_error (&playback->error);
  oh_peer_unref (playback->peer);
  oh_worker_unref (playback->threads.worker);
  g_free (playback->path);
  g_free (playback);
}

/* --- Signalling --- */

static void
finish (OhPlayback *playback)
{
  if (!playback->cancelled)
    playback->done (playback->error, playback->user_data);
  playback_free (playback);
}

/* The worker tells it once, so a playback that was not cancelled can go here; a cancelled one waits
 * for its fence. */
static void
on_source_ended (gpointer data)
{
  OhPlayback *playback = data;

  if (playback->cancelled)
    return;
  oh_peer_set_source (playback->peer, NULL);
  finish (playback);
}

static void
start (OhPlayback *playback)
{
  oh_source_set_ended (playback->source, &playback->threads.signalling, on_source_ended, playback);
  oh_peer_set_source (playback->peer, playback->source);
}

static void
on_opened (gpointer data)
{
  OhPlayback *playback = data;

  playback->opening = FALSE;
  if (playback->source && !playback->cancelled)
    start (playback);
  else
    finish (playback);
}

/* Services thread. */
static void
open_file (gpointer data)
{
  OhPlayback *playback = data;

  playback->source = oh_player_new (playback->path, PLAY_RATE, FALSE, &playback->error);
  oh_executor_post (&playback->threads.signalling, on_opened, playback);
}

static OhPlayback *
playback_new (const OhPlaybackThreads *threads,
              OhPeer *peer,
              OhPlaybackFunc done,
              gpointer user_data)
{
  OhPlayback *playback = g_new0 (OhPlayback, 1);

  playback->threads = *threads;
  oh_worker_ref (threads->worker);
  playback->peer = oh_peer_ref (peer);
  playback->done = done;
  playback->user_data = user_data;
  return playback;
}

OhPlayback *
oh_playback_new_file (const OhPlaybackThreads *threads,
                      OhPeer *peer,
                      const char *path,
                      OhPlaybackFunc done,
                      gpointer user_data)
{
  OhPlayback *playback = playback_new (threads, peer, done, user_data);

  playback->path = g_strdup (path);
  playback->opening = TRUE;
  oh_executor_post (&threads->services, open_file, playback);
  return playback;
}

OhPlayback *
oh_playback_new_source (const OhPlaybackThreads *threads,
                        OhPeer *peer,
                        OhSource *source,
                        OhPlaybackFunc done,
                        gpointer user_data)
{
  OhPlayback *playback = playback_new (threads, peer, done, user_data);

  playback->source = source;
  start (playback);
  return playback;
}

void
oh_playback_cancel (OhPlayback *playback)
{
  if (!playback)
    return;
  playback->cancelled = TRUE;
  if (playback->opening)
    return;
  oh_peer_set_source (playback->peer, NULL);
  oh_worker_fence (playback->threads.worker, &playback->threads.signalling, playback_free,
                   playback);
}
