/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/record/oh-player.h"

#include "base/oh-ring.h"
#include "media/filter/oh-resampler.h"
#include "media/record/oh-file-thread.h"
#include "media/record/oh-sound-file.h"

#include <stdatomic.h>

#define AHEAD_MS 1000 /* read ahead of what is heard */
#define BLOCK 960

/*   file thread: disk -> decoder -> resampler -> ring -> worker: player_read()
 *
 * A seek is asked for by any thread, done by the file thread, and ends when the worker has thrown
 * away what the ring still held (`flush`). Shared by the source and the file thread. */
typedef struct
{
  gint refs;
  guint rate;
  gboolean loop;
  guint64 length; /* samples at `rate` */
  OhRing *ring;
  atomic_bool abandoned;    /* the source is gone */
  _Atomic gint64 seek;      /* sample asked for, -1: none */
  atomic_bool flush;        /* the worker shall empty the ring */
  atomic_bool at_end;       /* nothing follows what is in the ring */
  _Atomic guint64 position; /* sample at `rate` */

  /* file thread (and the creator before it starts) */
  OhSoundFile *file;
  OhResampler *resampler;
} Feed;

typedef struct
{
  OhSource source;
  Feed *feed;
  gboolean ended; /* told */
} Player;

static void
feed_unref (Feed *feed)
{
  if (!g_atomic_int_dec_and_test (&feed->refs))
    return;
  oh_sound_file_close (feed->file);
  oh_resampler_free (feed->resampler);
  oh_ring_free (feed->ring);
  g_free (feed);
}

static void
read_ahead (Feed *feed)
{
  gsize want = (gsize)AHEAD_MS * feed->rate / 1000;
  gint16 in[BLOCK];
  g_autofree gint16 *out = NULL;
  gsize room = oh_resampler_get_room (feed->resampler, BLOCK);
  gboolean rewound = FALSE;

  if (atomic_load (&feed->at_end))
    return;
  out = g_new (gint16, room);
  while (oh_ring_get_fill (feed->ring) < want)
    {
      gsize n = oh_sound_file_read (feed->file, in, BLOCK);

      if (n > 0)
        {
          n = oh_resampler_process (feed->resampler, in, n, out, room);
          oh_ring_write (feed->ring, out, n);
          rewound = FALSE;
        }
      else if (feed->loop && !rewound && oh_sound_file_seek (feed->file, 0))
        rewound = TRUE; /* an empty file must not turn for ever */
      else
        {
          atomic_store (&feed->at_end, TRUE);
          return;
        }
    }
}

static void
carry_out_seek (Feed *feed)
{
  gint64 sample = atomic_exchange (&feed->seek, -1);
  guint rate = oh_sound_file_get_rate (feed->file);

  if (sample < 0 || !oh_sound_file_seek (feed->file, (guint64)sample * rate / feed->rate))
    return;
  oh_resampler_reset (feed->resampler);
  atomic_store (&feed->at_end, FALSE);
  atomic_store (&feed->position, sample);
  atomic_store (&feed->flush, TRUE);
}

static gboolean
step (gpointer data)
{
  Feed *feed = data;

  if (atomic_load (&feed->abandoned))
    {
      feed_unref (feed);
      return G_SOURCE_REMOVE;
    }
  if (!atomic_load (&feed->flush))
    carry_out_seek (feed);
  if (!atomic_load (&feed->flush))
    read_ahead (feed);
  return G_SOURCE_CONTINUE;
}

static gsize
player_read (OhSource *source, gint16 *samples, gsize n)
{
  Player *player = (Player *)source;
  Feed *feed = player->feed;
  gboolean at_end = atomic_load (&feed->at_end); /* before the ring is looked at */
  gsize given;
  guint64 position;

  if (atomic_load (&feed->flush))
    {
      oh_ring_skip (feed->ring, oh_ring_get_fill (feed->ring));
      atomic_store (&feed->flush, FALSE);
      oh_file_thread_kick (OH_FILE_THREAD_READ);
      return 0;
    }
  given = oh_ring_read (feed->ring, samples, n);
  position = atomic_load (&feed->position) + given;
  atomic_store (&feed->position, feed->loop && feed->length ? position % feed->length : position);
  if (given < n && at_end && atomic_load (&feed->seek) < 0 && !player->ended)
    {
      player->ended = TRUE;
      oh_source_end (source);
    }
  return given;
}

static void
player_finalize (OhSource *source)
{
  Player *player = (Player *)source;

  atomic_store (&player->feed->abandoned, TRUE);
  oh_file_thread_kick (OH_FILE_THREAD_READ);
  feed_unref (player->feed);
}

static const OhSourceClass player_class = {
  .name = "player",
  .read = player_read,
  .finalize = player_finalize,
};

OhSource *
oh_player_new (const char *path, guint rate, gboolean loop, GError **error)
{
  OhSoundFile *file;
  Player *player;
  Feed *feed;

  g_return_val_if_fail (path != NULL && rate >= 4000, NULL);

  file = oh_sound_file_open (path, error);
  if (!file)
    return NULL;
  feed = g_new0 (Feed, 1);
  g_atomic_int_set (&feed->refs, 1);
  feed->rate = rate;
  feed->loop = loop;
  feed->file = file;
  feed->seek = -1;
  feed->length = oh_sound_file_get_length (file) * rate / oh_sound_file_get_rate (file);
  feed->resampler = oh_resampler_new (oh_sound_file_get_rate (file), rate);
  feed->ring = oh_ring_new ((gsize)AHEAD_MS * rate / 1000
                            + oh_resampler_get_room (feed->resampler, BLOCK));
  read_ahead (feed);

  player = g_new0 (Player, 1);
  oh_source_init (&player->source, &player_class, rate);
  player->feed = feed;
  g_atomic_int_inc (&feed->refs);
  oh_file_thread_add (OH_FILE_THREAD_READ, step, feed);
  return &player->source;
}

static Feed *
get_feed (OhSource *source)
{
  g_return_val_if_fail (source != NULL && source->klass == &player_class, NULL);

  return ((Player *)source)->feed;
}

guint64
oh_player_get_position (OhSource *source)
{
  Feed *feed = get_feed (source);
  gint64 seek;

  if (!feed)
    return 0;
  seek = atomic_load (&feed->seek);
  return (seek >= 0 ? (guint64)seek : atomic_load (&feed->position)) * 1000 / feed->rate;
}

guint64
oh_player_get_duration (OhSource *source)
{
  Feed *feed = get_feed (source);

  return feed ? feed->length * 1000 / feed->rate : 0;
}

void
oh_player_seek (OhSource *source, guint64 ms)
{
  Feed *feed = get_feed (source);

  if (!feed)
    return;
  atomic_store (&feed->seek, MIN (ms * feed->rate / 1000, feed->length));
  oh_file_thread_kick (OH_FILE_THREAD_READ);
}
