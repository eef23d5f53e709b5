/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-store-rows.h"

#include "base/oh-error.h"

OhWaitingMessage *
oh_waiting_message_copy (const OhWaitingMessage *from)
{
  OhWaitingMessage *message = g_memdup2 (from, sizeof *from);

  message->from_uri = g_strdup (from->from_uri);
  message->from_name = g_strdup (from->from_name);
  message->text = g_strdup (from->text);
  message->to_uri = g_strdup (from->to_uri);
  message->device = g_strdup (from->device);
  message->receipt = g_strdup (from->receipt);
  return message;
}

void
oh_waiting_message_free (OhWaitingMessage *message)
{
  if (!message)
    return;
  g_free (message->from_uri);
  g_free (message->from_name);
  g_free (message->text);
  g_free (message->to_uri);
  g_free (message->device);
  g_free (message->receipt);
  g_free (message);
}

/* --- Writing --- */

static gboolean
run_keep (OhStore *store, OhJob *job, GError **error)
{
  const OhWaitingMessage *message = job->data;

  if (!oh_database_run (
          store->database, error,
          "INSERT INTO messages (user_id, sender, from_uri, from_name, text, time, device, receipt,"
          " to_uri) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?11"
          " WHERE (SELECT count (*) FROM messages WHERE user_id = ?1) < ?9"
          " AND (SELECT count (*) FROM messages WHERE user_id = ?1 AND sender = ?2) < ?10",
          "iisssissiis", message->user_id, message->sender, message->from_uri, message->from_name,
          message->text, message->time, message->device, message->receipt,
          (gint64)OH_STORE_MAX_MESSAGES, (gint64)OH_STORE_MAX_MESSAGES_OF_ONE, message->to_uri))
    return FALSE;
  if (oh_database_get_changes (store->database) == 0)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many messages wait for that user");
      return FALSE;
    }
  job->json = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT "}",
                               oh_database_get_last_id (store->database));
  return TRUE;
}

void
oh_store_keep_message (OhStore *store, const OhWaitingMessage *message, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_keep, reply);

  job->data = oh_waiting_message_copy (message);
  job->free_data = (GDestroyNotify)oh_waiting_message_free;
  oh_store_push (store, job);
}

static gboolean
run_drop (OhStore *store, OhJob *job, GError **error)
{
  return oh_database_run (store->database, error, "DELETE FROM messages WHERE id = ?1", "i",
                          job->id);
}

void
oh_store_drop_message (OhStore *store, gint64 id)
{
  OhJob *job = oh_job_new_query (run_drop, NULL);

  job->id = id;
  oh_store_push (store, job);
}

static gboolean
run_deliver (OhStore *store, OhJob *job, GError **error)
{
  return oh_database_run (
             store->database, error,
             "INSERT INTO receipts (device_id, receipt, user_id, to_uri, time)"
             " SELECT device, receipt, user_id, to_uri, ?2 FROM messages m WHERE id = ?1"
             " AND receipt IS NOT NULL AND EXISTS (SELECT 1 FROM devices d WHERE d.id = m.device)"
             " AND (SELECT count (*) FROM receipts r WHERE r.device_id = m.device) < ?3",
             "iii", job->id, g_get_real_time () / G_USEC_PER_SEC, (gint64)OH_STORE_MAX_RECEIPTS)
         && run_drop (store, job, error);
}

void
oh_store_deliver_message (OhStore *store, gint64 id)
{
  OhJob *job = oh_job_new_query (run_deliver, NULL);

  job->id = id;
  oh_store_push (store, job);
}

/* --- Reading --- */

static gboolean
run_list (OhStore *store, OhJob *job, GError **error)
{
  static const OhColumn columns[] = {
    { "id", OH_COLUMN_INT },      { "sender", OH_COLUMN_INT },   { "from", OH_COLUMN_TEXT },
    { "name", OH_COLUMN_TEXT },   { "text", OH_COLUMN_TEXT },    { "time", OH_COLUMN_INT },
    { "device", OH_COLUMN_TEXT }, { "receipt", OH_COLUMN_TEXT }, { "to", OH_COLUMN_TEXT },
  };
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT id, sender, from_uri, from_name, text, time, device, receipt, to_uri FROM messages"
      " WHERE user_id = ?1 ORDER BY coalesce (device = ?3, 0), id LIMIT ?2",
      "iis", job->id, job->value, job->text);

  return oh_job_answer_rows (store, job, row, "messages", columns, G_N_ELEMENTS (columns), error);
}

void
oh_store_list_messages (
    OhStore *store, gint64 user_id, const char *last, guint limit, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run_list, reply);

  job->id = user_id;
  job->text = g_strdup (last);
  job->value = limit;
  oh_store_push (store, job);
}

static gboolean
load_devices (OhStore *store, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (store->database, error,
                                         "SELECT DISTINCT device_id FROM receipts", "");

  while (row && oh_database_step (store->database, row, &local))
    g_ptr_array_add (store->devices, g_strdup (oh_database_text (row, 0)));
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

gboolean
oh_store_load_receivers (OhStore *store, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (store->database, error,
                                         "SELECT DISTINCT user_id FROM messages", "");

  while (row && oh_database_step (store->database, row, &local))
    {
      gint64 user_id = sqlite3_column_int64 (row, 0);

      g_array_append_val (store->receivers, user_id);
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local && load_devices (store, error);
}

GArray *
oh_store_dup_receivers (OhStore *store)
{
  return g_array_copy (store->receivers);
}

/* --- Receipts --- */

static gboolean
run_list_receipts (OhStore *store, OhJob *job, GError **error)
{
  static const OhColumn columns[] = { { "id", OH_COLUMN_INT },
                                      { "receipt", OH_COLUMN_TEXT },
                                      { "from", OH_COLUMN_TEXT },
                                      { "to", OH_COLUMN_TEXT },
                                      { "time", OH_COLUMN_INT } };
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT r.id, receipt, 'sip:' || alias || '@' || ?3, to_uri, time FROM receipts r"
      " JOIN users u ON u.id = user_id WHERE device_id = ?1 ORDER BY r.id LIMIT ?2",
      "sis", job->text, job->value, store->domain);

  return oh_job_answer_rows (store, job, row, "receipts", columns, G_N_ELEMENTS (columns), error);
}

void
oh_store_list_receipts (OhStore *store,
                        const char *device_id,
                        guint limit,
                        const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run_list_receipts, reply);

  job->text = g_strdup (device_id);
  job->value = limit;
  oh_store_push (store, job);
}

static gboolean
run_drop_receipt (OhStore *store, OhJob *job, GError **error)
{
  return oh_database_run (store->database, error, "DELETE FROM receipts WHERE id = ?1", "i",
                          job->id);
}

void
oh_store_drop_receipt (OhStore *store, gint64 id)
{
  OhJob *job = oh_job_new_query (run_drop_receipt, NULL);

  job->id = id;
  oh_store_push (store, job);
}

static gpointer
copy_text (gconstpointer text, gpointer unused)
{
  return g_strdup (text);
}

GPtrArray *
oh_store_dup_receipt_devices (OhStore *store)
{
  GPtrArray *devices = g_ptr_array_copy (store->devices, (GCopyFunc)copy_text, NULL);

  g_ptr_array_set_free_func (devices, g_free);
  return devices;
}
