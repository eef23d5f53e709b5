/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/store/oh-call-route.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What a row of the server's history says of it, as text for the database. NULL: nothing. */
char *oh_call_route_dup_text (JsonObject *row);

/* That text; NULL where it is none. */
OhCallRoute *oh_call_route_parse (const char *text);

G_END_DECLS
