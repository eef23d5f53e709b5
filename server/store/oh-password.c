/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-password.h"

#include "base/oh-error.h"
#include "server/store/oh-secret.h"

#include <sodium.h>

#include <string.h>

#define THREADS 2
#define MAX_WAITING 32

/* One password's way through the pool and back. */
typedef struct
{
  char *password;
  char *hash; /* verify: given; hash: the result */
  gboolean is_verify;
  gboolean right;
  GError *error;
  OhExecutor executor;
  OhPasswordHashFunc hash_func;
  OhPasswordVerifyFunc verify_func;
  gpointer user_data;
} Work;

static void
answer (gpointer data)
{
  Work *work = data;

  if (work->is_verify)
    work->verify_func (work->right, work->error, work->user_data);
  else
    work->hash_func (work->error ? NULL : work->hash, work->error, work->user_data);
  g_free (work->hash);
  g_clear_error (&work->error);
  g_free (work);
}

static char *
hash_now (const char *password)
{
  char *hash = g_new0 (char, crypto_pwhash_STRBYTES);

  if (crypto_pwhash_str (hash, password, strlen (password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                         crypto_pwhash_MEMLIMIT_INTERACTIVE)
      == 0)
    return hash;
  g_free (hash);
  return NULL;
}

/* What an unknown user's password is compared with. */
static const char *
get_nobody (void)
{
  static gsize once;
  static char *nobody;

  if (g_once_init_enter (&once))
    {
      nobody = hash_now ("nobody has this password");
      g_once_init_leave (&once, 1);
    }
  return nobody ? nobody : "";
}

static void
run (gpointer data, gpointer pool_data)
{
  Work *work = data;

  if (work->is_verify)
    {
      const char *hash = work->hash ? work->hash : get_nobody ();

      work->right = crypto_pwhash_str_verify (hash, work->password, strlen (work->password)) == 0
                    && work->hash != NULL;
    }
  else
    {
      work->hash = hash_now (work->password);
      if (!work->hash)
        g_set_error (&work->error, OH_ERROR, OH_ERROR_FAILED, "no memory to hash a password");
    }
  oh_secret_free (g_steal_pointer (&work->password));
  oh_executor_post (&work->executor, answer, work);
}

static GThreadPool *
get_pool (void)
{
  static gsize once;
  static GThreadPool *pool;

  if (g_once_init_enter (&once))
    {
      if (sodium_init () < 0)
        g_error ("libsodium does not start: no random numbers");
      pool = g_thread_pool_new (run, NULL, THREADS, FALSE, NULL);
      g_once_init_leave (&once, 1);
    }
  return pool;
}

static void
push (Work *work)
{
  GThreadPool *pool = get_pool ();

  if (g_thread_pool_unprocessed (pool) < MAX_WAITING)
    {
      g_thread_pool_push (pool, work, NULL);
      return;
    }
  g_set_error (&work->error, OH_ERROR, OH_ERROR_LIMIT,
               "too many sign-ins at once; try again in a few seconds");
  oh_secret_free (g_steal_pointer (&work->password));
  oh_executor_post (&work->executor, answer, work);
}

gboolean
oh_password_check_rules (const char *password, GError **error)
{
  gsize length = password ? strlen (password) : 0;

  if (length >= 8 && length <= 256 && g_utf8_validate (password, -1, NULL))
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
               "a password needs 8 to 256 characters; choose a longer one");
  return FALSE;
}

void
oh_password_hash (const char *password,
                  const OhExecutor *executor,
                  OhPasswordHashFunc func,
                  gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->password = g_strdup (password);
  work->executor = *executor;
  work->hash_func = func;
  work->user_data = user_data;
  push (work);
}

void
oh_password_verify (const char *hash,
                    const char *password,
                    const OhExecutor *executor,
                    OhPasswordVerifyFunc func,
                    gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->is_verify = TRUE;
  work->password = g_strdup (password);
  work->hash = g_strdup (hash);
  work->executor = *executor;
  work->verify_func = func;
  work->user_data = user_data;
  push (work);
}
