/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-im.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The answers to /im of the server's HTTPS API. NULL or FALSE, with @error, for what is none. */
OhAccountIm *oh_account_im_from_json (JsonNode *node, GError **error);
/* What is kept of it between sessions, the server's own accounts and links, as text; and back: NULL for
 * what is none. */
char *oh_account_im_to_text (const OhAccountIm *im);
OhAccountIm *oh_account_im_from_text (const char *text);
gboolean oh_im_code_sent_from_json (JsonNode *node, OhImCodeSent *sent, GError **error);
gboolean
oh_im_verdict_from_json (JsonNode *node, OhImVerdict *verdict, guint *tries, GError **error);

G_END_DECLS
