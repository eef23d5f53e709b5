/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-irc-line.h"
#include "im/engine/oh-engine-rooms.h"

#include <string.h>

static void
take_kick (PurpleConnection *connection, OhEngineRoom *room, const OhEngineIrcLine *read)
{
  const char *own = purple_connection_get_display_name (connection);

  if (room && own && purple_utf8_strcasecmp (own, read->nick) == 0)
    oh_engine_room_note_end (room, read->end, read->who, read->text);
}

/* Into a channel that we are in we are let. */
static void
take_refusal (OhEngineRoom *room, const OhEngineIrcLine *read)
{
  if (!room || room->conversation)
    return;
  oh_engine_notices_swallow ();
  oh_engine_room_refuse (room, read->end, read->text);
}

/* libpurple says these only in its own words, in the language of the moment, among remarks of other kinds. */
static void
on_text (PurpleConnection *connection, char **text, gpointer data)
{
  PurpleAccount *account = purple_connection_get_account (connection);
  g_autofree char *line = text && *text ? g_utf8_make_valid (*text, -1) : g_strdup ("");
  g_auto (OhEngineIrcLine) read = { 0 };
  OhEngineRoom *room;

  oh_engine_irc_read (line, &read);
  if (read.kind == OH_ENGINE_IRC_OTHER)
    return;
  room = oh_engine_find_room (account, read.target);
  if (read.kind == OH_ENGINE_IRC_NO_SUCH_NICK)
    oh_engine_tell_failure (account, read.target, read.text);
  else if (read.kind == OH_ENGINE_IRC_KICKED)
    take_kick (connection, room, &read);
  else if (read.kind == OH_ENGINE_IRC_NOT_LET_IN)
    take_refusal (room, &read);
  else if (room)
    oh_engine_room_tell_refusal (room, "", read.text);
}

static gboolean
is_irc (PurpleAccount *account)
{
  return g_str_equal (purple_account_get_protocol_id (account), "prpl-irc");
}

/* RFC 2812, 1.3 and 3.2.1: commas part channels, "0" means all that one is in. */
gboolean
oh_engine_irc_may_join (PurpleAccount *account, const char *name)
{
  return !is_irc (account) || (!strpbrk (name, " ,") && strcmp (name, "0") != 0);
}

void
oh_engine_irc_set_defaults (PurpleAccount *account)
{
  if (!is_irc (account))
    return;
  purple_account_set_int (account, "ratelimit-interval", 1); /* s; 0 is taken for 1 */
  purple_account_set_int (account, "ratelimit-burst", 2);
}

void
oh_engine_irc_install (void)
{
  static int handle;
  PurplePlugin *irc = purple_find_prpl ("prpl-irc");

  if (irc)
    purple_signal_connect (irc, "irc-receiving-text", &handle, PURPLE_CALLBACK (on_text), NULL);
}
