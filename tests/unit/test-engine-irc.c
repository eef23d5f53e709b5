/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lines of an IRC service say of its channels. */
#include "im/engine/oh-engine-irc-line.h"

static void
test_lines (void)
{
  static const struct
  {
    const char *line;
    OhEngineIrcKind kind;
    OhImRoomEnd end;
    const char *target, *who, *nick, *text;
  } cases[] = {
    { ":s 475 me #team :Cannot join channel (+k)", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_PASSWORD,
      "#team", NULL, NULL, "Cannot join channel (+k)" },
    { ":s 474 me #team :Cannot join channel (+b)", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_BANNED,
      "#team", NULL, NULL, "Cannot join channel (+b)" },
    { ":s 473 me #team invited only", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_MEMBERS, "#team", NULL,
      NULL, "invited only" },
    { ":s 471 me #team", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_FULL, "#team", NULL, NULL, "" },
    { ":s 403 me nothing :No such channel", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_NOT_FOUND,
      "nothing", NULL, NULL, "No such channel" },
    { ":s 404 me #team :Cannot send to channel", OH_ENGINE_IRC_REFUSED, 0, "#team", NULL, NULL,
      "Cannot send to channel" },
    { ":s 401 me ben :No such nick: at all", OH_ENGINE_IRC_NO_SUCH_NICK, 0, "ben", NULL, NULL,
      "No such nick: at all" },
    { ":ben!b@host KICK #team me :Go  away", OH_ENGINE_IRC_KICKED, OH_IM_ROOM_KICKED, "#team",
      "ben", "me", "Go  away" },
    { ":s kick #team me", OH_ENGINE_IRC_KICKED, OH_IM_ROOM_KICKED, "#team", "s", "me", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (OhEngineIrcLine) read = { 0 };

      oh_engine_irc_read (cases[i].line, &read);
      g_assert_cmpint (read.kind, ==, cases[i].kind);
      g_assert_cmpint (read.end, ==, cases[i].end);
      g_assert_cmpstr (read.target, ==, cases[i].target);
      g_assert_cmpstr (read.who, ==, cases[i].who);
      g_assert_cmpstr (read.nick, ==, cases[i].nick);
      g_assert_cmpstr (read.text, ==, cases[i].text);
    }
}

/* What is cut off, says something else, or only talks of it. */
static void
test_others (void)
{
  static const char *const lines[] = { "",
                                       ":",
                                       "   ",
                                       ":s",
                                       ":s 475",
                                       ":s 475 me",
                                       ":ben!b@h KICK",
                                       ":ben!b@h KICK #team",
                                       "PING :475 me #team",
                                       "475 475 me #team :x",
                                       ":ben!b@h PRIVMSG #team :475 me #team",
                                       ":s 4750 me #team :x",
                                       ":s 366 me #team :End of NAMES list" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (OhEngineIrcLine) read = { 0 };

      oh_engine_irc_read (lines[i], &read);
      g_assert_cmpint (read.kind, ==, OH_ENGINE_IRC_OTHER);
      g_assert_null (read.target);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/irc/lines", test_lines);
  g_test_add_func ("/engine/irc/others", test_others);
  return g_test_run ();
}
