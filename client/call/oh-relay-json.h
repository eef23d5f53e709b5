/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-relay-info.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Takes the member "relay" of a web socket's welcome (docs/protocol.md), NULL where it has none, instead
 * of what @info had. */
void oh_relay_info_read (OhRelayInfo *info, JsonObject *welcome);

G_END_DECLS
