/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/proxy/oh-im-private.h"
#include "im/proxy/oh-im-room.h"

G_BEGIN_DECLS

/* --- oh-im-member.c --- */

OhImMember *oh_im_member_new (const char *nick);
void oh_im_member_rename (OhImMember *member, const char *nick);
void oh_im_member_update (OhImMember *member, GVariant *dict);

/* --- oh-im-room-message.c --- */

/* NULL if it makes no sense. Transfer full. */
OhImRoomMessage *oh_im_parse_room_message (const char *own_nick, GVariant *dict);

/* Whether @word stands in @text by itself, in capitals or not. Pure; any thread. */
gboolean oh_im_has_word (const char *text, const char *word);

typedef struct _OhImHeard OhImHeard;

OhImHeard *oh_im_heard_new (void);
void oh_im_heard_free (OhImHeard *heard);
/* The room was joined: what it tells from its history may have been heard in an earlier visit. */
void oh_im_heard_begin_visit (OhImHeard *heard);
/* FALSE: it was. */
gboolean oh_im_heard_take (OhImHeard *heard, const OhImRoomMessage *message);

/* --- oh-im-room.c: what the process tells of one room; oh-im-rooms.c decides when to join it --- */

struct _OhImRoom
{
  GObject parent;
  OhImRooms *rooms; /* NULL once it has ended */
  OhImProcess *process;
  char *account;
  guint64 number;
  GVariant *fields; /* a{ss} */
  OhImRoomState state;
  char *name;
  char *nick;
  char *topic;
  char *topic_by;
  OhImRoomEnd end;
  char *end_by;
  char *end_text;
  GListStore *list;    /* of OhImMember */
  GHashTable *members; /* nick -> OhImMember */
  OhImHeard *heard;
  OhImOutbox *outbox;

  /* oh-im-rooms.c: */
  gboolean was_in;
  gboolean parked; /* until the account is online again */
  guint failures;  /* in a row */
  guint busy;      /* how often in a row the last visit was not over */
  guint crashes;   /* of the process, in a row, while it came in */
  gint64 since;    /* monotonic, when it came in */
  gint64 parted;   /* when it was in the last time: monotonic, and as clocks show it; us */
  gint64 parted_real;
  GSource *retry;
};

OhImRoom *
oh_im_room_new (OhImProcess *process, OhImOutbox *outbox, const char *account, GVariant *fields);
void oh_im_room_set_state (OhImRoom *room, OhImRoomState state);
void oh_im_room_set_end (OhImRoom *room, OhImRoomEnd end, const char *by, const char *text);
/* We are not in: nobody is there. */
void oh_im_room_lose (OhImRoom *room);
void oh_im_room_hear_joined (OhImRoom *room, const char *name, const char *nick);
void oh_im_room_hear_members (OhImRoom *room, GVariant *list);
void oh_im_room_hear_gone (OhImRoom *room, GVariant *list);
void oh_im_room_hear_renamed (OhImRoom *room, const char *old, const char *new);
void oh_im_room_hear_topic (OhImRoom *room, const char *topic, const char *by);
void oh_im_room_hear_message (OhImRoom *room, GVariant *dict);
void oh_im_room_hear_refusal (OhImRoom *room, const char *ref, const char *text);

/* --- oh-im-rooms.c --- */

void oh_im_rooms_leave (OhImRooms *rooms, OhImRoom *room);

G_END_DECLS
