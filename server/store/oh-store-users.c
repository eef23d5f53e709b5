/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/im/oh-im-choices.h"
#include "server/store/oh-json.h"
#include "server/store/oh-store-private.h"

#include "base/oh-error.h"

#include <glib/gstdio.h>

#include <string.h>

#define MAX_NUMBERS 32

/* A change that owns its texts, on its way to the store's thread. */
typedef struct
{
  char *alias, *name, *language, *password_hash;
  int default_option, default_delay_s, decline_action;
  int ring_order, next_delay_s, away_rule, dnd_rule, learn_hours;
  GPtrArray *places; /* NULL: as they are */
} Change;

static void
free_change (gpointer data)
{
  Change *change = data;

  g_free (change->alias);
  g_free (change->name);
  g_free (change->language);
  g_free (change->password_hash);
  g_clear_pointer (&change->places, g_ptr_array_unref);
  g_free (change);
}

static Change *
copy_change (const OhUserChange *from)
{
  Change *change = g_new0 (Change, 1);

  change->alias = from->alias ? g_ascii_strdown (from->alias, -1) : NULL;
  change->name = g_strdup (from->name);
  change->language = g_strdup (from->language);
  change->password_hash = g_strdup (from->password_hash);
  change->default_option = from->default_option;
  change->default_delay_s = from->default_delay_s;
  change->decline_action = from->decline_action;
  change->ring_order = from->ring_order;
  change->next_delay_s = from->next_delay_s;
  change->away_rule = from->away_rule;
  change->dnd_rule = from->dnd_rule;
  change->learn_hours = from->learn_hours;
  if (from->places)
    change->places = oh_places_copy (from->places, from->n_places);
  return change;
}

/* --- Rules --- */

static gboolean
check_alias (const char *alias, GError **error)
{
  gsize length = strlen (alias);
  gboolean fine = length >= 1 && length <= 64 && g_ascii_isalpha (alias[0]);

  for (const char *p = alias; *p && fine; p++)
    fine = g_ascii_isalnum (*p) || strchr ("._-", *p);
  if (!fine)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                 "\"%.64s\" is no user name: use a letter, then letters, digits, '.', '_' or '-', "
                 "at most 64, without '@'",
                 alias);
  return fine;
}

static gboolean
check_text (const char *what, const char *text, gsize max_bytes, GError **error)
{
  gboolean fine = *text && strlen (text) <= max_bytes && g_utf8_validate (text, -1, NULL);

  for (const char *p = text; *p && fine; p = g_utf8_next_char (p))
    fine = !g_unichar_iscntrl (g_utf8_get_char (p));
  if (!fine)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                 "the %s must be text of 1 to %" G_GSIZE_FORMAT " bytes", what, max_bytes);
  return fine;
}

static gboolean
check_language (const char *language, GError **error)
{
  if (strlen (language) >= 2 && strlen (language) <= 16
      && strspn (language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_@")
             == strlen (language))
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
               "\"%.16s\" is no language: use a code like \"en\" or \"de\"", language);
  return FALSE;
}

static gboolean
check_numbers (const Change *change, GError **error)
{
  if (change->default_option != -1 && !oh_im_choice_may_be_default ((guint)change->default_option))
    {
      g_autofree char *known = oh_im_choices_dup_defaults ();

      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the default option must be %s", known);
      return FALSE;
    }
  if (change->default_delay_s != -1
      && (change->default_delay_s < 5 || change->default_delay_s > 120))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "the default delay must be from 5 to 120 seconds");
      return FALSE;
    }
  if (change->decline_action < -1 || change->decline_action > OH_DECLINE_HANG_UP)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "the decline action must be voicemail, busy or hang-up");
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_rules (const Change *change, GError **error)
{
  if (change->ring_order < -1 || change->ring_order > OH_RING_TOGETHER)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the order must be activity, rank or together");
  else if (change->next_delay_s != -1
           && (change->next_delay_s < OH_RING_DELAY_MIN_S
               || change->next_delay_s > OH_RING_DELAY_MAX_S))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                 "the delay to the next must be from %d to %d seconds", OH_RING_DELAY_MIN_S,
                 OH_RING_DELAY_MAX_S);
  else if (change->away_rule < -1 || change->away_rule >= OH_AWAY_WORDS)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                 "the rule for away must be ring, later or skip");
  else if (change->dnd_rule < -1 || change->dnd_rule > OH_QUIET_DEFAULT)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                 "the rule for do not disturb must be ring, later, skip, message or default");
  else
    return TRUE;
  return FALSE;
}

static gboolean
check_change (const Change *change, GError **error)
{
  return (!change->alias || check_alias (change->alias, error))
         && (!change->name || check_text ("name", change->name, 128, error))
         && (!change->language || check_language (change->language, error))
         && check_numbers (change, error) && check_rules (change, error);
}

/* --- Users --- */

static gboolean
explain_taken (const char *alias, GError **error, GError *local)
{
  if (g_error_matches (local, OH_ERROR, OH_ERROR_EXISTS))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "there is a user \"%s\" already", alias);
      g_error_free (local);
    }
  else
    g_propagate_error (error, local);
  return FALSE;
}

static gint64
or_default (int value, guint fallback)
{
  return value < 0 ? fallback : (guint)value;
}

static gboolean
run_add_user (OhStore *store, OhJob *job, GError **error)
{
  static const OhRingRules rules = OH_RING_RULES_INIT;
  const Change *change = job->data;
  GError *local = NULL;

  if (!change->alias)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "a user needs a user name");
      return FALSE;
    }
  if (!check_change (change, error) || !oh_store_check_sip_free (store, change->alias, error))
    return FALSE;
  if (!oh_database_run (
          store->database, &local,
          "INSERT INTO users (alias, name, language, password, default_option, default_delay,"
          " decline_action, ring_order, next_delay, away_rule, dnd_rule, learn_hours)"
          " VALUES (?1, ?2, coalesce (?3, 'en'), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
          "ssssiiiiiiii", change->alias, change->name ? change->name : change->alias,
          change->language, change->password_hash,
          (gint64)(change->default_option == -1 ? OH_OPTION_VOICEMAIL : change->default_option),
          (gint64)(change->default_delay_s == -1 ? 20 : change->default_delay_s),
          (gint64)MAX (change->decline_action, 0), or_default (change->ring_order, rules.order),
          or_default (change->next_delay_s, rules.next_delay_s),
          or_default (change->away_rule, rules.away), or_default (change->dnd_rule, rules.dnd),
          (gint64)(change->learn_hours != 0)))
    return explain_taken (change->alias, error, local);
  job->json = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT "}",
                               oh_database_get_last_id (store->database));
  return TRUE;
}

void
oh_store_add_user (OhStore *store, const OhUserChange *change, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_add_user, reply);

  job->data = copy_change (change);
  job->free_data = free_change;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
require_change (OhStore *store, const char *what, GError **error)
{
  if (oh_database_get_changes (store->database) > 0)
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no such %s", what);
  return FALSE;
}

static gboolean
run_change_user (OhStore *store, OhJob *job, GError **error)
{
  const Change *change = job->data;
  GError *local = NULL;

  if (!check_change (change, error)
      || (change->alias && !oh_store_check_sip_free (store, change->alias, error)))
    return FALSE;
  if (!oh_database_run (
          store->database, &local,
          "UPDATE users SET alias = coalesce (?2, alias), name = coalesce (?3, name),"
          " language = coalesce (?4, language), password = coalesce (?5, password),"
          " default_option = iif (?6 < 0, default_option, ?6),"
          " default_delay = iif (?7 < 0, default_delay, ?7),"
          " decline_action = iif (?8 < 0, decline_action, ?8),"
          " ring_order = iif (?9 < 0, ring_order, ?9),"
          " next_delay = iif (?10 < 0, next_delay, ?10),"
          " away_rule = iif (?11 < 0, away_rule, ?11),"
          " dnd_rule = iif (?12 < 0, dnd_rule, ?12),"
          " learn_hours = iif (?13 < 0, learn_hours, ?13 <> 0) WHERE id = ?1",
          "issssiiiiiiii", job->id, change->alias, change->name, change->language,
          change->password_hash, (gint64)change->default_option, (gint64)change->default_delay_s,
          (gint64)change->decline_action, (gint64)change->ring_order, (gint64)change->next_delay_s,
          (gint64)change->away_rule, (gint64)change->dnd_rule, (gint64)change->learn_hours))
    return explain_taken (change->alias ? change->alias : "", error, local);
  return require_change (store, "user", error)
         && (!change->places || oh_store_write_places (store, job->id, change->places, error))
         && oh_job_succeed (job);
}

void
oh_store_change_user (OhStore *store,
                      gint64 user_id,
                      const OhUserChange *change,
                      const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_change_user, reply);

  job->id = user_id;
  job->data = copy_change (change);
  job->free_data = free_change;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static void
unlink_files (OhJob *job)
{
  GPtrArray *paths = job->data;

  for (guint i = 0; i < paths->len; i++)
    g_unlink (paths->pdata[i]);
}

static gboolean
run_remove_user (OhStore *store, OhJob *job, GError **error)
{
  GPtrArray *paths = job->data;
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT path FROM voicemail WHERE user_id = ?1 UNION ALL"
      " SELECT greeting FROM users WHERE id = ?1 AND greeting IS NOT NULL",
      "i", job->id);

  if (!row)
    return FALSE;
  while (oh_database_step (store->database, row, NULL))
    g_ptr_array_add (paths, g_strdup (oh_database_text (row, 0)));
  return oh_database_run (store->database, error, "DELETE FROM users WHERE id = ?1", "i", job->id)
         && require_change (store, "user", error) && oh_job_succeed (job);
}

void
oh_store_remove_user (OhStore *store, gint64 user_id, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_remove_user, reply);

  job->id = user_id;
  job->data = g_ptr_array_new_with_free_func (g_free);
  job->free_data = (GDestroyNotify)g_ptr_array_unref;
  job->after = unlink_files;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
run_find_password (OhStore *store, OhJob *job, GError **error)
{
  g_autofree char *number = oh_number_normalize (job->text);
  g_autofree char *alias = g_ascii_strdown (job->text, -1);
  g_autoptr (JsonObject) answer = json_object_new ();
  char *at = strrchr (alias, '@');
  GError *local = NULL;
  sqlite3_stmt *row;

  if (at && strcmp (at + 1, store->domain) == 0)
    *at = '\0';
  row = oh_database_query (store->database, error,
                           "SELECT id, password FROM users WHERE alias = ?1 OR id ="
                           " (SELECT user_id FROM numbers WHERE number = ?2)",
                           "ss", alias, number);
  if (!row)
    return FALSE;
  if (!oh_database_step (store->database, row, &local))
    {
      if (local)
        g_propagate_error (error, local);
      else
        g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no such user");
      return FALSE;
    }
  json_object_set_int_member (answer, "user_id", sqlite3_column_int64 (row, 0));
  json_object_set_string_member (answer, "hash", oh_database_text (row, 1));
  oh_database_done (row);
  job->json = oh_json_object_to_string (answer);
  return TRUE;
}

void
oh_store_find_password (OhStore *store, const char *alias, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new_query (run_find_password, reply);

  job->text = g_strdup (alias);
  oh_store_push (store, job);
}

/* --- Numbers --- */

static gboolean
check_free_number (OhStore *store, const char *number, gint64 user_id, GError **error)
{
  sqlite3_stmt *row = oh_database_query (
      store->database, error,
      "SELECT alias FROM users JOIN numbers ON users.id = user_id WHERE number = ?1", "s", number);

  if (!row)
    return FALSE;
  if (oh_database_step (store->database, row, NULL))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "%s is the number of user \"%s\" already",
                   number, oh_database_text (row, 0));
      oh_database_done (row);
      return FALSE;
    }
  row = oh_database_query (store->database, error,
                           "SELECT count (*) FROM numbers WHERE user_id = ?1", "i", user_id);
  if (row && oh_database_step (store->database, row, NULL))
    {
      gint64 count = sqlite3_column_int64 (row, 0);

      oh_database_done (row);
      if (count < MAX_NUMBERS)
        return TRUE;
      g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "a user has at most %d numbers", MAX_NUMBERS);
    }
  return FALSE;
}

static gboolean
run_add_number (OhStore *store, OhJob *job, GError **error)
{
  g_autofree char *number = oh_number_normalize (job->text);

  if (!number || number[0] == '*' || number[0] == '#')
    {
      g_set_error (
          error, OH_ERROR, OH_ERROR_INVALID,
          "\"%.40s\" is no number to give away: use digits, '+' only in front; '*' and '#' "
          "start service numbers",
          job->text);
      return FALSE;
    }
  if (!check_free_number (store, number, job->id, error)
      || !oh_store_check_sip_free (store, number, error))
    return FALSE;
  return oh_database_run (store->database, error,
                          "INSERT INTO numbers (number, user_id) SELECT ?1, id FROM users"
                          " WHERE id = ?2",
                          "si", number, job->id)
         && require_change (store, "user", error) && oh_job_succeed (job);
}

void
oh_store_add_number (OhStore *store, const char *number, gint64 user_id, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_add_number, reply);

  job->text = g_strdup (number);
  job->id = user_id;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
run_remove_number (OhStore *store, OhJob *job, GError **error)
{
  g_autofree char *number = oh_number_normalize (job->text);

  return oh_database_run (store->database, error, "DELETE FROM numbers WHERE number = ?1", "s",
                          number ? number : "")
         && require_change (store, "number", error) && oh_job_succeed (job);
}

void
oh_store_remove_number (OhStore *store, const char *number, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_remove_number, reply);

  job->text = g_strdup (number);
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

/* --- Settings --- */

static void
unlink_former (OhJob *job)
{
  if (job->extra && g_strcmp0 (job->extra, job->text) != 0)
    g_unlink (job->extra);
}

static gboolean
run_set_greeting (OhStore *store, OhJob *job, GError **error)
{
  sqlite3_stmt *row = oh_database_query (
      store->database, error, "SELECT greeting FROM users WHERE id = ?1 AND greeting IS NOT NULL",
      "i", job->id);

  if (!row)
    return FALSE;
  if (oh_database_step (store->database, row, NULL))
    {
      job->extra = g_strdup (oh_database_text (row, 0));
      oh_database_done (row);
    }
  return oh_database_run (store->database, error, "UPDATE users SET greeting = ?2 WHERE id = ?1",
                          "is", job->id, job->text)
         && require_change (store, "user", error) && oh_job_succeed (job);
}

void
oh_store_set_greeting (OhStore *store, gint64 user_id, const char *path, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_set_greeting, reply);

  job->id = user_id;
  job->text = g_strdup (path);
  job->after = unlink_former;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
run_set_setting (OhStore *store, OhJob *job, GError **error)
{
  gboolean done = job->extra
                      ? oh_database_run (
                          store->database, error,
                          "INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)", "ss",
                          job->text, job->extra)
                      : oh_database_run (store->database, error,
                                         "DELETE FROM settings WHERE key = ?1", "s", job->text);

  return done && oh_job_succeed (job);
}

void
oh_store_set_setting (OhStore *store, const char *key, const char *value, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_set_setting, reply);

  job->text = g_strdup (key);
  job->extra = g_strdup (value);
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}
