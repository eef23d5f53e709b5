/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/window/oh-history-mix.h"

struct _OhHistoryMix
{
  GObject parent;
  GListModel *calls;
  GListModel *messages;
  GArray *starts;      /* of each call, unix s; 0: not read yet */
  GArray *places;      /* of each message: its position in the whole list, rising */
  GHashTable *awaited; /* OhHistoryEntry that are being read -> position among the calls */
  guint n_items;       /* as last told */
  guint place_source;
};

static void oh_history_mix_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhHistoryMix,
                               oh_history_mix,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      oh_history_mix_list_model_init))

/* Behind the last call that is known to be newer than @start. */
static guint
count_newer (OhHistoryMix *self, gint64 start)
{
  guint newer = 0;
  for (guint i = 0; i < self->starts->len; i++)
    {
      gint64 known = g_array_index (self->starts, gint64, i);
      if (known && known <= start)
        break;
      if (known)
        newer = i + 1;
    }
  return newer;
}

static GArray *
compute_places (OhHistoryMix *self)
{
  guint n = g_list_model_get_n_items (self->messages);
  GArray *places = g_array_sized_new (FALSE, FALSE, sizeof (guint), n);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhVoicemail) message = g_list_model_get_item (self->messages, i);
      guint place = i + count_newer (self, oh_voicemail_get_start (message));
      if (i > 0)
        place = MAX (place, g_array_index (places, guint, i - 1) + 1);
      g_array_append_val (places, place);
    }
  return places;
}

/* The messages move; only what lies between an old and a new place is told as changed. */
static gboolean
on_place (gpointer data)
{
  OhHistoryMix *self = data;
  g_autoptr (GArray) old = self->places;
  guint first = G_MAXUINT, last = 0;

  self->place_source = 0;
  self->places = compute_places (self);
  for (guint i = 0; i < old->len && i < self->places->len; i++)
    {
      guint before = g_array_index (old, guint, i);
      guint now = g_array_index (self->places, guint, i);
      if (before == now)
        continue;
      first = MIN (first, MIN (before, now));
      last = MAX (last, MAX (before, now));
    }
  if (first != G_MAXUINT)
    g_list_model_items_changed (G_LIST_MODEL (self), first, last - first + 1, last - first + 1);
  return G_SOURCE_REMOVE;
}

static void
place_soon (OhHistoryMix *self)
{
  if (!self->place_source && self->places->len > 0)
    self->place_source = g_idle_add (on_place, self);
}

static void
learn (OhHistoryMix *self, OhHistoryEntry *entry, guint position)
{
  gint64 *start = &g_array_index (self->starts, gint64, position);
  if (*start == oh_history_entry_get_start (entry))
    return;
  *start = oh_history_entry_get_start (entry);
  place_soon (self);
}

static void
on_loaded (OhHistoryEntry *entry, GParamSpec *spec, OhHistoryMix *self)
{
  gpointer position;
  if (!oh_history_entry_is_loaded (entry)
      || !g_hash_table_lookup_extended (self->awaited, entry, NULL, &position))
    return;
  learn (self, entry, GPOINTER_TO_UINT (position));
  g_signal_handlers_disconnect_by_func (entry, on_loaded, self);
  g_hash_table_remove (self->awaited, entry);
}

static void
forget_awaited (OhHistoryMix *self)
{
  GHashTableIter iter;
  gpointer entry;
  g_hash_table_iter_init (&iter, self->awaited);
  while (g_hash_table_iter_next (&iter, &entry, NULL))
    g_signal_handlers_disconnect_by_func (entry, on_loaded, self);
  g_hash_table_remove_all (self->awaited);
}

static gpointer
get_call (OhHistoryMix *self, guint position)
{
  OhHistoryEntry *entry = g_list_model_get_item (self->calls, position);
  if (!entry)
    return NULL;
  if (oh_history_entry_is_loaded (entry))
    learn (self, entry, position);
  else if (!g_hash_table_contains (self->awaited, entry))
    {
      g_hash_table_insert (self->awaited, g_object_ref (entry), GUINT_TO_POINTER (position));
      g_signal_connect_object (entry, "notify::loaded", G_CALLBACK (on_loaded), self, 0);
    }
  return entry;
}

static void
reset (OhHistoryMix *self)
{
  guint old = self->n_items;
  guint n_calls = g_list_model_get_n_items (self->calls);

  g_clear_handle_id (&self->place_source, g_source_remove);
  forget_awaited (self);
  g_array_set_size (self->starts, 0);
  g_array_set_size (self->starts, n_calls);
  self->n_items = n_calls + g_list_model_get_n_items (self->messages);
  /* New messages are among the newest: with as many calls read they mostly stand right at once. */
  for (guint i = 0; i < n_calls && i <= g_list_model_get_n_items (self->messages); i++)
    g_object_unref (get_call (self, i));
  g_array_unref (self->places);
  self->places = compute_places (self);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, old, self->n_items);
}

static gpointer
get_item (GListModel *model, guint position)
{
  OhHistoryMix *self = OH_HISTORY_MIX (model);
  for (guint i = 0; i < self->places->len; i++)
    {
      guint place = g_array_index (self->places, guint, i);
      if (place == position)
        return g_list_model_get_item (self->messages, i);
      if (place > position)
        return get_call (self, position - i);
    }
  return position < self->n_items ? get_call (self, position - self->places->len) : NULL;
}

static guint
get_n_items (GListModel *model)
{
  return OH_HISTORY_MIX (model)->n_items;
}

static GType
get_item_type (GListModel *model)
{
  return G_TYPE_OBJECT;
}

static void
oh_history_mix_list_model_init (GListModelInterface *iface)
{
  iface->get_item = get_item;
  iface->get_n_items = get_n_items;
  iface->get_item_type = get_item_type;
}

static void
oh_history_mix_dispose (GObject *object)
{
  OhHistoryMix *self = OH_HISTORY_MIX (object);
  g_clear_handle_id (&self->place_source, g_source_remove);
  if (self->awaited)
    forget_awaited (self);
  g_clear_object (&self->calls);
  g_clear_object (&self->messages);
  G_OBJECT_CLASS (oh_history_mix_parent_class)->dispose (object);
}

static void
oh_history_mix_finalize (GObject *object)
{
  OhHistoryMix *self = OH_HISTORY_MIX (object);
  g_array_unref (self->starts);
  g_array_unref (self->places);
  g_hash_table_unref (self->awaited);
  G_OBJECT_CLASS (oh_history_mix_parent_class)->finalize (object);
}

static void
oh_history_mix_class_init (OhHistoryMixClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_history_mix_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_history_mix_finalize;
}

static void
oh_history_mix_init (OhHistoryMix *self)
{
  self->starts = g_array_new (FALSE, TRUE, sizeof (gint64));
  self->places = g_array_new (FALSE, FALSE, sizeof (guint));
  self->awaited = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
}

OhHistoryMix *
oh_history_mix_new (GListModel *calls, GListModel *messages)
{
  OhHistoryMix *self = g_object_new (OH_TYPE_HISTORY_MIX, NULL);
  self->calls = g_object_ref (calls);
  self->messages = g_object_ref (messages);
  g_signal_connect_object (calls, "items-changed", G_CALLBACK (reset), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (messages, "items-changed", G_CALLBACK (reset), self, G_CONNECT_SWAPPED);
  reset (self);
  return self;
}
