/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-directory-private.h"

#include "base/oh-error.h"

static char *
dup_text (sqlite3_stmt *statement, int column)
{
  return g_strdup (oh_database_text (statement, column));
}

static char *
dup_or_null (sqlite3_stmt *statement, int column)
{
  return sqlite3_column_type (statement, column) == SQLITE_NULL ? NULL
                                                                : dup_text (statement, column);
}

/* One item a line. NULL is an empty list, "" a list of one empty item (the prefix of all numbers). */
static char **
dup_list (sqlite3_stmt *statement, int column)
{
  const char *text = oh_database_text (statement, column);
  char **list;

  if (sqlite3_column_type (statement, column) == SQLITE_NULL)
    return g_new0 (char *, 1);
  if (*text)
    return g_strsplit (text, "\n", -1);
  list = g_new0 (char *, 2);
  list[0] = g_strdup ("");
  return list;
}

static char **
load_numbers (OhDatabase *database, gint64 user_id)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  sqlite3_stmt *row = oh_database_query (
      database, NULL, "SELECT number FROM numbers WHERE user_id = ?1 ORDER BY rowid", "i", user_id);

  while (row && oh_database_step (database, row, NULL))
    g_strv_builder_add (builder, oh_database_text (row, 0));
  return g_strv_builder_end (builder);
}

/* Of four columns from @first on. */
static OhRingRules
read_rules (sqlite3_stmt *row, int first)
{
  return (OhRingRules){ .order = (OhRingOrder)sqlite3_column_int (row, first),
                        .next_delay_s = (guint)sqlite3_column_int (row, first + 1),
                        .away = (OhQuietRule)sqlite3_column_int (row, first + 2),
                        .dnd = (OhQuietRule)sqlite3_column_int (row, first + 3) };
}

static gboolean
load_users (OhDirectory *directory, OhDatabase *database, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      database, error,
      "SELECT id, alias, name, language, default_option, default_delay, decline_action, greeting,"
      " ring_order, next_delay, away_rule, dnd_rule, learn_hours,"
      " (SELECT count (*) FROM voicemail v"
      "  WHERE v.user_id = users.id AND state = 'message' AND NOT heard),"
      " (SELECT count (*) FROM voicemail v"
      "  WHERE v.user_id = users.id AND state = 'message' AND heard)"
      " FROM users ORDER BY id",
      "");

  while (row && oh_database_step (database, row, &local))
    {
      OhUser *user = g_new0 (OhUser, 1);

      user->id = sqlite3_column_int64 (row, 0);
      user->alias = dup_text (row, 1);
      user->name = dup_text (row, 2);
      user->language = dup_text (row, 3);
      user->default_option = (OhOption)sqlite3_column_int (row, 4);
      user->default_delay_s = (guint)sqlite3_column_int (row, 5);
      user->decline_action = (OhDeclineAction)sqlite3_column_int (row, 6);
      user->greeting = dup_or_null (row, 7);
      user->ring = read_rules (row, 8);
      user->learn_hours = sqlite3_column_int (row, 12) != 0;
      user->new_messages = (guint)sqlite3_column_int (row, 13);
      user->old_messages = (guint)sqlite3_column_int (row, 14);
      user->numbers = load_numbers (database, user->id);
      oh_directory_take_user (directory, user);
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

static gboolean
load_devices (OhDirectory *directory, OhDatabase *database, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      database, error,
      "SELECT id, user_id, name, program, desk_phone, algorithm, ha1, secret_hash, rank, evidence"
      " FROM devices ORDER BY created_us, id",
      "");

  while (row && oh_database_step (database, row, &local))
    {
      OhDevice *device = g_new0 (OhDevice, 1);

      device->id = dup_text (row, 0);
      device->name = dup_text (row, 2);
      device->program = dup_text (row, 3);
      device->desk_phone = sqlite3_column_int (row, 4) != 0;
      device->credential.algorithm = (OhSipDigest)sqlite3_column_int (row, 5);
      g_strlcpy (device->credential.ha1, oh_database_text (row, 6), sizeof device->credential.ha1);
      device->rank = (guint)sqlite3_column_int (row, 8);
      device->evidence = (OhEvidence)sqlite3_column_int (row, 9);
      oh_directory_take_device (directory, sqlite3_column_int64 (row, 1), device,
                                oh_database_text (row, 7));
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

static OhTrunk *
read_trunk (sqlite3_stmt *row)
{
  OhTrunk *trunk = g_new0 (OhTrunk, 1);

  trunk->id = sqlite3_column_int64 (row, 0);
  trunk->name = dup_text (row, 1);
  trunk->kind = (OhTrunkKind)sqlite3_column_int (row, 2);
  trunk->aor = dup_or_null (row, 3);
  trunk->registrar = dup_or_null (row, 4);
  trunk->proxy = dup_or_null (row, 5);
  trunk->auth_user = dup_or_null (row, 6);
  trunk->secret = dup_or_null (row, 7);
  trunk->transport = dup_text (row, 8);
  trunk->trusted = dup_list (row, 9);
  trunk->codecs = dup_list (row, 10);
  trunk->srtp = (OhTrunkSrtp)sqlite3_column_int (row, 11);
  trunk->prefixes = dup_list (row, 12);
  trunk->caller_number = dup_or_null (row, 13);
  trunk->public_address = dup_or_null (row, 14);
  trunk->number = dup_or_null (row, 15);
  trunk->tls_name = dup_or_null (row, 16);
  return trunk;
}

static gboolean
load_trunks (OhDirectory *directory, OhDatabase *database, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      database, error,
      "SELECT id, name, kind, aor, registrar, proxy, auth_user, secret, transport, trusted, codecs,"
      " srtp, prefixes, caller_number, public_address, number, tls_name FROM trunks ORDER BY id",
      "");

  while (row && oh_database_step (database, row, &local))
    oh_directory_take_trunk (directory, read_trunk (row));
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

static gboolean
load_im_logins (OhDirectory *directory, OhDatabase *database, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      database, error,
      "SELECT id, name, protocol, username, options, secret, fingerprint, rate, proxy, proxy_secret"
      " FROM im_accounts ORDER BY id",
      "");

  while (row && oh_database_step (database, row, &local))
    {
      OhImLogin *login = g_new0 (OhImLogin, 1);

      login->id = sqlite3_column_int64 (row, 0);
      login->name = dup_text (row, 1);
      login->protocol = dup_text (row, 2);
      login->username = dup_text (row, 3);
      login->options = dup_list (row, 4);
      login->secret = dup_or_null (row, 5);
      login->fingerprint = dup_or_null (row, 6);
      login->rate = (guint)sqlite3_column_int (row, 7);
      login->proxy = dup_or_null (row, 8);
      login->proxy_secret = dup_or_null (row, 9);
      oh_directory_take_im_login (directory, login);
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

static gboolean
load_im_identities (OhDirectory *directory, OhDatabase *database, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      database, error,
      "SELECT user_id, account_id, name, verified, show_number, id, rank, evidence"
      " FROM im_identities ORDER BY id",
      "");

  while (row && oh_database_step (database, row, &local))
    {
      OhImIdentity *identity = g_new0 (OhImIdentity, 1);

      identity->name = dup_text (row, 2);
      identity->verified = sqlite3_column_int (row, 3) != 0;
      identity->show_number = sqlite3_column_int (row, 4) != 0;
      identity->id = sqlite3_column_int64 (row, 5);
      identity->rank = (guint)sqlite3_column_int (row, 6);
      identity->evidence = (OhEvidence)sqlite3_column_int (row, 7);
      oh_directory_take_im_identity (directory, sqlite3_column_int64 (row, 0),
                                     sqlite3_column_int64 (row, 1), identity);
    }
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

static gboolean
load_settings (OhDirectory *directory, OhDatabase *database, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (database, error, "SELECT key, value FROM settings", "");

  while (row && oh_database_step (database, row, &local))
    oh_directory_set_setting (directory, oh_database_text (row, 0), oh_database_text (row, 1));
  if (local)
    g_propagate_error (error, local);
  return row && !local;
}

OhDirectory *
oh_directory_load (OhDatabase *database, const char *domain, guint64 version, GError **error)
{
  g_autoptr (OhDirectory) directory = oh_directory_new (domain, version);

  if (!load_users (directory, database, error) || !load_devices (directory, database, error)
      || !load_trunks (directory, database, error) || !load_im_logins (directory, database, error)
      || !load_im_identities (directory, database, error)
      || !load_settings (directory, database, error))
    return NULL;
  return g_steal_pointer (&directory);
}
