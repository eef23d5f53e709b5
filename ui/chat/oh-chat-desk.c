/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-chat-desk.h"

#include "ui/chat/oh-chat-window.h"
#include "ui/chat/oh-chat-words.h"
#include "ui/chat/oh-question-words.h"
#include "ui/window/oh-window.h"

#include <glib/gi18n.h>

#define MAX_TOLD 300 /* characters of a message in a notification */

struct _OhChatDesk
{
  GObject parent;
  GtkApplication *application;
  OhClient *client;
};

G_DEFINE_FINAL_TYPE (OhChatDesk, oh_chat_desk, G_TYPE_OBJECT)

static OhChatWindow *
find_window (OhChatDesk *self, OhChat *chat)
{
  for (GList *item = gtk_application_get_windows (self->application); item; item = item->next)
    if (OH_IS_CHAT_WINDOW (item->data)
        && oh_chat_window_get_chat (OH_CHAT_WINDOW (item->data)) == chat)
      return OH_CHAT_WINDOW (item->data);
  return NULL;
}

static OhAccount *
find_account (OhChatDesk *self, const char *id)
{
  GListModel *accounts = oh_client_get_accounts (self->client);

  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      if (OH_IS_MESSENGER (account) && g_strcmp0 (oh_account_get_id (account), id) == 0)
        return account; /* borrowed: the list keeps it */
    }
  return NULL;
}

/* The window of that chat, which is begun if need be; NULL: there is no such account. */
static OhChatWindow *
present_chat (OhChatDesk *self, const char *id, const char *address)
{
  OhChats *chats = oh_client_get_chats (self->client);
  OhAccount *account;
  OhChat *chat;
  OhChatWindow *window;

  chat = oh_chats_find (chats, id, address);
  account = chat ? NULL : find_account (self, id);
  if (account && *address)
    chat = oh_chats_open (chats, account, address);
  if (!chat)
    return NULL;
  window = find_window (self, chat);
  if (!window)
    window = oh_chat_window_new (self->application, self->client, chat);
  gtk_window_present (GTK_WINDOW (window));
  return window;
}

static void
on_chat_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *id, *address;

  g_variant_get (parameter, "(&s&s)", &id, &address);
  present_chat (data, id, address);
}

/* At one of its messages. */
static void
on_chat_at_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *id, *address;
  guint number;
  OhChatWindow *window;

  g_variant_get (parameter, "(&s&su)", &id, &address, &number);
  window = present_chat (data, id, address);
  if (window)
    oh_chat_window_show_message (window, number);
}

/* --- Notifications --- */

static char *
name_notification (OhChat *chat)
{
  return g_strconcat ("chat ", oh_chat_get_account_id (chat), " ", oh_chat_get_address (chat),
                      NULL);
}

static void
on_unread_changed (OhChat *chat, GParamSpec *spec, OhChatDesk *self)
{
  g_autofree char *id = name_notification (chat);

  if (oh_chat_get_unread (chat) > 0)
    return;
  g_application_withdraw_notification (G_APPLICATION (self->application), id);
  g_signal_handlers_disconnect_by_func (chat, on_unread_changed, self);
}

/* The beginning of @text. Some desktops take what lies in angle brackets for markup, and some do not, so
 * that it can't be escaped: the brackets are changed. */
static char *
make_body (const char *text)
{
  g_autofree char *begin = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), MAX_TOLD));
  g_autoptr (GString) body = g_string_new (begin);

  g_string_replace (body, "<", "‹", 0);
  g_string_replace (body, ">", "›", 0);
  return g_string_free (g_steal_pointer (&body), FALSE);
}

static void
on_incoming (OhChatDesk *self, OhChat *chat, OhChatMessage *message)
{
  OhChatWindow *window = find_window (self, chat);
  g_autofree char *id = name_notification (chat);
  g_autofree char *text = oh_chat_words_text (chat, message);
  g_autofree char *body = make_body (text);
  g_autoptr (GNotification) notification = NULL;

  if (oh_chat_message_is_automatic (message)
      || (window && gtk_window_is_active (GTK_WINDOW (window))))
    return;
  /* Translators: title of a notification; %s is who wrote. */
  g_autofree char *title = g_strdup_printf (_ ("Message from %s"), oh_chat_get_name (chat));
  notification = g_notification_new (title);
  g_notification_set_body (notification, body);
  g_notification_set_default_action_and_target (
      notification, "app.chat", "(ss)", oh_chat_get_account_id (chat), oh_chat_get_address (chat));
  g_application_send_notification (G_APPLICATION (self->application), id, notification);
  g_signal_handlers_disconnect_by_func (chat, on_unread_changed, self);
  g_signal_connect_object (chat, "notify::unread", G_CALLBACK (on_unread_changed), self, 0);
}

/* The window with the questions is the main one, which the notification brings up. */
static void
on_questions_changed (OhChatDesk *self, guint position, guint removed, guint added)
{
  GListModel *questions = oh_client_get_questions (self->client);
  GtkWindow *active = gtk_application_get_active_window (self->application);

  if (g_list_model_get_n_items (questions) == 0)
    g_application_withdraw_notification (G_APPLICATION (self->application), "question");
  if (added == 0 || (OH_IS_WINDOW (active) && gtk_window_is_active (active)))
    return;
  g_autoptr (OhQuestion) question = g_list_model_get_item (questions, position);
  g_autofree char *title = oh_question_words_title (question);
  g_autoptr (GNotification) notification = g_notification_new (title);
  g_application_send_notification (G_APPLICATION (self->application), "question", notification);
}

static void
oh_chat_desk_dispose (GObject *object)
{
  g_clear_object (&OH_CHAT_DESK (object)->client);
  G_OBJECT_CLASS (oh_chat_desk_parent_class)->dispose (object);
}

static void
oh_chat_desk_class_init (OhChatDeskClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_chat_desk_dispose;
}

static void
oh_chat_desk_init (OhChatDesk *self)
{
}

OhChatDesk *
oh_chat_desk_new (GtkApplication *application, OhClient *client)
{
  static const GActionEntry actions[] = {
    { .name = "chat", .activate = on_chat_activated, .parameter_type = "(ss)" },
    { .name = "chat-at", .activate = on_chat_at_activated, .parameter_type = "(ssu)" },
  };
  OhChatDesk *self = g_object_new (OH_TYPE_CHAT_DESK, NULL);

  self->application = application;
  self->client = g_object_ref (client);
  g_action_map_add_action_entries (G_ACTION_MAP (application), actions, G_N_ELEMENTS (actions),
                                   self);
  g_signal_connect_object (oh_client_get_chats (client), "incoming", G_CALLBACK (on_incoming), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (oh_client_get_questions (client), "items-changed",
                           G_CALLBACK (on_questions_changed), self, G_CONNECT_SWAPPED);
  return self;
}
