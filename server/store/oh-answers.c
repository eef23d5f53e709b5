/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-store-private.h"

#include "base/oh-error.h"

#include <string.h>
#include <time.h>

#define DAY_HOURS (OH_ANSWERS_SLOTS / 2)

/* The answers lie in the database, and in memory for whoever makes a plan: there an array is never changed
 * once others may see it, but replaced. */

GArray *
oh_answers_new (void)
{
  return g_array_new (FALSE, TRUE, sizeof (OhAnswer));
}

guint
oh_answers_get_slot (gint64 time_s)
{
  time_t time = (time_t)time_s;
  struct tm local;

  if (!localtime_r (&time, &local))
    return 0;
  return (guint)local.tm_hour + (local.tm_wday == 0 || local.tm_wday == 6 ? DAY_HOURS : 0);
}

static void
add (GArray *answers, gint64 id, gint64 time_s, const char *device_id, gint64 identity_id)
{
  OhAnswer answer = { id, time_s, oh_answers_get_slot (time_s),
                      device_id ? g_intern_string (device_id) : NULL, identity_id };

  g_array_append_val (answers, answer);
}

void
oh_answers_add (GArray *answers, gint64 time_s, const char *device_id, gint64 identity_id)
{
  add (answers, 0, time_s, device_id, identity_id);
}

/* --- In memory --- */

GHashTable *
oh_answers_new_table (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_array_unref);
}

gboolean
oh_answers_is_gone (gpointer user_id, gpointer answers, gpointer directory)
{
  return !oh_directory_find_user_by_id (directory, *(gint64 *)user_id);
}

GArray *
oh_store_dup_answers (OhStore *store, gint64 user_id)
{
  GArray *answers;

  g_mutex_lock (&store->lock);
  answers = g_hash_table_lookup (store->answers, &user_id);
  if (answers)
    g_array_ref (answers);
  g_mutex_unlock (&store->lock);
  return answers;
}

/* Those that are not older than @before_s. Transfer full. */
static GArray *
copy_newer (const GArray *answers, gint64 before_s)
{
  GArray *copy = oh_answers_new ();

  for (guint i = 0; i < answers->len; i++)
    if (g_array_index (answers, OhAnswer, i).time_s >= before_s)
      g_array_append_val (copy, g_array_index (answers, OhAnswer, i));
  return copy;
}

/* Those from @first on, with room for one more. @answers: NULL for none. Transfer full. */
static GArray *
copy_from (const GArray *answers, guint first)
{
  guint length = answers ? answers->len - first : 0;
  GArray *copy = g_array_sized_new (FALSE, TRUE, sizeof (OhAnswer), length + 1);

  if (length > 0)
    g_array_append_vals (copy, &g_array_index (answers, OhAnswer, first), length);
  return copy;
}

/* Takes @answers. Under the lock. */
static void
replace_locked (OhStore *store, gint64 user_id, GArray *answers)
{
  g_hash_table_replace (store->answers, g_memdup2 (&user_id, sizeof user_id), answers);
}

/* The newest one of the user, which is in the database already. Returns the row of the newest one that is
 * forgotten for it; 0: none is. Only this thread changes the table, so that what is copied stays. */
static gint64
remember (OhStore *store, gint64 user_id, gint64 time_s, const char *device_id, gint64 identity_id)
{
  g_autoptr (GArray) before = oh_store_dup_answers (store, user_id);
  guint forgotten = before && before->len >= OH_ANSWERS_MAX ? before->len - OH_ANSWERS_MAX + 1 : 0;
  GArray *answers = copy_from (before, forgotten);

  add (answers, oh_database_get_last_id (store->database), time_s, device_id, identity_id);
  g_mutex_lock (&store->lock);
  replace_locked (store, user_id, answers);
  g_mutex_unlock (&store->lock);
  return forgotten ? g_array_index (before, OhAnswer, forgotten - 1).id : 0;
}

/* The clock may have been set meanwhile: the first is not always the oldest. */
static gboolean
has_older (const GArray *answers, gint64 before_s)
{
  for (guint i = 0; i < answers->len; i++)
    if (g_array_index (answers, OhAnswer, i).time_s < before_s)
      return TRUE;
  return FALSE;
}

void
oh_answers_drop_before (OhStore *store, gint64 before_s)
{
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&store->lock);
  g_hash_table_iter_init (&iter, store->answers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      if (has_older (value, before_s))
        g_hash_table_iter_replace (&iter, copy_newer (value, before_s));
    }
  g_mutex_unlock (&store->lock);
}

/* --- In the database --- */

/* Of each user as many as there may be lie there. */
gboolean
oh_store_load_answers (OhStore *store, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT user_id, id, time, device_id, identity_id FROM answers ORDER BY user_id, id", "");

  while (row && oh_database_step (store->database, row, &local))
    {
      gint64 user_id = sqlite3_column_int64 (row, 0);
      GArray *answers = g_hash_table_lookup (store->answers, &user_id);

      if (!answers)
        replace_locked (store, user_id, answers = oh_answers_new ());
      add (answers, sqlite3_column_int64 (row, 1), sqlite3_column_int64 (row, 2),
           (const char *)sqlite3_column_text (row, 3), sqlite3_column_int64 (row, 4));
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

/* Without effect where the user does not want it, or the device or identity is gone already. */
static gboolean
insert_answer (OhStore *store,
               gint64 user_id,
               gint64 time_s,
               const char *device_id,
               gint64 identity_id,
               GError **error)
{
  return oh_database_run (
      store->database, error,
      "INSERT INTO answers (user_id, time, device_id, identity_id)"
      " SELECT id, ?2, ?3, nullif (?4, 0) FROM users u WHERE id = ?1 AND learn_hours AND"
      " (EXISTS (SELECT 1 FROM devices WHERE id = ?3 AND user_id = u.id)"
      "  OR EXISTS (SELECT 1 FROM im_identities WHERE id = ?4 AND user_id = u.id))",
      "iisi", user_id, time_s, device_id, identity_id);
}

gboolean
oh_answers_fold (OhStore *store, const OhEvent *event, GError **error)
{
  gint64 identity_id, forgotten, time_s = event->time_us / G_USEC_PER_SEC;
  const char *device_id = event->device_id;

  if (!event->user_id || strcmp (event->kind, OH_EVENT_ANSWERED) != 0)
    return TRUE;
  identity_id = json_object_get_int_member_with_default (event->details, "identity", 0);
  if (identity_id || g_strcmp0 (device_id, OH_EVENT_BROWSER) == 0)
    device_id = NULL;
  if (!device_id && !identity_id)
    return TRUE;
  if (!insert_answer (store, event->user_id, time_s, device_id, identity_id, error))
    return FALSE;
  if (oh_database_get_changes (store->database) == 0)
    return TRUE;
  forgotten = remember (store, event->user_id, time_s, device_id, identity_id);
  if (!forgotten)
    return TRUE;
  return oh_database_run (store->database, error,
                          "DELETE FROM answers WHERE user_id = ?1 AND id <= ?2", "ii",
                          event->user_id, forgotten);
}

/* --- Forgetting --- */

static gboolean
run_forget_answers (OhStore *store, OhJob *job, GError **error)
{
  sqlite3_stmt *row = oh_database_query (store->database, error,
                                         "SELECT 1 FROM users WHERE id = ?1", "i", job->id);

  if (!row)
    return FALSE;
  if (!oh_database_step (store->database, row, error))
    {
      if (!*error)
        g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no such user");
      return FALSE;
    }
  oh_database_done (row);
  if (!oh_database_run (store->database, error, "DELETE FROM answers WHERE user_id = ?1", "i",
                        job->id))
    return FALSE;
  g_mutex_lock (&store->lock);
  g_hash_table_remove (store->answers, &job->id);
  g_mutex_unlock (&store->lock);
  return oh_job_succeed (job);
}

void
oh_store_forget_answers (OhStore *store, gint64 user_id, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_forget_answers, reply);

  job->id = user_id;
  oh_store_push (store, job);
}
