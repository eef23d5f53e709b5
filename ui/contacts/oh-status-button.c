/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/contacts/oh-status-button.h"

#include "ui/chat/oh-chat-words.h"
#include "ui/oh-words.h"

#include <glib/gi18n.h>

enum
{
  AVAILABLE,
  AWAY,
  BUSY,
  INVISIBLE,
  N_CHOICES
};

static const OhPresence presences[N_CHOICES] = { OH_PRESENCE_AVAILABLE, OH_PRESENCE_AWAY,
                                                 OH_PRESENCE_BUSY, OH_PRESENCE_INVISIBLE };

struct _OhStatusButton
{
  AdwBin parent;
  GtkWidget *button, *popover, *whose, *state, *same, *available, *away, *busy, *invisible,
      *message;
  OhClient *client;
  GPtrArray *accounts; /* of OhAccount with a status, as the choice has them after "all" */
  guint chosen;        /* whose is shown: 0 that of all, else one after the account's place */
  gboolean showing;    /* the choices follow the settings, not the person */
};

G_DEFINE_FINAL_TYPE (OhStatusButton, oh_status_button, ADW_TYPE_BIN)

static GtkCheckButton *
get_choice (OhStatusButton *self, guint i)
{
  GtkWidget *const choices[N_CHOICES] = { self->available, self->away, self->busy,
                                          self->invisible };

  return GTK_CHECK_BUTTON (choices[i]);
}

/* Whose status is shown; NULL: that of all. */
static OhAccount *
get_account (OhStatusButton *self)
{
  return self->chosen > 0 && self->chosen <= self->accounts->len
             ? self->accounts->pdata[self->chosen - 1]
             : NULL;
}

/* UNKNOWN: the account has none of its own. @message is lent, or NULL. */
static OhPresence
read_status (OhStatusButton *self, const char **message)
{
  OhSettings *settings = oh_client_get_settings (self->client);
  OhAccount *account = get_account (self);

  if (account)
    return oh_client_get_account_status (self->client, account, message);
  *message = oh_settings_get_status_message (settings);
  return oh_presence_from_word (oh_settings_get_status (settings));
}

static void
show_choices (OhStatusButton *self)
{
  OhAccount *account = get_account (self);
  const char *message = NULL;
  OhPresence presence = read_status (self, &message);
  g_autofree char *state = account ? oh_words_account (account) : NULL;

  self->showing = TRUE;
  gtk_widget_set_visible (self->same, account != NULL);
  gtk_widget_set_visible (self->state, account != NULL);
  gtk_label_set_text (GTK_LABEL (self->state), state ? state : "");
  gtk_check_button_set_active (GTK_CHECK_BUTTON (self->same), presence == OH_PRESENCE_UNKNOWN);
  for (guint i = 0; i < N_CHOICES; i++)
    if (presences[i] == presence)
      gtk_check_button_set_active (get_choice (self, i), TRUE);
  gtk_editable_set_text (GTK_EDITABLE (self->message), message ? message : "");
  gtk_widget_set_sensitive (self->message, presence != OH_PRESENCE_UNKNOWN);
  self->showing = FALSE;
}

static void
show_status (OhStatusButton *self)
{
  OhSettings *settings = oh_client_get_settings (self->client);
  OhPresence presence = oh_presence_from_word (oh_settings_get_status (settings));
  g_autofree char *words = g_strdup_printf (_ ("Your status: %s"),
                                            oh_chat_words_presence (presence));

  show_choices (self);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->button),
                                 oh_chat_words_presence_icon (presence));
  gtk_widget_set_tooltip_text (self->button, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  words, -1);
}

static void
apply (OhStatusButton *self)
{
  OhAccount *account = get_account (self);
  const char *old_message = NULL;
  OhPresence old = read_status (self, &old_message);
  g_autofree char *message = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->message)));
  OhPresence presence = old;

  for (guint i = 0; i < N_CHOICES; i++)
    if (gtk_check_button_get_active (get_choice (self, i)))
      presence = presences[i];
  if (account && gtk_check_button_get_active (GTK_CHECK_BUTTON (self->same)))
    presence = OH_PRESENCE_UNKNOWN;
  g_strstrip (message);
  if (presence == old && g_strcmp0 (message, old_message ? old_message : "") == 0)
    return;
  if (account)
    oh_client_set_account_status (self->client, account, presence, *message ? message : NULL);
  else
    oh_client_set_status (self->client, presence, *message ? message : NULL);
  show_choices (self);
}

/* What was typed for the one before is his. */
static void
on_account_chosen (OhStatusButton *self)
{
  if (!self->client || self->showing)
    return;
  apply (self);
  self->chosen = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->whose));
  show_choices (self);
}

static void
on_shown (OhStatusButton *self)
{
  if (self->client)
    show_choices (self);
}

/* The accounts with messages; the choice is there where it is one. */
static void
fill_accounts (OhStatusButton *self)
{
  GListModel *accounts = oh_client_get_accounts (self->client);
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  gtk_string_list_append (names, _ ("All accounts"));
  g_ptr_array_set_size (self->accounts, 0);
  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      if (!OH_IS_MESSENGER (account))
        continue;
      g_ptr_array_add (self->accounts, g_object_ref (account));
      gtk_string_list_append (names, oh_account_get_address (account));
    }
  self->showing = TRUE;
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->whose), G_LIST_MODEL (names));
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->whose), 0);
  self->chosen = 0;
  gtk_widget_set_visible (self->whose, self->accounts->len > 1);
  self->showing = FALSE;
  show_status (self);
}

static void
on_chosen (OhStatusButton *self, GtkCheckButton *choice)
{
  if (self->client && !self->showing && gtk_check_button_get_active (choice))
    apply (self);
}

static void
on_message_activated (OhStatusButton *self)
{
  gtk_menu_button_popdown (GTK_MENU_BUTTON (self->button));
}

static void
on_closed (OhStatusButton *self)
{
  if (self->client)
    apply (self);
}

static void
oh_status_button_dispose (GObject *object)
{
  OhStatusButton *self = OH_STATUS_BUTTON (object);

  g_ptr_array_set_size (self->accounts, 0);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_status_button_parent_class)->dispose (object);
}

static void
oh_status_button_finalize (GObject *object)
{
  g_ptr_array_unref (OH_STATUS_BUTTON (object)->accounts);
  G_OBJECT_CLASS (oh_status_button_parent_class)->finalize (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhStatusButton, name)

static void
oh_status_button_class_init (OhStatusButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_status_button_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_status_button_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/contacts/oh-status-button.ui");
  BIND (button);
  BIND (popover);
  BIND (whose);
  BIND (state);
  BIND (same);
  BIND (available);
  BIND (away);
  BIND (busy);
  BIND (invisible);
  BIND (message);
  gtk_widget_class_bind_template_callback (widget_class, on_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_account_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_message_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_shown);
  gtk_widget_class_bind_template_callback (widget_class, on_closed);
}

static void
oh_status_button_init (OhStatusButton *self)
{
  self->accounts = g_ptr_array_new_with_free_func (g_object_unref);
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
oh_status_button_set_client (OhStatusButton *self, OhClient *client)
{
  static const char *const news[] = { "notify::status", "notify::status-message" };

  g_return_if_fail (OH_IS_STATUS_BUTTON (self) && !self->client);
  self->client = g_object_ref (client);
  for (guint i = 0; i < G_N_ELEMENTS (news); i++)
    g_signal_connect_object (oh_client_get_settings (client), news[i], G_CALLBACK (show_status),
                             self, G_CONNECT_SWAPPED);
  g_signal_connect_object (oh_client_get_accounts (client), "items-changed",
                           G_CALLBACK (fill_accounts), self, G_CONNECT_SWAPPED);
  fill_accounts (self);
}
