/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/call/oh-browser-calls.h"
#include "server/web/oh-web-private.h"

G_BEGIN_DECLS

/* The WebSockets of signed-in devices whose network lets no SIP through ("web lines"): each registers its
 * device and carries all of its calls (docs/protocol.md, "A web line"). Counted for each device and each
 * address. Belongs to the services thread; oh-web-sockets makes it. */

OhWebLines *oh_web_lines_new (OhWeb *web, OhExchange *exchange);

/* Its limits hold from now on, for lines that come. */
void oh_web_lines_set_config (OhWebLines *lines, const OhServerConfig *config);

/* Ends all of them. @lines may still be told of calls. */
void oh_web_lines_close (OhWebLines *lines);
void oh_web_lines_unref (OhWebLines *lines);

/* What the exchange says of a line or of one of its calls. */
void oh_web_lines_take (OhWebLines *lines, const OhBrowserMessage *message);

/* GET /api/v1/line */
void oh_web_handle_line (OhWebRequest *request);

G_END_DECLS
