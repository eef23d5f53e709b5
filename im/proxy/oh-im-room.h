/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/proxy/oh-im-member.h"
#include "im/proxy/oh-im-room-message.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* A chat of many that an account is in or is to be in, made by oh_im_account_join_room(). Once we were in, it
 * outlives the engine's processes and the account's connections: it is joined again, and messages wait for
 * that. Belongs to the account's context, like everything it emits. */
#define OH_TYPE_IM_ROOM (oh_im_room_get_type ())
G_DECLARE_FINAL_TYPE (OhImRoom, oh_im_room, OH, IM_ROOM, GObject)

typedef enum
{
  OH_IM_ROOM_STATE_WAITING, /* for the account, or for the next attempt */
  OH_IM_ROOM_STATE_JOINING,
  OH_IM_ROOM_STATE_IN,
  OH_IM_ROOM_STATE_ENDED /* for good: oh_im_room_get_end() */
} OhImRoomState;

/* Properties, read-only and notifying: "state" (OhImRoomState as int), "nick" (our own there), "topic".
 * Signals: "message" (OhImRoomMessage*), "refused" (char *ref, char *text): the service did not do what was asked
 * of it there: the message of that name, or "". */
OhImRoomState oh_im_room_get_state (OhImRoom *room);

/* As the service names it; "" until we were in. Texts are lent; what comes from outside is clean and plain. */
const char *oh_im_room_get_name (OhImRoom *room);
const char *oh_im_room_get_nick (OhImRoom *room);
const char *oh_im_room_get_topic (OhImRoom *room);
/* Who set it, or "". */
const char *oh_im_room_get_topic_by (OhImRoom *room);

/* Why it ended; before that, why we were not in the last time. By whom, and what was said of it, or "". */
OhImRoomEnd oh_im_room_get_end (OhImRoom *room);
const char *oh_im_room_get_end_by (OhImRoom *room);
const char *oh_im_room_get_end_text (OhImRoom *room);

/* Who is there, of OhImMember, ourselves too; empty while we are not in. Who comes and goes is told by the list,
 * another nick or other rights by the member. Lends. */
GListModel *oh_im_room_get_members (OhImRoom *room);
OhImMember *oh_im_room_find_member (OhImRoom *room, const char *nick); /* or NULL */

/* Leaves it for good. */
void oh_im_room_leave (OhImRoom *room);

/* The same as oh_im_account_send_async(), to the room; what waits while we are not in is sent when we are. When the
 * room ends: CLOSED. What is being sent when the engine's process dies is sent once more. */
void oh_im_room_send_async (OhImRoom *room,
                            const char *text,
                            guint timeout_s,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
/* *@ref (or NULL): by what "message" with `own` will name it, which may have come already, and "refused"; transfer
 * full. */
gboolean oh_im_room_send_finish (OhImRoom *room, GAsyncResult *result, char **ref, GError **error);

/* Not kept: without effect while we are not in. @text may be NULL. */
void oh_im_room_invite (OhImRoom *room, const char *who, const char *text);

/* Not kept: without effect while we are not in. One line, at most OH_IM_MAX_TOPIC bytes. */
void oh_im_room_set_topic (OhImRoom *room, const char *topic);

G_END_DECLS
