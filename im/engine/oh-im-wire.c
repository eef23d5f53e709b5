/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/engine/oh-im-wire.h"

#include <string.h>

static const char interface_xml[]
    = "<node><interface name='" OH_IM_INTERFACE "'>"
      "<method name='Ping'/>"
      "<method name='GetProtocols'><arg type='aa{sv}' direction='out'/></method>"
      "<method name='AddAccount'><arg type='s'/><arg type='s'/><arg type='s'/>"
      "<arg type='a{sv}'/></method>"
      "<method name='RemoveAccount'><arg type='s'/></method>"
      "<method name='SignIn'><arg type='s'/><arg type='s'/><arg type='s'/><arg type='s'/></method>"
      "<method name='SignOut'><arg type='s'/></method>"
      "<method name='SetStatus'><arg type='s'/><arg type='s'/><arg type='s'/><arg type='x'/>"
      "</method>"
      "<method name='SendMessage'><arg type='s'/><arg type='s'/><arg type='s'/>"
      "<arg type='s' direction='out'/></method>"
      "<method name='SendTyping'><arg type='s'/><arg type='s'/><arg type='s'/></method>"
      "<method name='AddBuddy'><arg type='s'/><arg type='s'/><arg type='s'/><arg type='s'/>"
      "<arg type='s'/></method>"
      "<method name='RemoveBuddy'><arg type='s'/><arg type='s'/></method>"
      "<method name='AskProgram'><arg type='s'/><arg type='s'/></method>"
      "<method name='SetBlocked'><arg type='s'/><arg type='s'/><arg type='b'/></method>"
      "<method name='SetReceipts'><arg type='b'/></method>"
      "<method name='SendStanza'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='u'/>"
      "</method>"
      "<method name='WatchStanzas'><arg type='s'/><arg type='as'/><arg type='as'/></method>"
      "<method name='SetTaken'><arg type='s'/><arg type='b'/></method>"
      "<method name='SendFile'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='s'/>"
      "<arg type='h'/></method>"
      "<method name='AcceptFile'><arg type='t'/><arg type='h'/></method>"
      "<method name='CancelFile'><arg type='t'/></method>"
      "<method name='GetRoomForm'><arg type='s'/><arg type='s'/>"
      "<arg type='aa{sv}' direction='out'/></method>"
      "<method name='JoinRoom'><arg type='s'/><arg type='t'/><arg type='a{ss}'/><arg type='u'/>"
      "</method>"
      "<method name='LeaveRoom'><arg type='s'/><arg type='t'/></method>"
      "<method name='SendRoomMessage'><arg type='s'/><arg type='t'/><arg type='s'/>"
      "<arg type='s' direction='out'/></method>"
      "<method name='InviteToRoom'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='s'/>"
      "</method>"
      "<method name='DeclineRoom'><arg type='s'/><arg type='s'/><arg type='s'/></method>"
      "<method name='SetRoomTopic'><arg type='s'/><arg type='t'/><arg type='s'/></method>"
      "<method name='Answer'><arg type='t'/><arg type='i'/><arg type='a{sv}'/></method>"
      "<signal name='Alive'/>"
      "<signal name='AccountState'><arg type='s'/><arg type='s'/><arg type='s'/><arg type='b'/>"
      "<arg type='s'/></signal>"
      "<signal name='Buddies'><arg type='s'/><arg type='aa{sv}'/></signal>"
      "<signal name='BuddyGone'><arg type='s'/><arg type='s'/></signal>"
      "<signal name='BuddiesComplete'><arg type='s'/></signal>"
      "<signal name='Blocked'><arg type='s'/><arg type='s'/><arg type='b'/></signal>"
      "<signal name='Message'><arg type='s'/><arg type='s'/><arg type='a{sv}'/></signal>"
      "<signal name='MessageFailed'><arg type='s'/><arg type='s'/><arg type='s'/></signal>"
      "<signal name='Receipt'><arg type='s'/><arg type='s'/><arg type='s'/></signal>"
      "<signal name='Refused'><arg type='s'/><arg type='s'/><arg type='s'/><arg type='s'/>"
      "<arg type='x'/></signal>"
      "<signal name='Stanza'><arg type='s'/><arg type='s'/><arg type='s'/></signal>"
      "<signal name='StanzaAnswered'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='s'/>"
      "</signal>"
      "<signal name='FileOffered'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='s'/>"
      "<arg type='x'/></signal>"
      "<signal name='FileProgress'><arg type='s'/><arg type='t'/><arg type='x'/></signal>"
      "<signal name='FileEnded'><arg type='s'/><arg type='t'/><arg type='s'/><arg "
      "type='s'/></signal>"
      "<signal name='RoomJoined'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='s'/>"
      "</signal>"
      "<signal name='RoomLeft'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='s'/>"
      "<arg type='s'/></signal>"
      "<signal name='RoomInvited'><arg type='s'/><arg type='a{sv}'/></signal>"
      "<signal name='RoomMembers'><arg type='s'/><arg type='t'/><arg type='aa{sv}'/></signal>"
      "<signal name='RoomMembersGone'><arg type='s'/><arg type='t'/><arg type='as'/></signal>"
      "<signal name='RoomMemberRenamed'><arg type='s'/><arg type='t'/><arg type='s'/>"
      "<arg type='s'/></signal>"
      "<signal name='RoomTopic'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='s'/>"
      "</signal>"
      "<signal name='RoomMessage'><arg type='s'/><arg type='t'/><arg type='a{sv}'/></signal>"
      "<signal name='RoomRefused'><arg type='s'/><arg type='t'/><arg type='s'/><arg type='s'/>"
      "</signal>"
      "<signal name='Typing'><arg type='s'/><arg type='s'/><arg type='s'/></signal>"
      "<signal name='Question'><arg type='t'/><arg type='s'/><arg type='a{sv}'/></signal>"
      "<signal name='QuestionClosed'><arg type='t'/></signal>"
      "<signal name='Notice'><arg type='s'/><arg type='a{sv}'/></signal>"
      "</interface></node>";

static const char *const state_words[] = { "offline", "connecting", "online" };
static const char *const reason_words[] = {
  "none",     "network",  "password", "name",  "name-in-use", "encryption",    "certificate",
  "settings", "protocol", "engine",   "other", "proxy",       "proxy-refused", "proxy-password"
};
static const char *const presence_words[] = { "unknown",       "offline", "available", "away",
                                              "extended-away", "busy",    "invisible", "mobile" };
static const char *const typing_words[] = { "stopped", "active", "paused" };
static const char *const question_words[] = { "choice", "input",     "action",
                                              "fields", "authorize", "certificate" };

static const char *const refusal_words[] = { "room", "file" };
static const char *const file_end_words[] = { "done",      "refused", "cancelled", "stopped",
                                              "timed-out", "closed",  "failed",    "engine" };
static const char *const room_end_words[] = { "left",         "password", "nick",      "banned",
                                              "members-only", "full",     "not-found", "invalid",
                                              "kicked",       "removed",  "destroyed", "service",
                                              "timed-out",    "closed",   "failed",    "engine" };

static const char *
to_word (const char *const *words, guint count, guint value)
{
  g_return_val_if_fail (value < count, words[0]);
  return words[value];
}

static guint
from_word (const char *const *words, guint count, const char *word, guint fallback)
{
  for (guint i = 0; i < count; i++)
    if (g_strcmp0 (words[i], word) == 0)
      return i;
  return fallback;
}

#define TO_WORD(words, value) to_word (words, G_N_ELEMENTS (words), value)
#define FROM_WORD(words, word, fallback) from_word (words, G_N_ELEMENTS (words), word, fallback)

const char *
oh_im_state_to_word (OhImState state)
{
  return TO_WORD (state_words, state);
}

OhImState
oh_im_state_from_word (const char *word)
{
  return FROM_WORD (state_words, word, OH_IM_STATE_OFFLINE);
}

const char *
oh_im_reason_to_word (OhImReason reason)
{
  return TO_WORD (reason_words, reason);
}

OhImReason
oh_im_reason_from_word (const char *word)
{
  return FROM_WORD (reason_words, word, OH_IM_REASON_OTHER);
}

const char *
oh_im_presence_to_word (OhImPresence presence)
{
  return TO_WORD (presence_words, presence);
}

OhImPresence
oh_im_presence_from_word (const char *word)
{
  return FROM_WORD (presence_words, word, OH_IM_PRESENCE_UNKNOWN);
}

const char *
oh_im_typing_to_word (OhImTyping typing)
{
  return TO_WORD (typing_words, typing);
}

OhImTyping
oh_im_typing_from_word (const char *word)
{
  return FROM_WORD (typing_words, word, OH_IM_TYPING_STOPPED);
}

const char *
oh_im_question_kind_to_word (OhImQuestionKind kind)
{
  return TO_WORD (question_words, kind);
}

gboolean
oh_im_question_kind_from_word (const char *word, OhImQuestionKind *kind)
{
  guint value = FROM_WORD (question_words, word, G_MAXUINT);

  if (value != G_MAXUINT)
    *kind = value;
  return value != G_MAXUINT;
}

const char *
oh_im_refusal_to_word (OhImRefusal refusal)
{
  return TO_WORD (refusal_words, refusal);
}

gboolean
oh_im_refusal_from_word (const char *word, OhImRefusal *refusal)
{
  guint value = FROM_WORD (refusal_words, word, G_MAXUINT);

  if (value != G_MAXUINT)
    *refusal = value;
  return value != G_MAXUINT;
}

const char *
oh_im_file_end_to_word (OhImFileEnd end)
{
  return TO_WORD (file_end_words, end);
}

OhImFileEnd
oh_im_file_end_from_word (const char *word)
{
  return FROM_WORD (file_end_words, word, OH_IM_FILE_FAILED);
}

const char *
oh_im_room_end_to_word (OhImRoomEnd end)
{
  return TO_WORD (room_end_words, end);
}

OhImRoomEnd
oh_im_room_end_from_word (const char *word)
{
  return FROM_WORD (room_end_words, word, OH_IM_ROOM_FAILED);
}

/* Marks that turn the reading direction of what follows could make a name look like another. */
static gboolean
is_bad (gunichar c)
{
  return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0)
         || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static char *
clean (const char *text, gsize max, gboolean line)
{
  g_autofree char *valid = NULL;
  GString *result = g_string_new (NULL);

  if (!text)
    return g_string_free (result, FALSE);
  /* What is cut anyway need not be looked at: four bytes a character at most are dropped. */
  valid = g_utf8_make_valid (text, strnlen (text, max * 4 + 4));
  for (const char *p = valid; *p; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      gsize length = (gsize)(g_utf8_next_char (p) - p);

      if (is_bad (c))
        continue;
      if (result->len + length > max)
        break;
      if (line && (c == '\n' || c == '\t'))
        g_string_append_c (result, ' ');
      else
        g_string_append_len (result, p, (gssize)length);
    }
  return g_string_free (result, FALSE);
}

char *
oh_im_clean (const char *text, gsize max)
{
  return clean (text, max, FALSE);
}

char *
oh_im_clean_line (const char *text, gsize max)
{
  return clean (text, max, TRUE);
}

/* Of either kind of system. */
static const char *
skip_folders (const char *name)
{
  const char *last = name;

  for (const char *p = name; *p; p++)
    if (*p == '/' || *p == '\\')
      last = p + 1;
  while (*last == '.' || *last == ' ')
    last++;
  return last;
}

char *
oh_im_clean_file_name (const char *name)
{
  g_autofree char *line = oh_im_clean_line (name, 4 * OH_IM_MAX_REFUSED);
  g_autofree char *clean = oh_im_clean_line (skip_folders (line), OH_IM_MAX_REFUSED);

  g_strchomp (clean);
  return *clean ? g_steal_pointer (&clean) : g_strdup ("file");
}

gboolean
oh_im_name_is_good (const char *name)
{
  g_autofree char *line = oh_im_clean_line (name, OH_IM_MAX_NAME);

  return name && *name && strcmp (name, line) == 0;
}

gboolean
oh_im_protocol_takes_proxy (const char *protocol)
{
  static const char *const around[] = { "prpl-bonjour", "prpl-gg", "prpl-simple", "prpl-zephyr",
                                        NULL };

  return !g_strv_contains (around, protocol);
}

GDBusInterfaceInfo *
oh_im_interface_info (void)
{
  static gsize made;
  static GDBusNodeInfo *node;

  if (g_once_init_enter (&made))
    {
      g_autoptr (GError) error = NULL;

      node = g_dbus_node_info_new_for_xml (interface_xml, &error);
      g_assert_no_error (error);
      g_once_init_leave (&made, 1);
    }
  return node->interfaces[0];
}

void
oh_im_dict_add (GVariantBuilder *dict, const char *key, const char *text, gsize max)
{
  g_autofree char *value = oh_im_clean (text, max);

  if (*value)
    g_variant_builder_add (dict, "{sv}", key, g_variant_new_string (value));
}
