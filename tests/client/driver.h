/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

/* One line of JSON on standard output: @event and pairs of name and text, NULL at the end. */
void say (const char *event, ...) G_GNUC_NULL_TERMINATED;

/* Tells what contacts, chats and questions of @client do (chats.c). */
void follow_chats (OhClient *client);

/* Carries a command out; FALSE: it is none of these, or not possible now. */
gboolean do_chat_verb (OhClient *client, char **words);
