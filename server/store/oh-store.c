/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-directory-private.h"
#include "server/store/oh-store-private.h"

#include "base/oh-error.h"

#include <glib/gstdio.h>
#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* Events wait this long for company before they are committed together: each commit writes the pages anew
 * that it touched, and those of calls at the same time are nearly the same. */
#define GROUP_US (50 * 1000)

typedef struct
{
  guint id;
  OhExecutor executor;
  OhDirectoryFunc directory_func; /* one of the two */
  OhEventFunc event_func;
  gpointer user_data;
} Watch;

/* One piece of news on its way to a watcher. */
typedef struct
{
  Watch watch;
  OhDirectory *directory;
  char *json;
} News;

static void
tell (gpointer data)
{
  News *news = data;

  if (news->watch.directory_func)
    news->watch.directory_func (news->directory, news->watch.user_data);
  else
    news->watch.event_func (news->json, news->watch.user_data);
  oh_directory_unref (news->directory);
  g_free (news->json);
  g_free (news);
}

static void
post_news (const Watch *watch, OhDirectory *directory, const char *json)
{
  News *news = g_new0 (News, 1);

  news->watch = *watch;
  news->directory = directory ? oh_directory_ref (directory) : NULL;
  news->json = g_strdup (json);
  oh_executor_post (&watch->executor, tell, news);
}

/* --- Jobs --- */

OhJob *
oh_job_new (gboolean (*run) (OhStore *, OhJob *, GError **), const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run, reply);

  job->durable = TRUE;
  return job;
}

OhJob *
oh_job_new_query (gboolean (*run) (OhStore *, OhJob *, GError **), const OhStoreReply *reply)
{
  OhJob *job = g_new0 (OhJob, 1);

  job->run = run;
  if (reply && reply->func)
    {
      job->executor = *reply->executor;
      job->func = reply->func;
      job->user_data = reply->user_data;
    }
  return job;
}

void
oh_job_free (OhJob *job)
{
  g_free (job->text);
  g_free (job->extra);
  if (job->data && job->free_data)
    job->free_data (job->data);
  g_free (job->json);
  g_clear_error (&job->error);
  g_free (job);
}

gboolean
oh_job_succeed (OhJob *job)
{
  job->json = g_strdup ("{}");
  return TRUE;
}

static void
answer_job (gpointer data)
{
  OhJob *job = data;

  job->func (job->error ? NULL : job->json, job->error, job->user_data);
  oh_job_free (job);
}

/* The thread sleeps until the first job comes, and then until the group is due or somebody waits for
 * one of its jobs: no other wakes it. */
static void
push_locked (OhStore *store, OhJob *job)
{
  gboolean urgent = job->func || job->durable;
  gboolean wakes = g_queue_is_empty (&store->jobs) || (urgent && !store->urgent);

  if (g_queue_is_empty (&store->jobs))
    store->first_job_us = g_get_monotonic_time ();
  store->urgent += urgent ? 1 : 0;
  g_queue_push_tail (&store->jobs, job);
  if (wakes)
    g_cond_signal (&store->wake);
}

void
oh_store_push (OhStore *store, OhJob *job)
{
  g_mutex_lock (&store->lock);
  push_locked (store, job);
  g_mutex_unlock (&store->lock);
}

gboolean
oh_store_is_closing (OhStore *store)
{
  gboolean closing;

  g_mutex_lock (&store->lock);
  closing = store->closing;
  g_mutex_unlock (&store->lock);
  return closing;
}

/* --- The thread --- */

/* The jobs that have gathered; FALSE: the store closes and there are none. */
static gboolean
wait_for_jobs (OhStore *store, GQueue *batch)
{
  g_mutex_lock (&store->lock);
  while (g_queue_is_empty (&store->jobs) && !store->closing)
    g_cond_wait (&store->wake, &store->lock);
  while (!store->urgent && !store->closing
         && g_cond_wait_until (&store->wake, &store->lock, store->first_job_us + GROUP_US))
    continue;

  *batch = store->jobs;
  g_queue_init (&store->jobs);
  store->urgent = 0;
  g_mutex_unlock (&store->lock);
  return !g_queue_is_empty (batch);
}

static gboolean
is_query (const OhJob *job)
{
  return job->func && !job->durable;
}

/* FALSE with @failure: nothing of this transaction can stay. */
static gboolean
run_job (OhStore *store, OhJob *job, GError **failure)
{
  gboolean separate = job->durable;
  gboolean done;

  if (separate)
    oh_database_exec (store->database, "SAVEPOINT job", NULL);
  done = job->run (store, job, &job->error);
  if (!done && !job->error)
    g_set_error (&job->error, OH_ERROR, OH_ERROR_FAILED, "the database did not answer");
  /* A full disk may have undone everything already, and an event that failed half way has no
   * savepoint of its own. */
  if (!oh_database_is_in_transaction (store->database)
      || (!job->func && g_error_matches (job->error, OH_ERROR, OH_ERROR_LIMIT)))
    {
      if (job->error)
        *failure = g_error_copy (job->error);
      else
        g_set_error (failure, OH_ERROR, OH_ERROR_FAILED, "the transaction was undone");
      return FALSE;
    }
  if (!done && !job->func)
    g_warning ("%s", job->error->message);
  if (separate)
    oh_database_exec (store->database, done ? "RELEASE job" : "ROLLBACK TO job; RELEASE job", NULL);
  return TRUE;
}

static gboolean
is_revoked (gpointer device_id, gpointer seen, gpointer directory)
{
  return !oh_directory_find_device (directory, device_id);
}

/* A new snapshot, for those who watch, before the change is answered. */
static void
publish_directory (OhStore *store)
{
  g_autoptr (GError) error = NULL;
  OhDirectory *directory = oh_directory_load (store->database, store->domain,
                                              store->last_version + 1, &error);
  g_autoptr (OhDirectory) old = NULL;

  if (!directory)
    {
      g_warning ("cannot read the directory, the former one stays: %s", error->message);
      return;
    }
  store->last_version++;
  g_mutex_lock (&store->lock);
  old = store->directory;
  store->directory = directory;
  g_hash_table_foreach_remove (store->touched, is_revoked, directory);
  g_hash_table_foreach_remove (store->answers, oh_answers_is_gone, directory);
  for (guint i = 0; i < store->watches->len; i++)
    {
      Watch *watch = store->watches->pdata[i];

      if (watch->directory_func)
        post_news (watch, directory, NULL);
    }
  g_mutex_unlock (&store->lock);
}

static void
finish_batch (OhStore *store, GQueue *batch, const GError *failure)
{
  OhJob *job;
  gboolean changed = FALSE;

  for (GList *l = batch->head; l && !failure; l = l->next)
    {
      job = l->data;
      changed |= job->changes_directory && !job->error;
    }
  if (changed)
    publish_directory (store);

  while ((job = g_queue_pop_head (batch)))
    {
      if (failure && !job->error && !is_query (job))
        job->error = g_error_copy (failure);
      if (job->after && !job->error)
        job->after (job);
      if (job->func)
        oh_executor_post (&job->executor, answer_job, job);
      else
        oh_job_free (job);
    }
}

static gboolean
write_batch (OhStore *store, GQueue *batch, GError **failure)
{
  if (!oh_database_run (store->database, failure, "BEGIN IMMEDIATE", ""))
    return FALSE;
  for (GList *l = batch->head; l; l = l->next)
    if (!run_job (store, l->data, failure))
      return FALSE;
  return oh_database_run (store->database, failure, "COMMIT", "");
}

/* Who only wants to read is not told of what others could not write. */
static void
answer_queries (OhStore *store, GQueue *batch)
{
  for (GList *l = batch->head; l; l = l->next)
    {
      OhJob *job = l->data;

      if (!is_query (job))
        continue;
      g_clear_pointer (&job->json, g_free);
      g_clear_error (&job->error);
      if (!job->run (store, job, &job->error) && !job->error)
        g_set_error (&job->error, OH_ERROR, OH_ERROR_FAILED, "the database did not answer");
    }
}

/* A full disk stays full for a while: its beginning and its end are told, not every batch. */
static void
note_trouble (OhStore *store, GQueue *batch, const GError *failure)
{
  guint wanted = 0, written = 0;

  for (GList *l = batch->head; l; l = l->next)
    {
      const OhJob *job = l->data;

      wanted += !is_query (job);
      written += !is_query (job) && !job->error;
    }
  if (failure)
    {
      if (store->lost == 0)
        g_warning ("changes cannot be written to %s: %s; check the disk's space", store->path,
                   failure->message);
      store->lost += wanted;
    }
  else if (store->lost > 0 && written > 0)
    {
      g_warning ("%s takes changes again; %u were lost", store->path, store->lost);
      store->lost = 0;
    }
}

static void
run_batch (OhStore *store, GQueue *batch)
{
  g_autoptr (GError) failure = NULL;
  gboolean durable = FALSE;

  for (GList *l = batch->head; l; l = l->next)
    durable |= ((OhJob *)l->data)->durable;

  oh_database_set_durable (store->database, durable);
  if (!write_batch (store, batch, &failure))
    {
      if (oh_database_is_in_transaction (store->database))
        oh_database_exec (store->database, "ROLLBACK", NULL);
      answer_queries (store, batch);
    }
  note_trouble (store, batch, failure);
  finish_batch (store, batch, failure);
}

static gpointer
run_thread (gpointer data)
{
  OhStore *store = data;
  GQueue batch = G_QUEUE_INIT;

  while (wait_for_jobs (store, &batch))
    run_batch (store, &batch);
  return NULL;
}

/* --- Life --- */

/* Two servers on one database would each end the other's calls. The kernel lets go of the lock when
 * the process ends, however that happens. */
static gboolean
take_lock (OhStore *store, GError **error)
{
  g_autofree char *path = g_strconcat (store->path, ".lock", NULL);

  store->lock_fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (store->lock_fd >= 0 && flock (store->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (store->lock_fd >= 0)
    g_set_error (error, OH_ERROR, OH_ERROR_BUSY,
                 "another offhookd uses the database %s; stop it, or choose another [server] "
                 "state_dir",
                 store->path);
  else
    g_set_error (error, OH_ERROR, OH_ERROR_DENIED,
                 "cannot open the database %s: %s; check its owner and the folder's rights",
                 store->path, g_strerror (errno));
  return FALSE;
}

static void
free_store (OhStore *store)
{
  oh_database_close (store->database);
  if (store->lock_fd >= 0)
    close (store->lock_fd);
  oh_directory_unref (store->directory);
  g_ptr_array_unref (store->watches);
  g_hash_table_unref (store->touched);
  g_hash_table_unref (store->answers);
  g_hash_table_unref (store->calls);
  g_ptr_array_unref (store->unfinished);
  g_array_unref (store->receivers);
  g_ptr_array_unref (store->devices);
  g_ptr_array_unref (store->told);
  g_ptr_array_unref (store->programs);
  g_cond_clear (&store->wake);
  g_mutex_clear (&store->lock);
  g_free (store->path);
  g_free (store->domain);
  g_free (store);
}

static gboolean
load (OhStore *store, GError **error)
{
  store->last_seq = (guint64)oh_database_get_int (store->database, "SELECT max (seq) FROM events",
                                                  0);
  store->last_row = oh_database_get_int (store->database, "SELECT max (row) FROM history", 0);
  if (!oh_store_end_open_calls (store, error) || !oh_store_load_unfinished (store, error)
      || !oh_store_load_receivers (store, error) || !oh_store_load_answers (store, error)
      || !oh_store_load_told (store, error) || !oh_store_load_programs (store, error))
    return FALSE;
  store->last_version = 1;
  store->directory = oh_directory_load (store->database, store->domain, 1, error);
  return store->directory != NULL;
}

static gboolean
prepare (OhStore *store, GError **error)
{
  store->database = oh_database_open (store->path, error);
  if (!store->database)
    return FALSE;
  if (!load (store, error))
    {
      g_prefix_error (error, "cannot read the database %s: ", store->path);
      return FALSE;
    }
  return TRUE;
}

OhStore *
oh_store_open (const char *path, const char *domain, GError **error)
{
  OhStore *store;

  if (sodium_init () < 0)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "libsodium does not start");
      return NULL;
    }
  store = g_new0 (OhStore, 1);
  store->path = g_strdup (path);
  store->domain = g_strdup (domain);
  g_mutex_init (&store->lock);
  g_cond_init (&store->wake);
  g_queue_init (&store->jobs);
  store->watches = g_ptr_array_new_with_free_func (g_free);
  store->touched = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  store->answers = oh_answers_new_table ();
  store->calls = oh_history_new_calls ();
  store->unfinished = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_voicemail_free);
  store->receivers = g_array_new (FALSE, FALSE, sizeof (gint64));
  store->devices = g_ptr_array_new_with_free_func (g_free);
  store->told = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_told_free);
  store->programs = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_seen_program_free);
  if (!take_lock (store, error) || !prepare (store, error))
    {
      free_store (store);
      return NULL;
    }
  store->thread = g_thread_new ("store", run_thread, store);
  return store;
}

void
oh_store_close (OhStore *store)
{
  if (!store)
    return;
  g_mutex_lock (&store->lock);
  store->closing = TRUE;
  g_cond_signal (&store->wake);
  g_mutex_unlock (&store->lock);
  g_thread_join (store->thread);
  free_store (store);
}

/* --- Watching --- */

OhDirectory *
oh_store_dup_directory (OhStore *store)
{
  OhDirectory *directory;

  g_mutex_lock (&store->lock);
  directory = oh_directory_ref (store->directory);
  g_mutex_unlock (&store->lock);
  return directory;
}

static guint
add_watch (OhStore *store, Watch watch)
{
  g_mutex_lock (&store->lock);
  watch.id = ++store->last_watch;
  g_ptr_array_add (store->watches, g_memdup2 (&watch, sizeof watch));
  if (watch.directory_func)
    post_news (&watch, store->directory, NULL);
  g_mutex_unlock (&store->lock);
  return watch.id;
}

guint
oh_store_watch_directory (OhStore *store,
                          const OhExecutor *executor,
                          OhDirectoryFunc func,
                          gpointer user_data)
{
  return add_watch (
      store, (Watch){ .executor = *executor, .directory_func = func, .user_data = user_data });
}

guint
oh_store_watch_events (OhStore *store,
                       const OhExecutor *executor,
                       OhEventFunc func,
                       gpointer user_data)
{
  return add_watch (store,
                    (Watch){ .executor = *executor, .event_func = func, .user_data = user_data });
}

void
oh_store_unwatch (OhStore *store, guint id)
{
  g_mutex_lock (&store->lock);
  for (guint i = 0; i < store->watches->len; i++)
    if (((Watch *)store->watches->pdata[i])->id == id)
      {
        g_ptr_array_remove_index (store->watches, i);
        break;
      }
  g_mutex_unlock (&store->lock);
}

/* --- Events --- */

static gboolean
run_add_event (OhStore *store, OhJob *job, GError **error)
{
  return oh_store_write_event (store, job->data, error);
}

void
oh_store_add_event (OhStore *store, OhEvent *event)
{
  OhJob *job = oh_job_new_query (run_add_event, NULL);
  g_autofree char *json = NULL;

  job->data = event;
  job->free_data = (GDestroyNotify)oh_event_free;
  g_mutex_lock (&store->lock);
  event->seq = ++store->last_seq;
  for (guint i = 0; i < store->watches->len; i++)
    {
      Watch *watch = store->watches->pdata[i];

      if (!watch->event_func)
        continue;
      if (!json)
        json = oh_event_to_json (event);
      post_news (watch, NULL, json);
    }
  push_locked (store, job);
  g_mutex_unlock (&store->lock);
}
