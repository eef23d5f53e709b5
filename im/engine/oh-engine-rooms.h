/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/engine/oh-engine-private.h"

G_BEGIN_DECLS

/* Chats of many, for the files oh-engine-room*.c, -muc.c and -irc.c. Main thread.
 *
 *   parent --JoinRoom--> oh-engine-rooms --> libpurple's plug-in --> service
 *   parent <-RoomJoined, RoomMembers, RoomMessage-- oh-engine-room-news <-- conversation's operations
 *   what libpurple does not say (why, who we are there): oh-engine-muc, oh-engine-irc, from the raw protocol
 */

/* One room of one account: wanted by the parent, or being left. It is here for as long as libpurple's plug-in
 * may look at its conversation. */
typedef struct
{
  guint64 number; /* the parent's; 0: it is nobody's any more */
  PurpleAccount *account;
  char *name;                       /* normalized */
  char *nick;                       /* our own there; "" while it is not known */
  PurpleConversation *conversation; /* or NULL */
  gboolean seen;                    /* XMPP: the room has shown us ourselves in it */
  gboolean caught_up;               /* XMPP: what it told from its history is over */
  gboolean told;                    /* the parent, that we are in */

  gboolean ending; /* it is about to end, for this: */
  OhImRoomEnd end;
  char *end_who;
  char *end_text;

  GHashTable *members; /* set of nicks that the parent has heard of */
  GHashTable *changed; /* set of nicks that it hears of soon */
  gboolean topic_changed;
  char *topic_who;
  OhEngineBucket bucket; /* messages */
  guint dropped;         /* messages since the last that was told */

  guint patience; /* timer: it ought to be in by then */
  guint flush;    /* timer */
  guint idle;     /* what is done once libpurple is through with the matter */
} OhEngineRoom;

/* Of any spelling of @name; NULL: there is none. */
OhEngineRoom *oh_engine_find_room (PurpleAccount *account, const char *name);
OhEngineRoom *oh_engine_room_of (PurpleConversation *conversation);

/* The parent hears that it is over, unless it has heard. */
void oh_engine_room_end (OhEngineRoom *room, OhImRoomEnd end, const char *who, const char *text);

/* Why it will end in the same breath. */
void
oh_engine_room_note_end (OhEngineRoom *room, OhImRoomEnd end, const char *who, const char *text);

/* The service does not let us in; @room is gone afterwards. */
void oh_engine_room_refuse (OhEngineRoom *room, OhImRoomEnd end, const char *text);

/* XMPP: the service says that we are in no more, or libpurple; what that means is seen when it has read it. */
void oh_engine_room_gone (OhEngineRoom *room);

/* --- oh-engine-room-news.c --- */

void oh_engine_room_news_install (void);

/* Adds what libpurple calls when the members of a conversation change. */
void oh_engine_room_news_add_operations (PurpleConversationUiOps *operations);

/* Something is to be told, soon; or all of it now. */
void oh_engine_room_changed (OhEngineRoom *room);
void oh_engine_room_flush (OhEngineRoom *room);

/* XMPP: that is we. */
void oh_engine_room_see (OhEngineRoom *room, const char *nick);

/* The service did not do what was asked in the room: by the name @ref of a message, or "". */
void oh_engine_room_tell_refusal (OhEngineRoom *room, const char *ref, const char *text);

/* What is written to the room between the two is ours and called @ref; _end gives what libpurple complained
 * of, or NULL. Transfer full. */
void oh_engine_room_begin_message (OhEngineRoom *room, const char *ref);
char *oh_engine_room_end_message (void);

/* --- oh-engine-room-form.c --- */

/* The values of @fields ("a{ss}") that libpurple's plug-in wants; transfer full. */
GHashTable *
oh_engine_room_form_read (PurpleConnection *connection, GVariant *fields, GError **error);

/* The room that they name, normalized; "" for none. Transfer full. */
char *oh_engine_room_form_name (PurpleConnection *connection, GHashTable *components);

/* --- oh-engine-muc.c: XMPP's (XEP-0045) --- */

void oh_engine_muc_install (void);
gboolean oh_engine_muc_is_of (PurpleAccount *account);

/* Whether XMPP's plug-in still has to do with the room of that address, which is one. */
gboolean oh_engine_muc_holds (PurpleAccount *account, const char *name);

/* Between the two @account sends one message to a room, or asks to be let in. _end: FALSE if it did not;
 * @what: the id of the message, or the nick that was asked for; transfer full. */
void oh_engine_muc_begin (PurpleAccount *account);
gboolean oh_engine_muc_end (char **what);

/* By what its sender names the message that libpurple is just telling of, "" for nothing. Lends. */
const char *oh_engine_muc_message_id (PurpleAccount *account);

/* Tells @room, and it @who, that we do not come. */
void oh_engine_muc_decline (PurpleAccount *account, const char *room, const char *who);

/* Takes back that we asked to be let in. */
void oh_engine_muc_cancel (OhEngineRoom *room);

/* --- oh-engine-irc.c --- */

/* FALSE: IRC would take @name for several channels, or for more than a channel. */
gboolean oh_engine_irc_may_join (PurpleAccount *account, const char *name);

G_END_DECLS
