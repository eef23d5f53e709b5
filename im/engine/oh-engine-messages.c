/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-rooms.h"

#include <string.h>

/* Markup is longer than the text in it; beyond this no one looks for the text. */
#define MAX_MARKUP (4 * OH_IM_MAX_TEXT)
#define MAX_CONVERSATIONS 500

/* The message that is being handed to libpurple right now; what it writes of it meanwhile is the
 * outcome. */
static struct
{
  gboolean active;
  char *failure;
} sending;

static guint trim_id; /* idle that forgets the oldest conversations */

char *
oh_engine_strip (const char *markup)
{
  g_autofree char *cut = NULL;
  g_autofree char *plain = NULL;

  if (strnlen (markup, MAX_MARKUP + 1) > MAX_MARKUP)
    {
      cut = oh_im_clean (markup, MAX_MARKUP);
      markup = cut;
    }
  plain = purple_markup_strip_html (markup);
  return oh_im_clean (plain, OH_IM_MAX_TEXT);
}

char *
oh_engine_to_markup (const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);
  g_auto (GStrv) lines = g_strsplit (escaped, "\n", -1);

  return g_strjoinv ("<br>", lines);
}

static void
emit_message (PurpleAccount *account,
              const char *with,
              const char *markup,
              PurpleMessageFlags flags,
              time_t when)
{
  g_autofree char *name = oh_engine_normalize (account, with);
  g_autofree char *text = oh_engine_strip (markup);
  GVariantBuilder dict;

  if (!*name || !*text)
    return;
  if (!oh_engine_gate_pass (OH_ENGINE_GATE_MESSAGES))
    {
      g_debug ("a message of a flood was dropped");
      return;
    }
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "text", g_variant_new_string (text));
  g_variant_builder_add (&dict, "{sv}", "time", g_variant_new_int64 (when));
  g_variant_builder_add (&dict, "{sv}", "delayed",
                         g_variant_new_boolean ((flags & PURPLE_MESSAGE_DELAYED) != 0
                                                || oh_engine_xmpp_is_delayed (account)));
  g_variant_builder_add (&dict, "{sv}", "automatic",
                         g_variant_new_boolean ((flags & PURPLE_MESSAGE_AUTO_RESP) != 0));
  g_variant_builder_add (&dict, "{sv}", "own",
                         g_variant_new_boolean ((flags & PURPLE_MESSAGE_REMOTE_SEND) != 0));
  g_variant_builder_add (&dict, "{sv}", "cut",
                         g_variant_new_boolean (strlen (text) >= OH_IM_MAX_TEXT - 4));
  oh_engine_emit ("Message", g_variant_new ("(ss@a{sv})", oh_engine_account_id (account), name,
                                            g_variant_builder_end (&dict)));
}

void
oh_engine_tell_failure (PurpleAccount *account, const char *with, const char *text)
{
  g_autofree char *name = oh_engine_normalize (account, with);
  g_autofree char *clean = oh_im_clean (text, OH_IM_MAX_STATUS);

  oh_engine_emit ("MessageFailed",
                  g_variant_new ("(sss)", oh_engine_account_id (account), name, clean));
}

/* Everything that would stand in a conversation's window, from either side. */
static void
on_written (PurpleConversation *conversation,
            const char *name,
            const char *alias,
            const char *markup,
            PurpleMessageFlags flags,
            time_t when)
{
  PurpleAccount *account = purple_conversation_get_account (conversation);

  /* libpurple keeps all that was ever said with this person. */
  purple_conversation_clear_message_history (conversation);
  if (purple_conversation_get_type (conversation) == PURPLE_CONV_TYPE_CHAT)
    oh_engine_room_written (conversation, name ? name : "", markup, flags, when);
  if (purple_conversation_get_type (conversation) != PURPLE_CONV_TYPE_IM)
    return;
  if ((flags & PURPLE_MESSAGE_ERROR) && (flags & PURPLE_MESSAGE_SYSTEM))
    return; /* of a file, which is told by itself */
  if (flags & PURPLE_MESSAGE_ERROR)
    {
      char *text = oh_engine_strip (markup);

      if (sending.active && !sending.failure)
        sending.failure = text;
      else
        {
          oh_engine_tell_failure (account, purple_conversation_get_name (conversation), text);
          g_free (text);
        }
    }
  else if ((flags & PURPLE_MESSAGE_RECV) && oh_engine_is_blocked (account, name))
    g_debug ("a message of somebody who is blocked was dropped");
  else if (flags & (PURPLE_MESSAGE_RECV | PURPLE_MESSAGE_REMOTE_SEND))
    emit_message (account, purple_conversation_get_name (conversation), markup, flags, when);
}

/* Each stranger who writes once would stay in memory for good. What is forgotten begins anew with the
 * next message. */
static gboolean
on_trim (gpointer data)
{
  guint count = g_list_length (purple_get_ims ());

  trim_id = 0;
  for (; count > MAX_CONVERSATIONS / 2; count--)
    purple_conversation_destroy (g_list_last (purple_get_ims ())->data); /* newest first */
  return G_SOURCE_REMOVE;
}

static void
on_created (PurpleConversation *conversation)
{
  if (trim_id == 0 && g_list_length (purple_get_ims ()) > MAX_CONVERSATIONS)
    trim_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_trim, NULL, NULL);
}

/* libpurple's XMPP goes on writing to the one program that wrote last; here all of a person's programs
 * get what is written to the person. */
static PurpleConversation *
get_conversation (PurpleAccount *account, const char *to)
{
  PurpleConversation *conversation = purple_find_conversation_with_account (PURPLE_CONV_TYPE_IM, to,
                                                                            account);

  if (!conversation)
    return purple_conversation_new (PURPLE_CONV_TYPE_IM, account, to);
  if (strcmp (purple_conversation_get_name (conversation), to) != 0)
    purple_conversation_set_name (conversation, to);
  return conversation;
}

gboolean
oh_engine_send_message (
    const char *id, const char *to, const char *text, char **receipt, GError **error)
{
  PurpleAccount *account = oh_engine_find_online (id, error);
  g_autofree char *markup = NULL;
  g_autofree char *failure = NULL;

  if (!account)
    return FALSE;
  if (!oh_im_name_is_good (to) || !*text || strlen (text) > OH_IM_MAX_TEXT)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a message that can be sent");
      return FALSE;
    }
  markup = oh_engine_to_markup (text);
  sending.active = TRUE;
  oh_engine_receipts_begin (account);
  purple_conv_im_send (PURPLE_CONV_IM (get_conversation (account, to)), markup);
  *receipt = oh_engine_receipts_end ();
  sending.active = FALSE;
  failure = g_steal_pointer (&sending.failure);
  if (failure)
    g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "%s", failure);
  else if (!purple_account_is_connected (account))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "the connection was lost");
      return FALSE;
    }
  return failure == NULL;
}

gboolean
oh_engine_send_typing (const char *id, const char *to, const char *state, GError **error)
{
  static const PurpleTypingState states[] = { [OH_IM_TYPING_STOPPED] = PURPLE_NOT_TYPING,
                                              [OH_IM_TYPING_ACTIVE] = PURPLE_TYPING,
                                              [OH_IM_TYPING_PAUSED] = PURPLE_TYPED };
  PurpleAccount *account = oh_engine_find_online (id, error);

  if (!account)
    return FALSE;
  if (!oh_im_name_is_good (to))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a name");
      return FALSE;
    }
  serv_send_typing (purple_account_get_connection (account), to,
                    states[oh_im_typing_from_word (state)]);
  return TRUE;
}

static void
emit_typing (PurpleAccount *account, const char *name, OhImTyping typing)
{
  g_autofree char *with = oh_engine_normalize (account, name);

  if (*with && !oh_engine_is_blocked (account, name)
      && oh_engine_gate_pass (OH_ENGINE_GATE_NOTICES))
    oh_engine_emit ("Typing", g_variant_new ("(sss)", oh_engine_account_id (account), with,
                                             oh_im_typing_to_word (typing)));
}

static void
on_typing (PurpleAccount *account, const char *name, gpointer data)
{
  emit_typing (account, name, OH_IM_TYPING_ACTIVE);
}

static void
on_typed (PurpleAccount *account, const char *name, gpointer data)
{
  emit_typing (account, name, OH_IM_TYPING_PAUSED);
}

static void
on_typing_stopped (PurpleAccount *account, const char *name, gpointer data)
{
  emit_typing (account, name, OH_IM_TYPING_STOPPED);
}

void
oh_engine_messages_install (void)
{
  static PurpleConversationUiOps ops = { .create_conversation = on_created,
                                         .write_conv = on_written };
  static int handle;
  gpointer conversations = purple_conversations_get_handle ();

  oh_engine_room_news_add_operations (&ops);
  purple_conversations_set_ui_ops (&ops);
  purple_signal_connect (conversations, "buddy-typing", &handle, PURPLE_CALLBACK (on_typing), NULL);
  purple_signal_connect (conversations, "buddy-typed", &handle, PURPLE_CALLBACK (on_typed), NULL);
  purple_signal_connect (conversations, "buddy-typing-stopped", &handle,
                         PURPLE_CALLBACK (on_typing_stopped), NULL);
}
