/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Encodes mono sound into an Ogg Opus file (RFC 7845) and hands each page, half a second long, to the
 * system as soon as it is whole. Blocks on disk; one thread at a time. */
typedef struct _OhOpusWriter OhOpusWriter;

#define OH_OPUS_WRITER_RATE 16000
#define OH_OPUS_WRITER_FRAME (OH_OPUS_WRITER_RATE / 50) /* 20 ms */

/* Creates @path, which must not exist, readable by its owner only, and writes the headers. */
OhOpusWriter *oh_opus_writer_new (const char *path, GError **error);
void oh_opus_writer_free (OhOpusWriter *writer); /* closes without finishing */

/* Takes one frame of OH_OPUS_WRITER_FRAME samples. After an error the file ends with the last page
 * that went in whole. */
gboolean oh_opus_writer_write (OhOpusWriter *writer, const gint16 *frame, GError **error);

/* Makes sure that what was written stays, whatever the power supply does. */
gboolean oh_opus_writer_sync (OhOpusWriter *writer, GError **error);

/* Ends the stream after @n more samples (fewer than a frame), syncs file and folder and closes. */
gboolean oh_opus_writer_finish (OhOpusWriter *writer, const gint16 *rest, gsize n, GError **error);

/* ms that stand in the file. */
guint64 oh_opus_writer_get_duration (OhOpusWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhOpusWriter, oh_opus_writer_free)

G_END_DECLS
