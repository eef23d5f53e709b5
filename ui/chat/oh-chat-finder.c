/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-chat-finder.h"

#include "ui/chat/oh-found-line.h"

#include <glib/gi18n.h>

struct _OhChatFinder
{
  AdwBin parent;
  GtkWidget *entry, *stack, *empty, *list;
  OhChatSearch *search;
  gboolean entered; /* Enter was pressed while the answer was on its way */
};

enum
{
  SIGNAL_CHOSEN,
  SIGNAL_LEFT,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhChatFinder, oh_chat_finder, ADW_TYPE_BIN)

static void
choose (OhChatFinder *self, guint position)
{
  g_autoptr (OhChatFound) found = g_list_model_get_item (G_LIST_MODEL (self->search), position);

  if (found)
    g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, oh_chat_found_get_number (found));
}

static void
show_found (OhChatFinder *self)
{
  gboolean found = g_list_model_get_n_items (G_LIST_MODEL (self->search)) > 0;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  gboolean asked = g_utf8_strlen (text, -1) >= OH_CHAT_SEARCH_LEAST;

  if (oh_chat_search_is_searching (self->search))
    return; /* what is shown stays until it is known */
  adw_status_page_set_title (ADW_STATUS_PAGE (self->empty),
                             asked ? _ ("Nothing found") : _ ("Search this chat"));
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), found ? "list" : "empty");
  if (self->entered)
    {
      self->entered = FALSE;
      choose (self, 0);
    }
}

static void
on_search_changed (OhChatFinder *self)
{
  self->entered = FALSE;
  if (self->search)
    oh_chat_search_set_text (self->search, gtk_editable_get_text (GTK_EDITABLE (self->entry)));
}

static void
on_row_activated (GtkListView *list, guint position, OhChatFinder *self)
{
  choose (self, position);
}

/* Enter goes to the newest that has what is typed now, which the entry tells of a little later. */
static void
on_entry_activated (OhChatFinder *self)
{
  on_search_changed (self);
  self->entered = TRUE;
  show_found (self);
}

static void
on_stopped (OhChatFinder *self)
{
  g_signal_emit (self, signals[SIGNAL_LEFT], 0);
}

static void
on_setup_row (GtkListItemFactory *factory, GtkListItem *item)
{
  gtk_list_item_set_child (item, oh_found_line_new ());
}

static void
on_bind_row (GtkListItemFactory *factory, GtkListItem *item)
{
  oh_found_line_set_found (OH_FOUND_LINE (gtk_list_item_get_child (item)),
                           gtk_list_item_get_item (item));
}

static void
oh_chat_finder_dispose (GObject *object)
{
  g_clear_object (&OH_CHAT_FINDER (object)->search);
  G_OBJECT_CLASS (oh_chat_finder_parent_class)->dispose (object);
}

static void
oh_chat_finder_class_init (OhChatFinderClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_chat_finder_dispose;
  signals[SIGNAL_CHOSEN] = g_signal_new ("chosen", OH_TYPE_CHAT_FINDER, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[SIGNAL_LEFT] = g_signal_new ("left", OH_TYPE_CHAT_FINDER, G_SIGNAL_RUN_LAST, 0, NULL,
                                       NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/chat/oh-chat-finder.ui");
  gtk_widget_class_bind_template_child (widget_class, OhChatFinder, entry);
  gtk_widget_class_bind_template_child (widget_class, OhChatFinder, stack);
  gtk_widget_class_bind_template_child (widget_class, OhChatFinder, empty);
  gtk_widget_class_bind_template_child (widget_class, OhChatFinder, list);
  gtk_widget_class_bind_template_callback (widget_class, on_search_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_entry_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_stopped);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
}

static void
oh_chat_finder_init (OhChatFinder *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind_row), NULL);
  gtk_list_view_set_factory (GTK_LIST_VIEW (self->list), factory);
}

void
oh_chat_finder_set_chat (OhChatFinder *self, OhChats *chats, OhChat *chat)
{
  g_autoptr (GtkNoSelection) selection = NULL;

  g_return_if_fail (OH_IS_CHAT_FINDER (self) && !self->search);
  self->search = oh_chat_search_new (chats, chat);
  g_signal_connect_object (self->search, "items-changed", G_CALLBACK (show_found), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search, "notify::searching", G_CALLBACK (show_found), self,
                           G_CONNECT_SWAPPED);
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->search)));
  gtk_list_view_set_model (GTK_LIST_VIEW (self->list), GTK_SELECTION_MODEL (selection));
  show_found (self);
}

void
oh_chat_finder_start (OhChatFinder *self)
{
  gtk_widget_grab_focus (self->entry);
  gtk_editable_select_region (GTK_EDITABLE (self->entry), 0, -1);
}
