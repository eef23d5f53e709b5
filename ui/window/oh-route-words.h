/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

G_BEGIN_DECLS

/* Where a past call rang and where not, and why, in sentences, one a line; with who @answered it.
 * Transfer full. */
char *oh_route_words (const OhCallRoute *route, gboolean answered);

G_END_DECLS
