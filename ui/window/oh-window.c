/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/window/oh-window.h"

#include "ui/chat/oh-question-bar.h"
#include "ui/contacts/oh-contacts-page.h"
#include "ui/oh-words.h"
#include "ui/widgets/oh-reveal.h"
#include "ui/window/oh-account-bar.h"
#include "ui/window/oh-dial-page.h"
#include "ui/window/oh-history-page.h"

#include <glib/gi18n.h>

struct _OhWindow
{
  AdwApplicationWindow parent;
  GtkWidget *call_bar, *call_button, *call_person, *call_state, *account_bars;
  GtkWidget *toasts, *stack, *history, *dial, *contacts, *questions;
  AdwViewStackPage *history_page, *contacts_page;

  OhClient *client;
  guint timer; /* seconds of the call */
};

G_DEFINE_FINAL_TYPE (OhWindow, oh_window, ADW_TYPE_APPLICATION_WINDOW)

/* --- The call that is on --- */

static gboolean
show_call (OhWindow *self)
{
  OhCall *call = oh_client_get_active_call (self->client);
  gboolean shown = call && oh_call_get_state (call) != OH_CALL_ENDED;
  if (shown)
    {
      g_autofree char *person = oh_words_person (oh_call_get_name (call), oh_call_get_number (call),
                                                 oh_call_is_withheld (call));
      g_autofree char *state = oh_words_call (call);
      g_autofree char *words = g_strdup_printf ("%s · %s", person, state);
      g_autofree char *dotted = g_strconcat ("· ", state, NULL);
      gtk_label_set_text (GTK_LABEL (self->call_person), person);
      gtk_label_set_text (GTK_LABEL (self->call_state), dotted);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->call_button),
                                      GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
    }
  oh_reveal (self->call_bar, shown);
  return shown;
}

static gboolean
on_second (gpointer data)
{
  OhWindow *self = data;

  if (show_call (self))
    return G_SOURCE_CONTINUE;
  self->timer = 0;
  return G_SOURCE_REMOVE;
}

/* Shows the call, and goes on each second while there is one. */
static void
update_call (OhWindow *self)
{
  if (show_call (self) && !self->timer)
    self->timer = g_timeout_add_seconds (1, on_second, self);
}

/* --- Accounts --- */

static void
add_account_bar (OhWindow *self, OhAccount *account, gboolean named)
{
  gtk_box_append (GTK_BOX (self->account_bars), oh_account_bar_new (self->client, account, named));
}

static void
fill_account_bars (OhWindow *self)
{
  GListModel *accounts = oh_client_get_accounts (self->client);
  guint count = g_list_model_get_n_items (accounts);

  for (GtkWidget *bar; (bar = gtk_widget_get_first_child (self->account_bars));)
    gtk_box_remove (GTK_BOX (self->account_bars), bar);
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      add_account_bar (self, account, count > 1);
    }
  if (!oh_client_has_accounts (self->client))
    add_account_bar (self, NULL, FALSE);
}

/* Who has no account with messages has nothing to look for on the contacts' page. */
static void
show_contacts_page (OhWindow *self)
{
  GListModel *accounts = oh_client_get_accounts (self->client);
  AdwViewStack *stack = ADW_VIEW_STACK (self->stack);
  gboolean shown = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      shown |= (oh_account_get_features (account) & OH_ACCOUNT_CHATS) != 0;
    }
  if (!shown && g_strcmp0 (adw_view_stack_get_visible_child_name (stack), "contacts") == 0)
    adw_view_stack_set_visible_child_name (stack, "history");
  adw_view_stack_page_set_visible (self->contacts_page, shown);
}

static void
on_accounts_changed (OhWindow *self, guint position, guint removed, guint added)
{
  GListModel *accounts = oh_client_get_accounts (self->client);
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);
      g_signal_connect_object (account, "notify::features", G_CALLBACK (show_contacts_page), self,
                               G_CONNECT_SWAPPED);
    }
  show_contacts_page (self);
  fill_account_bars (self);
}

/* --- Badge --- */

static void
show_badge (OhWindow *self)
{
  OhHistory *history = oh_client_get_history (self->client);
  guint missed = oh_history_get_missed (history);
  guint messages = oh_client_get_new_voicemails (self->client);
  const char *page = adw_view_stack_get_visible_child_name (ADW_VIEW_STACK (self->stack));

  if (missed && gtk_window_is_active (GTK_WINDOW (self)) && g_strcmp0 (page, "history") == 0)
    {
      oh_history_mark_seen (history);
      missed = 0;
    }
  adw_view_stack_page_set_badge_number (self->history_page, missed + messages);
  adw_view_stack_page_set_needs_attention (self->history_page, missed + messages > 0);
}

static void
show_unread (OhWindow *self)
{
  guint unread = oh_chats_get_unread (oh_client_get_chats (self->client));

  adw_view_stack_page_set_badge_number (self->contacts_page, unread);
  adw_view_stack_page_set_needs_attention (self->contacts_page, unread > 0);
}

static void
on_page_changed (OhWindow *self)
{
  if (self->client)
    show_badge (self);
}

static void
on_message (GtkWidget *page, AdwToast *toast, OhWindow *self)
{
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), g_object_ref (toast));
}

static gboolean
oh_window_close_request (GtkWindow *window)
{
  OhWindow *self = OH_WINDOW (window);
  gboolean background;

  g_object_get (oh_client_get_settings (self->client), "run-in-background", &background, NULL);
  if (background)
    gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  else
    g_action_group_activate_action (G_ACTION_GROUP (g_application_get_default ()), "quit", NULL);
  return TRUE;
}

static void
oh_window_dispose (GObject *object)
{
  OhWindow *self = OH_WINDOW (object);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_window_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhWindow, name)

static void
oh_window_class_init (OhWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = oh_window_close_request;
  g_type_ensure (OH_TYPE_HISTORY_PAGE);
  g_type_ensure (OH_TYPE_DIAL_PAGE);
  g_type_ensure (OH_TYPE_CONTACTS_PAGE);
  g_type_ensure (OH_TYPE_QUESTION_BAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/window/oh-window.ui");
  BIND (call_bar);
  BIND (call_button);
  BIND (call_person);
  BIND (call_state);
  BIND (account_bars);
  BIND (toasts);
  BIND (stack);
  BIND (history);
  BIND (history_page);
  BIND (dial);
  BIND (contacts);
  BIND (contacts_page);
  BIND (questions);
  gtk_widget_class_bind_template_callback (widget_class, on_page_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_message);
}

static void
oh_window_init (OhWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

OhWindow *
oh_window_new (GtkApplication *application, OhClient *client)
{
  OhWindow *self = g_object_new (OH_TYPE_WINDOW, "application", application, NULL);
  GListModel *accounts = oh_client_get_accounts (client);

  self->client = g_object_ref (client);
  oh_history_page_set_client (OH_HISTORY_PAGE (self->history), client);
  oh_dial_page_set_client (OH_DIAL_PAGE (self->dial), client);
  oh_question_bar_set_client (OH_QUESTION_BAR (self->questions), client);
  oh_contacts_page_set_client (OH_CONTACTS_PAGE (self->contacts), client);
  g_object_bind_property (oh_client_get_settings (client), "window-width", self, "default-width",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_object_bind_property (oh_client_get_settings (client), "window-height", self, "default-height",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_object_bind_property (oh_client_get_settings (client), "window-maximized", self, "maximized",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_signal_connect_object (client, "notify::active-call", G_CALLBACK (update_call), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::new-voicemails", G_CALLBACK (show_badge), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (oh_client_get_history (client), "notify::missed",
                           G_CALLBACK (show_badge), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (oh_client_get_chats (client), "notify::unread", G_CALLBACK (show_unread),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::is-active", G_CALLBACK (show_badge), NULL);
  g_signal_connect_object (accounts, "items-changed", G_CALLBACK (on_accounts_changed), self,
                           G_CONNECT_SWAPPED);
  on_accounts_changed (self, 0, 0, g_list_model_get_n_items (accounts));
  update_call (self);
  show_badge (self);
  show_unread (self);
  return self;
}

void
oh_window_show_dial_pad (OhWindow *self, const char *target)
{
  adw_view_stack_set_visible_child_name (ADW_VIEW_STACK (self->stack), "dial");
  oh_dial_page_start (OH_DIAL_PAGE (self->dial), target);
}

void
oh_window_show_history (OhWindow *self)
{
  adw_view_stack_set_visible_child_name (ADW_VIEW_STACK (self->stack), "history");
}

void
oh_window_show_contacts (OhWindow *self)
{
  if (!adw_view_stack_page_get_visible (self->contacts_page))
    return;
  adw_view_stack_set_visible_child_name (ADW_VIEW_STACK (self->stack), "contacts");
  oh_contacts_page_start_search (OH_CONTACTS_PAGE (self->contacts));
}

void
oh_window_start_search (OhWindow *self)
{
  if (g_strcmp0 (adw_view_stack_get_visible_child_name (ADW_VIEW_STACK (self->stack)), "contacts")
      == 0)
    {
      oh_contacts_page_start_search (OH_CONTACTS_PAGE (self->contacts));
      return;
    }
  oh_window_show_history (self);
  oh_history_page_start_search (OH_HISTORY_PAGE (self->history));
}

void
oh_window_say (OhWindow *self, const char *words)
{
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), adw_toast_new (words));
}
