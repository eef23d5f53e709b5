/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-device.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The answer to GET /devices, asked by @own_id: of OhAccountDevice, transfer full. NULL and @error if
 * it is none at all. */
GListModel *oh_account_devices_from_json (JsonNode *node, const char *own_id, GError **error);

G_END_DECLS
