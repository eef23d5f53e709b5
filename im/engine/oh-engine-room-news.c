/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-rooms.h"

#include <string.h>

/* What happens in a room, told to the parent: messages at once, and before each what came before it; members
 * and topic in lots, so that a crowd that comes and goes is told as what it is in the end. */

#define LOT_MS 100
#define BURST 1000 /* messages of one room, then so many a second */
#define PER_SECOND 100

/* The message that is being handed to libpurple right now; what it writes of it meanwhile is the outcome. */
static struct
{
  OhEngineRoom *room;
  const char *ref;
  char *failure;
} sending;

/* --- who is there --- */

/* XMPP's plug-in makes an address of room and nick where it knows none. */
static char *
dup_real (OhEngineRoom *room, PurpleConvChatBuddy *member)
{
  PurpleConnection *connection = purple_account_get_connection (room->account);
  PurplePluginProtocolInfo *info = PURPLE_PLUGIN_PROTOCOL_INFO (
      purple_connection_get_prpl (connection));
  int id = purple_conv_chat_get_id (PURPLE_CONV_CHAT (room->conversation));
  g_autofree char *name = info->get_cb_real_name
                              ? info->get_cb_real_name (connection, id, member->name)
                              : NULL;
  gsize length = strlen (room->name);

  if (!name)
    return oh_im_clean_line (purple_conv_chat_cb_get_attribute (member, "userhost"),
                             OH_IM_MAX_NAME);
  if (strncmp (name, room->name, length) == 0 && name[length] == '/')
    return g_strdup ("");
  return oh_engine_normalize (room->account, name);
}

static guint
translate_flags (PurpleConvChatBuddyFlags flags)
{
  static const struct
  {
    PurpleConvChatBuddyFlags theirs;
    OhImMemberFlags ours;
  } pairs[] = {
    { PURPLE_CBFLAGS_FOUNDER, OH_IM_MEMBER_FOUNDER },
    { PURPLE_CBFLAGS_OP, OH_IM_MEMBER_OPERATOR },
    { PURPLE_CBFLAGS_HALFOP, OH_IM_MEMBER_HALF_OPERATOR },
    { PURPLE_CBFLAGS_VOICE, OH_IM_MEMBER_VOICE },
    { PURPLE_CBFLAGS_AWAY, OH_IM_MEMBER_AWAY },
    { PURPLE_CBFLAGS_TYPING, OH_IM_MEMBER_TYPING },
  };
  guint result = 0;

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (flags & pairs[i].theirs)
      result |= pairs[i].ours;
  return result;
}

static GVariant *
describe (OhEngineRoom *room, PurpleConvChatBuddy *member, const char *nick)
{
  g_autofree char *real = dup_real (room, member);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  oh_im_dict_add (&dict, "nick", nick, OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "real", real, OH_IM_MAX_NAME);
  g_variant_builder_add (&dict, "{sv}", "flags",
                         g_variant_new_uint32 (translate_flags (member->flags)));
  return g_variant_builder_end (&dict);
}

static void
emit_lot (OhEngineRoom *room, const char *signal, GVariantBuilder *lot)
{
  GVariant *list = g_variant_builder_end (lot);

  oh_engine_emit (
      signal, g_variant_new ("(st*)", oh_engine_account_id (room->account), room->number, list));
}

/* Of those who changed: who is there. What is left in the set is gone. */
static void
tell_present (OhEngineRoom *room)
{
  PurpleConvChat *chat = PURPLE_CONV_CHAT (room->conversation);
  GVariantBuilder lot;
  GHashTableIter iter;
  gpointer name;
  guint count = 0;

  g_variant_builder_init (&lot, G_VARIANT_TYPE ("aa{sv}"));
  g_hash_table_iter_init (&iter, room->changed);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      PurpleConvChatBuddy *member = purple_conv_chat_cb_find (chat, name);
      g_autofree char *nick = member ? oh_im_clean_line (name, OH_IM_MAX_NAME) : NULL;

      if (!member)
        continue;
      if (*nick
          && (g_hash_table_contains (room->members, nick)
              || g_hash_table_size (room->members) < OH_IM_MAX_MEMBERS))
        {
          g_variant_builder_add_value (&lot, describe (room, member, nick));
          g_hash_table_add (room->members, g_steal_pointer (&nick));
          if (++count % OH_IM_MEMBERS_A_SIGNAL == 0)
            {
              emit_lot (room, "RoomMembers", &lot);
              g_variant_builder_init (&lot, G_VARIANT_TYPE ("aa{sv}"));
            }
        }
      g_hash_table_iter_remove (&iter);
    }
  if (count % OH_IM_MEMBERS_A_SIGNAL != 0)
    emit_lot (room, "RoomMembers", &lot);
  else
    g_variant_builder_clear (&lot);
}

static void
tell_gone (OhEngineRoom *room)
{
  GVariantBuilder lot;
  GHashTableIter iter;
  gpointer name;
  guint count = 0;

  g_variant_builder_init (&lot, G_VARIANT_TYPE_STRING_ARRAY);
  g_hash_table_iter_init (&iter, room->changed);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_autofree char *nick = oh_im_clean_line (name, OH_IM_MAX_NAME);

      if (!g_hash_table_remove (room->members, nick))
        continue;
      g_variant_builder_add (&lot, "s", nick);
      if (++count % OH_IM_MEMBERS_A_SIGNAL == 0)
        {
          emit_lot (room, "RoomMembersGone", &lot);
          g_variant_builder_init (&lot, G_VARIANT_TYPE_STRING_ARRAY);
        }
    }
  g_hash_table_remove_all (room->changed);
  if (count % OH_IM_MEMBERS_A_SIGNAL != 0)
    emit_lot (room, "RoomMembersGone", &lot);
  else
    g_variant_builder_clear (&lot);
}

static void
tell_topic (OhEngineRoom *room)
{
  const char *topic = purple_conv_chat_get_topic (PURPLE_CONV_CHAT (room->conversation));
  g_autofree char *text = oh_im_clean (topic, OH_IM_MAX_TOPIC);
  g_autofree char *who = oh_im_clean_line (room->topic_who, OH_IM_MAX_NAME);

  room->topic_changed = FALSE;
  oh_engine_emit ("RoomTopic", g_variant_new ("(stss)", oh_engine_account_id (room->account),
                                              room->number, text, who));
}

static void
set_nick (OhEngineRoom *room, const char *nick)
{
  char *clean = oh_im_clean_line (nick, OH_IM_MAX_NAME);

  g_free (room->nick);
  room->nick = clean;
}

/* FALSE: we are not in, as far as it is known. */
static gboolean
tell_joined (OhEngineRoom *room)
{
  PurpleConnection *connection = purple_account_get_connection (room->account);

  if (room->told)
    return TRUE;
  if (!room->conversation || room->number == 0
      || (oh_engine_muc_is_of (room->account) && !room->seen))
    return FALSE;
  if (!oh_engine_muc_is_of (room->account))
    set_nick (room, purple_connection_get_display_name (connection));
  room->told = TRUE;
  g_clear_handle_id (&room->patience, g_source_remove);
  oh_engine_emit ("RoomJoined", g_variant_new ("(stss)", oh_engine_account_id (room->account),
                                               room->number, room->name, room->nick));
  return TRUE;
}

void
oh_engine_room_flush (OhEngineRoom *room)
{
  g_clear_handle_id (&room->flush, g_source_remove);
  if (!tell_joined (room) || !room->conversation || room->number == 0)
    return;
  tell_present (room);
  tell_gone (room);
  if (room->topic_changed)
    tell_topic (room);
}

static gboolean
on_flush (gpointer data)
{
  OhEngineRoom *room = data;

  room->flush = 0;
  oh_engine_room_flush (room);
  return G_SOURCE_REMOVE;
}

void
oh_engine_room_changed (OhEngineRoom *room)
{
  if (room->flush == 0)
    room->flush = g_timeout_add (LOT_MS, on_flush, room);
}

void
oh_engine_room_see (OhEngineRoom *room, const char *nick)
{
  set_nick (room, nick);
  room->seen = TRUE;
  oh_engine_room_changed (room);
}

/* --- what libpurple calls --- */

static void
note (PurpleConversation *conversation, const char *name)
{
  OhEngineRoom *room = oh_engine_room_of (conversation);

  if (!room || room->number == 0 || g_hash_table_size (room->changed) >= 2 * OH_IM_MAX_MEMBERS)
    return;
  g_hash_table_add (room->changed, g_strdup (name));
  oh_engine_room_changed (room);
}

static void
on_add_users (PurpleConversation *conversation, GList *members, gboolean new_arrivals)
{
  for (GList *l = members; l; l = l->next)
    note (conversation, ((PurpleConvChatBuddy *)l->data)->name);
}

static void
on_remove_users (PurpleConversation *conversation, GList *names)
{
  for (GList *l = names; l; l = l->next)
    note (conversation, l->data);
}

static void
on_update_user (PurpleConversation *conversation, const char *name)
{
  note (conversation, name);
}

/* Whether the parent may hear of it as of a change of name, and not as of one who left and one who came. */
static gboolean
is_to_be_told (OhEngineRoom *room, const char *old, const char *new)
{
  if (!room->told || !*new || g_hash_table_contains (room->members, new))
    return FALSE;
  if (strcmp (old, room->nick) == 0)
    return TRUE;
  return g_hash_table_contains (room->members, old) && oh_engine_gate_pass (OH_ENGINE_GATE_NOTICES);
}

/* libpurple has the member under both names in this moment. */
static void
on_rename_user (PurpleConversation *conversation,
                const char *old_name,
                const char *new_name,
                const char *new_alias)
{
  OhEngineRoom *room = oh_engine_room_of (conversation);
  g_autofree char *old = oh_im_clean_line (old_name, OH_IM_MAX_NAME);
  g_autofree char *new = oh_im_clean_line (new_name, OH_IM_MAX_NAME);

  if (!room)
    return;
  g_hash_table_remove (room->changed, old_name);
  oh_engine_room_flush (room);
  if (room->number != 0 && is_to_be_told (room, old, new))
    {
      oh_engine_emit (
          "RoomMemberRenamed",
          g_variant_new ("(stss)", oh_engine_account_id (room->account), room->number, old, new));
      g_hash_table_remove (room->members, old);
      g_hash_table_add (room->members, g_strdup (new));
      if (strcmp (old, room->nick) == 0)
        set_nick (room, new);
    }
  else
    note (conversation, old_name);
  note (conversation, new_name);
}

static void
on_topic_changed (PurpleConversation *conversation,
                  const char *who,
                  const char *topic,
                  gpointer data)
{
  OhEngineRoom *room = oh_engine_room_of (conversation);

  if (!room || room->number == 0)
    return;
  g_free (room->topic_who);
  room->topic_who = g_strdup (who);
  room->topic_changed = TRUE;
  oh_engine_room_changed (room);
}

/* --- messages --- */

static gboolean
is_of_blocked (OhEngineRoom *room, const char *nick)
{
  PurpleConvChatBuddy *member = purple_conv_chat_cb_find (PURPLE_CONV_CHAT (room->conversation),
                                                          nick);
  g_autofree char *real = member ? dup_real (room, member) : NULL;

  if (!oh_engine_muc_is_of (room->account))
    return oh_engine_is_blocked (room->account, nick);
  return real && *real && oh_engine_is_blocked (room->account, real);
}

/* libpurple compares nicks as if they were addresses, in which "Anna" is "anna". */
static gboolean
is_own (OhEngineRoom *room, const char *nick, PurpleMessageFlags flags)
{
  if (oh_engine_muc_is_of (room->account))
    return strcmp (nick, room->nick) == 0;
  return (flags & PURPLE_MESSAGE_SEND) != 0;
}

/* Whether it may be told: not of a flood, nor before we are known to be in. */
static gboolean
is_let_through (OhEngineRoom *room)
{
  oh_engine_room_flush (room);
  if (!room->told || room->number == 0)
    return FALSE;
  if (oh_engine_bucket_pass (&room->bucket, BURST, PER_SECOND)
      && oh_engine_gate_pass (OH_ENGINE_GATE_ROOMS))
    return TRUE;
  room->dropped++;
  return FALSE;
}

static void
emit_message (
    OhEngineRoom *room, const char *nick, const char *text, PurpleMessageFlags flags, time_t when)
{
  const char *ref = sending.room == room && sending.ref ? sending.ref
                                                        : oh_engine_muc_message_id (room->account);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  oh_im_dict_add (&dict, "nick", nick, OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "ref", ref, OH_IM_MAX_NAME);
  g_variant_builder_add (&dict, "{sv}", "text", g_variant_new_string (text));
  g_variant_builder_add (&dict, "{sv}", "time", g_variant_new_int64 (when));
  g_variant_builder_add (&dict, "{sv}", "delayed",
                         g_variant_new_boolean ((flags & PURPLE_MESSAGE_DELAYED) != 0));
  g_variant_builder_add (&dict, "{sv}", "own", g_variant_new_boolean (is_own (room, nick, flags)));
  g_variant_builder_add (&dict, "{sv}", "cut",
                         g_variant_new_boolean (strlen (text) >= OH_IM_MAX_TEXT - 4));
  g_variant_builder_add (&dict, "{sv}", "dropped", g_variant_new_uint32 (room->dropped));
  room->dropped = 0;
  oh_engine_emit ("RoomMessage", g_variant_new ("(st@a{sv})", oh_engine_account_id (room->account),
                                                room->number, g_variant_builder_end (&dict)));
}

void
oh_engine_room_written (PurpleConversation *conversation,
                        const char *nick,
                        const char *markup,
                        PurpleMessageFlags flags,
                        time_t when)
{
  OhEngineRoom *room = oh_engine_room_of (conversation);
  g_autofree char *text = NULL;

  if (!room)
    return;
  if (flags & PURPLE_MESSAGE_ERROR)
    {
      if (sending.room == room && !sending.failure)
        sending.failure = oh_engine_strip (markup);
      return;
    }
  if (flags & PURPLE_MESSAGE_SYSTEM)
    return; /* remarks in the language of the moment, on what is told otherwise */
  text = oh_engine_strip (markup);
  if (*nick && *text && !is_of_blocked (room, nick) && is_let_through (room))
    emit_message (room, nick, text, flags, when);
}

void
oh_engine_room_begin_message (OhEngineRoom *room, const char *ref)
{
  sending.room = room;
  sending.ref = oh_engine_muc_is_of (room->account) ? NULL : ref;
}

char *
oh_engine_room_end_message (void)
{
  sending.room = NULL;
  sending.ref = NULL;
  return g_steal_pointer (&sending.failure);
}

void
oh_engine_room_tell_refusal (OhEngineRoom *room, const char *ref, const char *text)
{
  g_autofree char *name = oh_im_clean_line (ref, OH_IM_MAX_NAME);
  g_autofree char *clean = oh_im_clean (text, OH_IM_MAX_STATUS);

  if (room->told && room->number != 0 && oh_engine_gate_pass (OH_ENGINE_GATE_NOTICES))
    oh_engine_emit ("RoomRefused", g_variant_new ("(stss)", oh_engine_account_id (room->account),
                                                  room->number, name, clean));
}

void
oh_engine_room_news_add_operations (PurpleConversationUiOps *operations)
{
  operations->chat_add_users = on_add_users;
  operations->chat_remove_users = on_remove_users;
  operations->chat_rename_user = on_rename_user;
  operations->chat_update_user = on_update_user;
}

void
oh_engine_room_news_install (void)
{
  static int handle;

  purple_signal_connect (purple_conversations_get_handle (), "chat-topic-changed", &handle,
                         PURPLE_CALLBACK (on_topic_changed), NULL);
}
