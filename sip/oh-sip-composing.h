/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Who is typing (RFC 3994): a small XML document that goes as a MESSAGE of its own. Pure functions;
 * any thread. */
#define OH_SIP_COMPOSING_TYPE "application/im-iscomposing+xml"
#define OH_SIP_COMPOSING_MAX 2048 /* bytes that are read */

typedef struct
{
  gboolean active;
  guint refresh_s; /* an active one ends by itself after that; at least 60 (3.2), at most 600 */
} OhSipComposing;

/* FALSE: not such a document; too long, too deep, or with a document type of its own. */
gboolean oh_sip_composing_parse (const char *body, gsize length, OhSipComposing *composing);

/* Transfer full. */
char *oh_sip_composing_make (const OhSipComposing *composing);

G_END_DECLS
