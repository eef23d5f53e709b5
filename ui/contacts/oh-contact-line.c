/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/contacts/oh-contact-line.h"

#include "ui/chat/oh-chat-words.h"
#include "ui/widgets/oh-tooltip.h"

#include <adwaita.h>
#include <glib/gi18n.h>

struct _OhContactLine
{
  GtkBox parent;
  GtkWidget *avatar, *name, *presence, *detail, *unread;
  OhChats *chats;
  GObject *item;
  OhChat *chat; /* with that contact, or NULL as long as there is none */
};

G_DEFINE_FINAL_TYPE (OhContactLine, oh_contact_line, GTK_TYPE_BOX)

static void
show_unread (OhContactLine *self)
{
  guint unread = self->chat ? oh_chat_get_unread (self->chat) : 0;
  g_autofree char *number = g_strdup_printf ("%u", unread);
  g_autofree char *words = g_strdup_printf (
      ngettext ("%u unread message", "%u unread messages", unread), unread);

  gtk_label_set_text (GTK_LABEL (self->unread), number);
  oh_tooltip_set (self->unread, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->unread), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  words, -1);
  gtk_widget_set_visible (self->unread, unread > 0);
  if (unread > 0)
    gtk_widget_add_css_class (self->name, "heading");
  else
    gtk_widget_remove_css_class (self->name, "heading");
}

static void
watch_chat (OhContactLine *self, OhChat *chat)
{
  if (self->chat == chat)
    return;
  if (self->chat)
    g_signal_handlers_disconnect_by_data (self->chat, self);
  g_set_object (&self->chat, chat);
  if (chat)
    g_signal_connect_object (chat, "notify::unread", G_CALLBACK (show_unread), self,
                             G_CONNECT_SWAPPED);
  show_unread (self);
}

static void
find_chat (OhContactLine *self)
{
  OhAccount *account = OH_IS_CONTACT (self->item) ? oh_contact_get_account (OH_CONTACT (self->item))
                                                  : NULL;

  if (account)
    watch_chat (self, oh_chats_find (self->chats, oh_account_get_id (account),
                                     oh_contact_get_address (OH_CONTACT (self->item))));
  else
    watch_chat (self, OH_IS_CHAT (self->item) ? OH_CHAT (self->item) : NULL);
}

static void
show_person (OhContactLine *self)
{
  OhContact *contact = OH_IS_CONTACT (self->item) ? OH_CONTACT (self->item) : NULL;
  OhPresence presence = contact ? oh_contact_get_presence (contact) : OH_PRESENCE_UNKNOWN;
  const char *name = contact ? oh_contact_get_name (contact)
                             : oh_chat_get_name (OH_CHAT (self->item));
  gboolean blocked = contact ? oh_contact_is_blocked (contact)
                             : oh_chat_is_blocked (OH_CHAT (self->item));
  g_autofree char *detail = contact   ? oh_chat_words_contact (contact)
                            : blocked ? g_strdup (C_ ("contact", "Blocked"))
                                      : g_strdup (_ ("Not on your contact list"));

  gtk_label_set_text (GTK_LABEL (self->name), name);
  oh_tooltip_set (self->name, contact ? oh_contact_get_address (contact)
                                      : oh_chat_get_address (OH_CHAT (self->item)));
  adw_avatar_set_text (ADW_AVATAR (self->avatar), name);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->presence),
                                blocked ? "action-unavailable-symbolic"
                                        : oh_chat_words_presence_icon (presence));
  if (presence == OH_PRESENCE_AVAILABLE && !blocked)
    gtk_widget_add_css_class (self->presence, "success");
  else
    gtk_widget_remove_css_class (self->presence, "success");
  gtk_widget_set_visible (self->presence, contact || blocked);
  gtk_label_set_text (GTK_LABEL (self->detail), detail);
}

static void
forget_item (OhContactLine *self)
{
  if (self->chats)
    g_signal_handlers_disconnect_by_data (self->chats, self);
  if (self->item)
    g_signal_handlers_disconnect_by_data (self->item, self);
  if (self->chat)
    g_signal_handlers_disconnect_by_data (self->chat, self);
  g_clear_object (&self->chat);
  g_clear_object (&self->item);
  g_clear_object (&self->chats);
}

static void
oh_contact_line_dispose (GObject *object)
{
  forget_item (OH_CONTACT_LINE (object));
  G_OBJECT_CLASS (oh_contact_line_parent_class)->dispose (object);
}

static void
oh_contact_line_class_init (OhContactLineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_contact_line_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/contacts/oh-contact-line.ui");
  gtk_widget_class_bind_template_child (widget_class, OhContactLine, avatar);
  gtk_widget_class_bind_template_child (widget_class, OhContactLine, name);
  gtk_widget_class_bind_template_child (widget_class, OhContactLine, presence);
  gtk_widget_class_bind_template_child (widget_class, OhContactLine, detail);
  gtk_widget_class_bind_template_child (widget_class, OhContactLine, unread);
}

static void
oh_contact_line_init (OhContactLine *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GObject *
oh_contact_line_get_item (OhContactLine *self)
{
  return self->item;
}

void
oh_contact_line_set_item (OhContactLine *self, OhChats *chats, GObject *item)
{
  if (item == self->item && chats == self->chats)
    return;
  forget_item (self);
  self->chats = g_object_ref (chats);
  self->item = g_object_ref (item);
  g_signal_connect_object (item, "notify", G_CALLBACK (show_person), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (chats, "items-changed", G_CALLBACK (find_chat), self, G_CONNECT_SWAPPED);
  find_chat (self);
  show_unread (self);
  show_person (self);
}
