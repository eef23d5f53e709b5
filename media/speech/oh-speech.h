/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Speaks @text (UTF-8) in @language ("en", "de") into a new WAV file at @path by a process of its
 * own (espeak-ng keeps process-wide state). Calls @callback in the thread-default context. */
void oh_speech_synthesize_async (const char *text,
                                 const char *language,
                                 const char *path,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean oh_speech_synthesize_finish (GAsyncResult *result, GError **error);

G_END_DECLS
