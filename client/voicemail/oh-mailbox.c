/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/voicemail/oh-mailbox.h"

#include "base/oh-error.h"
#include "client/oh-client.h"
#include "client/store/oh-history-private.h"
#include "client/voicemail/oh-voicemail-mirror.h"
#include "client/voicemail/oh-voicemail-player-private.h"
#include "client/voicemail/oh-voicemail-private.h"

#include <glib/gstdio.h>
#include <string.h>

#define HISTORY_PAGE 500

struct _OhMailbox
{
  GObject parent;
  OhDatabase *database; /* NULL after dispose */
  OhSecrets *secrets;
  OhHistory *history;
  OhVoicemailPlayer *player;
  char *cache_dir;
  GListStore *messages;
  GHashTable *sessions; /* account id -> Session */
  guint n_new;
};

/* One account's server. */
typedef struct
{
  char *account, *server;
  OhApi *api;
  GCancellable *cancellable;
  gboolean ready;   /* has its token */
  gboolean fetched; /* the list is the server's own */
  gboolean asking_voicemail, again_voicemail;
  gboolean asking_history, again_history;
} Session;

static guint refused_signal;

G_DEFINE_FINAL_TYPE (OhMailbox, oh_mailbox, G_TYPE_OBJECT)

static void fetch_voicemail (OhMailbox *mailbox, Session *session);
static void fetch_history (OhMailbox *mailbox, Session *session);

static void
session_free (gpointer data)
{
  Session *session = data;

  g_cancellable_cancel (session->cancellable);
  g_object_unref (session->cancellable);
  g_object_unref (session->api);
  g_free (session->account);
  g_free (session->server);
  g_free (session);
}

static void
count_new (OhMailbox *mailbox)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (mailbox->messages));
  guint n_new = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhVoicemail) voicemail = g_list_model_get_item (G_LIST_MODEL (mailbox->messages),
                                                                 i);

      n_new += !oh_voicemail_is_heard (voicemail);
    }
  if (n_new == mailbox->n_new)
    return;
  mailbox->n_new = n_new;
  g_object_notify (G_OBJECT (mailbox), "new");
}

static void
on_player_heard (OhVoicemailPlayer *player, OhVoicemail *voicemail, OhMailbox *mailbox)
{
  oh_mailbox_mark_heard (mailbox, voicemail, TRUE);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_uint (value, OH_MAILBOX (object)->n_new);
}

static void
dispose (GObject *object)
{
  OhMailbox *mailbox = OH_MAILBOX (object);

  mailbox->database = NULL;
  g_hash_table_remove_all (mailbox->sessions);
  if (mailbox->player)
    g_signal_handlers_disconnect_by_data (mailbox->player, mailbox);
  g_clear_object (&mailbox->player);
  g_clear_object (&mailbox->history);
  g_clear_object (&mailbox->secrets);
  G_OBJECT_CLASS (oh_mailbox_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhMailbox *mailbox = OH_MAILBOX (object);

  g_hash_table_unref (mailbox->sessions);
  g_object_unref (mailbox->messages);
  g_free (mailbox->cache_dir);
  G_OBJECT_CLASS (oh_mailbox_parent_class)->finalize (object);
}

static void
oh_mailbox_class_init (OhMailboxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_uint ("new", NULL, NULL, 0, G_MAXUINT, 0,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  refused_signal = g_signal_new ("refused", OH_TYPE_MAILBOX, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
oh_mailbox_init (OhMailbox *mailbox)
{
  mailbox->messages = g_list_store_new (OH_TYPE_VOICEMAIL);
  mailbox->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, session_free);
}

static int
compare_start (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 first = oh_voicemail_get_start ((OhVoicemail *)a);
  gint64 second = oh_voicemail_get_start ((OhVoicemail *)b);

  return first > second ? -1 : first < second;
}

/* What was known last time, for accounts whose server has not told more yet. */
static void
on_mirror_loaded (GPtrArray *messages, gpointer user_data)
{
  GWeakRef *weak = user_data;
  g_autoptr (OhMailbox) mailbox = g_weak_ref_get (weak);

  for (guint i = 0; mailbox && mailbox->database && i < messages->len; i++)
    {
      const char *account = oh_voicemail_get_account (messages->pdata[i]);
      const Session *session = g_hash_table_lookup (mailbox->sessions, account);

      if (!session || !session->fetched)
        g_list_store_insert_sorted (mailbox->messages, messages->pdata[i], compare_start, NULL);
    }
  if (mailbox)
    count_new (mailbox);
  g_weak_ref_clear (weak);
  g_free (weak);
}

static GWeakRef *
weak_new (OhMailbox *mailbox)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, mailbox);
  return weak;
}

static void
keep (OhMailbox *mailbox, const char *account)
{
  if (mailbox->database)
    oh_voicemail_mirror_save (mailbox->database, account, G_LIST_MODEL (mailbox->messages));
}

OhMailbox *
oh_mailbox_new (const OhMailboxConfig *config)
{
  OhMailbox *mailbox = g_object_new (OH_TYPE_MAILBOX, NULL);

  mailbox->secrets = g_object_ref (config->secrets);
  mailbox->history = g_object_ref (config->history);
  mailbox->player = g_object_ref (config->player);
  mailbox->cache_dir = g_strdup (config->cache_dir);
  g_signal_connect (mailbox->player, "heard", G_CALLBACK (on_player_heard), mailbox);
  mailbox->database = config->database;
  oh_voicemail_mirror_load (mailbox->database, on_mirror_loaded, weak_new (mailbox));
  return mailbox;
}

GListModel *
oh_mailbox_get_messages (OhMailbox *mailbox)
{
  return G_LIST_MODEL (mailbox->messages);
}

guint
oh_mailbox_get_new (OhMailbox *mailbox)
{
  return mailbox->n_new;
}

/* --- Voicemail --- */

static OhVoicemail *
find_same (GPtrArray *messages, OhVoicemail *voicemail, guint *position)
{
  for (guint i = 0; i < messages->len; i++)
    if (g_str_equal (oh_voicemail_get_id (messages->pdata[i]), oh_voicemail_get_id (voicemail)))
      {
        *position = i;
        return messages->pdata[i];
      }
  return NULL;
}

/* Items that stay keep their object, so that a window keeps its place and the player its message. */
static void
merge (OhMailbox *mailbox, const char *account, GPtrArray *messages)
{
  GListModel *model = G_LIST_MODEL (mailbox->messages);

  for (guint i = g_list_model_get_n_items (model); i > 0; i--)
    {
      g_autoptr (OhVoicemail) old = g_list_model_get_item (model, i - 1);
      OhVoicemail *same = NULL;
      guint position = 0;

      if (!g_str_equal (oh_voicemail_get_account (old), account))
        continue;
      same = find_same (messages, old, &position);
      if (!same)
        {
          g_list_store_remove (mailbox->messages, i - 1);
          continue;
        }
      oh_voicemail_set_heard (old, oh_voicemail_is_heard (same));
      g_ptr_array_remove_index_fast (messages, position);
    }
  for (guint i = 0; i < messages->len; i++)
    g_list_store_insert_sorted (mailbox->messages, messages->pdata[i], compare_start, NULL);
  count_new (mailbox);
}

/* The session of an answer, or NULL when it was forgotten meanwhile. */
static Session *
session_of (OhMailbox *mailbox, GObject *api)
{
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, mailbox->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (((Session *)session)->api == (gpointer)api)
      return session;
  return NULL;
}

static gboolean
is_refusal (const GError *error)
{
  return g_error_matches (error, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_PASSWORD);
}

static void
on_voicemail_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhMailbox) mailbox = user_data;
  Session *session = session_of (mailbox, source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) messages = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);

  if (!session)
    return;
  if (node)
    messages = oh_voicemails_from_json (node, session->account, &error);
  session->asking_voicemail = FALSE;
  if (messages)
    {
      session->fetched = TRUE;
      merge (mailbox, session->account, messages);
      keep (mailbox, session->account);
    }
  else
    g_message ("voicemail can't be fetched: %s", error->message);
  if (session->again_voicemail)
    fetch_voicemail (mailbox, session);
  if (is_refusal (error))
    g_signal_emit (mailbox, refused_signal, 0, session->account);
}

static void
fetch_voicemail (OhMailbox *mailbox, Session *session)
{
  session->again_voicemail = session->asking_voicemail;
  if (session->asking_voicemail)
    return;
  session->asking_voicemail = TRUE;
  oh_api_call_async (session->api, "GET", "/voicemail", NULL, session->cancellable,
                     on_voicemail_ready, g_object_ref (mailbox));
}

/* --- History --- */

static void
on_history_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhMailbox) mailbox = user_data;
  Session *session = session_of (mailbox, source);
  g_autoptr (GError) error = NULL;
  GPtrArray *rows = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);

  if (!session)
    return;
  if (node)
    rows = oh_history_rows_from_json (node, session->account, &error);
  session->asking_history = FALSE;
  if (!rows)
    {
      g_message ("history can't be fetched: %s", error->message);
      return;
    }
  if (rows->len >= HISTORY_PAGE)
    session->again_history = TRUE;
  oh_history_take_rows (mailbox->history, rows);
  if (session->again_history)
    fetch_history (mailbox, session);
}

typedef struct
{
  OhMailbox *mailbox;
  char *account;
} MarkAsking;

static void
on_mark (gint64 row, gpointer user_data)
{
  MarkAsking *asking = user_data;
  Session *session = g_hash_table_lookup (asking->mailbox->sessions, asking->account);
  g_autofree char *path = g_strdup_printf ("/history?since=%" G_GINT64_FORMAT "&limit=%d", row,
                                           HISTORY_PAGE);

  if (session)
    oh_api_call_async (session->api, "GET", path, NULL, session->cancellable, on_history_ready,
                       g_object_ref (asking->mailbox));
  g_object_unref (asking->mailbox);
  g_free (asking->account);
  g_free (asking);
}

static void
fetch_history (OhMailbox *mailbox, Session *session)
{
  MarkAsking *asking;

  session->again_history = session->asking_history;
  if (session->asking_history)
    return;
  session->asking_history = TRUE;
  asking = g_new (MarkAsking, 1);
  asking->mailbox = g_object_ref (mailbox);
  asking->account = g_strdup (session->account);
  oh_history_get_mark (mailbox->history, session->account, on_mark, asking);
}

/* --- Sessions --- */

typedef struct
{
  OhMailbox *mailbox;
  char *account, *device_id;
} Opening;

static void
on_secret_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Opening *opening = user_data;
  OhMailbox *mailbox = opening->mailbox;
  Session *session = mailbox->secrets ? g_hash_table_lookup (mailbox->sessions, opening->account)
                                      : NULL;
  g_autoptr (GError) error = NULL;
  char *secret = oh_secrets_lookup_finish (OH_SECRETS (source), result, &error);

  if (!secret)
    g_message ("voicemail and history can't be fetched: %s", error->message);
  else if (session)
    {
      oh_api_set_token (session->api, opening->device_id, secret);
      session->ready = TRUE;
      fetch_voicemail (mailbox, session);
      fetch_history (mailbox, session);
    }
  if (secret)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
  g_object_unref (mailbox);
  g_free (opening->account);
  g_free (opening->device_id);
  g_free (opening);
}

static Session *
open_session (OhMailbox *mailbox, const OhAccountSettings *settings)
{
  Session *session = g_hash_table_lookup (mailbox->sessions, settings->id);

  if (session && g_strcmp0 (session->server, settings->server) == 0)
    return session;
  g_hash_table_remove (mailbox->sessions, settings->id); /* the server has moved */
  session = g_new0 (Session, 1);
  session->account = g_strdup (settings->id);
  session->server = g_strdup (settings->server);
  session->api = oh_api_new (settings->server, settings->fingerprint, settings->sip_ca);
  session->cancellable = g_cancellable_new ();
  g_hash_table_insert (mailbox->sessions, session->account, session);
  return session;
}

void
oh_mailbox_refresh (OhMailbox *mailbox, const OhAccountSettings *settings)
{
  Session *session;
  Opening *opening;

  g_return_if_fail (OH_IS_MAILBOX (mailbox));
  if (!settings->server || !settings->device_id)
    return;
  session = open_session (mailbox, settings);
  if (session->ready)
    {
      fetch_voicemail (mailbox, session);
      fetch_history (mailbox, session);
      return;
    }
  opening = g_new (Opening, 1);
  opening->mailbox = g_object_ref (mailbox);
  opening->account = g_strdup (settings->id);
  opening->device_id = g_strdup (settings->device_id);
  oh_secrets_lookup_async (mailbox->secrets, settings->id, session->cancellable, on_secret_ready,
                           opening);
}

OhApi *
oh_mailbox_get_api (OhMailbox *mailbox, const char *account)
{
  Session *session;

  g_return_val_if_fail (OH_IS_MAILBOX (mailbox), NULL);
  session = account ? g_hash_table_lookup (mailbox->sessions, account) : NULL;
  return session && session->ready ? session->api : NULL;
}

void
oh_mailbox_forget (OhMailbox *mailbox, const char *account)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  g_return_if_fail (OH_IS_MAILBOX (mailbox));
  merge (mailbox, account, none);
  g_hash_table_remove (mailbox->sessions, account);
}

/* --- One message --- */

static Session *
session_for (OhMailbox *mailbox, OhVoicemail *voicemail, GTask *task)
{
  Session *session = g_hash_table_lookup (mailbox->sessions, oh_voicemail_get_account (voicemail));

  if (!session)
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "its account is signed out");
  return session;
}

static void
play_file (GTask *task, const char *path)
{
  OhMailbox *mailbox = g_task_get_source_object (task);
  GError *error = NULL;

  if (oh_voicemail_player_open (mailbox->player, g_task_get_task_data (task), path, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static char *
path_for (OhMailbox *mailbox, OhVoicemail *voicemail)
{
  g_autofree char *name = g_strdup_printf ("%s-%s.opus", oh_voicemail_get_account (voicemail),
                                           oh_voicemail_get_id (voicemail));

  return g_build_filename (mailbox->cache_dir, name, NULL);
}

static void
on_download_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhMailbox *mailbox = g_task_get_source_object (task);
  OhVoicemail *voicemail = g_task_get_task_data (task);
  g_autofree char *path = path_for (mailbox, voicemail);
  GError *error = NULL;
  gboolean wanted = oh_voicemail_player_get_voicemail (mailbox->player) == voicemail;

  if (!oh_api_download_finish (OH_API (source), result, &error))
    {
      if (wanted)
        oh_voicemail_player_stop (mailbox->player);
      g_task_return_error (task, error);
    }
  else if (wanted)
    play_file (task, path);
  else
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_CANCELLED, "another message was chosen");
}

void
oh_mailbox_play_async (OhMailbox *mailbox,
                       OhVoicemail *voicemail,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (mailbox, cancellable, callback, user_data);
  g_autofree char *path = path_for (mailbox, voicemail);
  g_autofree char *resource = NULL;
  Session *session;

  g_task_set_task_data (task, g_object_ref (voicemail), g_object_unref);
  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      play_file (task, path);
      return;
    }
  session = session_for (mailbox, voicemail, task);
  if (!session)
    return;
  oh_voicemail_player_announce (mailbox->player, voicemail);
  resource = g_strdup_printf ("/voicemail/%s/audio", oh_voicemail_get_id (voicemail));
  oh_api_download_async (session->api, resource, path, cancellable, on_download_ready,
                         g_steal_pointer (&task));
}

gboolean
oh_mailbox_play_finish (OhMailbox *mailbox, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, mailbox), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_heard_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);

  if (!node)
    g_message ("the server does not know that a message was heard: %s", error->message);
}

void
oh_mailbox_mark_heard (OhMailbox *mailbox, OhVoicemail *voicemail, gboolean heard)
{
  Session *session = g_hash_table_lookup (mailbox->sessions, oh_voicemail_get_account (voicemail));
  g_autofree char *resource = g_strdup_printf ("/voicemail/%s/heard",
                                               oh_voicemail_get_id (voicemail));
  g_autoptr (JsonNode) body = NULL;
  JsonObject *object;

  if (oh_voicemail_is_heard (voicemail) == heard)
    return;
  oh_voicemail_set_heard (voicemail, heard);
  count_new (mailbox);
  keep (mailbox, oh_voicemail_get_account (voicemail));
  if (!session)
    return;
  object = json_object_new ();
  json_object_set_boolean_member (object, "heard", heard);
  body = json_node_init_object (json_node_alloc (), object);
  json_object_unref (object);
  oh_api_call_async (session->api, "POST", resource, body, session->cancellable, on_heard_ready,
                     NULL);
}

static void
on_delete_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhMailbox *mailbox = g_task_get_source_object (task);
  OhVoicemail *voicemail = g_task_get_task_data (task);
  g_autofree char *path = path_for (mailbox, voicemail);
  GError *error = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);
  guint position;

  if (!node && !g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND))
    {
      g_task_return_error (task, error);
      return;
    }
  g_clear_error (&error);
  g_unlink (path);
  if (oh_voicemail_player_get_voicemail (mailbox->player) == voicemail)
    oh_voicemail_player_stop (mailbox->player);
  if (g_list_store_find (mailbox->messages, voicemail, &position))
    g_list_store_remove (mailbox->messages, position);
  count_new (mailbox);
  keep (mailbox, oh_voicemail_get_account (voicemail));
  g_task_return_boolean (task, TRUE);
}

void
oh_mailbox_delete_async (OhMailbox *mailbox,
                         OhVoicemail *voicemail,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (mailbox, cancellable, callback, user_data);
  g_autofree char *resource = g_strdup_printf ("/voicemail/%s", oh_voicemail_get_id (voicemail));
  Session *session = session_for (mailbox, voicemail, task);

  g_task_set_task_data (task, g_object_ref (voicemail), g_object_unref);
  if (session)
    oh_api_call_async (session->api, "DELETE", resource, NULL, cancellable, on_delete_ready,
                       g_steal_pointer (&task));
}

gboolean
oh_mailbox_delete_finish (OhMailbox *mailbox, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, mailbox), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_sign_out_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);

  if (node)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
oh_mailbox_sign_out_async (OhMailbox *mailbox,
                           const OhAccountSettings *settings,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (mailbox, NULL, callback, user_data);
  Session *session = g_hash_table_lookup (mailbox->sessions, settings->id);

  if (session && session->ready)
    oh_api_call_async (session->api, "DELETE", "/session", NULL, NULL, on_sign_out_ready,
                       g_steal_pointer (&task));
  else
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "the server was not reached");
}

gboolean
oh_mailbox_sign_out_finish (OhMailbox *mailbox, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, mailbox), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
