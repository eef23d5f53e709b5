/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

G_BEGIN_DECLS

/* The client's contacts and chats, with the scripted provider. */
typedef struct
{
  char *folder;
  OhClient *client;
} Fixture;

/* Iterates the main context until @check holds; fails after 15 s. */
#define WAIT_FOR(check)                                                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gboolean late = FALSE;                                                                         \
    guint timer = g_timeout_add (15000, chat_fixture_on_timeout, &late);                           \
    while (!(check) && !late)                                                                      \
      g_main_context_iteration (NULL, TRUE);                                                       \
    if (!late)                                                                                     \
      g_source_remove (timer);                                                                     \
    g_assert_true (check);                                                                         \
  }                                                                                                \
  G_STMT_END

gboolean chat_fixture_on_timeout (gpointer data);

/* The client with @script for its provider, in the fixture's folder; and its end. */
void start (Fixture *fixture, const char *script);
void stop (Fixture *fixture);
void set_up (Fixture *fixture, gconstpointer script);
void tear_down (Fixture *fixture, gconstpointer script);

/* All borrowed. */
OhAccount *get_account (Fixture *fixture);
OhChat *open_chat (Fixture *fixture, const char *address);
OhChatMessage *get_message (OhChat *chat, guint number);

/* Items of a GListModel. */
guint count (gpointer model);

G_END_DECLS
