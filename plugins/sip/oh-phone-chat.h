/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-messenger.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* The messages of an account (RFC 3428) and who is typing (RFC 3994). To each address one message is
 * under way at a time, so that they arrive in order; one that the network lost, or that came too fast
 * for the server, is sent again. Main thread; its account owns it. */
typedef struct _OhPhoneChat OhPhoneChat;

OhPhoneChat *oh_phone_chat_new (OhMessenger *account); /* borrowed */
void oh_phone_chat_free (OhPhoneChat *chat);

/* Where messages go; both lent until oh_phone_chat_stop(). */
void oh_phone_chat_start (OhPhoneChat *chat, OhSip *sip, const OhSipAccount *identity);

/* What is under way counts as not sent (OH_ERROR_CLOSED): to be asked for again. */
void oh_phone_chat_stop (OhPhoneChat *chat);

/* Answered by oh_phone_chat_send_finish(). */
void oh_phone_chat_send_async (OhPhoneChat *chat,
                               const char *to,
                               const char *text,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* *@receipt: told again when it arrived, which may be days later where it waits at the server. */
gboolean oh_phone_chat_send_finish (GAsyncResult *result, char **receipt, GError **error);

void oh_phone_chat_send_typing (OhPhoneChat *chat, const char *to, OhTyping typing);

/* A MESSAGE came. Transfer full. */
void oh_phone_chat_take (OhPhoneChat *chat, OhSipRequest *request);

/* The address of a person, "anna@example.org", however it was written; @domain for a bare name. Transfer
 * full. */
char *oh_phone_address_normalize (const char *text, const char *domain);

G_END_DECLS
