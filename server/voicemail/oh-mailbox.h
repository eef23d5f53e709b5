/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-store.h"
#include "server/voicemail/oh-playback.h"

G_BEGIN_DECLS

/* A user listens to the new messages by telephone: one after the other, oldest first. 7 deletes the
 * message, 9 or # keeps it and goes on, * ends. A message that was heard to its end is heard.
 * Belongs to the signalling thread. */
typedef struct _OhMailbox OhMailbox;

/* Copied. */
typedef struct
{
  OhPlaybackThreads threads;
  OhStore *store;
  gint64 user_id;
  const char *none_prompt, *keys_prompt, *end_prompt; /* files */
  void (*done) (gpointer user_data);                  /* there is no more to hear: end the call */
  gpointer user_data;
} OhMailboxConfig;

OhMailbox *oh_mailbox_new (const OhMailboxConfig *config, OhPeer *peer);
void oh_mailbox_press (OhMailbox *mailbox, char digit);
void oh_mailbox_free (OhMailbox *mailbox);

G_END_DECLS
