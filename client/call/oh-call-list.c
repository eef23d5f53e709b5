/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/call/oh-call-list.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define LINGER_MS 3000
#define TRIM_S 40 /* after the last call: SIP has forgotten it by then, too (RFC 3261 17.1.1.2) */

struct _OhCallList
{
  GObject parent;
  GPtrArray *calls;
  GHashTable *timers; /* OhCall -> source id: leaves the list then */
  OhCall *active;     /* borrowed from @calls */
  guint trim_timer;
};

enum
{
  SIGNAL_ADDED,
  SIGNAL_CHANGED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhCallList,
                               oh_call_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static GType
get_item_type (GListModel *model)
{
  return OH_TYPE_CALL;
}

static guint
get_n_items (GListModel *model)
{
  return OH_CALL_LIST (model)->calls->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  OhCallList *list = OH_CALL_LIST (model);

  return position < list->calls->len ? g_object_ref (list->calls->pdata[position]) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static int
rank (OhCall *call)
{
  switch (oh_call_get_state (call))
    {
    case OH_CALL_ACTIVE:
      return oh_call_is_held (call) ? 1 : 4;
    case OH_CALL_CONNECTING:
    case OH_CALL_CALLING:
    case OH_CALL_RINGING:
      return 3;
    case OH_CALL_INCOMING:
      return 2;
    case OH_CALL_ENDED:
      break;
    }
  return 0;
}

static void
choose_active (OhCallList *list)
{
  OhCall *best = NULL;

  for (guint i = 0; i < list->calls->len; i++)
    {
      OhCall *call = list->calls->pdata[i];

      if (rank (call) > (best ? rank (best) : 0))
        best = call;
    }
  if (best == list->active)
    return;
  list->active = best;
  g_object_notify (G_OBJECT (list), "active");
}

static gboolean
has_sound (OhCall *call)
{
  return oh_call_get_state (call) == OH_CALL_ACTIVE && !oh_call_is_held (call);
}

static gboolean
wants_sound (OhCall *call)
{
  OhCallState state = oh_call_get_state (call);

  return has_sound (call) || state == OH_CALL_CONNECTING || state == OH_CALL_CALLING;
}

static void
hold_others (OhCallList *list, OhCall *call)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_copy (list->calls, (GCopyFunc)g_object_ref, NULL);

  g_ptr_array_set_free_func (calls, g_object_unref);
  for (guint i = 0; i < calls->len; i++)
    if (calls->pdata[i] != call && has_sound (calls->pdata[i]))
      oh_call_set_held (calls->pdata[i], TRUE);
}

/* All that calls needed is free again, and malloc would keep it for ever: some 6 MiB after 200 calls. */
static gboolean
on_trim_due (gpointer user_data)
{
  OhCallList *list = user_data;

  list->trim_timer = 0;
#ifdef __GLIBC__
  malloc_trim (0);
#endif
  return G_SOURCE_REMOVE;
}

typedef struct
{
  OhCallList *list;
  OhCall *call;
} Leaving;

static gboolean
on_linger_over (gpointer user_data)
{
  Leaving *leaving = user_data;
  OhCallList *list = leaving->list;
  guint position;

  g_hash_table_remove (list->timers, leaving->call);
  if (g_ptr_array_find (list->calls, leaving->call, &position))
    {
      g_signal_handlers_disconnect_by_data (leaving->call, list);
      g_ptr_array_remove_index (list->calls, position);
      g_list_model_items_changed (G_LIST_MODEL (list), position, 1, 0);
      choose_active (list);
    }
  g_clear_handle_id (&list->trim_timer, g_source_remove);
  if (list->calls->len == 0)
    list->trim_timer = g_timeout_add_seconds (TRIM_S, on_trim_due, list);
  return G_SOURCE_REMOVE;
}

static void
let_leave (OhCallList *list, OhCall *call)
{
  Leaving *leaving;

  if (g_hash_table_contains (list->timers, call))
    return;
  leaving = g_new (Leaving, 1);
  leaving->list = list;
  leaving->call = call;
  g_hash_table_insert (list->timers, call,
                       GUINT_TO_POINTER (g_timeout_add_full (G_PRIORITY_DEFAULT, LINGER_MS,
                                                             on_linger_over, leaving, g_free)));
}

static void
on_call_changed (OhCall *call, GParamSpec *pspec, OhCallList *list)
{
  if (wants_sound (call))
    hold_others (list, call);
  if (oh_call_get_state (call) == OH_CALL_ENDED)
    let_leave (list, call);
  choose_active (list);
  g_signal_emit (list, signals[SIGNAL_CHANGED], 0, call);
}

static void
dispose (GObject *object)
{
  OhCallList *list = OH_CALL_LIST (object);
  GHashTableIter iter;
  gpointer timer;

  g_hash_table_iter_init (&iter, list->timers);
  while (g_hash_table_iter_next (&iter, NULL, &timer))
    g_source_remove (GPOINTER_TO_UINT (timer));
  g_hash_table_remove_all (list->timers);
  g_clear_handle_id (&list->trim_timer, g_source_remove);
  for (guint i = 0; i < list->calls->len; i++)
    g_signal_handlers_disconnect_by_data (list->calls->pdata[i], list);
  list->active = NULL;
  g_ptr_array_set_size (list->calls, 0);
  G_OBJECT_CLASS (oh_call_list_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhCallList *list = OH_CALL_LIST (object);

  g_ptr_array_unref (list->calls);
  g_hash_table_unref (list->timers);
  G_OBJECT_CLASS (oh_call_list_parent_class)->finalize (object);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_object (value, OH_CALL_LIST (object)->active);
}

static void
oh_call_list_class_init (OhCallListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = dispose;
  object_class->finalize = finalize;
  object_class->get_property = get_property;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_object ("active", NULL, NULL, OH_TYPE_CALL,
                                                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  signals[SIGNAL_ADDED] = g_signal_new ("added", OH_TYPE_CALL_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, OH_TYPE_CALL);
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", OH_TYPE_CALL_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, OH_TYPE_CALL);
}

static void
oh_call_list_init (OhCallList *list)
{
  list->calls = g_ptr_array_new_with_free_func (g_object_unref);
  list->timers = g_hash_table_new (NULL, NULL);
}

OhCallList *
oh_call_list_new (void)
{
  return g_object_new (OH_TYPE_CALL_LIST, NULL);
}

void
oh_call_list_add (OhCallList *list, OhCall *call)
{
  OhCallInterface *iface = OH_CALL_GET_IFACE (call);

  g_return_if_fail (OH_IS_CALL_LIST (list));
  g_return_if_fail (iface->choose && iface->hang_up && iface->send_digit && iface->set_muted
                    && iface->set_held && iface->get_string);
  g_clear_handle_id (&list->trim_timer, g_source_remove);
  g_ptr_array_add (list->calls, g_object_ref (call));
  g_signal_connect (call, "notify::state", G_CALLBACK (on_call_changed), list);
  g_signal_connect (call, "notify::held", G_CALLBACK (on_call_changed), list);
  g_signal_connect (call, "notify::early-media", G_CALLBACK (on_call_changed), list);
  g_signal_connect (call, "notify::chosen", G_CALLBACK (on_call_changed), list);
  g_list_model_items_changed (G_LIST_MODEL (list), list->calls->len - 1, 0, 1);
  on_call_changed (call, NULL, list);
  g_signal_emit (list, signals[SIGNAL_ADDED], 0, call);
}

OhCall *
oh_call_list_get_active (OhCallList *list)
{
  g_return_val_if_fail (OH_IS_CALL_LIST (list), NULL);
  return list->active;
}

gboolean
oh_call_list_is_in_call (OhCallList *list, OhCall *except)
{
  g_return_val_if_fail (OH_IS_CALL_LIST (list), FALSE);
  for (guint i = 0; i < list->calls->len; i++)
    {
      OhCall *call = list->calls->pdata[i];
      OhCallState state = oh_call_get_state (call);

      if (call != except && (state == OH_CALL_ACTIVE || state == OH_CALL_CONNECTING))
        return TRUE;
    }
  return FALSE;
}

void
oh_call_list_end_all (OhCallList *list)
{
  g_autoptr (GPtrArray) calls = NULL;

  g_return_if_fail (OH_IS_CALL_LIST (list));
  calls = g_ptr_array_copy (list->calls, (GCopyFunc)g_object_ref, NULL);
  g_ptr_array_set_free_func (calls, g_object_unref);
  for (guint i = 0; i < calls->len; i++)
    if (oh_call_get_state (calls->pdata[i]) != OH_CALL_INCOMING)
      oh_call_hang_up (calls->pdata[i]);
}
