/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One message of a chat. Main thread. A chat gives messages out before they are read from the
 * database ("loaded" is FALSE, all else empty); then all properties change and notify:
 *   "loaded" boolean, "number" uint (its position in the chat), "incoming" boolean, "text" string
 *   (plain; from outside if incoming), "time" int64 Unix seconds, "state" int (OhChatState),
 *   "reason" int (OhChatReason, with FAILED), "detail" string (English or the service's own words,
 *   "" for none), "warning" int (OhChatWarning), "automatic" boolean (a program wrote it) */
#define OH_TYPE_CHAT_MESSAGE (oh_chat_message_get_type ())
G_DECLARE_FINAL_TYPE (OhChatMessage, oh_chat_message, OH, CHAT_MESSAGE, GObject)

/* How far a message of the user has come. Those that came in are RECEIVED. */
typedef enum
{
  OH_CHAT_RECEIVED,
  OH_CHAT_WAITING,   /* kept; goes out when the account is online */
  OH_CHAT_SENT,      /* the service took it */
  OH_CHAT_DELIVERED, /* it reached the other's program, where the service tells */
  OH_CHAT_READ,      /* the other has seen it, where the service tells */
  OH_CHAT_FAILED     /* not delivered; oh_chat_retry() tries again */
} OhChatState;

typedef enum
{
  OH_CHAT_REASON_NONE,
  OH_CHAT_REASON_REFUSED, /* the service did not take or deliver it */
  OH_CHAT_REASON_TOO_LONG,
  OH_CHAT_REASON_TOO_MANY, /* too many wait already */
  OH_CHAT_REASON_ACCOUNT   /* its account is not there any more */
} OhChatReason;

/* What is to be said beside an incoming message. */
typedef enum
{
  OH_CHAT_WARNING_NONE,
  OH_CHAT_WARNING_FORGED_OFFER, /* it looks like a call offer, and is not from the call server */
  /* No message: the other offered what this program cannot take. The text is a name alone. */
  OH_CHAT_WARNING_ROOM, /* of a chat of many, to which the user was invited */
  OH_CHAT_WARNING_FILE  /* of a file; the detail is its size in bytes, or "" */
} OhChatWarning;

gboolean oh_chat_message_is_loaded (OhChatMessage *message);
guint oh_chat_message_get_number (OhChatMessage *message);
gboolean oh_chat_message_is_incoming (OhChatMessage *message);
const char *oh_chat_message_get_text (OhChatMessage *message);
gint64 oh_chat_message_get_time (OhChatMessage *message);
OhChatState oh_chat_message_get_state (OhChatMessage *message);
OhChatReason oh_chat_message_get_reason (OhChatMessage *message);
const char *oh_chat_message_get_detail (OhChatMessage *message);
OhChatWarning oh_chat_message_get_warning (OhChatMessage *message);
gboolean oh_chat_message_is_automatic (OhChatMessage *message);

G_END_DECLS
