/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-purple"

#include "base/oh-error.h"
#include "client/provider/oh-base-provider.h"
#include "oh-config.h"
#include "plugins/purple/oh-purple-account.h"
#include "plugins/purple/oh-purple-people.h"
#include "plugins/purple/oh-purple-words.h"

#define MAX_NOTICES 10

/* Every IM service of libpurple, by one process of offhook-im, which is begun with the first account
 * or when somebody wants to see the list of protocols. */
#define OH_TYPE_PURPLE_PROVIDER (oh_purple_provider_get_type ())
G_DECLARE_FINAL_TYPE (OhPurpleProvider, oh_purple_provider, OH, PURPLE_PROVIDER, OhBaseProvider)

struct _OhPurpleProvider
{
  OhBaseProvider parent;
  OhImEngine *engine;    /* NULL until it is needed */
  GListStore *protocols; /* of OhProtocol */
  GHashTable *accounts;  /* id -> OhPurpleAccount, weak */
  guint notices;         /* open ones */
  gboolean no_receipts;
  OhUse use; /* of this computer, for accounts that come later */
  gint64 since;
};

static void provider_init (OhProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhPurpleProvider,
                               oh_purple_provider,
                               OH_TYPE_BASE_PROVIDER,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_PROVIDER, provider_init))

static OhCore *
get_core (OhPurpleProvider *self)
{
  return oh_base_provider_get_core (OH_BASE_PROVIDER (self));
}

/* --- What the engine tells --- */

static void
on_protocols_changed (OhImEngine *engine, OhPurpleProvider *self)
{
  GPtrArray *known = oh_im_engine_get_protocols (engine);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer account;

  for (guint i = 0; i < known->len; i++)
    g_ptr_array_add (all, oh_purple_protocol (known->pdata[i]));
  g_list_store_splice (self->protocols, 0,
                       g_list_model_get_n_items (G_LIST_MODEL (self->protocols)), all->pdata,
                       all->len);
  g_hash_table_iter_init (&iter, self->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &account))
    oh_purple_account_protocols_changed (account);
}

static void
on_question (OhImEngine *engine, OhImQuestion *question, OhPurpleProvider *self)
{
  OhAccount *account = g_hash_table_lookup (self->accounts, oh_im_question_get_account (question));
  g_autoptr (OhQuestion) asked = oh_purple_question (question, account);

  oh_core_add_question (get_core (self), asked);
}

static void
on_notice_closed (OhQuestion *notice, OhPurpleProvider *self)
{
  self->notices--;
}

static void
on_notice (OhImEngine *engine,
           const char *id,
           const char *kind,
           const char *title,
           const char *text,
           OhPurpleProvider *self)
{
  static const char *const shown[] = { "error", "warning", "information", NULL };
  OhAccount *account = g_hash_table_lookup (self->accounts, id);
  g_autoptr (OhQuestion) notice = NULL;

  if (!g_strv_contains (shown, kind) || self->notices >= MAX_NOTICES)
    {
      g_debug ("a notice (%s) is not shown", kind);
      return;
    }
  notice = oh_purple_notice (account, title, text);
  self->notices++;
  g_signal_connect_object (notice, "closed", G_CALLBACK (on_notice_closed), self, 0);
  oh_core_add_question (get_core (self), notice);
}

/* Transfer full. */
static char *
get_folder (OhPurpleProvider *self)
{
  return g_build_filename (oh_core_get_state_dir (get_core (self)), "purple", NULL);
}

static OhImEngine *
get_engine (OhPurpleProvider *self)
{
  g_autofree char *folder = NULL;

  if (self->engine)
    return self->engine;
  folder = get_folder (self);
  if (g_mkdir_with_parents (folder, 0700) != 0)
    g_warning ("%s can't be made", folder);
  self->engine = oh_im_engine_new (NULL, folder);
  oh_im_engine_set_receipts (self->engine, !self->no_receipts);
  g_signal_connect_object (self->engine, "protocols-changed", G_CALLBACK (on_protocols_changed),
                           self, 0);
  g_signal_connect_object (self->engine, "question", G_CALLBACK (on_question), self, 0);
  g_signal_connect_object (self->engine, "notice", G_CALLBACK (on_notice), self, 0);
  return self->engine;
}

/* --- The provider --- */

static const char *
get_id (OhProvider *provider)
{
  return "purple";
}

static GListModel *
get_protocols (OhProvider *provider)
{
  OhPurpleProvider *self = OH_PURPLE_PROVIDER (provider);

  oh_im_engine_start (get_engine (self));
  return G_LIST_MODEL (self->protocols);
}

static void
on_account_gone (gpointer user_data, GObject *where_it_was)
{
  OhPurpleProvider *self = user_data;
  GHashTableIter iter;
  gpointer account;

  g_hash_table_iter_init (&iter, self->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &account))
    if (account == where_it_was)
      g_hash_table_iter_remove (&iter);
}

static OhAccount *
create_account (OhProvider *provider, const OhAccountSettings *settings, GError **error)
{
  OhPurpleProvider *self = OH_PURPLE_PROVIDER (provider);
  g_autofree char *folder = get_folder (self);
  OhPurpleAccount *account = oh_purple_account_new (get_core (self), get_engine (self), folder,
                                                    settings, error);

  if (!account)
    return NULL;
  oh_purple_account_set_use (account, self->use, self->since);
  g_hash_table_insert (self->accounts, g_strdup (settings->id), account);
  g_object_weak_ref (G_OBJECT (account), on_account_gone, self);
  return OH_ACCOUNT (account);
}

static void
forget_account (OhProvider *provider, const char *id)
{
  OhPurpleProvider *self = OH_PURPLE_PROVIDER (provider);
  OhPurpleAccount *account = g_hash_table_lookup (self->accounts, id);
  g_autofree char *folder = get_folder (self);

  if (account)
    oh_purple_account_forget (account);
  oh_purple_people_forget (folder, id);
}

static void
network_changed (OhProvider *provider)
{
  GHashTableIter iter;
  gpointer account;

  g_hash_table_iter_init (&iter, OH_PURPLE_PROVIDER (provider)->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &account))
    oh_purple_account_network_changed (account);
}

static void
set_receipts (OhProvider *provider, gboolean given)
{
  OhPurpleProvider *self = OH_PURPLE_PROVIDER (provider);

  self->no_receipts = !given;
  if (self->engine)
    oh_im_engine_set_receipts (self->engine, given);
}

static void
set_use (OhProvider *provider, OhUse use, gint64 since)
{
  OhPurpleProvider *self = OH_PURPLE_PROVIDER (provider);
  GHashTableIter iter;
  gpointer account;

  self->use = use;
  self->since = since;
  g_hash_table_iter_init (&iter, self->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &account))
    oh_purple_account_set_use (account, use, since);
}

static void
on_engine_shut_down (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (oh_im_engine_shut_down_finish (OH_IM_ENGINE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
shut_down_async (OhProvider *provider, GAsyncReadyCallback callback, gpointer user_data)
{
  OhPurpleProvider *self = OH_PURPLE_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (provider, NULL, callback, user_data);

  if (self->engine)
    oh_im_engine_shut_down_async (self->engine, on_engine_shut_down, g_steal_pointer (&task));
  else
    g_task_return_boolean (task, TRUE);
}

static void
dispose (GObject *object)
{
  OhPurpleProvider *self = OH_PURPLE_PROVIDER (object);
  GHashTableIter iter;
  gpointer account;

  g_hash_table_iter_init (&iter, self->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &account))
    g_object_weak_unref (account, on_account_gone, self);
  g_hash_table_remove_all (self->accounts);
  g_clear_object (&self->engine);
  G_OBJECT_CLASS (oh_purple_provider_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhPurpleProvider *self = OH_PURPLE_PROVIDER (object);

  g_hash_table_unref (self->accounts);
  g_object_unref (self->protocols);
  G_OBJECT_CLASS (oh_purple_provider_parent_class)->finalize (object);
}

static void
provider_init (OhProviderInterface *iface)
{
  iface->get_id = get_id;
  iface->create_account = create_account;
  iface->get_protocols = get_protocols;
  iface->forget_account = forget_account;
  iface->network_changed = network_changed;
  iface->set_receipts = set_receipts;
  iface->set_use = set_use;
  iface->shut_down_async = shut_down_async;
}

static void
oh_purple_provider_class_init (OhPurpleProviderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_purple_provider_init (OhPurpleProvider *self)
{
  self->protocols = g_list_store_new (OH_TYPE_PROTOCOL);
  self->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* --- The plugin --- */

G_MODULE_EXPORT const guint oh_provider_abi = OH_PROVIDER_ABI;
G_MODULE_EXPORT OhProvider *oh_provider_create (OhCore *core, GError **error);

OhProvider *
oh_provider_create (OhCore *core, GError **error)
{
  const char *path = g_getenv ("OFFHOOK_IM_PATH");

  if (!path || !*path)
    path = OH_LIBEXEC_DIR "/offhook-im";
  if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return oh_base_provider_new (OH_TYPE_PURPLE_PROVIDER, core);
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND,
               "the IM engine %s is not installed: no instant messages", path);
  return NULL;
}
