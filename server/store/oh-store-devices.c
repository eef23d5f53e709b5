/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-secret.h"
#include "server/store/oh-store-rows.h"

#include "base/oh-error.h"

#define MAX_DEVICES 50
#define TOUCH_S 60

/* OhDeviceInfo that owns its texts. */
typedef struct
{
  gint64 user_id;
  char *name, *program, *version, *instance;
  gboolean desk_phone;
} Info;

static void
free_info (gpointer data)
{
  Info *info = data;

  g_free (info->name);
  g_free (info->program);
  g_free (info->version);
  g_free (info->instance);
  g_free (info);
}

static gboolean
make_room (OhStore *store, const Info *info, GError **error)
{
  sqlite3_stmt *row;
  gint64 count = 0;

  if (info->instance
      && !oh_database_run (store->database, error,
                           "DELETE FROM devices WHERE user_id = ?1 AND program = ?2"
                           " AND instance = ?3",
                           "iss", info->user_id, info->program, info->instance))
    return FALSE;
  row = oh_database_query (store->database, error,
                           "SELECT count (*) FROM devices WHERE user_id = ?1", "i", info->user_id);
  if (!row)
    return FALSE;
  if (oh_database_step (store->database, row, NULL))
    {
      count = sqlite3_column_int64 (row, 0);
      oh_database_done (row);
    }
  if (count < MAX_DEVICES)
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_LIMIT,
               "the user has %d devices already; revoke one that is no longer used", MAX_DEVICES);
  return FALSE;
}

static gboolean
insert_device (OhStore *store, const Info *info, const char *id, const char *secret, GError **error)
{
  OhSipDigest algorithm = info->desk_phone ? OH_SIP_DIGEST_MD5 : OH_SIP_DIGEST_SHA256;
  g_autofree char *ha1 = oh_sip_ha1 (algorithm, id, store->domain, secret);
  g_autofree char *hash = oh_secret_hash (secret);

  return oh_database_run (
      store->database, error,
      "INSERT INTO devices (id, user_id, name, program, version, instance, desk_phone, algorithm,"
      " ha1, secret_hash, created_us, seen)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11 / 1000000)",
      "sissssiissi", id, info->user_id, info->name, info->program, info->version, info->instance,
      (gint64)info->desk_phone, (gint64)algorithm, ha1, hash, g_get_real_time ());
}

static gboolean
run_add_device (OhStore *store, OhJob *job, GError **error)
{
  const Info *info = job->data;
  g_autofree char *id = oh_secret_new_id ('d');
  char *secret = oh_secret_new ();
  gboolean done = make_room (store, info, error) && insert_device (store, info, id, secret, error);

  if (done)
    job->json = g_strdup_printf ("{\"device_id\":\"%s\",\"secret\":\"%s\"}", id, secret);
  oh_secret_free (secret);
  return done;
}

void
oh_store_add_device (OhStore *store, const OhDeviceInfo *info, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_add_device, reply);
  Info *copy = g_new0 (Info, 1);

  copy->user_id = info->user_id;
  copy->program = g_strdup (info->program      ? info->program
                            : info->desk_phone ? "desk-phone"
                                               : "offhook");
  copy->name = g_strdup (info->name && *info->name ? info->name : copy->program);
  copy->version = g_strdup (info->version ? info->version : "");
  copy->instance = g_strdup (info->instance);
  copy->desk_phone = info->desk_phone;
  job->data = copy;
  job->free_data = free_info;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
expect_device (OhStore *store, OhJob *job, GError **error)
{
  if (oh_database_get_changes (store->database) > 0)
    return oh_job_succeed (job);
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no such device");
  return FALSE;
}

static gboolean
run_revoke_device (OhStore *store, OhJob *job, GError **error)
{
  if (!oh_database_run (store->database, error,
                        "DELETE FROM devices WHERE id = ?1 AND (?2 = 0 OR user_id = ?2)", "si",
                        job->text, job->id))
    return FALSE;
  return expect_device (store, job, error);
}

void
oh_store_revoke_device (OhStore *store,
                        gint64 user_id,
                        const char *device_id,
                        const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_revoke_device, reply);

  job->id = user_id;
  job->text = g_strdup (device_id);
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
run_place_device (OhStore *store, OhJob *job, GError **error)
{
  if (!oh_ring_check_place ((int)job->id, (int)job->value, error)
      || !oh_database_run (store->database, error,
                           "UPDATE devices SET rank = iif (?2 < 0, rank, ?2),"
                           " evidence = iif (?3 < 0, evidence, ?3) WHERE id = ?1",
                           "sii", job->text, job->id, job->value))
    return FALSE;
  return expect_device (store, job, error);
}

void
oh_store_place_device (
    OhStore *store, const char *device_id, int rank, int evidence, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_place_device, reply);

  job->id = rank;
  job->value = evidence;
  job->text = g_strdup (device_id);
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
run_list_devices (OhStore *store, OhJob *job, GError **error)
{
  static const OhColumn columns[] = {
    { "id", OH_COLUMN_TEXT },      { "name", OH_COLUMN_TEXT },       { "program", OH_COLUMN_TEXT },
    { "version", OH_COLUMN_TEXT }, { "user", OH_COLUMN_TEXT },       { "created", OH_COLUMN_INT },
    { "seen", OH_COLUMN_INT },     { "desk_phone", OH_COLUMN_BOOL }, { "rank", OH_COLUMN_INT },
    { "evidence", OH_COLUMN_TEXT }
  };
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT devices.id, devices.name, program, version, alias, created_us / 1000000, seen,"
      " desk_phone, rank, CASE evidence WHEN 1 THEN 'weak' WHEN 2 THEN 'strong' ELSE 'auto' END"
      " FROM devices JOIN users ON users.id = user_id WHERE ?1 = 0 OR user_id = ?1"
      " ORDER BY user_id, created_us, devices.id",
      "i", job->id);

  return oh_job_answer_rows (store, job, row, "devices", columns, G_N_ELEMENTS (columns), error);
}

void
oh_store_list_devices (OhStore *store, gint64 user_id, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run_list_devices, reply);

  job->id = user_id;
  oh_store_push (store, job);
}

static gboolean
run_touch_device (OhStore *store, OhJob *job, GError **error)
{
  return oh_database_run (store->database, error, "UPDATE devices SET seen = ?2 WHERE id = ?1",
                          "si", job->text, g_get_real_time () / G_USEC_PER_SEC);
}

void
oh_store_touch_device (OhStore *store, const char *device_id)
{
  gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;
  gboolean is_new;
  OhJob *job;

  g_mutex_lock (&store->lock);
  is_new = now - GPOINTER_TO_SIZE (g_hash_table_lookup (store->touched, device_id)) >= TOUCH_S
           || !g_hash_table_contains (store->touched, device_id);
  if (is_new && oh_directory_find_device (store->directory, device_id))
    g_hash_table_replace (store->touched, g_strdup (device_id), GSIZE_TO_POINTER (now));
  g_mutex_unlock (&store->lock);
  if (!is_new)
    return;
  job = oh_job_new_query (run_touch_device, NULL);
  job->text = g_strdup (device_id);
  oh_store_push (store, job);
}
