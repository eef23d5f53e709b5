/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-proxy.h"
#include "im/proxy/oh-im-buddy.h"
#include "im/proxy/oh-im-invitation.h"
#include "im/proxy/oh-im-message.h"
#include "im/proxy/oh-im-room.h"
#include "im/proxy/oh-im-transfer.h"

G_BEGIN_DECLS

/* One identity at an IM service, made by oh_im_engine_add_account(). It outlives the engine's
 * processes: wanted online, it is signed in again after a crash and after the service was away, and
 * messages wait for that. Belongs to the engine's context, like everything it emits. */
#define OH_TYPE_IM_ACCOUNT (oh_im_account_get_type ())
G_DECLARE_FINAL_TYPE (OhImAccount, oh_im_account, OH, IM_ACCOUNT, GObject)

/* Asked at each sign-in; oh_im_account_give_password() answers, now or later. */
typedef void (*OhImPasswordFunc) (OhImAccount *account, gpointer user_data);

/* Properties, read-only and notifying: "state" (OhImState as int), "reason" (OhImReason as int, why
 * it is offline), "retry-at" int64 monotonic us of the next attempt or 0.
 * Signals: "message" (OhImMessage*), "message-failed" (char *with, char *text: the service's word
 * that something sent earlier was not delivered), "typing" (char *with, int OhImTyping), "blocked"
 * (char *name, gboolean): by whichever side, "receipt" (char *with, char *receipt): it arrived,
 * "buddies-complete": since this sign-in the service has told of its whole list,
 * "refused" (char *with, int OhImRefusal, char *name, gint64 size): what @with offered and nobody here
 * can take; @size of a file in bytes, 0: not known, "stanza" (char *from, char *xml): one that is watched,
 * "file-offered" (OhImTransfer; keep a reference to answer it), "invited" (OhImInvitation*; the same). */
const char *oh_im_account_get_id (OhImAccount *account);
const char *oh_im_account_get_protocol (OhImAccount *account);
const char *oh_im_account_get_username (OhImAccount *account);
OhImState oh_im_account_get_state (OhImAccount *account);
OhImReason oh_im_account_get_reason (OhImAccount *account);
gint64 oh_im_account_get_retry_at (OhImAccount *account);

/* What the service or the plug-in said of the reason, for a log or a tooltip; "" for nothing. */
const char *oh_im_account_get_error_text (OhImAccount *account);

/* Whether it waits for oh_im_account_sign_in(): trying again unchanged is of no use. */
gboolean oh_im_account_has_failed (OhImAccount *account);

/* Its list, of OhImBuddy; empty until it was online once. Lends. */
GListModel *oh_im_account_get_buddies (OhImAccount *account);
OhImBuddy *oh_im_account_find_buddy (OhImAccount *account, const char *name); /* or NULL */

/* Where passwords come from; without it, the account signs in with none. */
void
oh_im_account_set_password_source (OhImAccount *account, OhImPasswordFunc ask, gpointer user_data);
/* NULL: there is none to be had, the account fails with reason PASSWORD. */
void oh_im_account_give_password (OhImAccount *account, const char *password);

/* Through what it reaches its service, from the next sign-in on; @password may be NULL. Nothing goes
 * around it, except that the service's name may be looked up by the computer's own DNS (with TOR it is
 * not). Reasons PROXY, PROXY_REFUSED, PROXY_PASSWORD. */
void oh_im_account_set_proxy (OhImAccount *account, const OhProxy *proxy, const char *password);

void oh_im_account_sign_in (OhImAccount *account);
void oh_im_account_sign_out (OhImAccount *account);

/* Kept over sign-outs and crashes. @idle_since: Unix seconds or 0. */
void oh_im_account_set_status (OhImAccount *account,
                               OhImPresence presence,
                               const char *message,
                               gint64 idle_since);

/* Sends plain text. While the account is not online, and as the service bears (the protocol's usual
 * rate, or oh_im_account_set_rate()), it waits, in order, for @timeout_s at most (0: as long as the
 * account exists), or until it is cancelled. Ends when the service's plug-in took
 * it; OH_ERROR: LIMIT (too long, too many wait), TIMEOUT, FAILED (refused), CLOSED (the account was
 * removed). What is being sent when the engine's process dies is sent once more. */
void oh_im_account_send_async (OhImAccount *account,
                               const char *to,
                               const char *text,
                               guint timeout_s,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/* The same; what is more urgent does not wait behind what is less. */
typedef enum
{
  OH_IM_URGENCY_LOW,
  OH_IM_URGENCY_USUAL,
  OH_IM_URGENCY_HIGH
} OhImUrgency;

void oh_im_account_send_urgent_async (OhImAccount *account,
                                      const char *to,
                                      const char *text,
                                      OhImUrgency urgency,
                                      guint timeout_s,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
/* *@receipt (or NULL): what "receipt" will name this message by, NULL where the service tells nothing;
 * transfer full. */
gboolean oh_im_account_send_finish (OhImAccount *account,
                                    GAsyncResult *result,
                                    char **receipt,
                                    GError **error);

/* Messages a second that this service bears, where that is another rate than the usual one of its
 * protocol. */
void oh_im_account_set_rate (OhImAccount *account, guint per_second);

/* How many messages wait. */
guint oh_im_account_get_waiting (OhImAccount *account);

/* Not kept: without effect while the account is offline. */
void oh_im_account_send_typing (OhImAccount *account, const char *to, OhImTyping typing);

/* Puts somebody on the list and asks for their presence (again, too). @alias, @group and @message
 * may be NULL: of somebody who is there they stay as they are; "" takes name or group away. Kept, as
 * some services have no list of their own. */
void oh_im_account_add_buddy (OhImAccount *account,
                              const char *name,
                              const char *alias,
                              const char *group,
                              const char *message);
void oh_im_account_remove_buddy (OhImAccount *account, const char *name);

/* Asks which program @name, who is on the list, has (XMPP: XEP-0092, IRC: CTCP VERSION; other protocols have
 * no such question): "program" and "version" of the buddy change if it answers. It counts as a message to
 * the service, and messages go first: FALSE, it was not asked now. */
gboolean oh_im_account_ask_program (OhImAccount *account, const char *name);

/* Whose messages, requests and typing are not heard. Where the service keeps a list of them it hears of
 * it, and its list is what counts after each sign-in. */
void oh_im_account_set_blocked (OhImAccount *account, const char *name, gboolean blocked);
/* The same of one that the service knows: what was blocked when the program ran last. */
void oh_im_account_know_blocked (OhImAccount *account, const char *name);
gboolean oh_im_account_is_blocked (OhImAccount *account, const char *name);

/* Offers the file @path, under the name that it has there, to @to; not kept. Where several programs of
 * theirs can take it, a question asks which. NULL with OH_ERROR: CLOSED (not signed in), NOT_FOUND, INVALID
 * (no plain file, an empty one), LIMIT (too large, too many). What the protocol says comes as the end of what
 * is returned. Transfer full. */
OhImTransfer *
oh_im_account_send_file (OhImAccount *account, const char *to, const char *path, GError **error);

/* --- chats of many --- */

/* What the protocol wants to know of a room to join it, of OhImOption; @name, or NULL: of one that is called so.
 * OH_ERROR: CLOSED (not signed in), UNSUPPORTED. */
void oh_im_account_get_room_form_async (OhImAccount *account,
                                        const char *name,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
/* Transfer full. */
GPtrArray *
oh_im_account_get_room_form_finish (OhImAccount *account, GAsyncResult *result, GError **error);

/* Joins the room that @fields name: a{ss}, values by the names of that form, an integer's in digits; a floating one
 * is taken. Kept until it ends: with what the service says, or oh_im_room_leave(). NULL with LIMIT or INVALID.
 * Lends. */
OhImRoom *oh_im_account_join_room (OhImAccount *account, GVariant *fields, GError **error);

/* Tells who invited that we do not come, where the service can tell. */
void oh_im_account_decline_room (OhImAccount *account, OhImInvitation *invitation);

/* Those that have not ended, of OhImRoom. Lends. */
GListModel *oh_im_account_get_rooms (OhImAccount *account);

/* --- XMPP's own stanzas, for what goes between our programs (RFC 6120, 8) --- */

/* Sends @xml, one stanza that may lie in a stream by itself (im/engine/oh-im-stanza.h); not kept. An
 * answer, which the result is, comes to an iq of get or set only; its id is ours meanwhile, and put back.
 * Answers iqs that "stanza" told of, with their id and to their sender, within 20 s. OH_ERROR: INVALID,
 * LIMIT, UNSUPPORTED (another protocol), CLOSED (not signed in, or no longer), TIMEOUT (no answer in
 * @timeout_s, 0: 15, at most 60), NOT_FOUND (an answer that nobody waits for). */
void oh_im_account_send_stanza_async (OhImAccount *account,
                                      const char *xml,
                                      guint timeout_s,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
/* An error that the other side answers is an answer too. "" where none comes. Transfer full. */
char *oh_im_account_send_stanza_finish (OhImAccount *account, GAsyncResult *result, GError **error);

/* Which stanzas "stanza" tells of: those with a child of one of @namespaces, an iq's answers left out,
 * instead of what was watched before. libpurple sees messages and presences too, iqs not. @features: what
 * others are told that this program understands (XEP-0115); libpurple tells it of all accounts and until
 * its process ends. At most OH_IM_MAX_WATCHES each; kept over sign-outs and crashes. XMPP only. */
void oh_im_account_watch_stanzas (OhImAccount *account,
                                  const char *const *namespaces,
                                  const char *const *features);

G_END_DECLS
