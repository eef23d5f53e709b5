/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/voicemail/oh-voicemail.h"

G_BEGIN_DECLS

/* Plays one message at a time on the loudspeaker. Main thread; the client has one. Properties:
 *   "voicemail" OhVoicemail or NULL, "playing" boolean, "loading" boolean (still being fetched),
 *   "position-ms" uint64 (notifies ten times a second while playing), "duration-ms" uint64
 * A message that played for a second counts as heard. */
#define OH_TYPE_VOICEMAIL_PLAYER (oh_voicemail_player_get_type ())
G_DECLARE_FINAL_TYPE (OhVoicemailPlayer, oh_voicemail_player, OH, VOICEMAIL_PLAYER, GObject)

OhVoicemail *oh_voicemail_player_get_voicemail (OhVoicemailPlayer *player); /* or NULL */
gboolean oh_voicemail_player_is_playing (OhVoicemailPlayer *player);
guint64 oh_voicemail_player_get_position_ms (OhVoicemailPlayer *player);
guint64 oh_voicemail_player_get_duration_ms (OhVoicemailPlayer *player);

void oh_voicemail_player_play (OhVoicemailPlayer *player); /* goes on, or from the start again */
void oh_voicemail_player_pause (OhVoicemailPlayer *player);
void oh_voicemail_player_seek (OhVoicemailPlayer *player, guint64 position_ms);
void oh_voicemail_player_stop (OhVoicemailPlayer *player); /* and forgets the message */

G_END_DECLS
