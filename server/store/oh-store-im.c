/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-directory-private.h"
#include "server/store/oh-store-private.h"

#include "base/oh-error.h"
#include "base/oh-proxy.h"

#include <string.h>

#define MAX_NAME 255
#define MAX_IDENTITIES 20 /* of a user */
#define MAX_RATE 1000     /* messages a second */
#define SHA256_BYTES 32

static gboolean
refuse (GError **error, const char *what, const char *value, const char *hint)
{
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "\"%.80s\" is no %s: %s", value ? value : "",
               what, hint);
  return FALSE;
}

/* "aabb.." or "AA:BB:.." -> "AA:BB:..", as certificates are shown everywhere. NULL: no SHA-256. */
static char *
dup_fingerprint (const char *text)
{
  g_autoptr (GString) clean = g_string_new (NULL);
  guint digits = 0;

  for (const char *p = text; *p; p++)
    {
      if (*p == ':')
        continue;
      if (!g_ascii_isxdigit (*p))
        return NULL;
      if (digits > 0 && digits % 2 == 0)
        g_string_append_c (clean, ':');
      g_string_append_c (clean, g_ascii_toupper (*p));
      digits++;
    }
  return digits == SHA256_BYTES * 2 ? g_string_free (g_steal_pointer (&clean), FALSE) : NULL;
}

/* --- Accounts --- */

static OhImLogin *
copy_login (const OhImLogin *from)
{
  OhImLogin *login = g_new0 (OhImLogin, 1);

  login->name = g_strdup (from->name);
  login->protocol = g_strdup (from->protocol);
  login->username = g_strdup (from->username);
  login->options = g_strdupv (from->options);
  login->secret = g_strdup (from->secret);
  login->fingerprint = g_strdup (from->fingerprint);
  login->rate = from->rate;
  login->proxy = g_strdup (from->proxy);
  login->proxy_secret = g_strdup (from->proxy_secret);
  return login;
}

static gboolean
is_word (const char *text)
{
  gboolean fine = text && *text && strlen (text) <= 40;

  for (const char *p = text; fine && *p; p++)
    fine = g_ascii_isalnum (*p) || strchr ("._-", *p);
  return fine;
}

/* SIP leaves by the call server's own ways. */
static gboolean
check_proxy (const OhImLogin *login, GError **error)
{
  g_autoptr (OhProxy) proxy = login->proxy ? oh_proxy_parse (login->proxy, error) : NULL;

  if (!login->proxy)
    return TRUE;
  if (proxy && login->protocol && oh_im_login_is_sip (login))
    return refuse (error, "proxy of a SIP account", login->proxy, "it has none");
  if (proxy && strlen (login->proxy_secret ? login->proxy_secret : "") > OH_PROXY_MAX_TEXT)
    return refuse (error, "password of a proxy", "(not shown)", "at most 255 bytes");
  return proxy != NULL;
}

static gboolean
check_login (const OhImLogin *login, GError **error)
{
  if (!is_word (login->name))
    return refuse (error, "name of an IM account", login->name,
                   "letters, digits, '.', '_', '-', at most 40");
  if (!is_word (login->protocol))
    return refuse (error, "protocol", login->protocol, "xmpp, irc or another of libpurple's");
  if (!login->username || !*login->username || strlen (login->username) > MAX_NAME)
    return refuse (error, "user name at a service", login->username, "at most 255 bytes");
  if (strlen (login->secret ? login->secret : "") > MAX_NAME)
    return refuse (error, "password", "(not shown)", "at most 255 bytes");
  if (login->rate > MAX_RATE)
    return refuse (error, "rate", "(too high)", "1 to 1000 messages a second");
  for (char **option = login->options; option && *option; option++)
    if (!strchr (*option, '=') || **option == '=' || strchr (*option, '\n'))
      return refuse (error, "option", *option, "write NAME=VALUE");
  return check_proxy (login, error);
}

static gboolean
tell_exists (GError **error, GError *local, const char *what, const char *name)
{
  if (!g_error_matches (local, OH_ERROR, OH_ERROR_EXISTS))
    {
      g_propagate_error (error, local);
      return FALSE;
    }
  g_clear_error (&local);
  g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "there is %s \"%s\" already", what, name);
  return FALSE;
}

static gboolean
answer_id (OhStore *store, OhJob *job)
{
  job->json = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT "}",
                               oh_database_get_last_id (store->database));
  return TRUE;
}

/* "sip:Calls@example.org" -> "calls". Transfer full. */
static char *
dup_sip_user (const char *username)
{
  g_autofree char *folded = oh_im_name_fold (OH_IM_PROTOCOL_SIP, username);

  return g_strndup (folded, strcspn (folded, "@"));
}

/* What is written to the account's address would never reach a user of that name. */
gboolean
oh_store_check_sip_free (OhStore *store, const char *user, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (
      store->database, error, "SELECT username, name FROM im_accounts WHERE protocol = ?1", "s",
      OH_IM_PROTOCOL_SIP);
  gboolean taken = FALSE;

  if (!row)
    return FALSE;
  while (!taken && oh_database_step (store->database, row, &local))
    {
      g_autofree char *other = dup_sip_user (oh_database_text (row, 0));

      taken = g_ascii_strcasecmp (other, user) == 0;
      if (taken)
        g_set_error (error, OH_ERROR, OH_ERROR_EXISTS,
                     "\"%.64s\" is the address of the IM account \"%s\": choose another, or remove"
                     " that account",
                     user, oh_database_text (row, 1));
    }
  if (taken)
    oh_database_done (row);
  else if (local)
    g_propagate_error (error, local);
  return !taken && !local;
}

/* The same from the other side. */
static gboolean
check_sip_name (OhStore *store, const OhImLogin *login, GError **error)
{
  g_autofree char *user = dup_sip_user (login->username);
  GError *local = NULL;
  sqlite3_stmt *row;
  gboolean taken;

  if (!oh_im_login_is_sip (login))
    return TRUE;
  if (!oh_im_name_is_person (OH_IM_PROTOCOL_SIP, user))
    return refuse (error, "user name of a SIP account", user, "letters, digits and '-'");
  row = oh_database_query (store->database, error,
                           "SELECT 1 FROM users WHERE alias = ?1 UNION ALL"
                           " SELECT 1 FROM numbers WHERE number = ?1",
                           "s", user);
  if (!row)
    return FALSE;
  taken = oh_database_step (store->database, row, &local);
  if (taken)
    {
      oh_database_done (row);
      g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "\"%.40s\" is a user's: choose another", user);
    }
  else if (local)
    g_propagate_error (error, local);
  return !taken && !local;
}

static gboolean
run_add_account (OhStore *store, OhJob *job, GError **error)
{
  const OhImLogin *login = job->data;
  g_autofree char *options = login->options && login->options[0] ? g_strjoinv ("\n", login->options)
                                                                 : NULL;
  g_autofree char *fingerprint = login->fingerprint ? dup_fingerprint (login->fingerprint) : NULL;
  GError *local = NULL;

  if (!check_login (login, error) || !check_sip_name (store, login, error))
    return FALSE;
  if (login->fingerprint && !fingerprint)
    return refuse (error, "fingerprint", login->fingerprint, "write the SHA-256 in hex");
  if (!oh_database_run (
          store->database, &local,
          "INSERT INTO im_accounts (name, protocol, username, options, secret, fingerprint, rate,"
          " proxy, proxy_secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif (?7, 0), ?8, ?9)",
          "ssssssiss", login->name, login->protocol, login->username, options, login->secret,
          fingerprint, (gint64)login->rate, login->proxy, login->proxy_secret))
    return tell_exists (error, local, "an IM account of that name or user name:", login->name);
  return answer_id (store, job);
}

void
oh_store_add_im_account (OhStore *store, const OhImLogin *login, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_add_account, reply);

  job->data = copy_login (login);
  job->free_data = (GDestroyNotify)oh_im_login_free;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

/* Whether the last statement found its account, whose name is the job's text. */
static gboolean
expect_account (OhStore *store, OhJob *job, GError **error)
{
  if (oh_database_get_changes (store->database) > 0)
    return oh_job_succeed (job);
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no IM account \"%.40s\"", job->text);
  return FALSE;
}

static gboolean
run_remove_account (OhStore *store, OhJob *job, GError **error)
{
  return oh_database_run (store->database, error, "DELETE FROM im_accounts WHERE name = ?1", "s",
                          job->text)
         && expect_account (store, job, error);
}

void
oh_store_remove_im_account (OhStore *store, const char *name, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_remove_account, reply);

  job->text = g_strdup (name);
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
run_trust (OhStore *store, OhJob *job, GError **error)
{
  g_autofree char *fingerprint = job->extra ? dup_fingerprint (job->extra) : NULL;

  if (job->extra && !fingerprint)
    return refuse (error, "fingerprint", job->extra, "write the SHA-256 in hex");
  return oh_database_run (store->database, error,
                          "UPDATE im_accounts SET fingerprint = ?2 WHERE name = ?1", "ss",
                          job->text, fingerprint)
         && expect_account (store, job, error);
}

void
oh_store_trust_im_account (OhStore *store,
                           const char *name,
                           const char *fingerprint,
                           const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_trust, reply);

  job->text = g_strdup (name);
  job->extra = g_strdup (fingerprint);
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

/* Of SIP accounts none is found: they have no proxy. */
static gboolean
run_set_proxy (OhStore *store, OhJob *job, GError **error)
{
  const OhImLogin *login = job->data;

  return check_proxy (login, error)
         && oh_database_run (store->database, error,
                             "UPDATE im_accounts SET proxy = ?2, proxy_secret = ?3"
                             " WHERE name = ?1 AND protocol <> ?4",
                             "ssss", login->name, login->proxy, login->proxy_secret,
                             OH_IM_PROTOCOL_SIP)
         && expect_account (store, job, error);
}

void
oh_store_set_im_proxy (OhStore *store,
                       const char *name,
                       const char *proxy,
                       const char *secret,
                       const OhStoreReply *reply)
{
  const OhImLogin login = { .name = (char *)name,
                            .proxy = (char *)proxy,
                            .proxy_secret = (char *)secret };
  OhJob *job = oh_job_new (run_set_proxy, reply);

  job->text = g_strdup (name);
  job->data = copy_login (&login);
  job->free_data = (GDestroyNotify)oh_im_login_free;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

/* --- Identities --- */

/* The id of the account and the name as it is kept there. FALSE: there is no such account. */
static gboolean
find_account (OhStore *store, OhJob *job, gint64 *id, char **protocol, char **name, GError **error)
{
  GError *local = NULL;
  sqlite3_stmt *row = oh_database_query (store->database, error,
                                         "SELECT id, protocol FROM im_accounts WHERE name = ?1",
                                         "s", job->text);

  if (!row)
    return FALSE;
  if (oh_database_step (store->database, row, &local))
    {
      *id = sqlite3_column_int64 (row, 0);
      *protocol = g_strdup (oh_database_text (row, 1));
      *name = oh_im_name_fold (*protocol, job->extra);
      oh_database_done (row);
      return TRUE;
    }
  if (local)
    g_propagate_error (error, local);
  else
    g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no IM account \"%.40s\"",
                 job->text);
  return FALSE;
}

/* Whether a query of one number gives more than @max; TRUE for errors too. */
static gboolean
is_more (OhStore *store, sqlite3_stmt *row, gint64 max, GError **error)
{
  GError *local = NULL;
  gboolean more = TRUE;

  if (!row)
    return TRUE;
  if (oh_database_step (store->database, row, &local))
    {
      more = sqlite3_column_int64 (row, 0) > max;
      oh_database_done (row);
    }
  if (local)
    g_propagate_error (error, local);
  return more;
}

/* A user may say of few names that they are his, and of none that is somebody else's. */
static gboolean
may_add (OhStore *store, gint64 user, gint64 account, const char *name, GError **error)
{
  GError *local = NULL;

  if (is_more (store,
               oh_database_query (store->database, &local,
                                  "SELECT count (*) FROM im_identities WHERE user_id = ?1", "i",
                                  user),
               MAX_IDENTITIES - 1, &local))
    {
      if (!local)
        g_set_error (&local, OH_ERROR, OH_ERROR_LIMIT,
                     "a user has at most %d IM identities: remove one first", MAX_IDENTITIES);
    }
  else if (is_more (store,
                    oh_database_query (store->database, &local,
                                       "SELECT count (*) FROM im_identities"
                                       " WHERE account_id = ?1 AND name = ?2 AND verified"
                                       " AND user_id <> ?3",
                                       "isi", account, name, user),
                    0, &local)
           && !local)
    g_set_error (&local, OH_ERROR, OH_ERROR_EXISTS, "\"%.80s\" belongs to another user", name);
  if (!local)
    return TRUE;
  g_propagate_error (error, local);
  return FALSE;
}

enum
{
  VERIFIED = 1 << 0,
  SHOW_NUMBER = 1 << 1
};

static gboolean
run_add_identity (OhStore *store, OhJob *job, GError **error)
{
  g_autofree char *protocol = NULL;
  g_autofree char *name = NULL;
  gint64 account = 0;
  GError *local = NULL;

  if (!find_account (store, job, &account, &protocol, &name, error))
    return FALSE;
  if (strlen (name) > MAX_NAME || !oh_im_name_is_person (protocol, name))
    return refuse (
        error, "name of a person there", name,
        "NAME@DOMAIN for XMPP, a nick for IRC, a device's id or NAME@HOST for SIP; at most"
        " 255 bytes");
  if (!may_add (store, job->id, account, name, error))
    return FALSE;
  if (!oh_database_run (
          store->database, &local,
          "INSERT INTO im_identities (user_id, account_id, name, verified, show_number)"
          " VALUES (?1, ?2, ?3, ?4, ?5)",
          "iisii", job->id, account, name, (gint64)((job->value & VERIFIED) != 0),
          (gint64)((job->value & SHOW_NUMBER) != 0)))
    return tell_exists (error, local, "an identity", name);
  return answer_id (store, job);
}

void
oh_store_add_im_identity (OhStore *store, const OhImIdentityInfo *info, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_add_identity, reply);

  job->text = g_strdup (info->account);
  job->extra = g_strdup (info->name);
  job->changes_directory = TRUE;
  job->id = info->user_id;
  job->value = (info->verified ? VERIFIED : 0) | (info->show_number ? SHOW_NUMBER : 0);
  oh_store_push (store, job);
}

/* Whether the last statement found its identity, which is the job's value. */
static gboolean
expect_identity (OhStore *store, OhJob *job, GError **error)
{
  if (oh_database_get_changes (store->database) > 0)
    return oh_job_succeed (job);
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "the user has no IM identity %" G_GINT64_FORMAT,
               job->value);
  return FALSE;
}

static gboolean
run_verify_identity (OhStore *store, OhJob *job, GError **error)
{
  GError *local = NULL;

  if (oh_database_run (store->database, &local,
                       "UPDATE im_identities SET verified = 1 WHERE user_id = ?1 AND id = ?2", "ii",
                       job->id, job->value))
    return expect_identity (store, job, error);
  if (!g_error_matches (local, OH_ERROR, OH_ERROR_EXISTS))
    {
      g_propagate_error (error, local);
      return FALSE;
    }
  g_clear_error (&local);
  g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "it belongs to another user");
  return FALSE;
}

static gboolean
run_change_identity (OhStore *store, OhJob *job, GError **error)
{
  return oh_database_run (store->database, error,
                          "UPDATE im_identities SET show_number = ?3"
                          " WHERE user_id = ?1 AND id = ?2",
                          "iii", job->id, job->value, (gint64)(job->extra != NULL))
         && expect_identity (store, job, error);
}

static gboolean
run_remove_identity (OhStore *store, OhJob *job, GError **error)
{
  return oh_database_run (store->database, error,
                          "DELETE FROM im_identities WHERE user_id = ?1 AND id = ?2", "ii", job->id,
                          job->value)
         && expect_identity (store, job, error);
}

static OhJob *
new_identity_job (gboolean (*run) (OhStore *, OhJob *, GError **),
                  gint64 user_id,
                  gint64 id,
                  const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run, reply);

  job->id = user_id;
  job->value = id;
  job->changes_directory = TRUE;
  return job;
}

void
oh_store_verify_im_identity (OhStore *store, gint64 user_id, gint64 id, const OhStoreReply *reply)
{
  oh_store_push (store, new_identity_job (run_verify_identity, user_id, id, reply));
}

void
oh_store_show_number_at_im_identity (
    OhStore *store, gint64 user_id, gint64 id, gboolean show, const OhStoreReply *reply)
{
  OhJob *job = new_identity_job (run_change_identity, user_id, id, reply);

  job->extra = show ? g_strdup ("show") : NULL;
  oh_store_push (store, job);
}

static gboolean
run_place_identity (OhStore *store, OhJob *job, GError **error)
{
  const int *wanted = job->data; /* rank, evidence */

  return oh_ring_check_place (wanted[0], wanted[1], error)
         && oh_database_run (store->database, error,
                             "UPDATE im_identities SET rank = iif (?3 < 0, rank, ?3),"
                             " evidence = iif (?4 < 0, evidence, ?4)"
                             " WHERE user_id = ?1 AND id = ?2",
                             "iiii", job->id, job->value, (gint64)wanted[0], (gint64)wanted[1])
         && expect_identity (store, job, error);
}

void
oh_store_place_im_identity (
    OhStore *store, gint64 user_id, gint64 id, int rank, int evidence, const OhStoreReply *reply)
{
  OhJob *job = new_identity_job (run_place_identity, user_id, id, reply);
  const int wanted[] = { rank, evidence };

  job->data = g_memdup2 (wanted, sizeof wanted);
  job->free_data = g_free;
  oh_store_push (store, job);
}

void
oh_store_remove_im_identity (OhStore *store, gint64 user_id, gint64 id, const OhStoreReply *reply)
{
  oh_store_push (store, new_identity_job (run_remove_identity, user_id, id, reply));
}
