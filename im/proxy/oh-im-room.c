/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-room.h"

#include "base/oh-error.h"
#include "im/proxy/oh-im-room-private.h"

#include <string.h>

enum
{
  PROP_STATE = 1,
  PROP_NICK,
  PROP_TOPIC,
  N_PROPS
};

enum
{
  SIGNAL_MESSAGE,
  SIGNAL_REFUSED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

/* Ours, of all accounts. */
static guint64 last_number;

G_DEFINE_FINAL_TYPE (OhImRoom, oh_im_room, G_TYPE_OBJECT)

OhImRoom *
oh_im_room_new (OhImProcess *process, OhImOutbox *outbox, const char *account, GVariant *fields)
{
  OhImRoom *room = g_object_new (OH_TYPE_IM_ROOM, NULL);

  room->process = g_object_ref (process);
  room->account = g_strdup (account);
  room->number = ++last_number;
  room->fields = g_variant_ref (fields);
  room->outbox = oh_im_outbox_new_of_room (outbox, room->number);
  return room;
}

/* Takes @value. */
static void
set_text (OhImRoom *room, char **text, char *value, guint prop)
{
  if (g_str_equal (*text, value))
    {
      g_free (value);
      return;
    }
  g_free (*text);
  *text = value;
  g_object_notify_by_pspec (G_OBJECT (room), props[prop]);
}

void
oh_im_room_set_state (OhImRoom *room, OhImRoomState state)
{
  if (state == room->state)
    return;
  room->state = state;
  oh_im_outbox_set_online (room->outbox, state == OH_IM_ROOM_STATE_IN);
  if (state == OH_IM_ROOM_STATE_ENDED)
    oh_im_outbox_close (room->outbox);
  g_object_notify_by_pspec (G_OBJECT (room), props[PROP_STATE]);
}

void
oh_im_room_set_end (OhImRoom *room, OhImRoomEnd end, const char *by, const char *text)
{
  g_free (room->end_by);
  g_free (room->end_text);
  room->end = end;
  room->end_by = oh_im_clean_line (by, OH_IM_MAX_NAME);
  room->end_text = oh_im_clean (text, OH_IM_MAX_STATUS);
}

void
oh_im_room_lose (OhImRoom *room)
{
  g_hash_table_remove_all (room->members);
  g_list_store_remove_all (room->list);
}

/* --- what the process tells; of a room that we are not in it is not believed --- */

void
oh_im_room_hear_joined (OhImRoom *room, const char *name, const char *nick)
{
  g_object_freeze_notify (G_OBJECT (room));
  g_free (room->name);
  room->name = oh_im_clean_line (name, OH_IM_MAX_NAME);
  oh_im_heard_begin_visit (room->heard);
  set_text (room, &room->nick, oh_im_clean_line (nick, OH_IM_MAX_NAME), PROP_NICK);
  oh_im_room_set_state (room, OH_IM_ROOM_STATE_IN);
  g_object_thaw_notify (G_OBJECT (room));
}

void
oh_im_room_hear_members (OhImRoom *room, GVariant *list)
{
  gsize count = MIN (g_variant_n_children (list), OH_IM_MAX_MEMBERS);
  g_autoptr (GPtrArray) fresh = g_ptr_array_new ();

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (GVariant) dict = g_variant_get_child_value (list, i);
      g_autofree char *nick = oh_im_parse_line (dict, "nick");
      OhImMember *member = g_hash_table_lookup (room->members, nick);

      if (!member && *nick && g_hash_table_size (room->members) < OH_IM_MAX_MEMBERS)
        {
          member = oh_im_member_new (nick);
          g_hash_table_insert (room->members, g_steal_pointer (&nick), member);
          g_ptr_array_add (fresh, member);
        }
      if (member)
        oh_im_member_update (member, dict);
    }
  if (fresh->len > 0)
    g_list_store_splice (room->list, g_list_model_get_n_items (G_LIST_MODEL (room->list)), 0,
                         fresh->pdata, fresh->len);
}

void
oh_im_room_hear_gone (OhImRoom *room, GVariant *list)
{
  g_autofree const char **nicks = g_variant_get_strv (list, NULL);

  for (guint i = 0; nicks[i]; i++)
    {
      OhImMember *member = g_hash_table_lookup (room->members, nicks[i]);
      guint position;

      if (member && g_list_store_find (room->list, member, &position))
        {
          g_list_store_remove (room->list, position);
          g_hash_table_remove (room->members, nicks[i]);
        }
    }
}

void
oh_im_room_hear_renamed (OhImRoom *room, const char *old, const char *new)
{
  g_autofree char *nick = oh_im_clean_line (new, OH_IM_MAX_NAME);
  OhImMember *member = g_hash_table_lookup (room->members, old);

  if (!*nick || g_hash_table_contains (room->members, nick))
    return;
  if (g_str_equal (old, room->nick))
    set_text (room, &room->nick, g_strdup (nick), PROP_NICK);
  if (!member)
    return;
  g_object_ref (member);
  g_hash_table_remove (room->members, old);
  g_hash_table_insert (room->members, g_strdup (nick), member);
  oh_im_member_rename (member, nick);
}

void
oh_im_room_hear_topic (OhImRoom *room, const char *topic, const char *by)
{
  g_free (room->topic_by);
  room->topic_by = oh_im_clean_line (by, OH_IM_MAX_NAME);
  set_text (room, &room->topic, oh_im_clean (topic, OH_IM_MAX_TOPIC), PROP_TOPIC);
}

void
oh_im_room_hear_message (OhImRoom *room, GVariant *dict)
{
  g_autoptr (OhImRoomMessage) message = oh_im_parse_room_message (room->nick, dict);

  if (message && oh_im_heard_take (room->heard, message))
    g_signal_emit (room, signals[SIGNAL_MESSAGE], 0, message);
}

void
oh_im_room_hear_refusal (OhImRoom *room, const char *ref, const char *text)
{
  g_autofree char *name = oh_im_clean_line (ref, OH_IM_MAX_NAME);
  g_autofree char *clean = oh_im_clean (text, OH_IM_MAX_STATUS);

  g_signal_emit (room, signals[SIGNAL_REFUSED], 0, name, clean);
}

/* --- what the user asks for --- */

void
oh_im_room_leave (OhImRoom *room)
{
  if (room->rooms)
    oh_im_rooms_leave (room->rooms, room);
}

void
oh_im_room_send_async (OhImRoom *room,
                       const char *text,
                       guint timeout_s,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (room, cancellable, callback, user_data);

  g_task_set_check_cancellable (task, FALSE); /* it may have been sent all the same */
  oh_im_outbox_add (room->outbox, NULL, text, OH_IM_URGENCY_USUAL, timeout_s, task);
}

gboolean
oh_im_room_send_finish (OhImRoom *room, GAsyncResult *result, char **ref, GError **error)
{
  char *name = g_task_propagate_pointer (G_TASK (result), error);
  gboolean sent = name != NULL;

  if (ref)
    *ref = g_steal_pointer (&name);
  g_free (name);
  return sent;
}

void
oh_im_room_set_topic (OhImRoom *room, const char *topic)
{
  if (room->state == OH_IM_ROOM_STATE_IN)
    oh_im_process_tell (room->process, "SetRoomTopic",
                        g_variant_new ("(sts)", room->account, room->number, topic));
}

void
oh_im_room_invite (OhImRoom *room, const char *who, const char *text)
{
  if (room->state == OH_IM_ROOM_STATE_IN)
    oh_im_process_tell (
        room->process, "InviteToRoom",
        g_variant_new ("(stss)", room->account, room->number, who, text ? text : ""));
}

OhImRoomState
oh_im_room_get_state (OhImRoom *room)
{
  return room->state;
}

const char *
oh_im_room_get_name (OhImRoom *room)
{
  return room->name;
}

const char *
oh_im_room_get_nick (OhImRoom *room)
{
  return room->nick;
}

const char *
oh_im_room_get_topic (OhImRoom *room)
{
  return room->topic;
}

const char *
oh_im_room_get_topic_by (OhImRoom *room)
{
  return room->topic_by;
}

OhImRoomEnd
oh_im_room_get_end (OhImRoom *room)
{
  return room->end;
}

const char *
oh_im_room_get_end_by (OhImRoom *room)
{
  return room->end_by;
}

const char *
oh_im_room_get_end_text (OhImRoom *room)
{
  return room->end_text;
}

GListModel *
oh_im_room_get_members (OhImRoom *room)
{
  return G_LIST_MODEL (room->list);
}

OhImMember *
oh_im_room_find_member (OhImRoom *room, const char *nick)
{
  return g_hash_table_lookup (room->members, nick);
}

/* --- the object --- */

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhImRoom *room = OH_IM_ROOM (object);

  if (id == PROP_STATE)
    g_value_set_int (value, room->state);
  else
    g_value_set_string (value, id == PROP_NICK ? room->nick : room->topic);
}

static void
finalize (GObject *object)
{
  OhImRoom *room = OH_IM_ROOM (object);

  oh_im_timer_clear (&room->retry);
  oh_im_outbox_close (room->outbox);
  oh_im_outbox_unref (room->outbox);
  g_object_unref (room->process);
  g_variant_unref (room->fields);
  g_hash_table_unref (room->members);
  g_object_unref (room->list);
  oh_im_heard_free (room->heard);
  g_free (room->account);
  g_free (room->name);
  g_free (room->nick);
  g_free (room->topic);
  g_free (room->topic_by);
  g_free (room->end_by);
  g_free (room->end_text);
  G_OBJECT_CLASS (oh_im_room_parent_class)->finalize (object);
}

static void
oh_im_room_class_init (OhImRoomClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, OH_IM_ROOM_STATE_ENDED, 0, flags);
  props[PROP_NICK] = g_param_spec_string ("nick", NULL, NULL, "", flags);
  props[PROP_TOPIC] = g_param_spec_string ("topic", NULL, NULL, "", flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_MESSAGE] = g_signal_new ("message", OH_TYPE_IM_ROOM, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SIGNAL_REFUSED] = g_signal_new ("refused", OH_TYPE_IM_ROOM, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
}

static void
oh_im_room_init (OhImRoom *room)
{
  room->name = g_strdup ("");
  room->nick = g_strdup ("");
  room->topic = g_strdup ("");
  room->topic_by = g_strdup ("");
  room->end_by = g_strdup ("");
  room->end_text = g_strdup ("");
  room->list = g_list_store_new (OH_TYPE_IM_MEMBER);
  room->members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  room->heard = oh_im_heard_new ();
}
