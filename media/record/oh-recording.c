/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-error.h"
#include "media/record/oh-loudness.h"
#include "media/record/oh-recorder.h"
#include "media/record/oh-sound-file.h"

#include <ogg/ogg.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define CHUNK 65536

static gboolean
fail (const char *path, GError **error)
{
  int code = errno;

  g_set_error (error, OH_ERROR, code == ENOENT ? OH_ERROR_NOT_FOUND : OH_ERROR_FAILED,
               "Can't repair %s: %s", path, g_strerror (code));
  return FALSE;
}

/* Where the last whole page of the unbroken row from the start ends (libogg checks each page's sum).
 * -1: the disk complains. */
static gint64
find_whole_length (int fd, guint *pages)
{
  ogg_sync_state sync;
  ogg_page page;
  gint64 whole = 0;
  gssize n;
  long step;

  ogg_sync_init (&sync);
  while ((n = read (fd, ogg_sync_buffer (&sync, CHUNK), CHUNK)) > 0)
    {
      ogg_sync_wrote (&sync, n);
      while ((step = ogg_sync_pageseek (&sync, &page)) > 0)
        {
          whole += step;
          ++*pages;
        }
      if (step < 0) /* bytes that are no page: the row is broken */
        break;
    }
  ogg_sync_clear (&sync);
  return n < 0 ? -1 : whole;
}

static gboolean
measure (const char *path, OhRecording *recording, GError **error)
{
  g_autoptr (OhSoundFile) file = oh_sound_file_open (path, error);
  gint16 frame[48000 / 50];
  guint64 samples = 0;
  gsize n;

  if (!file)
    return FALSE;
  while ((n = oh_sound_file_read (file, frame, G_N_ELEMENTS (frame))) > 0)
    {
      samples += n;
      if (oh_loudness_of (frame, n) > OH_LOUDNESS_SILENCE)
        recording->speech_ms += 20;
    }
  recording->duration_ms = samples * 1000 / oh_sound_file_get_rate (file);
  recording->speech_ms = MIN (recording->speech_ms, recording->duration_ms);
  return TRUE;
}

gboolean
oh_recording_repair (const char *path, OhRecording *recording, GError **error)
{
  OhRecording found = { 0 };
  guint pages = 0;
  gint64 whole;
  gboolean ok;
  int fd;

  g_return_val_if_fail (path != NULL, FALSE);

  fd = open (path, O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return fail (path, error);
  whole = find_whole_length (fd, &pages);
  ok = whole >= 0 && ftruncate (fd, whole) == 0 && fsync (fd) == 0;
  if (!ok)
    fail (path, error);
  close (fd);
  if (!ok)
    return FALSE;

  if (pages < 2)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "%s has no whole header", path);
      return FALSE;
    }
  if (pages > 2 && !measure (path, &found, error)) /* two pages are the headers alone */
    return FALSE;
  if (recording)
    *recording = found;
  return TRUE;
}
