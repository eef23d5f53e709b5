/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/record/oh-sound-file.h"

#include "base/oh-error.h"

#include <opusfile.h>
#include <sndfile.h>

#define MAX_CHANNELS 8
#define OPUS_RATE 48000
#define OPUS_BLOCK (OPUS_RATE * 120 / 1000) /* samples a channel that opusfile may give at once */

/* Exactly one of the two is set. */
struct _OhSoundFile
{
  OggOpusFile *opus;
  SNDFILE *sound;
  SF_INFO info;
  gint16 *block;            /* interleaved; room for MAX_CHANNELS * OPUS_BLOCK */
  gsize at, fill, channels; /* what `block` holds, in frames */
};

static gboolean
open_other (OhSoundFile *file, const char *path, GError **error)
{
  file->sound = sf_open (path, SFM_READ, &file->info);
  if (!file->sound)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "Can't play %s: %s", path,
                   sf_strerror (NULL));
      return FALSE;
    }
  if (file->info.channels < 1 || file->info.channels > MAX_CHANNELS || file->info.samplerate < 4000
      || file->info.samplerate > 384000)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "Can't play %s: %d channels, %d Hz", path,
                   file->info.channels, file->info.samplerate);
      return FALSE;
    }
  return TRUE;
}

OhSoundFile *
oh_sound_file_open (const char *path, GError **error)
{
  g_autoptr (OhSoundFile) file = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "No sound file at %s", path);
      return NULL;
    }
  file = g_new0 (OhSoundFile, 1);
  file->block = g_new (gint16, MAX_CHANNELS * OPUS_BLOCK);
  file->opus = op_open_file (path, NULL);
  if (!file->opus && !open_other (file, path, error))
    return NULL;
  return g_steal_pointer (&file);
}

void
oh_sound_file_close (OhSoundFile *file)
{
  if (!file)
    return;
  g_clear_pointer (&file->opus, op_free);
  g_clear_pointer (&file->sound, sf_close);
  g_free (file->block);
  g_free (file);
}

guint
oh_sound_file_get_rate (OhSoundFile *file)
{
  return file->opus ? OPUS_RATE : file->info.samplerate;
}

guint
oh_sound_file_get_channels (OhSoundFile *file)
{
  return file->opus ? (guint)op_channel_count (file->opus, -1) : (guint)file->info.channels;
}

guint64
oh_sound_file_get_length (OhSoundFile *file)
{
  gint64 length = file->opus ? op_pcm_total (file->opus, -1) : file->info.frames;

  return MAX (length, 0);
}

/* A hole in an Ogg stream is passed over; what follows it can still be heard. */
static gboolean
fill_block (OhSoundFile *file)
{
  int n, link;

  file->at = 0;
  file->fill = 0;
  if (file->sound)
    {
      file->channels = file->info.channels;
      n = sf_readf_short (file->sound, file->block, OPUS_BLOCK);
    }
  else
    {
      do
        n = op_read (file->opus, file->block, MAX_CHANNELS * OPUS_BLOCK, &link);
      while (n == OP_HOLE);
      file->channels = n > 0 ? op_channel_count (file->opus, link) : 1;
    }
  file->fill = MAX (n, 0);
  return file->fill > 0;
}

static gint16
mix (const gint16 *frame, gsize channels)
{
  gint32 sum = 0;

  for (gsize i = 0; i < channels; i++)
    sum += frame[i];
  return sum / (gint32)channels;
}

gsize
oh_sound_file_read (OhSoundFile *file, gint16 *samples, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      if (file->at == file->fill && !fill_block (file))
        return i;
      samples[i] = mix (file->block + file->at * file->channels, file->channels);
      file->at++;
    }
  return n;
}

gboolean
oh_sound_file_seek (OhSoundFile *file, guint64 sample)
{
  file->at = 0;
  file->fill = 0;
  if (file->sound)
    return sf_seek (file->sound, MIN (sample, (guint64)file->info.frames), SEEK_SET) >= 0;
  return op_pcm_seek (file->opus, MIN (sample, oh_sound_file_get_length (file))) == 0;
}
