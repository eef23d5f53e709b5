/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/provider/oh-core-private.h"

struct _OhCore
{
  GObject parent;
  OhSoundDesk *desk;
  OhCallList *calls;
  OhSecrets *secrets;
  char *runtime_dir;
};

enum
{
  SIGNAL_REFRESH,
  SIGNAL_CALL,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhCore, oh_core, G_TYPE_OBJECT)

static void
dispose (GObject *object)
{
  OhCore *core = OH_CORE (object);

  g_clear_object (&core->desk);
  g_clear_object (&core->calls);
  g_clear_object (&core->secrets);
  g_clear_pointer (&core->runtime_dir, g_free);
  G_OBJECT_CLASS (oh_core_parent_class)->dispose (object);
}

static void
oh_core_class_init (OhCoreClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  signals[SIGNAL_REFRESH] = g_signal_new ("refresh", OH_TYPE_CORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 1, OH_TYPE_ACCOUNT);
  signals[SIGNAL_CALL] = g_signal_new ("call", OH_TYPE_CORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 2, OH_TYPE_ACCOUNT, OH_TYPE_CALL);
}

static void
oh_core_init (OhCore *core)
{
}

OhCore *
oh_core_new (OhSoundDesk *desk, OhCallList *calls, OhSecrets *secrets, const char *runtime_dir)
{
  OhCore *core = g_object_new (OH_TYPE_CORE, NULL);

  core->desk = g_object_ref (desk);
  core->calls = g_object_ref (calls);
  core->secrets = g_object_ref (secrets);
  core->runtime_dir = g_strdup (runtime_dir);
  return core;
}

OhWorker *
oh_core_get_engine (OhCore *core)
{
  g_return_val_if_fail (OH_IS_CORE (core), NULL);
  return oh_sound_desk_get_engine (core->desk);
}

OhAudio *
oh_core_get_audio (OhCore *core)
{
  g_return_val_if_fail (OH_IS_CORE (core), NULL);
  return oh_sound_desk_get_audio (core->desk);
}

const char *
oh_core_get_runtime_dir (OhCore *core)
{
  g_return_val_if_fail (OH_IS_CORE (core), NULL);
  return core->runtime_dir;
}

void
oh_core_add_call (OhCore *core, OhAccount *account, OhCall *call)
{
  g_return_if_fail (OH_IS_CORE (core));
  g_signal_emit (core, signals[SIGNAL_CALL], 0, account, call);
  oh_call_list_add (core->calls, call);
}

OhCall *
oh_core_find_call (OhCore *core, const char *id)
{
  g_return_val_if_fail (OH_IS_CORE (core), NULL);
  for (guint i = 0; id && i < g_list_model_get_n_items (G_LIST_MODEL (core->calls)); i++)
    {
      g_autoptr (OhCall) call = g_list_model_get_item (G_LIST_MODEL (core->calls), i);

      if (oh_call_get_state (call) != OH_CALL_ENDED && g_strcmp0 (oh_call_get_id (call), id) == 0)
        return call; /* the list holds it */
    }
  return NULL;
}

gboolean
oh_core_is_in_call (OhCore *core, OhCall *except)
{
  g_return_val_if_fail (OH_IS_CORE (core), FALSE);
  return oh_call_list_is_in_call (core->calls, except);
}

void
oh_core_lookup_secret_async (OhCore *core,
                             const OhAccountSettings *settings,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (OH_IS_CORE (core));
  oh_secrets_lookup_async (core->secrets, settings->id, cancellable, callback, user_data);
}

char *
oh_core_lookup_secret_finish (OhCore *core, GAsyncResult *result, GError **error)
{
  return oh_secrets_lookup_finish (core->secrets, result, error);
}

void
oh_core_refresh_account (OhCore *core, OhAccount *account)
{
  g_return_if_fail (OH_IS_CORE (core));
  g_signal_emit (core, signals[SIGNAL_REFRESH], 0, account);
}
