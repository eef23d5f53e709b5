/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/voicemail/oh-mailbox-private.h"

#include "base/oh-error.h"
#include "client/voicemail/oh-voicemail-player-private.h"
#include "client/voicemail/oh-voicemail-private.h"

#include <glib/gstdio.h>

static OhMailboxSession *
session_for (OhMailbox *mailbox, OhVoicemail *voicemail, GTask *task)
{
  OhMailboxSession *session = g_hash_table_lookup (mailbox->sessions,
                                                   oh_voicemail_get_account (voicemail));

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

void
oh_mailbox_drop_sound (OhMailbox *mailbox, OhVoicemail *voicemail)
{
  g_autofree char *path = path_for (mailbox, voicemail);

  if (oh_voicemail_player_get_voicemail (mailbox->player) == voicemail)
    oh_voicemail_player_stop (mailbox->player);
  g_unlink (path);
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
  gboolean listed = g_list_store_find (mailbox->messages, voicemail, NULL);

  if (!oh_api_download_finish (OH_API (source), result, &error))
    {
      if (wanted)
        oh_voicemail_player_stop (mailbox->player);
      g_task_return_error (task, error);
    }
  else if (wanted && listed)
    play_file (task, path);
  else if (!listed) /* deleted elsewhere meanwhile */
    {
      g_unlink (path);
      g_task_return_new_error (task, OH_ERROR, OH_ERROR_CANCELLED, "the message is gone");
    }
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
  OhMailboxSession *session;

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
  OhMailboxSession *session = g_hash_table_lookup (mailbox->sessions,
                                                   oh_voicemail_get_account (voicemail));
  g_autofree char *resource = g_strdup_printf ("/voicemail/%s/heard",
                                               oh_voicemail_get_id (voicemail));
  g_autoptr (JsonNode) body = NULL;
  JsonObject *object;

  if (oh_voicemail_is_heard (voicemail) == heard)
    return;
  oh_voicemail_set_heard (voicemail, heard);
  oh_mailbox_count_new (mailbox);
  oh_mailbox_keep (mailbox, oh_voicemail_get_account (voicemail));
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
  GError *error = NULL;
  g_autoptr (JsonNode) node = oh_api_call_finish (OH_API (source), result, &error);
  guint position;

  if (!node && !g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND))
    {
      g_task_return_error (task, error);
      return;
    }
  g_clear_error (&error);
  oh_mailbox_drop_sound (mailbox, voicemail);
  if (g_list_store_find (mailbox->messages, voicemail, &position))
    g_list_store_remove (mailbox->messages, position);
  oh_mailbox_count_new (mailbox);
  oh_mailbox_keep (mailbox, oh_voicemail_get_account (voicemail));
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
  OhMailboxSession *session = session_for (mailbox, voicemail, task);

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
