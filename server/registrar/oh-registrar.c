/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-registrar"

#include "server/registrar/oh-registrar.h"

#include "base/oh-clock.h"

/* What is known of a device, whichever way it is reached. */
typedef struct
{
  OhPresence presence;
  gint64 active_us;
  gboolean in_use;
} State;

struct _OhRegistrar
{
  GHashTable *by_user;   /* gint64* -> GPtrArray of borrowed OhBinding */
  GHashTable *by_device; /* id -> GPtrArray of borrowed OhBinding */
  GHashTable *by_flow;   /* flow text -> borrowed OhBinding, the newest one of that flow */
  GHashTable *states;    /* device id -> State, of those that are signed in */
  GPtrArray *heap;       /* owns the bindings; the one that ends first is at 0 */
  OhRegistrarFunc changed;
  gpointer user_data;
};

const char *
oh_presence_get_name (OhPresence presence)
{
  static const char *const names[] = { "open", "away", "dnd", "closed" };

  return names[presence];
}

OhBinding *
oh_binding_new (void)
{
  return g_new0 (OhBinding, 1);
}

void
oh_binding_free (OhBinding *binding)
{
  if (!binding)
    return;
  g_free (binding->device_id);
  g_free (binding->device_name);
  g_free (binding->contact);
  g_free (binding->key);
  g_free (binding->route);
  g_free (binding->address);
  g_free (binding->transport);
  g_free (binding->user_agent);
  g_free (binding->audio);
  g_free (binding);
}

/* --- The heap --- */

static OhBinding *
heap_at (OhRegistrar *registrar, guint i)
{
  return g_ptr_array_index (registrar->heap, i);
}

static void
heap_place (OhRegistrar *registrar, OhBinding *binding, guint i)
{
  registrar->heap->pdata[i] = binding;
  binding->heap_index = i;
}

static void
heap_settle (OhRegistrar *registrar, guint i)
{
  OhBinding *binding = heap_at (registrar, i);
  guint n = registrar->heap->len;

  while (i > 0 && heap_at (registrar, (i - 1) / 2)->expires_us > binding->expires_us)
    {
      heap_place (registrar, heap_at (registrar, (i - 1) / 2), i);
      i = (i - 1) / 2;
    }
  for (;;)
    {
      guint child = 2 * i + 1;

      if (child >= n)
        break;
      if (child + 1 < n
          && heap_at (registrar, child + 1)->expires_us < heap_at (registrar, child)->expires_us)
        child++;
      if (heap_at (registrar, child)->expires_us >= binding->expires_us)
        break;
      heap_place (registrar, heap_at (registrar, child), i);
      i = child;
    }
  heap_place (registrar, binding, i);
}

static void
heap_remove (OhRegistrar *registrar, OhBinding *binding)
{
  guint i = binding->heap_index;
  OhBinding *last = heap_at (registrar, registrar->heap->len - 1);

  g_ptr_array_set_size (registrar->heap, registrar->heap->len - 1);
  if (last == binding)
    return;
  heap_place (registrar, last, i);
  heap_settle (registrar, i);
}

/* --- The tables --- */

static char *
make_flow (const char *transport, const char *address, guint16 port)
{
  return g_strdup_printf ("%s %s %u", transport, address, port);
}

static GPtrArray *
get_list (GHashTable *table, gconstpointer key, gpointer new_key)
{
  GPtrArray *list = g_hash_table_lookup (table, key);

  if (list)
    {
      g_free (new_key);
      return list;
    }
  list = g_ptr_array_new ();
  g_hash_table_insert (table, new_key, list);
  return list;
}

static void
drop_from_list (GHashTable *table, gconstpointer key, OhBinding *binding)
{
  GPtrArray *list = g_hash_table_lookup (table, key);

  if (!list)
    return;
  g_ptr_array_remove (list, binding);
  if (list->len == 0)
    g_hash_table_remove (table, key);
}

static void
link_binding (OhRegistrar *registrar, OhBinding *binding)
{
  gint64 *user_key = g_memdup2 (&binding->user_id, sizeof binding->user_id);

  g_ptr_array_add (get_list (registrar->by_user, &binding->user_id, user_key), binding);
  g_ptr_array_add (
      get_list (registrar->by_device, binding->device_id, g_strdup (binding->device_id)), binding);
  g_hash_table_insert (registrar->by_flow,
                       make_flow (binding->transport, binding->address, binding->port), binding);
  g_ptr_array_add (registrar->heap, binding);
  heap_settle (registrar, registrar->heap->len - 1);
}

static void
unlink_binding (OhRegistrar *registrar, OhBinding *binding)
{
  g_autofree char *flow = make_flow (binding->transport, binding->address, binding->port);

  drop_from_list (registrar->by_user, &binding->user_id, binding);
  drop_from_list (registrar->by_device, binding->device_id, binding);
  if (g_hash_table_lookup (registrar->by_flow, flow) == binding)
    g_hash_table_remove (registrar->by_flow, flow);
  heap_remove (registrar, binding);
}

OhRegistrar *
oh_registrar_new (OhRegistrarFunc changed, gpointer user_data)
{
  OhRegistrar *registrar = g_new0 (OhRegistrar, 1);

  registrar->by_user = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                              (GDestroyNotify)g_ptr_array_unref);
  registrar->by_device = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)g_ptr_array_unref);
  registrar->by_flow = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  registrar->states = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  registrar->heap = g_ptr_array_new ();
  registrar->changed = changed;
  registrar->user_data = user_data;
  return registrar;
}

void
oh_registrar_free (OhRegistrar *registrar)
{
  if (!registrar)
    return;
  g_hash_table_unref (registrar->by_user);
  g_hash_table_unref (registrar->by_device);
  g_hash_table_unref (registrar->by_flow);
  g_hash_table_unref (registrar->states);
  g_ptr_array_set_free_func (registrar->heap, (GDestroyNotify)oh_binding_free);
  g_ptr_array_unref (registrar->heap);
  g_free (registrar);
}

static void
tell_changed (OhRegistrar *registrar, gint64 user_id)
{
  if (registrar->changed)
    registrar->changed (registrar, user_id, registrar->user_data);
}

static OhBinding *
find_in_device (OhRegistrar *registrar, const char *device_id, const char *key)
{
  GPtrArray *list = g_hash_table_lookup (registrar->by_device, device_id);

  for (guint i = 0; list && i < list->len; i++)
    {
      OhBinding *binding = g_ptr_array_index (list, i);

      if (!key || g_str_equal (binding->key, key))
        return binding;
    }
  return NULL;
}

static State *
get_state (OhRegistrar *registrar, const char *device_id)
{
  State *state = g_hash_table_lookup (registrar->states, device_id);

  if (!state)
    {
      state = g_new0 (State, 1);
      g_hash_table_insert (registrar->states, g_strdup (device_id), state);
    }
  return state;
}

void
oh_registrar_put (OhRegistrar *registrar, OhBinding *binding)
{
  OhBinding *old = find_in_device (registrar, binding->device_id, binding->key);
  gint64 user_id = binding->user_id;
  State *state;

  if (old)
    {
      unlink_binding (registrar, old);
      oh_binding_free (old);
    }
  state = get_state (registrar, binding->device_id);
  if (!find_in_device (registrar, binding->device_id, NULL) && !old && !binding->weak)
    state->active_us = oh_clock_now ();
  binding->presence = state->presence;
  binding->active_us = state->active_us;
  binding->in_use = state->in_use;
  link_binding (registrar, binding);
  tell_changed (registrar, user_id);
}

guint
oh_registrar_remove (OhRegistrar *registrar, const char *device_id, const char *key)
{
  OhBinding *binding;
  gint64 user_id = 0;
  guint n = 0;

  while ((binding = find_in_device (registrar, device_id, key)))
    {
      user_id = binding->user_id;
      unlink_binding (registrar, binding);
      oh_binding_free (binding);
      n++;
    }
  if (!find_in_device (registrar, device_id, NULL))
    g_hash_table_remove (registrar->states, device_id);
  if (n > 0)
    tell_changed (registrar, user_id);
  return n;
}

GPtrArray *
oh_registrar_find_by_user (OhRegistrar *registrar, gint64 user_id)
{
  return g_hash_table_lookup (registrar->by_user, &user_id);
}

GPtrArray *
oh_registrar_find_by_device (OhRegistrar *registrar, const char *device_id)
{
  return g_hash_table_lookup (registrar->by_device, device_id);
}

const OhBinding *
oh_registrar_find_by_flow (OhRegistrar *registrar,
                           const char *transport,
                           const char *address,
                           guint16 port)
{
  g_autofree char *flow = make_flow (transport, address, port);

  return g_hash_table_lookup (registrar->by_flow, flow);
}

/* To the bindings of the device; NULL: it has none. */
static GPtrArray *
set_state (OhRegistrar *registrar,
           const char *device_id,
           OhPresence presence,
           gint64 active_us,
           gboolean in_use)
{
  GPtrArray *list = g_hash_table_lookup (registrar->by_device, device_id);
  State *state = list ? get_state (registrar, device_id) : NULL;

  for (guint i = 0; list && i < list->len; i++)
    {
      OhBinding *binding = g_ptr_array_index (list, i);

      binding->presence = state->presence = presence;
      binding->active_us = state->active_us = oh_clock_later (state->active_us, active_us);
      binding->in_use = state->in_use = in_use;
    }
  return list;
}

void
oh_registrar_touch (OhRegistrar *registrar, const char *device_id)
{
  const State *state = g_hash_table_lookup (registrar->states, device_id);

  if (state)
    set_state (registrar, device_id, state->presence, oh_clock_now (), state->in_use);
}

void
oh_registrar_set_presence (OhRegistrar *registrar,
                           const char *device_id,
                           OhPresence presence,
                           gint64 active_us,
                           gboolean in_use)
{
  const State *state = g_hash_table_lookup (registrar->states, device_id);
  gboolean is_back = state && state->presence == OH_PRESENCE_AWAY && presence == OH_PRESENCE_OPEN;
  GPtrArray *list = set_state (registrar, device_id, presence,
                               is_back && !active_us ? oh_clock_now () : active_us, in_use);

  if (!list)
    return;
  tell_changed (registrar, ((OhBinding *)g_ptr_array_index (list, 0))->user_id);
}

guint
oh_registrar_expire (OhRegistrar *registrar, gint64 now_us)
{
  guint n = 0;

  while (registrar->heap->len > 0 && heap_at (registrar, 0)->expires_us <= now_us)
    {
      OhBinding *binding = heap_at (registrar, 0);
      gint64 user_id = binding->user_id;

      g_debug ("device %s expired", binding->device_id);
      unlink_binding (registrar, binding);
      if (!find_in_device (registrar, binding->device_id, NULL))
        g_hash_table_remove (registrar->states, binding->device_id);
      oh_binding_free (binding);
      tell_changed (registrar, user_id);
      n++;
    }
  return n;
}

gint64
oh_registrar_get_next_expiry (OhRegistrar *registrar)
{
  return registrar->heap->len > 0 ? heap_at (registrar, 0)->expires_us : G_MAXINT64;
}

guint
oh_registrar_get_size (OhRegistrar *registrar)
{
  return registrar->heap->len;
}

void
oh_registrar_foreach (OhRegistrar *registrar,
                      void (*func) (const OhBinding *binding, gpointer user_data),
                      gpointer user_data)
{
  for (guint i = 0; i < registrar->heap->len; i++)
    func (heap_at (registrar, i), user_data);
}
