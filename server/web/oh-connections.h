/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Accepts TLS connections for the web server, and bounds what clients can hold: how many in all and
 * from one address, how long a handshake and a request may take. A connection that is done with its
 * handshake goes to the OhConnectedFunc. The services thread. */
typedef struct _OhConnections OhConnections;

typedef void (*OhConnectedFunc) (GIOStream *stream,
                                 GSocketAddress *local,
                                 GSocketAddress *remote,
                                 gpointer user_data);

OhConnections *oh_connections_new (const char *address,
                                   guint16 port,
                                   GTlsCertificate *certificate,
                                   OhConnectedFunc func,
                                   gpointer user_data,
                                   GError **error);
guint16 oh_connections_get_port (OhConnections *connections);

/* For connections from now on. */
void oh_connections_set_certificate (OhConnections *connections, GTlsCertificate *certificate);

/* The connection from @remote is closed unless another deadline is set within @seconds; 0: none. */
void
oh_connections_set_deadline (OhConnections *connections, GSocketAddress *remote, guint seconds);

/* Stops listening, closes all. */
void oh_connections_free (OhConnections *connections);

G_END_DECLS
