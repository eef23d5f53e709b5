/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-messenger.h"
#include "client/chat/oh-chat-found.h"
#include "client/chat/oh-chats.h"
#include "client/offer/oh-offer-desk.h"
#include "client/settings/oh-settings.h"
#include "client/store/oh-chat-store.h"

G_BEGIN_DECLS

/* --- Messages --- */

OhChatMessage *oh_chat_message_new (guint number);
void oh_chat_message_fill (OhChatMessage *message, const OhChatRow *row);
void oh_chat_message_set_state (OhChatMessage *message, OhChatState state);
/* Text from outside as it is kept: valid, and no longer than OH_CHAT_MAX_TEXT. Transfer full. */
char *oh_chat_message_clean (const char *text);

/* --- One chat --- */

/* @database outlives it, or until oh_chat_close(). */
OhChat *
oh_chat_new (OhDatabase *database, OhSettings *settings, const char *account, const char *address);

/* What the database has of it: @record, or NULL (it is new, and is written under @key now). */
void oh_chat_load (OhChat *chat, gint64 key, const OhChatRecord *record);
gint64 oh_chat_get_key (OhChat *chat);

void oh_chat_set_account (OhChat *chat, OhAccount *account); /* or NULL */
/* The account is online now, or is no more. */
void oh_chat_account_changed (OhChat *chat);
/* Who is on the account's list has changed. */
void oh_chat_check_contact (OhChat *chat);

/* Signal "incoming" (OhChatMessage) tells of it, unless it is the user's own or @quiet: seen
 * already. */
void oh_chat_take_incoming (OhChat *chat,
                            const OhIncoming *incoming,
                            OhChatWarning warning,
                            gboolean quiet);
/* What came in quietly is to be seen after all. */
void oh_chat_raise (OhChat *chat);
void oh_chat_take_typing (OhChat *chat, OhTyping typing);
/* Its person is blocked now, or no more. */
void oh_chat_blocked_changed (OhChat *chat);
void oh_chat_take_failure (OhChat *chat, const char *text);
void oh_chat_take_receipt (OhChat *chat, const char *receipt, gboolean read);

/* Unix seconds of what stands last, for sorting. */
gint64 oh_chat_get_activity (OhChat *chat);

/* Writes the draft, and uses the database no more. */
void oh_chat_close (OhChat *chat);

/* --- What the database keeps of a chat (oh-chat-keep.c); jobs hold the chat --- */

void oh_chat_keep_new (OhDatabase *database, OhChat *chat);
void oh_chat_keep_draft (OhDatabase *database, OhChat *chat); /* and what is unread */
void oh_chat_keep_row (OhDatabase *database, OhChat *chat, const OhChatRow *row);
void
oh_chat_keep_receipt (OhDatabase *database, OhChat *chat, const char *receipt, OhChatState state);
/* Their answers. */
void oh_chat_row_kept (OhChat *chat, const OhChatRow *row);
void oh_chat_receipt_kept (OhChat *chat, guint number, OhChatState state);

/* --- What a chat has to send (oh-chat-outbox.c) --- */

typedef struct _OhChatOutbox OhChatOutbox;

OhChatOutbox *oh_chat_outbox_new (OhChat *chat); /* which owns it */
void oh_chat_outbox_free (OhChatOutbox *outbox);

/* Takes @row. @stored: it is in the database already. */
void oh_chat_outbox_add (OhChatOutbox *outbox, OhChatRow *row, gboolean stored);
/* The database has it. */
void oh_chat_outbox_stored (OhChatOutbox *outbox, guint number);
/* Hands over what may go, if the account is online. */
void oh_chat_outbox_send (OhChatOutbox *outbox);

/* From the outbox: the row's newest truth, to be shown and kept. */
void oh_chat_update_row (OhChat *chat, const OhChatRow *row);

/* --- Who types in a chat (oh-chat-typing.c) --- */

typedef struct _OhChatTyping OhChatTyping;

OhChatTyping *oh_chat_typing_new (OhChat *chat, OhSettings *settings); /* @chat owns it */
void oh_chat_typing_free (OhChatTyping *typing);
OhTyping oh_chat_typing_get (OhChatTyping *typing); /* what the other does */
void oh_chat_typing_take (OhChatTyping *typing, OhTyping theirs);
/* The draft was changed; @something: it is not empty. */
void oh_chat_typing_typed (OhChatTyping *typing, gboolean something);
/* The other knows without being told: by the message that was sent, or because one is offline. */
void oh_chat_typing_end (OhChatTyping *typing);
/* To the chat: what the other does has changed. */
void oh_chat_typing_changed (OhChat *chat);

/* --- The pages of a chat that someone looked at (oh-chat-pages.c) --- */

typedef struct _OhChatPages OhChatPages;

OhChatPages *oh_chat_pages_new (void);
void oh_chat_pages_free (OhChatPages *pages); /* what is being read is not waited for */

/* From where; NULL: no more. */
void oh_chat_pages_set_source (OhChatPages *pages, OhDatabase *database, gint64 key);
guint oh_chat_pages_get_length (OhChatPages *pages);
/* The chat has @length messages, the newest of which is @last (or NULL). */
void oh_chat_pages_set_length (OhChatPages *pages, guint length, const OhChatRow *last);
/* A new one at the end. */
void oh_chat_pages_append (OhChatPages *pages, const OhChatRow *row);
OhChatMessage *oh_chat_pages_get_last (OhChatPages *pages); /* or NULL; borrowed */
/* Begins to read its page if need be. Borrowed. */
OhChatMessage *oh_chat_pages_get (OhChatPages *pages, guint number);
/* A message was changed here; the database has it, or gets it before what is asked from now on. */
void oh_chat_pages_update (OhChatPages *pages, const OhChatRow *row);
/* The same, of its state only. */
void oh_chat_pages_update_state (OhChatPages *pages, guint number, OhChatState state);

/* --- What a search finds (oh-chat-found.c) --- */

/* @folded: what was looked for, by g_utf8_casefold(). */
OhChatFound *oh_chat_found_new (OhChat *chat, const OhChatRow *row, const char *folded);

/* --- All chats --- */

/* @database and @offers outlive it. */
OhChats *oh_chats_new (OhDatabase *database,
                       OhSettings *settings,
                       OhOfferDesk *offers,
                       GListModel *accounts);

/* For searches. NULL: there is none any more. */
OhDatabase *oh_chats_get_database (OhChats *chats);
OhChat *oh_chats_find_key (OhChats *chats, gint64 key); /* or NULL; borrowed */

/* Drops the chats of an account that is forgotten. */
void oh_chats_forget (OhChats *chats, const char *account);

G_END_DECLS
