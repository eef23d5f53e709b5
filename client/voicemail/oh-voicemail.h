/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One message left by a caller. Main thread; made by the client as the server lists them. Properties:
 *   "id", "account" string; "name", "number" string or NULL; "withheld" boolean,
 *   "start" int64 (unix s), "duration-ms" uint64, "heard" boolean (notifies) */
#define OH_TYPE_VOICEMAIL (oh_voicemail_get_type ())
G_DECLARE_FINAL_TYPE (OhVoicemail, oh_voicemail, OH, VOICEMAIL, GObject)

const char *oh_voicemail_get_id (OhVoicemail *voicemail);
const char *oh_voicemail_get_account (OhVoicemail *voicemail);
const char *oh_voicemail_get_name (OhVoicemail *voicemail);
const char *oh_voicemail_get_number (OhVoicemail *voicemail);
gboolean oh_voicemail_is_withheld (OhVoicemail *voicemail);
gint64 oh_voicemail_get_start (OhVoicemail *voicemail);
guint64 oh_voicemail_get_duration_ms (OhVoicemail *voicemail);
gboolean oh_voicemail_is_heard (OhVoicemail *voicemail);

G_END_DECLS
