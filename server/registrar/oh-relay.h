/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/config/oh-config.h"

G_BEGIN_DECLS

/* What a device of ours is told of the servers that help its sound through a NAT: header lines for
 * the answer to its REGISTER (docs/protocol.md), with a credential of its own that ends after a day
 * where the relay shares a secret with us. @now: Unix seconds. Transfer full; may be empty. */
char **oh_relay_make_headers (const OhServerConfig *config, const char *device_id, gint64 now);

G_END_DECLS
