/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-base-messenger.h"
#include "client/provider/oh-core.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The dummy account's contacts and messages. Whoever is online takes what is sent, tells that it
 * arrived and was read; "echo@dummy" types and sends it back; "refused@dummy" does not get it. Owned
 * by the account. */
typedef struct _OhDummyChat OhDummyChat;

OhDummyChat *oh_dummy_chat_new (OhCore *core, OhBaseMessenger *account);
void oh_dummy_chat_free (OhDummyChat *chat); /* what was to come does not come */

/* Some people to try the program with. */
void oh_dummy_chat_add_people (OhDummyChat *chat);

/* One line of the script; FALSE: nothing of ours. */
gboolean oh_dummy_chat_do (OhDummyChat *chat, JsonObject *step);

void oh_dummy_chat_sent (OhDummyChat *chat, const char *to, const char *text, const char *receipt);

G_END_DECLS
