/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/contacts/oh-contact-menu.h"

#include "ui/contacts/oh-contact-dialog.h"

#include <glib/gi18n.h>

struct _OhContactMenu
{
  GObject parent;
  GtkWidget *owner; /* weak */
  OhClient *client;
  GMenu *sections; /* what can be done */
  GMenu *whole;    /* the same after 'write a message' */
  GMenu *writing;
  GSimpleActionGroup *actions;
  OhAccount *account; /* of whom it is about, or NULL: of nobody */
  OhContact *contact; /* or NULL: a stranger */
  char *address;
  char *name;
};

static guint message_signal;

G_DEFINE_FINAL_TYPE (OhContactMenu, oh_contact_menu, G_TYPE_OBJECT)

static gboolean
is_blocked (OhContactMenu *self)
{
  return self->account && oh_messenger_is_blocked (OH_MESSENGER (self->account), self->address);
}

/* --- What is in it --- */

static void
enable (OhContactMenu *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self->actions), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
update_actions (OhContactMenu *self)
{
  gboolean online = self->account && oh_account_get_state (self->account) == OH_ACCOUNT_ONLINE;
  gboolean blocking = online
                      && (oh_account_get_features (self->account) & OH_ACCOUNT_BLOCKING) != 0;

  enable (self, "write", self->account != NULL);
  enable (self, "add", online && !self->contact);
  enable (self, "edit", online && self->contact);
  enable (self, "remove", online && self->contact);
  enable (self, "block", blocking && !is_blocked (self));
  enable (self, "unblock", blocking && is_blocked (self));
}

static void
update_menu (OhContactMenu *self)
{
  g_autoptr (GMenu) list = g_menu_new ();
  g_autoptr (GMenu) block = g_menu_new ();

  g_menu_remove_all (self->sections);
  if (!self->account)
    return;
  if (self->contact)
    {
      g_menu_append (list, _ ("_Name and Group…"), "contact.edit");
      g_menu_append (list, _ ("_Remove…"), "contact.remove");
    }
  else
    g_menu_append (list, _ ("_Add to Contacts…"), "contact.add");
  if (is_blocked (self))
    g_menu_append (block, _ ("Un_block"), "contact.unblock");
  else
    g_menu_append (block, _ ("_Block"), "contact.block");
  g_menu_append_section (self->sections, NULL, G_MENU_MODEL (list));
  g_menu_append_section (self->sections, NULL, G_MENU_MODEL (block));
}

static void
update (OhContactMenu *self)
{
  update_actions (self);
  update_menu (self);
}

static void
on_blocked (OhMessenger *messenger, const char *address, gboolean blocked, OhContactMenu *self)
{
  if (g_str_equal (address, self->address))
    update (self);
}

static void
forget_item (OhContactMenu *self)
{
  if (self->account)
    g_signal_handlers_disconnect_by_data (self->account, self);
  g_clear_object (&self->account);
  g_clear_object (&self->contact);
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->name, g_free);
}

void
oh_contact_menu_set_item (OhContactMenu *self, GObject *item)
{
  OhChat *chat = OH_IS_CHAT (item) ? OH_CHAT (item) : NULL;
  OhContact *contact = chat                   ? oh_chat_get_contact (chat)
                       : OH_IS_CONTACT (item) ? OH_CONTACT (item)
                                              : NULL;
  OhAccount *account = chat ? oh_chat_get_account (chat)
                            : (contact ? oh_contact_get_account (contact) : NULL);

  g_return_if_fail (OH_IS_CONTACT_MENU (self));
  forget_item (self);
  if (account)
    {
      self->account = g_object_ref (account);
      g_set_object (&self->contact, contact);
      self->address = g_strdup (contact ? oh_contact_get_address (contact)
                                        : oh_chat_get_address (chat));
      self->name = g_strdup (contact ? oh_contact_get_name (contact) : oh_chat_get_name (chat));
      g_signal_connect_object (account, "notify::state", G_CALLBACK (update_actions), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (account, "blocked", G_CALLBACK (on_blocked), self, 0);
    }
  update (self);
}

/* --- What is done --- */

static GtkWindow *
get_window (OhContactMenu *self)
{
  GtkRoot *root = self->owner ? gtk_widget_get_root (self->owner) : NULL;

  return GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL;
}

static void
say (OhContactMenu *self, const char *words)
{
  g_autoptr (AdwToast) toast = g_object_ref_sink (adw_toast_new (words));

  adw_toast_set_timeout (toast, 3);
  g_signal_emit (self, message_signal, 0, toast);
}

/* A toast's title is markup. */
static void
say_of_person (OhContactMenu *self, const char *format)
{
  g_autofree char *name = g_markup_escape_text (self->name, -1);
  g_autoptr (GString) words = g_string_new (format);

  g_string_replace (words, "%s", name, 1);
  say (self, words->str);
}

static void
on_done (OhContactDialog *dialog, const char *words, OhContactMenu *self)
{
  g_autofree char *escaped = words ? g_markup_escape_text (words, -1) : NULL;

  if (words)
    say (self, escaped);
}

static void
present (OhContactMenu *self, GtkWidget *dialog)
{
  g_signal_connect_object (dialog, "done", G_CALLBACK (on_done), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
on_write_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhContactMenu *self = data;

  gtk_widget_activate_action (self->owner, "app.chat", "(ss)", oh_account_get_id (self->account),
                              self->address);
}

static gboolean
is_connected (OhContactMenu *self)
{
  GListModel *accounts = oh_client_get_accounts (self->client);

  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      if (OH_IS_MESSENGER (account) && oh_account_get_state (account) == OH_ACCOUNT_ONLINE)
        return TRUE;
    }
  return FALSE;
}

static void
on_new_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhContactMenu *self = data;

  if (!is_connected (self))
    {
      say (self, _ ("You are not connected now. Try again when you are."));
      return;
    }
  present (self, oh_contact_dialog_new_add (get_window (self), self->client, NULL, NULL));
}

static void
on_add_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhContactMenu *self = data;

  present (self, oh_contact_dialog_new_add (get_window (self), self->client, self->account,
                                            self->address));
}

static void
on_edit_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhContactMenu *self = data;

  present (self, oh_contact_dialog_new_edit (get_window (self), self->client, self->contact));
}

static void
set_blocked (OhContactMenu *self, gboolean blocked)
{
  oh_messenger_set_blocked (OH_MESSENGER (self->account), self->address, blocked);
}

static void
on_block_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  set_blocked (data, TRUE);
  if (is_blocked (data))
    /* Translators: %s is a person. */
    say_of_person (data, _ ("%s is blocked now"));
  else
    /* Translators: %s is a person. */
    say_of_person (data, _ ("%s is not blocked: too many people are. Unblock somebody first."));
}

static void
on_unblock_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  set_blocked (data, FALSE);
  /* Translators: %s is a person. */
  say_of_person (data, _ ("%s is not blocked any more"));
}

static void
on_remove_answered (AdwMessageDialog *dialog, const char *response, OhContactMenu *self)
{
  OhContact *contact = g_object_get_data (G_OBJECT (dialog), "contact");
  OhAccount *account = oh_contact_get_account (contact);

  if (g_strcmp0 (response, "remove") == 0 && account)
    oh_messenger_remove_contact (OH_MESSENGER (account), oh_contact_get_address (contact));
}

static void
on_remove_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhContactMenu *self = data;
  GtkWidget *dialog = adw_message_dialog_new (
      get_window (self), NULL,
      _ ("You will not see any more when they are there. What you wrote each other stays."));

  /* Translators: %s is a person. */
  adw_message_dialog_format_heading (ADW_MESSAGE_DIALOG (dialog), _ ("Remove %s from your list?"),
                                     self->name);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "remove",
                                    _ ("_Remove"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "remove",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "contact", g_object_ref (self->contact),
                          g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_remove_answered), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* --- The popover --- */

static gboolean
on_idle_unparent (gpointer popover)
{
  if (gtk_widget_get_parent (popover))
    gtk_widget_unparent (popover);
  return G_SOURCE_REMOVE;
}

/* The action that was chosen is carried out after the popover has closed. */
static void
on_closed (GtkWidget *popover)
{
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, on_idle_unparent, g_object_ref (popover),
                   g_object_unref);
}

void
oh_contact_menu_popup (OhContactMenu *self, GtkWidget *widget, double x, double y)
{
  GtkWidget *popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (self->whole));
  GdkRectangle place = { (int)x, (int)y, 1, 1 };

  if (!self->account)
    {
      g_object_ref_sink (popover);
      g_object_unref (popover);
      return;
    }
  gtk_widget_set_parent (popover, widget);
  gtk_popover_set_has_arrow (GTK_POPOVER (popover), x < 0);
  if (x >= 0)
    {
      gtk_popover_set_pointing_to (GTK_POPOVER (popover), &place);
      gtk_widget_set_halign (popover, GTK_ALIGN_START);
    }
  g_signal_connect (popover, "closed", G_CALLBACK (on_closed), NULL);
  gtk_popover_popup (GTK_POPOVER (popover));
}

GMenuModel *
oh_contact_menu_get_model (OhContactMenu *self, gboolean writing)
{
  return G_MENU_MODEL (writing ? self->whole : self->sections);
}

/* --- The object --- */

static void
dispose (GObject *object)
{
  OhContactMenu *self = OH_CONTACT_MENU (object);

  forget_item (self);
  if (self->owner)
    gtk_widget_insert_action_group (self->owner, "contact", NULL);
  g_clear_weak_pointer (&self->owner);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_contact_menu_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhContactMenu *self = OH_CONTACT_MENU (object);

  g_object_unref (self->sections);
  g_object_unref (self->whole);
  g_object_unref (self->writing);
  g_object_unref (self->actions);
  G_OBJECT_CLASS (oh_contact_menu_parent_class)->finalize (object);
}

static void
oh_contact_menu_class_init (OhContactMenuClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  message_signal = g_signal_new ("message", OH_TYPE_CONTACT_MENU, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, ADW_TYPE_TOAST);
}

static void
oh_contact_menu_init (OhContactMenu *self)
{
  static const GActionEntry entries[] = {
    { .name = "write", .activate = on_write_activated },
    { .name = "new", .activate = on_new_activated },
    { .name = "add", .activate = on_add_activated },
    { .name = "edit", .activate = on_edit_activated },
    { .name = "remove", .activate = on_remove_activated },
    { .name = "block", .activate = on_block_activated },
    { .name = "unblock", .activate = on_unblock_activated },
  };

  self->sections = g_menu_new ();
  self->whole = g_menu_new ();
  self->writing = g_menu_new ();
  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries),
                                   self);
  g_menu_append (self->writing, _ ("_Write a Message"), "contact.write");
  g_menu_append_section (self->whole, NULL, G_MENU_MODEL (self->writing));
  g_menu_append_section (self->whole, NULL, G_MENU_MODEL (self->sections));
}

void
oh_contact_menu_set_client (OhContactMenu *self, OhClient *client)
{
  g_set_object (&self->client, client);
}

OhContactMenu *
oh_contact_menu_new (GtkWidget *owner)
{
  OhContactMenu *self = g_object_new (OH_TYPE_CONTACT_MENU, NULL);

  g_set_weak_pointer (&self->owner, owner);
  gtk_widget_insert_action_group (owner, "contact", G_ACTION_GROUP (self->actions));
  update (self);
  return self;
}
