/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/engine/oh-im-wire.h"

G_BEGIN_DECLS

typedef enum
{
  OH_ENGINE_IRC_OTHER,        /* nothing that concerns us here */
  OH_ENGINE_IRC_NO_SUCH_NICK, /* of the message to @target */
  OH_ENGINE_IRC_NOT_LET_IN,   /* to the channel @target, for @end */
  OH_ENGINE_IRC_REFUSED,      /* something that was asked in the channel @target */
  OH_ENGINE_IRC_KICKED        /* @nick from the channel @target, by @who */
} OhEngineIrcKind;

/* What one line of an IRC service says (RFC 2812), as far as libpurple tells it in sentences only. */
typedef struct
{
  OhEngineIrcKind kind;
  OhImRoomEnd end;
  char *target;
  char *nick;
  char *who;
  char *text;
} OhEngineIrcLine;

/* @line: as it came, without its end. Pure; any thread. */
void oh_engine_irc_read (const char *line, OhEngineIrcLine *read);
void oh_engine_irc_line_clear (OhEngineIrcLine *read);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhEngineIrcLine, oh_engine_irc_line_clear)

G_END_DECLS
