/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-chat-window.h"

#include "base/oh-error.h"
#include "ui/chat/oh-chat-finder.h"
#include "ui/chat/oh-chat-line.h"
#include "ui/chat/oh-chat-tail.h"
#include "ui/chat/oh-chat-words.h"
#include "ui/contacts/oh-contact-menu.h"
#include "ui/oh-words.h"
#include "ui/widgets/oh-reveal.h"

#include <glib/gi18n.h>

#define NEAR_END 24 /* pixels from the end that count as being there */

struct _OhChatWindow
{
  AdwWindow parent;
  GtkWidget *title, *menu_button, *trouble_bar, *trouble, *blocked_bar, *toasts, *stack, *scroller,
      *list, *typing, *entry, *emoji, *find_button, *finder;
  OhChat *chat;
  OhContactMenu *menu;
  OhChatTail *tail;
  OhContact *contact; /* whose presence is shown, or NULL */
  OhAccount *account; /* whose state is shown, or NULL */
  gboolean at_end;    /* new messages push the others up */
  gboolean filling;   /* the entry takes the draft */
  double seen_upper, seen_page;
  guint place_source;
  guint sought; /* number of the message that is to be seen, plus 1; 0: none */
  guint marked; /* the same of the one that stands out */
};

G_DEFINE_FINAL_TYPE (OhChatWindow, oh_chat_window, ADW_TYPE_WINDOW)

/* --- Who, and what they do --- */

static void
show_person (OhChatWindow *self)
{
  const char *name = oh_chat_get_name (self->chat);
  const char *address = oh_chat_get_address (self->chat);
  g_autofree char *presence = self->contact ? oh_chat_words_contact (self->contact)
                                            : g_strdup (_ ("Not on your contact list"));
  /* Translators: title of the window; %s is the other person. */
  g_autofree char *title = g_strdup_printf (_ ("Chat with %s"), name);

  gtk_window_set_title (GTK_WINDOW (self), title);
  adw_window_title_set_title (ADW_WINDOW_TITLE (self->title), name);
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->title), presence);
  gtk_widget_set_tooltip_text (self->title, address);
}

static void
on_contact_changed (OhChatWindow *self)
{
  OhContact *contact = oh_chat_get_contact (self->chat);

  if (self->contact != contact)
    {
      if (self->contact)
        g_signal_handlers_disconnect_by_data (self->contact, self);
      g_set_object (&self->contact, contact);
      if (contact)
        g_signal_connect_object (contact, "notify", G_CALLBACK (show_person), self,
                                 G_CONNECT_SWAPPED);
    }
  show_person (self);
  oh_contact_menu_set_item (self->menu, G_OBJECT (self->chat));
}

static void
show_blocked (OhChatWindow *self)
{
  oh_reveal (self->blocked_bar, oh_chat_is_blocked (self->chat));
}

static void
show_typing (OhChatWindow *self)
{
  g_autofree char *words = g_strdup ("");

  if (oh_chat_get_typing (self->chat) == OH_TYPING_ACTIVE)
    {
      g_free (words);
      words = g_strdup_printf (_ ("%s is typing…"), oh_chat_get_name (self->chat));
    }
  gtk_label_set_text (GTK_LABEL (self->typing), words);
}

/* --- The account --- */

static gboolean
holds_text (OhChatWindow *self)
{
  g_autofree char *text = g_strdup (oh_chat_get_draft (self->chat));

  return *g_strstrip (text) != '\0';
}

static void
show_account (OhChatWindow *self)
{
  gboolean online = self->account && oh_account_get_state (self->account) == OH_ACCOUNT_ONLINE;

  if (!self->account)
    gtk_label_set_text (GTK_LABEL (self->trouble),
                        _ ("The account of this chat is not set up any more."));
  else if (!online)
    gtk_label_set_text (
        GTK_LABEL (self->trouble),
        _ ("You are not connected now. What you write is sent as soon as you are."));
  oh_reveal (self->trouble_bar, !online);
  gtk_widget_set_sensitive (self->entry, self->account != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chat.send",
                                 self->account && holds_text (self));
}

static void
on_account_changed (OhChatWindow *self)
{
  OhAccount *account = oh_chat_get_account (self->chat);

  if (self->account != account)
    {
      if (self->account)
        g_signal_handlers_disconnect_by_data (self->account, self);
      g_set_object (&self->account, account);
      if (account)
        g_signal_connect_object (account, "notify::state", G_CALLBACK (show_account), self,
                                 G_CONNECT_SWAPPED);
      oh_contact_menu_set_item (self->menu, G_OBJECT (self->chat));
    }
  show_account (self);
}

/* --- Writing --- */

static char *
dup_entry (OhChatWindow *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->entry));
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  return gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
}

static void
on_typed (OhChatWindow *self)
{
  g_autofree char *text = dup_entry (self);

  if (!self->filling)
    oh_chat_set_draft (self->chat, text);
  show_account (self);
}

/* The draft was read from the database, or the message is on its way. */
static void
on_draft_changed (OhChatWindow *self)
{
  g_autofree char *text = dup_entry (self);
  const char *draft = oh_chat_get_draft (self->chat);

  if (g_strcmp0 (text, draft) != 0)
    {
      self->filling = TRUE;
      gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->entry)), draft, -1);
      self->filling = FALSE;
    }
  show_account (self);
}

static void
say_error (OhChatWindow *self, const GError *error)
{
  gboolean long_text = g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT);
  const char *words = long_text ? _ ("This is too long for one message. Send it in parts.")
                                : _ ("This can’t be sent: the account is not set up any more.");

  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), adw_toast_new (words));
}

static void
on_menu_message (OhChatWindow *self, AdwToast *toast)
{
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), g_object_ref (toast));
}

static void place_soon (OhChatWindow *self);

static void
on_send_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhChatWindow *self = OH_CHAT_WINDOW (widget);
  g_autofree char *text = dup_entry (self);
  g_autoptr (GError) error = NULL;

  if (!*g_strstrip (text))
    return;
  self->at_end = TRUE;
  if (!oh_chat_send (self->chat, text, &error))
    say_error (self, error);
  gtk_widget_grab_focus (self->entry);
  place_soon (self);
}

static void
on_retry_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhChatWindow *self = OH_CHAT_WINDOW (widget);
  g_autoptr (OhChatMessage) message = g_list_model_get_item (G_LIST_MODEL (self->chat),
                                                             g_variant_get_uint32 (parameter));

  if (message)
    oh_chat_retry (self->chat, message);
}

static void
on_emoji_picked (GtkEmojiChooser *chooser, const char *text, OhChatWindow *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->entry));

  gtk_text_buffer_delete_selection (buffer, TRUE, TRUE);
  gtk_text_buffer_insert_at_cursor (buffer, text, -1);
  gtk_widget_grab_focus (self->entry);
}

/* Made when it is wanted: it has some thousand children. */
static void
create_emoji_chooser (GtkMenuButton *button, gpointer data)
{
  GtkWidget *chooser;

  if (gtk_menu_button_get_popover (button))
    return;
  chooser = gtk_emoji_chooser_new ();
  g_signal_connect_object (chooser, "emoji-picked", G_CALLBACK (on_emoji_picked), data, 0);
  gtk_menu_button_set_popover (button, chooser);
}

/* Enter sends, unless an input method wants it; with Shift it begins a line. */
static gboolean
on_key_pressed (
    GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state, OhChatWindow *self)
{
  GdkEvent *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (keys));

  if ((key != GDK_KEY_Return && key != GDK_KEY_KP_Enter && key != GDK_KEY_ISO_Enter)
      || (state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK | GDK_ALT_MASK)))
    return GDK_EVENT_PROPAGATE;
  if (!gtk_text_view_im_context_filter_keypress (GTK_TEXT_VIEW (self->entry), event))
    gtk_widget_activate_action (GTK_WIDGET (self), "chat.send", NULL);
  return GDK_EVENT_STOP;
}

/* --- Reading --- */

static GtkAdjustment *
get_place (OhChatWindow *self)
{
  return gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
}

/* Seen is what stands at the end of the window that the person works in. */
static void
mark_read (OhChatWindow *self)
{
  if (self->at_end && gtk_window_is_active (GTK_WINDOW (self)) && oh_chat_get_unread (self->chat))
    oh_chat_mark_read (self->chat);
}

static void
mark_line (OhChatWindow *self, GtkWidget *line)
{
  OhChatMessage *message = oh_chat_line_get_message (OH_CHAT_LINE (line));

  if (message && self->marked && oh_chat_message_get_number (message) == self->marked - 1)
    gtk_widget_add_css_class (line, "found");
  else
    gtk_widget_remove_css_class (line, "found");
}

static void
go_to_sought (OhChatWindow *self)
{
  guint at = oh_chat_tail_reach (self->tail, self->sought - 1);

  self->marked = self->sought;
  self->sought = 0;
  gtk_widget_activate_action (self->list, "list.scroll-to-item", "u", at);
  for (GtkWidget *row = gtk_widget_get_first_child (self->list); row;
       row = gtk_widget_get_next_sibling (row))
    if (OH_IS_CHAT_LINE (gtk_widget_get_first_child (row)))
      mark_line (self, gtk_widget_get_first_child (row));
}

/* The rows have their heights now: back to the end, and older ones where there is room. */
static gboolean
on_place (gpointer data)
{
  OhChatWindow *self = data;
  GtkAdjustment *place = get_place (self);

  self->place_source = 0;
  if (self->sought)
    {
      go_to_sought (self);
      return G_SOURCE_REMOVE;
    }
  self->seen_upper = gtk_adjustment_get_upper (place);
  self->seen_page = gtk_adjustment_get_page_size (place);
  if (self->at_end)
    gtk_adjustment_set_value (place, self->seen_upper - self->seen_page);
  if (self->seen_page > 0 && gtk_adjustment_get_value (place) < self->seen_page)
    oh_chat_tail_grow (self->tail);
  mark_read (self);
  return G_SOURCE_REMOVE;
}

static void
place_soon (OhChatWindow *self)
{
  if (self->tail && !self->place_source)
    self->place_source = g_idle_add (on_place, self);
}

/* The person scrolls; while the heights change it is the list that does. */
static void
on_scrolled (OhChatWindow *self)
{
  GtkAdjustment *place = get_place (self);
  double below = self->seen_upper - self->seen_page - gtk_adjustment_get_value (place);

  if (gtk_adjustment_get_upper (place) == self->seen_upper
      && gtk_adjustment_get_page_size (place) == self->seen_page)
    self->at_end = below <= NEAR_END;
  place_soon (self);
}

static void
on_messages_changed (OhChatWindow *self)
{
  gboolean empty = g_list_model_get_n_items (G_LIST_MODEL (self->tail)) == 0;

  if (!gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->find_button)))
    gtk_stack_set_visible_child_name (GTK_STACK (self->stack), empty ? "empty" : "list");
  place_soon (self);
}

/* --- Searching --- */

static void
on_find_toggled (OhChatWindow *self)
{
  if (!self->tail)
    return;
  on_messages_changed (self);
  if (!gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->find_button)))
    {
      gtk_widget_grab_focus (self->entry);
      return;
    }
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "find");
  oh_chat_finder_start (OH_CHAT_FINDER (self->finder));
}

static void
on_find_left (OhChatWindow *self)
{
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->find_button), FALSE);
}

static void
on_found_chosen (OhChatWindow *self, guint number)
{
  oh_chat_window_show_message (self, number);
}

static void
on_find_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhChatWindow *self = OH_CHAT_WINDOW (widget);

  if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->find_button)))
    oh_chat_finder_start (OH_CHAT_FINDER (self->finder));
  else
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->find_button), TRUE);
}

static void
on_setup_row (GtkListItemFactory *factory, GtkListItem *item)
{
  gtk_list_item_set_child (item, oh_chat_line_new ());
  gtk_list_item_set_activatable (item, FALSE);
}

static void
on_bind_row (GtkListItemFactory *factory, GtkListItem *item, OhChatWindow *self)
{
  oh_chat_line_set_message (OH_CHAT_LINE (gtk_list_item_get_child (item)), self->chat,
                            gtk_list_item_get_item (item));
  mark_line (self, gtk_list_item_get_child (item));
}

/* --- The object --- */

static void
oh_chat_window_dispose (GObject *object)
{
  OhChatWindow *self = OH_CHAT_WINDOW (object);

  if (self->tail)
    g_signal_handlers_disconnect_by_data (self->chat, self);
  g_clear_handle_id (&self->place_source, g_source_remove);
  g_clear_object (&self->tail);
  g_clear_object (&self->menu);
  g_clear_object (&self->contact);
  g_clear_object (&self->account);
  G_OBJECT_CLASS (oh_chat_window_parent_class)->dispose (object);
}

static void
oh_chat_window_finalize (GObject *object)
{
  g_clear_object (&OH_CHAT_WINDOW (object)->chat); /* rows that go ask for it */
  G_OBJECT_CLASS (oh_chat_window_parent_class)->finalize (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhChatWindow, name)

static void
oh_chat_window_class_init (OhChatWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_chat_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_chat_window_finalize;
  g_type_ensure (OH_TYPE_CHAT_FINDER);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_WINDOW);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/chat/oh-chat-window.ui");
  BIND (title);
  BIND (menu_button);
  BIND (trouble_bar);
  BIND (trouble);
  BIND (blocked_bar);
  BIND (toasts);
  BIND (stack);
  BIND (scroller);
  BIND (list);
  BIND (typing);
  BIND (entry);
  BIND (emoji);
  BIND (find_button);
  BIND (finder);
  gtk_widget_class_bind_template_callback (widget_class, on_find_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_found_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_find_left);
  gtk_widget_class_install_action (widget_class, "chat.send", NULL, on_send_activated);
  gtk_widget_class_install_action (widget_class, "chat.retry", "u", on_retry_activated);
  gtk_widget_class_install_action (widget_class, "chat.find", NULL, on_find_activated);
}

static void
watch_entry (OhChatWindow *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed), self);
  gtk_widget_add_controller (self->entry, keys);
  g_signal_connect_object (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->entry)), "changed",
                           G_CALLBACK (on_typed), self, G_CONNECT_SWAPPED);
}

static void
oh_chat_window_init (OhChatWindow *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (self->emoji), create_emoji_chooser, self,
                                         NULL);
  self->at_end = TRUE;
  g_signal_connect_object (factory, "setup", G_CALLBACK (on_setup_row), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (on_bind_row), self, 0);
  gtk_list_view_set_factory (GTK_LIST_VIEW (self->list), factory);
  g_object_unref (factory);
  g_signal_connect_object (get_place (self), "value-changed", G_CALLBACK (on_scrolled), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (get_place (self), "changed", G_CALLBACK (place_soon), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::is-active", G_CALLBACK (mark_read), NULL);
}

static void
watch_chat (OhChatWindow *self)
{
  static const struct
  {
    const char *signal;
    void (*function) (OhChatWindow *self);
  } news[] = {
    { "notify::name", show_person },       { "notify::contact", on_contact_changed },
    { "notify::typing", show_typing },     { "notify::account", on_account_changed },
    { "notify::draft", on_draft_changed }, { "notify::unread", place_soon },
    { "notify::blocked", show_blocked },
  };

  for (guint i = 0; i < G_N_ELEMENTS (news); i++)
    {
      g_signal_connect_object (self->chat, news[i].signal, G_CALLBACK (news[i].function), self,
                               G_CONNECT_SWAPPED);
      news[i].function (self);
    }
}

static void
add_menu (OhChatWindow *self, OhClient *client)
{
  self->menu = oh_contact_menu_new (GTK_WIDGET (self));
  oh_contact_menu_set_client (self->menu, client);
  g_signal_connect_object (self->menu, "message", G_CALLBACK (on_menu_message), self,
                           G_CONNECT_SWAPPED);
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->menu_button),
                                  oh_contact_menu_get_model (self->menu, FALSE));
}

OhChatWindow *
oh_chat_window_new (GtkApplication *application, OhClient *client, OhChat *chat)
{
  OhChatWindow *self = g_object_new (OH_TYPE_CHAT_WINDOW, "application", application, NULL);
  GtkNoSelection *selection;

  self->chat = g_object_ref (chat);
  self->tail = oh_chat_tail_new (chat);
  g_signal_connect_object (self->tail, "items-changed", G_CALLBACK (on_messages_changed), self,
                           G_CONNECT_SWAPPED);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->tail)));
  gtk_list_view_set_model (GTK_LIST_VIEW (self->list), GTK_SELECTION_MODEL (selection));
  g_object_unref (selection);
  watch_entry (self);
  add_menu (self, client);
  oh_chat_finder_set_chat (OH_CHAT_FINDER (self->finder), oh_client_get_chats (client), chat);
  watch_chat (self);
  on_messages_changed (self);
  gtk_window_set_focus (GTK_WINDOW (self), self->entry);
  return self;
}

void
oh_chat_window_show_message (OhChatWindow *self, guint number)
{
  g_return_if_fail (OH_IS_CHAT_WINDOW (self));
  if (number >= g_list_model_get_n_items (G_LIST_MODEL (self->chat)))
    return;
  on_find_left (self);
  self->at_end = FALSE;
  self->sought = number + 1;
  place_soon (self);
}

OhChat *
oh_chat_window_get_chat (OhChatWindow *self)
{
  return self->chat;
}
