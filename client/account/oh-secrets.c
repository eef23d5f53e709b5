/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/account/oh-secrets.h"

#include <libsecret/secret.h>
#include <string.h>

#define GROUP "secrets"

#define SERVICE "org.freedesktop.secrets"
#define COLLECTION "org.freedesktop.Secret.Collection"

struct _OhSecrets
{
  GObject parent;
  char *plain_path;
  gboolean plain;
  GCancellable *cancellable; /* of the way to the bus */
  GDBusConnection *bus;      /* NULL: not there yet, or no session bus */
  guint watch;
};

static guint locked_signal, unlocked_signal;

G_DEFINE_FINAL_TYPE (OhSecrets, oh_secrets, G_TYPE_OBJECT)
G_DEFINE_QUARK (oh - secrets - error - quark, oh_secrets_error)

static const SecretSchema schema = {
  "org.offhook.Device",
  SECRET_SCHEMA_NONE,
  { { "account", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

static void
wipe_and_free (gpointer data)
{
  char *secret = data;

  if (secret)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

/* --- The keyring is unlocked, by whomever --- */

static void
on_collection_changed (GDBusConnection *bus,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *signal,
                       GVariant *parameters,
                       gpointer user_data)
{
  g_autoptr (GVariant) changed = g_variant_get_child_value (parameters, 1);
  gboolean locked;

  if (g_variant_lookup (changed, "Locked", "b", &locked) && !locked)
    g_signal_emit (user_data, unlocked_signal, 0);
}

static void
on_bus_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OhSecrets *secrets = user_data; /* alive unless cancelled */
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus = g_bus_get_finish (result, &error);

  if (!bus)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_debug ("no session bus, so no keyring: %s", error->message);
      return;
    }
  if (secrets->bus)
    {
      g_object_unref (bus);
      return;
    }
  secrets->bus = bus;
  secrets->watch = g_dbus_connection_signal_subscribe (
      bus, SERVICE, "org.freedesktop.DBus.Properties", "PropertiesChanged", NULL, COLLECTION,
      G_DBUS_SIGNAL_FLAGS_NONE, on_collection_changed, secrets, NULL);
}

static void
watch_bus (OhSecrets *secrets)
{
  if (!secrets->bus)
    g_bus_get (G_BUS_TYPE_SESSION, secrets->cancellable, on_bus_ready, secrets);
}

static void
dispose (GObject *object)
{
  OhSecrets *secrets = OH_SECRETS (object);

  g_cancellable_cancel (secrets->cancellable);
  if (secrets->watch)
    g_dbus_connection_signal_unsubscribe (secrets->bus, secrets->watch);
  secrets->watch = 0;
  g_clear_object (&secrets->bus);
  G_OBJECT_CLASS (oh_secrets_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhSecrets *secrets = OH_SECRETS (object);

  g_clear_object (&secrets->cancellable);
  g_free (secrets->plain_path);
  G_OBJECT_CLASS (oh_secrets_parent_class)->finalize (object);
}

static void
oh_secrets_class_init (OhSecretsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  locked_signal = g_signal_new ("locked", OH_TYPE_SECRETS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_STRING);
  unlocked_signal = g_signal_new ("unlocked", OH_TYPE_SECRETS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
}

static void
oh_secrets_init (OhSecrets *secrets)
{
  secrets->cancellable = g_cancellable_new ();
  watch_bus (secrets);
}

OhSecrets *
oh_secrets_new (const char *plain_path)
{
  OhSecrets *secrets = g_object_new (OH_TYPE_SECRETS, NULL);

  secrets->plain_path = g_strdup (plain_path);
  return secrets;
}

void
oh_secrets_set_plain (OhSecrets *secrets, gboolean plain)
{
  g_return_if_fail (OH_IS_SECRETS (secrets));
  secrets->plain = plain;
}

/* libsecret's errors in our words. */
static GError *
translate (GError *error)
{
  OhSecretsError code = OH_SECRETS_ERROR_FAILED;
  GError *translated;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return error;
  if (error->domain == SECRET_ERROR
      && (error->code == SECRET_ERROR_IS_LOCKED || error->code == SECRET_ERROR_NO_SUCH_OBJECT))
    code = error->code == SECRET_ERROR_IS_LOCKED ? OH_SECRETS_ERROR_LOCKED
                                                 : OH_SECRETS_ERROR_ABSENT;
  else if (error->domain == G_DBUS_ERROR || error->domain == G_IO_ERROR
           || error->domain == G_SPAWN_ERROR)
    code = OH_SECRETS_ERROR_ABSENT;
  translated = g_error_new (OH_SECRETS_ERROR, code, "keyring: %s", error->message);
  g_error_free (error);
  return translated;
}

/* --- The plain file --- */

static gboolean
store_plain (OhSecrets *secrets, const char *account, const char *secret, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  char *data;
  gsize length;
  gboolean ok;

  g_key_file_load_from_file (file, secrets->plain_path, G_KEY_FILE_NONE, NULL);
  if (secret)
    g_key_file_set_string (file, GROUP, account, secret);
  else
    g_key_file_remove_key (file, GROUP, account, NULL);
  data = g_key_file_to_data (file, &length, NULL);
  ok = g_file_set_contents_full (secrets->plain_path, data, length, G_FILE_SET_CONTENTS_CONSISTENT,
                                 0600, error);
  wipe_and_free (data);
  return ok;
}

static char *
lookup_plain (OhSecrets *secrets, const char *account)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (!g_key_file_load_from_file (file, secrets->plain_path, G_KEY_FILE_NONE, NULL))
    return NULL;
  return g_key_file_get_string (file, GROUP, account, NULL);
}

/* --- Look up --- */

typedef struct
{
  char *account;
  gboolean locked;    /* when it was looked for */
  GSource *cancelled; /* while the prompt is open */
  gboolean ended;
} LookUp;

static void
forget_cancelled (LookUp *look_up)
{
  if (look_up->cancelled)
    g_source_destroy (look_up->cancelled);
  g_clear_pointer (&look_up->cancelled, g_source_unref);
}

static void
look_up_free (gpointer data)
{
  LookUp *look_up = data;

  forget_cancelled (look_up);
  g_free (look_up->account);
  g_free (look_up);
}

/* @secret is taken; without one @error (taken) or the state of the keyring says why. */
static void
end_lookup (GTask *task, char *secret, GError *error)
{
  OhSecrets *secrets = g_task_get_source_object (task);
  LookUp *look_up = g_task_get_task_data (task);

  forget_cancelled (look_up);
  if (look_up->ended)
    {
      wipe_and_free (secret);
      g_clear_error (&error);
      return;
    }
  look_up->ended = TRUE;
  if (!secret && secrets->plain)
    secret = lookup_plain (secrets, look_up->account);
  if (secret)
    g_task_return_pointer (task, secret, wipe_and_free);
  else if (error)
    g_task_return_error (task, translate (g_steal_pointer (&error)));
  else if (look_up->locked)
    g_task_return_new_error (task, OH_SECRETS_ERROR, OH_SECRETS_ERROR_LOCKED,
                             "the keyring was left locked");
  else
    g_task_return_new_error (task, OH_SECRETS_ERROR, OH_SECRETS_ERROR_NONE,
                             "the keyring has no secret for this account");
  g_clear_error (&error);
}

static void
on_retrieved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (SecretValue) value = secret_retrievable_retrieve_secret_finish (
      SECRET_RETRIEVABLE (source), result, &error);
  const char *secret = value ? secret_value_get_text (value) : NULL;

  end_lookup (task, g_strdup (secret), error);
}

/* Not by secret_password_lookup(), which loses the bus's answer each time. */
static void
retrieve (GTask *task, gpointer found)
{
  secret_retrievable_retrieve_secret (found, g_task_get_cancellable (task), on_retrieved,
                                      g_object_ref (task));
}

static gboolean
is_locked (gpointer found)
{
  return SECRET_IS_ITEM (found) && secret_item_get_locked (found);
}

/* Whoever left the prompt gets no error from libsecret but an item that is locked as before. */
static void
on_unlocked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GList *found = secret_password_search_finish (result, &error);

  if (found && !is_locked (found->data))
    retrieve (task, found->data);
  else
    end_lookup (task, NULL, error);
  g_list_free_full (found, g_object_unref);
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  LookUp *look_up = g_task_get_task_data (task);

  look_up->ended = TRUE;
  g_task_return_error_if_cancelled (task);
  forget_cancelled (look_up);
  return G_SOURCE_REMOVE;
}

/* libsecret must not be cancelled while the prompt is open: it dismisses the prompt, on which
 * gnome-keyring 42 may abort, and then returns an error that is NULL. So only its answer is
 * dropped; the keyring takes the prompt away when this program has left the bus. */
static void
watch_cancelled (GTask *task)
{
  LookUp *look_up = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (!cancellable)
    return;
  look_up->cancelled = g_cancellable_source_new (cancellable);
  g_source_set_callback (look_up->cancelled, G_SOURCE_FUNC (on_cancelled), task, NULL);
  g_source_attach (look_up->cancelled, g_task_get_context (task));
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhSecrets *secrets = g_task_get_source_object (task);
  LookUp *look_up = g_task_get_task_data (task);
  GError *error = NULL;
  GList *found = secret_password_search_finish (result, &error);

  if (!found)
    {
      end_lookup (task, NULL, error);
      return;
    }
  look_up->locked = is_locked (found->data);
  if (look_up->locked)
    {
      g_signal_emit (secrets, locked_signal, 0, look_up->account);
      watch_cancelled (task);
      secret_password_search (&schema, SECRET_SEARCH_UNLOCK, NULL, on_unlocked, g_object_ref (task),
                              "account", look_up->account, NULL);
    }
  else
    retrieve (task, found->data);
  g_list_free_full (found, g_object_unref);
}

void
oh_secrets_lookup_async (OhSecrets *secrets,
                         const char *account,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (secrets, cancellable, callback, user_data);
  LookUp *look_up = g_new0 (LookUp, 1);

  watch_bus (secrets); /* it may have come late */
  look_up->account = g_strdup (account);
  g_task_set_task_data (task, look_up, look_up_free);
  secret_password_search (&schema, SECRET_SEARCH_NONE, cancellable, on_found, task, "account",
                          account, NULL);
}

char *
oh_secrets_lookup_finish (OhSecrets *secrets, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, secrets), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Store --- */

typedef struct
{
  char *account;
  char *secret;
} Storing;

static void
storing_free (gpointer data)
{
  Storing *storing = data;

  g_free (storing->account);
  wipe_and_free (storing->secret);
  g_free (storing);
}

static void
on_store_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhSecrets *secrets = g_task_get_source_object (task);
  Storing *storing = g_task_get_task_data (task);
  GError *error = NULL;

  if (!secret_password_store_finish (result, &error))
    {
      error = translate (error);
      if (secrets->plain && error->domain == OH_SECRETS_ERROR)
        {
          g_clear_error (&error);
          store_plain (secrets, storing->account, storing->secret, &error);
        }
    }
  if (error)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
oh_secrets_store_async (OhSecrets *secrets,
                        const char *account,
                        const char *label,
                        const char *secret,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task = g_task_new (secrets, cancellable, callback, user_data);
  Storing *storing = g_new (Storing, 1);

  storing->account = g_strdup (account);
  storing->secret = g_strdup (secret);
  g_task_set_task_data (task, storing, storing_free);
  secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, label, secret, cancellable,
                         on_store_ready, task, "account", account, NULL);
}

gboolean
oh_secrets_store_finish (OhSecrets *secrets, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, secrets), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_clear_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  secret_password_clear_finish (result, &error);
  if (error)
    g_debug ("a secret stays in the keyring: %s", error->message);
}

void
oh_secrets_clear (OhSecrets *secrets, const char *account)
{
  g_autofree char *plain = lookup_plain (secrets, account);

  g_return_if_fail (OH_IS_SECRETS (secrets));
  if (plain)
    {
      explicit_bzero (plain, strlen (plain));
      store_plain (secrets, account, NULL, NULL);
    }
  secret_password_clear (&schema, NULL, on_clear_ready, NULL, "account", account, NULL);
}
