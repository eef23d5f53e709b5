/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-error.h"
#include "base/oh-proxy.h"
#include "im/engine/oh-engine-gate.h"
#include "im/engine/oh-im-wire.h"

#include <purple.h>

G_BEGIN_DECLS

/* The program offhook-im: libpurple, which is one global thing, behind one private D-Bus
 * connection. Everything here runs on the main thread.
 *
 *   parent --methods--> oh-engine-link --> accounts, buddies, messages, questions --> libpurple
 *   parent <--signals-- oh-engine-link <-- the same, from libpurple's callbacks  <--
 */

#define OH_ENGINE_UI "offhook-im" /* libpurple's name for this program */

/* --- oh-engine-link.c: the connection to the parent --- */

/* Answers on @fd, a connected socket, until the parent closes it; then @closed is called. Takes the
 * descriptor. */
gboolean oh_engine_link_open (int fd, GSourceFunc closed, GError **error);

/* Sends a signal of the interface; takes a floating @arguments. Nothing happens while there is no
 * connection. */
void oh_engine_emit (const char *signal, GVariant *arguments);

/* Called in work that may keep the main loop from turning: tells the parent that it goes on, at most once a
 * second and only where the loop has not turned for as long. Cheap. */
void oh_engine_pulse (void);
void oh_engine_pulse_install (void);

/* --- oh-engine-loop.c, oh-engine-resolver.c: libpurple's loop and look-ups by GLib's --- */

PurpleEventLoopUiOps *oh_engine_loop_ops (void);
void oh_engine_resolver_install (void);

/* --- oh-engine-core.c --- */

/* Starts libpurple with all its files in @folder, which exists. */
gboolean oh_engine_core_start (const char *folder, GError **error);
void oh_engine_core_stop (void);

/* --- oh-engine-protocols.c --- */

/* Every protocol that libpurple found, as "aa{sv}". */
GVariant *oh_engine_protocols_describe (void);

/* The option of @protocol that is called @name, or NULL. */
PurpleAccountOption *oh_engine_find_option (const char *protocol, const char *name);

/* --- oh-engine-accounts.c --- */

void oh_engine_accounts_install (void);
gboolean oh_engine_add_account (
    const char *id, const char *protocol, const char *username, GVariant *options, GError **error);
gboolean oh_engine_remove_account (const char *id, GError **error);
gboolean oh_engine_sign_in (const char *id,
                            const char *password,
                            const char *proxy,
                            const char *proxy_password,
                            GError **error);
gboolean oh_engine_sign_out (const char *id, GError **error);
gboolean oh_engine_set_status (
    const char *id, const char *status, const char *message, gint64 idle_since, GError **error);

/* The account of that id, or NULL with an error; _online: only while it is connected. */
PurpleAccount *oh_engine_find_account (const char *id, GError **error);
PurpleAccount *oh_engine_find_online (const char *id, GError **error);

/* The parent's id of an account, "" for NULL or one of libpurple's own. Lends. */
const char *oh_engine_account_id (PurpleAccount *account);

/* What the proxy of a connected account wants to hear; "" for nothing. Lends. */
const char *oh_engine_get_proxy_password (PurpleAccount *account);

/* Why the connection that libpurple is being told of could not be made. */
void oh_engine_note_proxy (PurpleAccount *account, OhImReason reason, const char *text);

/* @name as its protocol writes it, without a resource. Transfer full, cleaned. */
char *oh_engine_normalize (PurpleAccount *account, const char *name);

/* --- oh-engine-buddies.c --- */

/* Before libpurple starts; _listen after. */
void oh_engine_buddies_install (void);
void oh_engine_buddies_listen (void);

/* The parent is told of @buddy soon. */
void oh_engine_buddy_changed (PurpleBuddy *buddy);
gboolean oh_engine_add_buddy (const char *id,
                              const char *name,
                              const char *alias,
                              const char *group,
                              const char *message,
                              GError **error);
gboolean oh_engine_remove_buddy (const char *id, const char *name, GError **error);

/* Forgets all buddies of an account that goes away, in libpurple's list too. */
void oh_engine_forget_buddies (PurpleAccount *account);

/* --- oh-engine-privacy.c: who may not write, ask or be seen typing --- */

void oh_engine_privacy_install (void);
gboolean oh_engine_set_blocked (const char *id, const char *name, gboolean blocked, GError **error);
gboolean oh_engine_is_blocked (PurpleAccount *account, const char *name);

/* --- oh-engine-messages.c --- */

void oh_engine_messages_install (void);
/* *@receipt: by what the service's Receipt will name it, "" where it tells nothing; transfer full. */
gboolean oh_engine_send_message (
    const char *id, const char *to, const char *text, char **receipt, GError **error);
gboolean oh_engine_send_typing (const char *id, const char *to, const char *state, GError **error);

/* Plain text of what a service calls HTML, and the reverse. Transfer full. */
char *oh_engine_strip (const char *markup);
char *oh_engine_to_markup (const char *text);

/* The parent is told that a message to @with was not delivered. */
void oh_engine_tell_failure (PurpleAccount *account, const char *with, const char *text);

/* --- oh-engine-receipts.c: XMPP's word that a message arrived (XEP-0184) --- */

void oh_engine_receipts_install (void);

/* Whether those on a list who ask for a receipt get one, TRUE at first. */
void oh_engine_receipts_set_given (gboolean given);

/* What @account sends between the two asks for a receipt; _end gives the id of it, or NULL. Transfer
 * full. */
void oh_engine_receipts_begin (PurpleAccount *account);
char *oh_engine_receipts_end (void);

/* --- oh-engine-questions.c (which are open), -requests.c (libpurple's dialogs), -forms.c,
 * -notices.c: dialogs as data --- */

typedef struct _OhEngineQuestion OhEngineQuestion;

/* Carries an answer out: @button counts from 0, -1 is "closed without an answer". Called once at
 * most, after the question was taken from libpurple's lists. */
typedef void (*OhEngineAnswer) (OhEngineQuestion *question, int button, GVariant *values);

#define OH_ENGINE_MAX_BUTTONS 8

struct _OhEngineQuestion
{
  guint64 id;
  OhImQuestionKind kind;
  PurpleRequestType type; /* libpurple's; unused for authorization */
  PurpleAccount *account; /* or NULL */
  OhEngineAnswer answer;
  GCallback buttons[OH_ENGINE_MAX_BUTTONS];
  guint button_count;
  PurpleRequestFields *fields;
  gpointer user_data;
  guint timeout;
};

void oh_engine_questions_install (void);

/* A question that oh_engine_question_ask() will put to the parent. */
OhEngineQuestion *oh_engine_question_new (OhImQuestionKind kind,
                                          PurpleRequestType type,
                                          PurpleAccount *account,
                                          gpointer user_data,
                                          OhEngineAnswer answer);

/* Sends it, described by @dict ("a{sv}" being built), which it ends. Returns the handle for libpurple. Too many open questions: the oldest is
 * closed. */
gpointer oh_engine_question_ask (OhEngineQuestion *question, GVariantBuilder *dict);

gboolean oh_engine_answer_question (guint64 id, int button, GVariant *values, GError **error);

/* The words of a form as "aa{sv}", and the values of an answer written back into it. */
GVariant *oh_engine_form_describe (PurpleRequestFields *fields);
void oh_engine_form_fill (PurpleRequestFields *fields, GVariant *values);

PurpleRequestUiOps *oh_engine_request_ops (void);
void *oh_engine_on_authorize (PurpleAccount *account,
                              const char *who,
                              const char *id,
                              const char *alias,
                              const char *message,
                              gboolean on_list,
                              PurpleAccountRequestAuthorizationCb authorize,
                              PurpleAccountRequestAuthorizationCb deny,
                              void *user_data);

void oh_engine_notices_install (void);

/* An error that libpurple tells of has not left yet when what it is about ends in the same breath: its text,
 * which is not told any more then; or NULL. Transfer full. */
char *oh_engine_notices_steal (void);

/* Or it is about to tell of what the parent hears otherwise: the next error of this turn of the loop is not told. */
void oh_engine_notices_swallow (void);

/* --- oh-engine-files.c, oh-engine-file-ends.c: files, to and from descriptors of the parent's --- */

void oh_engine_files_install (void);
void oh_engine_file_ends_install (void);

/* libpurple frees what it goes on using when a file ends in mid-stanza: from now on the functions by which the
 * plug-in hears of the end of @transfer, which is received, are called a little later. */
void oh_engine_file_ends_guard (PurpleXfer *transfer);
void oh_engine_file_ends_forget (PurpleXfer *transfer);

/* Now: the stream that the plug-in still looks at is about to go. */
void oh_engine_file_ends_carry_out (void);

/* What others offer is told to the parent and waits for its answer: then TRUE. FALSE: it is to be refused. */
gboolean oh_engine_take_file (PurpleXfer *transfer);

/* As if a person had declined. */
void oh_engine_decline_file (PurpleXfer *transfer);

/* @fd is open for reading or writing and taken in any case. @number is the parent's and even. */
gboolean oh_engine_send_file (
    const char *id, guint64 number, const char *to, const char *name, int fd, GError **error);
gboolean oh_engine_accept_file (guint64 number, int fd, GError **error);
gboolean oh_engine_cancel_file (guint64 number, GError **error);

/* --- oh-engine-rooms.c, and what stands in oh-engine-rooms.h: chats of many --- */

void oh_engine_rooms_install (void);

/* What the protocol wants to know of a room to join it, for one called @name or "", as "aa{sv}"; floating. NULL
 * with UNSUPPORTED or CLOSED. */
GVariant *oh_engine_describe_room_form (const char *id, const char *name, GError **error);

/* @number is the parent's, of all accounts; what becomes of it comes as signals. @fields: "a{ss}" by that form.
 * @history_s: what the room told in the last seconds, 0 for what it tells by itself. INVALID, EXISTS, LIMIT;
 * BUSY: the service has not heard yet that we left it. */
gboolean oh_engine_join_room (
    const char *id, guint64 number, GVariant *fields, guint history_s, GError **error);
gboolean oh_engine_leave_room (const char *id, guint64 number, GError **error);

/* *@ref: by what the room's own message, and a refusal, name it; transfer full. CLOSED: not in it. */
gboolean oh_engine_send_room_message (
    const char *id, guint64 number, const char *text, char **ref, GError **error);
gboolean
oh_engine_set_room_topic (const char *id, guint64 number, const char *topic, GError **error);

/* @text may be "". */
gboolean oh_engine_invite_to_room (
    const char *id, guint64 number, const char *who, const char *text, GError **error);

/* @who has invited through @room, which hears that we do not come. Without effect but in XMPP. */
gboolean oh_engine_decline_room (const char *id, const char *room, const char *who, GError **error);

/* What was written into the conversation of a chat of many. */
void oh_engine_room_written (PurpleConversation *conversation,
                             const char *nick,
                             const char *markup,
                             PurpleMessageFlags flags,
                             time_t when);

/* --- oh-engine-refusals.c: invitations to rooms, files --- */

/* Whether the parent takes what others offer of that kind, FALSE at first: then it is asked. */
void oh_engine_set_taken (OhImRefusal kind, gboolean taken);

void oh_engine_refusals_install (void);

/* --- oh-engine-certificates.c --- */

/* Puts itself before libpurple's own check, to know what a certificate question is about. */
void oh_engine_certificates_install (void);

/* While libpurple's check asks: the certificate in question is described in @dict. FALSE: the
 * question is about something else. */
gboolean oh_engine_certificate_describe (GVariantBuilder *dict);

/* --- oh-engine-xmpp.c --- */

/* Listens to XMPP's raw stanzas for what libpurple does not keep: the client program, what waited, what
 * the service can do. */
void oh_engine_xmpp_install (void);

/* What is known of the program of a buddy, or NULL. Lends. */
const char *oh_engine_xmpp_client (PurpleBuddy *buddy);

/* The address with the program that was seen last, or NULL. Lends. */
const char *oh_engine_xmpp_seen (PurpleBuddy *buddy);

/* Whether the message that libpurple is just telling of waited at the account's service. */
gboolean oh_engine_xmpp_is_delayed (PurpleAccount *account);

/* Who sent the message that libpurple is just telling of, which may name somebody else; NULL where that is
 * not known. Lends. */
const char *oh_engine_xmpp_sender (PurpleAccount *account);

/* Whether the account's service keeps a list of who is blocked (XEP-0191). */
gboolean oh_engine_xmpp_has_blocking (PurpleAccount *account);

/* --- oh-engine-programs.c: which program somebody has --- */

void oh_engine_programs_install (void);

/* Asks @name's program what it is; the answer is told with the buddy. NOT_FOUND: no such buddy, or nothing of it
 * was seen; LIMIT; UNSUPPORTED: neither XMPP nor IRC. */
gboolean oh_engine_ask_program (const char *id, const char *name, GError **error);

/* What it answered, as members of @dict. */
void oh_engine_program_describe (GVariantBuilder *dict, PurpleBuddy *buddy);

/* Another program is there. */
void oh_engine_program_forget (PurpleBuddy *buddy);

/* --- oh-engine-stanzas.c: XMPP's stanzas as they are --- */

void oh_engine_stanzas_install (void);

/* Sends @xml (oh-im-stanza.h). An iq of get or set is answered by the signal StanzaAnswered with @number, within
 * @seconds (0: the usual), when the account's connection ends at the latest. An answer to one that nobody
 * asked, or that is answered: NOT_FOUND. Another protocol than XMPP: UNSUPPORTED. */
gboolean oh_engine_send_stanza (
    const char *id, guint64 number, const char *xml, guint seconds, GError **error);

/* What the account hears from now on, instead of what it heard, and what its service and others are told
 * that it understands, besides what was announced before. */
gboolean oh_engine_watch_stanzas (const char *id,
                                  const char *const *namespaces,
                                  const char *const *announced,
                                  GError **error);
void oh_engine_forget_watches (PurpleAccount *account);

/* --- oh-engine-idle.c: XMPP's time of a person's last use (XEP-0319) --- */

void oh_engine_idle_install (void);

/* --- oh-engine-proxy.c --- */

void oh_engine_proxy_install (void);

/* What connections of @account go through from now on; never SYSTEM. */
void oh_engine_set_proxy (PurpleAccount *account, const OhProxy *proxy);

/* --- oh-engine-roster.c --- */

void oh_engine_roster_install (void);

/* Whether the account's service said that it tells of the presence of @name. XMPP only. */
gboolean oh_engine_roster_has (PurpleAccount *account, const char *name);

/* @name is being added, though it was removed a moment ago. */
void oh_engine_roster_add (PurpleAccount *account, const char *name);

/* @name is being removed; what the service says of it until it confirms that is not heard. */
void oh_engine_roster_forget (PurpleAccount *account, const char *name);

/* --- oh-engine-irc.c --- */

/* Before the options of the parent: libpurple sends a few lines at a time, every two seconds; here
 * fewer, every second. */
void oh_engine_irc_set_defaults (PurpleAccount *account);

/* Listens for IRC's word that a message's receiver is not there. */
void oh_engine_irc_install (void);

G_END_DECLS
