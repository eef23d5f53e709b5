/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-test-client"

/* Contacts, chats and questions of offhook-test-client. ACCOUNT is an account's address.
 *   protocols | add-im PROTOCOL NAME PASSWORD [OPTIONS] | send ACCOUNT TO TEXT
 *   draft ACCOUNT TO TEXT | read ACCOUNT TO | retry ACCOUNT TO NUMBER | show ACCOUNT TO FIRST COUNT
 *   status PRESENCE [TEXT] | account-status ACCOUNT PRESENCE [TEXT]
 *   add-contact ACCOUNT ADDRESS [NAME [GROUP]] | remove-contact ACCOUNT ADDRESS
 *   block ACCOUNT ADDRESS | unblock ACCOUNT ADDRESS | question-answer NUMBER BUTTON [VALUES]
 *   set SETTING on|off | forget-account ACCOUNT | sign-in-again ACCOUNT | sign-out ACCOUNT
 * OPTIONS and VALUES are a{sv} as GVariant text. */
#include "tests/client/driver.h"

static guint n_questions; /* each gets a number when it comes */

static char *
number (gint64 value)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, value);
}

/* --- News --- */

static void
on_contact_changed (OhContact *contact, GParamSpec *pspec, gpointer user_data)
{
  say ("contact", "address", oh_contact_get_address (contact), "name",
       oh_contact_get_name (contact), "group", oh_contact_get_group (contact), "presence",
       oh_presence_to_word (oh_contact_get_presence (contact)), "message",
       oh_contact_get_message (contact), "blocked", oh_contact_is_blocked (contact) ? "yes" : "no",
       NULL);
}

static void
on_contacts_changed (GListModel *model, guint at, guint gone, guint added, gpointer user_data)
{
  g_autofree char *count = number (g_list_model_get_n_items (model));

  for (guint i = at; i < at + added; i++)
    {
      g_autoptr (OhContact) contact = g_list_model_get_item (model, i);

      g_signal_handlers_disconnect_by_func (contact, on_contact_changed, NULL);
      g_signal_connect (contact, "notify", G_CALLBACK (on_contact_changed), NULL);
      on_contact_changed (contact, NULL, NULL);
    }
  say ("contacts", "count", count, NULL);
}

static void
on_message_changed (OhChatMessage *message, GParamSpec *pspec, OhChat *chat)
{
  static const char *const states[] = {
    "received", "waiting", "sent", "delivered", "read", "failed"
  };
  static const char *const warnings[] = { "", "forged-offer", "room", "file" };
  g_autofree char *at = number (oh_chat_message_get_number (message));

  if (!oh_chat_message_is_loaded (message))
    return;
  say ("message", "with", oh_chat_get_address (chat), "number", at, "text",
       oh_chat_message_get_text (message), "state", states[oh_chat_message_get_state (message)],
       "detail", oh_chat_message_get_detail (message), "warning",
       warnings[oh_chat_message_get_warning (message)], NULL);
}

static void
on_messages_changed (GListModel *chat, guint at, guint gone, guint added, gpointer user_data)
{
  for (guint i = at; added == 1 && i < at + added; i++)
    {
      g_autoptr (OhChatMessage) message = g_list_model_get_item (chat, i);

      g_signal_connect_object (message, "notify::state", G_CALLBACK (on_message_changed), chat, 0);
      on_message_changed (message, NULL, OH_CHAT (chat));
    }
}

static void
on_typing (OhChat *chat, GParamSpec *pspec, gpointer user_data)
{
  static const char *const states[] = { "stopped", "active", "paused" };

  say ("typing", "with", oh_chat_get_address (chat), "state", states[oh_chat_get_typing (chat)],
       NULL);
}

static void
on_loaded (OhChat *chat, GParamSpec *pspec, gpointer user_data)
{
  g_autofree char *count = number (g_list_model_get_n_items (G_LIST_MODEL (chat)));
  g_autofree char *unread = number (oh_chat_get_unread (chat));

  say ("chat", "with", oh_chat_get_address (chat), "count", count, "unread", unread, "draft",
       oh_chat_get_draft (chat), NULL);
}

static void
on_chats_changed (GListModel *model, guint at, guint gone, guint added, gpointer user_data)
{
  for (guint i = at; i < at + added; i++)
    {
      g_autoptr (OhChat) chat = g_list_model_get_item (model, i);

      if (g_object_get_data (G_OBJECT (chat), "followed"))
        continue;
      g_object_set_data (G_OBJECT (chat), "followed", chat);
      g_signal_connect (chat, "items-changed", G_CALLBACK (on_messages_changed), NULL);
      g_signal_connect (chat, "notify::typing", G_CALLBACK (on_typing), NULL);
      g_signal_connect (chat, "notify::loaded", G_CALLBACK (on_loaded), NULL);
      if (oh_chat_is_loaded (chat))
        on_loaded (chat, NULL, NULL);
    }
}

static void
on_question_closed (OhQuestion *question, gpointer user_data)
{
  g_autofree char *id = number (GPOINTER_TO_UINT (user_data));

  say ("question-closed", "question", id, NULL);
}

static void
on_questions_changed (GListModel *model, guint at, guint gone, guint added, gpointer user_data)
{
  static const char *const kinds[] = { "certificate", "contact", "password", "form", "notice" };

  for (guint i = at; i < at + added; i++)
    {
      g_autoptr (OhQuestion) question = g_list_model_get_item (model, i);
      OhAccount *account = oh_question_get_account (question);
      g_autofree char *problems = number (oh_question_get_problems (question));
      g_autofree char *id = number (++n_questions);

      g_object_set_data (G_OBJECT (question), "number", GUINT_TO_POINTER (n_questions));
      g_signal_connect (question, "closed", G_CALLBACK (on_question_closed),
                        GUINT_TO_POINTER (n_questions));
      say ("question", "question", id, "kind", kinds[oh_question_get_kind (question)], "account",
           account ? oh_account_get_address (account) : NULL, "who",
           oh_question_get_text (question, "who"), "host", oh_question_get_text (question, "host"),
           "sha256", oh_question_get_text (question, "sha256"), "problems", problems, "primary",
           oh_question_get_text (question, "primary"), NULL);
    }
}

static void
on_unread (OhChats *chats, GParamSpec *pspec, gpointer user_data)
{
  g_autofree char *count = number (oh_chats_get_unread (chats));

  say ("unread", "count", count, NULL);
}

void
follow_chats (OhClient *client)
{
  OhChats *chats = oh_client_get_chats (client);

  g_signal_connect (oh_client_get_contacts (client), "items-changed",
                    G_CALLBACK (on_contacts_changed), NULL);
  g_signal_connect (chats, "items-changed", G_CALLBACK (on_chats_changed), NULL);
  g_signal_connect (chats, "notify::unread", G_CALLBACK (on_unread), NULL);
  g_signal_connect (oh_client_get_questions (client), "items-changed",
                    G_CALLBACK (on_questions_changed), NULL);
}

/* --- Commands --- */

static OhAccount *
find_account (OhClient *client, const char *address)
{
  GListModel *accounts = oh_client_get_accounts (client);

  for (guint i = 0; address && i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      if (g_strcmp0 (oh_account_get_address (account), address) == 0)
        return account; /* the list holds it */
    }
  return NULL;
}

static void
on_protocols_changed (GListModel *model, guint at, guint gone, guint added, gpointer user_data)
{
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (OhProtocol) protocol = g_list_model_get_item (model, i);
      g_autofree char *options = number (oh_protocol_get_fields (protocol)->len);
      g_autofree char *joined = oh_protocol_join_name (protocol, "demo", NULL);

      say ("protocol", "id", oh_protocol_get_id (protocol), "name", oh_protocol_get_name (protocol),
           "options", options, "joined", joined, NULL);
    }
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhAccount) account = oh_client_add_messenger_finish (OH_CLIENT (source), result,
                                                                  &error);

  say (account ? "im-added" : "im-failed", "message", error ? error->message : NULL, NULL);
}

static gboolean
add_im (OhClient *client, char **words)
{
  GListModel *protocols = oh_client_get_protocols (client);
  g_autoptr (GVariant) options = words[4] ? g_variant_parse (G_VARIANT_TYPE_VARDICT, words[4], NULL,
                                                             NULL, NULL)
                                          : NULL;
  OhNewMessenger wanted = { .username = words[2],
                            .password = words[3],
                            .options = options,
                            .proxy = words[4] ? words[5] : NULL,
                            .proxy_password = words[4] && words[5] ? words[6] : NULL };

  for (guint i = 0; i < g_list_model_get_n_items (protocols); i++)
    {
      g_autoptr (OhProtocol) protocol = g_list_model_get_item (protocols, i);

      if (!g_str_equal (oh_protocol_get_id (protocol), words[1]))
        continue;
      wanted.protocol = protocol;
      oh_client_add_messenger_async (client, &wanted, on_added, NULL);
      return TRUE;
    }
  return FALSE;
}

static gboolean
answer (OhClient *client, char **words)
{
  GListModel *questions = oh_client_get_questions (client);
  g_autoptr (GVariant) values = words[3] ? g_variant_parse (G_VARIANT_TYPE_VARDICT, words[3], NULL,
                                                            NULL, NULL)
                                         : NULL;

  for (guint i = 0; i < g_list_model_get_n_items (questions); i++)
    {
      g_autoptr (OhQuestion) question = g_list_model_get_item (questions, i);

      if (GPOINTER_TO_INT (g_object_get_data (G_OBJECT (question), "number")) != atoi (words[1]))
        continue;
      oh_question_answer (question, (guint)atoi (words[2]), values);
      return TRUE;
    }
  return FALSE;
}

static void
show (OhChat *chat, guint first, guint count)
{
  for (guint i = first; i < first + count; i++)
    {
      g_autoptr (OhChatMessage) message = g_list_model_get_item (G_LIST_MODEL (chat), i);

      if (!message)
        return;
      on_message_changed (message, NULL, chat);
      if (!oh_chat_message_is_loaded (message))
        g_signal_connect_object (message, "notify::loaded", G_CALLBACK (on_message_changed), chat,
                                 0);
    }
}

/* ACCOUNT TO and what follows. */
static gboolean
do_with_chat (OhClient *client, char **words, guint n)
{
  OhAccount *account = find_account (client, words[1]);
  OhChat *chat = OH_IS_MESSENGER (account)
                     ? oh_chats_open (oh_client_get_chats (client), account, words[2])
                     : NULL;
  g_autoptr (OhChatMessage) message = NULL;

  if (!chat)
    return FALSE;
  if (g_str_equal (words[0], "send") && n == 4)
    return oh_chat_send (chat, words[3], NULL);
  if (g_str_equal (words[0], "draft") && n == 4)
    oh_chat_set_draft (chat, words[3]);
  else if (g_str_equal (words[0], "read"))
    oh_chat_mark_read (chat);
  else if (g_str_equal (words[0], "show") && n == 5)
    show (chat, (guint)atoi (words[3]), (guint)atoi (words[4]));
  else if (g_str_equal (words[0], "retry") && n == 4)
    {
      message = g_list_model_get_item (G_LIST_MODEL (chat), (guint)atoi (words[3]));
      if (message)
        oh_chat_retry (chat, message);
    }
  else
    return FALSE;
  return TRUE;
}

static gboolean
do_with_contact (OhClient *client, char **words, guint n)
{
  OhAccount *account = find_account (client, words[1]);

  if (!OH_IS_MESSENGER (account))
    return FALSE;
  if (g_str_equal (words[0], "add-contact"))
    oh_messenger_add_contact (OH_MESSENGER (account), words[2], words[3], n > 4 ? words[4] : NULL,
                              NULL);
  else if (g_str_equal (words[0], "remove-contact"))
    oh_messenger_remove_contact (OH_MESSENGER (account), words[2]);
  else if (g_str_equal (words[0], "block") || g_str_equal (words[0], "unblock"))
    oh_messenger_set_blocked (OH_MESSENGER (account), words[2], *words[0] == 'b');
  else if (g_str_equal (words[0], "account-status"))
    return oh_client_set_account_status (client, account, oh_presence_from_word (words[2]),
                                         words[3]);
  else
    return FALSE;
  return TRUE;
}

static gboolean
do_with_account (OhClient *client, char **words)
{
  OhAccount *account = find_account (client, words[1]);

  if (!account)
    return FALSE;
  if (g_str_equal (words[0], "forget-account"))
    oh_client_forget_account_async (client, account, NULL, NULL);
  else if (g_str_equal (words[0], "sign-in-again"))
    oh_account_sign_in (account);
  else if (g_str_equal (words[0], "sign-out"))
    oh_account_sign_out (account);
  else
    return FALSE;
  return TRUE;
}

static void
on_proxy_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean set = oh_client_set_proxy_finish (OH_CLIENT (source), result, &error);

  say ("proxy-set", "message", set ? "" : error->message, NULL);
}

/* ACCOUNT PROXY [PASSWORD] */
static gboolean
set_proxy (OhClient *client, char **words)
{
  OhAccount *account = find_account (client, words[1]);

  if (account)
    oh_client_set_proxy_async (client, account, words[2], words[3], on_proxy_set, NULL);
  return account != NULL;
}

gboolean
do_chat_verb (OhClient *client, char **words)
{
  guint n = g_strv_length (words);

  if (g_str_equal (words[0], "protocols"))
    {
      GListModel *protocols = oh_client_get_protocols (client);

      g_signal_connect (protocols, "items-changed", G_CALLBACK (on_protocols_changed), NULL);
      on_protocols_changed (protocols, 0, 0, 0, NULL);
      return TRUE;
    }
  if (g_str_equal (words[0], "add-im") && n >= 4)
    return add_im (client, words);
  if (g_str_equal (words[0], "proxy") && n >= 3)
    return set_proxy (client, words);
  if (g_str_equal (words[0], "question-answer") && n >= 3)
    return answer (client, words);
  if (g_str_equal (words[0], "status") && n >= 2)
    {
      oh_client_set_status (client, oh_presence_from_word (words[1]), words[2]);
      return TRUE;
    }
  if (g_str_equal (words[0], "set") && n == 3)
    {
      g_object_set (oh_client_get_settings (client), words[1], g_str_equal (words[2], "on"), NULL);
      return TRUE;
    }
  return (n >= 3 && (do_with_chat (client, words, n) || do_with_contact (client, words, n)))
         || (n == 2 && do_with_account (client, words));
}
