/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OH_IM_MAX_STANZA 65536    /* bytes */
#define OH_IM_MAX_STANZA_DEPTH 64 /* elements in one another, the stanza's own counted */

/* Whether @xml may go out on an XMPP stream as it is: one <message/>, <presence/> or <iq/> (RFC 6120, 8)
 * of at most OH_IM_MAX_STANZA bytes, with nothing in it that RFC 6120, 11.1 keeps out of streams
 * (comments, processing instructions, document types, entities) and no "from", which is the service's
 * to say. A prefix is "xml:" or refused: one that is not declared would end the whole stream, and
 * whatever wants one can be said with xmlns="...". An iq has a type and, as a question, one child
 * (8.2.3); as an answer it has the id of what it answers. FALSE with INVALID or LIMIT. Any thread. */
gboolean oh_im_stanza_check (const char *xml, GError **error);

G_END_DECLS
