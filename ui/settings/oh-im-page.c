/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/settings/oh-im-page.h"

#include "base/oh-error.h"
#include "ui/oh-words.h"
#include "ui/settings/oh-im-row.h"

#include <glib/gi18n.h>

struct _OhImPage
{
  AdwBin parent;
  GtkWidget *heading, *back, *spinner, *stack, *trouble;
  GtkWidget *addresses, *adding, *service, *address, *add;

  OhClient *client;
  OhAccount *account;
  OhAccountIm *im;  /* as last fetched; NULL: not yet */
  GPtrArray *rows;  /* of the addresses; borrowed */
  guint asking;     /* requests under way */
  gboolean online;  /* again since the last of them began: it may have asked too early */
  gint64 code_next; /* the address whose code is to be typed next, 0: none */
};

G_DEFINE_FINAL_TYPE (OhImPage, oh_im_page, ADW_TYPE_BIN)

static void fetch (OhImPage *self);

/* --- What is said --- */

static void
say (OhImPage *self, const char *words)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (root), adw_toast_new (words));
}

static char *
dup_error_words (const GError *error)
{
  if (g_error_matches (error, OH_ERROR, OH_ERROR_EXISTS))
    return g_strdup (_ ("This address stands here already, or it belongs to another user."));
  if (g_error_matches (error, OH_ERROR, OH_ERROR_INVALID))
    return g_strdup (_ ("This is no person’s address at that service. On XMPP it looks like "
                        "name@example.org, on IRC it is a nickname."));
  if (g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT))
    return g_strdup (_ ("You have as many addresses as there can be. Remove one first."));
  if (g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND))
    return g_strdup (_ ("It is no longer there."));
  if (g_error_matches (error, OH_ERROR, OH_ERROR_CLOSED))
    return g_strdup (_ ("There is no connection to the call server."));
  return oh_words_server_error (error);
}

static void
say_error (OhImPage *self, const GError *error)
{
  g_autofree char *words = dup_error_words (error);

  say (self, words);
}

static void
say_sent (OhImPage *self, const OhImCodeSent *sent)
{
  guint minutes = (sent->retry_s + 59) / 60;
  g_autofree char *later = NULL;

  if (sent->sent)
    say (self, _ ("A code is on its way to you as a message."));
  else if (sent->retry_s == 0)
    say (self, _ ("The code could not be sent. Try again later."));
  else
    {
      later = g_strdup_printf (ngettext ("Too many codes were asked for. Try again in %u minute.",
                                         "Too many codes were asked for. Try again in %u minutes.",
                                         minutes),
                               minutes);
      say (self, later);
    }
}

/* --- One request at a time, while everything else waits --- */

static void
set_asking (OhImPage *self, gboolean asking)
{
  self->asking += asking ? 1 : -1;
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), self->asking > 0);
  gtk_widget_set_sensitive (self->stack, self->asking == 0);
}

/* Whose page is @data, with the reference of a request that has ended; NULL: it was closed meanwhile. */
static OhImPage *
end_request (gpointer data)
{
  OhImPage *self = data;

  if (self->client)
    set_asking (self, FALSE);
  return self->client ? self : NULL;
}

static gpointer
begin_request (OhImPage *self)
{
  self->online = FALSE;
  set_asking (self, TRUE);
  return g_object_ref (self);
}

static void
on_change_im_address_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhImPage) held = data;
  OhImPage *self = end_request (data);
  g_autoptr (GError) error = NULL;

  if (!oh_client_change_im_address_finish (OH_CLIENT (source), result, &error) && self)
    say_error (self, error);
  if (self)
    fetch (self);
}

static void
on_send_im_code_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhImPage) held = data;
  OhImPage *self = end_request (data);
  OhImCodeSent sent = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean done = oh_client_send_im_code_finish (OH_CLIENT (source), result, &sent, &error);

  if (!self)
    return;
  if (done)
    {
      self->code_next = sent.sent ? sent.id : 0;
      say_sent (self, &sent);
      gtk_editable_set_text (GTK_EDITABLE (self->address), "");
      fetch (self);
    }
  else
    say_error (self, error);
}

/* --- An address --- */

/* The row's request; the row may be gone when it is answered. */
typedef struct
{
  OhImPage *page;
  OhImRow *row;
} Asked;

static void
judge (OhImPage *self, OhImRow *row, OhImVerdict verdict, guint tries)
{
  g_autofree char *words = NULL;

  if (verdict == OH_IM_VERDICT_VERIFIED)
    say (self, _ ("The address is yours. Calls are offered there from now on."));
  else if (verdict == OH_IM_VERDICT_OVER || tries == 0)
    say (self, _ ("No code is valid any more. Let another one be sent."));
  else
    {
      words = g_strdup_printf (ngettext ("That is not the code. %u try is left.",
                                         "That is not the code. %u tries are left.", tries),
                               tries);
      say (self, words);
      oh_im_row_refuse_code (row, words);
      return;
    }
  fetch (self);
}

static void
on_verify_im_address_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Asked *asked = data;
  g_autoptr (OhImPage) held = asked->page;
  g_autoptr (OhImRow) row = asked->row;
  OhImPage *self = end_request (asked->page);
  OhImVerdict verdict = OH_IM_VERDICT_OVER;
  guint tries = 0;
  g_autoptr (GError) error = NULL;
  gboolean done = oh_client_verify_im_address_finish (OH_CLIENT (source), result, &verdict, &tries,
                                                      &error);

  if (self && done)
    judge (self, row, verdict, tries);
  else if (self)
    say_error (self, error);
}

static void
on_verify (OhImRow *row, const char *code, OhImPage *self)
{
  Asked *asked = g_new (Asked, 1);

  *asked = (Asked){ begin_request (self), g_object_ref (row) };
  oh_client_verify_im_address_async (self->client, self->account, oh_im_row_get_id (row), code,
                                     on_verify_im_address_ready, asked);
}

static void
on_send_code (OhImRow *row, OhImPage *self)
{
  oh_client_send_im_code_async (self->client, self->account, oh_im_row_get_id (row),
                                on_send_im_code_ready, begin_request (self));
}

static void
on_show_number (OhImRow *row, gboolean show, OhImPage *self)
{
  oh_client_change_im_address_async (self->client, self->account, oh_im_row_get_id (row), show,
                                     on_change_im_address_ready, begin_request (self));
}

static void
on_remove_answered (AdwMessageDialog *dialog, const char *response, OhImPage *self)
{
  const gint64 *id = g_object_get_data (G_OBJECT (dialog), "id");

  if (g_strcmp0 (response, "remove") == 0 && self->client)
    oh_client_remove_im_address_async (self->client, self->account, *id, on_change_im_address_ready,
                                       begin_request (self));
}

static void
on_remove (OhImRow *row, OhImPage *self)
{
  gint64 id = oh_im_row_get_id (row);
  GtkWidget *dialog = adw_message_dialog_new (
      GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL,
      _ ("Calls are no longer offered there. To add it again, you need a new code."));

  /* Translators: %s is an address, like name@example.org. */
  adw_message_dialog_format_heading (ADW_MESSAGE_DIALOG (dialog), _ ("Remove “%s”?"),
                                     oh_im_row_get_name (row));
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "remove",
                                    _ ("_Remove"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "remove",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "id", g_memdup2 (&id, sizeof id), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_remove_answered), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* --- The list --- */

/* The addresses whose rows stand open. */
static GHashTable *
list_open_rows (OhImPage *self)
{
  GHashTable *open = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < self->rows->len; i++)
    {
      gint64 id = oh_im_row_get_id (self->rows->pdata[i]);

      if (adw_expander_row_get_expanded (self->rows->pdata[i]))
        g_hash_table_add (open, g_memdup2 (&id, sizeof id));
    }
  return open;
}

static void
add_row (OhImPage *self, const OhImAddress *address, gboolean open)
{
  GtkWidget *row = oh_im_row_new (address, oh_account_im_find_service (self->im, address->service));

  g_ptr_array_add (self->rows, row);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->addresses), row);
  if (open)
    adw_expander_row_set_expanded (ADW_EXPANDER_ROW (row), TRUE);
  g_signal_connect_object (row, "verify", G_CALLBACK (on_verify), self, 0);
  g_signal_connect_object (row, "send-code", G_CALLBACK (on_send_code), self, 0);
  g_signal_connect_object (row, "show-number", G_CALLBACK (on_show_number), self, 0);
  g_signal_connect_object (row, "remove", G_CALLBACK (on_remove), self, 0);
  if (address->id == self->code_next)
    oh_im_row_focus_code (OH_IM_ROW (row));
}

static void
show_addresses (OhImPage *self)
{
  g_autoptr (GHashTable) open = list_open_rows (self);

  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self->addresses), self->rows->pdata[i]);
  g_ptr_array_set_size (self->rows, 0);
  for (guint i = 0; i < self->im->addresses->len; i++)
    {
      const OhImAddress *address = self->im->addresses->pdata[i];

      add_row (self, address, g_hash_table_contains (open, &address->id));
    }
  self->code_next = 0;
  adw_preferences_group_set_description (
      ADW_PREFERENCES_GROUP (self->addresses),
      self->im->addresses->len > 0
          ? _ ("While you are online there, calls are offered to you in messages.")
          : _ ("None yet. Add one, and calls are offered to you in messages there."));
}

static void
show_services (OhImPage *self)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  guint chosen = adw_combo_row_get_selected (ADW_COMBO_ROW (self->service));

  for (guint i = 0; i < self->im->services->len; i++)
    {
      const OhImService *service = self->im->services->pdata[i];
      g_autofree char *protocol = oh_words_protocol (service->protocol);
      /* Translators: an IM service and the address there that writes. */
      g_autofree char *title = g_strdup_printf (_ ("%s, from %s"), protocol, service->address);

      gtk_string_list_append (titles, title);
    }
  adw_combo_row_set_model (ADW_COMBO_ROW (self->service), G_LIST_MODEL (titles));
  if (chosen < self->im->services->len)
    adw_combo_row_set_selected (ADW_COMBO_ROW (self->service), chosen);
}

static void
on_get_account_im_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhImPage) held = data;
  OhImPage *self = end_request (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (OhAccountIm) im = oh_client_get_account_im_finish (OH_CLIENT (source), result, &error);
  g_autofree char *words = error ? dup_error_words (error) : g_strdup ("");
  g_autofree char *markup = g_markup_escape_text (words, -1);

  if (!self)
    return;
  if (im)
    {
      g_clear_pointer (&self->im, oh_account_im_free);
      self->im = g_steal_pointer (&im);
      show_services (self);
      show_addresses (self);
    }
  else if (self->online)
    {
      fetch (self);
      return;
    }
  else
    adw_status_page_set_description (ADW_STATUS_PAGE (self->trouble), markup);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), error ? "trouble"
                                                             : self->im->services->len == 0
                                                                 ? "none"
                                                                 : "list");
}

static void
fetch (OhImPage *self)
{
  oh_client_get_account_im_async (self->client, self->account, on_get_account_im_ready,
                                  begin_request (self));
}

static void
on_again_clicked (OhImPage *self)
{
  fetch (self);
}

static void
on_state_changed (OhImPage *self)
{
  if (oh_account_get_state (self->account) != OH_ACCOUNT_ONLINE)
    return;
  if (self->asking > 0)
    self->online = TRUE;
  else
    fetch (self);
}

static void
on_address_changed (OhImPage *self)
{
  gtk_widget_set_sensitive (self->add,
                            *gtk_editable_get_text (GTK_EDITABLE (self->address)) != '\0');
}

static void
on_add_clicked (OhImPage *self)
{
  guint chosen = adw_combo_row_get_selected (ADW_COMBO_ROW (self->service));
  g_autofree char *name = g_strstrip (
      g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->address))));

  if (!*name || self->asking > 0 || chosen >= self->im->services->len)
    return;
  oh_client_add_im_address_async (self->client, self->account,
                                  ((OhImService *)self->im->services->pdata[chosen])->name, name,
                                  on_send_im_code_ready, begin_request (self));
}

static void
on_back_clicked (OhImPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_close_subpage (ADW_PREFERENCES_WINDOW (root));
}

/* --- The object --- */

static void
oh_im_page_dispose (GObject *object)
{
  OhImPage *self = OH_IM_PAGE (object);

  g_clear_object (&self->client);
  g_clear_object (&self->account);
  g_clear_pointer (&self->im, oh_account_im_free);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  G_OBJECT_CLASS (oh_im_page_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhImPage, name)

static void
oh_im_page_class_init (OhImPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_im_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/settings/oh-im-page.ui");
  BIND (heading);
  BIND (back);
  BIND (spinner);
  BIND (stack);
  BIND (trouble);
  BIND (addresses);
  BIND (adding);
  BIND (service);
  BIND (address);
  BIND (add);
  gtk_widget_class_bind_template_callback (widget_class, on_back_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_again_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_add_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_address_changed);
}

static void
oh_im_page_init (OhImPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->rows = g_ptr_array_new ();
}

GtkWidget *
oh_im_page_new (OhClient *client, OhAccount *account)
{
  OhImPage *self = g_object_new (OH_TYPE_IM_PAGE, NULL);

  self->client = g_object_ref (client);
  self->account = g_object_ref (account);
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->heading),
                                 oh_account_get_address (account));
  g_signal_connect_object (account, "notify::state", G_CALLBACK (on_state_changed), self,
                           G_CONNECT_SWAPPED);
  fetch (self);
  return GTK_WIDGET (self);
}
