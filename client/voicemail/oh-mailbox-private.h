/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/voicemail/oh-mailbox.h"

G_BEGIN_DECLS

/* OhMailbox's parts; its code stands in oh-mailbox.c (life and list), oh-mailbox-session.c (asking the
 * servers), oh-mailbox-message.c (what a person does with one message). */
struct _OhMailbox
{
  GObject parent;
  OhDatabase *database; /* NULL after dispose */
  OhSecrets *secrets;
  OhHistory *history;
  OhVoicemailPlayer *player;
  char *cache_dir;
  GListStore *messages;
  GHashTable *sessions; /* account id -> OhMailboxSession */
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
} OhMailboxSession;

/* --- oh-mailbox.c --- */
void oh_mailbox_count_new (OhMailbox *mailbox);

/* The list of @account is @messages (OhVoicemail) now; those that stay keep their object. */
void oh_mailbox_merge (OhMailbox *mailbox, const char *account, GPtrArray *messages);

/* Writes what is listed of @account to the database. */
void oh_mailbox_keep (OhMailbox *mailbox, const char *account);

/* The server refuses this device: emits "refused". */
void oh_mailbox_tell_refused (OhMailbox *mailbox, const char *account);

/* --- oh-mailbox-session.c --- */
void oh_mailbox_session_free (gpointer session);

/* --- oh-mailbox-message.c --- */

/* The message is gone: ends its playing and deletes the fetched sound. */
void oh_mailbox_drop_sound (OhMailbox *mailbox, OhVoicemail *voicemail);

G_END_DECLS
