/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/sound/oh-sound-desk.h"
#include "client/voicemail/oh-voicemail-player.h"

G_BEGIN_DECLS

/* Signal "heard" (OhVoicemail): it has played for a second. */
OhVoicemailPlayer *oh_voicemail_player_new (OhSoundDesk *desk);

/* A message is being fetched: shown with "loading". */
void oh_voicemail_player_announce (OhVoicemailPlayer *player, OhVoicemail *voicemail);

/* Its sound lies in the file @path now: plays it. */
gboolean oh_voicemail_player_open (OhVoicemailPlayer *player,
                                   OhVoicemail *voicemail,
                                   const char *path,
                                   GError **error);

G_END_DECLS
