/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-private.h"

/* What the process tells of rooms: to those of the account. Types are checked before a handler is called. */

/* NULL: no such account. */
static OhImRooms *
find_rooms (OhImEngine *engine, const char *id)
{
  OhImAccount *account = oh_im_engine_find_account (engine, id);

  return account ? oh_im_account_hear_rooms (account) : NULL;
}

static void
on_room_left (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *end, *by, *text;
  guint64 number;
  OhImRooms *rooms;

  g_variant_get (arguments, "(&st&s&s&s)", &id, &number, &end, &by, &text);
  rooms = find_rooms (engine, id);
  if (rooms)
    oh_im_rooms_hear_left (rooms, number, oh_im_room_end_from_word (end), by, text);
}

static void
on_room_members (OhImEngine *engine, GVariant *arguments)
{
  const char *id;
  guint64 number;
  g_autoptr (GVariant) list = NULL;
  OhImRooms *rooms;

  g_variant_get (arguments, "(&st@aa{sv})", &id, &number, &list);
  rooms = find_rooms (engine, id);
  if (rooms)
    oh_im_rooms_hear_members (rooms, number, list);
}

static void
on_room_members_gone (OhImEngine *engine, GVariant *arguments)
{
  const char *id;
  guint64 number;
  g_autoptr (GVariant) list = NULL;
  OhImRooms *rooms;

  g_variant_get (arguments, "(&st@as)", &id, &number, &list);
  rooms = find_rooms (engine, id);
  if (rooms)
    oh_im_rooms_hear_gone (rooms, number, list);
}

static void
on_room_invited (OhImEngine *engine, GVariant *arguments)
{
  const char *id;
  g_autoptr (GVariant) dict = NULL;
  OhImAccount *account;

  g_variant_get (arguments, "(&s@a{sv})", &id, &dict);
  account = oh_im_engine_find_account (engine, id);
  if (account)
    oh_im_account_on_invited (account, dict);
}

/* Of signals that have the same arguments. */
static void
hear_two_texts (OhImEngine *engine,
                GVariant *arguments,
                void (*hear) (OhImRooms *, guint64, const char *, const char *))
{
  const char *id, *one, *other;
  guint64 number;
  OhImRooms *rooms;

  g_variant_get (arguments, "(&st&s&s)", &id, &number, &one, &other);
  rooms = find_rooms (engine, id);
  if (rooms)
    hear (rooms, number, one, other);
}

static void
on_room_joined (OhImEngine *engine, GVariant *arguments)
{
  hear_two_texts (engine, arguments, oh_im_rooms_hear_joined);
}

static void
on_room_member_renamed (OhImEngine *engine, GVariant *arguments)
{
  hear_two_texts (engine, arguments, oh_im_rooms_hear_renamed);
}

static void
on_room_topic (OhImEngine *engine, GVariant *arguments)
{
  hear_two_texts (engine, arguments, oh_im_rooms_hear_topic);
}

static void
on_room_refused (OhImEngine *engine, GVariant *arguments)
{
  hear_two_texts (engine, arguments, oh_im_rooms_hear_refusal);
}

static void
on_room_message (OhImEngine *engine, GVariant *arguments)
{
  const char *id;
  guint64 number;
  g_autoptr (GVariant) dict = NULL;
  OhImRooms *rooms;

  g_variant_get (arguments, "(&st@a{sv})", &id, &number, &dict);
  rooms = find_rooms (engine, id);
  if (rooms)
    oh_im_rooms_hear_message (rooms, number, dict);
}

static const struct
{
  const char *name;
  const char *type;
  void (*handler) (OhImEngine *engine, GVariant *arguments);
} told[] = {
  { "RoomJoined", "(stss)", on_room_joined },
  { "RoomLeft", "(stsss)", on_room_left },
  { "RoomInvited", "(sa{sv})", on_room_invited },
  { "RoomMembers", "(staa{sv})", on_room_members },
  { "RoomMembersGone", "(stas)", on_room_members_gone },
  { "RoomMemberRenamed", "(stss)", on_room_member_renamed },
  { "RoomTopic", "(stss)", on_room_topic },
  { "RoomMessage", "(sta{sv})", on_room_message },
  { "RoomRefused", "(stss)", on_room_refused },
};

gboolean
oh_im_take_room_signal (OhImEngine *engine, const char *name, GVariant *arguments)
{
  for (guint i = 0; i < G_N_ELEMENTS (told); i++)
    if (g_str_equal (told[i].name, name)
        && g_variant_is_of_type (arguments, G_VARIANT_TYPE (told[i].type)))
      {
        told[i].handler (engine, arguments);
        return TRUE;
      }
  return FALSE;
}
