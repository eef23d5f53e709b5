/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-rules.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The answer to GET /me/rules. NULL with @error for what is none; a rule that is not known to this
 * version stands for the first of its kind. */
OhAccountRules *oh_account_rules_from_json (JsonNode *node, GError **error);

/* The body of PATCH /me/rules. Transfer full. */
JsonNode *oh_rules_change_to_json (const OhRulesChange *change);

G_END_DECLS
