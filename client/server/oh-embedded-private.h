/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The files between OhEmbedded and its server. */

typedef struct
{
  GPid pid;
  guint16 https_port, tls_port;
} OhRunFile;

/* Reads @state_dir/run.json; FALSE: not there or not whole. */
/* Where the server of that folder writes it. Transfer full. */
char *oh_run_file_path (const char *state_dir);
gboolean oh_run_file_read (const char *state_dir, OhRunFile *run);

/* Writes @path unless it is there: a server for this computer only. */
gboolean oh_embedded_write_config (const char *path, const char *state_dir, GError **error);

/* What the server said last before it ended, or NULL. */
char *oh_embedded_dup_last_line (const char *state_dir);

/* offhookctl that belongs to the daemon. */
char *oh_embedded_find_ctl (const char *daemon_path);

G_END_DECLS
