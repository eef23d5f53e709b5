/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

/* sofia 1.12.11 never frees the SSL object of a connection: it shuts it down, lets go of the socket
 * BIO, which the SSL still holds, and forgets both, 11 KiB each time. OpenSSL tells us what is made
 * on the stack's thread, and when a BIO ends:
 *
 *   SSL_new()          -> noted (ex data)
 *   a moment later     -> it has its BIO; we let go of one of its two references to that
 *   sofia's BIO_free() -> lets go of the last one: our callback keeps the BIO, the SSL is dead
 *   a moment later     -> SSL_free(), BIO included
 *
 * A sofia that frees its SSL objects itself takes them out of the tables before their BIO ends. */
struct _OhSipTlsObjects
{
  OhSip *sip;
  GHashTable *open;  /* SSL* that sofia has */
  GHashTable *fresh; /* SSL* that have no BIO yet */
  GHashTable *armed; /* BIO* -> SSL* whose end we will hear of */
  GPtrArray *dead;   /* SSL* that sofia has forgotten */
  guint timer;
};

static GPrivate objects_of_thread; /* OhSipTlsObjects */

static void tidy_soon (OhSipTlsObjects *objects);

static void
free_dead (OhSipTlsObjects *objects)
{
  for (guint i = 0; i < objects->dead->len; i++)
    {
      SSL *ssl = objects->dead->pdata[i];

      /* sofia gave back one of the two references to the context that SSL_new() took. */
      SSL_CTX_up_ref (SSL_get_SSL_CTX (ssl));
      SSL_free (ssl);
    }
  g_ptr_array_set_size (objects->dead, 0);
}

/* 0 of BIO_CB_FREE: the BIO lives on. */
static long
on_bio (BIO *bio,
        int operation,
        const char *text,
        size_t length,
        int argument,
        long number,
        int result,
        size_t *processed)
{
  OhSipTlsObjects *objects = g_private_get (&objects_of_thread);
  SSL *ssl;

  if (operation != BIO_CB_FREE || !objects || !(ssl = g_hash_table_lookup (objects->armed, bio)))
    return result;
  g_hash_table_remove (objects->armed, bio);
  g_hash_table_remove (objects->open, ssl);
  g_ptr_array_add (objects->dead, ssl);
  BIO_up_ref (bio); /* the SSL's again: one to read, one to write */
  BIO_up_ref (bio);
  tidy_soon (objects);
  return 0;
}

/* One that sofia has forgotten already has only our reference left, and dies here. */
static void
arm_fresh (OhSipTlsObjects *objects)
{
  GHashTableIter iter;
  gpointer ssl;

  g_hash_table_iter_init (&iter, objects->fresh);
  while (g_hash_table_iter_next (&iter, &ssl, NULL))
    {
      BIO *bio = SSL_get_rbio (ssl);

      if (!bio || bio != SSL_get_wbio (ssl))
        continue;
      BIO_set_callback_ex (bio, on_bio);
      g_hash_table_insert (objects->armed, bio, ssl);
      BIO_free (bio);
    }
  g_hash_table_remove_all (objects->fresh);
}

static void
tidy (gpointer data)
{
  OhSipTlsObjects *objects = data;

  arm_fresh (objects);
  objects->timer = 0;
  free_dead (objects);
}

static void
tidy_soon (OhSipTlsObjects *objects)
{
  if (!objects->timer)
    objects->timer = oh_sip_add_timer (objects->sip, 1, tidy, objects);
}

static void
on_ssl_made (
    void *parent, void *value, CRYPTO_EX_DATA *data, int index, long number, void *argument)
{
  OhSipTlsObjects *objects = g_private_get (&objects_of_thread);

  if (!objects)
    return;
  g_hash_table_add (objects->open, parent);
  g_hash_table_add (objects->fresh, parent);
  tidy_soon (objects);
  /* Nor are 20,000 sessions of strangers worth keeping. */
  SSL_CTX_set_session_cache_mode (SSL_get_SSL_CTX (parent), SSL_SESS_CACHE_OFF);
}

static void
on_ssl_freed (
    void *parent, void *value, CRYPTO_EX_DATA *data, int index, long number, void *argument)
{
  OhSipTlsObjects *objects = g_private_get (&objects_of_thread);

  if (!objects || !g_hash_table_remove (objects->open, parent))
    return;
  g_hash_table_remove (objects->fresh, parent);
  if (g_hash_table_remove (objects->armed, SSL_get_rbio (parent)))
    BIO_up_ref (SSL_get_rbio (parent)); /* the one that we took */
}

OhSipTlsObjects *
oh_sip_tls_objects_new (OhSip *sip)
{
  static gsize once;
  OhSipTlsObjects *objects = g_new0 (OhSipTlsObjects, 1);

  if (g_once_init_enter (&once))
    {
      SSL_get_ex_new_index (0, NULL, on_ssl_made, NULL, on_ssl_freed);
      g_once_init_leave (&once, 1);
    }
  objects->sip = sip;
  objects->open = g_hash_table_new (NULL, NULL);
  objects->fresh = g_hash_table_new (NULL, NULL);
  objects->armed = g_hash_table_new (NULL, NULL);
  objects->dead = g_ptr_array_new ();
  g_private_set (&objects_of_thread, objects);
  return objects;
}

guint
oh_sip_tls_objects_count (OhSipTlsObjects *objects)
{
  return g_hash_table_size (objects->open) + objects->dead->len;
}

void
oh_sip_tls_objects_free (OhSipTlsObjects *objects)
{
  arm_fresh (objects);
  free_dead (objects);
  g_private_set (&objects_of_thread, NULL);
  g_hash_table_unref (objects->open);
  g_hash_table_unref (objects->fresh);
  g_hash_table_unref (objects->armed);
  g_ptr_array_unref (objects->dead);
  g_free (objects);
}
