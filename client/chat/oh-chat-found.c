/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/chat/oh-chat-found.h"

#include "client/chat/oh-chat-private.h"

#include <string.h>

#define BEFORE 24 /* characters of the text that stand before what was found */
#define EXCERPT 160

struct _OhChatFound
{
  GObject parent;
  OhChat *chat;
  guint number;
  gboolean incoming;
  gint64 time;
  char *excerpt;
};

G_DEFINE_FINAL_TYPE (OhChatFound, oh_chat_found, G_TYPE_OBJECT)

static void
found_finalize (GObject *object)
{
  OhChatFound *found = OH_CHAT_FOUND (object);

  g_clear_object (&found->chat);
  g_free (found->excerpt);
  G_OBJECT_CLASS (oh_chat_found_parent_class)->finalize (object);
}

static void
oh_chat_found_class_init (OhChatFoundClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = found_finalize;
}

static void
oh_chat_found_init (OhChatFound *found)
{
}

/* Where @folded begins in @text, in characters; folding may change lengths, so that it is a guess. */
static glong
find_place (const char *text, const char *folded)
{
  g_autofree char *all = g_utf8_casefold (text, -1);
  const char *at = strstr (all, folded);

  return at ? g_utf8_pointer_to_offset (all, at) : 0;
}

static char *
make_excerpt (const char *text, const char *folded)
{
  glong length = g_utf8_strlen (text, -1);
  glong begin = CLAMP (find_place (text, folded) - BEFORE, 0, length);
  glong end = MIN (length, begin + EXCERPT);
  g_autofree char *piece = g_utf8_substring (text, begin, end);
  const char *word = piece;

  g_strdelimit (piece, "\n\r\t", ' ');
  if (begin > 0 && strcspn (piece, " ") < BEFORE - 4)
    word = piece + strcspn (piece, " ") + 1; /* no half of one */
  return g_strconcat (begin > 0 ? "…" : "", word, end < length ? "…" : "", NULL);
}

OhChatFound *
oh_chat_found_new (OhChat *chat, const OhChatRow *row, const char *folded)
{
  OhChatFound *found = g_object_new (OH_TYPE_CHAT_FOUND, NULL);

  found->chat = g_object_ref (chat);
  found->number = row->number;
  found->incoming = row->incoming;
  found->time = row->time;
  found->excerpt = make_excerpt (row->text ? row->text : "", folded);
  return found;
}

OhChat *
oh_chat_found_get_chat (OhChatFound *found)
{
  return found->chat;
}

guint
oh_chat_found_get_number (OhChatFound *found)
{
  return found->number;
}

gboolean
oh_chat_found_is_incoming (OhChatFound *found)
{
  return found->incoming;
}

gint64
oh_chat_found_get_time (OhChatFound *found)
{
  return found->time;
}

const char *
oh_chat_found_get_excerpt (OhChatFound *found)
{
  return found->excerpt;
}
