/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Only in a build with -fsanitize=thread. The sanitizer sees what code that it instrumented does,
 * and calls of pthread. GLib is not instrumented, and its locks, conditions, queues, counted
 * references and main loops are made of futexes and atomics: what they order looks unordered. So
 * the functions below stand in front of GLib's own, for our code and for every library that is no
 * part of libglib itself, call those and tell the sanitizer who waited for whom. Nothing is told
 * that GLib does not promise. */
#define G_LOG_DOMAIN "oh-base"

#include <sanitizer/tsan_interface.h>

#include <glib-object.h>

#include <dlfcn.h>

/* Defines next_NAME: GLib's own function, found at the first call. */
#define NEXT(name)                                                                                 \
  static __typeof__ (&name) next_##name (void)                                                     \
  {                                                                                                \
    static __typeof__ (&name) found;                                                               \
    __typeof__ (&name) function = __atomic_load_n (&found, __ATOMIC_RELAXED);                      \
    if (!function)                                                                                 \
      {                                                                                            \
        function = (__typeof__ (&name))dlsym (RTLD_NEXT, #name);                                   \
        __atomic_store_n (&found, function, __ATOMIC_RELAXED);                                     \
      }                                                                                            \
    return function;                                                                               \
  }

/* --- Locks and conditions --- */

NEXT (g_mutex_lock)
NEXT (g_mutex_trylock)
NEXT (g_mutex_unlock)
NEXT (g_cond_wait)
NEXT (g_cond_wait_until)

void
g_mutex_lock (GMutex *mutex)
{
  next_g_mutex_lock () (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  if (!next_g_mutex_trylock () (mutex))
    return FALSE;
  __tsan_acquire (mutex);
  return TRUE;
}

void
g_mutex_unlock (GMutex *mutex)
{
  __tsan_release (mutex);
  next_g_mutex_unlock () (mutex);
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  __tsan_release (mutex);
  next_g_cond_wait () (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  gboolean signalled;

  __tsan_release (mutex);
  signalled = next_g_cond_wait_until () (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return signalled;
}

/* --- Initialised once: whoever finds it done reads the variable atomically, in our own code --- */

NEXT (g_once_init_enter)
NEXT (g_once_init_leave)

gboolean (g_once_init_enter) (volatile void *location)
{
  gboolean first = next_g_once_init_enter () (location);

  __tsan_acquire ((void *)location);
  return first;
}

void (g_once_init_leave) (volatile void *location, gsize result)
{
  __tsan_release ((void *)location);
  next_g_once_init_leave () (location, result);
}

/* --- Queues and pools --- */

/* What GLib writes meanwhile is none of ours: its own lists, under its own lock. */
void AnnotateIgnoreWritesBegin (const char *file, int line);
void AnnotateIgnoreWritesEnd (const char *file, int line);

NEXT (g_async_queue_push)
NEXT (g_async_queue_pop)
NEXT (g_async_queue_try_pop)
NEXT (g_async_queue_timeout_pop)

void
g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  __tsan_release (queue);
  AnnotateIgnoreWritesBegin (__FILE__, __LINE__);
  next_g_async_queue_push () (queue, data);
  AnnotateIgnoreWritesEnd (__FILE__, __LINE__);
}

gpointer
g_async_queue_pop (GAsyncQueue *queue)
{
  gpointer data = next_g_async_queue_pop () (queue);

  __tsan_acquire (queue);
  return data;
}

gpointer
g_async_queue_try_pop (GAsyncQueue *queue)
{
  gpointer data = next_g_async_queue_try_pop () (queue);

  __tsan_acquire (queue);
  return data;
}

gpointer
g_async_queue_timeout_pop (GAsyncQueue *queue, guint64 timeout)
{
  gpointer data = next_g_async_queue_timeout_pop () (queue, timeout);

  __tsan_acquire (queue);
  return data;
}

/* What a pool runs; pools live as long as the program, and so does this. */
typedef struct
{
  GFunc func;
  gpointer user_data;
} Pool;

NEXT (g_thread_pool_new)
NEXT (g_thread_pool_push)
NEXT (g_thread_pool_move_to_front)

static void
run_pooled (gpointer data, gpointer user_data)
{
  Pool *pool = user_data;

  __tsan_acquire (data);
  pool->func (data, pool->user_data);
}

GThreadPool *
g_thread_pool_new (
    GFunc func, gpointer user_data, gint max_threads, gboolean exclusive, GError **error)
{
  Pool *pool = g_new (Pool, 1);

  *pool = (Pool){ func, user_data };
  return next_g_thread_pool_new () (run_pooled, pool, max_threads, exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool *pool, gpointer data, GError **error)
{
  gboolean pushed;

  __tsan_release (data);
  AnnotateIgnoreWritesBegin (__FILE__, __LINE__);
  pushed = next_g_thread_pool_push () (pool, data, error);
  AnnotateIgnoreWritesEnd (__FILE__, __LINE__);
  return pushed;
}

gboolean
g_thread_pool_move_to_front (GThreadPool *pool, gpointer data)
{
  gboolean found;

  AnnotateIgnoreWritesBegin (__FILE__, __LINE__);
  found = next_g_thread_pool_move_to_front () (pool, data);
  AnnotateIgnoreWritesEnd (__FILE__, __LINE__);
  return found;
}

/* --- Counted references: the last owner sees what all former ones did --- */

NEXT (g_atomic_ref_count_dec)
NEXT (g_object_unref)

gboolean (g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  gboolean last;

  __tsan_release (count);
  last = next_g_atomic_ref_count_dec () (count);
  if (last)
    __tsan_acquire (count);
  return last;
}

/* The count is read, and lowered from above one, as one step: who then finds it to be one is the last
 * owner and waits for all. The sanitizer sees nothing of this lock, which orders nothing else. */
__attribute__ ((no_sanitize ("thread"))) void
g_object_unref (gpointer object)
{
  static int lock;
  static _Thread_local gboolean held; /* toggle references call back */
  GObject *self = object;
  gboolean locks = !held;

  while (locks && __atomic_exchange_n (&lock, 1, __ATOMIC_ACQUIRE))
    continue;
  held = TRUE;
  if (G_IS_OBJECT (object) && __atomic_load_n (&self->ref_count, __ATOMIC_RELAXED) > 1)
    {
      __tsan_release (object);
      next_g_object_unref () (object);
      object = NULL;
    }
  if (locks)
    {
      held = FALSE;
      __atomic_store_n (&lock, 0, __ATOMIC_RELEASE);
    }
  if (!object)
    return;
  __tsan_acquire (object);
  next_g_object_unref () (object);
}

/* --- Main loops: what came before a source was attached, came before its callback --- */

typedef struct
{
  gatomicrefcount refs;
  GSourceFunc func;
  gpointer data;
  GDestroyNotify notify;
} Callback;

NEXT (g_source_attach)
NEXT (g_source_unref)

static void
ref_callback (gpointer data)
{
  g_atomic_ref_count_inc (&((Callback *)data)->refs);
}

static void
unref_callback (gpointer data)
{
  Callback *callback = data;

  if (!g_atomic_ref_count_dec (&callback->refs))
    return;
  if (callback->notify)
    callback->notify (callback->data);
  g_free (callback);
}

/* Called by the loop just before the callback. */
static void
get_callback (gpointer data, GSource *source, GSourceFunc *func, gpointer *user_data)
{
  Callback *callback = data;

  __tsan_acquire (source);
  *func = callback->func;
  *user_data = callback->data;
}

void
g_source_set_callback (GSource *source, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  static GSourceCallbackFuncs funcs = { ref_callback, unref_callback, get_callback };
  Callback *callback = g_new (Callback, 1);

  *callback = (Callback){ .func = func, .data = data, .notify = notify };
  g_atomic_ref_count_init (&callback->refs);
  __tsan_release (source);
  g_source_set_callback_indirect (source, callback, &funcs);
}

guint
g_source_attach (GSource *source, GMainContext *context)
{
  guint id;

  __tsan_release (source);
  AnnotateIgnoreWritesBegin (__FILE__, __LINE__);
  id = next_g_source_attach () (source, context);
  AnnotateIgnoreWritesEnd (__FILE__, __LINE__);
  return id;
}

void
g_source_unref (GSource *source)
{
  AnnotateIgnoreWritesBegin (__FILE__, __LINE__);
  next_g_source_unref () (source);
  AnnotateIgnoreWritesEnd (__FILE__, __LINE__);
}

static guint
add_source (GSource *source, gint priority, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  guint id;

  g_source_set_priority (source, priority);
  g_source_set_callback (source, func, data, notify);
  id = g_source_attach (source, NULL);
  g_source_unref (source);
  return id;
}

guint
g_idle_add_full (gint priority, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  return add_source (g_idle_source_new (), priority, func, data, notify);
}

guint
g_idle_add (GSourceFunc func, gpointer data)
{
  return g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, func, data, NULL);
}

guint
g_timeout_add_full (
    gint priority, guint interval, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  return add_source (g_timeout_source_new (interval), priority, func, data, notify);
}

guint
g_timeout_add (guint interval, GSourceFunc func, gpointer data)
{
  return g_timeout_add_full (G_PRIORITY_DEFAULT, interval, func, data, NULL);
}
