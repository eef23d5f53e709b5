/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/proxy/oh-im-private.h"

G_BEGIN_DECLS

/* For oh-im-account.c and oh-im-account-news.c alone. */

struct _OhImAccount
{
  GObject parent;
  OhImProcess *process;
  GMainContext *context;
  char *id;
  char *protocol;
  char *username;
  GVariant *options;
  OhImPresence presence;
  char *status_message;
  gint64 idle_since;
  OhImPasswordFunc ask_password;
  gpointer ask_data;

  OhImWay *wish;  /* the proxy that is wanted; NULL: none */
  OhImWay *found; /* where that is SYSTEM: what it is now */

  gboolean closed;   /* removed from its engine */
  gboolean wanted;   /* to be online */
  gboolean known;    /* this process of the engine has the account */
  gboolean fresh;    /* it was not online in this process yet */
  gboolean asking;   /* for the password */
  gboolean looking;  /* for the system's proxy */
  gboolean entering; /* a sign-in is under way, until the engine tells a state */
  OhImState state;
  OhImReason reason;
  gboolean failed;
  char *text;
  guint failures;
  gint64 online_since;
  guint suspicion; /* how often in a row the process ended while this account came in */
  guint patience_ms;
  gint64 retry_at;
  GSource *retry;

  OhImBuddies *buddies;
  OhImBlocks *blocks;
  OhImOutbox *outbox;
  OhImStanzas *stanzas;
  OhImFiles *files;
  OhImRooms *rooms;
};

enum
{
  OH_IM_ACCOUNT_MESSAGE,
  OH_IM_ACCOUNT_MESSAGE_FAILED,
  OH_IM_ACCOUNT_TYPING,
  OH_IM_ACCOUNT_BLOCKED,
  OH_IM_ACCOUNT_RECEIPT,
  OH_IM_ACCOUNT_REFUSED,
  OH_IM_ACCOUNT_STANZA,
  OH_IM_ACCOUNT_INVITED,
  OH_IM_ACCOUNT_FILE_OFFERED,
  OH_IM_ACCOUNT_BUDDIES_COMPLETE,
  OH_IM_ACCOUNT_N_SIGNALS
};

extern guint oh_im_account_signals[OH_IM_ACCOUNT_N_SIGNALS];

G_END_DECLS
