/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What both ends of the private connection between offhook-im and its parent agree on
 * (docs/protocol.md). No libpurple here. Any thread. */

#define OH_IM_INTERFACE "org.offhook.Im1"
#define OH_IM_PATH "/org/offhook/Im1"

/* Limits of the wire, in bytes unless said otherwise. The engine cuts what comes from outside to
 * them, and the proxy believes nothing beyond them. */
#define OH_IM_MAX_NAME 1023     /* account, buddy, group, option names */
#define OH_IM_MAX_TEXT 65536    /* a message or the text of a question, as plain text */
#define OH_IM_MAX_STATUS 1024   /* a status message */
#define OH_IM_MAX_REFUSED 255   /* a file's or a room's name */
#define OH_IM_MAX_ACCOUNTS 200  /* accounts of one engine */
#define OH_IM_MAX_BUDDIES 50000 /* buddies of one account */
#define OH_IM_MAX_QUESTIONS 100 /* open questions of one engine */
#define OH_IM_MAX_FIELDS 64     /* fields of a question, options of a protocol */
#define OH_IM_MAX_CHOICES 256   /* choices of a field */
#define OH_IM_MAX_PROTOCOLS 200 /* protocols of one engine */
#define OH_IM_BUDDIES_A_SIGNAL 200
#define OH_IM_MAX_BLOCKED 5000 /* names of one account */
#define OH_IM_MAX_FILES 20     /* offered and under way, of one account */
#define OH_IM_MAX_FILE_SIZE ((gint64)4 << 30)
#define OH_IM_MAX_WATCHES 32    /* namespaces that one account watches, or announces */
#define OH_IM_MAX_ROOMS 100     /* of one account */
#define OH_IM_MAX_MEMBERS 10000 /* of one room */
#define OH_IM_MEMBERS_A_SIGNAL 200
#define OH_IM_MAX_TOPIC 4096

/* The group of AddBuddy that takes a buddy out of all others; "" leaves the group as it is. Told of a
 * buddy, it is "". (What libpurple puts buddies into that have no group.) */
#define OH_IM_NO_GROUP "Buddies"

typedef enum
{
  OH_IM_STATE_OFFLINE,
  OH_IM_STATE_CONNECTING,
  OH_IM_STATE_ONLINE
} OhImState;

typedef enum
{
  OH_IM_REASON_NONE,
  OH_IM_REASON_NETWORK,     /* unreachable, refused, lost */
  OH_IM_REASON_PASSWORD,    /* wrong, or the service takes none that we can give */
  OH_IM_REASON_NAME,        /* no such user */
  OH_IM_REASON_NAME_IN_USE, /* signed in elsewhere, or the nick is taken */
  OH_IM_REASON_ENCRYPTION,  /* the service offers none, or it failed */
  OH_IM_REASON_CERTIFICATE, /* not trusted */
  OH_IM_REASON_SETTINGS,    /* the account's own settings make no sense */
  OH_IM_REASON_PROTOCOL,    /* no plug-in for the protocol, or it failed */
  OH_IM_REASON_ENGINE,      /* the engine's process ended */
  OH_IM_REASON_OTHER,
  OH_IM_REASON_PROXY,         /* the proxy cannot be reached */
  OH_IM_REASON_PROXY_REFUSED, /* it does not let us through, or is none */
  OH_IM_REASON_PROXY_PASSWORD /* it took user and password for wrong, or wants some */
} OhImReason;

typedef enum
{
  OH_IM_PRESENCE_UNKNOWN,
  OH_IM_PRESENCE_OFFLINE,
  OH_IM_PRESENCE_AVAILABLE,
  OH_IM_PRESENCE_AWAY,
  OH_IM_PRESENCE_EXTENDED_AWAY,
  OH_IM_PRESENCE_BUSY,
  OH_IM_PRESENCE_INVISIBLE,
  OH_IM_PRESENCE_MOBILE
} OhImPresence;

typedef enum
{
  OH_IM_TYPING_STOPPED,
  OH_IM_TYPING_ACTIVE,
  OH_IM_TYPING_PAUSED
} OhImTyping;

typedef enum
{
  OH_IM_QUESTION_CHOICE,      /* one of "choices" */
  OH_IM_QUESTION_INPUT,       /* one line or more of text */
  OH_IM_QUESTION_ACTION,      /* only buttons */
  OH_IM_QUESTION_FIELDS,      /* a form */
  OH_IM_QUESTION_AUTHORIZE,   /* "who" wants to see the account's presence */
  OH_IM_QUESTION_CERTIFICATE, /* the service's certificate is not trusted by itself */
} OhImQuestionKind;

/* What others offer, and is refused where nobody takes it. */
typedef enum
{
  OH_IM_REFUSAL_ROOM, /* an invitation to a chat of many */
  OH_IM_REFUSAL_FILE
} OhImRefusal;

/* What became of a file. */
typedef enum
{
  OH_IM_FILE_DONE,
  OH_IM_FILE_REFUSED,   /* by the other side, or it cannot take any */
  OH_IM_FILE_CANCELLED, /* by the other side, or on the way to it */
  OH_IM_FILE_STOPPED,   /* by us */
  OH_IM_FILE_TIMED_OUT, /* nobody answered, or nothing came any more */
  OH_IM_FILE_CLOSED,    /* the account went offline */
  OH_IM_FILE_FAILED,    /* here */
  OH_IM_FILE_ENGINE     /* the engine's process ended */
} OhImFileEnd;

/* Why we are not in a room, or no longer. */
typedef enum
{
  OH_IM_ROOM_LEFT,     /* the user wanted it so */
  OH_IM_ROOM_PASSWORD, /* it wants one, or another */
  OH_IM_ROOM_NICK,     /* somebody else has the nick there, or the room takes none like it */
  OH_IM_ROOM_BANNED,   /* then or while in it */
  OH_IM_ROOM_MEMBERS,  /* only who was invited or is on its list is let in */
  OH_IM_ROOM_FULL,
  OH_IM_ROOM_NOT_FOUND, /* there is none, and we may not make one */
  OH_IM_ROOM_INVALID,   /* what was given makes no room */
  OH_IM_ROOM_KICKED,
  OH_IM_ROOM_REMOVED, /* the service took us out otherwise */
  OH_IM_ROOM_DESTROYED,
  OH_IM_ROOM_SERVICE,   /* of the rooms: it stopped, or cannot be reached */
  OH_IM_ROOM_TIMED_OUT, /* it did not answer */
  OH_IM_ROOM_CLOSED,    /* the account went offline */
  OH_IM_ROOM_FAILED,
  OH_IM_ROOM_ENGINE /* the engine's process ended twice while it came in */
} OhImRoomEnd;

/* What somebody is in a room; bits. */
typedef enum
{
  OH_IM_MEMBER_FOUNDER = 1 << 0,  /* XMPP's owner */
  OH_IM_MEMBER_OPERATOR = 1 << 1, /* XMPP's moderator */
  OH_IM_MEMBER_HALF_OPERATOR = 1 << 2,
  OH_IM_MEMBER_VOICE = 1 << 3, /* may speak where not everybody may: XMPP's participant */
  OH_IM_MEMBER_AWAY = 1 << 4,
  OH_IM_MEMBER_TYPING = 1 << 5
} OhImMemberFlags;
#define OH_IM_MEMBER_ALL ((1 << 6) - 1)

/* Words of the wire for an enum. An unknown word gives @fallback. */
const char *oh_im_state_to_word (OhImState state);
OhImState oh_im_state_from_word (const char *word);
const char *oh_im_reason_to_word (OhImReason reason);
OhImReason oh_im_reason_from_word (const char *word);
const char *oh_im_presence_to_word (OhImPresence presence);
OhImPresence oh_im_presence_from_word (const char *word);
const char *oh_im_typing_to_word (OhImTyping typing);
OhImTyping oh_im_typing_from_word (const char *word);
const char *oh_im_question_kind_to_word (OhImQuestionKind kind);
gboolean oh_im_question_kind_from_word (const char *word, OhImQuestionKind *kind);
const char *oh_im_refusal_to_word (OhImRefusal refusal);
gboolean oh_im_refusal_from_word (const char *word, OhImRefusal *refusal);

const char *oh_im_file_end_to_word (OhImFileEnd end);
OhImFileEnd oh_im_file_end_from_word (const char *word);
const char *oh_im_room_end_to_word (OhImRoomEnd end);
OhImRoomEnd oh_im_room_end_from_word (const char *word);

/* @text as it may go over the wire and be shown: valid UTF-8, no control characters but tab and
 * newline, no bidirectional overrides, at most @max bytes, never cut inside a character. NULL
 * becomes "". Transfer full. */
char *oh_im_clean (const char *text, gsize max);

/* The same in one line: newlines and tabs become spaces. */
char *oh_im_clean_line (const char *text, gsize max);

/* A file's name that lies in no folder and is not hidden, whatever @name was: one clean line of at most
 * OH_IM_MAX_REFUSED bytes, "file" where nothing is left of it. Transfer full. */
char *oh_im_clean_file_name (const char *name);

/* Whether @name may name an account, a buddy, a group or a room: not empty, not too long, one clean line. */
gboolean oh_im_name_is_good (const char *name);

/* Whether all that libpurple's plug-in of @protocol does on the network can go through a proxy; some make
 * connections of their own. */
gboolean oh_im_protocol_takes_proxy (const char *protocol);

/* The interface that the engine serves. Lends. */
GDBusInterfaceInfo *oh_im_interface_info (void);

/* Adds a cleaned string to a vardict unless it is NULL or empty. */
void oh_im_dict_add (GVariantBuilder *dict, const char *key, const char *text, gsize max);

G_END_DECLS
