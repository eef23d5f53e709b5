/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/provider/oh-core-private.h"

#include "client/account/oh-base-account.h"

#define MAX_QUESTIONS 100

struct _OhCore
{
  GObject parent;
  OhSoundDesk *desk;
  OhCallList *calls;
  OhSecrets *secrets;
  char *runtime_dir, *state_dir;
  GListStore *questions; /* of OhQuestion */
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
on_question_closed (OhQuestion *question, OhCore *core)
{
  guint position;

  g_signal_handlers_disconnect_by_data (question, core);
  if (g_list_store_find (core->questions, question, &position))
    g_list_store_remove (core->questions, position);
}

static void
drop_all (OhCore *core)
{
  GListModel *model = G_LIST_MODEL (core->questions);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (OhQuestion) question = g_list_model_get_item (model, i);

      g_signal_handlers_disconnect_by_data (question, core);
      oh_question_close (question);
    }
}

static void
dispose (GObject *object)
{
  OhCore *core = OH_CORE (object);

  g_clear_object (&core->desk);
  g_clear_object (&core->calls);
  g_clear_object (&core->secrets);
  g_clear_pointer (&core->runtime_dir, g_free);
  g_clear_pointer (&core->state_dir, g_free);
  if (core->questions)
    drop_all (core);
  g_clear_object (&core->questions);
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
  core->questions = g_list_store_new (OH_TYPE_QUESTION);
}

OhCore *
oh_core_new (const OhCoreConfig *config)
{
  OhCore *core = g_object_new (OH_TYPE_CORE, NULL);

  core->desk = g_object_ref (config->desk);
  core->calls = g_object_ref (config->calls);
  core->secrets = g_object_ref (config->secrets);
  core->runtime_dir = g_strdup (config->runtime_dir);
  core->state_dir = g_strdup (config->state_dir);
  return core;
}

OhWorker *
oh_core_get_engine (OhCore *core)
{
  g_return_val_if_fail (OH_IS_CORE (core), NULL);
  return oh_sound_desk_get_engine (core->desk);
}

OhSettings *
oh_core_get_settings (OhCore *core)
{
  g_return_val_if_fail (OH_IS_CORE (core), NULL);
  return oh_sound_desk_get_settings (core->desk);
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
oh_core_has_call (OhCore *core, const char *id)
{
  g_return_val_if_fail (OH_IS_CORE (core), FALSE);
  for (guint i = 0; id && i < g_list_model_get_n_items (G_LIST_MODEL (core->calls)); i++)
    {
      g_autoptr (OhCall) call = g_list_model_get_item (G_LIST_MODEL (core->calls), i);

      if (g_strcmp0 (oh_call_get_id (call), id) == 0)
        return TRUE;
    }
  return FALSE;
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

void
oh_core_lookup_proxy_secret_async (OhCore *core,
                                   const OhAccountSettings *settings,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autofree char *id = oh_account_settings_dup_proxy_id (settings);

  g_return_if_fail (OH_IS_CORE (core));
  oh_secrets_lookup_async (core->secrets, id, cancellable, callback, user_data);
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

const char *
oh_core_get_state_dir (OhCore *core)
{
  g_return_val_if_fail (OH_IS_CORE (core), NULL);
  return core->state_dir;
}

/* --- Questions --- */

GListModel *
oh_core_get_questions (OhCore *core)
{
  return G_LIST_MODEL (core->questions);
}

void
oh_core_add_question (OhCore *core, OhQuestion *question)
{
  GListModel *model = G_LIST_MODEL (core->questions);

  g_return_if_fail (OH_IS_CORE (core) && OH_IS_QUESTION (question));
  if (!oh_question_is_open (question))
    return;
  if (g_list_model_get_n_items (model) >= MAX_QUESTIONS)
    {
      g_autoptr (OhQuestion) oldest = g_list_model_get_item (model, 0);

      oh_question_dismiss (oldest);
    }
  g_signal_connect (question, "closed", G_CALLBACK (on_question_closed), core);
  g_list_store_append (core->questions, question);
}

void
oh_core_drop_questions (OhCore *core, OhAccount *account)
{
  GListModel *model = G_LIST_MODEL (core->questions);

  for (guint i = g_list_model_get_n_items (model); i > 0; i--)
    {
      g_autoptr (OhQuestion) question = g_list_model_get_item (model, i - 1);

      if (question && oh_question_get_account (question) == account)
        oh_question_dismiss (question);
    }
}

static void
on_password_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhAccount) account = user_data;
  g_autoptr (GError) error = NULL;

  if (oh_secrets_store_finish (OH_SECRETS (source), result, &error))
    {
      oh_account_sign_in (account);
      return;
    }
  g_warning ("a password can't be kept: %s", error->message);
  oh_base_account_set_detail (OH_BASE_ACCOUNT (account), error->message);
  oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_FAILED,
                             OH_ACCOUNT_REASON_KEYRING, 0);
}

static void
on_password_typed (OhQuestion *question, int button, GVariant *values, gpointer data)
{
  OhCore *core = data;
  OhAccount *account = oh_question_get_account (question);
  g_autofree char *label = NULL;
  const char *password = NULL;

  if (button != 0 || !g_variant_lookup (values, "password", "&s", &password) || !*password)
    return;
  label = g_strdup_printf ("Offhook: %s", oh_account_get_address (account));
  oh_secrets_store_async (core->secrets, oh_account_get_id (account), label, password, NULL,
                          on_password_stored, g_object_ref (account));
}

static gboolean
is_asked (OhCore *core, OhAccount *account)
{
  GListModel *model = G_LIST_MODEL (core->questions);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (OhQuestion) question = g_list_model_get_item (model, i);

      if (oh_question_get_kind (question) == OH_QUESTION_PASSWORD
          && oh_question_get_account (question) == account)
        return TRUE;
    }
  return FALSE;
}

void
oh_core_ask_password (OhCore *core, OhAccount *account)
{
  static const char *const buttons[] = { "Sign in", "Cancel", NULL };
  g_autoptr (GPtrArray) fields = oh_field_list_new ();
  g_autoptr (OhQuestion) question = NULL;
  OhField *field = oh_field_new ("password", "Password", OH_FIELD_TEXT, NULL);
  OhQuestionFacts facts = {
    .kind = OH_QUESTION_PASSWORD, .account = account, .buttons = buttons, .fields = fields
  };

  field->masked = TRUE;
  g_ptr_array_add (fields, field);
  g_return_if_fail (OH_IS_CORE (core) && OH_IS_BASE_ACCOUNT (account));
  if (is_asked (core, account))
    return;
  question = oh_question_new (&facts, on_password_typed, core, NULL); /* closed with it */
  oh_core_add_question (core, question);
}
