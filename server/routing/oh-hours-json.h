/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/routing/oh-hours.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* For programs: where a user usually answers (docs/protocol.md). */

/* [{"days","from","to","place","name","protocol","answered","of"}]. Transfer full. */
JsonArray *oh_hours_describe (const OhHours *hours);

/* All that was learned: [{"days","hour","place","name","protocol","answered","usual"}], by hour, places with
 * answers only. Transfer full. */
JsonArray *oh_hours_describe_table (const OhHours *hours);

G_END_DECLS
