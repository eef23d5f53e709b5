/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

G_BEGIN_DECLS

/* The call server that the client runs on this computer: writes its configuration once, starts
 * offhookd as a systemd user service where there is one, else as a child process, and waits until it
 * is ready. What dies is started again, a service by systemd, a child here, each time a little later.
 * Main thread. Property "mode" (OhEmbeddedMode as int). Signal "restarted": it runs again, perhaps at
 * other ports. */
#define OH_TYPE_EMBEDDED (oh_embedded_get_type ())
G_DECLARE_FINAL_TYPE (OhEmbedded, oh_embedded, OH, EMBEDDED, GObject)

typedef struct
{
  const char *config_dir;  /* offhookd.conf */
  const char *state_dir;   /* server/ */
  const char *daemon_path; /* or NULL: beside the program, then PATH */
} OhEmbeddedConfig;
OhEmbedded *oh_embedded_new (const OhEmbeddedConfig *config);

OhEmbeddedMode oh_embedded_get_mode (OhEmbedded *embedded);

/* Where it answers, once started: "https://127.0.0.1:PORT"; or NULL. Borrowed. */
const char *oh_embedded_get_url (OhEmbedded *embedded);
guint16 oh_embedded_get_tls_port (OhEmbedded *embedded);

/* Started already: succeeds at once. Errors: OH_SIGN_IN_ERROR_NO_DAEMON, _DAEMON. */
void oh_embedded_start_async (OhEmbedded *embedded,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean oh_embedded_start_finish (OhEmbedded *embedded, GAsyncResult *result, GError **error);

/* Makes the user @alias with the person's @name and @password, or gives an existing one that
 * password. */
void oh_embedded_add_user_async (OhEmbedded *embedded,
                                 const char *alias,
                                 const char *name,
                                 const char *password,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean oh_embedded_add_user_finish (OhEmbedded *embedded, GAsyncResult *result, GError **error);

/* SHA-256 of the server's own certificate, read from its files. Transfer full. */
char *oh_embedded_dup_fingerprint (OhEmbedded *embedded, GError **error);

/* Ends a child (SIGTERM, SIGKILL after 5 s); a service goes on. */
void
oh_embedded_stop_async (OhEmbedded *embedded, GAsyncReadyCallback callback, gpointer user_data);
gboolean oh_embedded_stop_finish (OhEmbedded *embedded, GAsyncResult *result, GError **error);

/* The person needs it no more: ends it, and a service is not started again at the next login. What it
 * has stored stays. Nobody waits. */
void oh_embedded_remove (OhEmbedded *embedded);

G_END_DECLS
