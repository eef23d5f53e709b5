/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-rooms.h"

#include <string.h>

#define PATIENCE_S 120          /* until the service has let us in */
#define ROOM_KEY "offhook-room" /* of a conversation's data */

static GHashTable *rooms;   /* key -> OhEngineRoom */
static GHashTable *numbers; /* OhEngineRoom.number -> the same */

/* Conversations that libpurple's plug-ins have done with, in the call that may still look at them. */
static GSList *doomed;
static guint doom_id;

static char *
make_key (PurpleAccount *account, const char *name)
{
  return g_strdup_printf ("%p %s", (void *)account, name);
}

static void
room_free (OhEngineRoom *room)
{
  g_clear_handle_id (&room->patience, g_source_remove);
  g_clear_handle_id (&room->flush, g_source_remove);
  g_clear_handle_id (&room->idle, g_source_remove);
  if (room->conversation)
    purple_conversation_set_data (room->conversation, ROOM_KEY, NULL);
  g_hash_table_unref (room->members);
  g_hash_table_unref (room->changed);
  g_free (room->name);
  g_free (room->nick);
  g_free (room->end_who);
  g_free (room->end_text);
  g_free (room->topic_who);
  g_free (room);
}

static OhEngineRoom *
room_new (PurpleAccount *account, const char *name, guint64 number)
{
  OhEngineRoom *room = g_new0 (OhEngineRoom, 1);

  room->account = account;
  room->name = g_strdup (name);
  room->nick = g_strdup ("");
  room->number = number;
  room->members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  room->changed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (rooms, make_key (account, name), room);
  if (number != 0)
    g_hash_table_insert (numbers, &room->number, room);
  return room;
}

OhEngineRoom *
oh_engine_find_room (PurpleAccount *account, const char *name)
{
  g_autofree char *normal = oh_engine_normalize (account, name);
  g_autofree char *key = make_key (account, normal);

  return g_hash_table_lookup (rooms, key);
}

OhEngineRoom *
oh_engine_room_of (PurpleConversation *conversation)
{
  return purple_conversation_get_data (conversation, ROOM_KEY);
}

static gboolean
on_doom (gpointer data)
{
  doom_id = 0;
  while (doomed)
    purple_conversation_destroy (doomed->data); /* on_deleting() takes it from the list */
  return G_SOURCE_REMOVE;
}

static void
doom (PurpleConversation *conversation)
{
  if (!g_slist_find (doomed, conversation))
    doomed = g_slist_prepend (doomed, conversation);
  if (doom_id == 0)
    doom_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_doom, NULL, NULL);
}

/* @room, of which the parent has heard that it is over, is gone afterwards. */
static void
forget (OhEngineRoom *room)
{
  g_autofree char *key = make_key (room->account, room->name);

  if (room->conversation)
    doom (room->conversation);
  g_hash_table_remove (rooms, key);
}

void
oh_engine_room_end (OhEngineRoom *room, OhImRoomEnd end, const char *who, const char *text)
{
  g_autofree char *by = oh_im_clean_line (who, OH_IM_MAX_NAME);
  g_autofree char *clean = oh_im_clean (text, OH_IM_MAX_STATUS);

  if (room->number == 0)
    return;
  if (room->told)
    oh_engine_room_flush (room);
  oh_engine_emit ("RoomLeft",
                  g_variant_new ("(stsss)", oh_engine_account_id (room->account), room->number,
                                 oh_im_room_end_to_word (end), by, clean));
  g_hash_table_remove (numbers, &room->number);
  room->number = 0;
}

void
oh_engine_room_note_end (OhEngineRoom *room, OhImRoomEnd end, const char *who, const char *text)
{
  g_free (room->end_who);
  g_free (room->end_text);
  room->ending = TRUE;
  room->end = end;
  room->end_who = g_strdup (who);
  room->end_text = g_strdup (text);
}

void
oh_engine_room_refuse (OhEngineRoom *room, OhImRoomEnd end, const char *text)
{
  oh_engine_room_end (room, end, "", text);
  forget (room);
}

/* --- leaving --- */

/* @room may be gone afterwards. */
static void
leave (OhEngineRoom *room)
{
  PurpleConnection *connection = purple_account_get_connection (room->account);
  PurpleConvChat *chat = room->conversation ? PURPLE_CONV_CHAT (room->conversation) : NULL;

  if (!connection)
    return;
  if (!chat)
    {
      if (oh_engine_muc_is_of (room->account))
        oh_engine_muc_cancel (room);
      return;
    }
  if (!purple_conv_chat_has_left (chat))
    serv_chat_leave (connection, purple_conv_chat_get_id (chat));
  if (!purple_conv_chat_has_left (chat))
    serv_got_chat_left (connection, purple_conv_chat_get_id (chat));
}

static gboolean
on_patience_ended (gpointer data)
{
  OhEngineRoom *room = data;

  room->patience = 0;
  oh_engine_room_end (room, OH_IM_ROOM_TIMED_OUT, "", "");
  if (room->conversation || oh_engine_muc_is_of (room->account))
    leave (room);
  else
    forget (room);
  return G_SOURCE_REMOVE;
}

static gboolean
on_unwanted (gpointer data)
{
  OhEngineRoom *room = data;

  room->idle = 0;
  leave (room);
  return G_SOURCE_REMOVE;
}

static gboolean
on_gone (gpointer data)
{
  OhEngineRoom *room = data;

  room->idle = 0;
  oh_engine_room_end (room, room->ending ? room->end : OH_IM_ROOM_REMOVED, room->end_who,
                      room->end_text);
  if (room->conversation && !purple_conv_chat_has_left (PURPLE_CONV_CHAT (room->conversation)))
    leave (room);
  else if (!oh_engine_muc_holds (room->account, room->name))
    forget (room);
  return G_SOURCE_REMOVE;
}

/* XMPP's plug-in keeps a pointer to the conversation until the service says that we have left: so long the
 * room stays here. */
void
oh_engine_room_gone (OhEngineRoom *room)
{
  g_clear_handle_id (&room->idle, g_source_remove);
  room->idle = g_idle_add_full (G_PRIORITY_DEFAULT, on_gone, room, NULL);
}

/* --- what libpurple tells --- */

/* Nobody asked for it, or not any more: out again. */
static void
shun (OhEngineRoom *room)
{
  if (room->idle == 0)
    room->idle = g_idle_add_full (G_PRIORITY_DEFAULT, on_unwanted, room, NULL);
}

static void
on_joined (PurpleConversation *conversation, gpointer data)
{
  PurpleAccount *account = purple_conversation_get_account (conversation);
  g_autofree char *name = oh_engine_normalize (account,
                                               purple_conversation_get_name (conversation));
  OhEngineRoom *room = oh_engine_find_room (account, name);

  doomed = g_slist_remove (doomed, conversation);
  if (!room)
    room = room_new (account, name, 0);
  else if (room->conversation && room->conversation != conversation)
    {
      /* A service that says twice that we are in: libpurple cannot tell the two apart. */
      oh_engine_room_end (room, OH_IM_ROOM_REMOVED, "", "");
      doom (conversation);
      shun (room);
      return;
    }
  room->conversation = conversation;
  purple_conversation_set_data (conversation, ROOM_KEY, room);
  if (room->number == 0)
    shun (room);
  else
    oh_engine_room_changed (room);
}

static void
on_left (PurpleConversation *conversation, gpointer data)
{
  OhEngineRoom *room = oh_engine_room_of (conversation);

  if (!room)
    return;
  oh_engine_room_end (room, room->ending ? room->end : OH_IM_ROOM_REMOVED, room->end_who,
                      room->end_text);
  if (oh_engine_muc_is_of (room->account))
    oh_engine_room_gone (room);
  else
    forget (room);
}

static void
on_join_failed (PurpleConnection *connection, GHashTable *components, gpointer data)
{
  PurpleAccount *account = purple_connection_get_account (connection);
  g_autofree char *name = oh_engine_room_form_name (connection, components);
  OhEngineRoom *room = oh_engine_find_room (account, name);

  if (room && !room->conversation)
    oh_engine_room_refuse (room, room->ending ? room->end : OH_IM_ROOM_INVALID,
                           room->end_text ? room->end_text : "");
}

static void
on_deleting (PurpleConversation *conversation, gpointer data)
{
  OhEngineRoom *room = oh_engine_room_of (conversation);

  doomed = g_slist_remove (doomed, conversation);
  if (room)
    room->conversation = NULL;
}

/* The plug-in has closed its end: nobody looks at the conversations any more. */
static void
on_signed_off (PurpleConnection *connection, gpointer data)
{
  PurpleAccount *account = purple_connection_get_account (connection);
  GList *all = g_hash_table_get_values (rooms);
  GList *chats = g_list_copy (purple_get_chats ());

  for (GList *l = all; l; l = l->next)
    if (((OhEngineRoom *)l->data)->account == account)
      {
        oh_engine_room_end (l->data, OH_IM_ROOM_CLOSED, "", "");
        forget (l->data);
      }
  for (GList *l = chats; l; l = l->next)
    if (purple_conversation_get_account (l->data) == account)
      purple_conversation_destroy (l->data);
  g_list_free (all);
  g_list_free (chats);
}

/* --- what the parent asks for --- */

static guint
count_rooms (PurpleAccount *account)
{
  GHashTableIter iter;
  gpointer room;
  guint count = 0;

  g_hash_table_iter_init (&iter, rooms);
  while (g_hash_table_iter_next (&iter, NULL, &room))
    count += ((OhEngineRoom *)room)->account == account;
  return count;
}

static gboolean
check_new (PurpleAccount *account, guint64 number, const char *name, GError **error)
{
  OhEngineRoom *other = oh_engine_find_room (account, name);

  if (number == 0 || !*name || !oh_engine_irc_may_join (account, name))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a room that could be joined");
  else if (other && other->number == 0)
    g_set_error (error, OH_ERROR, OH_ERROR_BUSY, "it is still being left");
  else if (other || g_hash_table_contains (numbers, &number))
    g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "the account is in that room already");
  else if (count_rooms (account) >= OH_IM_MAX_ROOMS)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many rooms");
  else
    return TRUE;
  return FALSE;
}

/* Of XMPP: what the room told while we were away, as far as it keeps it (XEP-0045, 7.2.15); and the nick as the
 * service will write it (RFC 6122, 2.4): libpurple goes by ours when we leave. */
static void
complete (GHashTable *components, guint history_s)
{
  const char *nick = g_hash_table_lookup (components, "handle");
  char *normal = nick ? g_utf8_normalize (nick, -1, G_NORMALIZE_NFKC) : NULL;

  if (normal)
    g_hash_table_insert (components, g_strdup ("handle"), normal);
  if (history_s > 0)
    g_hash_table_insert (components, g_strdup ("history_seconds"),
                         g_strdup_printf ("%u", history_s));
}

gboolean
oh_engine_join_room (
    const char *id, guint64 number, GVariant *fields, guint history_s, GError **error)
{
  PurpleAccount *account = oh_engine_find_online (id, error);
  PurpleConnection *connection = account ? purple_account_get_connection (account) : NULL;
  g_autoptr (GHashTable) components = connection
                                          ? oh_engine_room_form_read (connection, fields, error)
                                          : NULL;
  g_autofree char *name = components ? oh_engine_room_form_name (connection, components) : NULL;
  g_autofree char *nick = NULL;
  OhEngineRoom *room;
  gboolean sent;

  if (!components || !check_new (account, number, name, error))
    return FALSE;
  room = room_new (account, name, number);
  room->patience = g_timeout_add_seconds (PATIENCE_S, on_patience_ended, room);
  if (oh_engine_muc_is_of (account))
    complete (components, history_s);
  oh_engine_notices_swallow (); /* that says the same as a refusal at once */
  oh_engine_muc_begin (account);
  serv_join_chat (connection, components);
  sent = oh_engine_muc_end (&nick);
  room = g_hash_table_lookup (numbers, &number);
  if (!room) /* that was told */
    return TRUE;
  if (oh_engine_muc_is_of (account) && !sent)
    {
      g_hash_table_remove (numbers, &number);
      room->number = 0;
      forget (room);
      /* An earlier wish for it was never answered, and libpurple waits for that. */
      g_set_error (error, OH_ERROR, OH_ERROR_BUSY, "the service has not answered the last time");
      return FALSE;
    }
  if (nick)
    {
      g_free (room->nick);
      room->nick = g_steal_pointer (&nick);
    }
  return TRUE;
}

static OhEngineRoom *
find_number (const char *id, guint64 number, GError **error)
{
  OhEngineRoom *room = g_hash_table_lookup (numbers, &number);

  if (room && g_str_equal (oh_engine_account_id (room->account), id))
    return room;
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no such room");
  return NULL;
}

gboolean
oh_engine_leave_room (const char *id, guint64 number, GError **error)
{
  OhEngineRoom *room = find_number (id, number, error);

  if (!room)
    return FALSE;
  oh_engine_room_end (room, OH_IM_ROOM_LEFT, "", "");
  leave (room);
  return TRUE;
}

/* The conversation of one that we are in, or NULL: CLOSED. */
static PurpleConvChat *
find_chat (OhEngineRoom *room, GError **error)
{
  if (room->told && room->conversation
      && !purple_conv_chat_has_left (PURPLE_CONV_CHAT (room->conversation))
      && purple_account_is_connected (room->account))
    return PURPLE_CONV_CHAT (room->conversation);
  g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "the account is not in that room");
  return NULL;
}

gboolean
oh_engine_send_room_message (
    const char *id, guint64 number, const char *text, char **ref, GError **error)
{
  static guint64 last_ref;
  OhEngineRoom *room = find_number (id, number, error);
  PurpleConvChat *chat = room ? find_chat (room, error) : NULL;
  g_autofree char *clean = oh_im_clean (text, OH_IM_MAX_TEXT);
  g_autofree char *markup = oh_engine_to_markup (clean);
  g_autofree char *own_ref = g_strdup_printf ("oh%" G_GUINT64_FORMAT, ++last_ref);
  g_autofree char *failure = NULL;
  PurpleAccount *account;
  gboolean sent;

  if (!chat)
    return FALSE;
  if (!*clean || strlen (text) > OH_IM_MAX_TEXT)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a message that can be sent");
      return FALSE;
    }
  account = room->account;
  oh_engine_muc_begin (account);
  oh_engine_room_begin_message (room, own_ref);
  purple_conv_chat_send (chat, markup);
  failure = oh_engine_room_end_message ();
  sent = oh_engine_muc_end (ref) || !oh_engine_muc_is_of (account);
  if (!*ref && sent)
    *ref = g_steal_pointer (&own_ref);
  if (!purple_account_is_connected (account))
    g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "the connection was lost");
  else if (failure || !sent)
    g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "%s", failure ? failure : "it was not sent");
  else
    return TRUE;
  return FALSE;
}

/* Of a room that we are in. */
static PurplePluginProtocolInfo *
get_info (OhEngineRoom *room)
{
  PurpleConnection *connection = purple_account_get_connection (room->account);

  return PURPLE_PLUGIN_PROTOCOL_INFO (purple_connection_get_prpl (connection));
}

gboolean
oh_engine_set_room_topic (const char *id, guint64 number, const char *topic, GError **error)
{
  OhEngineRoom *room = find_number (id, number, error);
  PurpleConvChat *chat = room ? find_chat (room, error) : NULL;
  g_autofree char *line = oh_im_clean_line (topic, OH_IM_MAX_TOPIC);

  if (!chat)
    return FALSE;
  if (!get_info (room)->set_chat_topic || strlen (topic) > OH_IM_MAX_TOPIC)
    {
      g_set_error (error, OH_ERROR,
                   get_info (room)->set_chat_topic ? OH_ERROR_INVALID : OH_ERROR_UNSUPPORTED,
                   "not a topic that can be set");
      return FALSE;
    }
  get_info (room)->set_chat_topic (purple_account_get_connection (room->account),
                                   purple_conv_chat_get_id (chat), line);
  return TRUE;
}

gboolean
oh_engine_invite_to_room (
    const char *id, guint64 number, const char *who, const char *text, GError **error)
{
  OhEngineRoom *room = find_number (id, number, error);
  PurpleConvChat *chat = room ? find_chat (room, error) : NULL;
  g_autofree char *line = oh_im_clean_line (text, OH_IM_MAX_STATUS);

  if (!chat)
    return FALSE;
  if (!oh_im_name_is_good (who) || !get_info (room)->chat_invite)
    {
      g_set_error (error, OH_ERROR,
                   get_info (room)->chat_invite ? OH_ERROR_INVALID : OH_ERROR_UNSUPPORTED,
                   "nobody who could be invited");
      return FALSE;
    }
  serv_chat_invite (purple_account_get_connection (room->account), purple_conv_chat_get_id (chat),
                    *line ? line : NULL, who);
  return TRUE;
}

gboolean
oh_engine_decline_room (const char *id, const char *room, const char *who, GError **error)
{
  PurpleAccount *account = oh_engine_find_online (id, error);

  if (!account)
    return FALSE;
  if (!oh_im_name_is_good (room) || !oh_im_name_is_good (who))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not an invitation");
      return FALSE;
    }
  if (oh_engine_muc_is_of (account))
    oh_engine_muc_decline (account, room, who);
  return TRUE;
}

void
oh_engine_rooms_install (void)
{
  static int handle;
  gpointer conversations = purple_conversations_get_handle ();

  rooms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)room_free);
  numbers = g_hash_table_new (g_int64_hash, g_int64_equal);
  purple_signal_connect (conversations, "chat-joined", &handle, PURPLE_CALLBACK (on_joined), NULL);
  purple_signal_connect (conversations, "chat-left", &handle, PURPLE_CALLBACK (on_left), NULL);
  purple_signal_connect (conversations, "chat-join-failed", &handle,
                         PURPLE_CALLBACK (on_join_failed), NULL);
  purple_signal_connect (conversations, "deleting-conversation", &handle,
                         PURPLE_CALLBACK (on_deleting), NULL);
  purple_signal_connect (purple_connections_get_handle (), "signed-off", &handle,
                         PURPLE_CALLBACK (on_signed_off), NULL);
  oh_engine_room_news_install ();
  oh_engine_muc_install ();
}
