/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/settings/oh-account-row.h"

#include "ui/oh-words.h"
#include "ui/settings/oh-im-page.h"
#include "ui/settings/oh-proxy-row.h"
#include "ui/settings/oh-rules-page.h"

#include <glib/gi18n.h>

struct _OhAccountRow
{
  AdwExpanderRow parent;
  GtkWidget *connect, *server, *im, *rules, *talk, *proxy;
  OhClient *client;
  OhAccount *account;
  GPtrArray *devices; /* rows of the account's other devices, as last known; borrowed */
  GtkWidget *note;    /* the row that stands for the list where it is empty or can't be had */
};

G_DEFINE_FINAL_TYPE (OhAccountRow, oh_account_row, ADW_TYPE_EXPANDER_ROW)

/* Else it is for messages alone, and has neither devices nor rules. */
static gboolean
takes_calls (OhAccount *account)
{
  return (oh_account_get_features (account) & OH_ACCOUNT_CALLS) != 0;
}

static gboolean
is_connected (OhAccountRow *self)
{
  OhAccountState state = oh_account_get_state (self->account);
  return state == OH_ACCOUNT_ONLINE || state == OH_ACCOUNT_CONNECTING;
}

static void
show_state (OhAccountRow *self)
{
  g_autofree char *words = oh_words_account (self->account);
  adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (self), words);
  gtk_button_set_label (GTK_BUTTON (self->connect),
                        is_connected (self) ? _ ("Disconnect") : _ ("Connect"));
}

static void fetch_devices (OhAccountRow *self);

static void
on_state_changed (OhAccountRow *self)
{
  show_state (self);
  if (oh_account_get_state (self->account) == OH_ACCOUNT_ONLINE)
    fetch_devices (self);
}

static void
on_connect_clicked (OhAccountRow *self)
{
  if (is_connected (self))
    oh_account_sign_out (self->account);
  else
    oh_account_sign_in (self->account);
}

static void
on_forget_account_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GtkWindow) window = data;
  g_autoptr (GError) error = NULL;
  if (oh_client_forget_account_finish (OH_CLIENT (source), result, &error))
    return;
  g_autofree char *words = oh_words_server_error (error);
  adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (window), adw_toast_new (words));
}

static void
on_forget_answered (AdwMessageDialog *dialog, const char *response, OhAccountRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  if (g_strcmp0 (response, "forget") == 0 && root)
    oh_client_forget_account_async (self->client, self->account, on_forget_account_ready,
                                    g_object_ref (root));
}

static void
on_forget_clicked (OhAccountRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (root), _ ("Sign out and forget?"), NULL);

  adw_message_dialog_format_body (
      ADW_MESSAGE_DIALOG (dialog),
      !takes_calls (self->account)
          ? _ ("Messages to %s no longer come here, and those that are kept here are deleted.")
          : _ ("Calls to %s no longer come to this device. You can sign in again later."),
      oh_account_get_address (self->account));
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "forget",
                                    _ ("_Sign Out"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "forget",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_forget_answered), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
on_im_clicked (OhAccountRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_present_subpage (ADW_PREFERENCES_WINDOW (root),
                                            oh_im_page_new (self->client, self->account));
}

static void
on_rules_clicked (OhAccountRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_present_subpage (ADW_PREFERENCES_WINDOW (root),
                                            oh_rules_page_new (self->client, self->account));
}

static void
on_talk_changed (OhAccountRow *self)
{
  oh_client_set_talk (self->client, self->account, gtk_switch_get_active (GTK_SWITCH (self->talk)));
}

/* --- The proxy of an account for messages --- */

static void
on_proxy_set (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhAccountRow) self = data;
  g_autoptr (GError) error = NULL;

  if (!oh_client_set_proxy_finish (OH_CLIENT (source), result, &error) && self->client)
    oh_proxy_row_say_error (OH_PROXY_ROW (self->proxy), error);
}

static void
on_proxy_applied (OhAccountRow *self, OhProxyRow *row)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *proxy = oh_proxy_row_dup_proxy (row, &error);

  if (proxy)
    oh_client_set_proxy_async (self->client, self->account, proxy, oh_proxy_row_get_password (row),
                               on_proxy_set, g_object_ref (self));
  else
    oh_proxy_row_say_error (row, error);
}

static void
add_proxy_row (OhAccountRow *self)
{
  self->proxy = g_object_new (OH_TYPE_PROXY_ROW, NULL);
  oh_proxy_row_edit (OH_PROXY_ROW (self->proxy), oh_client_get_proxy (self->client, self->account));
  g_signal_connect_object (self->proxy, "applied", G_CALLBACK (on_proxy_applied), self,
                           G_CONNECT_SWAPPED);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), self->proxy);
}

/* --- The account's other devices --- */

static GtkWidget *
create_button (const char *label)
{
  GtkWidget *button = gtk_button_new_with_label (label);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  return button;
}

static void
say_error (OhAccountRow *self, const GError *error)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autofree char *words = oh_words_server_error (error);
  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (root), adw_toast_new (words));
}

static void
on_revoke_account_device_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhAccountRow) self = data;
  g_autoptr (GError) error = NULL;
  if (!self->client) /* the window is gone */
    return;
  if (!oh_client_revoke_account_device_finish (OH_CLIENT (source), result, &error))
    say_error (self, error);
  fetch_devices (self);
}

static const char *
get_device_name (OhAccountDevice *device)
{
  const char *name = oh_account_device_get_name (device);
  return name && *name ? name : _ ("Device without a name");
}

static void
on_revoke_answered (AdwMessageDialog *dialog, const char *response, OhAccountRow *self)
{
  OhAccountDevice *device = g_object_get_data (G_OBJECT (dialog), "device");
  if (g_strcmp0 (response, "revoke") == 0 && self->client)
    oh_client_revoke_account_device_async (self->client, self->account, device, NULL,
                                           on_revoke_account_device_ready, g_object_ref (self));
}

static void
on_revoke_clicked (OhAccountRow *self, GtkWidget *button)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  OhAccountDevice *device = g_object_get_data (G_OBJECT (button), "device");
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (root), NULL,
                                              _ ("It gets no more calls until somebody signs in "
                                                 "there again with the password."));

  /* Translators: %s is the name of a device, like "laptop". */
  adw_message_dialog_format_heading (ADW_MESSAGE_DIALOG (dialog), _ ("Sign out “%s”?"),
                                     get_device_name (device));
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "revoke",
                                    _ ("_Sign Out"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "revoke",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "device", g_object_ref (device), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_revoke_answered), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static GtkWidget *
create_device_row (OhAccountRow *self, OhAccountDevice *device)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = create_button (_ ("Sign out"));
  const char *program = oh_account_device_get_program (device);
  gint64 seen = oh_account_device_get_seen (device);
  g_autofree char *when = seen ? oh_words_when (seen) : NULL;
  /* Translators: %s is a time or a day. */
  g_autofree char *seen_words = when ? g_strdup_printf (_ ("last seen: %s"), when)
                                     : g_strdup (_ ("never seen"));
  g_autofree char *subtitle = program && *program ? g_strdup_printf ("%s · %s", program, seen_words)
                                                  : g_strdup (seen_words);
  /* Translators: %s is the name of a device, like "laptop". */
  g_autofree char *label = g_strdup_printf (_ ("Sign out %s"), get_device_name (device));

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), get_device_name (device));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  g_object_set_data_full (G_OBJECT (button), "device", g_object_ref (device), g_object_unref);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (on_revoke_clicked), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  return row;
}

static void
show_devices (OhAccountRow *self, GListModel *devices)
{
  for (guint i = 0; i < self->devices->len; i++)
    adw_expander_row_remove (ADW_EXPANDER_ROW (self), g_ptr_array_index (self->devices, i));
  g_ptr_array_set_size (self->devices, 0);
  for (guint i = 0; i < g_list_model_get_n_items (devices); i++)
    {
      g_autoptr (OhAccountDevice) device = g_list_model_get_item (devices, i);
      if (oh_account_device_is_own (device))
        continue;
      g_ptr_array_add (self->devices, create_device_row (self, device));
      adw_expander_row_add_row (ADW_EXPANDER_ROW (self),
                                g_ptr_array_index (self->devices, self->devices->len - 1));
    }
}

/* Under the devices as last known: why they may be out of date; instead of them: that there are none. */
static void
show_note (OhAccountRow *self, const GError *error)
{
  gboolean known = self->devices->len > 0;

  if (self->note)
    adw_expander_row_remove (ADW_EXPANDER_ROW (self), self->note);
  self->note = NULL;
  if (!error && known)
    return;
  self->note = adw_action_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->note),
                                 !error  ? _ ("No other device is signed in")
                                 : known ? _ ("This is what was known last")
                                         : _ ("Your other devices can’t be shown now"));
  if (error)
    adw_action_row_set_subtitle (
        ADW_ACTION_ROW (self->note),
        _ ("The list comes from the call server. It is shown here as soon as "
           "there is a connection again."));
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), self->note);
}

static void
on_get_account_devices_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhAccountRow) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GListModel) devices = oh_client_get_account_devices_finish (OH_CLIENT (source), result,
                                                                         &error);
  if (!self->client)
    return;
  if (devices)
    show_devices (self, devices);
  else
    for (guint i = 0; i < self->devices->len; i++)
      gtk_widget_set_sensitive (g_ptr_array_index (self->devices, i), FALSE);
  show_note (self, error);
}

/* Asked for only when the person looks, and again when the server has come back. */
static void
fetch_devices (OhAccountRow *self)
{
  if (adw_expander_row_get_expanded (ADW_EXPANDER_ROW (self)) && takes_calls (self->account))
    oh_client_get_account_devices_async (self->client, self->account, NULL,
                                         on_get_account_devices_ready, g_object_ref (self));
}

static void
oh_account_row_dispose (GObject *object)
{
  OhAccountRow *self = OH_ACCOUNT_ROW (object);
  g_clear_pointer (&self->devices, g_ptr_array_unref);
  g_clear_object (&self->account);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_account_row_parent_class)->dispose (object);
}

static void
oh_account_row_class_init (OhAccountRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_account_row_dispose;
}

/* A row that opens a page of its own. */
static GtkWidget *
add_page_row (OhAccountRow *self, const char *title, const char *subtitle, GCallback open)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_from_icon_name ("go-next-symbolic");

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  -1);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  g_signal_connect_swapped (row, "activated", open, self);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), row);
  g_signal_connect_swapped (button, "clicked", open, self);
  return row;
}

static void
oh_account_row_init (OhAccountRow *self)
{
  GtkWidget *forget = create_button (_ ("Sign out and forget"));

  self->devices = g_ptr_array_new ();

  self->server = adw_action_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->server), _ ("Server"));
  self->connect = create_button ("");
  adw_action_row_add_suffix (ADW_ACTION_ROW (self->server), self->connect);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), self->server);
  g_signal_connect_swapped (self->connect, "clicked", G_CALLBACK (on_connect_clicked), self);

  self->im = add_page_row (self, _ ("Instant messaging"), _ ("Where you are told of calls"),
                           G_CALLBACK (on_im_clicked));
  self->rules = add_page_row (self, _ ("Where calls reach me"),
                              _ ("What rings first, and when you are away or not to be disturbed"),
                              G_CALLBACK (on_rules_clicked));

  GtkWidget *device = adw_action_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (device), _ ("This device"));
  gtk_widget_add_css_class (forget, "destructive-action");
  adw_action_row_add_suffix (ADW_ACTION_ROW (device), forget);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), device);
  g_signal_connect_swapped (forget, "clicked", G_CALLBACK (on_forget_clicked), self);
}

/* Only where the account's server takes replies. */
static void
add_talk_row (OhAccountRow *self)
{
  GtkWidget *row = adw_action_row_new ();

  self->talk = gtk_switch_new ();
  gtk_widget_set_valign (self->talk, GTK_ALIGN_CENTER);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ ("Let me answer by a chat message"));
  adw_action_row_set_subtitle (
      ADW_ACTION_ROW (row),
      _ ("When you reply “answer” to the message that tells you of a call, this computer takes the "
         "call at once: its microphone opens and its loudspeaker plays."));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), self->talk);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), self->talk);
  gtk_switch_set_active (GTK_SWITCH (self->talk), oh_client_get_talk (self->client, self->account));
  g_signal_connect_swapped (self->talk, "notify::active", G_CALLBACK (on_talk_changed), self);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), row);
}

GtkWidget *
oh_account_row_new (OhClient *client, OhAccount *account)
{
  OhAccountRow *self = g_object_new (OH_TYPE_ACCOUNT_ROW, NULL);
  const char *server = oh_account_is_embedded (account) ? _ ("on this computer")
                                                        : oh_account_get_server (account);

  self->client = g_object_ref (client);
  self->account = g_object_ref (account);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), oh_account_get_address (account));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->server), server ? server : "");
  if (oh_account_get_features (account) & OH_ACCOUNT_TALK)
    add_talk_row (self);
  g_signal_connect_object (account, "notify::state", G_CALLBACK (on_state_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::expanded", G_CALLBACK (fetch_devices), NULL);
  if (!takes_calls (account))
    {
      gtk_widget_set_visible (self->im, FALSE);
      gtk_widget_set_visible (self->rules, FALSE);
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->server), _ ("Service"));
      add_proxy_row (self);
    }
  show_state (self);
  return GTK_WIDGET (self);
}
