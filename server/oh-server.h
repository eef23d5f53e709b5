/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-executor.h"

G_BEGIN_DECLS

/* The call server put together: configuration, store, certificates, SIP, exchange, web and control
 * socket; what starts them in order and ends them in order. Lives on the services thread (the
 * default GLib context). */
typedef struct _OhServer OhServer;

/* Starts everything and writes run.json. @error is one clear line for a person. Blocks. */
OhServer *oh_server_new (const char *config_path, GError **error);

/* SIGHUP: reads configuration and certificates anew; what is wrong is logged and nothing changes. */
void oh_server_reload (OhServer *server);

/* SIGTERM: no new calls, live ones end with BYE, voicemails are closed; then @done runs on the
 * services thread. Once. */
void oh_server_stop (OhServer *server, OhTask done, gpointer user_data);

/* After it has stopped. Removes run.json. */
void oh_server_free (OhServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhServer, oh_server_free)

G_END_DECLS
