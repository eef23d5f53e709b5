/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-irc-line.h"

#include <string.h>

/* ":server NUMBER OWN-NICK TARGET ... :text". RFC 2812, 5.2; 477, 489 and 520 are what some servers add. */
static const struct
{
  const char *number;
  OhEngineIrcKind kind;
  OhImRoomEnd end;
} replies[] = {
  { "401", OH_ENGINE_IRC_NO_SUCH_NICK, 0 },
  { "403", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_NOT_FOUND },
  { "405", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_FAILED }, /* in too many */
  { "437", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_SERVICE },
  { "471", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_FULL },
  { "473", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_MEMBERS },
  { "474", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_BANNED },
  { "475", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_PASSWORD },
  { "476", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_INVALID },
  { "477", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_MEMBERS },
  { "489", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_FAILED }, /* by TLS only */
  { "520", OH_ENGINE_IRC_NOT_LET_IN, OH_IM_ROOM_MEMBERS },
  { "404", OH_ENGINE_IRC_REFUSED, 0 },
  { "442", OH_ENGINE_IRC_REFUSED, 0 },
  { "482", OH_ENGINE_IRC_REFUSED, 0 },
};

static const char *
skip_colon (const char *text)
{
  return *text == ':' ? text + 1 : text;
}

/* From the word of that number to the end, without its colon. */
static char *
dup_rest (const char *line, guint word)
{
  for (; word > 0 && line; word--)
    {
      line = strchr (line, ' ');
      line = line ? line + 1 : NULL;
    }
  return g_strdup (line ? skip_colon (line) : "");
}

static void
read_reply (const char *line, char **words, OhEngineIrcLine *read)
{
  for (guint i = 0; i < G_N_ELEMENTS (replies); i++)
    if (g_str_equal (words[1], replies[i].number))
      {
        read->kind = replies[i].kind;
        read->end = replies[i].end;
        read->target = g_strdup (skip_colon (words[3]));
        read->text = dup_rest (line, 4);
        return;
      }
}

void
oh_engine_irc_read (const char *line, OhEngineIrcLine *read)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 6);

  *read = (OhEngineIrcLine){ .kind = OH_ENGINE_IRC_OTHER };
  if (g_strv_length (words) < 4 || *line != ':')
    return;
  if (g_ascii_strcasecmp (words[1], "KICK") == 0)
    {
      read->kind = OH_ENGINE_IRC_KICKED;
      read->end = OH_IM_ROOM_KICKED;
      read->target = g_strdup (words[2]);
      read->nick = g_strdup (skip_colon (words[3]));
      read->who = g_strndup (words[0] + 1, strcspn (words[0] + 1, "!"));
      read->text = dup_rest (line, 4);
    }
  else
    read_reply (line, words, read);
}

void
oh_engine_irc_line_clear (OhEngineIrcLine *read)
{
  g_clear_pointer (&read->target, g_free);
  g_clear_pointer (&read->nick, g_free);
  g_clear_pointer (&read->who, g_free);
  g_clear_pointer (&read->text, g_free);
}
