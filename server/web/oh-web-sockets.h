/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/web/oh-web-private.h"

G_BEGIN_DECLS

/* The WebSockets of browsers that have a call's page open: JSON to and from the call that the page's
 * token stands for (docs/protocol.md, "Web signalling"). Counted, one a token, each bounded in the
 * size and rate of what it says. Belongs to the services thread; the web server makes it. */

OhWebSockets *oh_web_sockets_new (OhWeb *web, OhExchange *exchange);

/* Ends all of them. @sockets may still be told of calls. */
void oh_web_sockets_close (OhWebSockets *sockets);
void oh_web_sockets_unref (gpointer sockets);

/* GET /o/TOKEN/socket */
void oh_web_handle_socket (OhWebRequest *request);

G_END_DECLS
