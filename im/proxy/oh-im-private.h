/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-proxy.h"
#include "im/proxy/oh-im-engine.h"

G_BEGIN_DECLS

/* --- parsing: the engine's process has plug-ins of strangers in it, so it is not believed --- */

/* The string of that key as one clean line, "" if there is none. Transfer full. */
char *oh_im_parse_line (GVariant *dict, const char *key);
/* NULL if it makes no sense. Transfer full. */
OhImProtocol *oh_im_parse_protocol (GVariant *dict);
OhImOption *oh_im_parse_option (GVariant *dict);
/* Of aa{sv} or NULL: what makes sense of it. Transfer full. */
GPtrArray *oh_im_parse_options (GVariant *list);
OhImMessage *oh_im_parse_message (const char *with, GVariant *dict);
OhImInvitation *oh_im_parse_invitation (GVariant *dict);

/* Takes a floating @values. */
typedef void (*OhImAnswerFunc) (guint64 question, int button, GVariant *values, gpointer data);
OhImQuestion *oh_im_parse_question (
    guint64 id, const char *account, GVariant *dict, OhImAnswerFunc answer, gpointer answer_data);
void oh_im_question_close (OhImQuestion *question);

/* One signal of the process; FALSE if it is unknown or of another type than it should be. */
gboolean oh_im_engine_take_signal (OhImEngine *engine, const char *name, GVariant *arguments);
gboolean oh_im_take_room_signal (OhImEngine *engine, const char *name, GVariant *arguments);

/* --- buddies --- */

OhImBuddy *oh_im_buddy_new (const char *name);
void oh_im_buddy_update (OhImBuddy *buddy, GVariant *dict);
void oh_im_buddy_lose (OhImBuddy *buddy); /* the account went offline */
void oh_im_buddy_touch (OhImBuddy *buddy);

/* --- back-off --- */

/* Milliseconds to wait after @failures (1 the first time) in a row: @first, doubled each time, at
 * most @max, plus or minus a fifth by @random (0 to 1). */
guint oh_im_back_off (guint failures, guint first, guint max, double random);

/* A timer in @context. Transfer full; destroy it to stop it. */
GSource *oh_im_timer (GMainContext *context, guint ms, GSourceFunc function, gpointer data);
void oh_im_timer_clear (GSource **timer);

/* --- the process (oh-im-process.c) --- */

#define OH_TYPE_IM_PROCESS (oh_im_process_get_type ())
G_DECLARE_FINAL_TYPE (OhImProcess, oh_im_process, OH, IM_PROCESS, GObject)

/* Signals: "up" (GDBusConnection; nothing is delivered before the handlers are through), "down". */
OhImProcess *oh_im_process_new (const char *program, const char *folder);
void oh_im_process_start (OhImProcess *process);
void
oh_im_process_stop_async (OhImProcess *process, GAsyncReadyCallback callback, gpointer user_data);
gboolean oh_im_process_stop_finish (OhImProcess *process, GAsyncResult *result, GError **error);
int oh_im_process_get_pid (OhImProcess *process);

/* The same as _call(), with a descriptor, taken, for the handle 0 in @arguments. */
void oh_im_process_call_with_fd (OhImProcess *process,
                                 const char *method,
                                 GVariant *arguments,
                                 int fd,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
/* Calls the engine; @arguments may be floating. Without a process: CLOSED. */
void oh_im_process_call (OhImProcess *process,
                         const char *method,
                         GVariant *arguments,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
/* The same without an answer. */
void oh_im_process_tell (OhImProcess *process, const char *method, GVariant *arguments);
/* Transfer full. */
GVariant *oh_im_process_call_finish (GAsyncResult *result, GError **error);

/* --- through what an account reaches its service (oh-im-proxy.c) --- */

typedef struct
{
  OhProxy *proxy;
  char *password; /* "" for none */
} OhImWay;

/* Takes @proxy. */
OhImWay *oh_im_way_new (OhProxy *proxy, const char *password);
void oh_im_way_free (OhImWay *way);

/* What the computer's own settings say of @host ("" if nobody knows); never SYSTEM. Transfer full. */
void oh_im_way_look_up_async (const char *host, GAsyncReadyCallback callback, gpointer user_data);
OhImWay *oh_im_way_look_up_finish (GAsyncResult *result, GError **error);

typedef struct _OhImOutbox OhImOutbox; /* an account's messages that wait, below */

/* --- an account's rooms (oh-im-rooms.c, oh-im-room.c) --- */

typedef struct _OhImRooms OhImRooms;

OhImRooms *oh_im_rooms_new (OhImProcess *process, OhImOutbox *outbox, const char *account);
void oh_im_rooms_free (OhImRooms *rooms);
GListModel *oh_im_rooms_get_list (OhImRooms *rooms);
/* @fields: a{ss}, kept. NULL with LIMIT or INVALID. Lends. */
OhImRoom *oh_im_rooms_join (OhImRooms *rooms, GVariant *fields, GError **error);
/* Whether the account is: then all that are wanted are joined. */
void oh_im_rooms_set_online (OhImRooms *rooms, gboolean online);
/* The process has ended; the account tells in its turn that it is offline. */
void oh_im_rooms_on_down (OhImRooms *rooms);
/* All end with CLOSED. */
void oh_im_rooms_close (OhImRooms *rooms);

/* What the process tells; of unknown numbers nothing happens. */
void oh_im_rooms_hear_joined (OhImRooms *rooms, guint64 number, const char *name, const char *nick);
void oh_im_rooms_hear_left (
    OhImRooms *rooms, guint64 number, OhImRoomEnd end, const char *by, const char *text);
void oh_im_rooms_hear_members (OhImRooms *rooms, guint64 number, GVariant *list);
void oh_im_rooms_hear_gone (OhImRooms *rooms, guint64 number, GVariant *list);
void oh_im_rooms_hear_renamed (OhImRooms *rooms, guint64 number, const char *old, const char *new);
void oh_im_rooms_hear_topic (OhImRooms *rooms, guint64 number, const char *topic, const char *by);
void oh_im_rooms_hear_message (OhImRooms *rooms, guint64 number, GVariant *dict);
void oh_im_rooms_hear_refusal (OhImRooms *rooms, guint64 number, const char *ref, const char *text);

/* --- accounts --- */

OhImAccount *oh_im_account_new (OhImProcess *process,
                                const char *id,
                                const char *protocol,
                                const char *username,
                                GVariant *options);
/* Whether the last two processes ended while the account was coming in. */
gboolean oh_im_account_is_suspect (OhImAccount *account);
/* It waits @patience_ms before it signs in. */
void oh_im_account_on_up (OhImAccount *account, guint patience_ms);
void oh_im_account_on_down (OhImAccount *account);
void oh_im_account_on_state (
    OhImAccount *account, OhImState state, OhImReason reason, gboolean permanent, const char *text);
void oh_im_account_on_buddies (OhImAccount *account, GVariant *list);
void oh_im_account_on_buddy_gone (OhImAccount *account, const char *name);
void oh_im_account_on_buddies_complete (OhImAccount *account);
void oh_im_account_on_blocked (OhImAccount *account, const char *name, gboolean blocked);
void oh_im_account_on_receipt (OhImAccount *account, const char *with, const char *receipt);
void oh_im_account_on_refused (
    OhImAccount *account, const char *with, OhImRefusal kind, const char *name, gint64 size);
void oh_im_account_on_message (OhImAccount *account, OhImMessage *message);
void oh_im_account_on_message_failed (OhImAccount *account, const char *with, const char *text);
void oh_im_account_on_file_offered (
    OhImAccount *account, guint64 number, const char *with, const char *name, gint64 size);
void oh_im_account_on_file_progress (OhImAccount *account, guint64 number, gint64 done);
void oh_im_account_on_file_ended (OhImAccount *account,
                                  guint64 number,
                                  const char *end,
                                  const char *text);
/* They hear what is told of them. Lends. */
OhImRooms *oh_im_account_hear_rooms (OhImAccount *account);
void oh_im_account_on_invited (OhImAccount *account, GVariant *dict);
void oh_im_account_on_stanza (OhImAccount *account, const char *from, const char *xml);
void oh_im_account_on_stanza_answered (OhImAccount *account,
                                       guint64 number,
                                       const char *xml,
                                       const char *fault);
void oh_im_account_on_typing (OhImAccount *account, const char *with, OhImTyping typing);
void oh_im_account_close (OhImAccount *account);

/* --- an account's buddies (oh-im-buddies.c) --- */

typedef struct _OhImBuddies OhImBuddies;

OhImBuddies *oh_im_buddies_new (OhImProcess *process, const char *account);
void oh_im_buddies_free (OhImBuddies *buddies);
GListModel *oh_im_buddies_get_list (OhImBuddies *buddies);
OhImBuddy *oh_im_buddies_find (OhImBuddies *buddies, const char *name);
void oh_im_buddies_update (OhImBuddies *buddies, GVariant *list);
void oh_im_buddies_gone (OhImBuddies *buddies, const char *name);
void oh_im_buddies_lose (OhImBuddies *buddies);
void oh_im_buddies_add (OhImBuddies *buddies,
                        const char *name,
                        const char *alias,
                        const char *group,
                        const char *message,
                        gboolean online);
void oh_im_buddies_remove (OhImBuddies *buddies, const char *name, gboolean online);
/* Asks a new process for those that were added here. */
void oh_im_buddies_add_again (OhImBuddies *buddies);

/* --- whom an account has blocked (oh-im-blocks.c) --- */

typedef struct _OhImBlocks OhImBlocks;

OhImBlocks *oh_im_blocks_new (OhImProcess *process, const char *account);
void oh_im_blocks_free (OhImBlocks *blocks);
gboolean oh_im_blocks_contains (OhImBlocks *blocks, const char *name);
/* The user wants it. @known: the process has the account; @online: the service hears of it now, else
 * at the next sign-in. FALSE: it is so already, or there are too many. */
gboolean oh_im_blocks_set (
    OhImBlocks *blocks, const char *name, gboolean blocked, gboolean known, gboolean online);
/* The process says so. FALSE: that is known, or the user wanted it otherwise while nobody could tell the
 * service. */
gboolean oh_im_blocks_hear (OhImBlocks *blocks, const char *name, gboolean blocked);
/* A new process has the account: it hears of all. */
void oh_im_blocks_tell_all (OhImBlocks *blocks);
/* The account is signed in: the service hears of what was wanted meanwhile. */
void oh_im_blocks_tell_wishes (OhImBlocks *blocks);

/* --- what the process asks (oh-im-questions.c) --- */

typedef struct _OhImQuestions OhImQuestions;

OhImQuestions *oh_im_questions_new (OhImProcess *process);
void oh_im_questions_free (OhImQuestions *questions);
/* Lends. NULL: it makes no sense or there are too many, and it was closed without an answer. */
OhImQuestion *oh_im_questions_take (OhImQuestions *questions,
                                    guint64 number,
                                    const char *account,
                                    GVariant *dict);
/* The process says so. */
void oh_im_questions_close (OhImQuestions *questions, guint64 number);
/* The process is gone. */
void oh_im_questions_close_all (OhImQuestions *questions);
/* Closes, without an answer, what @who asked of that account: to see when it is there. */
void
oh_im_questions_dismiss_requests (OhImQuestions *questions, const char *account, const char *who);

/* --- what a service bears (oh-im-pace.c) --- */

/* A bucket of messages (IRC: of lines) that refills. */
typedef struct
{
  double tokens, burst, per_second;
  gboolean by_line;
  gint64 filled_us;
} OhImPace;

void oh_im_pace_init (OhImPace *pace, const char *protocol);
/* Another rate than the protocol's usual one, above 0; two seconds of it may go at once. */
void oh_im_pace_set_rate (OhImPace *pace, guint per_second);
/* 0: @text may go now, and is counted; else the milliseconds until it may. */
guint oh_im_pace_take (OhImPace *pace, const char *text);
/* Whether something may go now that can as well wait: only where nothing went for a while. It is counted. */
gboolean oh_im_pace_take_spare (OhImPace *pace);

/* --- an account's messages that wait (oh-im-outbox.c) --- */

OhImOutbox *oh_im_outbox_new (OhImProcess *process, const char *account, const char *protocol);
/* Of a room: what it sends counts for the account, @parent, which it keeps. */
OhImOutbox *oh_im_outbox_new_of_room (OhImOutbox *parent, guint64 room);
void oh_im_outbox_unref (OhImOutbox *outbox);
void oh_im_outbox_close (OhImOutbox *outbox); /* all end with CLOSED, later ones too */
/* Takes @task. What is more urgent goes before what waits. @to: NULL, of a room. */
void oh_im_outbox_add (OhImOutbox *outbox,
                       const char *to,
                       const char *text,
                       OhImUrgency urgency,
                       guint timeout_s,
                       GTask *task);
void oh_im_outbox_set_rate (OhImOutbox *outbox, guint per_second);
/* Whether the account is online: then what waits is sent. */
void oh_im_outbox_set_online (OhImOutbox *outbox, gboolean online);
guint oh_im_outbox_get_length (OhImOutbox *outbox);
/* Whether something that is no message may go now, because no message does. */
gboolean oh_im_outbox_take_spare (OhImOutbox *outbox);

/* --- an account's files (oh-im-transfer.c, oh-im-files.c) --- */

/* @number: by which the process knows it. */
OhImTransfer *oh_im_transfer_new (OhImProcess *process,
                                  guint64 number,
                                  const char *with,
                                  const char *name,
                                  gint64 size,
                                  gboolean incoming);
guint64 oh_im_transfer_get_number (OhImTransfer *transfer);
/* The process gets the file that is sent. Takes @fd. */
void oh_im_transfer_send (OhImTransfer *transfer, const char *account, int fd);
void oh_im_transfer_hear_progress (OhImTransfer *transfer, gint64 done);
/* What was received of it is gone, unless @end is DONE. */
void oh_im_transfer_finish (OhImTransfer *transfer, OhImFileEnd end, const char *text);

typedef struct _OhImFiles OhImFiles;

OhImFiles *oh_im_files_new (OhImProcess *process, const char *account);
void oh_im_files_free (OhImFiles *files);
/* Lends; NULL: too many, and it was refused. */
OhImTransfer *oh_im_files_hear_offer (
    OhImFiles *files, guint64 number, const char *with, const char *name, gint64 size);
void oh_im_files_hear_progress (OhImFiles *files, guint64 number, gint64 done);
void oh_im_files_hear_end (OhImFiles *files, guint64 number, const char *end, const char *text);
/* All end with @end. */
void oh_im_files_lose (OhImFiles *files, OhImFileEnd end);

/* --- an account's raw stanzas (oh-im-stanzas.c) --- */

typedef struct _OhImStanzas OhImStanzas;

OhImStanzas *oh_im_stanzas_new (OhImProcess *process, const char *account);
void oh_im_stanzas_free (OhImStanzas *stanzas); /* those that wait end with CLOSED */
/* Takes @task. */
void oh_im_stanzas_send (OhImStanzas *stanzas, const char *xml, guint timeout_s, GTask *task);
void oh_im_stanzas_hear_answer (OhImStanzas *stanzas,
                                guint64 number,
                                const char *xml,
                                const char *fault);
/* @known: the process has the account. */
void oh_im_stanzas_watch (OhImStanzas *stanzas,
                          const char *const *namespaces,
                          const char *const *features,
                          gboolean known);
/* A new process has the account: it hears what is watched. */
void oh_im_stanzas_tell_watches (OhImStanzas *stanzas);
/* The process is gone, or the account: what waits ends with CLOSED. */
void oh_im_stanzas_lose (OhImStanzas *stanzas);

G_END_DECLS
