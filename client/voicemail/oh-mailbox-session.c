/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/voicemail/oh-mailbox-private.h"

#include "base/oh-error.h"
#include "client/oh-client.h"
#include "client/store/oh-history-private.h"
#include "client/voicemail/oh-voicemail-private.h"

#include <string.h>

#define HISTORY_PAGE 500

void
oh_mailbox_session_free (gpointer data)
{
  OhMailboxSession *session = data;

  g_cancellable_cancel (session->cancellable);
  g_object_unref (session->cancellable);
  g_object_unref (session->api);
  g_free (session->account);
  g_free (session->server);
  g_free (session);
}

/* The session of an answer, or NULL when it was forgotten meanwhile. */
static OhMailboxSession *
session_of (OhMailbox *mailbox, GObject *api)
{
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, mailbox->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (((OhMailboxSession *)session)->api == (gpointer)api)
      return session;
  return NULL;
}

static void fetch_voicemail (OhMailbox *mailbox, OhMailboxSession *session);
static void fetch_history (OhMailbox *mailbox, OhMailboxSession *session);

/* --- Voicemail --- */

static gboolean
is_refusal (const GError *error)
{
  return g_error_matches (error, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_PASSWORD);
}

static void
on_voicemail_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhMailbox) mailbox = user_data;
  OhMailboxSession *session = session_of (mailbox, source);
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
      oh_mailbox_merge (mailbox, session->account, messages);
      oh_mailbox_keep (mailbox, session->account);
    }
  else
    g_message ("voicemail can't be fetched: %s", error->message);
  if (session->again_voicemail)
    fetch_voicemail (mailbox, session);
  if (is_refusal (error))
    oh_mailbox_tell_refused (mailbox, session->account);
}

static void
fetch_voicemail (OhMailbox *mailbox, OhMailboxSession *session)
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
  OhMailboxSession *session = session_of (mailbox, source);
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
  OhMailboxSession *session = g_hash_table_lookup (asking->mailbox->sessions, asking->account);
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
fetch_history (OhMailbox *mailbox, OhMailboxSession *session)
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
  OhMailboxSession *session = mailbox->secrets
                                  ? g_hash_table_lookup (mailbox->sessions, opening->account)
                                  : NULL;
  g_autoptr (GError) error = NULL;
  char *secret = oh_secrets_lookup_finish (OH_SECRETS (source), result, &error);

  if (!secret)
    g_message ("voicemail and history can't be fetched: %s", error->message);
  else if (session)
    {
      oh_api_set_token (session->api, opening->device_id, secret);
      session->ready = TRUE;
      g_signal_emit_by_name (mailbox, "ready", opening->account);
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

static OhMailboxSession *
open_session (OhMailbox *mailbox, const OhAccountSettings *settings)
{
  OhMailboxSession *session = g_hash_table_lookup (mailbox->sessions, settings->id);

  if (session && g_strcmp0 (session->server, settings->server) == 0)
    return session;
  g_hash_table_remove (mailbox->sessions, settings->id); /* the server has moved */
  session = g_new0 (OhMailboxSession, 1);
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
  OhMailboxSession *session;
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
  OhMailboxSession *session;

  g_return_val_if_fail (OH_IS_MAILBOX (mailbox), NULL);
  session = account ? g_hash_table_lookup (mailbox->sessions, account) : NULL;
  return session && session->ready ? session->api : NULL;
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
  OhMailboxSession *session = g_hash_table_lookup (mailbox->sessions, settings->id);

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
