/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/record/oh-opus-writer.h"

#include "base/oh-error.h"

#include <glib/gstdio.h>
#include <ogg/ogg.h>
#include <opus.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define GRANULES (48000 / OH_OPUS_WRITER_RATE) /* Ogg Opus always counts in 48 kHz */
#define PACKETS_PER_PAGE 25                    /* half a second */
#define BIT_RATE 24000
#define MAX_PACKET 1275

struct _OhOpusWriter
{
  char *path;
  int fd;
  OpusEncoder *encoder;
  ogg_stream_state stream;
  guint pre_skip; /* granules at the start that a player leaves out */
  gint64 packet_number;
  guint packets_in_page;
  gint64 granule; /* end of the last packet that was encoded */
  gint64 stands;  /* granule of the last page in the file */
  off_t length;
};

static gboolean
set_error (OhOpusWriter *writer, const char *what, GError **error)
{
  int code = errno;

  g_set_error (error, OH_ERROR,
               code == ENOSPC || code == EDQUOT || code == EFBIG ? OH_ERROR_LIMIT : OH_ERROR_FAILED,
               "Can't %s %s: %s", what, writer->path, g_strerror (code));
  return FALSE;
}

static gboolean
write_all (int fd, const guint8 *data, gsize n)
{
  while (n > 0)
    {
      gssize written = write (fd, data, n);

      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return FALSE;
      data += written;
      n -= written;
    }
  return TRUE;
}

/* Headers and body go in one write; a page that did not go in whole is cut off again. */
static gboolean
write_page (OhOpusWriter *writer, const ogg_page *page, GError **error)
{
  guint8 buffer[65536];
  gsize n = page->header_len + page->body_len;
  int code;

  memcpy (buffer, page->header, page->header_len);
  memcpy (buffer + page->header_len, page->body, page->body_len);
  if (write_all (writer->fd, buffer, n))
    {
      writer->length += n;
      writer->stands = MAX (ogg_page_granulepos (page), writer->stands);
      return TRUE;
    }
  code = errno;
  if (ftruncate (writer->fd, writer->length) < 0)
    code = errno;
  errno = code;
  return set_error (writer, "write", error);
}

static gboolean
flush (OhOpusWriter *writer, GError **error)
{
  ogg_page page;

  while (ogg_stream_flush (&writer->stream, &page) != 0)
    if (!write_page (writer, &page, error))
      return FALSE;
  writer->packets_in_page = 0;
  return TRUE;
}

static void
put_packet (OhOpusWriter *writer, guint8 *data, gsize n, gint64 granule, gboolean end)
{
  ogg_packet packet = {
    .packet = data,
    .bytes = n,
    .b_o_s = writer->packet_number == 0,
    .e_o_s = end,
    .granulepos = granule,
    .packetno = writer->packet_number,
  };

  writer->packet_number++;
  ogg_stream_packetin (&writer->stream, &packet);
}

/* RFC 7845 5.1 and 5.2: each header on a page of its own. */
static gboolean
write_headers (OhOpusWriter *writer, GError **error)
{
  static const char vendor[] = "offhook";
  guint8 head[19] = { 'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 1 };
  guint8 tags[8 + 4 + sizeof vendor - 1 + 4] = "OpusTags";
  guint32 rate = GUINT32_TO_LE (OH_OPUS_WRITER_RATE);

  head[10] = writer->pre_skip & 0xff;
  head[11] = writer->pre_skip >> 8;
  memcpy (head + 12, &rate, sizeof rate);
  put_packet (writer, head, sizeof head, 0, FALSE);
  if (!flush (writer, error))
    return FALSE;

  tags[8] = sizeof vendor - 1;
  memcpy (tags + 12, vendor, sizeof vendor - 1);
  put_packet (writer, tags, sizeof tags, 0, FALSE);
  return flush (writer, error);
}

static gboolean
make_encoder (OhOpusWriter *writer, GError **error)
{
  opus_int32 lookahead = 0;
  int code;

  writer->encoder = opus_encoder_create (OH_OPUS_WRITER_RATE, 1, OPUS_APPLICATION_AUDIO, &code);
  if (!writer->encoder)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "No Opus encoder: %s", opus_strerror (code));
      return FALSE;
    }
  opus_encoder_ctl (writer->encoder, OPUS_SET_BITRATE (BIT_RATE));
  opus_encoder_ctl (writer->encoder, OPUS_SET_COMPLEXITY (3));
  opus_encoder_ctl (writer->encoder, OPUS_SET_SIGNAL (OPUS_SIGNAL_VOICE));
  opus_encoder_ctl (writer->encoder, OPUS_GET_LOOKAHEAD (&lookahead));
  writer->pre_skip = lookahead * GRANULES;
  return TRUE;
}

OhOpusWriter *
oh_opus_writer_new (const char *path, GError **error)
{
  g_autoptr (OhOpusWriter) writer = g_new0 (OhOpusWriter, 1);

  writer->path = g_strdup (path);
  writer->fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  ogg_stream_init (&writer->stream, g_random_int ());
  if (writer->fd < 0)
    {
      set_error (writer, "create", error);
      return NULL;
    }
  if (!make_encoder (writer, error) || !write_headers (writer, error))
    {
      g_unlink (path);
      return NULL;
    }
  return g_steal_pointer (&writer);
}

void
oh_opus_writer_free (OhOpusWriter *writer)
{
  if (!writer)
    return;
  if (writer->fd >= 0)
    close (writer->fd);
  g_clear_pointer (&writer->encoder, opus_encoder_destroy);
  ogg_stream_clear (&writer->stream);
  g_free (writer->path);
  g_free (writer);
}

static gboolean
encode (OhOpusWriter *writer, const gint16 *frame, gint64 end_granule, GError **error)
{
  guint8 data[MAX_PACKET];
  int n = opus_encode (writer->encoder, frame, OH_OPUS_WRITER_FRAME, data, sizeof data);
  gboolean last = end_granule >= 0;

  if (n <= 0)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "Opus: %s", opus_strerror (n));
      return FALSE;
    }
  writer->granule += OH_OPUS_WRITER_FRAME * GRANULES;
  put_packet (writer, data, n, last ? MIN (end_granule, writer->granule) : writer->granule, last);
  writer->packets_in_page++;
  return TRUE;
}

gboolean
oh_opus_writer_write (OhOpusWriter *writer, const gint16 *frame, GError **error)
{
  if (!encode (writer, frame, -1, error))
    return FALSE;
  return writer->packets_in_page < PACKETS_PER_PAGE || flush (writer, error);
}

gboolean
oh_opus_writer_sync (OhOpusWriter *writer, GError **error)
{
  return fdatasync (writer->fd) == 0 || set_error (writer, "sync", error);
}

static gboolean
sync_folder (OhOpusWriter *writer, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (writer->path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (!ok)
    set_error (writer, "sync the folder of", error);
  if (fd >= 0)
    close (fd);
  return ok;
}

/* The encoder is behind by its look-ahead: one or two frames more bring the end out, and the last
 * granule tells players where the sound really ends (RFC 7845 4.5). */
gboolean
oh_opus_writer_finish (OhOpusWriter *writer, const gint16 *rest, gsize n, GError **error)
{
  gint16 frame[OH_OPUS_WRITER_FRAME] = { 0 };
  gint64 end = writer->granule + writer->pre_skip + (gint64)n * GRANULES;

  g_return_val_if_fail (n < OH_OPUS_WRITER_FRAME, FALSE);

  if (n > 0)
    memcpy (frame, rest, n * sizeof *rest);
  while (writer->granule < end)
    {
      gboolean last = writer->granule + OH_OPUS_WRITER_FRAME * GRANULES >= end;

      if (!encode (writer, frame, last ? end : -1, error))
        return FALSE;
      memset (frame, 0, sizeof frame);
    }
  return flush (writer, error) && oh_opus_writer_sync (writer, error)
         && sync_folder (writer, error);
}

guint64
oh_opus_writer_get_duration (OhOpusWriter *writer)
{
  return writer->stands > writer->pre_skip ? (writer->stands - writer->pre_skip) / 48 : 0;
}
