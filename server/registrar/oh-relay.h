/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/config/oh-config.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What a device of ours, or a page in a browser, is told of the servers that help its sound through a
 * NAT or a firewall (docs/protocol.md), with a credential of its own that ends after a day where the
 * relay shares a secret with us. @who: one word, the relay sees it. @now: Unix seconds. */

/* Header lines for the answer to a REGISTER. Transfer full; may be empty. */
char **oh_relay_make_headers (const OhServerConfig *config, const char *who, gint64 now);

/* The same for a web socket; NULL where there are no such servers. Transfer full. */
JsonObject *oh_relay_make_json (const OhServerConfig *config, const char *who, gint64 now);

G_END_DECLS
