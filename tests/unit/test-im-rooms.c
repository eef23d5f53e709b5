/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms at the proxy: what the engine's process tells is believed only where it makes sense. There is no process:
 * each wish to join waits for an answer, and the test plays the rest. */
#include "im/proxy/oh-im-room-private.h"

#include "base/oh-error.h"

#include <string.h>

typedef struct
{
  OhImEngine *engine;
  OhImAccount *account;
  OhImRooms *rooms;
  GPtrArray *heard; /* of char*: texts of messages */
} World;

static GVariant *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
set_up (World *world, gconstpointer data)
{
  world->engine = oh_im_engine_new ("/nonexistent", "/nonexistent");
  world->account = oh_im_engine_add_account (world->engine, "a", "prpl-demo", "anna", NULL, NULL);
  world->rooms = oh_im_account_hear_rooms (world->account);
  world->heard = g_ptr_array_new_with_free_func (g_free);
}

static void
tear_down (World *world, gconstpointer data)
{
  while (g_main_context_iteration (NULL, FALSE)) /* answers of calls that nobody took */
    ;
  g_ptr_array_unref (world->heard);
  g_object_unref (world->engine);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
on_message (OhImRoom *room, const OhImRoomMessage *message, World *world)
{
  g_ptr_array_add (world->heard,
                   g_strdup_printf ("%s%s: %s", message->highlight ? "!" : "",
                                    message->own ? "we" : message->nick, message->text));
}

/* Lends. */
static OhImRoom *
join (World *world)
{
  g_autoptr (GVariant) fields = parse ("{'room': 'team'}");
  OhImRoom *room = oh_im_rooms_join (world->rooms, fields, NULL);

  g_assert_nonnull (room);
  g_signal_connect (room, "message", G_CALLBACK (on_message), world);
  return room;
}

G_GNUC_PRINTF (3, 4)
static void
tell (World *world, const char *signal, const char *format, ...)
{
  va_list values;
  g_autofree char *text = NULL;
  g_autoptr (GVariant) arguments = NULL;

  va_start (values, format);
  text = g_strdup_vprintf (format, values);
  va_end (values);
  arguments = parse (text);
  g_assert_true (oh_im_engine_take_signal (world->engine, signal, arguments));
}

#define N(room) ((room)->number)
#define U G_GUINT64_FORMAT

/* Online, and the room let us in as "me". */
static OhImRoom *
enter (World *world)
{
  OhImRoom *room = join (world);

  oh_im_rooms_set_online (world->rooms, TRUE);
  g_assert_cmpint (oh_im_room_get_state (room), ==, OH_IM_ROOM_STATE_JOINING);
  tell (world, "RoomJoined", "('a', uint64 %" U ", 'team@rooms', 'me')", N (room));
  g_assert_cmpint (oh_im_room_get_state (room), ==, OH_IM_ROOM_STATE_IN);
  return room;
}

static guint
count_members (OhImRoom *room)
{
  return g_list_model_get_n_items (oh_im_room_get_members (room));
}

/* Who comes, goes, gets another nick or other rights. */
static void
test_members (World *world, gconstpointer data)
{
  OhImRoom *room = enter (world);
  OhImMember *member;

  tell (world, "RoomMembers",
        "('a', uint64 %" U ", [{'nick': <'me'>, 'flags': <uint32 4>}, {'nick': <'ben'>, 'flags': "
        "<uint32 4294967295>, 'real': <'ben@a.test'>}, {'flags': <uint32 1>}, {'nick': <''>},"
        "{'nick': <int32 5>}])",
        N (room));
  g_assert_cmpuint (count_members (room), ==, 2);
  member = oh_im_room_find_member (room, "ben");
  g_assert_cmpuint (oh_im_member_get_flags (member), ==, OH_IM_MEMBER_ALL);
  g_assert_cmpstr (oh_im_member_get_real (member), ==, "ben@a.test");
  tell (world, "RoomMemberRenamed", "('a', uint64 %" U ", 'ben', 'benny\a')", N (room));
  g_assert_true (oh_im_room_find_member (room, "benny") == member);
  g_assert_cmpstr (oh_im_member_get_nick (member), ==, "benny");
  tell (world, "RoomMemberRenamed", "('a', uint64 %" U ", 'benny', 'me')", N (room));
  tell (world, "RoomMemberRenamed", "('a', uint64 %" U ", 'nobody', 'somebody')", N (room));
  tell (world, "RoomMemberRenamed", "('a', uint64 %" U ", 'benny', '')", N (room));
  g_assert_cmpuint (count_members (room), ==, 2);
  g_assert_cmpstr (oh_im_room_get_nick (room), ==, "me");
  tell (world, "RoomMemberRenamed", "('a', uint64 %" U ", 'me', 'myself')", N (room));
  g_assert_cmpstr (oh_im_room_get_nick (room), ==, "myself");
  tell (world, "RoomMembersGone", "('a', uint64 %" U ", ['nobody', 'benny', 'benny'])", N (room));
  g_assert_cmpuint (count_members (room), ==, 1);
  g_assert_null (oh_im_room_find_member (room, "benny"));
}

static void
test_too_many_members (World *world, gconstpointer data)
{
  OhImRoom *room = enter (world);

  for (guint i = 0; i < OH_IM_MAX_MEMBERS + 5; i++)
    tell (world, "RoomMembers", "('a', uint64 %" U ", [{'nick': <'n%u'>}])", N (room), i);
  g_assert_cmpuint (count_members (room), ==, OH_IM_MAX_MEMBERS);
  tell (world, "RoomMembersGone", "('a', uint64 %" U ", ['n0'])", N (room));
  tell (world, "RoomMembers", "('a', uint64 %" U ", [{'nick': <'late'>}])", N (room));
  g_assert_cmpuint (count_members (room), ==, OH_IM_MAX_MEMBERS);
}

static void
check_heard (World *world, const char *expected)
{
  g_autofree char *all = NULL;

  g_ptr_array_add (world->heard, NULL);
  all = g_strjoinv (", ", (char **)world->heard->pdata);
  g_assert_cmpstr (all, ==, expected);
  g_ptr_array_set_size (world->heard, 0);
}

static void
say (World *world, OhImRoom *room, const char *nick, const char *text, const char *more)
{
  tell (world, "RoomMessage",
        "('a', uint64 %" U ", {'nick': <'%s'>, 'text': <'%s'>, 'time': <int64 1000>%s})", N (room),
        nick, text, more);
}

static void
test_messages (World *world, gconstpointer data)
{
  OhImRoom *room = enter (world);

  say (world, room, "ben", "Hello", "");
  say (world, room, "ben", "Hello, Me!", "");
  say (world, room, "ben", "menu, some", "");
  say (world, room, "me", "I am me", ", 'own': <true>");
  say (world, room, "", "nobody", "");
  say (world, room, "ben", "\\a", "");
  say (world, room, "be\\nn", "two\\nlines\\a", "");
  tell (world, "RoomMessage", "('a', uint64 %" U ", {'nick': <int32 1>, 'text': <true>})",
        N (room));
  check_heard (world,
               "ben: Hello, !ben: Hello, Me!, ben: menu, some, we: I am me, be n: two\nlines");
}

static void
test_words (void)
{
  g_assert_true (oh_im_has_word ("anna", "anna"));
  g_assert_true (oh_im_has_word ("hey ANNA: look", "anna"));
  g_assert_true (oh_im_has_word ("annabel and anna", "anna"));
  g_assert_true (oh_im_has_word ("\xc3\x84nne?", "\xc3\xa4nne"));
  g_assert_false (oh_im_has_word ("annabel", "anna"));
  g_assert_false (oh_im_has_word ("Joanna", "anna"));
  g_assert_false (oh_im_has_word ("\xc3\xa4nnelise", "\xc3\xa4nne"));
  g_assert_false (oh_im_has_word ("anything", ""));
  g_assert_false (oh_im_has_word ("", "anna"));
}

/* After it was joined again its history tells what was heard: that is not told twice; what was said in between,
 * and what was said twice, is. */
static void
test_history (World *world, gconstpointer data)
{
  OhImRoom *room = enter (world);

  say (world, room, "ben", "old", ", 'delayed': <true>");
  say (world, room, "ben", "old", ", 'delayed': <true>");
  say (world, room, "ben", "yes", ", 'ref': <'1'>");
  say (world, room, "me", "mine", ", 'ref': <'2'>, 'own': <true>");
  check_heard (world, "ben: old, ben: old, ben: yes, we: mine");
  tell (world, "RoomLeft", "('a', uint64 %" U ", 'service', '', 'restarts')", N (room));
  g_assert_cmpint (oh_im_room_get_state (room), ==, OH_IM_ROOM_STATE_WAITING);
  g_assert_nonnull (room->retry);
  oh_im_timer_clear (&room->retry);
  oh_im_rooms_set_online (world->rooms, FALSE);
  oh_im_rooms_set_online (world->rooms, TRUE);
  tell (world, "RoomJoined", "('a', uint64 %" U ", 'team@rooms', 'me')", N (room));
  say (world, room, "ben", "old", ", 'delayed': <true>");
  say (world, room, "ben", "old", ", 'delayed': <true>");
  say (world, room, "ben", "yes", ", 'delayed': <true>, 'ref': <'1'>");
  say (world, room, "me", "mine", ", 'delayed': <true>, 'ref': <'2'>, 'own': <true>");
  say (world, room, "ben", "old", ", 'delayed': <true>");
  say (world, room, "ben", "yes", ", 'delayed': <true>, 'ref': <'3'>");
  say (world, room, "zoe", "old", ", 'delayed': <true>");
  say (world, room, "ben", "yes", ", 'ref': <'1'>");
  check_heard (world, "ben: old, ben: yes, zoe: old, ben: yes");
}

/* Numbers that nobody gave, accounts that are not there, rooms that we are not in. */
static void
test_unknown (World *world, gconstpointer data)
{
  OhImRoom *room = join (world);
  guint64 number = N (room);

  tell (world, "RoomJoined", "('a', uint64 %" U ", 'team', 'me')", number);
  g_assert_cmpint (oh_im_room_get_state (room), ==, OH_IM_ROOM_STATE_WAITING);
  say (world, room, "ben", "too early", "");
  oh_im_rooms_set_online (world->rooms, TRUE);
  say (world, room, "ben", "early", "");
  tell (world, "RoomMembers", "('a', uint64 %" U ", [{'nick': <'ben'>}])", number);
  tell (world, "RoomTopic", "('a', uint64 %" U ", 'Topic', 'ben')", number);
  tell (world, "RoomJoined", "('nobody', uint64 %" U ", 'team', 'me')", number);
  tell (world, "RoomJoined", "('a', uint64 %" U ", 'team', 'me')", number + 1);
  tell (world, "RoomLeft", "('a', uint64 %" U ", 'kicked', '', '')", number + 1);
  g_assert_cmpint (oh_im_room_get_state (room), ==, OH_IM_ROOM_STATE_JOINING);
  g_assert_cmpstr (oh_im_room_get_topic (room), ==, "");
  g_assert_cmpuint (count_members (room), ==, 0);
  tell (world, "RoomJoined", "('a', uint64 %" U ", 'team', 'me')", number);
  tell (world, "RoomJoined", "('a', uint64 %" U ", 'other', 'you')", number);
  g_assert_cmpstr (oh_im_room_get_name (room), ==, "team");
  tell (world, "RoomTopic", "('a', uint64 %" U ", 'Topic', 'be\\nn')", number);
  g_assert_cmpstr (oh_im_room_get_topic (room), ==, "Topic");
  g_assert_cmpstr (oh_im_room_get_topic_by (room), ==, "be n");
  check_heard (world, "");
  g_object_ref (room);
  oh_im_room_leave (room);
  g_assert_cmpint (oh_im_room_get_state (room), ==, OH_IM_ROOM_STATE_ENDED);
  tell (world, "RoomJoined", "('a', uint64 %" U ", 'team', 'me')", number);
  say (world, room, "ben", "late", "");
  tell (world, "RoomLeft", "('a', uint64 %" U ", 'kicked', '', '')", number);
  g_assert_cmpint (oh_im_room_get_end (room), ==, OH_IM_ROOM_LEFT);
  check_heard (world, "");
  g_object_unref (room);
}

/* What ends a room for good, before we were ever in and after. */
static void
test_ends (World *world, gconstpointer data)
{
  static const struct
  {
    OhImRoomEnd end;
    gboolean at_first, later;
  } cases[] = {
    { OH_IM_ROOM_PASSWORD, TRUE, TRUE },   { OH_IM_ROOM_BANNED, TRUE, TRUE },
    { OH_IM_ROOM_KICKED, TRUE, TRUE },     { OH_IM_ROOM_DESTROYED, TRUE, TRUE },
    { OH_IM_ROOM_REMOVED, TRUE, TRUE },    { OH_IM_ROOM_NICK, TRUE, FALSE },
    { OH_IM_ROOM_FULL, TRUE, FALSE },      { OH_IM_ROOM_SERVICE, TRUE, FALSE },
    { OH_IM_ROOM_TIMED_OUT, TRUE, FALSE }, { OH_IM_ROOM_FAILED, TRUE, FALSE },
    { OH_IM_ROOM_CLOSED, FALSE, FALSE },
  };

  oh_im_rooms_set_online (world->rooms, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint in = 0; in < 2; in++)
      {
        OhImRoom *room = g_object_ref (join (world));
        gboolean ends = in ? cases[i].later : cases[i].at_first;

        if (in)
          tell (world, "RoomJoined", "('a', uint64 %" U ", 'team', 'me')", N (room));
        tell (world, "RoomLeft", "('a', uint64 %" U ", '%s', 'ben', 'Why')", N (room),
              oh_im_room_end_to_word (cases[i].end));
        g_assert_cmpint (oh_im_room_get_state (room) == OH_IM_ROOM_STATE_ENDED, ==, ends);
        g_assert_cmpint (oh_im_room_get_end (room), ==, cases[i].end);
        g_assert_cmpstr (oh_im_room_get_end_by (room), ==, "ben");
        oh_im_room_leave (room);
        g_object_unref (room);
      }
  g_assert_cmpuint (g_list_model_get_n_items (oh_im_account_get_rooms (world->account)), ==, 0);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  int *code = user_data;

  *code = oh_im_room_send_finish (OH_IM_ROOM (source), result, NULL, &error) ? -1 : error->code;
}

/* What waits for a room ends with it; nonsense at once. */
static void
test_sending (World *world, gconstpointer data)
{
  OhImRoom *room = g_object_ref (join (world));
  g_autofree char *longest = g_strnfill (OH_IM_MAX_TEXT + 1, 'x');
  const char *const bad[] = { "", "\xff", longest };
  const int codes[] = { OH_ERROR_INVALID, OH_ERROR_INVALID, OH_ERROR_LIMIT };
  int code;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      code = -2;
      oh_im_room_send_async (room, bad[i], 0, NULL, on_sent, &code);
      while (code == -2)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpint (code, ==, codes[i]);
    }
  code = -2;
  oh_im_room_send_async (room, "It waits", 0, NULL, on_sent, &code);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (code, ==, -2);
  oh_im_room_leave (room);
  while (code == -2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (code, ==, OH_ERROR_CLOSED);
  g_object_unref (room);
}

/* A few are joined at once, the next when these are through; there are not too many. */
static void
test_many (World *world, gconstpointer data)
{
  OhImRoom *rooms[OH_IM_MAX_ROOMS];
  g_autoptr (GVariant) fields = parse ("{'room': 'team'}");
  g_autoptr (GVariant) wrong = parse ("{'room': <'team'>}");
  g_autoptr (GError) error = NULL;
  guint joining = 0;

  g_assert_null (oh_im_rooms_join (world->rooms, wrong, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
  g_clear_error (&error);
  for (guint i = 0; i < OH_IM_MAX_ROOMS; i++)
    rooms[i] = join (world);
  g_assert_null (oh_im_rooms_join (world->rooms, fields, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_LIMIT);
  oh_im_rooms_set_online (world->rooms, TRUE);
  for (guint i = 0; i < OH_IM_MAX_ROOMS; i++)
    joining += oh_im_room_get_state (rooms[i]) == OH_IM_ROOM_STATE_JOINING;
  g_assert_cmpuint (joining, ==, 4);
  for (guint i = 0; i < OH_IM_MAX_ROOMS; i++)
    {
      g_assert_cmpint (oh_im_room_get_state (rooms[i]), ==, OH_IM_ROOM_STATE_JOINING);
      tell (world, "RoomJoined", "('a', uint64 %" U ", 'team', 'me')", N (rooms[i]));
    }
}

/* The process ended twice while we came in: that room is not joined again, the other is. */
static void
test_crashes (World *world, gconstpointer data)
{
  OhImRoom *bad = g_object_ref (join (world));
  OhImRoom *good = join (world);

  oh_im_rooms_set_online (world->rooms, TRUE);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (oh_im_room_get_state (bad), ==, OH_IM_ROOM_STATE_JOINING);
      tell (world, "RoomJoined", "('a', uint64 %" U ", 'good', 'me')", N (good));
      good->since -= 5 * G_USEC_PER_SEC;
      oh_im_rooms_on_down (world->rooms);
      oh_im_rooms_set_online (world->rooms, FALSE);
      oh_im_rooms_set_online (world->rooms, TRUE);
    }
  g_assert_cmpint (oh_im_room_get_state (bad), ==, OH_IM_ROOM_STATE_ENDED);
  g_assert_cmpint (oh_im_room_get_end (bad), ==, OH_IM_ROOM_ENGINE);
  g_assert_cmpint (oh_im_room_get_state (good), ==, OH_IM_ROOM_STATE_JOINING);
  g_object_unref (bad);
}

static void
on_invited (OhImAccount *account, OhImInvitation *invitation, World *world)
{
  g_autofree char *fields = g_variant_print (invitation->fields, FALSE);

  g_ptr_array_add (world->heard, g_strdup_printf ("%s (%s) to %s \"%s\" %s", invitation->with,
                                                  invitation->claimed, invitation->room,
                                                  invitation->text, fields));
}

/* They name who sends them, a room and what it takes; nobody who is blocked sends any. */
static void
test_invitations (World *world, gconstpointer data)
{
  const char *good
      = "'with': <'ben'>, 'claimed': <'zo\\ae'>, 'room': <'team'>, 'text': <'Come\\a in'>";

  g_signal_connect (world->account, "invited", G_CALLBACK (on_invited), world);
  tell (world, "RoomInvited", "('a', {%s, 'fields': <{'room': 'team'}>})", good);
  check_heard (world, "ben (zoe) to team \"Come in\" {'room': 'team'}");
  tell (world, "RoomInvited", "('nobody', {%s, 'fields': <{'room': 'team'}>})", good);
  tell (world, "RoomInvited", "('a', {%s})", good);
  tell (world, "RoomInvited", "('a', {%s, 'fields': <['room', 'team']>})", good);
  tell (world, "RoomInvited", "('a', {'with': <'ben'>, 'fields': <{'room': 'team'}>})");
  tell (world, "RoomInvited", "('a', {'room': <'team'>, 'fields': <{'room': 'team'}>})");
  tell (world, "RoomInvited", "('a', @a{sv} {})");
  oh_im_account_set_blocked (world->account, "zoe", TRUE);
  tell (world, "RoomInvited", "('a', {%s, 'fields': <{'room': 'team'}>})", good);
  check_heard (world, "");
}

/* Signals of every wrong type. */
static void
test_hostile_signals (World *world, gconstpointer data)
{
  static const char *const names[] = { "RoomJoined",      "RoomLeft",          "RoomMembers",
                                       "RoomMembersGone", "RoomMemberRenamed", "RoomTopic",
                                       "RoomMessage",     "RoomRefused" };
  OhImRoom *room = g_object_ref (enter (world));
  g_autofree char *n = g_strdup_printf ("%" U, N (room));
  static const char *const arguments[] = {
    "()",
    "('a',)",
    "('a', uint64 NUMBER)",
    "('a', uint64 NUMBER, 'b')",
    "('a', uint64 NUMBER, '\\a\\n', '')",
    "('a', uint64 NUMBER, 'eaten', 'b', 'c')",
    "('a', uint64 NUMBER, @aa{sv} [])",
    "('a', uint64 NUMBER, [{'nick': <uint64 5>, 'flags': <'all'>, 'real': <['r']>}])",
    "('a', uint64 NUMBER, @as [])",
    "('a', uint64 NUMBER, @a{sv} {})",
    "('a', uint64 NUMBER, {'nick': <'b'>, 'text': <'c'>, 'time': <int64 -9>, 'own': <'yes'>,"
    " 'dropped': <int32 -5>})",
    "(uint64 1, 'a', 'b', 'c')",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; j < G_N_ELEMENTS (arguments); j++)
      {
        g_auto (GStrv) parts = g_strsplit (arguments[j], "NUMBER", -1);
        g_autofree char *text = g_strjoinv (n, parts);
        g_autoptr (GVariant) value = parse (text);

        oh_im_engine_take_signal (world->engine, names[i], value);
      }
  g_assert_cmpint (oh_im_room_get_end (room), ==, OH_IM_ROOM_FAILED); /* "eaten" */
  g_object_unref (room);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (World *world, gconstpointer data);
  } tests[] = {
    { "/im/rooms/members", test_members },
    { "/im/rooms/too-many-members", test_too_many_members },
    { "/im/rooms/messages", test_messages },
    { "/im/rooms/history", test_history },
    { "/im/rooms/unknown", test_unknown },
    { "/im/rooms/ends", test_ends },
    { "/im/rooms/sending", test_sending },
    { "/im/rooms/many", test_many },
    { "/im/rooms/crashes", test_crashes },
    { "/im/rooms/invitations", test_invitations },
    { "/im/rooms/hostile-signals", test_hostile_signals },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/im/rooms/words", test_words);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, World, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
