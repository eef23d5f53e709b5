/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/window/oh-history-page.h"

#include "base/oh-error.h"
#include "ui/oh-words.h"
#include "ui/window/oh-history-line.h"
#include "ui/window/oh-history-mix.h"
#include "ui/window/oh-route-words.h"
#include "ui/window/oh-voicemail-bar.h"

#include <glib/gi18n.h>

#define UNDO_SECONDS 6
/* GtkListView makes widgets for up to 200 of its rows, 85 KiB each, and binds them all again at each
 * new call; as many calls are shown at first, and as many more when one comes near the last. */
#define CALLS_STEP 24

/*  voicemails -> messages (text; new ones only in 'All'; none that wait to be deleted) --+
 *                                                                                        +-> joined,
 *  history (filters itself in the database) -> past (the newest; none in 'Messages') ----+   by time
 */
struct _OhHistoryPage
{
  AdwBin parent;
  GtkWidget *search, *all, *missed, *messages, *stack, *empty, *scroller, *list, *player;

  OhClient *client;
  GtkFilter *message_filter;
  GtkSliceListModel *past_slice; /* of length 0 in 'Messages' */
  GListModel *joined;
  GHashTable *deleted; /* ids of messages that wait for their toast to go; owned strings */
  guint more_source;
};

G_DEFINE_FINAL_TYPE (OhHistoryPage, oh_history_page, ADW_TYPE_BIN)

static guint message_signal;

static gboolean
is_on (GtkWidget *toggle)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (toggle));
}

static gboolean
contains (const char *text, const char *part)
{
  g_autofree char *folded = text ? g_utf8_casefold (text, -1) : NULL;
  return folded && strstr (folded, part);
}

static gboolean
shows_message (gpointer item, gpointer data)
{
  OhVoicemail *voicemail = item;
  OhHistoryPage *self = data;
  g_autofree char *text = g_utf8_casefold (gtk_editable_get_text (GTK_EDITABLE (self->search)), -1);

  if (g_hash_table_contains (self->deleted, oh_voicemail_get_id (voicemail))
      || is_on (self->missed))
    return FALSE;
  if (is_on (self->all) && oh_voicemail_is_heard (voicemail))
    return FALSE;
  return !*text || contains (oh_voicemail_get_name (voicemail), text)
         || contains (oh_voicemail_get_number (voicemail), text);
}

static void
show_empty (OhHistoryPage *self)
{
  gboolean empty = g_list_model_get_n_items (self->joined) == 0;
  gboolean searching = *gtk_editable_get_text (GTK_EDITABLE (self->search)) != '\0';
  const char *title = searching                ? _ ("Nothing found")
                      : is_on (self->missed)   ? _ ("No missed calls")
                      : is_on (self->messages) ? _ ("No messages")
                                               : _ ("No calls yet");
  adw_status_page_set_title (ADW_STATUS_PAGE (self->empty), title);
  adw_status_page_set_description (ADW_STATUS_PAGE (self->empty),
                                   searching           ? _ ("Try another name or number.")
                                   : is_on (self->all) ? _ ("Your calls will be listed here.")
                                   : is_on (self->messages)
                                       ? _ ("Messages from callers will be listed here.")
                                       : NULL);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), empty ? "empty" : "list");
}

static GtkAdjustment *
get_place (OhHistoryPage *self)
{
  return gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
}

/* All filters at once; 'Messages' cuts the calls off. What is found is read from its top. */
static void
on_filter_changed (OhHistoryPage *self)
{
  if (!self->client)
    return;
  gtk_adjustment_set_value (get_place (self), 0);
  oh_history_set_filter (oh_client_get_history (self->client),
                         gtk_editable_get_text (GTK_EDITABLE (self->search)), is_on (self->missed));
  gtk_filter_changed (self->message_filter, GTK_FILTER_CHANGE_DIFFERENT);
  gtk_slice_list_model_set_size (self->past_slice, is_on (self->messages) ? 0 : CALLS_STEP);
  show_empty (self);
}

static gboolean
on_more (gpointer data)
{
  OhHistoryPage *self = data;
  guint size = gtk_slice_list_model_get_size (self->past_slice);

  self->more_source = 0;
  if (size > 0
      && size < g_list_model_get_n_items (gtk_slice_list_model_get_model (self->past_slice)))
    gtk_slice_list_model_set_size (self->past_slice, size + CALLS_STEP);
  return G_SOURCE_REMOVE;
}

/* Less than a window's height is left below. Later: the list may be in the middle of its layout. */
static void
on_scrolled (OhHistoryPage *self)
{
  GtkAdjustment *place = get_place (self);
  double below = gtk_adjustment_get_upper (place) - gtk_adjustment_get_value (place)
                 - gtk_adjustment_get_page_size (place);

  if (self->client && !self->more_source && below < gtk_adjustment_get_page_size (place))
    self->more_source = g_idle_add (on_more, self);
}

static void
say_error (OhHistoryPage *self, const GError *error)
{
  g_autofree char *words = oh_words_server_error (error);
  g_autoptr (AdwToast) toast = adw_toast_new (words);
  g_signal_emit (self, message_signal, 0, toast);
}

static void
on_play_voicemail_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhHistoryPage) self = data;
  g_autoptr (GError) error = NULL;
  if (!oh_client_play_voicemail_finish (OH_CLIENT (source), result, &error)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      && !g_error_matches (error, OH_ERROR, OH_ERROR_CANCELLED)) /* another one was chosen */
    say_error (self, error);
}

static void
play (OhHistoryPage *self, OhVoicemail *voicemail)
{
  oh_client_play_voicemail_async (self->client, voicemail, NULL, on_play_voicemail_ready,
                                  g_object_ref (self));
}

static void
call_back (OhHistoryPage *self, const char *number)
{
  g_autoptr (GError) error = NULL;
  if (number && *number && !oh_client_dial (self->client, NULL, number, &error))
    say_error (self, error);
}

static void
on_row_activated (GtkListView *list, guint position, OhHistoryPage *self)
{
  g_autoptr (GObject) item = g_list_model_get_item (self->joined, position);
  if (OH_IS_VOICEMAIL (item))
    play (self, OH_VOICEMAIL (item));
  else if (OH_IS_HISTORY_ENTRY (item))
    call_back (self, oh_history_entry_get_number (OH_HISTORY_ENTRY (item)));
}

static void
on_play_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhHistoryPage *self = OH_HISTORY_PAGE (widget);
  g_autoptr (GObject) item = g_list_model_get_item (self->joined, g_variant_get_uint32 (parameter));
  if (OH_IS_VOICEMAIL (item))
    play (self, OH_VOICEMAIL (item));
}

/* What became of a call, and why it rang where it rang. */
static char *
dup_details (OhHistoryEntry *entry)
{
  g_autoptr (OhCallRoute) route = oh_history_entry_dup_route (entry);
  g_autofree char *when = oh_words_moment (oh_history_entry_get_start (entry));
  OhOutcome outcome = oh_history_entry_get_outcome (entry);
  gboolean answered = outcome == OH_OUTCOME_ANSWERED || outcome == OH_OUTCOME_ELSEWHERE;
  g_autofree char *words = route ? oh_route_words (route, answered) : NULL;

  return g_strdup_printf ("%s · %s%s%s", oh_words_outcome (entry), when, words ? "\n\n" : "",
                          words ? words : "");
}

static void
on_details_answered (AdwMessageDialog *dialog, const char *response, OhHistoryPage *self)
{
  GVariant *chat = g_object_get_data (G_OBJECT (dialog), "chat");

  if (g_strcmp0 (response, "message") == 0)
    gtk_widget_activate_action_variant (GTK_WIDGET (self), "app.chat", chat);
}

/* Where the other side's address is known. */
static void
offer_message (OhHistoryPage *self, AdwMessageDialog *dialog, OhHistoryEntry *entry)
{
  g_autofree char *address = NULL;
  OhAccount *account = oh_client_find_address (self->client, oh_history_entry_get_account (entry),
                                               oh_history_entry_get_peer (entry),
                                               oh_history_entry_get_number (entry), &address);

  if (!account)
    return;
  g_object_set_data_full (
      G_OBJECT (dialog), "chat",
      g_variant_ref_sink (g_variant_new ("(ss)", oh_account_get_id (account), address)),
      (GDestroyNotify)g_variant_unref);
  adw_message_dialog_add_response (dialog, "message", _ ("Send _Message"));
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_details_answered), self, 0);
}

static void
on_details_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhHistoryPage *self = OH_HISTORY_PAGE (widget);
  g_autoptr (GObject) item = g_list_model_get_item (self->joined, g_variant_get_uint32 (parameter));
  OhHistoryEntry *entry = OH_IS_HISTORY_ENTRY (item) ? OH_HISTORY_ENTRY (item) : NULL;
  g_autofree char *person = NULL;
  g_autofree char *details = NULL;
  GtkWidget *dialog;

  if (!entry)
    return;
  person = oh_words_person (oh_history_entry_get_name (entry), oh_history_entry_get_number (entry),
                            oh_history_entry_is_withheld (entry));
  details = dup_details (entry);
  dialog = adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (widget)), person, details);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _ ("_Close"));
  offer_message (self, ADW_MESSAGE_DIALOG (dialog), entry);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "close");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "close");
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
on_call_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  call_back (OH_HISTORY_PAGE (widget), g_variant_get_string (parameter, NULL));
}

static void
on_delete_voicemail_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhHistoryPage) self = data;
  g_autoptr (GError) error = NULL;
  if (oh_client_delete_voicemail_finish (OH_CLIENT (source), result, &error))
    return;
  say_error (self, error);
  g_hash_table_remove_all (self->deleted);
  gtk_filter_changed (self->message_filter, GTK_FILTER_CHANGE_DIFFERENT);
}

/* The toast went without 'Undo': now the message is deleted at the server. */
static void
on_delete_dismissed (AdwToast *toast, OhHistoryPage *self)
{
  OhVoicemail *voicemail = g_object_get_data (G_OBJECT (toast), "voicemail");
  if (self->client && g_hash_table_contains (self->deleted, oh_voicemail_get_id (voicemail)))
    oh_client_delete_voicemail_async (self->client, voicemail, NULL, on_delete_voicemail_ready,
                                      g_object_ref (self));
}

static void
on_undo_clicked (AdwToast *toast, OhHistoryPage *self)
{
  OhVoicemail *voicemail = g_object_get_data (G_OBJECT (toast), "voicemail");
  g_hash_table_remove (self->deleted, oh_voicemail_get_id (voicemail));
  gtk_filter_changed (self->message_filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
on_delete_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhHistoryPage *self = OH_HISTORY_PAGE (widget);
  OhVoicemailPlayer *player = oh_client_get_voicemail_player (self->client);
  OhVoicemail *voicemail = oh_voicemail_player_get_voicemail (player);
  g_autoptr (AdwToast) toast = NULL;

  if (!voicemail)
    return;
  toast = adw_toast_new (_ ("Message deleted"));
  adw_toast_set_button_label (toast, _ ("_Undo"));
  adw_toast_set_timeout (toast, UNDO_SECONDS);
  g_object_set_data_full (G_OBJECT (toast), "voicemail", g_object_ref (voicemail), g_object_unref);
  g_signal_connect_object (toast, "dismissed", G_CALLBACK (on_delete_dismissed), self, 0);
  g_signal_connect_object (toast, "button-clicked", G_CALLBACK (on_undo_clicked), self, 0);
  g_hash_table_add (self->deleted, g_strdup (oh_voicemail_get_id (voicemail)));
  oh_voicemail_player_stop (player);
  gtk_filter_changed (self->message_filter, GTK_FILTER_CHANGE_DIFFERENT);
  g_signal_emit (self, message_signal, 0, toast);
}

static void
on_setup_row (GtkListItemFactory *factory, GtkListItem *item, OhHistoryPage *self)
{
  gtk_list_item_set_child (item, oh_history_line_new (self->client));
}

static void
on_bind_row (GtkListItemFactory *factory, GtkListItem *item)
{
  oh_history_line_set_item (OH_HISTORY_LINE (gtk_list_item_get_child (item)),
                            gtk_list_item_get_item (item), gtk_list_item_get_position (item));
}

static void
oh_history_page_dispose (GObject *object)
{
  OhHistoryPage *self = OH_HISTORY_PAGE (object);
  g_clear_handle_id (&self->more_source, g_source_remove);
  g_clear_object (&self->joined);
  g_clear_object (&self->message_filter);
  g_clear_object (&self->past_slice);
  g_clear_object (&self->client);
  g_clear_pointer (&self->deleted, g_hash_table_unref);
  G_OBJECT_CLASS (oh_history_page_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhHistoryPage, name)

static void
oh_history_page_class_init (OhHistoryPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_history_page_dispose;
  message_signal = g_signal_new ("message", OH_TYPE_HISTORY_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, ADW_TYPE_TOAST);
  g_type_ensure (OH_TYPE_VOICEMAIL_BAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/window/oh-history-page.ui");
  BIND (search);
  BIND (all);
  BIND (missed);
  BIND (messages);
  BIND (stack);
  BIND (empty);
  BIND (scroller);
  BIND (list);
  BIND (player);
  gtk_widget_class_bind_template_callback (widget_class, on_filter_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
  gtk_widget_class_install_action (widget_class, "history.call", "s", on_call_activated);
  gtk_widget_class_install_action (widget_class, "history.details", "u", on_details_activated);
  gtk_widget_class_install_action (widget_class, "history.play", "u", on_play_activated);
  gtk_widget_class_install_action (widget_class, "history.delete", NULL, on_delete_activated);
}

static void
oh_history_page_init (OhHistoryPage *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkAdjustment *place;

  gtk_widget_init_template (GTK_WIDGET (self));
  place = get_place (self);
  g_signal_connect_object (place, "value-changed", G_CALLBACK (on_scrolled), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (place, "changed", G_CALLBACK (on_scrolled), self, G_CONNECT_SWAPPED);
  self->deleted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_signal_connect_object (factory, "setup", G_CALLBACK (on_setup_row), self, 0);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind_row), NULL);
  gtk_list_view_set_factory (GTK_LIST_VIEW (self->list), factory);
  g_object_unref (factory);
}

void
oh_history_page_set_client (OhHistoryPage *self, OhClient *client)
{
  GtkFilterListModel *messages;

  g_return_if_fail (OH_IS_HISTORY_PAGE (self) && !self->client);

  self->client = g_object_ref (client);
  self->message_filter = GTK_FILTER (gtk_custom_filter_new (shows_message, self, NULL));
  messages = gtk_filter_list_model_new (g_object_ref (oh_client_get_voicemails (client)),
                                        g_object_ref (self->message_filter));
  self->past_slice = gtk_slice_list_model_new (
      g_object_ref (G_LIST_MODEL (oh_client_get_history (client))), 0, CALLS_STEP);
  self->joined = G_LIST_MODEL (
      oh_history_mix_new (G_LIST_MODEL (self->past_slice), G_LIST_MODEL (messages)));
  g_object_unref (messages);
  g_signal_connect_object (self->joined, "items-changed", G_CALLBACK (show_empty), self,
                           G_CONNECT_SWAPPED);
  GtkSelectionModel *selection = GTK_SELECTION_MODEL (
      gtk_no_selection_new (g_object_ref (self->joined)));
  gtk_list_view_set_model (GTK_LIST_VIEW (self->list), selection);
  g_object_unref (selection);
  oh_voicemail_bar_set_client (OH_VOICEMAIL_BAR (self->player), client);
  show_empty (self);
}

void
oh_history_page_start_search (OhHistoryPage *self)
{
  gtk_widget_grab_focus (self->search);
}
