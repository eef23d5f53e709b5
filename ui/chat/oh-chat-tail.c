/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-chat-tail.h"

/* In messages. A list makes a row for each at once, some milliseconds each, so it grows in steps that
 * nobody sees. */
#define FIRST 16
#define STEP 4
#define AROUND 20 /* above one that is sought */

/* chat:  0 ........ offset ........ length
 *                   |--- the tail ---|        grown: offset - STEP, once its oldest one is loaded */
struct _OhChatTail
{
  GObject parent;
  OhChat *chat;
  guint offset;
  guint length;           /* of the chat, as was told last */
  OhChatMessage *awaited; /* the oldest of those that come next, or NULL */
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhChatTail,
                               oh_chat_tail,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static GType
get_item_type (GListModel *model)
{
  return OH_TYPE_CHAT_MESSAGE;
}

static guint
get_n_items (GListModel *model)
{
  OhChatTail *self = OH_CHAT_TAIL (model);

  return self->length - self->offset;
}

static gpointer
get_item (GListModel *model, guint position)
{
  OhChatTail *self = OH_CHAT_TAIL (model);

  if (position >= self->length - self->offset)
    return NULL;
  return g_list_model_get_item (G_LIST_MODEL (self->chat), self->offset + position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
stop_waiting (OhChatTail *self)
{
  if (self->awaited)
    g_signal_handlers_disconnect_by_data (self->awaited, self);
  g_clear_object (&self->awaited);
}

static void
on_awaited_loaded (OhChatTail *self)
{
  guint step = MIN (STEP, self->offset);

  stop_waiting (self);
  self->offset -= step;
  g_list_model_items_changed (G_LIST_MODEL (self), 0, 0, step);
}

static void
on_chat_changed (GListModel *chat, guint position, guint removed, guint added, OhChatTail *self)
{
  guint shown = self->length - self->offset;

  self->length = g_list_model_get_n_items (chat);
  if (position >= self->offset && self->offset > 0)
    {
      g_list_model_items_changed (G_LIST_MODEL (self), position - self->offset, removed, added);
      return;
    }
  if (removed == 0 && position == shown && shown > 0) /* all of it is shown */
    {
      g_list_model_items_changed (G_LIST_MODEL (self), position, 0, added);
      return;
    }
  stop_waiting (self);
  self->offset = self->length > FIRST ? self->length - FIRST : 0;
  g_list_model_items_changed (G_LIST_MODEL (self), 0, shown, self->length - self->offset);
}

static void
dispose (GObject *object)
{
  OhChatTail *self = OH_CHAT_TAIL (object);

  stop_waiting (self);
  g_clear_object (&self->chat);
  self->length = self->offset = 0;
  G_OBJECT_CLASS (oh_chat_tail_parent_class)->dispose (object);
}

static void
oh_chat_tail_class_init (OhChatTailClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
}

static void
oh_chat_tail_init (OhChatTail *self)
{
}

OhChatTail *
oh_chat_tail_new (OhChat *chat)
{
  OhChatTail *self = g_object_new (OH_TYPE_CHAT_TAIL, NULL);

  self->chat = g_object_ref (chat);
  self->length = g_list_model_get_n_items (G_LIST_MODEL (chat));
  self->offset = self->length > FIRST ? self->length - FIRST : 0;
  g_signal_connect_object (chat, "items-changed", G_CALLBACK (on_chat_changed), self, 0);
  return self;
}

void
oh_chat_tail_grow (OhChatTail *self)
{
  g_return_if_fail (OH_IS_CHAT_TAIL (self));
  if (self->offset == 0 || self->awaited)
    return;
  self->awaited = g_list_model_get_item (G_LIST_MODEL (self->chat),
                                         self->offset - MIN (STEP, self->offset));
  if (oh_chat_message_is_loaded (self->awaited))
    on_awaited_loaded (self);
  else
    g_signal_connect_swapped (self->awaited, "notify::loaded", G_CALLBACK (on_awaited_loaded),
                              self);
}

guint
oh_chat_tail_reach (OhChatTail *self, guint number)
{
  guint offset = number > AROUND ? number - AROUND : 0;
  guint more = self->offset - MIN (offset, self->offset);

  g_return_val_if_fail (OH_IS_CHAT_TAIL (self) && number < self->length, 0);
  if (more > 0)
    {
      stop_waiting (self);
      self->offset -= more;
      g_list_model_items_changed (G_LIST_MODEL (self), 0, 0, more);
    }
  return number - self->offset;
}
