/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-registrar"

#include "server/registrar/oh-presence-watch.h"

#include "sip/oh-sip-pidf.h"

#include <string.h>

/* One user who is watched. */
typedef struct
{
  gint64 user_id;
  char *told;          /* the document, as it was told last */
  GPtrArray *watchers; /* of Watcher */
} Target;

typedef struct
{
  OhPresenceWatch *watch;
  OhSipWatcher *watcher;
  char *device_id;
} Watcher;

struct _OhPresenceWatch
{
  OhRegistrar *registrar;
  char *domain;
  GHashTable *targets; /* gint64 in Target -> owned Target */
  GHashTable *counts;  /* device id -> how many it watches */
  GHashTable *notes;   /* user id as gint64* -> text, of those who say something */
};

static void
count (OhPresenceWatch *watch, const char *device_id, int change)
{
  int n = GPOINTER_TO_INT (g_hash_table_lookup (watch->counts, device_id)) + change;

  if (n > 0)
    g_hash_table_replace (watch->counts, g_strdup (device_id), GINT_TO_POINTER (n));
  else
    g_hash_table_remove (watch->counts, device_id);
}

static void
watcher_free (gpointer data)
{
  Watcher *watcher = data;

  count (watcher->watch, watcher->device_id, -1);
  oh_sip_watcher_end (watcher->watcher, "deactivated");
  g_free (watcher->device_id);
  g_free (watcher);
}

static void
target_free (gpointer data)
{
  Target *target = data;

  g_ptr_array_unref (target->watchers);
  g_free (target->told);
  g_free (target);
}

OhPresenceWatch *
oh_presence_watch_new (OhRegistrar *registrar, const char *domain)
{
  OhPresenceWatch *watch = g_new0 (OhPresenceWatch, 1);

  watch->registrar = registrar;
  watch->domain = g_strdup (domain);
  watch->targets = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, target_free);
  watch->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  watch->notes = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return watch;
}

void
oh_presence_watch_free (OhPresenceWatch *watch)
{
  if (!watch)
    return;
  g_hash_table_unref (watch->targets);
  g_hash_table_unref (watch->counts);
  g_hash_table_unref (watch->notes);
  g_free (watch->domain);
  g_free (watch);
}

/* Of all devices the one that says most of its person: who is open at one of them is there. */
static OhPresence
get_presence (OhPresenceWatch *watch, gint64 user_id)
{
  GPtrArray *bindings = oh_registrar_find_by_user (watch->registrar, user_id);
  OhPresence best = OH_PRESENCE_CLOSED;

  for (guint i = 0; bindings && i < bindings->len; i++)
    best = MIN (best, ((const OhBinding *)bindings->pdata[i])->presence);
  return best;
}

static char *
make_document (OhPresenceWatch *watch, const OhUser *user)
{
  g_autofree char *entity = g_strdup_printf ("sip:%s@%s", user->alias, watch->domain);
  OhPresence presence = get_presence (watch, user->id);
  OhSipPidf pidf = { .open = presence != OH_PRESENCE_CLOSED,
                     .away = presence == OH_PRESENCE_AWAY,
                     .busy = presence == OH_PRESENCE_DND };
  const char *note = pidf.open ? g_hash_table_lookup (watch->notes, &user->id) : NULL;

  g_strlcpy (pidf.note, note ? note : "", sizeof pidf.note);
  return oh_sip_pidf_make (entity, &pidf);
}

static void
drop_dead (Target *target)
{
  for (guint i = target->watchers->len; i > 0; i--)
    if (!oh_sip_watcher_is_alive (((Watcher *)target->watchers->pdata[i - 1])->watcher))
      g_ptr_array_remove_index_fast (target->watchers, i - 1);
}

static Target *
get_target (OhPresenceWatch *watch, gint64 user_id)
{
  Target *target = g_hash_table_lookup (watch->targets, &user_id);

  if (target)
    return target;
  target = g_new0 (Target, 1);
  target->user_id = user_id;
  target->watchers = g_ptr_array_new_with_free_func (watcher_free);
  g_hash_table_insert (watch->targets, &target->user_id, target);
  return target;
}

/* Whether @device has a place for one more. What is over is only found where it is looked for. */
static gboolean
has_room (OhPresenceWatch *watch, const char *device_id)
{
  GHashTableIter iter;
  gpointer target;

  if (GPOINTER_TO_INT (g_hash_table_lookup (watch->counts, device_id)) < OH_PRESENCE_WATCH_MAX)
    return TRUE;
  g_hash_table_iter_init (&iter, watch->targets);
  while (g_hash_table_iter_next (&iter, NULL, &target))
    drop_dead (target);
  return GPOINTER_TO_INT (g_hash_table_lookup (watch->counts, device_id)) < OH_PRESENCE_WATCH_MAX;
}

void
oh_presence_watch_take (OhPresenceWatch *watch,
                        OhSipRequest *request,
                        const OhDevice *device,
                        const OhUser *target,
                        guint expires)
{
  g_autofree char *document = make_document (watch, target);
  Target *watched;
  OhSipWatcher *sip_watcher;
  Watcher *watcher;

  if (!has_room (watch, device->id))
    {
      oh_sip_request_reply (request, 480, "Too Many Subscriptions", NULL, NULL, NULL);
      return;
    }
  sip_watcher = oh_sip_request_accept_subscription (request, expires);
  if (!sip_watcher)
    return;
  watched = get_target (watch, target->id);
  drop_dead (watched);
  if (!watched->told)
    watched->told = g_strdup (document);
  watcher = g_new0 (Watcher, 1);
  watcher->watch = watch;
  watcher->watcher = sip_watcher;
  watcher->device_id = g_strdup (device->id);
  count (watch, device->id, 1);
  g_ptr_array_add (watched->watchers, watcher);
  oh_sip_watcher_notify (sip_watcher, "application/pidf+xml", document);
}

void
oh_presence_watch_set_note (OhPresenceWatch *watch, const OhUser *user, const char *note)
{
  if (*note)
    g_hash_table_replace (watch->notes, g_memdup2 (&user->id, sizeof user->id), g_strdup (note));
  else
    g_hash_table_remove (watch->notes, &user->id);
}

void
oh_presence_watch_tell (OhPresenceWatch *watch, const OhUser *user)
{
  Target *target = g_hash_table_lookup (watch->targets, &user->id);
  g_autofree char *document = NULL;

  if (!target)
    return;
  drop_dead (target);
  if (target->watchers->len == 0)
    {
      g_hash_table_remove (watch->targets, &target->user_id);
      return;
    }
  document = make_document (watch, user);
  if (strcmp (document, target->told) == 0)
    return;
  for (guint i = 0; i < target->watchers->len; i++)
    oh_sip_watcher_notify (((Watcher *)target->watchers->pdata[i])->watcher, "application/pidf+xml",
                           document);
  g_free (target->told);
  target->told = g_steal_pointer (&document);
}

void
oh_presence_watch_set_directory (OhPresenceWatch *watch, OhDirectory *directory)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, watch->targets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Target *target = value;

      for (guint i = target->watchers->len; i > 0; i--)
        if (!oh_directory_find_device (directory,
                                       ((Watcher *)target->watchers->pdata[i - 1])->device_id))
          g_ptr_array_remove_index_fast (target->watchers, i - 1);
      if (target->watchers->len == 0 || !oh_directory_find_user_by_id (directory, target->user_id))
        g_hash_table_iter_remove (&iter);
    }
  g_hash_table_iter_init (&iter, watch->notes);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    if (!oh_directory_find_user_by_id (directory, *(const gint64 *)value))
      g_hash_table_iter_remove (&iter);
}
