/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#define LOOPBACK_DELAY_MS 1000

float
oh_client_get_level (OhClient *client, gboolean capture)
{
  g_return_val_if_fail (OH_IS_CLIENT (client), 0);
  return oh_audio_get_level (oh_sound_desk_get_audio (client->desk), capture);
}

void
oh_client_start_meter (OhClient *client)
{
  g_return_if_fail (OH_IS_CLIENT (client));
  oh_audio_start_meter (oh_sound_desk_get_audio (client->desk));
}

void
oh_client_start_test_call (OhClient *client)
{
  g_return_if_fail (OH_IS_CLIENT (client));
  oh_audio_start_loopback (oh_sound_desk_get_audio (client->desk), LOOPBACK_DELAY_MS);
}

void
oh_client_stop_test (OhClient *client)
{
  g_return_if_fail (OH_IS_CLIENT (client));
  oh_audio_stop_local (oh_sound_desk_get_audio (client->desk));
}

void
oh_client_play_ringer_sample (OhClient *client)
{
  g_return_if_fail (OH_IS_CLIENT (client));
  oh_sound_desk_play_sample (client->desk, OH_AUDIO_RINGER);
}

void
oh_client_play_speaker_sample (OhClient *client)
{
  g_return_if_fail (OH_IS_CLIENT (client));
  oh_voicemail_player_pause (client->player); /* it uses the same loudspeaker */
  oh_sound_desk_play_sample (client->desk, OH_AUDIO_SPEAKER);
}

void
oh_client_silence (OhClient *client, OhCall *call)
{
  g_return_if_fail (OH_IS_CLIENT (client));
  oh_sound_desk_silence (client->desk, call);
}
