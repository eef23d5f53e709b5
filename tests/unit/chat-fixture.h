/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"
#include "wait-for.h"

G_BEGIN_DECLS

/* The client's contacts and chats, with the scripted provider. */
typedef struct
{
  char *folder;
  OhClient *client;
} Fixture;

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
