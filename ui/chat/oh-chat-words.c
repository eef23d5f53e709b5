/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-chat-words.h"

#include <glib/gi18n.h>

#include <string.h>

const char *
oh_chat_words_presence (OhPresence presence)
{
  switch (presence)
    {
    case OH_PRESENCE_AVAILABLE:
      return C_ ("presence", "Available");
    case OH_PRESENCE_AWAY:
      return C_ ("presence", "Away");
    case OH_PRESENCE_EXTENDED_AWAY:
      return C_ ("presence", "Away for long");
    case OH_PRESENCE_BUSY:
      return C_ ("presence", "Do not disturb");
    case OH_PRESENCE_INVISIBLE:
      return C_ ("presence", "Invisible");
    case OH_PRESENCE_MOBILE:
      return C_ ("presence", "Mobile");
    case OH_PRESENCE_OFFLINE:
      return C_ ("presence", "Offline");
    case OH_PRESENCE_UNKNOWN:
    default:
      return C_ ("presence", "Not known");
    }
}

const char *
oh_chat_words_presence_icon (OhPresence presence)
{
  switch (presence)
    {
    case OH_PRESENCE_AVAILABLE:
    case OH_PRESENCE_MOBILE:
      return "user-available-symbolic";
    case OH_PRESENCE_AWAY:
    case OH_PRESENCE_EXTENDED_AWAY:
      return "user-away-symbolic";
    case OH_PRESENCE_BUSY:
      return "user-busy-symbolic";
    case OH_PRESENCE_INVISIBLE:
      return "user-invisible-symbolic";
    case OH_PRESENCE_OFFLINE:
      return "user-offline-symbolic";
    case OH_PRESENCE_UNKNOWN:
    default:
      return "user-not-tracked-symbolic";
    }
}

char *
oh_chat_words_contact (OhContact *contact)
{
  const char *presence = oh_contact_is_blocked (contact)
                             ? C_ ("contact", "Blocked")
                             : oh_chat_words_presence (oh_contact_get_presence (contact));
  const char *message = oh_contact_get_message (contact);

  return *message ? g_strdup_printf ("%s · %s", presence, message) : g_strdup (presence);
}

static const char *
words_of_failure (OhChatReason reason)
{
  switch (reason)
    {
    case OH_CHAT_REASON_REFUSED:
      return _ ("Not delivered: the service did not take it");
    case OH_CHAT_REASON_TOO_LONG:
      return _ ("Not delivered: it is too long for the service");
    case OH_CHAT_REASON_TOO_MANY:
      return _ ("Not delivered: too many messages wait already");
    case OH_CHAT_REASON_ACCOUNT:
      return _ ("Not delivered: the account is not set up any more");
    case OH_CHAT_REASON_NONE:
    default:
      return _ ("Not delivered");
    }
}

char *
oh_chat_words_state (OhChatMessage *message)
{
  switch (oh_chat_message_get_state (message))
    {
    case OH_CHAT_WAITING:
      return g_strdup (C_ ("message", "Waiting"));
    case OH_CHAT_SENT:
      return g_strdup (C_ ("message", "Sent"));
    case OH_CHAT_DELIVERED:
      return g_strdup (C_ ("message", "Delivered"));
    case OH_CHAT_READ:
      return g_strdup (C_ ("message", "Read"));
    case OH_CHAT_FAILED:
      return g_strdup (words_of_failure (oh_chat_message_get_reason (message)));
    case OH_CHAT_RECEIVED:
    default:
      return g_strdup ("");
    }
}

static char *
words_of_file (const char *who, OhChatMessage *message)
{
  const char *name = oh_chat_message_get_text (message);
  guint64 size = g_ascii_strtoull (oh_chat_message_get_detail (message), NULL, 10);
  g_autofree char *words = size > 0 ? g_format_size (size) : NULL;

  return size > 0 ? g_strdup_printf (
             /* Translators: who, the file's name, its size ("2.4 MB"). */
             _ ("%s wanted to send you the file “%s” (%s). Files cannot be received yet."), who,
             name, words)
                  /* Translators: who, and the file's name. */
                  : g_strdup_printf (
                      _ ("%s wanted to send you the file “%s”. Files cannot be received yet."), who,
                      name);
}

char *
oh_chat_words_text (OhChat *chat, OhChatMessage *message)
{
  const char *text = oh_chat_message_get_text (message);

  switch (oh_chat_message_get_warning (message))
    {
    case OH_CHAT_WARNING_ROOM:
      /* Translators: who, and the room's name. */
      return g_strdup_printf (_ ("%s invited you to the room “%s”. Rooms are not supported yet."),
                              oh_chat_get_name (chat), text);
    case OH_CHAT_WARNING_FILE:
      return words_of_file (oh_chat_get_name (chat), message);
    case OH_CHAT_WARNING_NONE:
    case OH_CHAT_WARNING_FORGED_OFFER:
    default:
      return g_strdup (text);
    }
}

/* --- Links --- */

/* What may be followed; nothing that would run or open something on this computer. */
static const char *const schemes[] = { "https://", "http://", "tel:",  "sip:",
                                       "sips:",    "mailto:", "xmpp:", NULL };

static gboolean
begins_link (const char *text, const char *from)
{
  if (text > from && (g_ascii_isalnum (text[-1]) || strchr ("+-./", text[-1])))
    return FALSE;
  for (guint i = 0; schemes[i]; i++)
    {
      gsize length = strlen (schemes[i]);

      if (g_ascii_strncasecmp (text, schemes[i], length) == 0 && g_ascii_isgraph (text[length]))
        return TRUE;
    }
  return FALSE;
}

static guint
count (const char *text, gsize length, char letter)
{
  guint found = 0;

  for (gsize i = 0; i < length; i++)
    found += text[i] == letter;
  return found;
}

/* Bytes of the address: up to a blank or a sign that no address has, less what ends a sentence. */
static gsize
measure_link (const char *text)
{
  gsize length = 0;

  while (text[length] && !strchr (" \t\r\n<>\"", text[length])
         && ((guchar)text[length] >= 0x80 || g_ascii_isgraph (text[length])))
    length++;
  while (length > 0 && strchr (".,;:!?'*", text[length - 1]))
    length--;
  while (length > 0 && text[length - 1] == ')'
         && count (text, length, ')') > count (text, length, '('))
    length--;
  /* Non-breaking blanks and signs that turn the direction are no part of an address. */
  for (const char *c = text; c < text + length; c = g_utf8_next_char (c))
    {
      gunichar letter = g_utf8_get_char (c);

      if (letter >= 0x80
          && (g_unichar_isspace (letter) || !g_unichar_isgraph (letter)
              || g_unichar_type (letter) == G_UNICODE_FORMAT))
        return (gsize)(c - text);
    }
  return length;
}

static void
append_escaped (GString *markup, const char *text, gsize length)
{
  g_autofree char *escaped = g_markup_escape_text (text, (gssize)length);

  g_string_append (markup, escaped);
}

char *
oh_chat_words_markup (const char *text)
{
  g_autoptr (GString) markup = g_string_new (NULL);
  const char *plain = text;
  const char *at = text;

  while (*at)
    {
      gsize length = begins_link (at, text) ? measure_link (at) : 0;

      if (length == 0)
        {
          at = g_utf8_next_char (at);
          continue;
        }
      append_escaped (markup, plain, (gsize)(at - plain));
      g_string_append (markup, "<a href=\"");
      append_escaped (markup, at, length);
      g_string_append (markup, "\">");
      append_escaped (markup, at, length);
      g_string_append (markup, "</a>");
      at += length;
      plain = at;
    }
  append_escaped (markup, plain, (gsize)(at - plain));
  return g_string_free (g_steal_pointer (&markup), FALSE);
}
