/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/voicemail/oh-voicemail.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One message as plain data. */
typedef struct
{
  char *account, *id, *name, *number;
  gboolean withheld, heard;
  gint64 start;
  guint64 duration_ms;
} OhVoicemailFacts;

OhVoicemail *oh_voicemail_new (const OhVoicemailFacts *facts);
void oh_voicemail_set_heard (OhVoicemail *voicemail, gboolean heard);

/* The answer to GET /voicemail: of OhVoicemail (transfer full); what makes no sense is left out. NULL
 * and @error if it is none at all. */
GPtrArray *oh_voicemails_from_json (JsonNode *node, const char *account, GError **error);

/* An id that may stand in a path or a URL as it is. */
gboolean oh_voicemail_is_safe_id (const char *id);

G_END_DECLS
