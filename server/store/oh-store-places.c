/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-store-private.h"

#include "base/oh-error.h"

/* The order in which a user's devices and identities ring: rank 1 first. */

static void
free_place (gpointer data)
{
  OhPlace *place = data;

  g_free ((char *)place->device_id);
  g_free (place);
}

GPtrArray *
oh_places_copy (const OhPlace *places, guint n_places)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func (free_place);

  for (guint i = 0; i < n_places; i++)
    {
      OhPlace *copy = g_memdup2 (&places[i], sizeof *copy);

      copy->device_id = g_strdup (places[i].device_id);
      g_ptr_array_add (copies, copy);
    }
  return copies;
}

/* FALSE: it is not the user's, or stands there twice: then it has a rank already. */
static gboolean
set_rank (OhStore *store, gint64 user_id, const OhPlace *place, gint64 rank, GError **error)
{
  gboolean done = place->device_id
                      ? oh_database_run (store->database, error,
                                         "UPDATE devices SET rank = ?3"
                                         " WHERE user_id = ?1 AND id = ?2 AND rank = 0",
                                         "isi", user_id, place->device_id, rank)
                      : oh_database_run (store->database, error,
                                         "UPDATE im_identities SET rank = ?3"
                                         " WHERE user_id = ?1 AND id = ?2 AND rank = 0",
                                         "iii", user_id, place->identity_id, rank);

  if (!done || oh_database_get_changes (store->database) > 0)
    return done;
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND,
               "number %d of the places is none of the user's devices or addresses, or was named "
               "before",
               (int)rank);
  return FALSE;
}

gboolean
oh_store_write_places (OhStore *store, gint64 user_id, GPtrArray *places, GError **error)
{
  if (places->len > OH_RANK_MAX)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "no more than %d places have a rank",
                   OH_RANK_MAX);
      return FALSE;
    }
  if (!oh_database_run (store->database, error, "UPDATE devices SET rank = 0 WHERE user_id = ?1",
                        "i", user_id)
      || !oh_database_run (store->database, error,
                           "UPDATE im_identities SET rank = 0 WHERE user_id = ?1", "i", user_id))
    return FALSE;
  for (guint i = 0; i < places->len; i++)
    if (!set_rank (store, user_id, places->pdata[i], i + 1, error))
      return FALSE;
  return TRUE;
}
