/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Accepts TLS connections for the web server, and bounds what clients can hold: how many in all and
 * from one address (IPv6: /64), how long a handshake and a request may take. A connection that is done with
 * its handshake goes to the OhConnectedFunc. The services thread.
 *
 * GIO shakes hands in a pool of ten threads, each of which waits for its client. So a client that says nothing
 * gets none: it is looked at until its first TLS record (ClientHello, RFC 8446 4.1.2) is there. Of those that
 * have said it few shake hands at once, fewer of one address; the others wait for their turn, the address
 * first that has the fewest, and one that is slow gives way to them. */
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

/* Whoever is at @remote has signed in, and is counted elsewhere: its connection is not counted any more, neither
 * in all nor for its address. */
void oh_connections_vouch (OhConnections *connections, GSocketAddress *remote);

/* Stops listening, closes all. */
void oh_connections_free (OhConnections *connections);

G_END_DECLS
