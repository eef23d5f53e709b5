/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-settings.h"
#include "client/account/oh-api.h"
#include "client/account/oh-secrets.h"
#include "client/store/oh-database.h"
#include "client/store/oh-history.h"
#include "client/voicemail/oh-voicemail-player.h"

G_BEGIN_DECLS

/* What the call servers keep for the user: fetches voicemail and history of each account over HTTPS,
 * plays, marks and deletes messages. Owns one HTTPS session an account and the list of messages. Main
 * thread; made by OhClient. Property "new" (uint): messages not heard yet. Signals, with an account
 * id: "ready", its HTTPS session can be used; "refused", the server does not know this device any
 * more. */
#define OH_TYPE_MAILBOX (oh_mailbox_get_type ())
G_DECLARE_FINAL_TYPE (OhMailbox, oh_mailbox, OH, MAILBOX, GObject)

typedef struct
{
  OhDatabase *database; /* outlives it, until it is disposed of */
  OhSecrets *secrets;
  OhHistory *history;
  OhVoicemailPlayer *player;
  const char *cache_dir; /* fetched sound */
} OhMailboxConfig;
OhMailbox *oh_mailbox_new (const OhMailboxConfig *config);

GListModel *
oh_mailbox_get_messages (OhMailbox *mailbox); /* of OhVoicemail, newest first; borrowed */
guint oh_mailbox_get_new (OhMailbox *mailbox);

/* Fetches both for @settings; again when asked while one runs. Failures show in the log only: the next
 * notification asks again. */
void oh_mailbox_refresh (OhMailbox *mailbox, const OhAccountSettings *settings);

/* The HTTPS session of @account (an id), or NULL before it is signed in. Borrowed. */
OhApi *oh_mailbox_get_api (OhMailbox *mailbox, const char *account);

/* Forgets the session and the messages of @account (an id). */
void oh_mailbox_forget (OhMailbox *mailbox, const char *account);

/* Tells the server that this device signs out; nobody waits. */
void oh_mailbox_sign_out_async (OhMailbox *mailbox,
                                const OhAccountSettings *settings,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean oh_mailbox_sign_out_finish (OhMailbox *mailbox, GAsyncResult *result, GError **error);

void oh_mailbox_play_async (OhMailbox *mailbox,
                            OhVoicemail *voicemail,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean oh_mailbox_play_finish (OhMailbox *mailbox, GAsyncResult *result, GError **error);
void oh_mailbox_mark_heard (OhMailbox *mailbox, OhVoicemail *voicemail, gboolean heard);
void oh_mailbox_delete_async (OhMailbox *mailbox,
                              OhVoicemail *voicemail,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean oh_mailbox_delete_finish (OhMailbox *mailbox, GAsyncResult *result, GError **error);

G_END_DECLS
