/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/voicemail/oh-voicemail-player-private.h"

#include "media/record/oh-player.h"

#define RATE 48000
#define TICK_MS 100
#define HEARD_MS 1000

/* Position and end are both read from the source by the tick: the audio's thread tells nothing. */
struct _OhVoicemailPlayer
{
  GObject parent;
  OhSoundDesk *desk;
  OhVoicemail *voicemail;
  char *path;
  OhSource *source; /* while playing, else NULL */
  gboolean loading;
  guint64 position_ms, duration_ms;
  guint64 played_ms;
  guint timer;
};

enum
{
  PROP_0,
  PROP_VOICEMAIL,
  PROP_PLAYING,
  PROP_LOADING,
  PROP_POSITION_MS,
  PROP_DURATION_MS,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];
static guint heard_signal;

G_DEFINE_FINAL_TYPE (OhVoicemailPlayer, oh_voicemail_player, G_TYPE_OBJECT)

static void
notify (OhVoicemailPlayer *player, guint id)
{
  g_object_notify_by_pspec (G_OBJECT (player), properties[id]);
}

static void
silence (OhVoicemailPlayer *player)
{
  g_clear_handle_id (&player->timer, g_source_remove);
  if (!player->source)
    return;
  oh_audio_play_recording (oh_sound_desk_get_audio (player->desk), NULL);
  g_clear_pointer (&player->source, oh_source_unref);
  notify (player, PROP_PLAYING);
}

static void
set_position (OhVoicemailPlayer *player, guint64 position_ms)
{
  if (player->position_ms == position_ms)
    return;
  player->position_ms = position_ms;
  notify (player, PROP_POSITION_MS);
}

static gboolean
on_tick (gpointer user_data)
{
  OhVoicemailPlayer *player = user_data;
  guint64 before = player->played_ms;

  set_position (player, MIN (oh_player_get_position (player->source), player->duration_ms));
  player->played_ms += TICK_MS;
  if (before < HEARD_MS
      && (player->played_ms >= HEARD_MS || player->position_ms >= player->duration_ms))
    {
      player->played_ms = MAX (player->played_ms, HEARD_MS);
      g_signal_emit (player, heard_signal, 0, player->voicemail);
    }
  if (player->position_ms < player->duration_ms)
    return G_SOURCE_CONTINUE;
  player->timer = 0;
  silence (player);
  set_position (player, 0);
  return G_SOURCE_REMOVE;
}

static gboolean
start (OhVoicemailPlayer *player, GError **error)
{
  OhSource *source = oh_player_new (player->path, RATE, FALSE, error);

  if (!source)
    return FALSE;
  silence (player);
  player->source = source;
  player->duration_ms = oh_player_get_duration (source);
  if (player->position_ms)
    oh_player_seek (source, player->position_ms);
  oh_audio_play_recording (oh_sound_desk_get_audio (player->desk), source);
  player->timer = g_timeout_add (TICK_MS, on_tick, player);
  notify (player, PROP_DURATION_MS);
  notify (player, PROP_PLAYING);
  return TRUE;
}

static void
set_voicemail (OhVoicemailPlayer *player, OhVoicemail *voicemail, gboolean loading)
{
  gboolean changed = g_set_object (&player->voicemail, voicemail);

  if (changed)
    {
      g_clear_pointer (&player->path, g_free);
      player->played_ms = 0;
      player->position_ms = 0;
      player->duration_ms = voicemail ? oh_voicemail_get_duration_ms (voicemail) : 0;
      notify (player, PROP_VOICEMAIL);
      notify (player, PROP_POSITION_MS);
      notify (player, PROP_DURATION_MS);
    }
  if (player->loading != loading)
    {
      player->loading = loading;
      notify (player, PROP_LOADING);
    }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhVoicemailPlayer *player = OH_VOICEMAIL_PLAYER (object);

  switch (id)
    {
    case PROP_VOICEMAIL:
      g_value_set_object (value, player->voicemail);
      break;
    case PROP_PLAYING:
      g_value_set_boolean (value, player->source != NULL);
      break;
    case PROP_LOADING:
      g_value_set_boolean (value, player->loading);
      break;
    case PROP_POSITION_MS:
      g_value_set_uint64 (value, player->position_ms);
      break;
    default:
      g_value_set_uint64 (value, player->duration_ms);
      break;
    }
}

static void
dispose (GObject *object)
{
  OhVoicemailPlayer *player = OH_VOICEMAIL_PLAYER (object);

  if (player->desk)
    silence (player);
  g_clear_object (&player->desk);
  g_clear_object (&player->voicemail);
  g_clear_pointer (&player->path, g_free);
  G_OBJECT_CLASS (oh_voicemail_player_parent_class)->dispose (object);
}

static void
oh_voicemail_player_class_init (OhVoicemailPlayerClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  properties[PROP_VOICEMAIL] = g_param_spec_object ("voicemail", NULL, NULL, OH_TYPE_VOICEMAIL,
                                                    flags);
  properties[PROP_PLAYING] = g_param_spec_boolean ("playing", NULL, NULL, FALSE, flags);
  properties[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, flags);
  properties[PROP_POSITION_MS] = g_param_spec_uint64 ("position-ms", NULL, NULL, 0, G_MAXUINT64, 0,
                                                      flags);
  properties[PROP_DURATION_MS] = g_param_spec_uint64 ("duration-ms", NULL, NULL, 0, G_MAXUINT64, 0,
                                                      flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  heard_signal = g_signal_new ("heard", OH_TYPE_VOICEMAIL_PLAYER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 1, OH_TYPE_VOICEMAIL);
}

static void
oh_voicemail_player_init (OhVoicemailPlayer *player)
{
}

OhVoicemailPlayer *
oh_voicemail_player_new (OhSoundDesk *desk)
{
  OhVoicemailPlayer *player = g_object_new (OH_TYPE_VOICEMAIL_PLAYER, NULL);

  player->desk = g_object_ref (desk);
  return player;
}

void
oh_voicemail_player_announce (OhVoicemailPlayer *player, OhVoicemail *voicemail)
{
  silence (player);
  set_voicemail (player, voicemail, TRUE);
}

gboolean
oh_voicemail_player_open (OhVoicemailPlayer *player,
                          OhVoicemail *voicemail,
                          const char *path,
                          GError **error)
{
  set_voicemail (player, voicemail, FALSE);
  g_free (player->path);
  player->path = g_strdup (path);
  return start (player, error);
}

OhVoicemail *
oh_voicemail_player_get_voicemail (OhVoicemailPlayer *player)
{
  g_return_val_if_fail (OH_IS_VOICEMAIL_PLAYER (player), NULL);
  return player->voicemail;
}

gboolean
oh_voicemail_player_is_playing (OhVoicemailPlayer *player)
{
  g_return_val_if_fail (OH_IS_VOICEMAIL_PLAYER (player), FALSE);
  return player->source != NULL;
}

guint64
oh_voicemail_player_get_position_ms (OhVoicemailPlayer *player)
{
  g_return_val_if_fail (OH_IS_VOICEMAIL_PLAYER (player), 0);
  return player->position_ms;
}

guint64
oh_voicemail_player_get_duration_ms (OhVoicemailPlayer *player)
{
  g_return_val_if_fail (OH_IS_VOICEMAIL_PLAYER (player), 0);
  return player->duration_ms;
}

void
oh_voicemail_player_play (OhVoicemailPlayer *player)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (OH_IS_VOICEMAIL_PLAYER (player));
  if (player->path && !player->source && !start (player, &error))
    g_warning ("a message can't be played: %s", error->message);
}

void
oh_voicemail_player_pause (OhVoicemailPlayer *player)
{
  g_return_if_fail (OH_IS_VOICEMAIL_PLAYER (player));
  silence (player);
}

void
oh_voicemail_player_seek (OhVoicemailPlayer *player, guint64 position_ms)
{
  g_return_if_fail (OH_IS_VOICEMAIL_PLAYER (player));
  position_ms = MIN (position_ms, player->duration_ms);
  if (player->source)
    oh_player_seek (player->source, position_ms);
  set_position (player, position_ms);
}

void
oh_voicemail_player_stop (OhVoicemailPlayer *player)
{
  g_return_if_fail (OH_IS_VOICEMAIL_PLAYER (player));
  silence (player);
  set_voicemail (player, NULL, FALSE);
}
