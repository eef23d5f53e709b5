/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/contacts/oh-contacts-page.h"

#include "ui/chat/oh-found-line.h"
#include "ui/contacts/oh-contact-heading.h"
#include "ui/contacts/oh-contact-line.h"
#include "ui/contacts/oh-contact-menu.h"
#include "ui/contacts/oh-contact-rows.h"
#include "ui/contacts/oh-status-button.h"

#include <glib/gi18n.h>

#include <string.h>

#define STEP                                                                                       \
  24 /* rows cost memory whether shown or not: as many more when one comes near the last */

/*  chats -> strangers (who are on no list and wrote) --+
 *                                                      +-> joined -> slice (as far as one scrolled)
 *  contacts (sort and search themselves) -> rows ------+
 *  what was found in chats, under a heading -----------+
 */
struct _OhContactsPage
{
  AdwBin parent;
  GtkWidget *search, *status, *stack, *empty, *scroller, *list;
  OhClient *client;
  OhContactMenu *menu;
  OhChatSearch *found;
  gboolean entered;             /* Enter was pressed while the answer was on its way */
  GtkStringList *found_heading; /* one, or none while nothing is found */
  GtkFilter *stranger_filter;
  GtkSliceListModel *slice;
  char *searched; /* folded, "" for nothing */
  guint filter_source;
  guint more_source;
};

static guint message_signal;

G_DEFINE_FINAL_TYPE (OhContactsPage, oh_contacts_page, ADW_TYPE_BIN)

static gboolean
is_found (OhContactsPage *self, const char *text)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);

  return strstr (folded, self->searched) != NULL;
}

static gboolean
shows_stranger (gpointer item, gpointer data)
{
  OhContactsPage *self = data;
  OhChat *chat = item;

  return !oh_chat_get_contact (chat) && oh_chat_get_last (chat)
         && (is_found (self, oh_chat_get_name (chat))
             || is_found (self, oh_chat_get_address (chat)));
}

static gboolean
on_filter (gpointer data)
{
  OhContactsPage *self = data;

  self->filter_source = 0;
  gtk_filter_changed (self->stranger_filter, GTK_FILTER_CHANGE_DIFFERENT);
  return G_SOURCE_REMOVE;
}

static void
filter_soon (OhContactsPage *self)
{
  if (self->client && !self->filter_source)
    self->filter_source = g_idle_add (on_filter, self);
}

/* A chat that has moved is listened to once all the same. */
static void
on_chats_changed (
    GListModel *chats, guint position, guint removed, guint added, OhContactsPage *self)
{
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (OhChat) chat = g_list_model_get_item (chats, i);

      g_signal_handlers_disconnect_by_func (chat, filter_soon, self);
      g_signal_connect_object (chat, "notify::contact", G_CALLBACK (filter_soon), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (chat, "notify::last", G_CALLBACK (filter_soon), self,
                               G_CONNECT_SWAPPED);
    }
  filter_soon (self);
}

static void
show_empty (OhContactsPage *self)
{
  gboolean empty = g_list_model_get_n_items (G_LIST_MODEL (self->slice)) == 0;
  gboolean searching = *self->searched != '\0';

  adw_status_page_set_title (ADW_STATUS_PAGE (self->empty),
                             searching ? _ ("Nothing found") : _ ("No contacts yet"));
  adw_status_page_set_description (ADW_STATUS_PAGE (self->empty),
                                   searching ? _ ("Try another name or address.")
                                             : _ ("Whoever is on the contact list of your account, "
                                                  "or writes to you, will be listed here."));
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), empty ? "empty" : "list");
}

static GtkAdjustment *
get_place (OhContactsPage *self)
{
  return gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
}

static void
on_search_changed (OhContactsPage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  if (!self->client)
    return;
  self->entered = FALSE;
  g_free (self->searched);
  self->searched = g_utf8_casefold (text, -1);
  gtk_adjustment_set_value (get_place (self), 0);
  gtk_slice_list_model_set_size (self->slice, STEP);
  oh_contact_list_set_search (oh_client_get_contacts (self->client), *text ? text : NULL);
  gtk_filter_changed (self->stranger_filter, GTK_FILTER_CHANGE_DIFFERENT);
  oh_chat_search_set_text (self->found, text);
  show_empty (self);
}

static void
open_item (OhContactsPage *self, GObject *item)
{
  OhChat *chat = NULL;

  if (OH_IS_CHAT_FOUND (item))
    {
      chat = oh_chat_found_get_chat (OH_CHAT_FOUND (item));
      gtk_widget_activate_action (GTK_WIDGET (self), "app.chat-at", "(ssu)",
                                  oh_chat_get_account_id (chat), oh_chat_get_address (chat),
                                  oh_chat_found_get_number (OH_CHAT_FOUND (item)));
      return;
    }
  if (OH_IS_CHAT (item))
    chat = OH_CHAT (item);
  else if (OH_IS_CONTACT (item) && oh_contact_get_account (OH_CONTACT (item)))
    chat = oh_chats_open_with (oh_client_get_chats (self->client), OH_CONTACT (item));
  if (chat)
    gtk_widget_activate_action (GTK_WIDGET (self), "app.chat", "(ss)",
                                oh_chat_get_account_id (chat), oh_chat_get_address (chat));
}

static void
on_found_changed (OhContactsPage *self)
{
  gboolean found = g_list_model_get_n_items (G_LIST_MODEL (self->found)) > 0;
  const char *const heading[] = { _ ("Messages"), NULL };
  guint shown = g_list_model_get_n_items (G_LIST_MODEL (self->found_heading));

  if (found && shown == 0)
    gtk_string_list_splice (self->found_heading, 0, 0, heading);
  else if (!found && shown > 0)
    gtk_string_list_splice (self->found_heading, 0, shown, NULL);
  if (self->entered && !oh_chat_search_is_searching (self->found))
    {
      g_autoptr (GObject) first = g_list_model_get_item (G_LIST_MODEL (self->found), 0);

      self->entered = FALSE;
      open_item (self, first);
    }
}

static gboolean
on_more (gpointer data)
{
  OhContactsPage *self = data;
  guint size = gtk_slice_list_model_get_size (self->slice);

  self->more_source = 0;
  if (size < g_list_model_get_n_items (gtk_slice_list_model_get_model (self->slice)))
    gtk_slice_list_model_set_size (self->slice, size + STEP);
  return G_SOURCE_REMOVE;
}

static void
on_scrolled (OhContactsPage *self)
{
  GtkAdjustment *place = get_place (self);
  double below = gtk_adjustment_get_upper (place) - gtk_adjustment_get_value (place)
                 - gtk_adjustment_get_page_size (place);

  if (self->client && !self->more_source && below < gtk_adjustment_get_page_size (place))
    self->more_source = g_idle_add (on_more, self);
}

static void
open_row (OhContactsPage *self, guint position)
{
  g_autoptr (GObject) item = g_list_model_get_item (G_LIST_MODEL (self->slice), position);

  open_item (self, item);
}

static void
on_row_activated (GtkListView *list, guint position, OhContactsPage *self)
{
  open_row (self, position);
}

/* The first row that is no heading. */
static guint
find_first (OhContactsPage *self)
{
  g_autoptr (GObject) first = g_list_model_get_item (G_LIST_MODEL (self->slice), 0);

  return OH_IS_CONTACT_GROUP (first) || GTK_IS_STRING_OBJECT (first) ? 1 : 0;
}

/* Enter opens what was found first. */
static void
on_search_activated (OhContactsPage *self)
{
  g_autoptr (GObject) first = NULL;

  on_search_changed (self);
  first = g_list_model_get_item (G_LIST_MODEL (self->slice), find_first (self));
  if (!first || OH_IS_CHAT_FOUND (first)) /* of what was typed before, maybe */
    self->entered = oh_chat_search_is_searching (self->found);
  if (*self->searched && !self->entered)
    open_item (self, first);
}

/* --- Rows: headings and people --- */

/* The child of @item, of that type. */
static GtkWidget *
ensure_child (GtkListItem *item, GType type)
{
  GtkWidget *child = gtk_list_item_get_child (item);

  if (!child || G_OBJECT_TYPE (child) != type)
    {
      child = g_object_new (type, NULL);
      gtk_list_item_set_child (item, child);
      gtk_list_item_set_activatable (item, type != OH_TYPE_CONTACT_HEADING);
    }
  return child;
}

static GType
type_of_row (GObject *shown)
{
  if (OH_IS_CONTACT_GROUP (shown) || GTK_IS_STRING_OBJECT (shown))
    return OH_TYPE_CONTACT_HEADING;
  return OH_IS_CHAT_FOUND (shown) ? OH_TYPE_FOUND_LINE : OH_TYPE_CONTACT_LINE;
}

static void
on_bind_row (GtkListItemFactory *factory, GtkListItem *item, OhContactsPage *self)
{
  GObject *shown = gtk_list_item_get_item (item);
  GtkWidget *child = ensure_child (item, type_of_row (shown));

  if (OH_IS_CONTACT_GROUP (shown))
    oh_contact_heading_set_group (OH_CONTACT_HEADING (child), OH_CONTACT_GROUP (shown));
  else if (GTK_IS_STRING_OBJECT (shown))
    oh_contact_heading_set_title (OH_CONTACT_HEADING (child),
                                  gtk_string_object_get_string (GTK_STRING_OBJECT (shown)));
  else if (OH_IS_CHAT_FOUND (shown))
    oh_found_line_set_found (OH_FOUND_LINE (child), OH_CHAT_FOUND (shown));
  else
    oh_contact_line_set_item (OH_CONTACT_LINE (child), oh_client_get_chats (self->client), shown);
}

/* --- The menu of a row --- */

static void
open_menu (OhContactsPage *self, GtkWidget *line, double x, double y)
{
  oh_contact_menu_set_item (self->menu, oh_contact_line_get_item (OH_CONTACT_LINE (line)));
  oh_contact_menu_popup (self->menu, line, x, y);
}

static void
open_menu_at (OhContactsPage *self, double x, double y)
{
  GtkWidget *at = gtk_widget_pick (self->list, x, y, GTK_PICK_DEFAULT);
  GtkWidget *row = at;
  double line_x, line_y;

  while (row && gtk_widget_get_parent (row) != self->list)
    row = gtk_widget_get_parent (row);
  at = row ? gtk_widget_get_first_child (row) : NULL;
  if (!OH_IS_CONTACT_LINE (at))
    return;
  gtk_widget_translate_coordinates (self->list, at, x, y, &line_x, &line_y);
  open_menu (self, at, MAX (line_x, 0), MAX (line_y, 0));
}

static void
on_secondary_pressed (GtkGestureClick *click, int n, double x, double y, OhContactsPage *self)
{
  gtk_gesture_set_state (GTK_GESTURE (click), GTK_EVENT_SEQUENCE_CLAIMED);
  open_menu_at (self, x, y);
}

static void
on_long_pressed (GtkGestureLongPress *press, double x, double y, OhContactsPage *self)
{
  gtk_gesture_set_state (GTK_GESTURE (press), GTK_EVENT_SEQUENCE_CLAIMED);
  open_menu_at (self, x, y);
}

/* The line of the row that has the keyboard, or NULL. */
static GtkWidget *
get_focused_line (OhContactsPage *self)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (self->list));
  GtkWidget *line = focus ? gtk_widget_get_first_child (focus) : NULL;

  return OH_IS_CONTACT_LINE (line) ? line : NULL;
}

static gboolean
on_menu_key (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  OhContactsPage *self = data;
  GtkWidget *line = get_focused_line (self);

  if (line)
    open_menu (self, line, -1, -1);
  return line != NULL;
}

/* What a key does to the row that has the keyboard; @arguments: the action's name. */
static gboolean
on_action_key (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  OhContactsPage *self = data;
  GtkWidget *line = get_focused_line (self);

  if (!line)
    return FALSE;
  oh_contact_menu_set_item (self->menu, oh_contact_line_get_item (OH_CONTACT_LINE (line)));
  return gtk_widget_activate_action (self->list, g_variant_get_string (arguments, NULL), NULL);
}

static void
watch_keys (OhContactsPage *self)
{
  static const struct
  {
    const char *keys;
    const char *action; /* NULL: the menu */
  } keys[] = { { "Menu|<Shift>F10", NULL },
               { "F2", "contact.edit" },
               { "Delete|KP_Delete", "contact.remove" } };
  GtkEventController *controller = gtk_shortcut_controller_new ();

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      GtkShortcutAction *action = gtk_callback_action_new (
          keys[i].action ? on_action_key : on_menu_key, self, NULL);
      GtkShortcut *shortcut = gtk_shortcut_new (gtk_shortcut_trigger_parse_string (keys[i].keys),
                                                action);

      if (keys[i].action)
        gtk_shortcut_set_arguments (shortcut, g_variant_new_string (keys[i].action));
      gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), shortcut);
    }
  gtk_widget_add_controller (self->list, controller);
}

static void
watch_pointer (OhContactsPage *self)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *press = gtk_gesture_long_press_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (press), TRUE);
  g_signal_connect (click, "pressed", G_CALLBACK (on_secondary_pressed), self);
  g_signal_connect (press, "pressed", G_CALLBACK (on_long_pressed), self);
  gtk_widget_add_controller (self->list, GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (self->list, GTK_EVENT_CONTROLLER (press));
}

static void
on_menu_message (OhContactsPage *self, AdwToast *toast)
{
  g_signal_emit (self, message_signal, 0, toast);
}

static void
oh_contacts_page_dispose (GObject *object)
{
  OhContactsPage *self = OH_CONTACTS_PAGE (object);

  g_clear_handle_id (&self->filter_source, g_source_remove);
  g_clear_handle_id (&self->more_source, g_source_remove);
  g_clear_object (&self->slice);
  g_clear_object (&self->stranger_filter);
  g_clear_object (&self->menu);
  g_clear_object (&self->found);
  g_clear_object (&self->found_heading);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_contacts_page_parent_class)->dispose (object);
}

static void
oh_contacts_page_finalize (GObject *object)
{
  g_free (OH_CONTACTS_PAGE (object)->searched);
  G_OBJECT_CLASS (oh_contacts_page_parent_class)->finalize (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhContactsPage, name)

static void
oh_contacts_page_class_init (OhContactsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_contacts_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_contacts_page_finalize;
  message_signal = g_signal_new ("message", OH_TYPE_CONTACTS_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, ADW_TYPE_TOAST);
  g_type_ensure (OH_TYPE_STATUS_BUTTON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/contacts/oh-contacts-page.ui");
  BIND (search);
  BIND (status);
  BIND (stack);
  BIND (empty);
  BIND (scroller);
  BIND (list);
  gtk_widget_class_bind_template_callback (widget_class, on_search_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_search_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
}

static void
oh_contacts_page_init (OhContactsPage *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  static const char *const news[] = { "value-changed", "changed" };

  self->menu = oh_contact_menu_new (GTK_WIDGET (self));
  g_signal_connect_object (self->menu, "message", G_CALLBACK (on_menu_message), self,
                           G_CONNECT_SWAPPED);
  gtk_widget_init_template (GTK_WIDGET (self));
  self->searched = g_strdup ("");
  for (guint i = 0; i < G_N_ELEMENTS (news); i++)
    g_signal_connect_object (get_place (self), news[i], G_CALLBACK (on_scrolled), self,
                             G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "bind", G_CALLBACK (on_bind_row), self, 0);
  gtk_list_view_set_factory (GTK_LIST_VIEW (self->list), factory);
  g_object_unref (factory);
  watch_keys (self);
  watch_pointer (self);
}

/* The view menu's switches are the list's own, which the settings keep. */
static void
add_view_actions (OhContactsPage *self, OhContactList *contacts)
{
  static const char *const names[] = { "grouped", "online-first", "show-offline" };
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GPropertyAction) action = g_property_action_new (names[i], contacts, names[i]);

      g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (action));
    }
  gtk_widget_insert_action_group (GTK_WIDGET (self), "view", G_ACTION_GROUP (group));
}

void
oh_contacts_page_set_client (OhContactsPage *self, OhClient *client)
{
  GListModel *chats = G_LIST_MODEL (oh_client_get_chats (client));
  OhContactList *contacts = oh_client_get_contacts (client);
  g_autoptr (OhContactRows) rows = oh_contact_rows_new (contacts);
  GListStore *parts = g_list_store_new (G_TYPE_LIST_MODEL);
  g_autoptr (GtkFilterListModel) strangers = NULL;
  GtkNoSelection *selection;

  g_return_if_fail (OH_IS_CONTACTS_PAGE (self) && !self->client);
  self->client = g_object_ref (client);
  oh_status_button_set_client (OH_STATUS_BUTTON (self->status), client);
  oh_contact_menu_set_client (self->menu, client);
  add_view_actions (self, contacts);
  self->stranger_filter = GTK_FILTER (gtk_custom_filter_new (shows_stranger, self, NULL));
  strangers = gtk_filter_list_model_new (g_object_ref (chats),
                                         g_object_ref (self->stranger_filter));
  g_list_store_append (parts, strangers);
  g_list_store_append (parts, rows);
  self->found = oh_chat_search_new (oh_client_get_chats (client), NULL);
  self->found_heading = gtk_string_list_new (NULL);
  g_signal_connect_object (self->found, "items-changed", G_CALLBACK (on_found_changed), self,
                           G_CONNECT_SWAPPED);
  g_list_store_append (parts, self->found_heading);
  g_list_store_append (parts, self->found);
  self->slice = gtk_slice_list_model_new (
      G_LIST_MODEL (gtk_flatten_list_model_new (G_LIST_MODEL (parts))), 0, STEP);
  g_signal_connect_object (self->slice, "items-changed", G_CALLBACK (show_empty), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (chats, "items-changed", G_CALLBACK (on_chats_changed), self, 0);
  on_chats_changed (chats, 0, 0, g_list_model_get_n_items (chats), self);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->slice)));
  gtk_list_view_set_model (GTK_LIST_VIEW (self->list), GTK_SELECTION_MODEL (selection));
  g_object_unref (selection);
  show_empty (self);
}

void
oh_contacts_page_start_search (OhContactsPage *self)
{
  gtk_widget_grab_focus (self->search);
}
