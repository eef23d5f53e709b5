/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/contacts/oh-contact-dialog.h"

#include <glib/gi18n.h>

#define MAX_LENGTH 200 /* characters of a name */
#define MAX_GROUPS 40  /* offered to choose from */
#define XMPP "prpl-jabber"

struct _OhContactDialog
{
  AdwWindow parent;
  GtkWidget *apply, *account, *address, *name, *group, *groups, *trouble;
  OhContact *contact;  /* that is changed; NULL: one is added */
  GPtrArray *accounts; /* of OhMessenger, in the order of the choice */
};

static guint done_signal;

G_DEFINE_FINAL_TYPE (OhContactDialog, oh_contact_dialog, ADW_TYPE_WINDOW)

/* Transfer full, without blanks around it. */
static char *
dup_address (OhContactDialog *self)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->address))));
}

/* The same of a name, not longer than one is. */
static char *
dup_name (GtkWidget *entry)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (entry));

  return g_strstrip (g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), MAX_LENGTH)));
}

static OhMessenger *
get_account (OhContactDialog *self)
{
  guint selected = adw_combo_row_get_selected (ADW_COMBO_ROW (self->account));

  return selected < self->accounts->len ? self->accounts->pdata[selected] : NULL;
}

/* --- What is wrong --- */

static void
show_trouble (OhContactDialog *self, const char *words)
{
  gtk_label_set_text (GTK_LABEL (self->trouble), words ? words : "");
  gtk_widget_set_visible (self->trouble, words != NULL);
}

static const char *
words_of_bad_address (OhMessenger *account)
{
  if (g_strcmp0 (oh_account_get_protocol (OH_ACCOUNT (account)), XMPP) == 0)
    return _ ("This is not a whole address. It looks like name@example.org.");
  return _ ("This can’t be an address of that service. There must be no blank or comma in it.");
}

/* Why nobody can be added so, in words; or NULL. Transfer full. */
static char *
find_trouble (OhMessenger *account, const char *typed)
{
  g_autofree char *address = oh_messenger_normalize (account, typed);
  g_autofree char *own = oh_messenger_normalize (account,
                                                 oh_account_get_address (OH_ACCOUNT (account)));
  OhContact *contact;

  if (!oh_messenger_check_address (account, typed))
    return g_strdup (words_of_bad_address (account));
  if (g_str_equal (address, own))
    return g_strdup (_ ("This is your own address."));
  contact = oh_messenger_find_contact (account, address);
  if (contact)
    return g_strdup_printf (_ ("%s is on your list already."), oh_contact_get_name (contact));
  if (oh_account_get_state (OH_ACCOUNT (account)) != OH_ACCOUNT_ONLINE)
    return g_strdup (_ ("You are not connected now. Try again when you are."));
  return NULL;
}

/* --- Buttons --- */

static void
on_changed (OhContactDialog *self)
{
  g_autofree char *address = dup_address (self);

  show_trouble (self, NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "contact-dialog.apply",
                                 self->contact || (*address && get_account (self)));
}

static void
finish (OhContactDialog *self, const char *words)
{
  g_signal_emit (self, done_signal, 0, words);
  gtk_window_close (GTK_WINDOW (self));
}

static void
add (OhContactDialog *self)
{
  OhMessenger *account = get_account (self);
  g_autofree char *typed = dup_address (self);
  g_autofree char *name = dup_name (self->name);
  g_autofree char *group = dup_name (self->group);
  g_autofree char *address = account ? oh_messenger_normalize (account, typed) : NULL;
  g_autofree char *trouble = account ? find_trouble (account, typed) : NULL;
  g_autofree char *words = NULL;

  if (!account)
    return;
  if (trouble)
    {
      show_trouble (self, trouble);
      gtk_widget_grab_focus (self->address);
      return;
    }
  oh_messenger_add_contact (account, address, *name ? name : NULL, *group ? group : NULL, NULL);
  words = g_strdup_printf (_ ("%s was added to your list"), *name ? name : address);
  finish (self, words);
}

static void
change (OhContactDialog *self)
{
  OhAccount *account = oh_contact_get_account (self->contact);
  g_autofree char *name = dup_name (self->name);
  g_autofree char *group = dup_name (self->group);

  if (!account || oh_account_get_state (account) != OH_ACCOUNT_ONLINE)
    {
      show_trouble (self, _ ("You are not connected now. Try again when you are."));
      return;
    }
  oh_messenger_add_contact (OH_MESSENGER (account), oh_contact_get_address (self->contact), name,
                            group, NULL);
  finish (self, NULL);
}

static void
on_apply_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhContactDialog *self = OH_CONTACT_DIALOG (widget);

  if (self->contact)
    change (self);
  else
    add (self);
}

static void
on_group_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhContactDialog *self = OH_CONTACT_DIALOG (widget);

  gtk_editable_set_text (GTK_EDITABLE (self->group), g_variant_get_string (parameter, NULL));
}

/* --- What can be chosen from --- */

static void
collect_groups (OhMessenger *account, GHashTable *names)
{
  GListModel *contacts = oh_messenger_get_contacts (account);

  for (guint i = 0; i < g_list_model_get_n_items (contacts); i++)
    {
      g_autoptr (OhContact) contact = g_list_model_get_item (contacts, i);
      const char *group = oh_contact_get_group (contact);

      if (*group && g_hash_table_size (names) < MAX_GROUPS)
        g_hash_table_add (names, g_strdup (group));
    }
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_utf8_collate (a, b);
}

static void
offer_groups (OhContactDialog *self)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GMenu) menu = g_menu_new ();
  GList *sorted;

  for (guint i = 0; i < self->accounts->len; i++)
    collect_groups (self->accounts->pdata[i], names);
  sorted = g_list_sort (g_hash_table_get_keys (names), compare_names);
  for (GList *name = sorted; name; name = name->next)
    {
      g_autoptr (GMenuItem) item = g_menu_item_new (NULL, NULL);
      g_autoptr (GString) label = g_string_new (name->data);

      g_string_replace (label, "_", "__", 0); /* it is no mnemonic */
      g_menu_item_set_label (item, label->str);
      g_menu_item_set_action_and_target (item, "contact-dialog.group", "s", name->data);
      g_menu_append_item (menu, item);
    }
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->groups), G_MENU_MODEL (menu));
  gtk_widget_set_visible (self->groups, sorted != NULL);
  g_list_free (sorted);
}

/* @only: that one, or NULL: all that are connected. */
static void
offer_accounts (OhContactDialog *self, OhClient *client, OhAccount *only)
{
  GListModel *accounts = oh_client_get_accounts (client);
  g_autoptr (GtkStringList) addresses = gtk_string_list_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      if (!OH_IS_MESSENGER (account) || (only && account != only)
          || (!only && oh_account_get_state (account) != OH_ACCOUNT_ONLINE))
        continue;
      g_ptr_array_add (self->accounts, g_object_ref (account));
      gtk_string_list_append (addresses, oh_account_get_address (account));
    }
  adw_combo_row_set_model (ADW_COMBO_ROW (self->account), G_LIST_MODEL (addresses));
  gtk_widget_set_visible (self->account, self->accounts->len > 1);
}

/* --- The object --- */

static void
oh_contact_dialog_dispose (GObject *object)
{
  OhContactDialog *self = OH_CONTACT_DIALOG (object);

  g_clear_object (&self->contact);
  g_ptr_array_set_size (self->accounts, 0);
  G_OBJECT_CLASS (oh_contact_dialog_parent_class)->dispose (object);
}

static void
oh_contact_dialog_finalize (GObject *object)
{
  g_ptr_array_unref (OH_CONTACT_DIALOG (object)->accounts);
  G_OBJECT_CLASS (oh_contact_dialog_parent_class)->finalize (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhContactDialog, name)

static void
oh_contact_dialog_class_init (OhContactDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_contact_dialog_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_contact_dialog_finalize;
  done_signal = g_signal_new ("done", OH_TYPE_CONTACT_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                              NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_DIALOG);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/org/offhook/Offhook/contacts/oh-contact-dialog.ui");
  BIND (apply);
  BIND (account);
  BIND (address);
  BIND (name);
  BIND (group);
  BIND (groups);
  BIND (trouble);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
  gtk_widget_class_install_action (widget_class, "contact-dialog.apply", NULL, on_apply_activated);
  gtk_widget_class_install_action (widget_class, "contact-dialog.group", "s", on_group_activated);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
oh_contact_dialog_init (OhContactDialog *self)
{
  self->accounts = g_ptr_array_new_with_free_func (g_object_unref);
  gtk_widget_init_template (GTK_WIDGET (self));
}

static OhContactDialog *
new_dialog (GtkWindow *parent, OhClient *client, OhAccount *account)
{
  OhContactDialog *self = g_object_new (OH_TYPE_CONTACT_DIALOG, "transient-for", parent, NULL);

  offer_accounts (self, client, account);
  offer_groups (self);
  return self;
}

GtkWidget *
oh_contact_dialog_new_add (GtkWindow *parent,
                           OhClient *client,
                           OhAccount *account,
                           const char *address)
{
  OhContactDialog *self = new_dialog (parent, client, account);

  gtk_window_set_title (GTK_WINDOW (self), _ ("Add a Contact"));
  gtk_button_set_label (GTK_BUTTON (self->apply), _ ("Add"));
  gtk_editable_set_text (GTK_EDITABLE (self->address), address ? address : "");
  gtk_widget_set_sensitive (self->address, !address);
  gtk_window_set_focus (GTK_WINDOW (self), address ? self->name : self->address);
  on_changed (self);
  return GTK_WIDGET (self);
}

GtkWidget *
oh_contact_dialog_new_edit (GtkWindow *parent, OhClient *client, OhContact *contact)
{
  OhContactDialog *self = new_dialog (parent, client, oh_contact_get_account (contact));
  const char *name = oh_contact_get_name (contact);
  const char *address = oh_contact_get_address (contact);

  self->contact = g_object_ref (contact);
  gtk_window_set_title (GTK_WINDOW (self), _ ("Change the Contact"));
  gtk_button_set_label (GTK_BUTTON (self->apply), _ ("Save"));
  gtk_editable_set_text (GTK_EDITABLE (self->address), address);
  gtk_widget_set_sensitive (self->address, FALSE);
  gtk_editable_set_text (GTK_EDITABLE (self->name), g_str_equal (name, address) ? "" : name);
  gtk_editable_set_text (GTK_EDITABLE (self->group), oh_contact_get_group (contact));
  gtk_window_set_focus (GTK_WINDOW (self), self->name);
  on_changed (self);
  return GTK_WIDGET (self);
}
