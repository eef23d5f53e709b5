/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/chat/oh-chat-private.h"

#define PAUSE_MS 5000  /* without a change typing counts as paused */
#define LASTS_MS 30000 /* what the other did not take back is over */

/* Who types in a chat: the other, as they tell; the user, as the other was told. Owned by the chat. */
struct _OhChatTyping
{
  OhChat *chat;
  OhSettings *settings;
  OhTyping theirs, own;
  guint theirs_timer, pause_timer;
};

OhChatTyping *
oh_chat_typing_new (OhChat *chat, OhSettings *settings)
{
  OhChatTyping *typing = g_new0 (OhChatTyping, 1);

  typing->chat = chat;
  typing->settings = g_object_ref (settings);
  return typing;
}

void
oh_chat_typing_free (OhChatTyping *typing)
{
  g_clear_handle_id (&typing->theirs_timer, g_source_remove);
  g_clear_handle_id (&typing->pause_timer, g_source_remove);
  g_object_unref (typing->settings);
  g_free (typing);
}

OhTyping
oh_chat_typing_get (OhChatTyping *typing)
{
  return typing->theirs;
}

static gboolean
on_over (gpointer user_data)
{
  OhChatTyping *typing = user_data;

  typing->theirs_timer = 0;
  typing->theirs = OH_TYPING_STOPPED;
  oh_chat_typing_changed (typing->chat);
  return G_SOURCE_REMOVE;
}

void
oh_chat_typing_take (OhChatTyping *typing, OhTyping theirs)
{
  g_clear_handle_id (&typing->theirs_timer, g_source_remove);
  if (theirs != OH_TYPING_STOPPED)
    typing->theirs_timer = g_timeout_add (LASTS_MS, on_over, typing);
  if (typing->theirs == theirs)
    return;
  typing->theirs = theirs;
  oh_chat_typing_changed (typing->chat);
}

static void
tell (OhChatTyping *typing, OhTyping own)
{
  OhAccount *account = oh_chat_get_account (typing->chat);

  if (typing->own == own)
    return;
  typing->own = own;
  if (account && oh_account_get_state (account) == OH_ACCOUNT_ONLINE
      && oh_settings_get_send_typing (typing->settings))
    oh_messenger_send_typing (OH_MESSENGER (account), oh_chat_get_address (typing->chat), own);
}

static gboolean
on_pause (gpointer user_data)
{
  OhChatTyping *typing = user_data;

  typing->pause_timer = 0;
  tell (typing, OH_TYPING_PAUSED);
  return G_SOURCE_REMOVE;
}

void
oh_chat_typing_typed (OhChatTyping *typing, gboolean something)
{
  g_clear_handle_id (&typing->pause_timer, g_source_remove);
  tell (typing, something ? OH_TYPING_ACTIVE : OH_TYPING_STOPPED);
  if (something)
    typing->pause_timer = g_timeout_add (PAUSE_MS, on_pause, typing);
}

void
oh_chat_typing_end (OhChatTyping *typing)
{
  g_clear_handle_id (&typing->pause_timer, g_source_remove);
  typing->own = OH_TYPING_STOPPED;
}
